"""Rules for counted times: 'two days ago', 'in three weeks', 'for a month'."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from dragoman.resolving.time_calendar import DAY, UNIT_PRECISION, calendar_unit, shift, squeeze
from dragoman.resolving.time_words import SPACE, STOP, Context, Found, Rules
from dragoman.schema import Precision

__all__ = ["SpanRules"]


class SpanRules(Rules):
    """Readings of a number of units, before, after or around a day."""

    def _ago(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        groups = match.groupdict()
        unit = match["unit"].lower()
        if groups.get("half"):
            unit, low, high = {"year": ("month", 6, 6), "decade": ("year", 5, 5)}.get(
                unit, ("year", 25, 25) if "quarter" in groups["half"].lower() else ("year", 50, 50)
            )
        else:
            low, high = self._count(groups.get("number"))
        if low != high or not (groups.get("number") or groups.get("half")):
            first, last = shift(anchor, unit, -high), shift(anchor, unit, -low)
            return Found(match.end(), first, last, Precision.FUZZY, f"{unit}.ago")
        round_number = unit == "year" and low >= 10 and (low % 10 == 0 or bool(groups.get("half")))
        if unit in ("decade", "century") or round_number:
            day = shift(anchor, unit, -low)
            first, last = date(day.year - 1, 1, 1), date(day.year + 1, 12, 31)
            return Found(match.end(), first, last, Precision.FUZZY, f"{unit}.ago")
        day = shift(anchor, unit, -low)
        if groups.get("today"):
            return Found(match.end(), day, day, Precision.DAY, f"{unit}.ago_today")
        if unit == "hour" and low > 12:
            day = anchor - timedelta(days=(low + 12) // 24)
        first, last = calendar_unit(day, unit)
        return Found(match.end(), first, min(last, anchor), UNIT_PRECISION[unit], f"{unit}.ago")

    def _span_of_units(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        groups = match.groupdict()
        unit = match["unit"].lower()
        number = groups.get("number") or None
        if unit.endswith("hours"):
            number, unit = unit.split()[0], "hour"
        side = match["side"].lower()
        if number is None and unit in ("day", "week", "month", "year", "decade", "century"):
            plural = match.group().lower().endswith("s")
            high = 5 if plural else 1
        else:
            high = self._count(number)[1]
        rule = f"{unit}.{side}_span"
        if side == "following" and context.reference:
            start = context.reference[1]
            return Found(match.end(), start, shift(start, unit, high), Precision.FUZZY, rule)
        if side == "previous" and context.reference:
            end = context.reference[0]
            return Found(match.end(), shift(end, unit, -high), end, Precision.FUZZY, rule)
        if side in ("past", "last", "previous"):
            return Found(match.end(), shift(anchor, unit, -high), anchor, Precision.FUZZY, rule)
        return Found(match.end(), anchor, shift(anchor, unit, high), Precision.FUZZY, rule)

    def _in_units(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        low, high = self._count(match["number"])
        unit = match["unit"].lower()
        if unit == "night":
            return None
        forward = context.future or "time" in match.group() or "from" in match.group()
        if not forward:
            first = shift(anchor, unit, -high)
            return Found(
                match.end(), first, anchor, Precision.FUZZY, f"{unit}.in_past", adjunct=False
            )
        if low != high:
            first, last = shift(anchor, unit, low), shift(anchor, unit, high)
            return Found(match.end(), first, last, Precision.FUZZY, f"{unit}.in")
        first, last = calendar_unit(shift(anchor, unit, low), unit)
        return Found(match.end(), max(first, anchor), last, UNIT_PRECISION[unit], f"{unit}.in")

    def _within(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        number = match["number"]
        high = self._count(number)[1] if number else (5 if match.group().endswith("s") else 1)
        unit = match["unit"].lower()
        if context.future is False and "next" not in match.group().lower():
            return None
        last = shift(anchor, unit, high)
        return Found(match.end(), anchor, last, Precision.FUZZY, f"{unit}.within")

    def _duration(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        number = match["number"]
        unit = match["unit"].lower()
        if anchor is None or (number is None and not match.group().lower().endswith("s")):
            return None
        high = self._count(number)[1] if number else 5
        if context.future:
            return Found(
                match.end(), anchor, shift(anchor, unit, high), Precision.FUZZY, "duration",
                adjunct=False,
            )  # fmt: skip
        first = shift(anchor, unit, -high)
        return Found(
            match.end(), first, anchor, Precision.FUZZY, "duration", adjunct=context.perfect
        )

    def _offset(self, match: re.Match[str], context: Context) -> Found | None:
        unit, side = match["unit"].lower(), match["side"].lower()
        groups = match.groupdict()
        number = groups.get("number")
        low, high = self._count(number) if number else (2, 10)
        end = match.end()
        base = context.reference
        if side in ("before", "after"):
            following = SPACE.match(match.string, end)
            inner = (
                self._core(match.string, following.end(), replace(context, preposition=True))
                if following
                else None
            )
            if inner is not None and inner.first is not None and inner.last is not None:
                base, end = (inner.first, inner.last), inner.end
                if match.string[end : end + 1] in ("'", "’"):
                    return None
            elif not STOP.match(match.string, end):
                return None
        if base is None:
            if context.anchor is None:
                return None
            base = (context.anchor, context.anchor)
        backward = side in ("earlier", "before")
        start = base[0] if backward else base[1]
        sign = -1 if backward else 1
        rule = f"{unit}.{side}"
        if low != high:
            ends = sorted((shift(start, unit, sign * low), shift(start, unit, sign * high)))
            return Found(end, ends[0], ends[1], Precision.FUZZY, rule)
        first, last = calendar_unit(shift(start, unit, sign * low), unit)
        return Found(end, first, last, UNIT_PRECISION[unit], rule)

    def _fuzzy_phrase(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        phrase = squeeze(match["phrase"])
        low, high = self._fuzzy[phrase]
        if phrase == "at the weekend":
            return self._weekend(match, context)
        first, last = anchor + timedelta(days=low), anchor + timedelta(days=high)
        return Found(match.end(), first, last, Precision.FUZZY, f"fuzzy.{phrase.replace(' ', '_')}")

    def _weekend(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        saturday = calendar_unit(anchor, "weekend")[0]
        if not context.future and saturday > anchor:
            saturday -= timedelta(days=7)
        return Found(match.end(), saturday, saturday + DAY, Precision.DAY, "weekend")

    def _half_ago(self, match: re.Match[str], context: Context) -> Found | None:
        """'three and a half years ago', 'a year and a half ago'."""
        if context.anchor is None:
            return None
        low, high = self._count(match["number"])
        unit = (match["unit"] or match["unit2"]).lower()
        smaller = {"year": ("month", 12), "decade": ("year", 10), "month": ("week", 4)}.get(unit)
        if low != high or smaller is None:
            return None
        day = shift(context.anchor, smaller[0], -(low * smaller[1] + smaller[1] // 2))
        first, last = calendar_unit(day, smaller[0])
        return Found(match.end(), first, last, UNIT_PRECISION[smaller[0]], f"{unit}.half_ago")

    def _from_day(self, match: re.Match[str], context: Context) -> Found | None:
        """'a week from Friday', 'three weeks from today'."""
        low, high = self._count(match["number"])
        inner = self._core(match.string, match.end(), replace(context, future=True))
        if inner is None or low != high or inner.first is None or inner.first != inner.last:
            return None
        day = shift(inner.first, match["unit"].lower(), low)
        return Found(inner.end, day, day, Precision.DAY, f"{match['unit'].lower()}.from")

    def _ending(self, match: re.Match[str], context: Context) -> Found | None:
        """'the 12 months to February', 'the year ended June 30'."""
        inner = self._inner(match, context)
        if inner is None or inner.last is None:
            return None
        count = self._count(match["number"])[1] if match["number"] else 1
        unit = match["unit"].lower()
        first = shift(inner.last + DAY, unit, -count)
        return replace(inner, first=first, precision=Precision.FUZZY, rule=f"{unit}.ending")
