"""A page: the article in it, and what it says about itself (trafilatura)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import html as lxml_html
from lxml.etree import ParserError

from dragoman.errors import InputError
from dragoman.ingest.encodings import decode
from dragoman.ingest.units import Found, Limits, Unit, clean

_BLOCKS = {"p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "blockquote"}


def parse(unit: Unit, limits: Limits) -> Iterator[Found]:
    """Yield the article of the page."""
    yield page(decode(unit.data, unit.name), unit)


def page(text: str, unit: Unit) -> Found:
    """Return the article of the page ``text``; what is known beforehand goes first."""
    from dragoman.ingest.html_worker import extract

    told = extract(text, datetime.now(UTC).date())
    article = told.pop("text") or ""
    if not any(character.isalnum() for character in article):
        raise InputError(unit.name, "html-without-text", "the page holds no article text")
    return Found(article, {**clean(told), **unit.hints})


def fragment_text(markup: str) -> str:
    """Return the words of a piece of HTML, one line a block."""
    if "<" not in markup and "&" not in markup:
        return markup.strip()
    try:
        tree = lxml_html.fragment_fromstring(markup, create_parent="div")
    except (ParserError, ValueError):
        return ""
    for element in tree.iter():
        if element.tag in {"script", "style"}:
            element.text = ""
        elif element.tag in _BLOCKS:
            element.tail = "\n" + (element.tail or "")
    lines = (" ".join(line.split()) for line in tree.text_content().split("\n"))
    return "\n".join(line for line in lines if line)
