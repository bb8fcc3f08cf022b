"""Make sentences like the examples, whose types only a teacher can tell.

Real reports hold pairs of parties between which nothing happens, sentences cut otherwise
and words that no example has. A variant marks another name as the recipient, swaps the two
marks, leaves out words or has another verb; what it then tells is for the teachers to say.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dragoman.errors import ConfigError
from dragoman.schema import Span
from dragoman.typemodel.examples import Example

_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_WORD = re.compile(r"\S+ ")
_LETTERS = re.compile(r"[a-z]+")
#: How often a word outside the marks is left out of a thinned sentence.
_THIN = 0.15


def variants(examples: Sequence[Example], number: int, seed: int) -> list[Example]:
    """Return ``number`` variants of each example that has any; their labels mean nothing."""
    out: list[Example] = []
    for index, example in enumerate(examples):
        generator = _generator(seed, index)
        kinds = list(_kinds(example, generator))
        generator.shuffle(kinds)
        out.extend(kinds[:number])
    return out


def _kinds(example: Example, generator: random.Random) -> Iterator[Example]:
    marks = [span for span in (example.actor, example.recipient, example.act) if span is not None]
    others = [
        span
        for match in _NAME.finditer(example.text)
        if not _touches(span := Span(match.start(), match.end()), marks)
    ]
    if others:
        yield replace(example, recipient=generator.choice(others), act=None)
    if example.recipient is not None:
        yield replace(example, actor=example.recipient, recipient=example.actor, act=None)
    yield _thinned(example, marks, generator)


def read_verbs(path: Path) -> tuple[tuple[str, ...], ...]:
    """Read a table of verbs: tab-separated forms, the same number in every row.

    The forms are present, past (which is the participle, too) and the one in -ing. Lines that
    begin with ``#`` are comments. Raises ``ConfigError`` that names file and line.
    """
    out: list[tuple[str, ...]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        forms = tuple(line.split("\t"))
        if len(forms) != 3 or not all(form.isalpha() and form.islower() for form in forms):
            raise ConfigError(f"{path}:{number}: three forms of a verb are needed: '{line}'")
        out.append(forms)
    if not out:
        raise ConfigError(f"{path}: no verbs")
    return tuple(out)


def with_other_verbs(
    examples: Sequence[Example], verbs: Sequence[Sequence[str]], seed: int
) -> list[Example]:
    """Return the examples whose act holds a form of one of ``verbs``, with another one's.

    Their labels mean nothing.
    """
    form_of = {form: place for forms in verbs for place, form in enumerate(forms)}
    out: list[Example] = []
    for index, example in enumerate(examples):
        if example.act is None:
            continue
        words = _LETTERS.finditer(example.text, example.act.start, example.act.end)
        old = next((match for match in words if match.group() in form_of), None)
        if old is not None:
            new = _generator(seed, index).choice(verbs)[form_of[old.group()]]
            out.append(_edited(example, [(old.start(), old.end(), new)]))
    return out


def _generator(seed: int, index: int) -> random.Random:
    """Return a source of chance of its own for each example."""
    return random.Random(seed * 1_000_003 + index)


def _thinned(example: Example, marks: Sequence[Span], generator: random.Random) -> Example:
    """Leave out words outside the marks."""
    edits = [
        (match.start(), match.end(), "")
        for match in _WORD.finditer(example.text)
        if not _touches(Span(match.start(), match.end()), marks) and generator.random() < _THIN
    ]
    return replace(_edited(example, edits), act=None)


def _edited(example: Example, edits: Sequence[tuple[int, int, str]]) -> Example:
    """Put other words from ``start`` to ``end`` for each (start, end, words), in text order, and
    move the marks to where their words now are; no edit crosses the edge of a mark."""
    pieces: list[str] = []
    done = 0
    for start, end, words in edits:
        pieces += [example.text[done:start], words]
        done = end

    def moved(span: Span) -> Span:
        return Span(span.start + longer_at(span.start), span.end + longer_at(span.end))

    def longer_at(place: int) -> int:
        return sum(len(words) - (end - start) for start, end, words in edits if end <= place)

    return replace(
        example,
        text="".join([*pieces, example.text[done:]]),
        actor=moved(example.actor),
        recipient=moved(example.recipient) if example.recipient is not None else None,
        act=moved(example.act) if example.act is not None else None,
    )


def _touches(span: Span, marks: Sequence[Span]) -> bool:
    return any(span.start < mark.end and mark.start < span.end for mark in marks)
