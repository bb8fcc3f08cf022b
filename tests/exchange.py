"""A store whose events need every branch of the formats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from dragoman.archive.linking import link
from dragoman.schema import (
    EventType,
    Magnitude,
    Place,
    PlacePrecision,
    Precision,
    Report,
    Status,
    TimeInterval,
)
from dragoman.store import Run, Store
from reports import actor, event, report, rich_report, span

RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test 1", "test")
TEXT = (
    "=HYPERLINK(1) agency 🕊: The United Nations condemned Kosovo; the “-Front” seized\ta town in "
    "Texas on 6 May.\nRussia will visit Germany in June. Spain gave Mali aid on 7 May.\n"
    "Peru plans to aid Chad on 9 May. Iran denied it struck Iraq on 8 May.\n"
)


def second_report() -> Report:
    """Return a report with organisations, odd texts, divisions, and times of every kind."""

    def on(words: str, first: date, last: date, precision: Precision) -> TimeInterval:
        return TimeInterval(first, last, precision, words, span(words, TEXT))

    def when(words: str, day: int) -> TimeInterval:
        return on(words, date(2024, 5, day), date(2024, 5, day), Precision.DAY)

    nations = actor("UNO", "The United Nations", TEXT, sector="IGO", organisation="UNO")
    kosovo = actor("XKX", "Kosovo", TEXT, sector="GOV")
    front = actor("QAI", "-Front", TEXT, sector="REB")
    texas = Place(
        "Texas", span("Texas", TEXT), PlacePrecision.ADMIN1, "USA", "TX", None, None, "4736286"
    )
    condemn = event(
        EventType.ACCUSE,
        "The United Nations condemned Kosovo",
        "condemned",
        text=TEXT,
        actors=(nations,),
        recipients=(kosovo,),
        when=when("on 6 May", 6),
        mode="disapprove",
    )
    seize = event(
        EventType.COERCE,
        "the “-Front” seized\ta town in Texas",
        "seized",
        text=TEXT,
        actors=(front,),
        when=when("on 6 May", 6),
        where=texas,
        contexts=("territory", "terrorism"),
        magnitudes=(Magnitude("killed", 12, None, "people", span("a town", TEXT)),),
    )
    visit = event(
        EventType.CONSULT,
        "Russia will visit Germany in June",
        "visit",
        text=TEXT,
        actors=(actor("RUS", "Russia", TEXT, sector="GOV"),),
        recipients=(actor("DEU", "Germany", TEXT, sector="GOV"),),
        status=Status.PLANNED,
        mode="visit",
        when=on("in June", date(2024, 6, 1), date(2024, 6, 30), Precision.MONTH),
    )
    aid = event(
        EventType.AID,
        "Spain gave Mali aid on 7 May",
        "gave",
        text=TEXT,
        actors=(actor("ESP", "Spain", TEXT, sector="GOV", person="Ana =1; Ruiz\\"),),
        recipients=(actor("MLI", "Mali", TEXT), actor("MLI", "Mali", TEXT, sector="MIL")),
        when=when("on 7 May", 7),
    )
    promise = event(
        EventType.AID,
        "Peru plans to aid Chad on 9 May",
        "aid",
        text=TEXT,
        actors=(actor("PER", "Peru", TEXT, sector="GOV"),),
        recipients=(actor("TCD", "Chad", TEXT, sector="GOV"),),
        status=Status.PLANNED,
        when=when("on 9 May", 9),
    )
    denied = event(
        EventType.ASSAULT,
        "Iran denied it struck Iraq on 8 May",
        "struck",
        text=TEXT,
        actors=(actor("IRN", "Iran", TEXT, sector="MIL"),),
        recipients=(actor("IRQ", "Iraq", TEXT),),
        status=Status.DENIED,
        when=when("on 8 May", 8),
    )
    coded = (
        replace(condemn, cameo="111", quad=3, score=-2.0, confidence=0.61),
        replace(seize, cameo="171", quad=4, score=-7.0),
        replace(visit, cameo="042"),
        replace(aid, cameo="07", quad=2, score=10.0),
        replace(promise, cameo="070", quad=2, score=10.0),
        replace(denied, cameo="190", quad=4, score=-9.0),
    )
    made = report(TEXT, coded, source="/home/somebody/b.txt", coder="test 1")
    document = replace(
        made.document, url="https://news.example.org/a?b=1", title="=cmd|' /C calc'!A0"
    )
    return replace(made, document=document, reading=replace(made.reading, document=document))


def fill(path: Path) -> Store:
    """Return a new linked store at ``path`` with two tellings of one report and another."""
    store = Store.open(path)
    store.add([rich_report(1, "test 1"), rich_report(2, "test 1"), second_report()], RUN)
    link(store)
    return store
