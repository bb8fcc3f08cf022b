"""From bytes to ``Document``: files, standard input, text and HTML."""

from dragoman.ingest.files import document_from_text, read_source
from dragoman.ingest.html import HtmlReader

__all__ = ["HtmlReader", "document_from_text", "read_source"]
