"""What is exported: events chosen by day and condition, streamed from a store in a fixed order."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dragoman.codebook.crosswalk import CameoCode, Crosswalk, load_crosswalk
from dragoman.errors import StoreError
from dragoman.schema import EventType
from dragoman.store.parts import day_parts

#: Largest id that R's doubles and JavaScript's numbers hold exactly.
_LARGEST = (1 << 53) - 1


class Streams(Protocol):
    """What is exported from: a ``Store``, or anything else that answers as one does."""

    @property
    def path(self) -> Path:
        """The store's file."""

    def stream(self, sql: str, parameters: Mapping[str, Any] = ...) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of ``sql``. Raises ``StoreError`` if it fails."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events: from day ``since`` to ``until``, both included, and an SQL condition.

    The day of an event is the first of its interval, or else the report's day of
    publication. ``where`` is over the columns of the view ``events``; ``bound`` are the
    values of the names in it ($name). ``told`` is what the data package tells instead.
    """

    since: date | None = None
    until: date | None = None
    where: str | None = None
    bound: Mapping[str, Any] = field(default_factory=dict)
    told: str | None = None


class Party(NamedTuple):
    """An actor, recipient or speaker as the view ``actors`` has it."""

    name: str
    country: str | None
    sector: str | None
    office: str | None
    person: str | None
    organisation: str | None
    start: int
    end: int

    @property
    def label(self) -> str:
        """The person's name or else the words of the report."""
        return self.person or self.name


class Telling(NamedTuple):
    """One place in a report where an event is told, as the view ``mentions`` has it."""

    sentence: int
    predicate_start: int
    predicate_end: int
    evidence_start: int
    evidence_end: int
    evidence: str


class Number(NamedTuple):
    """A magnitude; ``high`` is ``None`` for 'at least'."""

    kind: str
    low: float
    high: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Row:
    """One event with all that belongs to it.

    ``day`` is the first day of the interval, or else the day of publication.
    ``happening`` is ``None`` for background events and where ``dragoman link`` has not
    run; ``told``, ``reports`` and ``origins`` count over the happening, or else over the
    event's own report.
    """

    id: str
    document: str
    day: date | None
    type: str
    mode: str | None
    cameo: str
    quad: int
    score: float
    contexts: list[str]
    status: str
    background: bool
    is_symmetric: bool
    start_date: date | None
    end_date: date | None
    date_precision: str | None
    date_text: str | None
    place: str | None
    place_country: str | None
    place_admin1: str | None
    place_precision: str | None
    latitude: float | None
    longitude: float | None
    geonames_id: str | None
    attribution: str | None
    publisher: str | None
    confidence: float
    evidence: str | None
    title: str | None
    url: str | None
    published: date | None
    language: str | None
    length: int
    coder: str | None
    run: str
    added: datetime
    happening: str | None
    is_lead: bool
    told: int
    reports: int
    origins: int
    actors: list[Party] = field(default_factory=list)
    recipients: list[Party] = field(default_factory=list)
    speakers: list[Party] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The address of the report, or its id where it has none; never a local path."""
        return self.url or self.document

    @property
    def has_day(self) -> bool:
        """Whether it can be put on a day: dated to a week, or undated in a dated report."""
        if self.date_text is None and self.start_date is None:
            return self.published is not None
        return (
            self.start_date is not None
            and self.end_date is not None
            and (self.end_date - self.start_date).days < 7
        )


@dataclass(frozen=True, slots=True)
class Coded:
    """An event in CAMEO's terms; a planned act may have another type than the row."""

    row: Row
    code: CameoCode
    type: str
    mode: str | None
    score: float


class Dyad(NamedTuple):
    """One directed pair of an event's parties; either side may be missing."""

    coded: Coded
    code: CameoCode
    actor: Party | None
    recipient: Party | None
    number: int

    @property
    def id(self) -> int:
        """An id that is the same in every export, exact in a double."""
        return stable_number(f"{self.coded.row.id}/{self.number}")


def stable_number(key: str) -> int:
    """Return a number from 0 to 2**53 - 1 for ``key``, always the same."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") & _LARGEST


_PARTY = (
    "{'name': name, 'country': country, 'sector': sector, 'office': office, 'person': person, "
    "'organisation': organisation, 's': span_start, 'e': span_end}"
)
#: Begins every query over the chosen events; ``Source.sql`` puts the condition in.
CHOSEN = """
WITH chosen AS (
  SELECT id FROM events
  WHERE ($since::DATE IS NULL OR coalesce(start_date, published) >= $since::DATE)
    AND ($until::DATE IS NULL OR coalesce(start_date, published) <= $until::DATE)
    AND ({where}
    )
)"""
_ROWS = f"""{CHOSEN},
cast_ AS (
  SELECT event_id,
    list({_PARTY} ORDER BY position) FILTER (role = 'actor') AS actors,
    list({_PARTY} ORDER BY position) FILTER (role = 'recipient') AS recipients,
    list({_PARTY} ORDER BY position) FILTER (role = 'speaker') AS speakers
  FROM store.actors WHERE event_id IN (SELECT id FROM chosen) GROUP BY event_id
),
tellings AS (
  SELECT event_id, list({{'a': sentence, 'b': predicate_start, 'c': predicate_end,
    'd': evidence_start, 'e': evidence_end, 'f': evidence}} ORDER BY position) AS tellings
  FROM store.mentions WHERE event_id IN (SELECT id FROM chosen) GROUP BY event_id
),
numbers AS (
  SELECT event_id, list({{'a': kind, 'b': low, 'c': high, 'd': unit}} ORDER BY position) AS numbers
  FROM store.magnitudes WHERE event_id IN (SELECT id FROM chosen) GROUP BY event_id
),
tally AS (
  SELECT h.happening, count(*) AS told, count(DISTINCT h.document) AS reports,
    count(DISTINCT h.origin) AS origins
  FROM store.happening_events h JOIN store.mentions m ON m.event_id = h.event_id
  GROUP BY h.happening
)
SELECT e.id, e.document, coalesce(e.start_date, d.published) AS day, e.type, e.mode, e.cameo,
  e.quad, e.score, e.contexts, e.status, e.background, e.is_symmetric, e.start_date, e.end_date,
  e.date_precision, e.date_text, e.place, e.place_country, e.place_admin1, e.place_precision,
  e.latitude, e.longitude, e.geonames_id, e.attribution, e.publisher, e.confidence, e.evidence,
  d.title, d.url, d.published, d.language, length(d.text), d.coder, d.run, r.started,
  h.happening, coalesce(h.is_lead, true), coalesce(t.told, len(coalesce(m.tellings, []))),
  coalesce(t.reports, 1), coalesce(t.origins, 1),
  c.actors, c.recipients, c.speakers, m.tellings, n.numbers
FROM store.events e
JOIN chosen ON chosen.id = e.id
JOIN store.documents d ON d.id = e.document
LEFT JOIN store.runs r ON r.id = d.run
LEFT JOIN store.happening_events h ON h.event_id = e.id
LEFT JOIN tally t ON t.happening = h.happening
LEFT JOIN cast_ c ON c.event_id = e.id
LEFT JOIN tellings m ON m.event_id = e.id
LEFT JOIN numbers n ON n.event_id = e.id
WHERE d.superseded_by IS NULL
ORDER BY day NULLS LAST, e.document, e.position, e.id
"""
_DAY = "coalesce(start_date, published)"
_DAYS = f"""{CHOSEN}
SELECT coalesce(e.start_date, e.published) AS day, count(*)
FROM events e JOIN chosen ON chosen.id = e.id GROUP BY day ORDER BY day NULLS LAST
"""
#: How many events are asked for at once, unless a single day has more.
_PART = 50_000
_RUNS = f"""{CHOSEN}
SELECT DISTINCT r.id, r.started, d.coder
FROM store.events e JOIN chosen ON chosen.id = e.id
JOIN store.documents d ON d.id = e.document JOIN store.runs r ON r.id = d.run
ORDER BY r.started, r.id, d.coder
"""
_PLAIN = [f.name for f in fields(Row)]


@dataclass(frozen=True, slots=True)
class Source:
    """A store seen through a selection; what an exporter reads.

    ``left_out`` counts by reason what a format could not hold.
    """

    store: Streams
    selection: Selection = field(default_factory=Selection)
    left_out: Counter[str] = field(default_factory=Counter)
    crosswalk: Crosswalk = field(default_factory=load_crosswalk)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of ``chosen``."""
        ends = {"since": self.selection.since, "until": self.selection.until}
        return {**ends, **self.selection.bound}

    def sql(self, template: str) -> str:
        """Return ``template`` with the user's condition in the place of ``{where}``."""
        return template.replace("{where}", self.selection.where or "true")

    @property
    def chosen(self) -> str:
        """A ``WITH`` clause that names the ids of the chosen events ``chosen(id)``."""
        return self.sql(CHOSEN)

    def rows(self) -> Iterator[Row]:
        """Yield the chosen events by day, document and place in it.

        Asked for some days at a time: DuckDB gathers what belongs to the events in memory.
        """
        # Listed first: the store answers one question at a time.
        counts = list(self.store.stream(self.sql(_DAYS), self.parameters))
        for days in day_parts(counts, _PART, _DAY):
            where = f"({self.selection.where or 'true'}\n) AND {days}"
            for values in self.store.stream(_ROWS.replace("{where}", where), self.parameters):
                yield _row(values)

    def ids(self) -> Iterator[str]:
        """Yield the ids of the chosen events."""
        for (key,) in self.store.stream(self.chosen + " SELECT id FROM chosen", self.parameters):
            yield key

    def coded(self) -> Iterator[Coded]:
        """Yield what the formats without a status can hold, in CAMEO's terms.

        That is what happened ('actual', not background), and planned acts as the PLOVER
        manual has it: CONSULT, SUPPORT, COOPERATE and AID become AGREE, RETREAT and
        CONCEDE stay. A happening that several reports tell of comes once. These formats
        give a day, so what is dated no better than to a week is left out; what is not
        dated at all has the day of publication.
        """
        for row in self.rows():
            if not row.has_day:
                self.left_out["no day"] += 1
            elif not row.is_lead:
                self.left_out["told by an earlier report"] += 1
            elif row.background:
                self.left_out["background"] += 1
            elif row.status == "planned" and row.type in self.crosswalk.tables["planned"]:
                code = self.crosswalk.cameo_code(self.crosswalk.tables["planned"][row.type])
                yield Coded(row, code, EventType.AGREE.value, None, self.crosswalk.agree_score)
            elif row.status == "actual" or (
                row.status == "planned" and row.type in self.crosswalk.kept_when_planned
            ):
                code = self.crosswalk.cameo_code(row.cameo)
                yield Coded(row, code, row.type, row.mode, row.score)
            else:
                self.left_out[f"status {row.status}"] += 1

    def dyads(self, *, whole: bool) -> Iterator[Dyad]:
        """Yield every directed pair of ``coded`` that has a side; with ``whole``, both.

        The parties of a symmetric act are paired both ways.
        """
        for coded in self.coded():
            found = False
            for dyad in self._pairs(coded):
                known = [dyad.actor is not None, dyad.recipient is not None]
                if all(known) if whole else any(known):
                    found = True
                    yield dyad
            if not found:
                self.left_out["no pair of parties"] += 1

    def _pairs(self, coded: Coded) -> Iterator[Dyad]:
        row, code = coded.row, coded.code
        if row.is_symmetric and len(row.actors) + len(row.recipients) > 1:
            parties = [*row.actors, *row.recipients]
            other = self.crosswalk.tables["mirrored"].get(code.code)
            mirrored = self.crosswalk.cameo_code(other) if other else code
            for i, actor in enumerate(parties):
                for j, recipient in enumerate(parties):
                    if i != j:
                        number = i * len(parties) + j
                        yield Dyad(coded, code if i < j else mirrored, actor, recipient, number)
            return
        actors: Sequence[Party | None] = row.actors or (None,)
        recipients: Sequence[Party | None] = row.recipients or (None,)
        for number, (acting, acted_upon) in enumerate(product(actors, recipients)):
            yield Dyad(coded, code, acting, acted_upon, number)

    def runs(self) -> list[dict[str, str]]:
        """Return the runs and coders that the chosen events come from, oldest first."""
        return [
            {"id": run, "started": f"{started.isoformat()}Z", "coder": coder or ""}
            for run, started, coder in self.store.stream(self.sql(_RUNS), self.parameters)
        ]


def _row(values: tuple[Any, ...]) -> Row:
    plain: dict[str, Any] = dict(zip(_PLAIN, values, strict=True))
    for name in ("actors", "recipients", "speakers"):
        plain[name] = [Party(*item.values()) for item in plain[name] or ()]
    plain["tellings"] = [Telling(*item.values()) for item in plain["tellings"] or ()]
    plain["numbers"] = [Number(*item.values()) for item in plain["numbers"] or ()]
    plain["contexts"] = plain["contexts"] or []
    return Row(**plain)


def check(source: Source) -> None:
    """Raise ``StoreError`` with what is wrong if the condition is none."""
    try:
        for _ in source.store.stream(
            source.chosen + " SELECT id FROM chosen LIMIT 0", source.parameters
        ):
            pass
    except StoreError as error:
        raise StoreError(
            f"the condition --where {source.selection.where!r} cannot be used: {error}; it is SQL "
            "over the columns of the view events, as \"type = 'CONSULT'\""
        ) from error
