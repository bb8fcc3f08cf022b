"""Rules for parts and surroundings of a named period: 'late May', 'the eve of'."""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import date, timedelta

from dragoman.resolving.time_calendar import (
    DAY,
    UNIT_PRECISION,
    calendar_unit,
    choose,
    portion,
    shift,
    squeeze,
)
from dragoman.resolving.time_words import Context, Found, Rules
from dragoman.schema import Precision

__all__ = ["PartRules"]


class PartRules(Rules):
    """Readings of words that lead to another expression and change it."""

    def _part_of(self, match: re.Match[str], context: Context) -> Found | None:
        inner = self._core(match.string, match.end(), replace(context, preposition=True))
        if inner is None or inner.first is None or inner.last is None:
            return None
        if inner.precision in (Precision.OPEN, Precision.FUZZY):
            return None
        word = squeeze(match["part"])
        if inner.first == inner.last or inner.precision is Precision.DAY:
            return inner if word in ("early", "late", "early in", "late in") else None
        if "first half" in word:
            part = "first half"
        elif "half" in word:
            part = "second half"
        elif word.startswith("mid") or "middle" in word:
            part = "mid"
        elif (
            "end" in word or "late" in word or "close" in word or "final" in word or "last" in word
        ):
            part = "late"
        else:
            part = "early"
        first, last = portion(inner.first, inner.last, part)
        return replace(
            inner, first=first, last=last, precision=Precision.FUZZY,
            rule=f"{part.replace(' ', '_')}({inner.rule})",
        )  # fmt: skip

    def _nth_of(self, match: re.Match[str], context: Context) -> Found | None:
        """'the first three months of 2024', 'the second week of May'."""
        inner = self._inner(match, context)
        if inner is None or inner.first is None or inner.last is None:
            return None
        nth, unit = match["nth"].lower(), match["unit"].lower()
        count = self._count(match["number"])[1] if match["number"] else 1
        backward = nth in ("last", "final", "closing")
        skip = {"second": 1, "third": 2, "fourth": 3}.get(nth, 0)
        if backward:
            first = shift(inner.last + DAY, unit, -count)
            last = inner.last
        else:
            first = shift(inner.first, unit, skip * count)
            last = shift(first, unit, count) - DAY
        if first < inner.first or first > inner.last:
            return None
        return replace(
            inner, first=first, last=min(last, inner.last), precision=UNIT_PRECISION[unit],
            rule=f"{nth}_{unit}({inner.rule})",
        )  # fmt: skip

    def _hours_of(self, match: re.Match[str], context: Context) -> Found | None:
        """'the early hours of Saturday', 'the night of May 3'."""
        inner = self._inner(match, context)
        return inner if inner is not None and inner.precision is Precision.DAY else None

    def _week_of(self, match: re.Match[str], context: Context) -> Found | None:
        inner = self._inner(match, context)
        if inner is None or inner.first is None or inner.precision is not Precision.DAY:
            return None
        first, last = calendar_unit(inner.first, "week")
        return replace(
            inner, first=first, last=last, precision=Precision.WEEK, rule=f"week_of({inner.rule})"
        )

    def _anniversary(self, match: re.Match[str], context: Context) -> Found | None:
        inner = self._inner(match, context)
        anchor = context.anchor
        if inner is None or inner.first is None or anchor is None:
            return None
        if inner.precision is not Precision.DAY:
            return None
        periods = []
        for year in range(anchor.year - 1, anchor.year + 2):
            last_day = calendar.monthrange(year, inner.first.month)[1]
            day = date(year, inner.first.month, min(inner.first.day, last_day))
            periods.append((day, day))
        chosen = choose(periods, anchor, context.future)
        if chosen is None:
            return None
        return Found(inner.end, *chosen, Precision.DAY, f"anniversary({inner.rule})")

    def _eve_of(self, match: re.Match[str], context: Context) -> Found | None:
        """'the eve of May 9', 'the day after Christmas'."""
        edge = squeeze(match["edge"])
        if (edge == "eve") != match.group().rstrip().lower().endswith(" of"):
            return None
        inner = self._inner(match, context)
        if inner is None or inner.first is None or inner.last is None:
            return None
        after = "after" in edge
        day = inner.last + DAY if after else inner.first - DAY
        return replace(
            inner, first=day, last=day, precision=Precision.DAY,
            rule=f"{edge.replace(' ', '_')}({inner.rule})",
        )  # fmt: skip

    def _run_up(self, match: re.Match[str], context: Context) -> Found | None:
        """'the run-up to May 15': the thirty days before, from the report if it is later."""
        inner = self._inner(match, context)
        if inner is None or inner.first is None:
            return None
        begin, anchor = inner.first, context.anchor
        if anchor is not None and not inner.explicit and begin < anchor:
            # What one runs up to is the nearer of the last and the next.
            coming = self._inner(match, replace(context, future=True))
            if coming is not None and coming.first is not None:
                begin = begin if anchor - begin < coming.first - anchor else coming.first
        last = begin - DAY
        first = last - timedelta(days=29)
        if context.anchor is not None and first < context.anchor <= last:
            first = context.anchor
        return replace(
            inner, first=first, last=last, precision=Precision.FUZZY, rule=f"run_up({inner.rule})"
        )
