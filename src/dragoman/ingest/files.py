"""Read one file, or standard input, as a document."""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

from dragoman.errors import InputError
from dragoman.ingest.encodings import decode
from dragoman.ingest.html import HtmlReader, looks_like_html
from dragoman.schema import Document

#: Largest file that is read, in bytes.
MAX_BYTES = 20_000_000
#: Longest text that is coded, in characters (spaCy's own limit for one text).
MAX_CHARACTERS = 1_000_000


class Reader:
    """Read sources one by one; keeps one HTML worker for all of them."""

    def __init__(self, *, max_bytes: int = MAX_BYTES, html_seconds: float = 20.0) -> None:
        self._max_bytes = max_bytes
        self._html = HtmlReader(html_seconds)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the HTML worker."""
        self._html.close()

    def read(
        self,
        source: str | Path,
        *,
        published: date | None = None,
        publisher: str | None = None,
        stdin: BinaryIO | None = None,
    ) -> Document:
        """Return the document of a path, or of standard input for ``-``.

        Raises ``InputError``; its ``reason`` is one of missing, directory, unreadable,
        empty, binary, encoding, too-large, html-without-text, html-hang, html-failed.
        """
        name = str(source)
        data = self._bytes(name, stdin)
        if not data.strip():
            raise InputError(name, "empty", "there is nothing in it")
        text, _ = decode(data, name)
        if looks_like_html(text, Path(name).suffix):
            page = self._html.read(text, name, datetime.now(UTC).date())
            return self._document(
                page.text,
                name,
                title=page.title,
                url=page.url,
                publisher=publisher or page.publisher,
                metadata=page.published,
                option=published,
            )
        return self._document(text, name, publisher=publisher, option=published)

    def _bytes(self, name: str, stdin: BinaryIO | None) -> bytes:
        if name == "-":
            data = (stdin if stdin is not None else sys.stdin.buffer).read(self._max_bytes + 1)
        else:
            path = Path(name)
            try:
                if path.is_dir():
                    raise InputError(
                        name, "directory", "this is a directory; name the files, as in DIR/*.txt"
                    )
                with path.open("rb") as handle:
                    data = handle.read(self._max_bytes + 1)
            except FileNotFoundError as error:
                raise InputError(name, "missing", "there is no such file") from error
            except OSError as error:
                raise InputError(
                    name, "unreadable", f"cannot be read: {error.strerror or error}"
                ) from error
        if len(data) > self._max_bytes:
            raise InputError(
                name,
                "too-large",
                f"larger than {self._max_bytes / 1e6:g} MB; a report is a few kilobytes: "
                "split the file into one report each",
            )
        return data

    @staticmethod
    def _document(
        text: str,
        source: str,
        *,
        title: str | None = None,
        url: str | None = None,
        publisher: str | None = None,
        metadata: date | None = None,
        option: date | None = None,
    ) -> Document:
        if not any(c.isalnum() for c in text):
            raise InputError(source, "empty", "there is no text in it")
        if len(text) > MAX_CHARACTERS:
            raise InputError(
                source,
                "too-large",
                f"{len(text):,} characters; at most {MAX_CHARACTERS:,} are coded as one report: "
                "split the file into one report each",
            )
        return Document(
            id=document_id(text, url),
            text=text,
            source=source,
            title=title,
            url=url,
            publisher=publisher,
            published_by_metadata=metadata,
            published_by_option=option,
        )


def document_id(text: str, url: str | None = None) -> str:
    """Return the id of a text: 'd' and 16 hexadecimal digits of a SHA-256.

    White space and Unicode normal form do not count; the canonical URL does.
    """
    words = " ".join(unicodedata.normalize("NFC", text).split())
    key = f"{url or ''}\n{words}".encode("utf-8", errors="surrogatepass")
    return "d" + hashlib.sha256(key).hexdigest()[:16]


def document_from_text(
    text: str,
    *,
    published: date | None = None,
    publisher: str | None = None,
    source: str = "text",
) -> Document:
    """Return a document of a text at hand. Raises ``InputError`` if empty or too long."""
    return Reader._document(text, source, publisher=publisher, option=published)


def read_source(
    source: str | Path,
    *,
    published: date | None = None,
    publisher: str | None = None,
    stdin: BinaryIO | None = None,
) -> Document:
    """Read a single source (see ``Reader.read``); for many, keep one ``Reader``."""
    with Reader() as reader:
        return reader.read(source, published=published, publisher=publisher, stdin=stdin)
