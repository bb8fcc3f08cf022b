"""Code stored reports anew, and read again what was set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from dragoman.archive.ingesting import BATCH, Summary, code_all
from dragoman.ingest.pool import Item, Job
from dragoman.schema import Document, Rejected
from dragoman.serialise import from_json
from dragoman.store import Run, Store

if TYPE_CHECKING:
    from dragoman.pipeline import Coder

_COLUMNS = "text, source, title, url, publisher, language, published, published_from, report"


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
        summary.added += store.add(results, run)
    return summary


def stored_document(store: Store, key: str) -> Document:
    """Return the document with the id ``key`` as it was read."""
    _, rows = store.query(f"SELECT {_COLUMNS} FROM store.documents WHERE id = ?", [key])
    text, source, title, url, publisher, language, published, told, report = rows[0]
    if report is not None:
        return from_json(report).document
    return Document(
        id=key,
        text=text,
        source=source,
        title=title,
        url=url,
        publisher=publisher,
        language=language,
        published_by_metadata=published if told == "metadata" else None,
        published_by_option=published if told == "option" else None,
    )


def jobs_of_set_aside(store: Store) -> Iterator[Job]:
    """Yield a job for every record set aside: its kept bytes, or the place it came from."""
    places: set[str] = set()
    for aside in list(store.set_aside()):
        source = aside.rejected.source
        if aside.data is not None and aside.format:
            yield Job((Item(source, aside.data, aside.format, aside.hints),))
            continue
        place = source.split("!", 1)[0].split("#", 1)[0].split(" after record ", 1)[0]
        if place not in places and place != "-":
            places.add(place)
            yield Job((Item(place),))
