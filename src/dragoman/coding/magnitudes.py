"""How many: killed, injured, arrested, the size of a crowd, sums of money."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from spacy.tokens import Token

from dragoman.coding.attribution import token_span
from dragoman.coding.syntax import Tree
from dragoman.schema import Magnitude, Span

_DIGITS = re.compile(r"\d[\d,]{0,20}(?:\.\d{1,6})?")
_PEOPLE_SINGULAR = frozenset({"NN", "NNP"})


@dataclass(frozen=True, slots=True)
class Numbers:
    """Number words of ``numbers.toml``."""

    units: Mapping[str, float]
    scales: Mapping[str, float]
    vague: Mapping[str, float]
    currency: Mapping[str, str]

    @classmethod
    def load(cls) -> Numbers:
        """Load the packaged table."""
        raw = tomllib.loads(
            (files("dragoman.codebook") / "numbers.toml").read_text(encoding="utf-8")
        )
        return cls(raw["units"], raw["scales"], raw["vague"], raw["currency"])

    def read(self, words: Iterable[str]) -> float | None:
        """Read a number in words or digits ('twenty-three', '1.2 million'); ``None`` if none."""
        total = current = 0.0
        seen = False
        for raw in words:
            for word in raw.lower().split("-"):
                if _DIGITS.fullmatch(word):
                    current += float(word.replace(",", ""))
                elif word in self.units:
                    current += self.units[word]
                elif word == "hundred":
                    current = (current or 1.0) * 100.0
                elif word in self.scales:
                    total += (current or 1.0) * self.scales[word]
                    current = 0.0
                elif word in {"and", "a", "an"}:
                    continue
                else:
                    return None
                seen = True
        return total + current if seen else None

    def is_word(self, word: str) -> bool:
        """Tell whether a word can be part of a number."""
        return bool(_DIGITS.fullmatch(word)) or word in self.units or word in self.scales


def _bounds(tokens: list[Token], value: float) -> tuple[float, float | None]:
    lowered = " ".join(token.lower_ for token in tokens)
    if any(mark in lowered for mark in ("at least", "more than", "over", "upwards of", "no fewer")):
        return value, None
    if any(mark in lowered for mark in ("up to", "as many as", "fewer than", "less than")):
        return 0.0, value
    return value, value


def count_of(noun: Token, tree: Tree, numbers: Numbers) -> tuple[float, float | None, Span] | None:
    """Return (low, high, span) of the number of a noun phrase, or ``None`` if none is told."""
    content = tree.content(noun)
    for item in dict.fromkeys((noun, content)):
        for child in tree.kids(item, "nummod"):
            value = numbers.read(
                [t.text for t in sorted((child, *tree.kids(child, "compound")), key=lambda t: t.i)]
            )
            if value is None:
                continue
            quantity = sorted(tree.subtree(child), key=lambda t: t.i)
            before = list(tree.doc[max(0, quantity[0].i - 3) : quantity[0].i])
            low, high = _bounds([*before, *quantity], value)
            return low, high, Span(quantity[0].idx, item.idx + len(item.text))
        for child in tree.kids(item, "amod", "det", "quantmod"):
            if child.lower_ in numbers.vague:
                return numbers.vague[child.lower_], None, token_span(child, item)
    if noun.lower_ in numbers.vague:
        return (
            numbers.vague[noun.lower_],
            None,
            token_span(noun, max(noun, content, key=lambda t: t.i)),
        )
    if noun.i != content.i or noun.like_num:
        value = numbers.read([noun.text])
        if value is not None:
            low, high = _bounds(list(tree.doc[max(0, noun.i - 2) : noun.i]), value)
            return low, high, token_span(noun, max(noun, content, key=lambda t: t.i))
    if noun.tag_ in _PEOPLE_SINGULAR:
        for child in tree.kids(noun, "det"):
            if child.lower_ in {"a", "an", "one", "the"} and (
                child.lower_ != "the" or noun.tag_ == "NN"
            ):
                return 1.0, 1.0, token_span(child, noun)
        if noun.ent_type_ == "PERSON":
            return 1.0, 1.0, token_span(noun)
    return None


def people(
    kind: str, nouns: Iterable[Token], tree: Tree, rule: str, numbers: Numbers
) -> Magnitude | None:
    """Add up the people counted by coordinated nouns ('two soldiers and a child')."""
    low, high, spans = 0.0, 0.0, []
    open_end = False
    for noun in nouns:
        if noun.lower_ in {"people", "person"} or noun.pos_ in {"NOUN", "PROPN", "NUM", "PRON"}:
            counted = count_of(noun, tree, numbers)
            if counted is None:
                continue
            low += counted[0]
            open_end = open_end or counted[1] is None
            high += counted[1] or 0.0
            spans.append(counted[2])
    if not spans:
        return None
    return Magnitude(
        kind=kind,
        low=low,
        high=None if open_end else high,
        unit="people",
        span=Span(min(s.start for s in spans), max(s.end for s in spans)),
        rule=rule,
    )


def money(tokens: Iterable[Token], tree: Tree, numbers: Numbers) -> Magnitude | None:
    """Return the first sum of money among ``tokens``, in ISO 4217 units."""
    for token in sorted(tokens, key=lambda t: t.i):
        if token.ent_type_ != "MONEY":
            continue
        run = [token]
        doc = tree.doc
        while run[-1].i + 1 < len(doc) and doc[run[-1].i + 1].ent_type_ == "MONEY":
            run.append(doc[run[-1].i + 1])
        first = run[0].i
        if first > 0 and doc[first - 1].text in numbers.currency:
            run.insert(0, doc[first - 1])
        unit = next(
            (
                numbers.currency[w]
                for t in run
                for w in (t.text, t.lower_, t.lemma_.lower())
                if w in numbers.currency
            ),
            None,
        )
        value = numbers.read([t.text for t in run if numbers.is_word(t.lower_)])
        if unit is not None and value is not None:
            low, high = _bounds(list(doc[max(0, run[0].i - 3) : run[-1].i]), value)
            return Magnitude("money", low, high, unit, token_span(run[0], run[-1]), "money")
    return None
