"""Read one report from a file or from standard input."""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dragoman.errors import InputError
from dragoman.ingest.encodings import decode, replace_surrogates
from dragoman.ingest.html import HtmlReader, looks_like_html
from dragoman.schema import Document

_TRACKING = re.compile(r"utm_|fbclid|gclid|mc_cid|mc_eid|igshid|ocid|cmpid")


def read_source(
    path: str | Path,
    *,
    published: date | None = None,
    publisher: str | None = None,
    limit_bytes: int = 20_000_000,
    stdin: BinaryIO | None = None,
    html: HtmlReader | None = None,
) -> Document:
    """Read one report; ``path`` is a text or HTML file, or ``-`` for standard input.

    ``published`` is the day to assume when neither dateline nor page gives one;
    ``publisher`` stands before the one that a page names. ``html`` is a page reader to
    use again; without it one is started for this page alone (about a second).
    Offsets count from the decoded text, with its line ends (also CRLF) as they are; for
    HTML from the text that was taken out of the page.

    Raises ``InputError`` with reason ``missing``, ``directory``, ``unreadable``,
    ``too-large``, ``empty``, ``binary``, ``encoding``, ``html-without-text``,
    ``html-hang`` or ``html-crash``.
    """
    source = str(path)
    data = _bytes(path, source, limit_bytes, stdin)
    if len(data) > limit_bytes:
        raise InputError(
            source, "too-large", f"larger than {limit_bytes:,} bytes; split it or raise the limit"
        )
    if not data.strip():
        raise InputError(source, "empty", "holds no text")
    text = decode(data, source)
    if not looks_like_html(text, source):
        return document_from_text(text, source=source, published=published, publisher=publisher)
    if html is not None:
        return _from_html(text, source, html, published, publisher)
    with HtmlReader() as reader:
        return _from_html(text, source, reader, published, publisher)


def document_from_text(
    text: str,
    *,
    source: str = "text",
    published: date | None = None,
    publisher: str | None = None,
    title: str | None = None,
    url: str | None = None,
    language: str | None = None,
    published_by_metadata: date | None = None,
    author: str | None = None,
) -> Document:
    """Make a document of plain text. Raises ``InputError`` (``empty``) if it has no words."""
    text = replace_surrogates(text)
    if not any(character.isalnum() for character in text):
        raise InputError(source, "empty", "holds no text")
    return Document(
        id=document_id(text, url),
        text=text,
        source=source,
        title=title,
        url=url,
        publisher=publisher,
        language=language,
        published_by_metadata=published_by_metadata,
        published_by_option=published,
        author=author,
    )


def document_dict(document: Document) -> dict[str, Any]:
    """Return ``document`` as JSON-ready values."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(document).items()
    }


def document_from_dict(data: dict[str, Any]) -> Document:
    """Return the document that ``document_dict`` made ``data`` of."""
    days = {
        name: date.fromisoformat(data[name])
        for name in ("published_by_metadata", "published_by_option")
        if data.get(name)
    }
    return Document(**{**data, **days})


def document_id(text: str, url: str | None = None) -> str:
    """Return ``d`` and 16 hexadecimal digits: the same for the same words and address.

    Spaces, line ends and the Unicode composition of the text do not count, nor do the
    fragment and the tracking parameters of the address.
    """
    words = " ".join(unicodedata.normalize("NFC", replace_surrogates(text)).split())
    key = f"{words}\n{_canonical(url) if url else ''}"
    return "d" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16]


def url_key(url: str | None) -> str | None:
    """Return the address by which versions of one article are told, or ``None``.

    Scheme, fragment and tracking parameters do not count. A bare host is no article's
    address: pages name it wrongly as their canonical one.
    """
    if not url:
        return None
    try:
        parts = urlsplit(_canonical(url))
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    if parts.path in {"", "/"} and not parts.query:
        return None
    return urlunsplit(("", parts.netloc.removeprefix("www."), parts.path, parts.query, ""))


def _canonical(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url.strip()
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([pair for pair in pairs if _TRACKING.match(pair[0]) is None])
    return urlunsplit(
        (parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"), query, "")
    )


def _bytes(path: str | Path, source: str, limit: int, stdin: BinaryIO | None) -> bytes:
    if path == "-":
        return (stdin if stdin is not None else sys.stdin.buffer).read(limit + 1)
    file = Path(path)
    try:
        if file.is_dir():
            raise InputError(source, "directory", "is a directory; name a file")
        with file.open("rb") as stream:
            return stream.read(limit + 1)
    except FileNotFoundError as error:
        raise InputError(source, "missing", "no such file") from error
    except (OSError, ValueError) as error:
        raise InputError(source, "unreadable", f"cannot be read: {error}") from error


def _from_html(
    page: str,
    source: str,
    reader: HtmlReader,
    published: date | None,
    publisher: str | None,
) -> Document:
    found = reader.read(page, source)
    return document_from_text(
        found.text,
        source=source,
        published=published,
        publisher=publisher or found.publisher,
        title=found.title,
        url=found.url,
        language=found.language,
        published_by_metadata=found.published,
        author=found.author,
    )
