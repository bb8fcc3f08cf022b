"""Place, date and agency at the head of a report.

Wire services write 'CITY, Country, Month day (Agency) -' in many ways; the manuals of
style agree only in that the head ends with a dash or a colon. Everything before it must
be understood (place, date, agency), or it is body text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from dragoman.reading.words import LayoutWords, known_places
from dragoman.schema import Dateline, Span

_REACH = 140
_SEPARATOR = re.compile(r"[—–]|--+|(?<=[\s)\]])-(?=\s)|:(?=\s|$)")
_SLASH_AGENCY = re.compile(r"\s*/\s?([A-Z][A-Za-z-]{2,20})\s?/\s*[.,:]?\s*")
_BRACKET = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]")
_TIME = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\b\d{1,2}(?:\.\d{2})?\s?[ap]\.?m\b\.?", re.I
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].{0,20})?$")
_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})$")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+([A-Za-z]{3,9})\.?(?:\s+(\d{4}))?$")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?(?:\s+(\d{4}))?$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_WORD = re.compile(r"[^\W\d_][\w'’`.-]*$")
_UNKNOWN_AGENCY = re.compile(r"[A-Z][\w&.-]{1,20}(?: [A-Z][\w&.-]{1,20}){0,2}$")


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the head between commas or brackets, trimmed, with its place in the text."""

    text: str
    start: int
    bracket: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Found:
    """A piece of the head and what it was understood as."""

    kind: str
    part: _Part
    end: int
    day: date | None = None


def read_dateline(
    text: str, start: int, end: int, words: LayoutWords, near: date | None
) -> tuple[Dateline, int] | None:
    """Read the dateline of the paragraph ``text[start:end]``.

    ``near`` is the day by which a date without a year is completed: the year that brings
    it nearest; without it such a date stays unread. Returns the dateline and the offset
    at which the body text begins, or ``None``.
    """
    head = text[start : min(end, start + _REACH)]
    slash = _SLASH_AGENCY.search(head)
    if slash is not None and slash.group(1).lower() in words.agencies:
        found = _understand(text, start, start + slash.start(), words, near)
        if found is not None or slash.start() == 0:
            body = start + slash.end()
            body = _skip_separator(text, body, end)
            agency = Span(start + slash.start(1), start + slash.end(1))
            closed = start + len(text[start:body].rstrip())
            return _dateline(text, start, closed, found or [], agency), body
    candidates = [(start + m.start(), start + m.end()) for m in _SEPARATOR.finditer(head)]
    if end - start <= _REACH:
        candidates.append((end, end))
    for stop, after in reversed(candidates):
        found = _understand(text, start, stop, words, near)
        if found is None:
            continue
        separator = text[stop:after]
        body = _skip_separator(text, after, end)
        if not _plausible(found, separator, text[body : min(end, body + 3)], words):
            continue
        return _dateline(text, start, after if separator else stop, found, None), body
    return None


def read_published_line(line: str, words: LayoutWords, near: date | None) -> date | None:
    """Return the day of a line that is nothing but a date, with or without 'Published:'.

    Times of day and weekdays may stand beside it. ``None`` if anything else does.
    """
    if len(line) > 120:
        return None
    rest = line.strip().strip("|•·-–—").strip()
    for label in words.published_labels:
        if rest.lower().startswith(label) and not rest[len(label) : len(label) + 1].isalpha():
            rest = rest[len(label) :].lstrip(" :|-–—")
            break
    iso = _ISO.match(rest)
    if iso is not None:
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    rest = _TIME.sub(" ", rest)
    pieces = [piece for piece in re.split(r"[,|•·–—()\s]+", rest) if piece]
    kept = [
        p
        for p in pieces
        if p.lower().rstrip(".") not in words.weekdays
        and not (len(p) <= 4 and p.isupper() and p.lower() not in words.months)
        and p.lower() not in {"at", "am", "pm", "on"}
    ]
    if not 1 <= len(kept) <= 4:
        return None
    return _read_day(" ".join(kept), words, near)[1]


def _dateline(
    text: str, start: int, end: int, found: list[_Found], agency: Span | None
) -> Dateline:
    place = next((f for f in found if f.kind == "place"), None)
    day = next((f for f in found if f.kind == "date" and f.day is not None), None)
    day = day or next((f for f in found if f.kind == "date"), None)
    named = next((f for f in found if f.kind in {"agency", "unknown"}), None)
    if agency is None and named is not None:
        agency = Span(named.part.start, named.end)
    place_span = Span(place.part.start, place.end) if place is not None else None
    return Dateline(
        span=Span(start, end),
        place=_place_name(place_span.of(text)) if place_span is not None else None,
        place_span=place_span,
        date=day.day if day is not None else None,
        date_span=Span(day.part.start, day.end) if day is not None else None,
        agency=agency.of(text) if agency is not None else None,
        agency_span=agency,
    )


def _place_name(words: str) -> str:
    """Return the first place of 'WASHINGTON/BRUSSELS' in the usual letters."""
    first = re.split(r"\s*/\s*|\s+and\s+", words)[0]
    if not first.isupper():
        return first
    return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", lambda m: m.group().capitalize(), first)


def _skip_separator(text: str, at: int, end: int) -> int:
    while at < end and (text[at].isspace() or text[at] in "—–-:"):
        at += 1
    return at


def _understand(
    text: str, start: int, stop: int, words: LayoutWords, near: date | None
) -> list[_Found] | None:
    """Read every piece of the head, or return ``None``."""
    parts = _parts(text, start, stop)
    if not parts:
        return None
    found: list[_Found] = []
    index = 0
    while index < len(parts):
        part = parts[index]
        low = part.text.lower().rstrip(".")
        following = parts[index + 1] if index + 1 < len(parts) else None
        if low in words.weekdays:
            found.append(_Found("date", part, part.end))
        elif (joined := _day_and_year(text, part, following, words, near)) is not None:
            found.append(_Found("date", part, joined[0], joined[1]))
            index += joined[2]
        elif _is_agency(part, words) and (part.bracket or found):
            found.append(_Found("agency", part, part.end))
        elif part.bracket and any(f.kind == "place" for f in found):
            if _UNKNOWN_AGENCY.match(part.text) is None:
                return None
            country = index + 1 < len(parts) and text[part.start - 1] == "["
            found.append(_Found("country" if country else "unknown", part, part.end))
        elif not part.bracket and _is_place(part.text, words):
            places = sum(f.kind in {"place", "country"} for f in found)
            if places > 2 or any(f.kind in {"date", "agency"} for f in found):
                return None
            found.append(_Found("place" if places == 0 else "country", part, part.end))
        else:
            return None
        index += 1
    return found


def _parts(text: str, start: int, stop: int) -> list[_Part]:
    parts: list[_Part] = []
    at = start
    for bracket in _BRACKET.finditer(text, start, stop):
        _split(text, at, bracket.start(), parts)
        inner = bracket.group(1)
        lead = len(inner) - len(inner.lstrip())
        parts.append(_Part(inner.strip(), bracket.start(1) + lead, True))
        at = bracket.end()
    _split(text, at, stop, parts)
    return parts


def _split(text: str, start: int, stop: int, parts: list[_Part]) -> None:
    at = start
    for piece in re.split(r"(,|\||\s[—–-]\s|\s--\s)", text[start:stop]):
        stripped = piece.strip()
        if stripped[-2:-1].isdigit():
            stripped = stripped.rstrip(".")
        if stripped.strip(",|—–-."):
            parts.append(_Part(stripped, at + piece.index(stripped), False))
        at += len(piece)


def _is_agency(part: _Part, words: LayoutWords) -> bool:
    text = part.text.lower()
    if text in words.agencies:
        return part.bracket or part.text.isupper() or " " not in part.text
    pieces = text.split("/")
    return part.bracket and any(piece.strip() in words.agencies for piece in pieces)


def _is_place(text: str, words: LayoutWords) -> bool:
    if len(text) > 50:
        return False
    if text.lower() in words.places:
        return True
    tokens = text.replace("/", " ").split()
    if not 1 <= len(tokens) <= 6 or tokens[0].lower() in words.not_first:
        return False
    for token in tokens:
        if _WORD.match(token) is None:
            return False
        if not token[0].isupper() and token not in words.inside and not token.startswith("al-"):
            return False
        if token.endswith(".") and len(token) > 6 and token.lower() not in words.place_shorts:
            return False
    return tokens[-1].lower() not in words.inside


def _plausible(found: list[_Found], separator: str, body: str, words: LayoutWords) -> bool:
    kinds = {f.kind for f in found}
    place = next((f.part.text for f in found if f.kind == "place"), None)
    if body and not (body[0].isupper() or body[0].isdigit() or body[0] in "\"'“‘(["):
        return False
    if place is None:
        return "agency" in kinds
    if place.lower() in words.not_places:
        return False
    capital = place.replace(" and ", " AND ").isupper()
    if not body and not separator:
        # A line of its own: a headline can look like a place.
        return "agency" in kinds or ("date" in kinds and (capital or _known(place, words)))
    if "agency" in kinds or "date" in kinds:
        return True
    if not (capital and len(place) > 3):
        return False
    if "unknown" in kinds and separator != ":":
        return True
    return _known(place, words)


def _known(place: str, words: LayoutWords) -> bool:
    names = [n.strip().lower() for n in re.split(r"/|\sand\s|\sAND\s", place)]
    if all(n in words.places for n in names):
        return True
    return all(n in words.places or n in known_places() for n in names)


def _day_and_year(
    text: str, part: _Part, following: _Part | None, words: LayoutWords, near: date | None
) -> tuple[int, date | None, int] | None:
    """Read a date, joined with a year after a comma: end offset, day, pieces used up."""
    if following is not None and not following.bracket and _YEAR.match(following.text):
        is_date, day = _read_day(f"{part.text} {following.text}", words, near)
        if is_date:
            return following.end, day, 1
    is_date, day = _read_day(part.text, words, near)
    return (part.end, day, 0) if is_date else None


def _read_day(text: str, words: LayoutWords, near: date | None) -> tuple[bool, date | None]:
    """Tell whether the words are a date, and which day, if that can be told."""
    for weekday in words.weekdays:
        if text.lower().startswith(weekday + " "):
            text = text[len(weekday) :].strip()
            break
    if (match := _ISO.match(text)) is not None:
        day = _date(int(match[1]), int(match[2]), int(match[3]))
        return day is not None, day
    if (match := _NUMERIC.match(text)) is not None:
        return _numeric(int(match[1]), int(match[3]), int(match[4]), match[2], near)
    if (match := _DAY_MONTH.match(text)) is not None:
        number, name, year = match[1], match[2], match[3]
    elif (match := _MONTH_DAY.match(text)) is not None:
        name, number, year = match[1], match[2], match[3]
    else:
        return False, None
    month = words.months.get(name.lower())
    if month is None or _date(2000, month, int(number)) is None:
        return False, None
    if year is not None:
        day = _date(int(year), month, int(number))
        return day is not None, day
    return True, _nearest(
        [_date(near.year + shift, month, int(number)) for shift in (-1, 0, 1)] if near else [], near
    )


def _numeric(
    first: int, second: int, year: int, mark: str, near: date | None
) -> tuple[bool, date | None]:
    """Read 12.03.2022 day first; with slashes either way round, the nearer to ``near``."""
    day_first, month_first = _date(year, second, first), _date(year, first, second)
    if mark == "." or month_first is None or day_first == month_first:
        return day_first is not None, day_first
    if day_first is None:
        return True, month_first
    return True, _nearest([day_first, month_first], near)


def _nearest(days: list[date | None], near: date | None) -> date | None:
    if near is None:
        return None
    given = [day for day in days if day is not None]
    return min(given, key=lambda day: abs((day - near).days), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
