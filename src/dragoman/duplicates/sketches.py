"""What linking needs of the words of a report, so that each report is read for it once.

A sketch depends on the report's text alone. It is made where the report is coded, or at
the first ``link`` after it; ``link`` itself then only joins sketches.
"""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.duplicates.copies import sign
from dragoman.duplicates.happenings import words_of

#: How many characters of a report stand for its words.
HEAD = 2000


@dataclass(frozen=True, slots=True)
class Sketch:
    """The words of one report in short.

    ``size`` and ``signature`` are those of ``copies.sign`` (128 little-endian uint32 of the
    whole text), ``words`` those of ``happenings.words_of`` (little-endian int32, sorted) of
    the first ``HEAD`` characters.
    """

    size: int
    signature: bytes
    words: bytes

    @classmethod
    def of(cls, text: str) -> Sketch:
        """Return the sketch of a report's text."""
        return cls(*sign(text), words_of(text[:HEAD]).tobytes())
