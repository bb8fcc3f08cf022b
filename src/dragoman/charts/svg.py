"""The few words of SVG and HTML that charts need; all text is escaped here.

No chart has a style attribute, a style element, a script or an event handler, so that it
works under a content security policy that forbids them: ``tag`` refuses to make one.
Colours are classes of ``charts.css``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TypeAlias
from urllib.parse import urlsplit

Attributes: TypeAlias = Mapping[str, object]

_FORBIDDEN_TAGS = frozenset({"style", "script", "foreignObject", "use", "image"})


@dataclass(frozen=True, slots=True)
class DataTable:
    """The data of a chart, for those who do not see it: all cells are text."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def words(text: str) -> str:
    """Return ``text`` as content of an element; control characters become blanks."""
    return escape("".join(c if c.isprintable() else " " for c in text), quote=True)


def number(value: int | float) -> str:
    """Return a coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def tag(name: str, attributes: Attributes | None = None, *children: str) -> str:
    """Return an element. ``children`` are markup; attributes that are ``None`` are left out.

    Raises ``ValueError`` for what a strict content security policy or a reader forbids:
    styles, scripts, handlers, links elsewhere than to paths and http(s).
    """
    if name in _FORBIDDEN_TAGS:
        raise ValueError(f"a chart has no <{name}>")
    parts = [name]
    for key, value in (attributes or {}).items():
        if value is None:
            continue
        if key == "style" or key.startswith("on"):
            raise ValueError(f"a chart has no attribute {key}")
        text = number(value) if isinstance(value, (int, float)) else str(value)
        if key == "href" and not _harmless(text):
            raise ValueError(f"a chart does not link to {text!r}")
        parts.append(f'{key}="{words(text)}"')
    inner = "".join(children)
    return f"<{' '.join(parts)}>{inner}</{name}>" if inner else f"<{' '.join(parts)}/>"


def _harmless(url: str) -> bool:
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return False
    return scheme in {"", "http", "https"} and not url.startswith("//")


def label(x: float, y: float, text: str, classes: str = "", anchor: str | None = None) -> str:
    """Return a text at a point; ``anchor`` is start, middle or end."""
    at: Attributes = {"x": x, "y": y, "class": classes or None, "text-anchor": anchor}
    return tag("text", at, words(text))


def hint(text: str) -> str:
    """Return the name of a mark, which browsers show and screen readers read."""
    return tag("title", None, words(text))


def linked(url: str | None, *children: str, name: str | None = None) -> str:
    """Return the marks, within a link if there is one."""
    if url is None:
        return "".join(children)
    return tag("a", {"href": url, "aria-label": name}, *children)


def chart(kind: str, width: float, height: float, title: str, description: str, *body: str) -> str:
    """Return a whole chart: ``title`` names it, ``description`` says what it shows.

    It is one image to a screen reader, or a group if it has links in it.
    """
    mark = hashlib.sha256(f"{kind}|{title}|{description}".encode()).hexdigest()[:10]
    inner = "".join(body)
    names = {"t": title, "d": description}
    attributes: Attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "class": f"chart chart-{kind}",
        "role": "group" if "<a " in inner else "img",
        "aria-labelledby": " ".join(f"{key}-{mark}" for key in names),
        "preserveAspectRatio": "xMidYMid meet",
    }
    return tag(
        "svg",
        attributes,
        tag("title", {"id": f"t-{mark}"}, words(title)),
        tag("desc", {"id": f"d-{mark}"}, words(description)),
        inner,
    )


def table_html(table: DataTable) -> str:
    """Return the data of a chart as an HTML table."""
    heads = "".join(tag("th", {"scope": "col"}, words(head)) for head in table.heads)
    rows = "".join(
        tag("tr", None, "".join(f"<td>{words(cell)}</td>" for cell in row)) for row in table.rows
    )
    return (
        f'<table class="chart-table"><caption>{words(table.caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def figure(svg: str, table: DataTable, *, summary: str = "The same as a table") -> str:
    """Return a chart with its data folded under it, in the box that ``charts.css`` measures."""
    return (
        f'<figure class="chart-box">{svg}<details class="chart-data">'
        f"<summary>{words(summary)}</summary>{table_html(table)}</details></figure>"
    )


def nice_top(value: float) -> int:
    """Return the least of 1, 2, 4, 5, 10, 20, 40, 50 ... that is not below ``value``."""
    size = 1
    while True:
        for step in (1, 2, 4, 5):
            if step * size >= value:
                return step * size
        size *= 10


def in_words(start: date, end: date) -> str:
    """Return a span of days: one day, or both ends."""
    return f"{start}" if start == end else f"{start} to {end}"


def evenly(count: int, most: int) -> Sequence[int]:
    """Return at most ``most`` positions of ``count``, evenly, both ends among them."""
    if count <= most:
        return range(count)
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
