"""A spaCy component for those who have their own pipeline: ``nlp.add_pipe("dragoman")``.

    nlp = spacy.load("en_core_web_sm")
    nlp.add_pipe("dragoman", config={"rules_only": True})
    doc = nlp("France’s president met the chancellor of Germany in Rome on 3 May 2024.")
    for event in doc._.dragoman.events:
        print(event.type, [doc.char_span(a.span.start, a.span.end) for a in event.actors])

``doc._.dragoman`` is the ``Report``, or ``None`` if the text was not coded; then
``doc._.dragoman_rejected`` says why. ``doc._.dragoman_events`` are its events. The day of
publication can be given beforehand as ``doc._.dragoman_published``. What is kept on the
doc is JSON text, so that docs can be saved and sent between processes.

The pipeline's own parse is used where the text is plain body text; a report with a
dateline, headings or the like is parsed once more by the same components without these
parts, because they must not be read as sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.tokens import Doc

from dragoman.errors import InputError
from dragoman.ingest import document_from_text
from dragoman.reading import read
from dragoman.reading.parse import masked_text
from dragoman.schema import Event, Report
from dragoman.serialise import from_json, to_json

if TYPE_CHECKING:
    from dragoman.pipeline import Coder


class DragomanComponent:
    """The component; it is loaded at the first doc, when the pipeline is complete."""

    def __init__(
        self,
        nlp: Language,
        name: str,
        rules_only: bool,
        type_model: str | None,
        actors: Sequence[str],
        publisher: str | None,
    ) -> None:
        self._nlp = nlp
        self._name = name
        self._rules_only = rules_only
        self._type_model = type_model
        self._actors = tuple(actors)
        self._publisher = publisher
        self._coder: Coder | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Code ``doc``; its tokens and entities are left as they are.

        Raises ``ConfigError`` if the pipeline has no tagger, parser, lemmatizer or entities.
        """
        doc._.dragoman_json = doc._.dragoman_rejected = None
        published = doc._.dragoman_published
        try:
            document = document_from_text(
                doc.text,
                published=date.fromisoformat(published) if published else None,
                publisher=self._publisher,
            )
            report = self._report(doc, document)
        except InputError as error:
            doc._.dragoman_rejected = f"{error.message} ({error.reason})"
            return doc
        doc._.dragoman_json = to_json(report)
        return doc

    def _report(self, doc: Doc, document: object) -> Report:
        from dragoman.schema import Document

        assert isinstance(document, Document)
        coder = self._loaded()
        reading = read(document)
        whole = doc.text == document.text == masked_text(reading)
        if whole and reading.language in {None, "en"}:
            # Coding mends tags in place, which must not reach the user's doc.
            return coder.code_parsed(reading, [doc.copy()])
        return coder.code(document)

    def _loaded(self) -> Coder:
        if self._coder is None:
            from dragoman.pipeline import Coder

            inner = Language(self._nlp.vocab, meta=self._nlp.meta)
            inner.tokenizer = self._nlp.tokenizer
            for name, _ in self._nlp.pipeline:
                if name != self._name:
                    inner.add_pipe(name, source=self._nlp)
            self._coder = Coder(
                inner,
                rules_only=self._rules_only,
                type_model=Path(self._type_model) if self._type_model else None,
                actors=[Path(actor) for actor in self._actors],
            )
        return self._coder


def _report_of(doc: Doc) -> Report | None:
    text = doc._.dragoman_json
    return from_json(text) if text else None


def _events_of(doc: Doc) -> tuple[Event, ...]:
    report = _report_of(doc)
    return report.events if report is not None else ()


@Language.factory(
    "dragoman",
    assigns=["doc._.dragoman", "doc._.dragoman_events"],
    default_config={"rules_only": False, "type_model": None, "actors": [], "publisher": None},
)
def make(
    nlp: Language,
    name: str,
    rules_only: bool,
    type_model: str | None,
    actors: list[str],
    publisher: str | None,
) -> DragomanComponent:
    """Return the component and register its attributes of docs."""
    for attribute in ("dragoman_json", "dragoman_rejected", "dragoman_published"):
        if not Doc.has_extension(attribute):
            Doc.set_extension(attribute, default=None)
    if not Doc.has_extension("dragoman"):
        Doc.set_extension("dragoman", getter=_report_of)
        Doc.set_extension("dragoman_events", getter=_events_of)
    return DragomanComponent(nlp, name, rules_only, type_model, actors, publisher)
