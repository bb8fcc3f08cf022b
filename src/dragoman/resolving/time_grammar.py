"""The grammar of time expressions: which words call which rule, prepositions and ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from dragoman.resolving.time_absolute import DECADES, AbsoluteRules
from dragoman.resolving.time_calendar import (
    DAY,
    UNIT_PRECISION,
    alternatives,
    squeeze,
)
from dragoman.resolving.time_parts import PartRules
from dragoman.resolving.time_relative import RelativeRules
from dragoman.resolving.time_spans import SpanRules
from dragoman.resolving.time_words import Context, Found, Rule
from dragoman.schema import Precision

__all__ = ["Grammar", "clean_end"]


def clean_end(text: str, end: int) -> bool:
    """The expression must end with a word ('Mondays' and '30-year-old' do not)."""
    if end >= len(text):
        return True
    after = text[end]
    if after.isalnum() or after == "_":
        return False
    if after == "-" and end + 1 < len(text) and text[end + 1].isalpha():
        return text[end + 1].isupper()
    return not (after in ",.:/" and text[end + 1 : end + 2].isdigit() and text[end - 1].isdigit())


class Grammar(AbsoluteRules, RelativeRules, SpanRules, PartRules):
    """Reads one expression at a place of a text; holds no state between calls."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self._rules = self._grammar()
        # One expression that matches where any rule's does: most places fail at once.
        plain = (
            re.sub(r"\(\?P<\w+>", "(?:", pattern.pattern).replace("(?P=sep)", "[./]")
            for pattern, _ in self._rules
        )
        self._guard = re.compile("|".join(f"(?:{rule})" for rule in plain), re.IGNORECASE)
        self.starts = self._starting_words()
        self._telling = self._telling_words()

    def tells(self, word: str) -> bool:
        """Whether a word (lower case) can be the one that makes an expression a time.

        Every expression has such a word among its first few: a month, a unit, a figure.
        """
        return (
            word in self._telling
            or any(letter.isdigit() for letter in word)
            or ("-" in word and any(part in self._telling for part in word.split("-")))
        )

    def expression(self, text: str, pos: int, context: Context) -> tuple[Found | None, int]:
        """Read a whole expression at ``pos``: prepositions, ranges, one core.

        Gives the reading and where it begins (a preposition before a modifier is
        left out).
        """
        prefix = _PREFIX.match(text, pos)
        if prefix is None:
            found = self._core(text, pos, context)
            return (self._range(text, found, context) if found else None), pos
        word = squeeze(prefix.group("prep"))
        whole = self._core(text, pos, context)
        start = prefix.end()
        inner = replace(context, preposition=True)
        until = ("until", "till", "up to", "by", "through")
        if word in until and context.present_perfect:
            # 'has been extended until June'
            context = replace(context, future=None)
            inner = replace(context, preposition=True)
        if word in until and inner.future is None:
            inner = replace(inner, future=True)
        core = self._core(text, start, inner)
        if core is None:
            return whole, pos
        possessive = text[core.end : core.end + 1] in ("'", "’") and text[
            core.end + 1 : core.end + 2
        ].lower() in ("s", " ")
        if possessive:
            return (whole, pos) if whole and whole.end >= core.end else (core, start)
        joined = self._range(text, core, inner, word)
        if whole is not None and whole.end >= joined.end:
            return whole, pos
        if joined is not core:
            return joined, pos
        if word in ("from", "between") and core.rule == "date.day" and core.first != core.last:
            return core, pos
        first, last = core.first, core.last
        result = core
        if word in _SINCE:
            if core.rule in ("day.daypart", "duration"):
                return None, pos
            result = replace(core, last=None, precision=Precision.OPEN, rule=f"since({core.rule})")
        elif word in ("until", "till", "up to", "through"):
            begin = self._open_begin(context, last)
            result = replace(
                core, first=begin, precision=Precision.OPEN, rule=f"until({core.rule})"
            )
        elif word in _BY:
            begin = self._open_begin(context, last)
            result = replace(core, first=begin, precision=Precision.OPEN, rule=f"by({core.rule})")
        elif word in ("before", "ahead of", "prior to"):
            # 'before the end of May' lasts until May does.
            ending = core.rule.startswith("late(") and "end" in text[pos : core.end].lower()
            end = last if ending else first - DAY if first else None
            begin = self._open_begin(context, end)
            result = replace(
                core, first=begin, last=end, precision=Precision.OPEN, rule=f"before({core.rule})"
            )
        elif word == "after":
            result = replace(
                core,
                first=last + DAY if last else None,
                last=None,
                precision=Precision.OPEN,
                rule=f"after({core.rule})",
            )
        elif word == "for" and core.precision is not Precision.DAY:
            result = replace(core, adjunct=core.adjunct)
        return result, pos

    @staticmethod
    def _open_begin(context: Context, end: date | None) -> date | None:
        """Where 'until X' and 'by X' begin: at the report if X is still to come."""
        anchor = context.anchor
        if anchor is None or context.future is False:
            return None
        return anchor if end is not None and anchor <= end else None

    def _range(self, text: str, core: Found, context: Context, word: str = "") -> Found:
        """Join 'X to Y', 'X-Y' and 'between X and Y' where both sides are dates."""
        if core.first is None or not _bounded(core):
            return core
        connector = (_BETWEEN if word == "between" else _TO).match(text, core.end)
        if connector is None:
            return self._adjoining(text, core, context)
        dashed = connector.group().strip() in ("-", "–", "—")
        inner = replace(context, preposition=True)
        other = self._core(text, connector.end(), inner)
        if other is None or other.first is None or other.last is None:
            return core
        if not _bounded(other) and word not in ("from", "between"):
            return core
        if dashed and other.precision is not core.precision:
            return core
        if not clean_end(text, other.end):
            return core
        if text[other.end : other.end + 1] in ("'", "’"):
            return core
        begin = core
        start_pos = core.end
        if not core.explicit and other.explicit:
            pos = self._core_start(text, core, context)
            again = (
                self._core(text, pos, replace(inner, anchor=other.first, future=False))
                if pos is not None
                else None
            )
            if again is not None and again.end == start_pos:
                begin = again
        elif not other.explicit and begin.first is not None and other.first < begin.first:
            again = self._core(
                text, connector.end(), replace(inner, anchor=begin.first, future=True)
            )
            if again is not None and again.end == other.end:
                other = again
        if begin.first is None or other.last is None or other.last < begin.first:
            return core
        return Found(
            other.end, begin.first, other.last, max(begin.precision, other.precision, key=_coarse),
            f"range({begin.rule},{other.rule})", explicit=other.explicit,
        )  # fmt: skip

    def _adjoining(self, text: str, core: Found, context: Context) -> Found:
        """Join 'April and May 2024', 'Saturday and Sunday' where one follows the other."""
        connector = _AND.match(text, core.end)
        if connector is None:
            return core
        other = self._core(text, connector.end(), replace(context, preposition=True))
        if other is None or other.first is None or other.precision is not core.precision:
            return core
        begin = core
        if other.explicit and not core.explicit:
            pos = self._core_start(text, core, context)
            again = (
                self._core(text, pos, replace(
                    context, preposition=True, anchor=other.first, future=False
                ))
                if pos is not None
                else None
            )  # fmt: skip
            if again is not None and again.end == core.end:
                begin = again
        if begin.last is None or other.first != begin.last + DAY:
            return core
        if not clean_end(text, other.end) or text[other.end : other.end + 1] in ("'", "’"):
            return core
        return replace(other, first=begin.first, rule=f"range({begin.rule},{other.rule})")

    def _core_start(self, text: str, core: Found, context: Context) -> int | None:
        """Where the core that ends at ``core.end`` begins (a word start before it)."""
        window = text[max(0, core.end - 40) : core.end]
        offset = max(0, core.end - 40)
        for match in re.finditer(r"(?<![\w-])[\w]", window):
            pos = offset + match.start()
            again = self._core(text, pos, replace(context, preposition=True))
            if again is not None and again.end == core.end and again.rule == core.rule:
                return pos
        return None

    def _core(self, text: str, pos: int, context: Context) -> Found | None:
        if self._guard.match(text, pos) is None:
            return None
        best: Found | None = None
        for pattern, rule in self._rules:
            match = pattern.match(text, pos)
            if match is None or (best is not None and match.end() <= best.end):
                continue
            found = rule(match, context)
            if found is None or (best is not None and found.end <= best.end):
                continue
            if clean_end(text, found.end):
                best = found
        return best

    def _telling_words(self) -> frozenset[str]:
        phrases = [*self._months, *self._weekdays, *self._seasons, *self._fuzzy]
        words = {word for phrase in phrases for word in phrase.split()}
        words |= {word for name in self._festivals.names for word in re.split(r"[ '’-]", name)}
        words |= {f"{word}." for word in self._months} | {word.rstrip(".") for word in words}
        words |= {unit + ending for unit in UNIT_PRECISION for ending in ("", "s")} | _TELLING
        return frozenset(words - _SILENT)

    def _starting_words(self) -> frozenset[str]:
        phrases = [
            *self._months, *self._weekdays, *self._numbers, *self._vague, *self._seasons,
            *self._fuzzy, *self._festivals.names,
        ]  # fmt: skip
        words = {re.split(r"[ .'-]", phrase)[0] for phrase in phrases}
        words |= {phrase for phrase in phrases if " " not in phrase}
        words |= {month + "." for month in self._months}
        words |= _STARTERS
        return frozenset(words)

    def _grammar(self) -> tuple[tuple[re.Pattern[str], Rule], ...]:
        s = r"[ \t\u00a0\n]{1,4}"
        o = r"[ \t\u00a0\n]{0,4}"
        months = alternatives(list(self._months))
        month = rf"(?P<month>(?:{months})\b)\.?"
        weekday = rf"(?P<weekday>{alternatives(list(self._weekdays))})"
        year = r"(?P<year>(?:1[5-9]|20)\d\d)(?!\d)"
        day = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\d:%])"
        day2 = r"(?P<day2>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\d:%])"
        dash = r"[ ]?(?:-|–|—)[ ]?"
        to = rf"(?:{dash}|{s}(?:to|and|until|through){s})"
        numbers = alternatives([*self._numbers, *self._vague])
        number = rf"(?P<number>\d{{1,4}}|(?:{numbers})\b)"
        unit = r"(?P<unit>hour|day|night|week|fortnight|month|quarter|year|decade|century)s?\b"
        units = r"(?P<unit>minute|hour|day|week|month|year|decade)s\b"
        season = rf"(?P<season>{alternatives(list(self._seasons))})\b"
        dayparts = (
            r"(?:morning|noon|midday|afternoon|evening|night|dawn|overnight|midnight|lunchtime)"
        )
        rel = r"(?P<rel>last|past|previous|next|this[ ]coming|coming|this|following)"
        part = (
            rf"(?P<part>early{s}in|late{s}in|early|late|mid(?:dle)?{s}of|mid(?:-|[ ])?|"
            rf"(?:the{s})?(?:very{s})?(?:beginning|start|middle|end|close|turn|first{s}half|second{s}half|"
            rf"latter{s}half|final{s}days|first{s}days|last{s}days|early{s}days|final{s}weeks){s}of)"
        )
        festival = rf"(?P<festival>{alternatives(self._festivals.names)})"
        the = rf"(?:the{s})?"
        rules: list[tuple[str, Rule]] = [
            (r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)", self._iso),
            (r"(?P<day>\d{1,2})(?P<sep>[./])(?P<month>\d{1,2})(?P=sep)(?P<year>\d{4})(?!\d)",
             self._numeric),
            (rf"{the}{day}(?:{to}{day2})?{s}(?:of{s})?{month}(?:,?{s}(?:in{s}|of{s})?{year})?"
             rf"(?P<which>{s}(?:last|this|next){s}year)?", self._date),
            (rf"{month}{s}(?:the{s})?{day}(?:{to}{day2})?(?:,?{s}(?:in{s}|of{s})?{year})?"
             rf"(?P<which>,?{s}(?:last|this|next){s}year)?",
             self._date),
            (rf"{month},?{s}(?:of{s})?{year}", self._month_year),
            (rf"{month}(?P<which>{s}(?:of{s})?(?:last|this|next|the{s}(?:same|following|previous)){s}"
             rf"year)?", self._bare_month),
            (rf"{rel}{s}{month}(?!\.?{s}\d{{1,2}}(?!\d))", self._relative_month),
            (rf"{the}(?:(?:early|late|later|earlier)(?:{s}on)?{s})?{weekday}(?:{s}(?:early{s}|late{s})?{dayparts})?"
             rf"(?P<which>{s}(?:of{s})?(?:last|this|next|the{s}(?:same|following|previous)){s}week)?",
             self._weekday),
            (rf"{weekday},?{s}\(?(?P<rest>)(?=[\dA-Za-z])", self._weekday_date),
            (rf"(?:(?:early|late){s}(?:on{s})?)?{the}{rel}{s}{weekday}(?:{s}{dayparts})?",
             self._relative_weekday),
            (rf"(?:(?P<edge>early|late|later|earlier|sometime|mid)(?:{s}in|-)?{o})?{the}{rel}{s}"
             rf"(?P<unit>week|weekend|fortnight|month|quarter|year|decade|century)\b",
             self._relative_unit),
            (rf"(?P<edge>earlier|later|early|late){s}in{s}the{s}(?P<unit>day|week|month|quarter|year|decade)\b",
             self._in_the_unit),
            (rf"(?P<edge>earlier|later){s}(?:that|the{s}same){s}(?P<unit>day|week|month|year)\b",
             self._later_that),
            (rf"(?:on{s})?(?:(?:early|late|earlier|later){s})?(?P<word>today|yesterday|tomorrow|tonight)\b"
             rf"(?:{s}{dayparts})?", self._today),
            (rf"the{s}day{s}(?P<word>before{s}yesterday|after{s}tomorrow)\b", self._today),
            (rf"(?:(?:early|late|earlier){s})?(?P<rel>last|this){s}(?P<part>night|evening|morning|afternoon)\b",
             self._daypart),
            (r"overnight\b", self._overnight),
            (rf"(?:over|during|at|on|through){s}the{s}weekend\b", self._weekend),
            (rf"(?:(?:more{s}than|over|about|around|nearly|almost|some|at{s}least|just){s})?{number}{s}"
             rf"{unit}{s}ago(?P<today>{s}today)?\b", self._ago),
            (rf"(?:(?:more{s}than|over|about|around|nearly|almost|some|at{s}least){s})?{number}{s}"
             rf"(?:and{s}a{s}half{s}{unit}|(?P<unit2>month|year|decade){s}and{s}a{s}half){s}ago\b",
             self._half_ago),
            (rf"{number}{s}{unit}{s}from{s}(?=[a-z])", self._from_day),
            (rf"(?P<half>half{s}a){s}(?P<unit>year|decade|century){s}ago\b", self._ago),
            (rf"{units}{s}ago\b", self._ago),
            (rf"(?:(?:the|those|these){s})?(?P<side>past|last|previous|next|coming|following){s}"
             rf"(?:{number}{s})?(?P<unit>hour|day|week|month|year|decade)s\b", self._span_of_units),
            (rf"(?:the{s})?(?P<side>past|last|coming){s}(?P<number>)(?P<unit>24{s}hours|48{s}hours|72{s}hours)\b",
             self._span_of_units),
            (rf"the{s}(?P<side>past|coming){s}(?P<unit>day|week|month|year|decade|century)\b",
             self._span_of_units),
            (rf"in{s}(?:(?:about|around|just|less{s}than|nearly|under|at{s}least|over|more{s}than){s})?{number}{s}"
             rf"{unit}(?:['’]?{s}time\b|{s}from{s}now\b)?", self._in_units),
            (rf"within{s}(?:the{s}(?:next|coming){s})?(?:{number}{s})?{unit}", self._within),
            (rf"(?P<after>){number}{s}{unit}{s}from{s}(?:now|today)\b", self._in_units),
            (rf"for{s}(?:(?:about|around|just|nearly|almost|some|at{s}least|over|more{s}than|another){s}|"
             rf"up{s}to{s})?(?:{number}{s}(?:straight{s}|consecutive{s}|more{s})?)?{unit}",
             self._duration),
            (rf"(?:(?:about|around|just|nearly|almost|at{s}least|over|more{s}than|less{s}than|only){s})?{number}{s}"
             rf"{unit}{s}(?P<side>earlier|later|before|after)\b", self._offset),
            (rf"{units}{s}(?P<side>earlier|later|before|after)\b", self._offset),
            (rf"(?:on{s})?(?:the{s}(?P<how>same|next|following|previous|preceding)|that(?:{s}same)?|"
             rf"(?P<how2>same)){s}(?P<unit>day|night|evening|morning|afternoon|week|weekend|month|year)\b",
             self._same),
            (rf"the{s}(?P<unit>day|night|week|month|year){s}(?P<side>before|after)(?={o}[.,;]|{o}$)",
             self._day_before),
            (rf"{year}(?:{dash}(?P<year2>\d{{4}}|\d\d)(?!\d))?", self._bare_year),
            (rf"the{s}year{s}{year}", self._bare_year),
            (rf"{the}(?:(?P<edge>early|mid|late)[ -]{o})?(?P<decade>(?:1[89]|20)\d0)s\b",
             self._decade),
            (rf"{the}(?:(?P<edge>early|mid|late)[ -]{o})?['’](?P<decade>[2-9]0)s\b",
             self._decade),
            (rf"{the}(?:(?P<edge>early|mid|late)[ -]{o})?(?P<word>{alternatives(list(DECADES))})\b",
             self._decade),
            (rf"the{s}(?P<century>1[5-9]|2[01])(?:st|th){s}century\b", self._century),
            (rf"{the}(?P<nth>first|second|third|fourth|final|last){s}(?P<span>quarter|half)"
             rf"(?:{s}of{s}(?:(?:the|this|(?P<lastyear>last)|"
             rf"(?P<nextyear>next)){s}year|{year}))?\b",
             self._quarter),
            (rf"q(?P<nth>[1-4])(?:{s}(?:of{s})?{year})?\b",
             self._quarter),
            (rf"{the}{season}{s}(?:of{s})?{year}(?:[-–/]\d\d(?:\d\d)?(?!\d))?", self._season),
            (rf"{rel}{s}{season}", self._season),
            (rf"the{s}{season}(?:{s}(?:months|season))?(?!{s}of\b)", self._season),
            (season, self._season),
            (rf"{the}(?:(?P<rel>last|this|next){s})?(?P<edge>(?:the{s})?(?:eve|start|beginning|end|last{s}day|"
             rf"first{s}day|final{s}day){s}of{s})?{the}"
             rf"(?:(?:muslim|islamic|holy|month|fasting|jewish|christian|hindu|persian|holiday|feast|festival|"
             rf"of){s}){{0,4}}{festival}\b"
             rf"(?:{s}(?:holidays?|period|celebrations?|festival)|{s}(?P<tail>weekend|week))?"
             rf"(?:,?{s}(?:in{s}|of{s})?{year}|(?P<which>{s}(?:last|this|next){s}year))?",
             self._festival),
            (rf"(?P<phrase>{alternatives(list(self._fuzzy))})\b", self._fuzzy_phrase),
            (rf"{part}{o}(?P<rest>)", self._part_of),
            (rf"{the}(?P<nth>first|second|third|fourth|last|final|opening|closing){s}(?:{number}{s})?"
             rf"(?P<unit>day|week|month|quarter|year)s?{s}of{s}", self._nth_of),
            (rf"{the}(?:(?:early|small|wee|late|final|first){s})?(?:hours|{dayparts}){s}of{s}",
             self._hours_of),
            (rf"{the}week{s}(?:of|beginning|starting|that{s}began){s}", self._week_of),
            (rf"{the}(?:\d+(?:st|nd|rd|th){s}|first{s}|second{s}|third{s}|tenth{s})?anniversary{s}of{s}",
             self._anniversary),
            (rf"(?:on{s})?the{s}(?P<edge>eve|day{s}after|day{s}before|night{s}before|morning{s}after){s}"
             rf"(?:of{s})?", self._eve_of),
            (rf"{the}(?:run-up|lead-up|runup|build-up){s}to{s}", self._run_up),
            (rf"{number}{s}{weekday}s{s}ago\b", self._weekdays_ago),
            (rf"(?P<half>(?:half|a{s}quarter|quarter){s}(?:of{s})?a){s}(?P<unit>century){s}ago\b",
             self._ago),
            (rf"(?P<half>a{s}quarter){s}(?P<unit>century){s}ago\b", self._ago),
            (rf"{the}(?P<nth>first|second|third|fourth|fifth|last|final){s}{weekday}{s}(?:of|in){s}",
             self._nth_weekday),
            (rf"(?:the{s}|this{s}|the{s}calendar{s})?(?P<unit>year|month|week|decade|century)(?:['’]s)?"
             rf"[- ]end\b", self._unit_end),
            (rf"the{s}(?P<part>night|evening){s}before{s}last\b", self._night_before_last),
            (rf"the{s}{season}{s}(?P<side>before{s}last|after{s}next)\b", self._season),
            (rf"that{s}{season}\b", self._season),
            (rf"this{s}past{s}(?P<unit>week|month|year)\b", self._past_unit),
            (rf"(?P<edge>earlier|later){s}in{s}", self._earlier_in),
            (rf"so{s}far{s}(?:in{s})?(?P<edge>)", self._earlier_in),
            (rf"the{s}turn{s}of{s}the{s}(?P<unit>century|millennium)\b", self._turn),
            (rf"{the}(?:(?P<number>\d{{1,2}}|(?:{numbers})\b){s})?(?P<unit>month|year|week|quarter)s?{s}"
             rf"(?:to|through|ending(?:{s}(?:in|on))?|ended(?:{s}(?:in|on))?|up{s}to){s}(?=[A-Z])",
             self._ending),
            (rf"(?:h(?P<half>[12])|(?P<half2>[12])h)(?:{s}(?:of{s})?{year})?\b", self._half_year),
            (rf"(?P<nth>[1-4])q{o}(?:20)?(?P<short>\d\d)\b", self._quarter),
            (rf"fy{o}(?:20)?(?P<short>\d\d)\b", self._fiscal),
            (rf"{the}(?:fiscal|financial|budget|tax){s}(?:year{s})?{year}"
             rf"(?:{dash}(?P<year2>\d{{4}}|\d\d)(?!\d))?", self._fiscal),
            (r"(?P<day>\d{1,2})(?P<sep>/)(?P<month>\d{1,2})/(?P<short>\d\d)(?!\d)", self._numeric),
            (rf"{day}-{month}-{year}", self._date),
            (rf"the{s}(?P<unit>week|weekend|month|year){s}(?P<side>before{s}last|after{s}next)\b",
             self._before_last),
            (rf"(?:during|through|throughout|in|into|over){s}the{s}(?:whole{s})?night(?!{s}of)\b",
             self._overnight),
            (rf"(?:over|during|within|in|for){s}the{s}(?P<side>last|past|next|coming|previous){s}(?P<number>)"
             rf"(?P<unit>day|week|month|year|decade)\b", self._span_of_units),
            (rf"all{s}(?P<unit>day|week|month|year)(?:{s}long)?\b", self._all_unit),
            (r"mid-?week\b", self._midweek),
            (rf"{number}{s}{unit}{s}on(?=,)", self._ago),
            (rf"the{s}(?P<unit>day|week|month|quarter|year|decade|century)\b", self._the_unit),
            (rf"the{s}{day}(?:{s}of{s}(?:this|the){s}month)?(?!{s}(?:century|anniversary|time|day|"
             rf"floor|session|round|straight|and|to|of|largest|most))"
             rf"(?=[.,;]|{s}(?:and|in|at|for|to)\b|$)",
             self._day_of_month),
        ]  # fmt: skip
        flags = re.IGNORECASE
        return tuple((re.compile(pattern, flags), rule) for pattern, rule in rules)


_STARTERS = frozenset({
    "about", "after", "ahead", "all", "anniversary", "around", "as", "at", "before", "beginning",
    "between", "budget", "by", "closing", "coming", "days", "decades", "during", "earlier",
    "early", "effective", "eighties", "end", "eve", "final", "financial", "first", "fiscal",
    "following", "for", "fourth", "from", "half", "hours", "in", "into", "last", "late", "late-",
    "later", "lead-up", "mid", "mid-", "mid-january", "mid-week", "middle", "midweek", "minutes",
    "monday", "months", "morning", "next", "night", "nineties", "no", "not", "on", "opening",
    "over", "overnight", "past", "previous", "prior", "q1", "q2", "q3", "q4", "quarter", "run-up",
    "same", "second", "seventies", "since", "start", "starting", "tax", "that", "the", "these",
    "third", "this", "through", "throughout", "till", "to", "today", "tomorrow", "tonight",
    "tuesday", "until", "up", "week", "weekend", "weeks", "with", "within", "years", "yesterday",
    "latter", "very", "h1", "h2", "1h", "2h", "fy", "so", "fifth", "year-end", "month-end",
    "calendar", "1q", "2q", "3q", "4q",
})  # fmt: skip
#: Words that make an expression a time besides months, weekdays, seasons, units and feasts.
_TELLING = frozenset({
    "mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays",
    "today", "yesterday", "tomorrow", "tonight", "overnight", "morning", "noon", "midday",
    "afternoon", "evening", "dawn", "midnight", "lunchtime", "midweek", "half", "millennium",
    "anniversary", "eve", "fy", "seventies", "eighties", "nineties", "weekend", "weekends",
})  # fmt: skip
#: Small words of longer names that tell nothing by themselves.
_SILENT = frozenset({
    "the", "of", "in", "at", "a", "al", "el", "ul", "all", "new", "st", "over", "last",
    "near", "other", "good", "world", "s", "un", "next", "ahead", "black", "international",
    "",
})  # fmt: skip
_PREFIX = re.compile(
    r"(?P<prep>since|until|till|by|before|after|from|between|on|in|at|during|over|throughout|"
    r"around|about|ahead[ ]of|prior[ ]to|up[ ]to|as[ ]of|for|through|to|beginning|starting|within|"
    r"effective|as[ ]from|with[ ]effect[ ]from|no[ ]later[ ]than|not[ ]later[ ]than|"
    r"on[ ]or[ ]before|on[ ]or[ ]after)"
    r"(?:[ \n](?:on|from|in|around|about|at[ ]least|at)(?=[ \n]))?[ \t\u00a0\n]{1,4}",
    re.IGNORECASE,
)
_TO = re.compile(
    r"[ ]?[-–—][ ]?|[ \n]{1,3}(?:to|until|till|through|up[ ]to)[ \n]{1,3}", re.IGNORECASE
)
_BETWEEN = re.compile(r"[ \n]{1,3}and[ \n]{1,3}|[ ]?[-–—][ ]?", re.IGNORECASE)
_AND = re.compile(r"[ \n]{1,3}and[ \n]{1,3}", re.IGNORECASE)
_SINCE = frozenset({
    "since", "starting", "from", "beginning", "effective", "as from", "on or after",
    "with effect from",
})  # fmt: skip
_BY = frozenset({"by", "no later than", "not later than", "on or before"})
_PORTIONS = ("early", "mid", "late", "first_half", "second_half", "quarter")
_ORDER = tuple(Precision)


def _bounded(found: Found) -> bool:
    """Whether a reading can bound a range: 'early May' can, 'in recent weeks' cannot."""
    if found.precision is Precision.OPEN:
        return False
    return found.precision is not Precision.FUZZY or found.rule.startswith(_PORTIONS)


def _coarse(precision: Precision) -> int:
    return _ORDER.index(precision)
