"""Find the dateline: place, date and agency at the head of a report.

Wire services write it in many forms ('MOSCOW, March 30 (Reuters) -', 'Moscow, 30 March
2023 (TDI):', 'GENEVA —', 'BEIRUT, Lebanon (AP) —', 'New Delhi [India], March 3 (ANI):',
'WASHINGTON/BRUSSELS, Jan 5 (Reuters) -'). The grammar is: place, optional date,
optional agency in brackets, then a dash or colon. It must hold a place in capitals, a
date or an agency, so that an ordinary sentence is never eaten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from dragoman.schema import Dateline, Span

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"),
            ("may",), ("june", "jun"), ("july", "jul"), ("august", "aug"),
            ("september", "sep", "sept"), ("october", "oct"), ("november", "nov"),
            ("december", "dec"),
        ],
        1,
    )
    for name in names
}  # fmt: skip
_MONTH = r"(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DATE = re.compile(
    rf"(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s(?P<m1>{_MONTH})(?:,?\s(?P<y1>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH})\s(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s?|\s)?(?P<y2>\d{{4}})?"
    r"|(?P<y3>\d{4})-(?P<n3>\d{2})-(?P<d3>\d{2})"
    r"|(?P<d4>\d{1,2})[./](?P<n4>\d{1,2})[./](?P<y4>\d{4}))(?![\w])",
    re.IGNORECASE,
)
_END = re.compile(r"\s?(?:--|[-–—―]|:)(?=\s|[A-Z\"'“‘])\s*")
_PLACE = r"[A-ZÀ-ÞŞĀ][\w'’.\-]*(?:[ \-](?:[A-ZÀ-ÞŞĀ][\w'’.\-]*|de|la|el|al|el-|of|and|da|do|di|the)){0,4}"
_HEAD = re.compile(
    rf"(?P<place>{_PLACE})(?P<more>(?:/{_PLACE}){{0,3}})(?P<bracket>\s\[[A-Za-z .'-]{{2,30}}\])?"
    rf"(?P<region>,\s{_PLACE})?"
)
_AGENCY = re.compile(r"[,\s]{0,2}[(\[/](?P<agency>[A-Za-z][\w .&'/-]{0,40})[)\]/]")
_BARE = re.compile(r"\s{0,3}\((?P<agency>[A-Z][\w .&'/-]{0,40})\)\s?(?:--|[-–—―:])\s*")


def find_dateline(
    text: str, span: Span, agencies: Mapping[str, str], near: date | None
) -> Dateline | None:
    """Return the dateline at the start of ``span``, or ``None``.

    ``near`` is a known publication date: it supplies a year that the dateline omits.
    """
    start = span.start
    while start < span.end and text[start].isspace():
        start += 1
    line = text[start : min(span.end, start + 160)]
    bare = _BARE.match(line)
    if bare:
        agency = bare.group("agency")
        agency_span = Span(start + bare.start("agency"), start + bare.end("agency"))
        return Dateline(
            Span(start, start + bare.end()),
            agency=agencies.get(agency.lower(), agency),
            agency_span=agency_span,
        )
    head = _HEAD.match(line)
    if head is None:
        return None
    place = head.group("place")
    position = head.end()
    region = head.group("region")
    if region is not None and _DATE.match(line, head.start("region") + 2):
        position, region = head.start("region"), None
    found_date: re.Match[str] | None = None
    separated = re.compile(r",?\s{1,2}(?:(?:on\s)?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s)?")
    gap = separated.match(line, position)
    if gap:
        found_date = _DATE.match(line, gap.end())
        if found_date:
            position = found_date.end()
    agency_match = _AGENCY.match(line, position)
    if agency_match:
        position = agency_match.end()
        if found_date is None:
            gap = separated.match(line, position)
            late = _DATE.match(line, gap.end()) if gap else None
            if late:
                found_date, position = late, late.end()
    end = _END.match(line, position)
    own_line = not line[position:].strip() or line[position : position + 1] in {"\n", "\r"}
    if end is None and not (found_date is not None and own_line):
        return None
    dashed = end is not None and ":" not in end.group()
    capitals = place.isupper() and len(place) > 2
    if not (found_date or agency_match or (capitals and end is not None)):
        return None
    if found_date is None and agency_match is None and not dashed and not place.isupper():
        return None
    when = _date(found_date, near) if found_date is not None else None
    agency = agency_match.group("agency").strip() if agency_match else None
    stop = end.end() if end is not None else position
    return Dateline(
        span=Span(start, start + stop),
        place=_readable(place),
        place_span=Span(start + head.start("place"), start + head.end("place")),
        date=when,
        date_span=(
            Span(start + found_date.start(), start + found_date.end())
            if found_date is not None and when is not None
            else None
        ),
        agency=agencies.get(agency.lower(), agency) if agency else None,
        agency_span=(
            Span(start + agency_match.start("agency"), start + agency_match.end("agency"))
            if agency_match
            else None
        ),
    )


def _readable(place: str) -> str:
    return place.title() if place.isupper() and len(place) > 3 else place


def _date(match: re.Match[str], near: date | None) -> date | None:
    groups = match.groupdict()
    day = next(int(v) for k, v in groups.items() if k[0] == "d" and v)
    month_name = groups["m1"] or groups["m2"]
    month = (
        _MONTHS[month_name.lower().rstrip(".")]
        if month_name
        else int(groups["n3"] or groups["n4"] or 0)
    )
    year = next((int(v) for k, v in groups.items() if k[0] == "y" and v), None)
    try:
        if year is not None:
            return date(year, month, day)
        if near is None:
            return None
        candidates = [date(near.year + shift, month, day) for shift in (-1, 0, 1)]
    except ValueError:
        return None
    return min(candidates, key=lambda item: abs((item - near).days))


def find_date(line: str) -> date | None:
    """Return a full date (with a year) that a line starts with or holds, or ``None``."""
    for match in _DATE.finditer(line[:200]):
        found = _date(match, None)
        if found is not None:
            return found
    return None
