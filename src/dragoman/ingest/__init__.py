"""From bytes to documents: files, standard input, encodings, HTML."""

from __future__ import annotations

from dragoman.ingest.files import Reader, document_from_text, read_source

__all__ = ["Reader", "document_from_text", "read_source"]
