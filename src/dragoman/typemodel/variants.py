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
        generator = random.Random(seed * 1_000_003 + index)
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
        generator = random.Random(seed * 1_000_003 + index)
        said = example.text[example.act.start : example.act.end]
        for match in _LETTERS.finditer(said):
            if match.group() in form_of:
                start = example.act.start + match.start()
                old = Span(start, start + len(match.group()))
                new = generator.choice(verbs)[form_of[match.group()]]
                out.append(_exchanged(example, old, new))
                break
    return out


def _exchanged(example: Example, old: Span, new: str) -> Example:
    """Put ``new`` in the place of the words ``old``, and move the marks behind them."""
    longer = len(new) - (old.end - old.start)

    def moved(span: Span | None) -> Span | None:
        if span is None:
            return None
        return Span(
            span.start + longer if span.start >= old.end else span.start,
            span.end + longer if span.end >= old.end else span.end,
        )

    actor = moved(example.actor)
    assert actor is not None
    return replace(
        example,
        text=example.text[: old.start] + new + example.text[old.end :],
        actor=actor,
        recipient=moved(example.recipient),
        act=moved(example.act),
    )


def _thinned(example: Example, marks: Sequence[Span], generator: random.Random) -> Example:
    """Leave out words outside the marks, and move the marks to where their words now are."""
    kept: list[str] = []
    gone: list[tuple[int, int]] = []
    end = 0
    for match in _WORD.finditer(example.text):
        span = Span(match.start(), match.end())
        if not _touches(span, marks) and generator.random() < _THIN:
            kept.append(example.text[end : span.start])
            gone.append((span.start, span.end - span.start))
            end = span.end
    kept.append(example.text[end:])

    def moved(span: Span) -> Span:
        shift = sum(size for start, size in gone if start < span.start)
        return Span(span.start - shift, span.end - shift)

    return replace(
        example,
        text="".join(kept),
        actor=moved(example.actor),
        recipient=moved(example.recipient) if example.recipient is not None else None,
        act=None,
    )


def _touches(span: Span, marks: Sequence[Span]) -> bool:
    return any(span.start < mark.end and mark.start < span.end for mark in marks)
