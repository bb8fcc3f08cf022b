"""Take a report apart into blocks; only body text is coded.

A teaser, a caption or a heading coded as body makes an event that the report does not
tell; a body sentence taken for one of them loses an event. The rules here prefer body
text: a paragraph that ends like a sentence stays body unless its words say otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from dragoman.reading.dateline import read_dateline, read_published_line
from dragoman.reading.words import LayoutWords
from dragoman.schema import Block, BlockKind, Dateline, Document, Span

_LINE = re.compile(r"[^\n\r\v\f\x85\u2028\u2029]+")
_BULLET = re.compile(r"(?:[•●▪■◦‣►▶»·*+]|[-–—](?=\s)|\d{1,2}[.)](?=\s)|>)\s*")
_CREDITS_AT_END = re.compile(
    r"[(\[]?(?:Additional reporting|Reporting|Writing|Editing|Compiled) by [^\n]{1,400}$"
)
_SPACES = re.compile(r"\s+")
_STOPS = ".!?…"
_CLOSERS = "\"'”’»)]"
_OPENERS = "\"'“‘«"
#: Longer paragraphs than this many characters are body text without further questions.
_LONG = 1500
_WRAP_MOST = 110


@dataclass(frozen=True, slots=True)
class Layout:
    """The blocks of a report in order, its dateline, and a line that only says the date."""

    blocks: tuple[Block, ...]
    dateline: Dateline | None = None
    published_line: Span | None = None


def lay_out(document: Document, words: LayoutWords) -> Layout:
    """Split the text into blocks. They are in order, do not overlap, and hold every word."""
    text = document.text
    near = document.published_by_metadata or document.published_by_option
    paragraphs = split_paragraphs(text)
    blocks: list[Block] = []
    dateline: Dateline | None = None
    published_line: Span | None = None
    title_seen = body_seen = in_list = False
    for index, span in enumerate(paragraphs):
        paragraph = span.of(text)
        last = index == len(paragraphs) - 1
        if not body_seen:
            if (
                published_line is None
                and len(paragraphs) > 1
                and read_published_line(paragraph, words, near) is not None
            ):
                published_line = span
                near = near or read_published_line(paragraph, words, None)
                blocks.append(Block(BlockKind.BOILERPLATE, span))
                continue
            if dateline is None:
                read = read_dateline(text, span.start, span.end, words, near)
                if read is not None and (read[1] < span.end or not last):
                    dateline, body = read
                    blocks.append(Block(BlockKind.DATELINE, dateline.span))
                    if body < span.end:
                        body_seen = True
                        blocks.extend(_body(text, Span(body, span.end)))
                    continue
        kind = _named_kind(paragraph, words)
        if kind is BlockKind.TEASER:
            in_list = _opens_list(paragraph, words)
        elif kind is None:
            if in_list and _is_list_item(paragraph):
                kind = BlockKind.TEASER
            else:
                in_list = False
                kind = _shape_kind(
                    paragraph,
                    words,
                    document.title,
                    title_seen=title_seen,
                    body_seen=body_seen,
                    alone=len(paragraphs) == 1,
                    last=last,
                )
        title_seen = title_seen or kind is BlockKind.TITLE
        if kind is BlockKind.BODY:
            body_seen = True
            blocks.extend(_body(text, span))
        else:
            blocks.append(Block(kind, span))
    if blocks and not any(block.kind is BlockKind.BODY for block in blocks):
        blocks = _rescue(blocks)
    return Layout(tuple(blocks), dateline, published_line)


def split_paragraphs(text: str) -> list[Span]:
    """Split text into paragraphs, trimmed of space.

    A line is a paragraph of its own, unless the text is hard-wrapped (many lines break in
    mid sentence at about one width) or the next line goes on in lower case.
    """
    lines: list[tuple[int, int, int]] = []  # start, end, indent
    for match in _LINE.finditer(text):
        raw = match.group()
        stripped = raw.strip()
        if stripped:
            indent = len(raw) - len(raw.lstrip())
            lines.append((match.start() + indent, match.start() + indent + len(stripped), indent))
    wrapped = _is_wrapped(text, lines)
    width = max((end - start + indent for start, end, indent in lines), default=0)
    spans: list[Span] = []
    for index, (start, end, indent) in enumerate(lines):
        if index and _goes_on(text, lines[index - 1], (start, end, indent), wrapped, width):
            spans[-1] = Span(spans[-1].start, end)
        else:
            spans.append(Span(start, end))
    return spans


def _adjacent(text: str, left_end: int, right_start: int) -> bool:
    """Tell whether no blank line lies between two lines."""
    gap = text[left_end:right_start] if right_start - left_end < 200 else "\n\n"
    return gap.replace("\r\n", "\n").count("\n") + gap.replace("\r\n", "\n").count("\r") == 1


def _is_wrapped(text: str, lines: list[tuple[int, int, int]]) -> bool:
    if len(lines) < 3 or any(end - start > _WRAP_MOST for start, end, _ in lines):
        return False
    pairs = continued = 0
    for left, right in pairwise(lines):
        if _adjacent(text, left[1], right[0]):
            pairs += 1
            continued += text[left[1] - 1] not in _STOPS and text[right[0]].islower()
    return continued >= 2 and continued >= 0.3 * pairs


def _goes_on(
    text: str,
    left: tuple[int, int, int],
    right: tuple[int, int, int],
    wrapped: bool,
    width: int,
) -> bool:
    if not _adjacent(text, left[1], right[0]):
        return False
    if _BULLET.match(text, right[0]) or right[2] > left[2] + 1:
        return False
    final = text[left[1] - 1]
    if text[right[0]].islower() and final not in _STOPS and final != ":":
        return True
    if not wrapped:
        return False
    space = text.find(" ", right[0], right[1])
    first_word = (space if space > 0 else right[1]) - right[0]
    return left[1] - left[0] + left[2] + 1 + first_word > 0.93 * width


def _body(text: str, span: Span) -> list[Block]:
    """Split agency credits ('Reporting by …; Editing by …') off the end of a paragraph."""
    tail_from = max(span.start, span.end - 420)
    match = _CREDITS_AT_END.search(text[tail_from : span.end])
    if match is not None and match.start() + tail_from > span.start:
        cut = tail_from + match.start()
        before = text[span.start : cut].rstrip()
        if before and before[-1] in _STOPS + _CLOSERS and len(match.group().split()) <= 60:
            return [
                Block(BlockKind.BODY, Span(span.start, span.start + len(before))),
                Block(BlockKind.BOILERPLATE, Span(cut, span.end)),
            ]
    return [Block(BlockKind.BODY, span)]


def _named_kind(paragraph: str, words: LayoutWords) -> BlockKind | None:
    """Return the kind that a paragraph's own words give it."""
    if len(paragraph) > _LONG:
        return None
    bullet = _BULLET.match(paragraph)
    plain = paragraph[bullet.end() :] if bullet is not None else paragraph
    low = _SPACES.sub(" ", plain).strip().replace("’", "'").lower()
    if not any(character.isalnum() for character in low):
        return BlockKind.BOILERPLATE
    count = low.count(" ") + 1
    if count <= 80 and _is_caption(low, words):
        return BlockKind.CAPTION
    if count > 60:
        return None
    naked = low.strip("[](){}<>|:»›→*_-–— ")
    if naked in words.teaser_lists or naked in words.teaser_labels:
        return BlockKind.TEASER
    if naked in words.boilerplate_labels or naked in words.boilerplate_starts:
        return BlockKind.BOILERPLATE
    if _begins(low, words.boilerplate_starts):
        return BlockKind.BOILERPLATE
    if count <= 40 and any(phrase in low for phrase in words.boilerplate_contains):
        return BlockKind.BOILERPLATE
    opened = low.lstrip("[(<|»›→*_ ")
    if _begins(opened, words.teaser_starts):
        return BlockKind.TEASER
    label = _label(opened)
    if label is not None and (low[-1] != "." or count <= 9):
        if label in words.teaser_labels:
            return BlockKind.TEASER
        if label in words.boilerplate_labels and count <= 25:
            return BlockKind.BOILERPLATE
    if _is_byline(plain, words):
        return BlockKind.BOILERPLATE
    return None


def _begins(low: str, phrases: tuple[str, ...]) -> bool:
    for phrase in phrases:
        if low.startswith(phrase):
            after = low[len(phrase) : len(phrase) + 1]
            if not (after.isalnum() and phrase[-1].isalnum()) or phrase.endswith("20"):
                return True
    return False


def _label(low: str) -> str | None:
    """Return the words before the first colon, bar or spaced dash, if they are few."""
    match = re.match(r"([^:|–—>»]{1,30}?)\s?(?::|\||–|—|>|»|\s-\s)", low)
    return match.group(1).strip() if match is not None else None


def _is_caption(low: str, words: LayoutWords) -> bool:
    if _begins(low, words.caption_starts):
        return True
    end = low.rstrip(".)] ")
    if any(end.endswith(phrase) for phrase in words.caption_ends):
        return True
    if any(mark in low[-70:] for mark in words.caption_marks) and low[-1] in ")].":
        return True
    head, colon, tail = low.rpartition(":")
    if not colon or not 1 <= len(tail.split()) <= 6:
        return False
    credit = re.findall(r"[a-z]+", head[-15:])
    return bool(credit) and credit[-1] in words.caption_credits


def _is_byline(paragraph: str, words: LayoutWords) -> bool:
    match = re.match(r"(?:[Bb]y|BY)\s+(?=[A-Z\u00c0-\u00de])", paragraph)
    if match is None or paragraph.rstrip()[-1] in _STOPS:
        return False
    tokens = re.findall(r"[^\s,|/&;·•–—-]+", paragraph[match.end() :])
    return 1 <= len(tokens) <= 16 and all(
        token[0].isupper()
        or token[0] in "@("
        or token.lower() in words.byline_words
        or "@" in token
        for token in tokens
    )


def _opens_list(paragraph: str, words: LayoutWords) -> bool:
    low = _SPACES.sub(" ", paragraph).replace("’", "'").lower().strip("[](){}|:»›→*_-–— ")
    return low in words.teaser_lists or low in words.teaser_labels or low in words.teaser_starts


def _is_list_item(paragraph: str) -> bool:
    return len(paragraph) < 200 and len(paragraph.split()) <= 22 and not _ends(paragraph)


def _ends(paragraph: str) -> bool:
    """Tell whether a paragraph ends as a sentence does."""
    end = paragraph.rstrip().rstrip(_CLOSERS)
    return bool(end) and end[-1] in _STOPS + ";"


def _shape_kind(
    paragraph: str,
    words: LayoutWords,
    title: str | None,
    *,
    title_seen: bool,
    body_seen: bool,
    alone: bool,
    last: bool,
) -> BlockKind:
    """Return the kind that a paragraph's length, letters and end give it."""
    if alone or len(paragraph) > 300:
        return BlockKind.BODY
    if title is not None and not body_seen and _same(paragraph, title):
        return BlockKind.TITLE
    tokens = paragraph.split()
    bullet = _BULLET.match(paragraph) is not None
    ends = _ends(paragraph)
    question = paragraph.rstrip()[-1] == "?" and paragraph[0] not in _OPENERS
    if not body_seen and not bullet and len(tokens) <= 30:
        if not title_seen and (not ends or question) and paragraph[-1] not in ",:":
            return BlockKind.BODY if last and not _is_title_case(tokens, words) else BlockKind.TITLE
        if title_seen and not ends and paragraph[-1] not in ",:" and not last:
            return BlockKind.HEADING
    if ends:
        return BlockKind.HEADING if question and len(tokens) <= 8 and not last else BlockKind.BODY
    if bullet:
        rest = len(tokens) - 1
        return BlockKind.HEADING if rest <= 3 else BlockKind.BODY
    if paragraph[-1] in ",-–—" or paragraph[0] in _OPENERS or paragraph[0].islower():
        return BlockKind.BODY
    if paragraph[-1] == ":":
        return BlockKind.HEADING if len(tokens) <= 4 else BlockKind.BODY
    if len(tokens) <= 3:
        return BlockKind.HEADING
    if len(tokens) <= 16 and (paragraph.isupper() or _is_title_case(tokens, words)):
        return BlockKind.HEADING
    if len(tokens) <= 9 and not last:
        return BlockKind.HEADING
    return BlockKind.BODY


def _is_title_case(tokens: list[str], words: LayoutWords) -> bool:
    """Tell whether all words but the small ones begin with a capital or a digit."""
    return all(
        not token.lstrip("\"'“‘(")[:1].islower() or token.lower() in words.title_small
        for token in tokens
    )


def _same(left: str, right: str) -> bool:
    return _SPACES.sub(" ", left).strip().casefold() == _SPACES.sub(" ", right).strip().casefold()


def _rescue(blocks: list[Block]) -> list[Block]:
    """Take headings for body where nothing else is left: a text of loose lines."""
    kinds = {BlockKind.HEADING}
    if not any(block.kind is BlockKind.HEADING for block in blocks):
        kinds = {BlockKind.TITLE}
    return [Block(BlockKind.BODY, b.span) if b.kind in kinds else b for b in blocks]
