"""Rules for dates, months, years, quarters, seasons and festivals."""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import date, timedelta

from dragoman.resolving.time_calendar import (
    DAY,
    calendar_unit,
    choose,
    month_days,
    portion,
    shift_months,
    squeeze,
    year_days,
)
from dragoman.resolving.time_words import Context, Found, Rules
from dragoman.schema import Precision

__all__ = ["DECADES", "AbsoluteRules"]

#: Names of decades of the twentieth century.
DECADES = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960,
    "seventies": 1970, "eighties": 1980, "nineties": 1990,
}  # fmt: skip


class AbsoluteRules(Rules):
    """Readings of what the calendar itself names."""

    @staticmethod
    def _iso(match: re.Match[str], context: Context) -> Found | None:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        return Found(match.end(), day, day, Precision.DAY, "date.iso", explicit=True)

    @staticmethod
    def _numeric(match: re.Match[str], context: Context) -> Found | None:
        first, second, year = int(match["day"]), int(match["month"]), _full_year(match)
        if second > 12:
            first, second = second, first
        day = date(year, second, first)
        if match["sep"] == "/" and first <= 12 and context.anchor is not None:
            # Americans put the month first: of two readings the nearer to the report, on
            # the side that the verb points to.
            anchor, future = context.anchor, bool(context.future)
            other = date(year, first, second)
            day = min(
                (day, other),
                key=lambda reading: ((reading > anchor) != future, abs(reading - anchor)),
            )
        return Found(match.end(), day, day, Precision.DAY, "date.numeric", explicit=True)

    def _date(self, match: re.Match[str], context: Context) -> Found | None:
        if not match["month"][0].isupper():
            return None
        month = self._months[match["month"].lower()]
        first = int(match["day"])
        second = int(match.groupdict().get("day2") or first)
        if second < first:
            return None
        year = self._which_year(match, context)
        if year is not None:
            start, end = date(year, month, first), date(year, month, second)
            return Found(match.end(), start, end, Precision.DAY, "date.day", explicit=True)
        anchor = context.anchor
        if anchor is None:
            return None
        periods = []
        for year in range(anchor.year - 4, anchor.year + 5):
            if second <= calendar.monthrange(year, month)[1]:
                periods.append((date(year, month, first), date(year, month, second)))
        chosen = choose(periods, anchor, context.future)
        if chosen is None:
            return None
        return Found(match.end(), *chosen, Precision.DAY, "date.day")

    @staticmethod
    def _which_year(match: re.Match[str], context: Context) -> int | None:
        groups = match.groupdict()
        if groups.get("year"):
            return int(groups["year"])
        which = groups.get("which")
        if not which:
            return None
        words = which.split()
        base = context.anchor
        if words[-2] in ("same", "following", "previous"):
            base = context.reference[0] if context.reference else context.anchor
        if base is None:
            return None
        step = {"last": -1, "previous": -1, "next": 1, "following": 1}.get(words[-2].lower(), 0)
        return base.year + step

    def _month_year(self, match: re.Match[str], context: Context) -> Found | None:
        if not match["month"][0].isupper():
            return None
        first, last = month_days(int(match["year"]), self._months[match["month"].lower()])
        return Found(match.end(), first, last, Precision.MONTH, "month.year", explicit=True)

    def _bare_month(self, match: re.Match[str], context: Context) -> Found | None:
        if not match["month"][0].isupper() or not (context.preposition or match["which"]):
            return None
        if match["month"].isupper() and len(match["month"]) == 3:
            return None
        month = self._months[match["month"].lower()]
        year = self._which_year(match, context)
        if year is not None:
            return Found(match.end(), *month_days(year, month), Precision.MONTH, "month", True)
        anchor = context.anchor
        if anchor is None:
            return None
        years = range(anchor.year - 1, anchor.year + 2)
        chosen = choose([month_days(year, month) for year in years], anchor, context.future)
        return Found(match.end(), *chosen, Precision.MONTH, "month") if chosen else None

    def _relative_month(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None or not match["month"][0].isupper():
            return None
        month = self._months[match["month"].lower()]
        rel = match["rel"].lower()
        if rel == "this":
            year = anchor.year
        elif rel in ("last", "past", "previous"):
            year = anchor.year if month < anchor.month else anchor.year - 1
        else:
            year = anchor.year if month > anchor.month else anchor.year + 1
        return Found(match.end(), *month_days(year, month), Precision.MONTH, "month.relative", True)

    def _bare_year(self, match: re.Match[str], context: Context) -> Found | None:
        year = int(match["year"])
        text = match.string
        groups = match.groupdict()
        if not 1500 <= year <= 2100:
            return None
        if groups.get("year2"):
            tail = groups["year2"] or ""
            second = int(tail) if len(tail) == 4 else year // 100 * 100 + int(tail)
            if not year < second <= year + 150:
                return None
            return Found(
                match.end(),
                date(year, 1, 1),
                date(second, 12, 31),
                Precision.YEAR,
                "year.range",
                True,
            )
        following = text[match.end() : match.end() + 2]
        if following[:1] in ("%", "-") or re.match(
            r"[ ](?:%|per|GMT|hours)", text[match.end() :][:8]
        ):
            return None
        if not context.preposition:
            before = text[max(0, match.start() - 20) : match.start()]
            if re.search(r"\d{4}(?:,| and| or|, and)[ ]$", before) or re.search(
                r"\b(?:the|its|their|his|a|under|an|to|of|year)[ ]$", before, re.IGNORECASE
            ):
                pass
            elif not re.match(r"[ ][a-z]+", text[match.end() : match.end() + 12]):
                return None
        return Found(match.end(), *year_days(year), Precision.YEAR, "year", explicit=True)

    @staticmethod
    def _decade(match: re.Match[str], context: Context) -> Found | None:
        groups = match.groupdict()
        if groups.get("word"):
            if not context.preposition:
                return None
            first = DECADES[groups["word"].lower()]
        else:
            first = int(groups["decade"])
        if first < 100:
            first += 1900 if first > 20 else 2000
        start, end = date(first, 1, 1), date(first + 9, 12, 31)
        edge = match["edge"]
        if edge:
            low, high = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}[edge.lower()]
            start, end = date(first + low, 1, 1), date(first + high, 12, 31)
        return Found(match.end(), start, end, Precision.DECADE, "decade", explicit=True)

    @staticmethod
    def _century(match: re.Match[str], context: Context) -> Found | None:
        number = int(match["century"])
        start, end = date(number * 100 - 99, 1, 1), date(number * 100, 12, 31)
        return Found(match.end(), start, end, Precision.FUZZY, "century", explicit=True)

    def _quarter(self, match: re.Match[str], context: Context) -> Found | None:
        groups = match.groupdict()
        order = {"first": 1, "second": 2, "third": 3, "fourth": 4, "final": 4, "last": 4}
        nth = order.get(match["nth"].lower()) or int(match["nth"])
        half = (groups.get("span") or "").lower() == "half"
        if half and " of " not in squeeze(match.group()) + " ":
            return None
        if half:
            nth = 2 if nth == 4 else nth
            if nth > 2:
                return None
        explicit = groups.get("year") or (groups.get("short") and str(_full_year(match)))
        length = 6 if half else 3
        if explicit:
            year = int(explicit)
        elif context.anchor is None:
            return None
        else:
            year = context.anchor.year
            if groups.get("lastyear"):
                year -= 1
            elif groups.get("nextyear"):
                year += 1
            elif context.future is False and date(year, (nth - 1) * length + 1, 1) > context.anchor:
                year -= 1
        start = date(year, (nth - 1) * length + 1, 1)
        end = shift_months(start, length) - DAY
        precision = Precision.FUZZY if half else Precision.QUARTER
        return Found(match.end(), start, end, precision, "quarter", explicit=bool(explicit))

    def _season(self, match: re.Match[str], context: Context) -> Found | None:
        groups = match.groupdict()
        word = match["season"].lower()
        month, length = self._seasons[word]

        def of_year(year: int) -> tuple[date, date]:
            start = date(year, month, 1)
            return start, shift_months(start, length) - DAY

        if groups.get("year"):
            if word == "fall" and match["season"][0].isupper():
                return None
            return Found(
                match.end(), *of_year(int(groups["year"] or 0)), Precision.QUARTER, "season", True
            )
        anchor = context.anchor
        if anchor is None:
            return None
        periods = [of_year(year) for year in range(anchor.year - 2, anchor.year + 3)]
        rel = (groups.get("rel") or "").lower()
        side = squeeze(groups.get("side") or "")
        chosen: tuple[date, date] | None
        if side:
            past = [period for period in periods if period[1] < anchor]
            coming = [period for period in periods if period[0] > anchor]
            chosen = past[-2] if side == "before last" else coming[1]
        elif match.group().lower().startswith("that"):
            chosen = of_year((context.reference or (anchor, anchor))[0].year)
        elif rel in ("last", "past", "previous"):
            chosen = [period for period in periods if period[1] < anchor][-1]
        elif rel in ("next", "coming", "this coming", "following"):
            chosen = next(period for period in periods if period[0] > anchor)
        elif rel == "this":
            chosen = next(
                (period for period in periods if period[0] <= anchor <= period[1]), None
            ) or next(period for period in periods if period[0].year == anchor.year)
        elif (
            not context.preposition
            or match["season"][0].isupper()
            or (word == "fall" and not match.group().lower().startswith("the"))
        ):
            return None
        else:
            chosen = choose(periods, anchor, context.future)
        if chosen is None:
            return None
        return Found(match.end(), *chosen, Precision.QUARTER, "season")

    def _festival(self, match: re.Match[str], context: Context) -> Found | None:
        name = squeeze(match["festival"])
        wording = match["festival"]
        if not any(letter.isupper() for letter in wording):
            return None
        periods = self._festivals.periods(name)
        edge = squeeze(match["edge"] or "")
        which = self._which_year(match, context)
        year = match["year"] or (str(which) if which else None)
        chosen: tuple[date, date] | None
        if year:
            chosen = next((p for p in periods if p[0].year == int(year)), None)
        elif context.anchor is None:
            return None
        else:
            anchor = context.anchor
            rel = (match["rel"] or "").lower()
            if rel == "last":
                chosen = next((p for p in reversed(periods) if p[1] < anchor), None)
            elif rel == "next":
                chosen = next((p for p in periods if p[0] > anchor), None)
            elif rel == "this":
                chosen = next((p for p in periods if p[0].year == anchor.year), None)
            else:
                chosen = choose(periods, anchor, context.future)
        if chosen is None:
            return None
        first, last = chosen
        if "eve" in edge.split():
            first = last = first - DAY
        elif "start" in edge or "beginning" in edge or "first" in edge:
            last = first
        elif "end" in edge or "last" in edge or "final" in edge:
            first = last
        if match["tail"]:
            first, last = _around(first, last, match["tail"].lower())
        return Found(match.end(), first, last, Precision.DAY, f"festival.{name}", bool(year))

    @staticmethod
    def _half_year(match: re.Match[str], context: Context) -> Found | None:
        """'H1 2023', '2H'."""
        second = (match["half"] or match["half2"]) == "2"
        if match["year"] is None and context.anchor is None:
            return None
        year = (
            int(match["year"]) if match["year"] or context.anchor is None else context.anchor.year
        )
        first, last = portion(*year_days(year), "second half" if second else "first half")
        return Found(match.end(), first, last, Precision.FUZZY, "half_year", bool(match["year"]))

    @staticmethod
    def _fiscal(match: re.Match[str], context: Context) -> Found | None:
        """A fiscal year counts as the calendar year that names it: when it begins differs."""
        first, last = year_days(_full_year(match))
        return Found(match.end(), first, last, Precision.YEAR, "year.fiscal", True)

    def _nth_weekday(self, match: re.Match[str], context: Context) -> Found | None:
        """'the first Monday of September'."""
        inner = self._inner(match, context)
        if inner is None or inner.first is None or inner.last is None:
            return None
        number = self._weekdays[match["weekday"].lower()]
        nth = match["nth"].lower()
        if nth in ("last", "final"):
            day = inner.last - timedelta(days=(inner.last.weekday() - number) % 7)
        else:
            day = inner.first + timedelta(days=(number - inner.first.weekday()) % 7)
            day += timedelta(days=7 * ("first", "second", "third", "fourth", "fifth").index(nth))
        if not inner.first <= day <= inner.last:
            return None
        return replace(
            inner, first=day, last=day, precision=Precision.DAY,
            rule=f"{nth}_weekday({inner.rule})",
        )  # fmt: skip

    def _day_of_month(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        number = int(match["day"])
        if (
            anchor is None
            or not context.preposition
            or not re.search(r"\d(?:st|nd|rd|th)", match.group())
        ):
            return None
        before = match.string[max(0, match.start() - 6) : match.start()].lower()
        if not before.rstrip().endswith((" on", "the", "\non")) and before.strip() != "on":
            return None
        month = date(anchor.year, anchor.month, 1)
        periods = []
        for step in (-2, -1, 0, 1, 2):
            base = shift_months(month, step)
            if number <= calendar.monthrange(base.year, base.month)[1]:
                day = base.replace(day=number)
                periods.append((day, day))
        chosen = choose(periods, anchor, context.future)
        return Found(match.end(), *chosen, Precision.DAY, "date.day_of_month") if chosen else None


def _full_year(match: re.Match[str]) -> int:
    """The year of a match, two figures counted to the years 1950 to 2049."""
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    short = int(groups["short"])
    return short + (1900 if short >= 50 else 2000)


def _around(first: date, last: date, unit: str) -> tuple[date, date]:
    """The week or the long weekend that a festival falls in."""
    if unit == "week":
        return calendar_unit(first, "week")
    number = first.weekday()
    if number == 6:
        return first - timedelta(days=2), last + DAY
    if number in (0, 1):
        return first - timedelta(days=number + 2), last
    saturday = first + timedelta(days=(5 - number) % 7)
    return min(first, saturday) if number in (3, 4) else saturday, saturday + DAY
