"""Agency files: NewsML-G2, NewsML 1 with NITF inside, and NITF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dragoman.errors import InputError
from dragoman.ingest.readers.xml import local, named, root_of, words
from dragoman.ingest.units import Found, Limits, Unit, clean, day

_BY = re.compile(r"\Aby\s+", re.I)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def parse(unit: Unit, limits: Limits) -> Iterator[Found]:
    """Yield every text item. Raises ``InputError`` (``withdrawn``, ``no-text``)."""
    root = root_of(unit.data, unit.name)
    items = [e for e in root.iter() if local(e) in {"newsItem", "NewsItem"}]
    found = False
    withdrawn = False
    for item in items or [root]:
        status = " ".join(e.get("qcode", "") for e in named(item, "pubStatus"))
        if "cancel" in status or "withheld" in status:
            withdrawn = True
            continue
        text = _text(item)
        if any(character.isalnum() for character in text):
            found = True
            yield Found(text, {**clean(_told(item)), **unit.hints})
    if not found:
        if withdrawn:
            raise InputError(unit.name, "withdrawn", "the agency withdrew or withheld this item")
        raise InputError(unit.name, "no-text", "no item of this file holds text")


def _text(item: Any) -> str:
    bodies = named(item, "body.content", "inlineXML", "inlineData", "DataContent", "body")
    best = ""
    for body in bodies:
        paragraphs = [words(p) for p in named(body, "p", "hl2")]
        lines = paragraphs or [
            " ".join(line.split()) for line in "".join(body.itertext()).split("\n")
        ]
        text = "\n".join(line for line in lines if line)
        if len(text) > len(best):
            best = text
    return best


def _told(item: Any) -> dict[str, Any]:
    return {
        "title": _first(item, "headline", "hl1", "HeadLine", "title"),
        "author": _author(item),
        "publisher": _publisher(item),
        "published": _published(item),
        "language": _language(item),
        "url": _address(item),
    }


def _first(item: Any, *names: str) -> str | None:
    for name in names:
        for element in named(item, name):
            if text := words(element):
                return text
    return None


def _author(item: Any) -> str | None:
    line = _first(item, "by", "byline", "ByLine")
    return _BY.sub("", line) if line else None


def _publisher(item: Any) -> str | None:
    for element in named(item, "provider", "infoSource"):
        names = [words(e) for e in named(element, "name")]
        found = next((n for n in names if n), None) or element.get("literal")
        if found:
            return str(found)
    for element in named(item, "Provider"):
        for party in named(element, "Party"):
            if party.get("FormalName"):
                return str(party.get("FormalName"))
    for element in named(item, "doc.copyright"):
        if element.get("holder"):
            return str(element.get("holder"))
    return None


def _published(item: Any) -> str | None:
    for name in ("firstCreated", "versionCreated", "date.issue", "FirstCreated", "story.date"):
        for element in named(item, name):
            if found := day(element.get("norm") or words(element)):
                return found
    return None


def _language(item: Any) -> str | None:
    for element in named(item, "language", "Language"):
        tag = element.get("tag") or element.get("FormalName")
        if tag:
            return str(tag)[:2].lower()
    tag = item.get(_XML_LANG)
    return str(tag)[:2].lower() if tag else None


def _address(item: Any) -> str | None:
    for element in named(item, "link", "web"):
        href = element.get("href") or words(element)
        if href.startswith(("http://", "https://")):
            return str(href)
    return None
