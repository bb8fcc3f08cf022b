"""Scoring marked sentences: marks, folding of classes, and the choice of an event."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dragoman import Coder
from dragoman.codebook.conventions import load_conventions
from dragoman.coding.syntax import joining_word
from dragoman.errors import InputError
from dragoman.evaluation.types import evaluate_types, read_marked
from dragoman.schema import Span
from dragoman.typemodel import Query, Verdict

ROWS = [
    ("<s>Peru</s> condemned <t>Chile</t> on Friday.", "ACCUSE"),
    ("<t>Two Ugandan activists</t> were arrested by <s>Kenyan police</s>.", "COERCE"),
    ("<s>Uganda</s> withdrew its soldiers from <t>Congo</t>.", "RETREAT"),
    ("<s>Kenya</s> will meet <t>Somalia</t> next week.", "AGREE"),
    ("<s>Italy</s> is larger than <t>Malta</t>.", "AID"),
]


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    lines = ["marked_sentence\tgold_root", *(f"{a}\t{b}" for a, b in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_marks_become_spans(tmp_path: Path) -> None:
    sentences = read_marked(write(tmp_path / "rows.tsv", ROWS))
    first = sentences[0]
    assert first.text == "Peru condemned Chile on Friday."
    assert first.actor is not None
    assert first.recipient is not None
    assert (first.actor.of(first.text), first.recipient.of(first.text)) == ("Peru", "Chile")
    assert sentences[2].gold == "YIELD"


def test_scores(tmp_path: Path, coder: Coder) -> None:
    sentences = read_marked(write(tmp_path / "rows.tsv", ROWS))
    scores = evaluate_types(sentences, coder, load_conventions()["table"])
    assert (scores.sentences, scores.coded) == (5, 4)
    assert scores.accuracy == pytest.approx(0.8)
    assert scores.quad_accuracy == pytest.approx(0.8)
    assert scores.confusion == (("AID", "(none)", 1),)


@pytest.mark.parametrize(
    ("text", "first", "second", "word"),
    [
        ("Peru condemned Chile on Friday.", "Peru", "Chile", "condemned"),
        (
            "Kenyan police have arrested two Ugandan activists.",
            "Kenyan police",
            "Ugandan",
            "arrested",
        ),
        ("Oman said that Qatar had freed Yemen's sailors.", "Qatar", "Yemen", "freed"),
        ("Mali, which expelled France's envoy, held a vote.", "Mali", "France", "expelled"),
    ],
)
def test_the_parse_joins_two_by_a_word(
    coder: Coder, text: str, first: str, second: str, word: str
) -> None:
    spans = [Span(text.index(name), text.index(name) + len(name)) for name in (first, second)]
    joined = joining_word(coder.nlp(text), spans[0], spans[1])
    assert joined is not None
    assert joined.text == word


def test_nothing_joins_what_is_not_there(coder: Coder) -> None:
    doc = coder.nlp("Peru condemned Chile.")
    assert joining_word(doc, Span(40, 44), Span(0, 4)) is None


def test_unsure_verdicts_are_asked_again_with_the_joining_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Coder()
    assert whole.type_model is not None
    asked: list[Query] = []
    judge = whole.type_model.judge

    def noted(queries: Sequence[Query]) -> list[Verdict]:
        asked.extend(queries)
        return judge(queries)

    monkeypatch.setattr(whole.type_model, "judge", noted)
    monkeypatch.setattr("dragoman.evaluation.types._SURE", 1.1)
    sentences = read_marked(write(tmp_path / "rows.tsv", ROWS[:1]))
    evaluate_types(sentences, whole, load_conventions()["table"])
    about = [q.act for q in asked if q.text == sentences[0].text]
    assert Span(5, 14) in about


def test_unknown_type_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.tsv", [*ROWS, ("<s>A</s> did it.", "DANCE")])
    with pytest.raises(InputError, match="line 7: 'DANCE' is no PLOVER type"):
        read_marked(path)


@pytest.mark.parametrize(
    ("label", "status", "table", "manual"),
    [
        ("SANCTION/discontinue:163", "actual", "COERCE", "SANCTION"),
        ("SANCTION/discontinue", "actual", "SANCTION", "SANCTION"),
        ("SANCTION/convict:116", "actual", "ACCUSE", "SANCTION"),
        ("RETREAT/release:084", "planned", "AGREE", "RETREAT"),
        ("AID", "planned", "AGREE", "AGREE"),
        ("ASSAULT/aerial", "planned", "THREATEN", "ASSAULT"),
        ("ASSAULT/aerial", "alleged", "ASSAULT", "ASSAULT"),
    ],
)
def test_conventions(label: str, status: str, table: str, manual: str) -> None:
    known = load_conventions()
    assert known["table"].place(label, status) == table
    assert known["manual"].place(label, status) == manual
