"""Rules for weekdays, and for units counted from the report or from a day told."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from dragoman.resolving.time_calendar import (
    DAY,
    UNIT_MONTHS,
    UNIT_PRECISION,
    calendar_unit,
    portion,
    shift,
    squeeze,
)
from dragoman.resolving.time_words import Context, Found, Rules
from dragoman.schema import Precision

__all__ = ["RelativeRules"]


class RelativeRules(Rules):
    """Readings such as 'last Friday', 'next month', 'the same day', 'yesterday'."""

    def _weekday(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        word = match["weekday"]
        if anchor is None or not word[0].isupper():
            return None
        number = self._weekdays[word.lower()]
        which = match["which"]
        if which:
            step_word = which.split()[-2].lower()
            base = anchor
            if step_word in ("same", "following", "previous") and context.reference:
                base = context.reference[0]
            step = {"last": -1, "previous": -1, "next": 1, "following": 1}.get(step_word, 0)
            day = base - timedelta(days=base.weekday()) + timedelta(days=number + 7 * step)
            return Found(match.end(), day, day, Precision.DAY, "weekday.of_week")
        if context.future:
            day = anchor + timedelta(days=(number - anchor.weekday()) % 7)
            rule = "weekday.next"
        else:
            day = anchor - timedelta(days=(anchor.weekday() - number) % 7)
            rule = "weekday.recent"
        return Found(match.end(), day, day, Precision.DAY, rule)

    def _weekday_date(self, match: re.Match[str], context: Context) -> Found | None:
        if not match["weekday"][0].isupper():
            return None
        inner = self._core(match.string, match.end(), replace(context, preposition=False))
        if (
            inner is None
            or not inner.rule.startswith("date.")
            or inner.precision is not Precision.DAY
        ):
            return None
        number = self._weekdays[match["weekday"].lower()]
        if (
            not inner.explicit
            and inner.first is not None
            and inner.first == inner.last
            and inner.first.weekday() != number
        ):
            for step in (1, -1):
                try:
                    other = inner.first.replace(year=inner.first.year + step)
                except ValueError:
                    continue
                if other.weekday() == number:
                    inner = replace(inner, first=other, last=other)
                    break
        end = inner.end
        if match.string[match.end() - 1] == "(" and match.string[end : end + 1] == ")":
            end += 1
        return replace(inner, end=end, rule="weekday.date")

    def _relative_weekday(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None or not match["weekday"][0].isupper():
            return None
        number = self._weekdays[match["weekday"].lower()]
        rel = squeeze(match["rel"])
        monday = anchor - timedelta(days=anchor.weekday())
        if rel in ("last", "past", "previous"):
            day = anchor - timedelta(days=(anchor.weekday() - number) % 7 or 7)
        elif rel == "following":
            base = context.reference[1] if context.reference else anchor
            day = base + timedelta(days=(number - base.weekday()) % 7 or 7)
        elif rel == "next":
            day = monday + timedelta(days=7 + number)
        elif rel == "this" and context.future is False:
            day = anchor - timedelta(days=(anchor.weekday() - number) % 7)
        elif rel == "this" and context.future is None:
            day = monday + timedelta(days=number)
        else:
            day = anchor + timedelta(days=(number - anchor.weekday()) % 7)
        return Found(match.end(), day, day, Precision.DAY, f"weekday.{rel.replace(' ', '_')}")

    def _weekdays_ago(self, match: re.Match[str], context: Context) -> Found | None:
        """'two Fridays ago'."""
        low, high = self._count(match["number"])
        word = match["weekday"].lower()
        if context.anchor is None or low != high or word not in self._weekdays:
            return None
        back = (context.anchor.weekday() - self._weekdays[word]) % 7 or 7
        day = context.anchor - timedelta(days=back + 7 * (low - 1))
        return Found(match.end(), day, day, Precision.DAY, "weekday.ago")

    @staticmethod
    def _midweek(match: re.Match[str], context: Context) -> Found | None:
        if context.anchor is None:
            return None
        day = context.anchor + timedelta(days=2 - context.anchor.weekday())
        return Found(match.end(), day, day, Precision.FUZZY, "midweek")

    def _relative_unit(self, match: re.Match[str], context: Context) -> Found | None:
        anchor = context.anchor
        if anchor is None:
            return None
        unit = match["unit"].lower()
        rel = squeeze(match["rel"])
        edge = (match["edge"] or "").lower()
        if rel == "past":
            return None
        if rel == "following":
            base = context.reference[1] if context.reference else anchor
            first, last = calendar_unit(shift(base, unit, 1), unit)
            return Found(match.end(), first, last, UNIT_PRECISION[unit], f"{unit}.following")
        if rel == "previous":
            base = context.reference[0] if context.reference else anchor
            first, last = calendar_unit(shift(base, unit, -1), unit)
            return Found(match.end(), first, last, UNIT_PRECISION[unit], f"{unit}.previous")
        step = {"last": -1, "next": 1, "coming": 1, "this coming": 0}.get(rel, 0)
        base = anchor.replace(day=1) if unit in UNIT_MONTHS else anchor
        first, last = calendar_unit(shift(base, unit, step), unit)
        precision = UNIT_PRECISION[unit]
        rule = f"{unit}.{rel.replace(' ', '_')}"
        if edge in ("earlier", "later") and step == 0:
            return self._earlier_later(match.end(), edge, first, last, anchor, precision, rule)
        if edge in ("early", "late", "mid") and unit != "weekend":
            first, last = portion(first, last, edge)
            return Found(match.end(), first, last, Precision.FUZZY, f"{edge}.{rule}")
        return Found(match.end(), first, last, precision, rule)

    @staticmethod
    def _earlier_later(
        end: int, edge: str, first: date, last: date, anchor: date, precision: Precision, rule: str
    ) -> Found:
        if edge == "earlier":
            return Found(end, first, min(anchor, last), precision, f"earlier.{rule}")
        begin = min(anchor + DAY, last)
        return Found(end, begin, last, precision, f"later.{rule}")

    def _in_the_unit(self, match: re.Match[str], context: Context) -> Found | None:
        unit, edge = match["unit"].lower(), match["edge"].lower()
        anchor = context.anchor
        if unit == "day":
            if context.reference:
                day = context.reference[1]
            elif anchor is not None:
                day = anchor
            else:
                return None
            return Found(match.end(), day, day, Precision.DAY, f"{edge}.day")
        if anchor is None:
            return None
        first, last = calendar_unit(anchor, unit)
        if edge in ("early", "late"):
            first, last = portion(first, last, edge)
            return Found(match.end(), first, last, Precision.FUZZY, f"{edge}.{unit}")
        return self._earlier_later(
            match.end(), edge, first, last, anchor, UNIT_PRECISION[unit], unit
        )

    def _later_that(self, match: re.Match[str], context: Context) -> Found | None:
        reference = context.reference
        if reference is None:
            if context.anchor is None:
                return None
            reference = (context.anchor, context.anchor)
        unit = match["unit"].lower()
        first, last = calendar_unit(reference[0], unit)
        if match["edge"].lower() == "later":
            first = max(first, reference[1] if unit != "day" else first)
        elif unit != "day":
            last = min(last, reference[0])
        return Found(match.end(), first, last, UNIT_PRECISION[unit], f"same_{unit}")

    @staticmethod
    def _today(match: re.Match[str], context: Context) -> Found | None:
        if context.anchor is None:
            return None
        word = squeeze(match["word"])
        step = {
            "yesterday": -1,
            "tomorrow": 1,
            "before yesterday": -2,
            "after tomorrow": 2,
        }.get(word, 0)
        day = context.anchor + timedelta(days=step)
        return Found(match.end(), day, day, Precision.DAY, f"day.{word.replace(' ', '_')}")

    @staticmethod
    def _daypart(match: re.Match[str], context: Context) -> Found | None:
        if context.anchor is None:
            return None
        day = context.anchor - DAY if match["rel"].lower() == "last" else context.anchor
        return Found(match.end(), day, day, Precision.DAY, "day.daypart")

    @staticmethod
    def _overnight(match: re.Match[str], context: Context) -> Found | None:
        if context.anchor is None:
            return None
        start = context.anchor if context.future else context.anchor - DAY
        return Found(match.end(), start, start + DAY, Precision.DAY, "overnight")

    def _same(self, match: re.Match[str], context: Context) -> Found | None:
        unit = match["unit"].lower()
        how = (match["how"] or match["how2"] or "same").lower()
        base = context.reference
        if base is None:
            if context.anchor is None:
                return None
            base = (context.anchor, context.anchor)
        if unit in ("night", "evening", "morning", "afternoon"):
            unit = "day"
        if how == "same":
            first, last = calendar_unit(base[0], unit)
        elif how in ("next", "following"):
            start = (
                context.anchor if how == "next" and unit != "day" and context.anchor else base[1]
            )
            first, last = calendar_unit(shift(start, unit, 1), unit)
        else:
            first, last = calendar_unit(shift(base[0], unit, -1), unit)
        return Found(match.end(), first, last, UNIT_PRECISION[unit], f"{unit}.{how}")

    def _day_before(self, match: re.Match[str], context: Context) -> Found | None:
        base = context.reference
        if base is None:
            if context.anchor is None:
                return None
            base = (context.anchor, context.anchor)
        unit = match["unit"].lower()
        unit = "day" if unit == "night" else unit
        before = match["side"].lower() == "before"
        day = shift(base[0] if before else base[1], unit, -1 if before else 1)
        first, last = calendar_unit(day, unit)
        return Found(
            match.end(), first, last, UNIT_PRECISION[unit], f"{unit}.{match['side'].lower()}"
        )

    def _before_last(self, match: re.Match[str], context: Context) -> Found | None:
        """'the week before last', 'the month after next'."""
        if context.anchor is None:
            return None
        unit, side = match["unit"].lower(), squeeze(match["side"])
        step = -2 if side == "before last" else 2
        first, last = calendar_unit(shift(context.anchor, unit, step), unit)
        return Found(
            match.end(), first, last, UNIT_PRECISION[unit], f"{unit}.{side.replace(' ', '_')}"
        )

    def _all_unit(self, match: re.Match[str], context: Context) -> Found | None:
        if context.anchor is None:
            return None
        unit = match["unit"].lower()
        first, last = calendar_unit(context.anchor, unit)
        return Found(match.end(), first, last, UNIT_PRECISION[unit], f"{unit}.all")

    def _the_unit(self, match: re.Match[str], context: Context) -> Found | None:
        """'the month' only inside 'the end of the month'."""
        anchor = context.anchor
        before = match.string[max(0, match.start() - 16) : match.start()].lower()
        if anchor is None or not re.search(
            r"(?:end|start|half|middle|beginning|close|(?:day|week|month|quarter)s?)[ ]of[ ]$",
            before,
        ):
            return None
        unit = match["unit"].lower()
        first, last = calendar_unit(anchor, unit)
        return Found(match.end(), first, last, UNIT_PRECISION[unit], f"{unit}.this")

    @staticmethod
    def _unit_end(match: re.Match[str], context: Context) -> Found | None:
        """'year-end', "the month's end": the last third, as in 'the end of the year'."""
        if context.anchor is None:
            return None
        unit = match["unit"].lower()
        first, last = portion(*calendar_unit(context.anchor, unit), "late")
        return Found(match.end(), first, last, Precision.FUZZY, f"late({unit}.end)")

    @staticmethod
    def _night_before_last(match: re.Match[str], context: Context) -> Found | None:
        if context.anchor is None:
            return None
        day = context.anchor - timedelta(days=2)
        return Found(match.end(), day, day, Precision.DAY, "day.before_last")

    @staticmethod
    def _past_unit(match: re.Match[str], context: Context) -> Found | None:
        """'this past week': the seven days before the report."""
        if context.anchor is None:
            return None
        unit = match["unit"].lower()
        first = shift(context.anchor, unit, -1)
        return Found(match.end(), first, context.anchor, Precision.FUZZY, f"{unit}.past_span")

    def _earlier_in(self, match: re.Match[str], context: Context) -> Found | None:
        """'earlier in March', 'so far this year': the part of a period on a side of the report."""
        inner = self._inner(match, context)
        if inner is None or inner.first is None or inner.last is None:
            return None
        anchor, edge = context.anchor, match["edge"].lower() or "so_far"
        first, last = inner.first, inner.last
        if anchor is not None and first <= anchor <= last:
            first, last = (min(anchor + DAY, last), last) if edge == "later" else (first, anchor)
        return replace(inner, first=first, last=last, rule=f"{edge}({inner.rule})")

    @staticmethod
    def _turn(match: re.Match[str], context: Context) -> Found | None:
        """'the turn of the century': a year on either side of the one with two noughts."""
        if context.anchor is None:
            return None
        step = 100 if match["unit"].lower() == "century" else 1000
        year = context.anchor.year // step * step
        first, last = date(year - 1, 1, 1), date(year + 1, 12, 31)
        return Found(match.end(), first, last, Precision.FUZZY, "century.turn")
