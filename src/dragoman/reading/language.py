"""Which language is the body in?"""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.reading.words import LayoutWords
from dragoman.schema import Block, BlockKind

_SAMPLE = 2000
_LETTERS = 40
_SHORT = 250


def detect_language(text: str, blocks: Sequence[Block], words: LayoutWords) -> str:
    """Return the ISO 639-1 code of the first 2,000 characters of body text.

    Text full of English function words is English: a classifier of letter sequences
    stumbles over foreign names. The rest is asked of py3langid; in short texts two such
    words stand against its answer.
    """
    pieces: list[str] = []
    size = 0
    for block in blocks:
        if block.kind is BlockKind.BODY and size < _SAMPLE:
            piece = text[block.span.start : min(block.span.end, block.span.start + _SAMPLE - size)]
            pieces.append(piece)
            size += len(piece)
    sample = " ".join(pieces)
    letters = sum(character.isalpha() for character in sample)
    if letters < _LETTERS:
        return "en"
    tokens = [token.strip(".,;:!?\"'()“”‘’").lower() for token in sample.split()]
    english = sum(token in words.english for token in tokens)
    if english >= 0.15 * len(tokens):
        return "en"
    import py3langid

    language = str(py3langid.classify(sample)[0])
    if letters < _SHORT and (english >= 2 or language not in words.languages):
        return "en"
    if language != "en" and letters < _SHORT // 2 and english >= 1:
        return "en"
    return language
