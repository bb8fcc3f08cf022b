"""From a document to body text: layout, dateline, language, parse."""

from __future__ import annotations

from dragoman.reading.layout import Layout, read

__all__ = ["Layout", "read"]
