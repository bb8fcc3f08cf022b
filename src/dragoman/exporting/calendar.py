"""What is announced, as iCalendar (RFC 5545): planned acts with a day, a happening once."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import IO

from icalendar import Calendar, Event, vGeo, vText

from dragoman.exporting.formats import Format, columns, plain
from dragoman.exporting.selecting import Row, Source

COLUMNS = columns(
    """
    UID | string | id of the happening, so that a calendar updates what it has
    DTSTAMP | datetime | start of the run that coded the report, UTC
    DTSTART | date | first day
    DTEND | date | the day after the last, as RFC 5545 has it
    SUMMARY | string | type, mode, and who with whom
    DESCRIPTION | string | the words of the report, the words of the time, who says so
    LOCATION | string | place
    GEO | string | latitude;longitude, where it is a point
    URL | string | address of the report
    STATUS | string | TENTATIVE: what is announced
    CATEGORIES | string | PLOVER type
    CLASS | string | PUBLIC
    TRANSP | string | TRANSPARENT: it blocks nobody's time
    X-DRAGOMAN-PRECISION | string | how exact the days are
    """
)


def ical(source: Source, file: IO[bytes]) -> int:
    """Write a calendar of the planned acts among the chosen events."""
    calendar = Calendar()
    calendar.add("prodid", "-//dragoman//events//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Announced events")
    head, _, foot = calendar.to_ical().partition(b"END:VCALENDAR")
    file.write(head)
    count = 0
    for row in source.rows():
        if not row.is_lead:
            source.left_out["told by an earlier report"] += 1
        elif row.background or row.status != "planned":
            source.left_out["not planned"] += 1
        elif row.start_date is None:
            source.left_out["no first day"] += 1
        else:
            file.write(_event(row, source).to_ical())
            count += 1
    file.write(b"END:VCALENDAR" + foot)
    return count


def _event(row: Row, source: Source) -> Event:
    assert row.start_date is not None
    end = row.end_date or row.start_date
    entry = Event()
    entry.add("uid", f"{row.happening or row.id}@dragoman")
    entry.add("dtstamp", row.added.replace(tzinfo=UTC))
    entry.add("dtstart", row.start_date)
    entry.add("dtend", end + timedelta(days=1))
    entry.add("summary", _summary(row, source))
    words = [f"“{plain(row.evidence)}”", f"({row.date_text})" if row.date_text else ""]
    said = ", ".join(dict.fromkeys(p.label for p in row.speakers)) or row.publisher
    words.append(f"According to {said}." if said else "")
    entry.add("description", plain(" ".join(filter(None, words))))
    if row.place:
        entry.add("location", plain(row.place))
    if row.latitude is not None and row.longitude is not None:
        entry.add("geo", vGeo((row.latitude, row.longitude)))
    if row.url:
        entry.add("url", row.url)
    entry.add("status", "TENTATIVE")
    entry.add("categories", [row.type])
    entry.add("class", "PUBLIC")
    entry.add("transp", "TRANSPARENT")
    entry.add("x-dragoman-precision", vText(row.date_precision or ""))
    return entry


def _summary(row: Row, source: Source) -> str:
    def names(parties: list[str | None]) -> str:
        return ", ".join(dict.fromkeys(p for p in parties if p))

    name_of = source.crosswalk.name_of
    actors = names([name_of(p.country) or p.label for p in row.actors])
    recipients = names([name_of(p.country) or p.label for p in row.recipients])
    sign = " ↔ " if row.is_symmetric else " → "
    return f"{row.type}{'/' + row.mode if row.mode else ''}: " + sign.join(
        filter(None, (actors, recipients))
    )


FORMATS = (
    Format(
        "ical",
        ".ics",
        "text/calendar",
        "what is announced",
        ical,
        COLUMNS,
        holds="planned acts with a first day, a happening once",
    ),
)
