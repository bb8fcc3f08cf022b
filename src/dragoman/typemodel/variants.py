"""Make sentences like the examples, whose types only a teacher can tell.

Real reports hold pairs of parties between which nothing happens, sentences cut otherwise
and words that no example has. A variant marks another name as the recipient, swaps the two
marks, or leaves out words; what it then tells is for the teachers to say.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dragoman.schema import Span
from dragoman.typemodel.examples import Example

_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_WORD = re.compile(r"\S+ ")
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
