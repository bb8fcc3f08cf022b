"""Judgements item by item, and precision, recall and F1 of events.

A predicted event is true if it pairs with a gold event and its type is among the
gold's, its actor and recipient codes are the gold's (as one set for a symmetric act)
and its status is the gold's. Hypothetical events are not scored. Intervals are
95 % bootstrap percentiles over documents.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dragoman.evaluation.gold import Forbidden, Gold, locate
from dragoman.evaluation.matching import Pair, agrees, inside, match, mentions_of
from dragoman.schema import BlockKind, Event, Report, Span, Status

_SCORED = frozenset({Status.ACTUAL, Status.PLANNED, Status.ALLEGED, Status.DENIED})
_FORBIDDEN = frozenset({Status.ACTUAL, Status.PLANNED, Status.ALLEGED})
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Violation:
    """An event, statement, relation or title found where the gold says that there is none."""

    id: str
    evidence: str
    found: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything about one document."""

    gold: Gold
    report: Report
    pairs: tuple[Pair, ...]
    added: tuple[Event, ...]
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """True, predicted and gold events."""

    true: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.true + other.true, self.predicted + other.predicted, self.gold + other.gold
        )

    @property
    def precision(self) -> float:
        """The share of predicted events that are true; 0 if there are none."""
        return self.true / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The share of gold events that were found; 0 if there are none."""
        return self.true / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.predicted + self.gold
        return 2 * self.true / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts over all documents with the 95 % intervals of precision, recall and F1."""

    counts: Counts
    precision: tuple[float, float]
    recall: tuple[float, float]
    f1: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Judgements of every document, and scores by what had to be right."""

    judgements: tuple[Judgement, ...]
    overall: Scores
    type_only: Scores
    dyad_only: Scores
    by_type: dict[str, Scores]
    by_status: dict[str, Scores]

    @property
    def items(self) -> Counter[str]:
        """Gold items by outcome, with wrongly added events and violations."""
        counter: Counter[str] = Counter()
        for judgement in self.judgements:
            counter.update(outcome(pair) for pair in judgement.pairs)
            counter["added"] += len(judgement.added)
            counter["violations"] += len(judgement.violations)
        return counter


def outcome(pair: Pair) -> str:
    """Return ``found``, ``wrong values`` or ``missed``."""
    if pair.found is None:
        return "missed"
    return "wrong values" if pair.wrong else "found"


def judge(gold: Gold, report: Report) -> Judgement:
    """Compare one report with its gold. Raises ``GoldError`` for evidence not in the text."""
    pairs = match(gold, report)
    paired = {id(pair.found) for pair in pairs}
    added = tuple(e for e in report.events if e.status in _SCORED and id(e) not in paired)
    return Judgement(gold, report, pairs, added, tuple(_violations(gold, report)))


def evaluate(cases: Iterable[tuple[Gold, Report]], *, seed: int = 0) -> Evaluation:
    """Compare reports with their gold; the bootstrap is the same for the same ``seed``."""
    judgements = tuple(judge(gold, report) for gold, report in cases)
    full = [_counts(j, "full") for j in judgements]
    kinds = [_counts(j, "type") for j in judgements]
    dyads = [_counts(j, "dyad") for j in judgements]
    types = [_classes(j, "type") for j in judgements]
    statuses = [_classes(j, "status") for j in judgements]
    return Evaluation(
        judgements,
        _scores(full, seed),
        _scores(kinds, seed),
        _scores(dyads, seed),
        _by_class(types, seed),
        _by_class(statuses, seed),
    )


def _violations(gold: Gold, report: Report) -> Iterable[Violation]:
    text = report.document.text
    titles = [b.span for b in report.reading.blocks if b.kind is BlockKind.TITLE]
    for forbidden in gold.must_not:
        for place in locate(forbidden.evidence, text):
            if forbidden.kind != "event":
                yield from _standing(forbidden, place, report)
                continue
            for event in report.events:
                hit = any(inside(m.predicate, place) for m in mentions_of(event))
                if event.status in _FORBIDDEN and hit:
                    found = f"{event.type.value} {event.status.value}"
                    yield Violation(forbidden.id, forbidden.evidence, found)
            teaser = forbidden.evidence in gold.boilerplate
            if teaser and any(inside(place, title) for title in titles):
                yield Violation(forbidden.id, forbidden.evidence, "title")


def _standing(forbidden: Forbidden, place: Span, report: Report) -> Iterable[Violation]:
    """Yield the statements or relations that were found where the gold says there is none."""
    if forbidden.kind == "statement":
        told = [(one.mention, one.stance) for one in report.statements]
    else:
        told = [(one.mention, one.label) for one in report.relations]
    for mention, name in told:
        if inside(mention.predicate, place):
            yield Violation(forbidden.id, forbidden.evidence, f"{forbidden.kind} {name}")


def _right(pair: Pair, what: str) -> bool:
    if not isinstance(pair.found, Event):
        return False
    kind, dyad, status = agrees(pair.item, pair.found)
    return {"full": kind and dyad and status, "type": kind, "dyad": dyad}[what]


def _gold_events(judgement: Judgement) -> list[Pair]:
    return [
        pair
        for pair in judgement.pairs
        if pair.item.kind == "event" and pair.item.status != Status.HYPOTHETICAL
    ]


def _predicted(judgement: Judgement) -> list[Event]:
    return [event for event in judgement.report.events if event.status in _SCORED]


def _true(judgement: Judgement, what: str) -> list[Pair]:
    return [
        pair
        for pair in _gold_events(judgement)
        if isinstance(pair.found, Event) and pair.found.status in _SCORED and _right(pair, what)
    ]


def _counts(judgement: Judgement, what: str) -> Counts:
    true = len(_true(judgement, what))
    return Counts(true, len(_predicted(judgement)), len(_gold_events(judgement)))


def _classes(judgement: Judgement, key: str) -> dict[str, Counts]:
    """Return counts by type or status; a true event is of the class it was predicted as."""

    def of(event: Event) -> str:
        return event.type.value if key == "type" else event.status.value

    counts: dict[str, Counts] = {}

    def add(name: str, more: Counts) -> None:
        counts[name] = counts.get(name, Counts()) + more

    for event in _predicted(judgement):
        add(of(event), Counts(predicted=1))
    true = {id(pair): pair for pair in _true(judgement, "full")}
    for pair in _gold_events(judgement):
        if id(pair) in true and isinstance(pair.found, Event):
            add(of(pair.found), Counts(true=1, gold=1))
        else:
            add(pair.item.types[0] if key == "type" else pair.item.status, Counts(gold=1))
    return counts


def _by_class(documents: Sequence[dict[str, Counts]], seed: int) -> dict[str, Scores]:
    names = sorted({name for counts in documents for name in counts})
    return {name: _scores([c.get(name, Counts()) for c in documents], seed) for name in names}


def _scores(documents: Sequence[Counts], seed: int) -> Scores:
    total = sum(documents, Counts())
    if not documents:
        return Scores(total, (0.0, 0.0), (0.0, 0.0), (0.0, 0.0))
    chance = random.Random(seed)
    samples = [
        sum(chance.choices(documents, k=len(documents)), Counts()) for _ in range(_RESAMPLES)
    ]
    return Scores(
        total,
        _interval([s.precision for s in samples]),
        _interval([s.recall for s in samples]),
        _interval([s.f1 for s in samples]),
    )


def _interval(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[round(0.025 * last)], ordered[round(0.975 * last)]
