"""Ingest: read sources in workers, code the reports, commit batch after batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dragoman.ingest.pool import Item, Job, Known, Outcome
from dragoman.ingest.units import Link, Seen, Settled
from dragoman.schema import Document, Rejected, Report
from dragoman.store.records import Item as StoreItem
from dragoman.store.records import Record, Run
from dragoman.store.segments import Hook, no_hook
from dragoman.store.store import Added, Store

if TYPE_CHECKING:
    from dragoman.pipeline import Coder

#: A batch is committed at this many units or characters of text.
BATCH, _CHARACTERS = 200, 4_000_000


class Reader(Protocol):
    """What takes sources apart: a ``Pool``."""

    def outcomes(self, jobs: Iterable[Job], known: Known) -> Iterator[Outcome]:
        """Yield the outcome of every unit, in the order of the jobs."""
        ...


#: Fetches the address of a link: the page as an item, why not, or ``None`` if it is known.
Fetch = Callable[[Link], Item | Rejected | None]


@dataclass(slots=True)
class Summary:
    """What an ingest did.

    ``known`` counts the records that were not read again, ``documents`` the reports that
    were read; ``aside`` are the hashes of the records that were set aside.
    """

    added: Added = field(default_factory=Added)
    known: int = 0
    documents: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    aside: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Batch:
    """What is read and not yet committed."""

    units: int = 0
    characters: int = 0
    documents: list[tuple[str, Document]] = field(default_factory=list)
    others: list[tuple[str, StoreItem]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    def keep(self, document: Document, key: str = "") -> None:
        """Take a document, with the hash of the unit that it is of."""
        self.documents.append((key, document))
        self.characters += len(document.text)

    def full(self, units: int) -> bool:
        return self.units >= units or self.characters >= _CHARACTERS


class Ingest:
    """Adds sources to a store; every batch is a transaction.

    ``coder`` is ``None`` to keep reports without coding them. ``fetch`` follows links;
    without it an address is set aside. ``tell`` is called with everything that is
    rejected. ``hook`` is for tests of stopped writers.
    """

    def __init__(
        self,
        store: Store,
        reader: Reader,
        coder: Coder | None,
        run: Run,
        *,
        fetch: Fetch | None = None,
        tell: Callable[[Rejected], None] = lambda rejected: None,
        batch: int = BATCH,
        hook: Hook = no_hook,
    ) -> None:
        self._store = store
        self._reader = reader
        self._coder = coder
        self._run = run
        self._fetch = fetch
        self._tell = tell
        self._size = batch
        self._hook = hook
        self._retry = False
        self._followed: set[str] = set()
        # Address to what a feed itself says, until it is known whether its page can be had.
        self._entries: dict[str, Document] = {}
        self.summary = Summary()

    def run(self, jobs: Iterable[Job], *, retry: bool = False) -> Summary:
        """Read ``jobs``; with ``retry`` also what was set aside before."""

        def known(keys: Sequence[str]) -> set[str]:
            return self._store.seen(keys, retry=retry)

        self._retry = retry
        batch = _Batch()
        links: list[Link] = []
        for outcome in self._reader.outcomes(jobs, known):
            links += self._take(outcome, batch)
            if batch.full(self._size):
                self._commit(batch)
                batch = _Batch()
        while links:
            unseen: list[Rejected] = []
            pages = self._pages(links, unseen)
            links = []
            for outcome in self._reader.outcomes(pages, known):
                links += self._take(outcome, batch)
                if batch.full(self._size):
                    self._commit(batch)
                    batch = _Batch()
            batch.others += [("", page) for page in unseen]
        for entry in self._entries.values():
            # Its page could not be had, or held no report.
            batch.units += 1
            batch.keep(entry)
            self.summary.documents += 1
            if batch.full(self._size):
                self._commit(batch)
                batch = _Batch()
        self._entries.clear()
        self._commit(batch)
        return self.summary

    def _take(self, outcome: Outcome, batch: _Batch) -> Sequence[Link]:
        """Put one outcome into the batch; return the links to follow."""
        if outcome.known or outcome.key in batch.keys:
            self.summary.known += 1
            self._entries.pop(outcome.source, None)
            return ()
        batch.units += 1
        batch.keys.add(outcome.key)
        if outcome.aside is not None:
            self._reject(outcome.aside.rejected)
            self.summary.aside.add(outcome.key)
            batch.others.append((outcome.key, outcome.aside))
            return ()
        links = outcome.links if self._fetch is not None else ()
        pages = {link.url for link in links}
        for document in outcome.documents:
            if document.url in pages:
                if document.url not in self._followed:
                    self._entries.setdefault(document.url, document)
                continue
            self._entries.pop(outcome.source, None)
            self.summary.documents += 1
            batch.keep(document, outcome.key)
        if self._fetch is None and outcome.links and not outcome.documents:
            message = f"{len(outcome.links)} addresses, not fetched: give --fetch to read them"
            rejected = Rejected(outcome.source, "not-fetched", message)
            self._reject(rejected)
            # Not under the hash of the list: the next ingest may fetch.
            batch.others.append(("", rejected))
            return ()
        batch.read.append(outcome.source)
        if not outcome.links:
            # A feed or list that is followed is read again next time.
            ids = tuple(document.id for document in outcome.documents)
            batch.others.append((outcome.key, Seen(outcome.key, outcome.source, ids)))
        return links

    def _pages(self, links: Sequence[Link], unseen: list[Rejected]) -> Iterator[Job]:
        assert self._fetch is not None
        for link in links:
            if link.url in self._followed:
                continue
            self._followed.add(link.url)
            found = self._fetch(link)
            if found is None:
                self.summary.known += 1
                if self._store.has_read(link.url):
                    self._entries.pop(link.url, None)
            elif isinstance(found, Rejected):
                self._reject(found)
                unseen.append(found)
            else:
                yield Job((found,))

    def _reject(self, rejected: Rejected) -> None:
        self.summary.rejected.append(rejected)
        self._tell(rejected)

    def _commit(self, batch: _Batch) -> None:
        if not batch.units and not batch.others:
            return
        self._hook("batch-read")
        # What was committed since its worker asked, so that a record counts where it came first.
        since = self._store.seen(list(batch.keys), retry=self._retry)
        documents = [document for key, document in batch.documents if key not in since]
        others = [item for key, item in batch.others if key not in since]
        items = [*self._coded(documents), *others]
        given = {Record.of(item, self._run).key for item in items if isinstance(item, Rejected)}
        over = self._store.open_rejections(batch.read)
        items += [Settled(key) for key in over if key not in given]
        self._hook("batch-coded")
        self.summary.added += self._store.add(items, self._run)
        self._hook("batch-committed")

    def _coded(self, documents: Sequence[Document]) -> list[StoreItem]:
        if self._coder is None:
            return list(documents)
        items: list[StoreItem] = []
        for document, result in zip(documents, code_all(self._coder, documents), strict=True):
            if isinstance(result, Rejected):
                # The report itself is kept, though it is not coded.
                self._reject(result)
                items.append(document)
            items.append(result)
        return items


def code_all(coder: Coder, documents: Sequence[Document]) -> list[Report | Rejected]:
    """Code ``documents``; one that breaks the coder is rejected and the others are coded."""
    try:
        return list(coder.stream(documents))
    except Exception as error:  # whatever it is, it must not cost the other reports
        if len(documents) == 1:
            message = f"it broke the coder: {type(error).__name__}: {error}"
            return [Rejected(documents[0].source, "coder-broken", message[:300])]
        middle = len(documents) // 2
        return code_all(coder, documents[:middle]) + code_all(coder, documents[middle:])
