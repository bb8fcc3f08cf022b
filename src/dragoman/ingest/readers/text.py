"""Plain text: one report."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.ingest.encodings import decode
from dragoman.ingest.html import looks_like_html
from dragoman.ingest.readers import html
from dragoman.ingest.units import Found, Limits, Unit


def parse(unit: Unit, limits: Limits) -> Iterator[Found]:
    """Yield the text; text in an odd encoding may turn out to be a page."""
    text = decode(unit.data, unit.name)
    if looks_like_html(text, unit.name):
        yield html.page(text, unit)
    else:
        yield Found(text, unit.hints)
