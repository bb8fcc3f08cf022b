"""Web archives (warcio): a page or a text per record, with the end of each checked.

The library reads a file that was cut off without an error; here the compression is
undone by ``GzipStream`` and the length of every record is compared with its header.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from dragoman.errors import InputError
from dragoman.ingest.context import Context
from dragoman.ingest.streams import Short
from dragoman.ingest.units import Flaw, Unit, clean, day

_TEXTS = ("text/html", "application/xhtml", "text/plain")


def units(stream: IO[bytes], name: str, context: Context) -> Iterator[Unit | Flaw]:
    """Yield responses with status 200 and conversions that hold a page or a text."""
    from warcio.exceptions import ArchiveLoadFailed

    limit = context.limits.unit_bytes
    number = 0
    try:
        for record in _records(stream):
            number += 1
            place = f"{name}#{number}"
            data: bytes | None = None
            kind = _kind(record)
            if kind is not None:
                data = record.content_stream().read(limit + 1)
            # What is left of the record, to see whether all of it is there.
            while record.raw_stream.read(65_536):
                continue
            if getattr(record.raw_stream, "limit", 0) > 0:
                raise InputError(place, "truncated", "the archive ends inside this record")
            if data is None or kind is None:
                continue
            if len(data) > limit:
                yield Flaw(place, "too-large", f"larger than {limit:,} bytes", data[:1000])
                continue
            head = record.rec_headers
            if (why := head.get_header("WARC-Truncated")) is not None:
                message = (
                    f"the crawler cut this record off ({why.strip()[:40]}); get the page again"
                )
                yield Flaw(place, "truncated", message, data[:1000])
                continue
            told = clean(
                {
                    "url": head.get_header("WARC-Target-URI"),
                    "published": None if kind == "html" else day(head.get_header("WARC-Date")),
                }
            )
            yield Unit(place, kind, data, {**told, **context.hints})
    except ArchiveLoadFailed as error:
        raise InputError(
            f"{name}#{number + 1}", "warc-broken", f"the archive is broken here: {error}"
        ) from error


def _records(stream: IO[bytes]) -> Iterator[Any]:
    """Yield the records; a head that breaks the library is a broken archive."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    records = iter(ArchiveIterator(Short(stream)))
    while True:
        try:
            record = next(records, None)
        except (AttributeError, TypeError, ValueError, LookupError) as error:
            raise ArchiveLoadFailed(f"its head lacks what it must have: {error}") from error
        if record is None:
            return
        yield record


def _kind(record: object) -> str | None:
    kind = getattr(record, "rec_type", "")
    http = getattr(record, "http_headers", None)
    head = getattr(record, "rec_headers", None)
    if kind == "response" and http is not None:
        if http.get_statuscode() != "200":
            return None
        media = (http.get_header("Content-Type") or "text/html").lower()
    elif kind in {"conversion", "resource"} and head is not None:
        media = (head.get_header("Content-Type") or "").lower()
    else:
        return None
    if not media.startswith(_TEXTS):
        return None
    return "text" if media.startswith("text/plain") else "html"
