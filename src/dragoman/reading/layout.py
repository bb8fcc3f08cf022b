"""Take a report apart: body, title, dateline, headings, teasers, captions, boilerplate.

Blocks are lines (a paragraph of a wire report is one line) or, in texts wrapped at a
fixed width, runs of lines up to a blank one. Only body blocks are coded.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from dragoman.reading.dateline import find_date, find_dateline
from dragoman.reading.language import language_of
from dragoman.schema import Block, BlockKind, Dateline, Document, Reading, Span

_LINE = re.compile(r"[^\r\n\u2028\u2029\f\v]+")
_STOP = (".", "!", "?", '"', "'", "”", "’", ":", ";", "…", ",", ")")
_BYLINE = re.compile(r"by [\w.'’-]+(?:[ ,][\w.'’-]+){0,7}", re.IGNORECASE)
_STAMP = re.compile(
    r"(?:published|updated|posted|last updated|first published|date)\b", re.IGNORECASE
)
_FUNCTION = frozenset(
    ["a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "of", "on", "or", "over", "the", "to", "with", "after", "amid", "under", "vs", "via"]
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Word lists of ``layout.toml``, lower case."""

    teasers: tuple[str, ...]
    teaser_lists: tuple[str, ...]
    captions: tuple[str, ...]
    caption_words: tuple[str, ...]
    boilerplate: tuple[str, ...]
    boilerplate_words: tuple[str, ...]
    agencies: dict[str, str]

    @classmethod
    def load(cls) -> Layout:
        """Load the packaged lists."""
        raw = tomllib.loads((files("dragoman.codebook") / "layout.toml").read_text("utf-8"))
        return cls(
            teasers=tuple(raw["teaser"]["prefixes"]),
            teaser_lists=tuple(raw["teaser"]["lists"]),
            captions=tuple(raw["caption"]["prefixes"]),
            caption_words=tuple(raw["caption"]["contains"]),
            boilerplate=tuple(raw["boilerplate"]["prefixes"]),
            boilerplate_words=tuple(raw["boilerplate"]["contains"]),
            agencies=raw["agencies"],
        )


@lru_cache(maxsize=1)
def _default_layout() -> Layout:
    return Layout.load()


def read(document: Document, layout: Layout | None = None) -> Reading:
    """Take a document apart; never raises for odd text, which then is body."""
    words = layout if layout is not None else _default_layout()
    text = document.text
    lines = _paragraphs(text)
    known = document.published_by_metadata or document.published_by_option
    kinds: list[BlockKind] = []
    in_list = False
    stamped: date | None = None
    for index, span in enumerate(lines):
        kind = _kind(text, span, words, index, lines)
        line = span.of(text).strip()
        if in_list and kind is BlockKind.HEADING and len(line) < 140:
            kind = BlockKind.TEASER
        elif kind is not BlockKind.TEASER:
            in_list = False
        lowered = line.lower().rstrip(": ")
        if kind is BlockKind.TEASER and lowered in words.teaser_lists:
            in_list = True
        if kind is BlockKind.BOILERPLATE and index < 6 and stamped is None:
            stamped = find_date(line)
        kinds.append(kind)
    blocks: list[Block] = []
    dateline: Dateline | None = None
    for span, kind in zip(lines, kinds, strict=True):
        if dateline is None and kind in {BlockKind.BODY, BlockKind.HEADING, BlockKind.TITLE}:
            dateline = find_dateline(text, span, words.agencies, known or stamped)
            if dateline is not None:
                blocks.append(Block(BlockKind.DATELINE, dateline.span))
                if dateline.span.end < span.end and text[dateline.span.end : span.end].strip():
                    blocks.append(Block(BlockKind.BODY, Span(dateline.span.end, span.end)))
                continue
        blocks.append(Block(kind, span))
    published, source = _published(dateline, document, stamped)
    publisher, publisher_from = document.publisher, "metadata" if document.publisher else None
    if dateline is not None and dateline.agency is not None:
        publisher, publisher_from = dateline.agency, "dateline"
    body = " ".join(b.span.of(text) for b in blocks if b.kind is BlockKind.BODY)
    return Reading(
        document=document,
        blocks=tuple(blocks),
        dateline=dateline,
        published=published,
        published_from=source,
        publisher=publisher,
        publisher_from=publisher_from,
        language=language_of(body or text),
    )


def _published(
    dateline: Dateline | None, document: Document, stamped: date | None
) -> tuple[date | None, str | None]:
    """Return the publication date by trust: dateline, then metadata, then option."""
    if dateline is not None and dateline.date is not None:
        return dateline.date, "dateline"
    if document.published_by_metadata is not None:
        return document.published_by_metadata, "metadata"
    if stamped is not None:
        return stamped, "metadata"
    if document.published_by_option is not None:
        return document.published_by_option, "option"
    return None, None


def _paragraphs(text: str) -> list[Span]:
    """Return lines, or runs of lines where a text is wrapped at a fixed width."""
    lines = [Span(m.start(), m.end()) for m in _LINE.finditer(text) if m.group().strip()]
    if len(lines) < 6:
        return lines
    joined: list[Span] = []
    widths = sorted(line.end - line.start for line in lines)
    wrapped = widths[-1] <= 100 and widths[len(widths) // 2] >= 45
    if not wrapped:
        return lines
    for line in lines:
        if joined:
            between = text[joined[-1].end : line.start]
            blank = between.count("\n") > 1 or between.count("\r\r") > 0
            full = joined[-1].of(text).rstrip()
            last_line = full.splitlines()[-1] if full else ""
            if not blank and len(last_line) >= widths[-1] * 0.6:
                joined[-1] = Span(joined[-1].start, line.end)
                continue
        joined.append(line)
    return joined


def _kind(text: str, span: Span, words: Layout, index: int, lines: Sequence[Span]) -> BlockKind:
    line = span.of(text).strip()
    lowered = line.lower().lstrip("*•>|-–—▶► ").replace("’", "'")
    short = len(line) <= 220
    if short and lowered.startswith(words.teasers) and not _is_prose(line, words.teasers):
        return BlockKind.TEASER
    if short and (
        lowered.startswith(words.captions) or any(w in lowered for w in words.caption_words)
    ):
        return BlockKind.CAPTION
    if lowered.startswith(words.boilerplate) and not _is_prose(line, words.boilerplate):
        return BlockKind.BOILERPLATE
    if short and any(word in lowered for word in words.boilerplate_words):
        return BlockKind.BOILERPLATE
    if index < 6 and len(line) < 90 and _BYLINE.fullmatch(line.rstrip(".")):
        return BlockKind.BOILERPLATE
    if index < 6 and len(line) < 60 and find_date(line) is not None and not line.endswith("."):
        without = re.sub(r"[\W\d_]+", " ", line).split()
        if len(without) <= 5 and find_dateline(text, span, {}, None) is None:
            return BlockKind.BOILERPLATE
    if len(line) <= 130 and not line.endswith(_STOP) and len(lines) > 1:
        if index == 0:
            return BlockKind.TITLE
        if _heading(line):
            return BlockKind.HEADING
    return BlockKind.BODY


def _is_prose(line: str, prefixes: Sequence[str]) -> bool:
    """Tell a sentence that happens to start with a marker word from a marker."""
    lowered = line.lower()
    for prefix in prefixes:
        if lowered.startswith(prefix):
            rest = line[len(prefix) :]
            if prefix.endswith(":") or rest[:1] in {
                ":",
                "",
                " ",
                "s",
                "|",
                "-",
                "–",
                "—",
                "\u00a0",
            }:
                ordinary = rest.startswith(" ") and rest[1:2].islower() and line.endswith(".")
                return (
                    ordinary
                    and len(line) > 70
                    and prefix
                    in {
                        "published",
                        "updated",
                        "register now",
                        "source:",
                        "cookie",
                        "recommended",
                        "explained:",
                        "more from",
                        "copyright",
                        "subscribe",
                        "trending",
                        "advertisement",
                    }
                )
            return rest[:1].isalpha()
    return False


def _heading(line: str) -> bool:
    tokens = [token for token in re.split(r"[\s/]+", line) if any(c.isalpha() for c in token)]
    if not tokens or len(tokens) > 14:
        return False
    if line.isupper():
        return True
    strong = [t for t in tokens if t.lower() not in _FUNCTION]
    capital = sum(t[0].isupper() for t in strong)
    return len(tokens) <= 8 or (bool(strong) and capital / len(strong) >= 0.7)
