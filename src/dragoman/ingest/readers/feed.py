"""RSS and Atom feeds (feedparser): an entry is a report, and links to its full text."""

from __future__ import annotations

import calendar
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
    feed = feedparser.parse(unit.data)
    if not feed.entries and feed.bozo:
        raise InputError(unit.name, "feed-broken", f"this is no feed: {feed.bozo_exception}")
    for entry in feed.entries[: limits.links]:
        source = entry.get("source") or {}
        told = clean(
            {
                "title": fragment_text(entry.get("title", "")),
                "url": entry.get("link"),
                "publisher": source.get("title") or feed.feed.get("title"),
                "language": (feed.feed.get("language") or "")[:2].lower(),
                "published": _published(entry),
            }
        )
        told = {**told, **unit.hints}
        contents = [content.get("value", "") for content in entry.get("content", [])]
        text = fragment_text(max([*contents, entry.get("summary", "")], key=len))
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
