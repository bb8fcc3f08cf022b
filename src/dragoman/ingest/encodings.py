"""Which encoding are these bytes in, and are they text at all?"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from dragoman.errors import InputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"PAR1",
    b"SQLite format 3",
)
_SAMPLE = 65_536
#: Encodings tried where bytes above 127 come in runs, as in words of other scripts.
_OTHER_SCRIPTS = [
    "gb18030",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1255",
    "cp1256",
    "cp1250",
    "cp1254",
    "cp1252",
]
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"' ]{0,2}([A-Za-z0-9_:.-]{2,40})", re.I)
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(data: bytes, source: str) -> str:
    """Decode the bytes of one report to text.

    In order: byte order mark; UTF-16 without a mark (told by where its zero bytes
    stand); UTF-8; the charset that an HTML page declares; UTF-8 with few damaged bytes
    among sound ones above 127; Windows-1252 where the bytes above 127 stand alone, as
    accents and quotes do in English; UTF-8 with one damaged character in a hundred or
    less; else charset-normalizer. Line ends stay as they are. A lone surrogate
    becomes U+FFFD. Raises ``InputError`` with reason ``binary`` or ``encoding``.
    """
    return replace_surrogates(_decode(data, source))


def replace_surrogates(text: str) -> str:
    """Replace every lone surrogate, which no file can hold, by U+FFFD, one for one."""
    return _SURROGATE.sub("\ufffd", text)


def _decode(data: bytes, source: str) -> str:
    if data.startswith(_MAGIC):
        raise InputError(source, "binary", "this is a binary file; give text or HTML")
    for mark, name in _BOMS:
        if data.startswith(mark):
            text = data.decode(name, errors="replace")
            _check_text(text, source)
            return text
    wide = _utf16_without_mark(data)
    if wide is not None:
        text = data.decode(wide, errors="replace")
        _check_text(text, source)
        return text
    _check_bytes(data, source)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(data, source)


def _decode_legacy(data: bytes, source: str) -> str:
    declared = _META_CHARSET.search(data[:4096])
    if declared is not None:
        try:
            return data.decode(declared.group(1).decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # a wrong declaration is common: go on by the bytes themselves
    damaged = data.decode("utf-8", errors="replace")
    bad = damaged.count("\ufffd")
    good = sum(1 for c in damaged[: 4 * _SAMPLE] if c > "\x7f" and c != "\ufffd")
    if good > 3 * bad:
        return damaged
    runs = [len(run) for run in _HIGH_RUN.findall(data[: 4 * _SAMPLE])]
    high = sum(runs)
    alone = sum(length for length in runs if length == 1)
    if alone >= 0.6 * high:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            return data.decode("latin-1")
    if 100 * bad <= len(damaged):
        return damaged
    best = from_bytes(data[:_SAMPLE], cp_isolation=_OTHER_SCRIPTS).best()
    if best is None:
        best = from_bytes(data[:_SAMPLE]).best()
    if best is None:
        raise InputError(
            source, "encoding", "the character encoding is unknown; save the text as UTF-8"
        )
    return data.decode(best.encoding, errors="replace")


def _utf16_without_mark(data: bytes) -> str | None:
    sample = data[:4096]
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _check_bytes(data: bytes, source: str) -> None:
    sample = data[:_SAMPLE]
    zeros = sample.count(0)
    control = sum(1 for b in sample if b < 32 and b not in (0, 9, 10, 11, 12, 13, 27))
    if zeros > max(8, 0.02 * len(sample)) or control > max(8, 0.05 * len(sample)):
        raise InputError(source, "binary", "this is a binary file; give text or HTML")


def _check_text(text: str, source: str) -> None:
    sample = text[:_SAMPLE]
    bad = sum(1 for c in sample if c == "\ufffd" or (c < " " and c not in "\t\n\r\x0b\x0c"))
    if bad > max(8, 0.05 * len(sample)):
        raise InputError(source, "encoding", "the bytes do not fit their byte order mark")
