"""Press releases as PDF (pypdf): the text layer, with its lines put together again."""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter, deque
from collections.abc import Iterator

from dragoman.errors import InputError
from dragoman.ingest.units import Found, Limits, Unit, clean, day

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[-–—|]?\s?(?:page\s{0,3})?\d{1,4}(?:\s?(?:/|of)\s?\d{1,4})?\s?[-–—|]?\Z", re.I
)
#: So many lines at either end of a page, of so many words, may be running heads.
_HEADS, _HEAD_WORDS = 3, 12
#: A hyphen at the end of a line, or a soft one, between two parts of a word.
_PARTED = re.compile(r"([a-z])[-\u2010\xad]\n([a-z])")
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
    text = joined([unwrap(page) for page in without_running_heads(pages)])
    if not any(character.isalnum() for character in text):
        raise InputError(
            unit.name, "pdf-without-text", "the PDF holds pictures of text; run OCR on it first"
        )
    published = day(str(created).removeprefix("D:")[:8]) if created else None
    yield Found(text, {**clean({"title": title, "published": published}), **unit.hints})


def without_running_heads(pages: list[str]) -> list[str]:
    """Return the pages without the lines that stand at the head or foot of most of them.

    Such lines are short, and alike but for their numbers; a line that only counts the
    page goes, too.
    """
    rows = [deque(page.split("\n")) for page in pages]
    most = max(2, (len(pages) + 1) // 2)
    for end, take in ((0, deque.popleft), (-1, deque.pop)):
        for _ in range(_HEADS):
            for lines in rows:
                while lines and not lines[end].strip():
                    take(lines)
            counts = Counter(_shape(lines[end]) for lines in rows if lines)
            for lines in rows:
                if lines and _is_running(lines[end], counts[_shape(lines[end])] >= most):
                    take(lines)
    return ["\n".join(lines).strip("\n") for lines in rows]


def _is_running(line: str, often: bool) -> bool:
    return (often and len(line.split()) <= _HEAD_WORDS) or bool(_PAGE_NUMBER.match(line.strip()))


def _shape(line: str) -> str:
    return _DIGITS.sub("0", " ".join(line.split()).lower())


def joined(pages: list[str]) -> str:
    """Join pages to one text; a sentence that goes on over the page stays one."""
    text = ""
    for page in pages:
        page = page.strip()
        goes_on = text[-1:].isalnum() or text[-1:] in {",", ";", "-"}
        text += (" " if goes_on and page[:1].islower() else "\n") + page
    return text.strip()


def unwrap(page: str) -> str:
    """Join the lines of a page to paragraphs, and words parted at a line's end.

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
    return "\n".join(_PARTED.sub(r"\1\2", "\n".join(p)).replace("\n", " ") for p in paragraphs if p)
