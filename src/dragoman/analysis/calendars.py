"""The agenda as iCalendar (RFC 5545), to subscribe to or to import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar, Event

import dragoman
from dragoman.analysis.agenda import Announcement, Outcome

#: Intervals of more days are no entry in a calendar: 'next year' would fill it.
LONGEST_DAYS = 31
_CONFIRMED = frozenset({Outcome.TOOK_PLACE})


def to_icalendar(
    announcements: Sequence[Announcement],
    *,
    names: Mapping[str, str] | None = None,
    title: str = "dragoman agenda",
) -> bytes:
    """Return a calendar with an entry for everything that has days, as UTF-8 with CRLF.

    Entries are whole days, the last one included (``DTEND`` is the day after, as the RFC
    has it). The UID is the id of the first announcement, so it stays when a later report
    repeats it or tells that it took place; equal input gives equal bytes. What took place
    is CONFIRMED, the rest TENTATIVE. An interval is transparent: somewhere in these days.
    ``names`` maps codes to names. Announcements without days or for more than
    ``LONGEST_DAYS`` are left out.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//dragoman//dragoman {dragoman.__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", title)
    for one in announcements:
        start, end = one.start, one.end
        if start is None or end is None or (end - start).days >= LONGEST_DAYS:
            continue
        calendar.add_component(_entry(one, start, end, names or {}))
    return bytes(calendar.to_ical())


def summary(one: Announcement, names: Mapping[str, str]) -> str:
    """Return who meets whom, in words: 'China, India: consult/meet (ahead)'."""
    event = one.event
    who = ", ".join(names.get(code, code) for code in event.parties) or "not named"
    return f"{who}: {event.act.lower()} ({one.outcome.value})"


def _entry(one: Announcement, start: date, end: date, names: Mapping[str, str]) -> Event:
    event, entry = one.event, Event()
    entry.add("uid", f"{event.id}@dragoman")
    # The stamp is the day of the report, so that the same store gives the same calendar.
    stamp = max((e.published for e in (event, *one.repeated) if e.published), default=start)
    entry.add("dtstamp", datetime.combine(stamp, time(), UTC))
    entry.add("summary", _plain(summary(one, names)))
    entry.add("dtstart", start)
    entry.add("dtend", end + timedelta(days=1))
    if one.place:
        entry.add("location", _plain(one.place))
    if event.latitude is not None and event.longitude is not None:
        entry.add("geo", (event.latitude, event.longitude))
    lines = [f"“{event.evidence}”" if event.evidence else "", f"according to {event.said_by}"]
    if one.held is not None:
        told = one.held
        lines.append(f"Took place on {told.start}, according to {told.said_by}: “{told.evidence}”")
    entry.add("description", _plain("\n".join(line for line in lines if line), lines=True))
    if event.url and event.url.startswith(("http://", "https://")):
        entry.add("url", _plain(event.url))
    entry.add("categories", [event.type])
    entry.add("status", "CONFIRMED" if one.outcome in _CONFIRMED else "TENTATIVE")
    entry.add("transp", "OPAQUE" if start == end else "TRANSPARENT")
    return entry


def _plain(text: str, *, lines: bool = False) -> str:
    """Return ``text`` without control characters, which a calendar may not hold."""
    return "".join(c for c in text if c.isprintable() or c == " " or (lines and c == "\n"))
