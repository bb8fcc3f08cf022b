"""Code stored reports anew, and read again what was set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from dragoman.archive.ingesting import BATCH, Summary, code_all
from dragoman.ingest.context import Columns, columns_hint
from dragoman.ingest.pool import Item, Job
from dragoman.ingest.units import Settled
from dragoman.schema import Document, Rejected, Report
from dragoman.serialise import from_json
from dragoman.store import Run, Store
from dragoman.store.records import rejected_key

if TYPE_CHECKING:
    from dragoman.pipeline import Coder

#: Why nothing could be read from a place at all.
_NOT_THERE = {"missing", "unreadable", "directory", "protocol"}
_COLUMNS = (
    "text, source, title, author, url, publisher, language, published, published_from, report"
)


def recode(
    store: Store,
    coder: Coder,
    run: Run,
    *,
    everything: bool = False,
    tell: Callable[[Rejected], None] = lambda rejected: None,
) -> Summary:
    """Code every document that has no coding by this version, batch by batch.

    With ``everything`` those that have one are coded again, too. A document that cannot
    be coded keeps its older coding, and is told as rejected.
    """
    summary = Summary()
    where = "" if everything else "WHERE coder IS DISTINCT FROM ?"
    found = store.query(
        f"SELECT id FROM store.documents {where} ORDER BY id",
        [] if everything else [coder.version],
    )[1]
    keys = iter([row[0] for row in found])
    while batch := list(islice(keys, BATCH)):
        summary.documents += len(batch)
        results = code_all(coder, [stored_document(store, key) for key in batch])
        for result in results:
            if isinstance(result, Rejected):
                summary.rejected.append(result)
                tell(result)
        read = [result.document.source for result in results if isinstance(result, Report)]
        over = [Settled(key) for key in store.open_rejections(read, "coder-broken")]
        summary.added += store.add([*over, *results], run)
    return summary


def stored_document(store: Store, key: str) -> Document:
    """Return the document with the id ``key`` as it was read."""
    _, rows = store.query(f"SELECT {_COLUMNS} FROM store.documents WHERE id = ?", [key])
    text, source, title, author, url, publisher, language, published, told, report = rows[0]
    if report is not None:
        return from_json(report).document
    return Document(
        id=key,
        text=text,
        source=source,
        title=title,
        author=author,
        url=url,
        publisher=publisher,
        language=language,
        published_by_metadata=published if told == "metadata" else None,
        published_by_option=published if told == "option" else None,
    )


def jobs_of_set_aside(store: Store, columns: Columns | None = None) -> Iterator[Job]:
    """Yield a job for every record set aside: its kept bytes, or the place it came from.

    Rows are read with ``columns`` if they are given, else as they were.
    """
    places: set[str] = set()
    for aside in store.set_aside():
        source = aside.rejected.source
        if aside.data is not None and aside.format:
            hints = aside.hints
            if columns is not None and "columns" in hints:
                hints = {**hints, "columns": columns_hint(columns)}
            yield Job((Item(source, aside.data, aside.format, hints),))
            continue
        place = _place(source)
        if place not in places and place != "-":
            places.add(place)
            yield Job((Item(place),))


def unread(store: Store, columns: Columns | None = None) -> list[tuple[str, str]]:
    """Return hash and source of every record set aside that is read again under another hash.

    Those are the ones that are read from their place, and rows with other ``columns``.
    """
    hint = None if columns is None else columns_hint(columns)
    return [
        (aside.key, aside.rejected.source)
        for aside in store.set_aside()
        if not (aside.data is not None and aside.format)
        or (hint is not None and aside.hints.get("columns", hint) != hint)
    ]


def settle(store: Store, run: Run, before: Iterable[tuple[str, str]], summary: Summary) -> int:
    """End the rejections of ``before`` whose place was read again without them; return how many.

    ``before`` is what ``unread`` told, ``summary`` that of the ingest that read it again.
    A place that cannot be read now ends nothing.
    """
    missing = {"-"} | {bad.source for bad in summary.rejected if bad.reason in _NOT_THERE}
    over = [
        Settled(rejected_key(key))
        for key, source in before
        if key not in summary.aside and _place(source) not in missing
    ]
    return store.add(over, run).sources


def _place(source: str) -> str:
    return source.split("!", 1)[0].split("#", 1)[0].split(" after record ", 1)[0]
