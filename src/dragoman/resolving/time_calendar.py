"""Days, units and festivals of the calendar, from which the rules for times are made."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dragoman.schema import Precision

__all__ = [
    "DAY", "UNIT_MONTHS", "UNIT_PRECISION", "Festivals", "alternatives", "calendar_unit",
    "choose", "month_days", "portion", "shift", "shift_months", "squeeze", "year_days",
]  # fmt: skip

_FIRST_YEAR, _LAST_YEAR = 1990, 2035
DAY = timedelta(days=1)


def month_days(year: int, month: int) -> tuple[date, date]:
    """First and last day of a month."""
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def year_days(year: int) -> tuple[date, date]:
    """First and last day of a year."""
    return date(year, 1, 1), date(year, 12, 31)


def shift_months(day: date, count: int) -> date:
    """The day ``count`` months on, or the last of a month that is too short for it."""
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def shift(day: date, unit: str, count: int) -> date:
    """Move a day by ``count`` units; raises ``ValueError`` outside the years 1 to 9999."""
    try:
        if unit in ("second", "minute"):
            return day
        if unit == "hour":
            return day + timedelta(days=int(count / 24))
        if unit in UNIT_DAYS:
            return day + timedelta(days=count * UNIT_DAYS[unit])
        return shift_months(day, count * UNIT_MONTHS[unit])
    except OverflowError as error:
        raise ValueError(f"{count} {unit}s from {day} is outside the calendar") from error


UNIT_DAYS: Mapping[str, int] = {"day": 1, "night": 1, "week": 7, "fortnight": 14, "weekend": 7}
UNIT_MONTHS: Mapping[str, int] = {
    "month": 1,
    "quarter": 3,
    "year": 12,
    "decade": 120,
    "century": 1200,
}
UNIT_PRECISION: Mapping[str, Precision] = {
    "second": Precision.DAY,
    "minute": Precision.DAY,
    "hour": Precision.DAY,
    "day": Precision.DAY,
    "night": Precision.DAY,
    "week": Precision.WEEK,
    "weekend": Precision.DAY,
    "fortnight": Precision.WEEK,
    "month": Precision.MONTH,
    "quarter": Precision.QUARTER,
    "year": Precision.YEAR,
    "decade": Precision.DECADE,
    "century": Precision.FUZZY,
}


def calendar_unit(day: date, unit: str) -> tuple[date, date]:
    """The calendar unit that holds ``day``."""
    if unit in ("week", "fortnight"):
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if unit == "weekend":
        monday = day - timedelta(days=day.weekday())
        return monday + timedelta(days=5), monday + timedelta(days=6)
    if unit == "month":
        return month_days(day.year, day.month)
    if unit == "quarter":
        first = (day.month - 1) // 3 * 3 + 1
        return date(day.year, first, 1), month_days(day.year, first + 2)[1]
    if unit == "year":
        return year_days(day.year)
    if unit == "decade":
        first = day.year // 10 * 10
        return date(first, 1, 1), date(first + 9, 12, 31)
    if unit == "century":
        first = (day.year - 1) // 100 * 100 + 1
        return date(first, 1, 1), date(first + 99, 12, 31)
    return day, day


def easter(year: int) -> date:
    """Western Easter (anonymous Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def orthodox_easter(year: int) -> date:
    """Orthodox Easter (Meeus' Julian rule), as a Gregorian day, valid 1900 to 2099."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)


def portion(first: date, last: date, part: str) -> tuple[date, date]:
    """The early, middle or late third, or a half, of a period."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if part in ("first half", "second half"):
        if months >= 2:
            middle = shift_months(first, months // 2)
        else:
            middle = first + timedelta(days=((last - first).days + 1) // 2)
        return (first, middle - DAY) if part == "first half" else (middle, last)
    if months == 120:
        # A decade is cut at whole years: four, three and three.
        cuts = (first, shift_months(first, 48), shift_months(first, 84))
    elif months >= 3:
        third = months // 3
        cuts = (first, shift_months(first, third), shift_months(first, 2 * third))
    else:
        third = ((last - first).days + 1) // 3
        cuts = (first, first + timedelta(days=third), first + timedelta(days=2 * third))
    if part == "early":
        return cuts[0], cuts[1] - DAY
    if part == "mid":
        return cuts[1], cuts[2] - DAY
    return cuts[2], last


def choose(
    candidates: Sequence[tuple[date, date]], anchor: date, future: bool | None
) -> tuple[date, date] | None:
    """Of yearly recurring periods take the one on the wanted side of the anchor.

    Without a tense the nearest past one counts, unless it is over nine months gone
    and the next one is near.
    """
    past = [period for period in candidates if period[0] <= anchor]
    coming = [period for period in candidates if period[1] >= anchor]
    if future:
        # 'had offered to meet in late May', told in June, is the May just gone.
        if (
            past
            and coming
            and 0 < (anchor - past[-1][1]).days < 45
            and (coming[0][0] - anchor).days > 270
        ):
            return past[-1]
        return coming[0] if coming else None
    if future is None and past and coming:
        gone, ahead = (anchor - past[-1][1]).days, (coming[0][0] - anchor).days
        if gone > 270 and ahead < 75:
            return coming[0]
    return past[-1] if past else None


class Festivals:
    """The festivals of the codebook, worked out for each year at first use."""

    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self._by_name: dict[str, Mapping[str, Any]] = {
            name: entry for entry in entries for name in entry["names"]
        }
        self._periods: dict[str, tuple[tuple[date, date], ...]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All names of festivals, lower case."""
        return tuple(self._by_name)

    def periods(self, name: str) -> tuple[tuple[date, date], ...]:
        """All days of the festival in order, first and last day each."""
        key = self._by_name[name]["names"][0]
        known = self._periods.get(key)
        if known is None:
            known = tuple(sorted(self._compute(self._by_name[name])))
            self._periods[key] = known
        return known

    def _compute(self, entry: Mapping[str, Any]) -> list[tuple[date, date]]:
        rule: str = entry["rule"]
        years = range(_FIRST_YEAR, _LAST_YEAR + 1)
        starts: list[date] = []
        if rule == "fixed":
            for year in years:
                text = entry["leap"] if calendar.isleap(year) and "leap" in entry else entry["day"]
                starts.append(date.fromisoformat(f"{year}-{text}"))
        elif rule == "easter":
            starts = [easter(year) + timedelta(days=entry["offset"]) for year in years]
        elif rule == "orthodox_easter":
            starts = [orthodox_easter(year) + timedelta(days=entry["offset"]) for year in years]
        elif rule == "weekday":
            for year in years:
                days = [
                    date(year, entry["month"], day)
                    for day in range(1, calendar.monthrange(year, entry["month"])[1] + 1)
                    if date(year, entry["month"], day).weekday() == entry["weekday"]
                ]
                nth = entry["nth"]
                starts.append(days[nth if nth < 0 else nth - 1])
        elif rule == "table":
            starts = [date.fromisoformat(text) for text in entry["dates"]]
        elif rule == "after":
            offset = timedelta(days=entry["offset"])
            starts = [first + offset for first, _ in self.periods(entry["of"])]
        elif rule == "before_weekday":
            for first, _ in self.periods(entry["of"]):
                back = (first.weekday() - entry["weekday"]) % 7 or 7
                starts.append(first - timedelta(days=back))
        else:
            raise ValueError(f"times.toml: festival {entry['names'][0]!r}: unknown rule {rule!r}")
        if "until" in entry:
            ends = [first - DAY for first, _ in self.periods(entry["until"])]
            result = []
            for start in starts:
                end = next((day for day in ends if day > start), start + timedelta(days=28))
                result.append((start, min(end, start + timedelta(days=29))))
            return result
        length = timedelta(days=int(entry.get("days", 1)) - 1)
        return [(start, start + length) for start in starts]


def alternatives(words: Sequence[str]) -> str:
    """A regular expression for any of some phrases, longest first, with any white space."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"[ \u00a0\n]{1,3}") for word in ordered)


def squeeze(text: str) -> str:
    """Lower case, with single blanks."""
    return " ".join(text.lower().split())
