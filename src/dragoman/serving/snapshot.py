"""The tables that the pages ask: one flat row per event, made in the server's own index."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from dragoman.store.index import Index

#: Raised when the tables change, so that older copies are made anew.
LAYOUT = 4

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
  coalesce(d.title, left(d.text, 200)) AS title, d.title IS NOT NULL AS has_title, d.url, d.source,
  coalesce(c.members, []) AS members
FROM store.events e
JOIN store.documents d ON d.id = e.document
JOIN pages.numbers n ON n.document = e.document
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


def build(index: Index, state: str) -> None:
    """Make the tables of the pages in ``index``, a copy of the store's in ``state``."""
    index.fill(
        [
            ("CREATE SCHEMA IF NOT EXISTS pages", None),
            ("DROP TABLE IF EXISTS pages.rows", None),
            # A search names reports by number: comparing numbers is several times quicker.
            (
                "CREATE OR REPLACE TABLE pages.numbers AS SELECT id AS document, "
                "row_number() OVER (ORDER BY id)::INTEGER AS no FROM store.documents",
                None,
            ),
            (
                "CREATE TABLE pages.rows AS "
                + _SELECT.format(cast="", where="")
                + " ORDER BY e.start_date DESC NULLS LAST, e.id",
                None,
            ),
            ("CREATE OR REPLACE TABLE pages.about (layout INTEGER, state VARCHAR)", None),
            (
                "INSERT INTO pages.about SELECT layout, state FROM batch",
                pa.table({"layout": [LAYOUT], "state": [state]}),
            ),
        ]
    )


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
    chosen = "AND e.document IN (SELECT id FROM batch)"
    index.fill(
        [
            (
                "DELETE FROM pages.rows WHERE document IN (SELECT id FROM batch) OR document IN "
                "(SELECT id FROM store.documents WHERE superseded_by IS NOT NULL)",
                table,
            ),
            (
                "INSERT INTO pages.numbers SELECT id, ((SELECT coalesce(max(no), 0) FROM "
                "pages.numbers) + row_number() OVER (ORDER BY id))::INTEGER FROM batch "
                "WHERE id NOT IN (SELECT document FROM pages.numbers)",
                table,
            ),
            (
                "INSERT INTO pages.rows "
                + _SELECT.format(
                    cast="WHERE document IN (SELECT id FROM batch)",
                    where=chosen,
                ),
                table,
            ),
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
