"""Tell by its words alone whether a report or a sentence can hold anything to code.

A crawl holds more recipes and football than politics. A sentence's score is the sum of its
different words' weights: the logarithm of the odds that it is one of political news. A report
is no political news only if the three best of its sentences are below 0 on the average, and
not one of them is clearly political; a text of one or two sentences always may be. Such a
report is not even parsed if the user wishes so (``--prefilter``).

Where a team 'attacks' and shares 'retreat', the frames find acts. So a sentence has to be
likelier political than not where its report, or who acts in it, is nobody political; elsewhere
only a sentence that clearly is of other news holds no act. ``tools/prefilter_words.py`` makes
the weights from the project's own sentences; ``benchmarks/prefilter.py`` prints what is lost
and what is saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dragoman.errors import ConfigError

_FILE = "codebook/prefilter.tsv"
_WORD = re.compile(r"[a-z]+(?:[-'][a-z]+)*")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\n+")


#: A report is kept for one sentence with this score, or for so many with this score on average.
_CLEAR, _MANY, _LIKELY = 2.0, 3, 0.0
#: A sentence below this score tells of other things, whatever its report is about.
_OTHER = -2.0


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Weights by word, and what every sentence has beside them."""

    weights: Mapping[str, float]
    bias: float

    def score(self, sentence: str) -> float:
        """Return the logarithm of the odds that a sentence is political news."""
        return self.bias + sum(self.weights.get(word, 0.0) for word in words_of(sentence))

    def keeps(self, text: str) -> bool:
        """Tell whether ``text`` may be political news."""
        scores: list[float] = []
        for sentence in sentences_of(text):
            scores.append(self.score(sentence))
            if scores[-1] >= _CLEAR:
                return True
        if len(scores) < _MANY:
            return True
        return sum(sorted(scores)[-_MANY:]) / _MANY >= _LIKELY

    def holds(self, sentence: str, *, doubtful: bool) -> bool:
        """Tell whether a sentence may report an act.

        ``doubtful`` if its report is no political news, or nobody political acts in it.
        """
        return self.score(sentence) >= (_LIKELY if doubtful else _OTHER)


@cache
def load_prefilter() -> Prefilter:
    """Load the packaged words. Raises ``ConfigError`` that names the line."""
    weights: dict[str, float] = {}
    bias: float | None = None
    text = (files("dragoman") / _FILE).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        word, _, value = line.partition("\t")
        try:
            weight = float(value)
        except ValueError as error:
            raise ConfigError(f"{_FILE}:{number}: '{value}' is no number") from error
        if word == "(bias)":
            bias = weight
        else:
            weights[word] = weight
    if bias is None:
        raise ConfigError(f"{_FILE}: the line '(bias)' is missing")
    return Prefilter(weights, bias)


def words_of(sentence: str) -> set[str]:
    """Return the different words of a sentence, in small letters."""
    return set(_WORD.findall(sentence.lower().replace("’", "'")))


def sentences_of(text: str) -> Iterator[str]:
    """Yield the sentences of a text, by their ends and by lines, but those of one word."""
    return (part for part in _SENTENCE_ENDS.split(text) if len(part.split(None, 2)) > 1)
