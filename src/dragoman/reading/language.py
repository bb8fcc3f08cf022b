"""Name the language of a text (py3langid, offline)."""

from __future__ import annotations

import unicodedata

import py3langid

#: Below this number of letters no detector is reliable; such a text counts as English.
_ENOUGH = 60
#: How many characters of the body are looked at.
_SAMPLE = 4000


def language_of(text: str) -> str:
    """Return the ISO 639-1 code of a text; short texts in Latin letters count as English."""
    sample = text[:_SAMPLE]
    letters = [character for character in sample if character.isalpha()]
    if not letters:
        return "en"
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters[:400]) / len(letters[:400])
    if len(letters) < _ENOUGH and latin > 0.5:
        return "en"
    code, _ = py3langid.classify(sample)
    return str(code)
