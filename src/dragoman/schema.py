"""The central types of dragoman: immutable records that every stage passes on.

Offsets are Unicode code points into ``Document.text``, half-open: for every
``Span`` in a result, ``document.text[span.start:span.end]`` is the quoted wording.
Dates are proleptic Gregorian calendar days without a time zone: the calendar of
the report. Codes (CAMEO, countries) are text, so that leading zeros survive.

The terms are those of the PLOVER manual (draft 0.8): actor, recipient, mode,
context, quad class.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow as pa


class EventType(StrEnum):
    """The 16 PLOVER event types (manual, chapter 'Event Categories')."""

    AGREE = "AGREE"
    CONSULT = "CONSULT"
    SUPPORT = "SUPPORT"
    CONCEDE = "CONCEDE"
    COOPERATE = "COOPERATE"
    AID = "AID"
    RETREAT = "RETREAT"
    REQUEST = "REQUEST"
    ACCUSE = "ACCUSE"
    REJECT = "REJECT"
    THREATEN = "THREATEN"
    PROTEST = "PROTEST"
    SANCTION = "SANCTION"
    MOBILIZE = "MOBILIZE"
    COERCE = "COERCE"
    ASSAULT = "ASSAULT"


class Status(StrEnum):
    """Whether the act happened, according to its source."""

    ACTUAL = "actual"
    PLANNED = "planned"
    ALLEGED = "alleged"
    DENIED = "denied"
    HYPOTHETICAL = "hypothetical"


class BlockKind(StrEnum):
    """What a stretch of a report is; only ``BODY`` is coded."""

    BODY = "body"
    TITLE = "title"
    DATELINE = "dateline"
    HEADING = "heading"
    TEASER = "teaser"
    CAPTION = "caption"
    BOILERPLATE = "boilerplate"


class Precision(StrEnum):
    """How exact a time interval is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DECADE = "decade"
    OPEN = "open"
    FUZZY = "fuzzy"


class PlacePrecision(StrEnum):
    """How exact a pair of coordinates is. A country is never given as a point."""

    SITE = "site"
    CITY = "city"
    ADMIN1 = "admin1"
    COUNTRY = "country"
    REGION = "region"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points in ``Document.text``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse a range that is not one."""
        if not 0 <= self.start <= self.end:
            raise ValueError(f"span {self.start}:{self.end} is not 0 <= start <= end")

    def of(self, text: str) -> str:
        """Return the quoted words."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Document:
    """One report as it came in.

    ``text`` is never changed after ingest; every offset points into it.
    ``published_by_option`` and ``published_by_metadata`` are dates given from
    outside the text; reading decides which one counts.
    """

    id: str
    text: str
    source: str
    title: str | None = None
    url: str | None = None
    publisher: str | None = None
    language: str | None = None
    published_by_metadata: date | None = None
    published_by_option: date | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the report of one kind."""

    kind: BlockKind
    span: Span


@dataclass(frozen=True, slots=True)
class Dateline:
    """Place, date and agency at the head of a report, as far as given."""

    span: Span
    place: str | None = None
    place_span: Span | None = None
    date: datetime.date | None = None
    date_span: Span | None = None
    agency: str | None = None
    agency_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A document taken apart: what is body text and what is not.

    ``published_from`` names where the publication date came from:
    ``dateline``, ``metadata``, ``option`` or ``None``.
    """

    document: Document
    blocks: tuple[Block, ...]
    dateline: Dateline | None = None
    published: date | None = None
    published_from: str | None = None
    publisher: str | None = None
    publisher_from: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is what it is: the rule or model, and the words it rests on."""

    field: str
    rule: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts or is acted upon.

    ``country`` is ISO 3166-1 alpha-3, or the codebook's code for an international
    organisation or a non-state group (``organisation`` then repeats it).
    ``sector`` is one of PLOVER's (GOV, MIL, LEG, JUD, PTY, REB, OPP, CVL, ...).
    """

    name: str
    span: Span
    country: str | None = None
    sector: str | None = None
    role: str | None = None
    person: str | None = None
    organisation: str | None = None
    rule: str = ""

    @property
    def known_as(self) -> str | None:
        """What tells this actor from others: its country, organisation or person, in this order."""
        return self.country or self.organisation or self.person


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """When: closed interval of days, either end ``None`` if open."""

    start: date | None
    end: date | None
    precision: Precision
    text: str
    span: Span
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where: the most specific named place of the act.

    ``latitude`` and ``longitude`` are WGS 84 degrees, ``None`` for places that
    are not points (countries, regions, seas).
    """

    name: str
    span: Span
    precision: PlacePrecision
    country: str | None = None
    admin1: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    geonames_id: str | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Magnitude:
    """How many or how much: ``kind`` is killed, injured, arrested, missing, crowd or money.

    ``unit`` is ``people`` or an ISO 4217 currency code. ``low`` and ``high``
    differ where the report gives a range or only a bound ('dozens', 'at least 5').
    """

    kind: str
    low: float
    high: float | None
    unit: str
    span: Span
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who says so. ``speaker`` is ``None`` when only the publisher stands behind it."""

    kind: str
    speakers: tuple[Actor, ...] = ()
    publisher: str | None = None
    span: Span | None = None
    rule: str = ""
    inner: Attribution | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """One place in the report where the happening is told."""

    sentence: int
    predicate: Span
    evidence: Span


@dataclass(frozen=True, slots=True)
class Event:
    """One happening: who did what to whom, when, where, and according to whom."""

    id: str
    type: EventType
    cameo: str
    quad: int
    score: float
    status: Status
    mode: str | None = None
    contexts: tuple[str, ...] = ()
    actors: tuple[Actor, ...] = ()
    recipients: tuple[Actor, ...] = ()
    symmetric: bool = False
    background: bool = False
    attribution: Attribution | None = None
    when: TimeInterval | None = None
    where: Place | None = None
    magnitudes: tuple[Magnitude, ...] = ()
    topics: tuple[Span, ...] = ()
    mentions: tuple[Mention, ...] = ()
    confidence: float = 0.0
    reasons: tuple[Reason, ...] = ()

    def _repr_html_(self) -> str:
        from dragoman.notebook.html import events_html

        return events_html([self])


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody thinks or feels in public: no act, but a stance."""

    id: str
    stance: str
    speakers: tuple[Actor, ...]
    about: tuple[Actor, ...]
    mention: Mention
    attribution: Attribution | None = None
    topic: Span | None = None
    confidence: float = 0.0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """A standing relation that a report claims, between ``sides`` or from one to another."""

    id: str
    label: str
    mention: Mention
    sides: tuple[Actor, ...] = ()
    source: tuple[Actor, ...] = ()
    target: tuple[Actor, ...] = ()
    because_of: tuple[Actor, ...] = ()
    sector: str | None = None
    attribution: Attribution | None = None
    confidence: float = 0.0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: set aside, counted, never lost."""

    source: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class OutsideActor:
    """A party as another data set names it; codes are dragoman's, ``None`` if not known."""

    name: str
    country: str | None = None
    sector: str | None = None


@dataclass(frozen=True, slots=True)
class OutsideEvent:
    """One event of another data set, in dragoman's terms. It has no report and no spans.

    ``data_set`` is gdelt, icews, polecat or acled; ``source_id`` its own id there;
    ``source`` and ``line`` say where it was read. ``type`` and ``mode`` are PLOVER's,
    ``None`` where the crosswalk has none; ``score`` is PLOVER's of them, ``goldstein`` what
    the file gives. ``label`` is the data set's own name of the act. ``row`` keeps what the
    file has, column by column, without empty cells.
    """

    data_set: str
    key: str
    source_id: str
    source: str
    line: int
    quad: int | None
    start: date
    end: date
    type: EventType | None = None
    mode: str | None = None
    cameo: str | None = None
    score: float | None = None
    goldstein: float | None = None
    contexts: tuple[str, ...] = ()
    status: Status = Status.ACTUAL
    label: str | None = None
    actors: tuple[OutsideActor, ...] = ()
    recipients: tuple[OutsideActor, ...] = ()
    published: date | None = None
    place: str | None = None
    place_country: str | None = None
    place_admin1: str | None = None
    place_precision: PlacePrecision | None = None
    latitude: float | None = None
    longitude: float | None = None
    geonames_id: str | None = None
    publisher: str | None = None
    url: str | None = None
    evidence: str | None = None
    killed: float | None = None
    row: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one document says, as data."""

    document: Document
    reading: Reading
    sentences: tuple[Span, ...]
    events: tuple[Event, ...]
    statements: tuple[Statement, ...]
    relations: tuple[Relation, ...]
    coder: str

    def _repr_html_(self) -> str:
        from dragoman.notebook.html import report_html

        return report_html(self)

    def to_arrow(self) -> pa.Table:
        """Return the events as an Arrow table (docs/formats.md, Parquet)."""
        from dragoman.notebook import Events

        return Events.of_reports([self]).to_arrow()

    def to_polars(self) -> polars.DataFrame:
        """Return the events as a polars data frame; needs ``dragoman[notebook]``."""
        from dragoman.notebook import Events

        return Events.of_reports([self]).to_polars()

    def to_pandas(self) -> pandas.DataFrame:
        """Return the events as a pandas data frame; needs ``dragoman[notebook]``."""
        from dragoman.notebook import Events

        return Events.of_reports([self]).to_pandas()
