"""Link the reports of a store: copies, origins, happenings. All of it can be made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from dragoman.archive.shelf import Shelf
from dragoman.duplicates.copies import Signed, join_copies
from dragoman.duplicates.happenings import HappeningMerger, Rarity, Told
from dragoman.duplicates.origins import credited_agency, origin_of
from dragoman.duplicates.rules import Rules, load_rules
from dragoman.duplicates.sketches import Sketch
from dragoman.errors import StoreError
from dragoman.store import Store
from dragoman.store.segments import Hook, no_hook

_CURRENT = "superseded_by IS NULL"
_SKETCHED = "store.documents d JOIN store.sketches k ON k.document = d.id"
_SIGNED = f"SELECT id, published, size, signature FROM {_SKETCHED} WHERE {_CURRENT}"
_WORDS = f"SELECT id, published, words FROM {_SKETCHED} WHERE {_CURRENT}"
_UNSKETCHED = (
    "SELECT id, text FROM store.documents d ANTI JOIN store.sketches k ON k.document = d.id "
    f"WHERE {_CURRENT}"
)
_NO_WORDS = np.zeros(0, dtype="<i4")
_EVENTS = """
SELECT position, id, document, type, status,
  list_distinct(list_concat(actor_countries, recipient_countries)),
  start_date, end_date, place, place_country, latitude, longitude, evidence
FROM store.events WHERE NOT background
"""
_NEWEST = "SELECT sha256 FROM store.segments ORDER BY position DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Linked:
    """What one ``link`` found."""

    copies: int = 0
    groups: int = 0
    events: int = 0
    happenings: int = 0


def link(store: Store, *, rules: Rules | None = None, hook: Hook = no_hook) -> Linked:
    """Find copies and happenings anew in all current reports, in one transaction.

    Sketches of reports that have none are made first, and kept. Time is linear in the number
    of reports. Memory holds half a kilobyte a report, however long it is; what is longer
    lies in a temporary file beside the store meanwhile.
    Raises ``StoreError`` if that, or the index, cannot be written.
    """
    rules = rules or load_rules()
    rows = (
        {"document": document, **asdict(Sketch.of(text))}
        for document, text in store.stream(_UNSKETCHED)
    )
    keep_sketches(store, rows)
    copies = join_copies((Signed(*row) for row in store.stream(_SIGNED)), rules.copies)
    groups = {copy.document: copy.group for copy in copies}
    origins = _origins(store, rules, groups)
    counts = {"events": 0, "happenings": 0}

    def told(shelf: Shelf, merger: HappeningMerger) -> Iterator[dict[str, Any]]:
        counts.update(events=0, happenings=0)
        for happening, event in merger.assign(shelf.events()):
            lead = happening == event.event
            counts["events"] += 1
            counts["happenings"] += lead
            yield {
                "happening": "h" + happening.removeprefix("e"),
                "event_id": event.event,
                "document": event.document,
                "origin": origins.get(event.document) or event.document,
                "is_lead": lead,
            }

    def statements(happenings: Iterable[dict[str, Any]]) -> Iterator[tuple[str, pa.Table | None]]:
        yield "DELETE FROM store.copies", None
        yield "DELETE FROM store.happening_events", None
        rows = (
            {
                "document": copy.document,
                "copy_group": copy.group,
                "similarity": copy.similarity,
                "origin": origins.get(copy.document) or copy.group,
            }
            for copy in copies
        )
        yield from _inserts("copies", rows)
        yield from _inserts("happening_events", happenings)
        yield "DELETE FROM store.linked", None
        yield f"INSERT INTO store.linked {_NEWEST}", None
        hook("linked")

    folder = store.path.parent
    try:
        with Shelf(folder, rules.merging.window) as shelf:
            rarity = Rarity(shelf.put_words(store.stream(_WORDS)))
            shelf.put_events((row[0], _told(row[1:])) for row in store.stream(_EVENTS))
            store.fill(_Again(lambda: statements(told(shelf, HappeningMerger(rules, rarity)))))
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written: {error.strerror or error}; nothing was linked anew; "
            "make room and run 'dragoman link'"
        ) from error
    return Linked(len(copies), len(set(groups.values())), **counts)


def keep_sketches(store: Store, rows: Iterable[dict[str, Any]]) -> None:
    """Add sketches to ``store``: rows with document, size, signature and words.

    They are committed some thousand at a time. The documents must have none yet.
    """
    for statement in _inserts("sketches", rows):
        store.fill([statement])


def is_linked(store: Store) -> bool:
    """Tell whether copies and happenings are those of all that the store holds.

    They are not after an addition, and not in an index that was made anew.
    """
    sql = f"SELECT ({_NEWEST}) IS NOT DISTINCT FROM (SELECT sha256 FROM store.linked)"
    return bool(store.query(sql)[1][0][0])


def still_linked(store: Store) -> None:
    """Mark ``store`` as linked after an addition that no report was part of."""
    statements: list[tuple[str, pa.Table | None]] = [
        ("DELETE FROM store.linked", None),
        (f"INSERT INTO store.linked {_NEWEST}", None),
    ]
    store.fill(statements)


@dataclass(frozen=True, slots=True)
class _Again:
    """Statements that are made anew each time they are asked for."""

    make: Callable[[], Iterator[tuple[str, pa.Table | None]]]

    def __iter__(self) -> Iterator[tuple[str, pa.Table | None]]:
        return self.make()


def _inserts(table: str, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, pa.Table | None]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, 5000)):
        sql = f"INSERT INTO store.{table} BY NAME SELECT * FROM batch"
        yield sql, pa.Table.from_pylist(chunk)


def _origins(store: Store, rules: Rules, groups: dict[str, str]) -> dict[str, str]:
    """Return the origin of each report: copies have that of their agency or their first."""
    own: dict[str, str] = {}
    known: dict[str, str] = {}  # one object for each of the few names
    agencies: dict[str, str] = {}
    sql = (
        "SELECT id, dateline_agency, author, text[-600:], publisher, url "
        f"FROM store.documents WHERE {_CURRENT}"
    )
    for document, agency, author, end, publisher, url in store.stream(sql):
        agency = agency or credited_agency(author, end, rules)
        origin = origin_of(agency, publisher, url, rules)
        own[document] = known.setdefault(origin, origin)
        if agency and document in groups:
            group, origin = groups[document], own[document]
            agencies[group] = min(agencies.get(group, origin), origin)
    for document, group in groups.items():
        own[document] = agencies.get(group) or own.get(group, "") or group
    return own


def _told(row: tuple[Any, ...]) -> Told:
    """Return an event without what its report gives."""
    event, document, type_, status, parties, start, end, *rest = row
    place, place_country, latitude, longitude, evidence = rest
    return Told(
        event=event,
        document=document,
        type=type_,
        status=status,
        parties=frozenset(parties or ()),
        start=start,
        end=end,
        published=None,
        place=place,
        place_country=place_country,
        latitude=latitude,
        longitude=longitude,
        evidence=evidence or "",
        words=_NO_WORDS,
    )
