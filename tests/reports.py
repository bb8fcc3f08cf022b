"""Constructed reports for tests of what happens after coding."""

from __future__ import annotations

import hashlib
from datetime import date

from dragoman.schema import (
    Actor,
    Attribution,
    Block,
    BlockKind,
    Dateline,
    Document,
    Event,
    EventType,
    Magnitude,
    Mention,
    Place,
    PlacePrecision,
    Precision,
    Reading,
    Reason,
    Relation,
    Report,
    Span,
    Statement,
    Status,
    TimeInterval,
)

TEXT = (
    "LISBON, 4 May 2024 (Wire) - Brazil’s foreign minister met his Kenyan counterpart on Friday.\n"
    "Peru accused Chile of shelling a village near Arica, killing three people.\n"
    "The presidents of Ghana and Togo will meet in Accra next week.\n"
    "Kenya voiced concern over tensions between Peru and Chile.\n"
)


def span(words: str, text: str = TEXT) -> Span:
    """Return the first place of ``words`` in ``text``."""
    start = text.index(words)
    return Span(start, start + len(words))


def actor(code: str, words: str, text: str = TEXT, **more: str) -> Actor:
    """Return an actor with ``code`` as country."""
    return Actor(name=words, span=span(words, text), country=code, **more)


def event(
    kind: EventType,
    words: str,
    predicate: str,
    *,
    actors: tuple[Actor, ...] = (),
    recipients: tuple[Actor, ...] = (),
    status: Status = Status.ACTUAL,
    text: str = TEXT,
    document: str = "",
    **more: object,
) -> Event:
    """Return an event told once, in ``words``."""
    evidence = span(words, text)
    start = text.index(predicate, evidence.start)
    key = f"{document}|{kind}|{start}|{status}"
    return Event(
        id="e" + hashlib.sha256(key.encode()).hexdigest()[:16],
        type=kind,
        cameo="040",
        quad=1,
        score=1.0,
        status=status,
        actors=actors,
        recipients=recipients,
        mentions=(Mention(0, Span(start, start + len(predicate)), evidence),),
        **more,  # type: ignore[arg-type]
    )


def report(
    text: str = TEXT,
    events: tuple[Event, ...] = (),
    statements: tuple[Statement, ...] = (),
    relations: tuple[Relation, ...] = (),
    source: str = "a.txt",
    coder: str = "test",
) -> Report:
    """Return a report of ``text``."""
    key = "d" + hashlib.sha256(text.encode()).hexdigest()[:16]
    document = Document(id=key, text=text, source=source, title="A meeting in Lisbon")
    dateline = Dateline(span=Span(0, 26), place="Lisbon", date=date(2024, 5, 4))
    reading = Reading(
        document=document,
        blocks=(Block(BlockKind.BODY, Span(0, len(text))),),
        dateline=dateline,
        published=date(2024, 5, 4),
        published_from="dateline",
        publisher="Wire",
        publisher_from="dateline",
        language="en",
    )
    return Report(document, reading, (Span(0, len(text)),), events, statements, relations, coder)


def rich_report(number: int = 0, coder: str = "test") -> Report:
    """Return a report in which every field of the schema is used."""
    text = TEXT + (f"Report {number}.\n" if number else "")
    key = str(number)
    speaker = actor("PER", "Peru", sector="GOV", rule="country")
    meeting = event(
        EventType.CONSULT,
        "Brazil’s foreign minister met his Kenyan counterpart on Friday",
        "met",
        actors=(actor("BRA", "Brazil’s foreign minister", sector="GOV", role="foreign minister"),),
        recipients=(actor("KEN", "his Kenyan counterpart", sector="GOV"),),
        document=key,
        symmetric=True,
        mode="visit",
        contexts=("diplomatic",),
        when=TimeInterval(
            date(2024, 5, 3), date(2024, 5, 3), Precision.DAY, "on Friday", span("on Friday")
        ),
        where=Place(
            "Lisbon",
            Span(0, 6),
            PlacePrecision.CITY,
            "PRT",
            "11",
            38.7,
            -9.1,
            "2267057",
            "dateline",
        ),
        confidence=0.9,
        reasons=(Reason("type", "meet.verb", span("met")), Reason("where", "dateline")),
    )
    shelling = event(
        EventType.ASSAULT,
        "shelling a village near Arica, killing three people",
        "shelling",
        actors=(actor("CHL", "Chile"),),
        status=Status.ALLEGED,
        document=key,
        attribution=Attribution(
            "accusation",
            (speaker,),
            "Wire",
            span("accused"),
            "accuse",
            Attribution("publisher", publisher="Wire"),
        ),
        magnitudes=(Magnitude("killed", 3, 3, "people", span("three people")),),
        topics=(span("village"),),
    )
    accuse = event(
        EventType.ACCUSE,
        "Peru accused Chile",
        "accused",
        actors=(speaker,),
        recipients=(actor("CHL", "Chile"),),
        document=key,
    )
    planned = event(
        EventType.CONSULT,
        "The presidents of Ghana and Togo will meet in Accra next week",
        "meet",
        actors=(actor("GHA", "Ghana"), actor("TGO", "Togo")),
        status=Status.PLANNED,
        document=key,
        symmetric=True,
        when=TimeInterval(
            date(2024, 5, 6), date(2024, 5, 12), Precision.WEEK, "next week", span("next week")
        ),
    )
    concern = Mention(3, span("voiced concern"), span("Kenya voiced concern"))
    tension = Mention(3, span("tensions"), span("tensions between Peru and Chile"))
    sides = (actor("PER", "Peru"), actor("CHL", "Chile"))
    return report(
        text,
        (meeting, accuse, shelling, planned),
        (Statement(f"s{number}", "concerned", (actor("KEN", "Kenya"),), sides, concern),),
        (Relation(f"r{number}", "tension", tension, sides),),
        source=f"{number}.txt",
        coder=coder,
    )
