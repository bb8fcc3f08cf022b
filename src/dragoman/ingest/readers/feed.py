"""RSS and Atom feeds (feedparser) and JSON feeds: an entry is a report, and links to more."""

from __future__ import annotations

import calendar
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from dragoman.errors import InputError
from dragoman.ingest.readers.html import fragment_text
from dragoman.ingest.readers.xml import refuse_entities
from dragoman.ingest.units import Found, Hints, Limits, Link, Unit, clean, day, too_many_links


def parse(unit: Unit, limits: Limits) -> Iterator[Found | Link]:
    """Yield each entry: its text as far as the feed has it, then its link."""
    import feedparser

    refuse_entities(unit.data, unit.name)
    # As a stream: the library takes bytes for the name of a file, if there is such a file.
    feed = feedparser.parse(io.BytesIO(unit.data))
    if not feed.entries and feed.bozo:
        raise InputError(unit.name, "feed-broken", f"this is no feed: {feed.bozo_exception}")
    if len(feed.entries) > limits.links:
        raise too_many_links(unit.name, limits)
    for entry in feed.entries:
        source = entry.get("source") or {}
        told = clean(
            {
                "title": fragment_text(entry.get("title") or ""),
                "url": entry.get("link"),
                "publisher": source.get("title") or feed.feed.get("title"),
                "author": entry.get("author"),
                "language": (feed.feed.get("language") or "")[:2].lower(),
                "published": _published(entry),
            }
        )
        # The library gives None, too, for what an entry only begins.
        contents = [content.get("value") or "" for content in entry.get("content") or []]
        text = fragment_text(max([*contents, entry.get("summary") or ""], key=len))
        yield from _entry(text, {**told, **unit.hints})


def is_json_feed(content: dict[str, Any]) -> bool:
    """Tell whether a JSON object is a JSON feed (jsonfeed.org, versions 1 and 1.1)."""
    version = str(content.get("version"))
    return "://jsonfeed.org/version/" in version[:60] and isinstance(content.get("items"), list)


def parse_json(unit: Unit, limits: Limits) -> Iterator[Found | Link]:
    """Yield each entry of a JSON feed: its text, then its link."""
    content = json.loads(unit.data)
    if len(content["items"]) > limits.links:
        raise too_many_links(unit.name, limits)
    for item in content["items"]:
        if not isinstance(item, dict):
            continue
        authors = item.get("authors")
        author = authors[0] if isinstance(authors, list) and authors else item.get("author")
        told = clean(
            {
                "title": item.get("title"),
                "url": item.get("url"),
                "publisher": content.get("title"),
                "author": author.get("name") if isinstance(author, dict) else None,
                "language": str(item.get("language") or content.get("language") or "")[:2].lower(),
                "published": day(item.get("date_published") or item.get("date_modified")),
            }
        )
        text = item.get("content_text") or fragment_text(str(item.get("content_html") or ""))
        text = text or item.get("summary") or ""
        yield from _entry(str(text), {**told, **unit.hints})


def _entry(text: str, told: Hints) -> Iterator[Found | Link]:
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
