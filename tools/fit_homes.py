"""Fit the weights of codebook/homes.toml to training/homes.txt.

    python tools/fit_homes.py training/homes.txt

Prints the weights fitted to all labelled phrases, and how often weights that are fitted to
nine tenths of the reports are right on the tenth that is left out, for several least
probabilities; then the same for the weights that the codebook has.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragoman import Coder
from dragoman.codebook.homes import COUNTRY_SIGNS, NONE_SIGNS, load_homes
from dragoman.coding.syntax import repair
from dragoman.ingest import document_from_text
from dragoman.resolving.actor_homes import likeliest
from dragoman.resolving.actors import ActorResolver, ActorTables
from dragoman.resolving.gazetteer import Gazetteer
from dragoman.resolving.places import PlaceResolver
from dragoman.schema import Span

_MARK = re.compile(r"\[\[(.+?)\|([A-Z]{3}|-)\]\]")
_FOLDS, _STEPS, _RIDGE = 10, 8, 1.0
NONE = "-"


@dataclass(frozen=True)
class Labelled:
    """A phrase: its candidates, the signs for each (candidates x signs), and the right one."""

    report: int
    phrase: str
    candidates: list[str]
    signs: np.ndarray
    right: str


def reports(path: Path) -> Iterator[tuple[str, list[tuple[Span, str]]]]:
    """Yield each report's text with the labelled spans and their countries."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        text, end, labels = "", 0, []
        for mark in _MARK.finditer(line):
            text += line[end : mark.start()]
            labels.append((Span(len(text), len(text) + len(mark[1])), mark[2]))
            text, end = text + mark[1], mark.end()
        yield text + line[end:], labels


def labelled(path: Path) -> Iterator[Labelled]:
    """Yield the labelled phrases of a file that hold a role word."""
    coder = Coder(rules_only=True)
    places = PlaceResolver(Gazetteer.open())
    resolver = ActorResolver(ActorTables.load(), places.country_of)
    found = list(reports(path))
    parsed = coder.parse([document_from_text(text) for text, _ in found])
    for number, ((_, labels), (_, doc)) in enumerate(zip(found, parsed, strict=True)):
        repair(doc)
        people = resolver.open(doc, published=None)
        for span, right in labels:
            role = people.role_at(span)
            if role is None:
                continue
            index, words = role
            actors = people.of(doc[index])
            sector = actors[0].sector if actors else words.role.sector
            signs = people.home_signs(index, words)
            none = people.homeless_signs(index, words, sector)
            rows = [[*(float(s[n]) for n in COUNTRY_SIGNS), *(0.0 for _ in NONE_SIGNS)]
                    for s in signs.values()]  # fmt: skip
            rows.append([*(0.0 for _ in COUNTRY_SIGNS), *(float(none[n]) for n in NONE_SIGNS)])
            yield Labelled(number, span.of(doc.text), [*signs, NONE], np.array(rows), right)


def fit(rows: list[Labelled]) -> np.ndarray:
    """Return the weights of the likeliest right answers, with a ridge towards nought (Newton)."""
    size = rows[0].signs.shape[1]
    weights = np.zeros(size)
    known = [row for row in rows if row.right in row.candidates]
    for _ in range(_STEPS):
        slope, bend = -_RIDGE * weights, _RIDGE * np.eye(size)
        for row in known:
            share = shares(row, weights)
            mean = share @ row.signs
            slope += row.signs[row.candidates.index(row.right)] - mean
            bend += (row.signs.T * share) @ row.signs - np.outer(mean, mean)
        weights += np.linalg.solve(bend, slope)
    return weights


def shares(row: Labelled, weights: np.ndarray) -> np.ndarray:
    """Return the probability of each candidate."""
    logits = row.signs @ weights
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def verdict(row: Labelled, weights: np.ndarray, least: float) -> str:
    """Say whether the weights' answer is right, wrong, or none where there is one."""
    *logits, none = row.signs @ weights
    answer = NONE
    if logits:
        best, probability = likeliest(dict(zip(row.candidates, logits, strict=False)), none)
        answer = best if probability >= least else NONE
    return "right" if answer == row.right else "none" if answer == NONE else "wrong"


def main() -> None:
    """Print weights and how often they are right."""
    rows = list(labelled(Path(sys.argv[1])))
    named = sum(row.right != NONE for row in rows)
    print(f"{len(rows)} phrases, {named} with a country")
    for name, weight in zip((*COUNTRY_SIGNS, *NONE_SIGNS), fit(rows), strict=True):
        print(f"{name:18s}{weight:6.2f}")
    folds = [fit([r for r in rows if r.report % _FOLDS != fold]) for fold in range(_FOLDS)]
    codebook = load_homes()
    own = np.array(
        [*(codebook.country[n] for n in COUNTRY_SIGNS), *(codebook.none[n] for n in NONE_SIGNS)]
    )
    for least in (0.3, 0.4, 0.5, 0.6, 0.7):
        left_out = Counter(verdict(r, folds[r.report % _FOLDS], least) for r in rows)
        now = Counter(verdict(r, own, least) for r in rows)
        print(f"at least {least}: left out {dict(left_out)}, codebook {dict(now)}")


if __name__ == "__main__":
    main()
