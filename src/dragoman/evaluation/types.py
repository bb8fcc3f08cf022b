"""Score event types on sentences with marked actor and recipient.

The file is a TSV with the columns ``marked_sentence`` (``<s>…</s>`` marks the actor,
``<t>…</t>`` the recipient) and ``gold_root`` (a PLOVER type; ``YIELD`` is CONCEDE
and RETREAT together). Every sentence has exactly one gold type; a sentence in which
nothing is found counts as wrong.

With a type model, the model judges the marked sentence; where it is not sure, it is asked again
with the word marked by which the parse joins the two, and both answers are averaged. The event
that the whole coder finds between the marked spans adds its say; without a model, that event
alone counts.
Where the manual and the records differ on what counts as what, ``conventions.toml`` says so.
"""

from __future__ import annotations

import csv
import math
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dragoman.codebook.conventions import Convention
from dragoman.coding.syntax import joining_word
from dragoman.errors import InputError
from dragoman.ingest import document_from_text
from dragoman.schema import Event, Report, Span, Status
from dragoman.typemodel import Query, Verdict, mean_verdict
from dragoman.typemodel.examples import NONE as SILENT
from dragoman.typemodel.examples import join_label

if TYPE_CHECKING:
    from dragoman.pipeline import Coder
    from dragoman.typemodel import TypeModel

NOTHING = "(none)"
_MARK = re.compile(r"</?[st]>")
_QUAD = {
    "AGREE": 1, "CONSULT": 1, "SUPPORT": 1, "COOPERATE": 2, "AID": 2, "YIELD": 2,
    "REQUEST": 3, "ACCUSE": 3, "REJECT": 3, "THREATEN": 3, "PROTEST": 4, "SANCTION": 4,
    "MOBILIZE": 4, "COERCE": 4, "ASSAULT": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """A sentence with the spans of actor and recipient (``None`` if not marked)."""

    text: str
    actor: Span | None
    recipient: Span | None
    gold: str


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Precision, recall and F1 of one class."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class TypeScores:
    """Scores over a file; intervals are 95% bootstrap intervals over sentences."""

    sentences: int
    coded: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    quad_accuracy: float
    quad_interval: tuple[float, float]
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[str, str, int], ...]
    sentences_per_second: float


def read_marked(path: Path) -> list[MarkedSentence]:
    """Read a TSV of marked sentences. Raises ``InputError`` that names file and line."""
    csv.field_size_limit(10_000_000)
    out: list[MarkedSentence] = []
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle, delimiter="\t")
        if not {"marked_sentence", "gold_root"} <= set(reader.fieldnames or ()):
            raise InputError(
                str(path), "columns", "the columns marked_sentence and gold_root are needed"
            )
        for row in reader:
            gold = fold(row["gold_root"].strip().upper())
            if gold not in _QUAD:
                raise InputError(
                    str(path), "type", f"line {reader.line_num}: '{gold}' is no PLOVER type"
                )
            out.append(_unmark(row["marked_sentence"], gold))
    return out


def fold(name: str) -> str:
    """Fold CONCEDE and RETREAT into the class YIELD."""
    return "YIELD" if name in {"CONCEDE", "RETREAT"} else name


def _unmark(marked: str, gold: str) -> MarkedSentence:
    text = ""
    spans: dict[str, Span] = {}
    opened: dict[str, int] = {}
    position = 0
    for match in _MARK.finditer(marked):
        text += marked[position : match.start()]
        position = match.end()
        name = match.group().strip("</>")
        if match.group().startswith("</"):
            if name in opened:
                spans[name] = Span(opened.pop(name), len(text))
        else:
            opened[name] = len(text)
    return MarkedSentence(text + marked[position:], spans.get("s"), spans.get("t"), gold)


def _overlap(span: Span | None, others: Sequence[Span]) -> bool:
    return span is not None and any(o.start < span.end and span.start < o.end for o in others)


def counted_type(event: Event, convention: Convention) -> str:
    """Return the class of a marked-sentence file that an event counts as."""
    label = join_label(event.type.value, event.mode, event.cameo[:3])
    return fold(convention.place(label, event.status.value))


#: What the coder's event adds to the log-probability of its type, by how well its
#: participants fit the marks (0 to 4); found on the project's own held-out examples.
_RULE_WEIGHT = 0.35
#: A second answer is asked for where no type has this probability (held-out examples, too).
_SURE = 0.7


def decide(
    sentence: MarkedSentence,
    report: Report | None,
    verdict: Verdict | None,
    convention: Convention,
) -> str:
    """Return the class by the model's verdict and the coder's report, whichever there are."""
    fit, name = choose(sentence, report, convention) if report is not None else (0.0, NOTHING)
    if verdict is None:
        return name
    scores: dict[str, float] = {}
    planned = verdict.statuses[Status.PLANNED.value]
    for label, probability in verdict.acts.items():
        if label != SILENT:
            for status, share in ((Status.PLANNED.value, planned), ("", 1 - planned)):
                counted = fold(convention.place(label, status))
                scores[counted] = scores.get(counted, 0.0) + probability * share
    if name != NOTHING:
        scores[name] = max(scores.get(name, 0.0), 1e-6) * math.exp(_RULE_WEIGHT * fit)
    return max(scores, key=lambda kind: scores[kind])


def choose(sentence: MarkedSentence, report: Report, convention: Convention) -> tuple[float, str]:
    """Return the class of the event that fits the marks best, and how many ends fit (0 to 4)."""
    best: tuple[float, float, str] = (-1.0, 0.0, NOTHING)
    for event in report.events:
        actors = [a.span for a in event.actors]
        recipients = [a.span for a in event.recipients]
        fit = 2.0 * _overlap(sentence.actor, actors) + 2.0 * _overlap(
            sentence.recipient, recipients
        )
        fit += 1.0 * _overlap(sentence.recipient, actors) + 1.0 * _overlap(
            sentence.actor, recipients
        )
        rank = fit + event.confidence / 2 - event.mentions[0].predicate.start / 1e5
        if rank > best[0]:
            best = (rank, min(fit, 4.0), counted_type(event, convention))
    return best[1:]


def evaluate_types(
    sentences: Sequence[MarkedSentence], coder: Coder, convention: Convention, seed: int = 1
) -> TypeScores:
    """Code every sentence and score the chosen types, counted by the file's convention."""
    documents = [document_from_text(sentence.text) for sentence in sentences]
    start = time.perf_counter()
    verdicts: Sequence[Verdict | None] = [None] * len(sentences)
    if coder.type_model is not None:
        verdicts = _judge(sentences, coder, coder.type_model)
    predicted: list[str] = []
    for sentence, result, verdict in zip(sentences, coder.stream(documents), verdicts, strict=True):
        report = result if isinstance(result, Report) else None
        predicted.append(decide(sentence, report, verdict, convention))
    seconds = time.perf_counter() - start
    pairs = [(sentence.gold, guess) for sentence, guess in zip(sentences, predicted, strict=True)]
    accuracy, macro, quad, classes = _scores(pairs)
    generator = random.Random(seed)
    draws = [_scores(generator.choices(pairs, k=len(pairs)))[:3] for _ in range(500)]

    def interval(index: int) -> tuple[float, float]:
        values = sorted(draw[index] for draw in draws)
        return values[int(0.025 * len(values))], values[int(0.975 * len(values)) - 1]

    wrong = Counter((gold, guess) for gold, guess in pairs if gold != guess)
    return TypeScores(
        sentences=len(pairs),
        coded=sum(guess != NOTHING for guess in predicted),
        accuracy=accuracy,
        accuracy_interval=interval(0),
        macro_f1=macro,
        macro_f1_interval=interval(1),
        quad_accuracy=quad,
        quad_interval=interval(2),
        classes=classes,
        confusion=tuple((g, p, n) for (g, p), n in wrong.most_common()),
        sentences_per_second=len(pairs) / seconds,
    )


def _judge(sentences: Sequence[MarkedSentence], coder: Coder, model: TypeModel) -> list[Verdict]:
    """Return the model's verdict on each sentence, or the mean of two where one is not sure.

    Each is asked about as a report of its own: what is judged together is rounded together.
    """
    verdicts = [model.judge([Query(s.text, s.actor, s.recipient)])[0] for s in sentences]
    unsure = [i for i, verdict in enumerate(verdicts) if verdict.types[verdict.type] < _SURE]
    for i, doc in zip(unsure, coder.nlp.pipe(sentences[i].text for i in unsure), strict=True):
        sentence = sentences[i]
        if sentence.actor is None or sentence.recipient is None:
            continue
        word = joining_word(doc, sentence.actor, sentence.recipient)
        if word is not None:
            act = Span(word.idx, word.idx + len(word))
            query = Query(sentence.text, sentence.actor, sentence.recipient, act)
            verdicts[i] = mean_verdict(verdicts[i], model.judge([query])[0])
    return verdicts


def _scores(
    pairs: Sequence[tuple[str, str]],
) -> tuple[float, float, float, tuple[ClassScore, ...]]:
    golds = Counter(gold for gold, _ in pairs)
    guesses = Counter(guess for _, guess in pairs)
    right = Counter(gold for gold, guess in pairs if gold == guess)
    classes = []
    for name in sorted(golds):
        precision = right[name] / guesses[name] if guesses[name] else 0.0
        recall = right[name] / golds[name]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        classes.append(ClassScore(name, precision, recall, f1, golds[name]))
    quad = sum(_QUAD[gold] == _QUAD.get(guess) for gold, guess in pairs)
    return (
        sum(right.values()) / len(pairs),
        sum(c.f1 for c in classes) / len(classes),
        quad / len(pairs),
        tuple(classes),
    )
