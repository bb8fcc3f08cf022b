"""RSS and Atom feeds (feedparser): an entry is a report, and links to its full text."""

from __future__ import annotations

import calendar
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from dragoman.errors import InputError
from dragoman.ingest.readers.html import fragment_text
from dragoman.ingest.readers.xml import refuse_entities
from dragoman.ingest.units import Found, Limits, Link, Unit, clean, day


def parse(unit: Unit, limits: Limits) -> Iterator[Found | Link]:
    """Yield each entry: its text as far as the feed has it, then its link."""
    import feedparser

    refuse_entities(unit.data, unit.name)
    # As a stream: the library takes bytes for the name of a file, if there is such a file.
    feed = feedparser.parse(io.BytesIO(unit.data))
    if not feed.entries and feed.bozo:
        raise InputError(unit.name, "feed-broken", f"this is no feed: {feed.bozo_exception}")
    for entry in feed.entries[: limits.links]:
        source = entry.get("source") or {}
        told = clean(
            {
                "title": fragment_text(entry.get("title") or ""),
                "url": entry.get("link"),
                "publisher": source.get("title") or feed.feed.get("title"),
                "language": (feed.feed.get("language") or "")[:2].lower(),
                "published": _published(entry),
            }
        )
        told = {**told, **unit.hints}
        # The library gives None, too, for what an entry only begins.
        contents = [content.get("value") or "" for content in entry.get("content") or []]
        text = fragment_text(max([*contents, entry.get("summary") or ""], key=len))
        if any(character.isalnum() for character in text):
            yield Found(text, told)
        if "url" in told:
            yield Link(told["url"], told)


def _published(entry: Any) -> str | None:
    for name in ("published_parsed", "updated_parsed"):
        found = entry.get(name)
        if found:
            try:
                return day(datetime.fromtimestamp(calendar.timegm(found), UTC))
            except (ValueError, OverflowError, OSError):
                continue
    return None
