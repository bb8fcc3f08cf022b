"""From ``Document`` to ``Reading``: what is body text, and where and when it was filed."""

from __future__ import annotations

from dragoman.reading.dateline import read_published_line
from dragoman.reading.language import detect_language
from dragoman.reading.layout import Layout, lay_out
from dragoman.reading.words import load_layout_words
from dragoman.schema import Document, Reading

__all__ = ["Layout", "read"]


def read(document: Document) -> Reading:
    """Take a report apart. Raises nothing for any text: the coder decides what to refuse.

    The date of publication is that of the dateline, else that of the metadata (which a
    line such as 'Published: 30 March 2023' above the report counts as), else the option;
    the publisher is the agency of the dateline, else that of the metadata.
    ``language`` is an ISO 639-1 code; text with fewer than 40 letters counts as English.
    """
    words = load_layout_words()
    layout = lay_out(document, words)
    dateline = layout.dateline
    metadata = document.published_by_metadata
    if metadata is None and layout.published_line is not None:
        line = layout.published_line.of(document.text)
        metadata = read_published_line(line, words, document.published_by_option)
    published, published_from = None, None
    if dateline is not None and dateline.date is not None:
        published, published_from = dateline.date, "dateline"
    elif metadata is not None:
        published, published_from = metadata, "metadata"
    elif document.published_by_option is not None:
        published, published_from = document.published_by_option, "option"
    publisher, publisher_from = document.publisher, None
    if dateline is not None and dateline.agency is not None:
        publisher, publisher_from = words.agency_name(dateline.agency), "dateline"
    elif publisher is not None:
        publisher_from = "metadata"
    return Reading(
        document=document,
        blocks=layout.blocks,
        dateline=dateline,
        published=published,
        published_from=published_from,
        publisher=publisher,
        publisher_from=publisher_from,
        language=detect_language(document.text, layout.blocks, words),
    )
