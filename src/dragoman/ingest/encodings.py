"""Bytes to text: byte-order marks, UTF-8, UTF-16 without a mark, then detection."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from dragoman.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Signatures of files that hold no text (image, archive, PDF, office, executable).
_BINARY = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"BZh",
    b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x7fELF", b"MZ\x90", b"RIFF", b"OggS", b"ID3",
    b"SQLite format 3", b"PAR1", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf",
)  # fmt: skip
_SAMPLE = 65_536


def decode(data: bytes, source: str) -> tuple[str, str]:
    """Return (text, encoding). Raises ``InputError`` with reason ``binary`` or ``encoding``.

    Line ends stay as they are, so that offsets count the text as decoded; a byte-order
    mark is no part of the text.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(name), name
            except UnicodeDecodeError as error:
                raise InputError(
                    source, "encoding", f"marked as {name} but byte {error.start} does not fit"
                ) from error
    if data.startswith(_BINARY):
        raise InputError(source, "binary", "this is a binary file, not a text or HTML report")
    wide = _without_mark(data)
    if wide is not None:
        return wide
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _detected(data, source)
    if _looks_binary(text):
        raise InputError(source, "binary", "this is a binary file, not a text or HTML report")
    return text, "utf-8"


def _without_mark(data: bytes) -> tuple[str, str] | None:
    """Recognise UTF-16 without a mark by its zero bytes on one side."""
    sample = data[:_SAMPLE]
    if len(sample) < 8 or b"\x00" not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    for share, other, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if share / half > 0.4 and other / half < 0.05:
            try:
                return data.decode(name), name
            except UnicodeDecodeError:
                return None
    return None


def _looks_binary(text: str) -> bool:
    sample = text[:_SAMPLE]
    odd = sum(c < " " and c not in "\t\n\r\f\v\x1b" for c in sample)
    return bool(sample) and odd / len(sample) > 0.05


def _detected(data: bytes, source: str) -> tuple[str, str]:
    if data[:_SAMPLE].count(0) > 0.02 * len(data[:_SAMPLE]):
        raise InputError(source, "binary", "this is a binary file, not a text or HTML report")
    best = from_bytes(data[: 4 * _SAMPLE]).best()
    if best is None:
        raise InputError(
            source, "encoding", "the character encoding cannot be told; convert it to UTF-8"
        )
    text = data.decode(best.encoding, errors="replace")
    if _looks_binary(text):
        raise InputError(source, "binary", "this is a binary file, not a text or HTML report")
    return text, str(best.encoding)
