"""Press releases as PDF (pypdf): the text layer, with its lines put together again."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

from dragoman.errors import InputError
from dragoman.ingest.units import Found, Limits, Unit, clean, day

#: What the library also raises on a file whose parts are not what they must be.
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)


def parse(unit: Unit, limits: Limits) -> Iterator[Found]:
    """Yield the text.

    Raises ``InputError``: ``pdf-broken``, ``pdf-locked``, ``pdf-without-text``.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(unit.data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError(unit.name, "pdf-locked", "the PDF needs a password")
        if len(reader.pages) > limits.pdf_pages:
            raise InputError(unit.name, "too-large", f"more than {limits.pdf_pages} pages")
        pages = [page.extract_text() or "" for page in reader.pages]
        about = reader.metadata
        title = about.title if about else None
        created = about.get("/CreationDate") if about else None
    except (PyPdfError, *_BROKEN) as error:
        raise InputError(unit.name, "pdf-broken", f"the PDF is broken: {error}") from error
    text = "\n".join(unwrap(page) for page in pages).strip()
    if not any(character.isalnum() for character in text):
        raise InputError(
            unit.name, "pdf-without-text", "the PDF holds pictures of text; run OCR on it first"
        )
    published = day(str(created).removeprefix("D:")[:8]) if created else None
    yield Found(text, {**clean({"title": title, "published": published}), **unit.hints})


def unwrap(page: str) -> str:
    """Join the lines of a page to paragraphs.

    A paragraph ends at an empty line, and at a line that ends a sentence and is clearly
    shorter than the longest.
    """
    lines = [" ".join(line.split()) for line in page.split("\n")]
    width = max((len(line) for line in lines), default=0)
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if not line:
            paragraphs.append([])
            continue
        paragraphs[-1].append(line)
        ends = line.endswith((".", "!", "?", ":", "”", '"'))
        if len(line) < 0.5 * width or (ends and len(line) < 0.85 * width):
            paragraphs.append([])
    return "\n".join(" ".join(lines) for lines in paragraphs if lines)
