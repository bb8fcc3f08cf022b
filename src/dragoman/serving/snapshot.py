"""The tables that the pages ask: one flat row per event, made in the server's own index.

What is shown of a report lies once, uncompressed: a page of events reads a few reports that lie
far apart, and DuckDB unpacks thousands to read one. What divides the events is also kept as
numbers: each different list of values of a facet is a row of ``pages.sets`` with a number, and
an event has the number of its list. Counting numbers is several times quicker than counting
texts in lists.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from dragoman.serving.filters import FACETS, Facet
from dragoman.store.index import Index
from dragoman.store.parts import day_parts

_REPORTS = """
CREATE OR REPLACE TABLE pages.reports (
  no INTEGER, document VARCHAR USING COMPRESSION Uncompressed,
  title VARCHAR USING COMPRESSION Uncompressed, has_title BOOLEAN,
  url VARCHAR USING COMPRESSION Uncompressed, source VARCHAR USING COMPRESSION Uncompressed
)
"""
_REPORT = "coalesce(title, left(text, 200)), title IS NOT NULL, url, source"

#: Raised when the tables change, so that older copies are made anew.
LAYOUT = 5

# The pairs of an event: every two countries on different sides, or on one side of a mutual
# act, in the order of the alphabet.
_DYADS = """
list_sort(list_distinct(flatten(list_transform(
  CASE WHEN e.is_symmetric THEN list_distinct(list_concat(actor_countries, recipient_countries))
       ELSE actor_countries END,
  lambda a: list_transform(
    list_filter(
      CASE WHEN e.is_symmetric
        THEN list_distinct(list_concat(actor_countries, recipient_countries))
        ELSE recipient_countries END,
      lambda b: b <> a),
    lambda b: least(a, b) || '-' || greatest(a, b))))))
"""

_SELECT = f"""
SELECT e.id, e.document, n.no AS document_no, e.type,
  e.mode, e.quad::TINYINT AS quad, e.score, e.status,
  e.background, e.attribution, e.speakers, e.actor_countries AS actors,
  e.recipient_countries AS recipients, e.is_symmetric,
  coalesce(c.sectors, []) AS sectors, {_DYADS} AS dyads,
  e.start_date AS day, e.end_date, e.date_precision, d.published,
  e.place, e.place_country, e.place_precision, e.latitude, e.longitude,
  coalesce(e.publisher, d.publisher, 'unknown') AS publisher, e.confidence, e.evidence,
  coalesce(h.is_lead, true) AS is_lead, d.coded IS NOT NULL AS corrected,
  coalesce(c.members, []) AS members
FROM store.events e
JOIN store.documents d ON d.id = e.document
JOIN pages.reports n ON n.document = e.document
LEFT JOIN (
  SELECT event_id,
    list_sort(list(DISTINCT sector) FILTER (sector IS NOT NULL AND role <> 'speaker'))
      AS sectors,
    list({{{{'role': role, 'name': name, 'country': country, 'sector': sector, 'office': office,
      'person': person}}}} ORDER BY role, position) AS members
  FROM store.actors {{cast}} GROUP BY event_id
) c ON c.event_id = e.id
LEFT JOIN (
  SELECT event_id, bool_or(is_lead) AS is_lead FROM store.happening_events GROUP BY event_id
) h ON h.event_id = e.id
WHERE d.superseded_by IS NULL {{where}}
"""

_Statement = tuple[str, pa.Table | None]


def number_of(facet: Facet) -> str:
    """Return the column of ``pages.rows`` with the number of an event's values of a facet."""
    return f"{facet.name}_no"


def _members(facet: Facet, row: str) -> str:
    """Return SQL for the values of a facet in a row, as a list."""
    column = f"{row}.{facet.column}"
    if facet.is_list:
        return f"coalesce({column}, [])"
    return f"CASE WHEN {column} IS NULL THEN [] ELSE [CAST({column} AS VARCHAR)] END"


def _numbered(select: str) -> list[_Statement]:
    """Return statements that number the values of the rows of ``select``, as ``numbered``."""
    columns = ", ".join(facet.column for facet in FACETS.values())
    found = [
        (f"CREATE OR REPLACE TEMP TABLE facet_values AS SELECT id, {columns} FROM ({select})", None)
    ]
    for facet in FACETS.values():
        members = _members(facet, "v")
        found.append(
            (
                f"INSERT INTO pages.sets SELECT '{facet.name}', (SELECT count(*) FROM pages.sets "
                f"WHERE facet = '{facet.name}') + row_number() OVER () - 1, "
                f"members FROM (SELECT DISTINCT {members} AS members FROM facet_values v) n "
                f"WHERE NOT EXISTS (FROM pages.sets s WHERE s.facet = '{facet.name}' "
                "AND s.members = n.members)",
                None,
            )
        )
    numbers = ", ".join(f"s_{f.name}.no AS {number_of(f)}" for f in FACETS.values())
    joins = " ".join(
        f"JOIN (SELECT no, members FROM pages.sets WHERE facet = '{f.name}') s_{f.name} "
        f"ON s_{f.name}.members = {_members(f, 'v')}"
        for f in FACETS.values()
    )
    found.append(
        (
            f"CREATE OR REPLACE TEMP TABLE numbered AS SELECT v.id, {numbers} "
            f"FROM facet_values v {joins}",
            None,
        )
    )
    return [*found, ("DROP TABLE facet_values", None)]


def build(index: Index, state: str) -> None:
    """Make the tables of the pages in ``index``, a copy of the store's in ``state``.

    Part by part, the latest days first: DuckDB holds what it groups and sorts in memory, and
    does not spill lists of members.
    """
    index.fill(
        [
            ("CREATE SCHEMA IF NOT EXISTS pages", None),
            ("DROP TABLE IF EXISTS pages.about", None),
            ("DROP TABLE IF EXISTS pages.rows", None),
            (
                "CREATE OR REPLACE TABLE pages.sets (facet VARCHAR, no INTEGER, members VARCHAR[])",
                None,
            ),
            # A search names reports by number: comparing numbers is several times quicker.
            (_REPORTS, None),
            (
                "INSERT INTO pages.reports SELECT row_number() OVER (ORDER BY id)::INTEGER AS no, "
                f"id, {_REPORT} FROM store.documents ORDER BY no",
                None,
            ),
            *_filling("false", "CREATE TABLE pages.rows AS"),
        ]
    )
    counts = index.query(
        "SELECT start_date, count(*) FROM store.events GROUP BY start_date "
        "ORDER BY start_date DESC NULLS LAST"
    )[1]
    for days in day_parts(counts, _PART, "e.start_date"):
        index.fill(_filling(days, _INTO))
    index.fill(
        [
            ("CREATE TABLE pages.about (layout INTEGER, state VARCHAR)", None),
            (
                "INSERT INTO pages.about SELECT layout, state FROM batch",
                pa.table({"layout": [LAYOUT], "state": [state]}),
            ),
        ]
    )


#: How many events are prepared at once, unless a single day has more.
_PART = 100_000
_INTO = "INSERT INTO pages.rows BY NAME"


def _filling(where: str, into: str, cast: str | None = None) -> list[_Statement]:
    """Return statements that put the events ``e`` of ``where`` into ``pages.rows``, in order.

    ``cast`` is the condition on their actors, if there is a shorter one than their ids.
    """
    ids = f"event_id IN (SELECT e.id FROM store.events e WHERE {where})"
    select = _SELECT.format(cast=f"WHERE {cast or ids}", where=f"AND {where}")
    return [
        *_numbered(select),
        (
            f"{into} SELECT r.*, n.* EXCLUDE (id) FROM ({select}) r "
            "JOIN numbered n ON n.id = r.id ORDER BY r.day DESC NULLS LAST, r.id",
            None,
        ),
        ("DROP TABLE numbered", None),
    ]


def is_built(index: Index, state: str) -> bool:
    """Tell whether ``index`` has the tables of this layout, for ``state``."""
    found = index.query(
        "SELECT 1 FROM information_schema.tables "
        "WHERE table_schema = 'pages' AND table_name = 'about'"
    )[1]
    return bool(found) and index.query("SELECT layout, state FROM pages.about")[1] == [
        (LAYOUT, state)
    ]


def update(index: Index, documents: Collection[str], state: str) -> None:
    """Bring the rows of ``documents`` up to date, and drop those of older versions."""
    table = pa.table({"id": pa.array(sorted(documents), pa.string())})
    changed = "document IN (SELECT id FROM changed)"
    index.fill(
        [
            (
                "DELETE FROM pages.rows WHERE document IN (SELECT id FROM batch) OR document IN "
                "(SELECT id FROM store.documents WHERE superseded_by IS NOT NULL)",
                table,
            ),
            (
                "INSERT INTO pages.reports SELECT ((SELECT coalesce(max(no), 0) FROM "
                f"pages.reports) + row_number() OVER (ORDER BY id))::INTEGER, id, {_REPORT} "
                "FROM store.documents WHERE id IN (SELECT id FROM batch) "
                "AND id NOT IN (SELECT document FROM pages.reports)",
                table,
            ),
            ("CREATE OR REPLACE TEMP TABLE changed AS SELECT id FROM batch", table),
            *_filling(f"e.{changed}", _INTO, cast=changed),
            ("DROP TABLE changed", None),
            # Another report may lead a happening now.
            (
                "UPDATE pages.rows SET is_lead = h.is_lead FROM store.happening_events h "
                "WHERE h.event_id = rows.id AND h.is_lead <> rows.is_lead",
                None,
            ),
            (
                "UPDATE pages.about SET state = (SELECT state FROM batch)",
                pa.table({"state": [state]}),
            ),
        ]
    )
