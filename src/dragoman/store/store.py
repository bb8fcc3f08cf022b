"""A store of reports: Parquet segments as the truth, a DuckDB file as the index."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from dragoman.errors import DamagedError, LockError, StoreError
from dragoman.ingest.units import SetAside
from dragoman.schema import Document, Rejected, Report
from dragoman.serialise import from_json
from dragoman.store.beside import remove_copies, remove_spill
from dragoman.store.forget import Forgotten, Selection, address_bar, find
from dragoman.store.index import Index, migrations
from dragoman.store.lock import WriterLock
from dragoman.store.memory import WRITING
from dragoman.store.records import Item, Record, Run
from dragoman.store.segments import Hook, Segments, no_hook


@dataclass(frozen=True, slots=True)
class Added:
    """What one ``Store.add`` did, in records; ``forgotten`` ones were not let in again."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    rejected: int = 0
    sources: int = 0
    forgotten: int = 0
    corrections: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(
            self.added + other.added,
            self.replaced + other.replaced,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
            self.sources + other.sources,
            self.forgotten + other.forgotten,
            self.corrections + other.corrections,
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """What ``Store.verify`` found; a sound store has no problems."""

    segments: int
    records: int
    problems: tuple[str, ...]


@contextmanager
def _told(path: Path, then: str) -> Iterator[None]:
    """Tell what hinders DuckDB from writing ``path``, such as a full disk, as ``StoreError``."""
    try:
        yield
    except duckdb.Error as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StoreError(f"{path} cannot be written: {reason}; {then}") from error


class Store:
    """Reports on disk: ``news.duckdb`` and, beside it, ``news.duckdb.segments/``.

    Open it with ``Store.open`` and close it, or use it as a context manager. One
    process may write at a time. While it does, readers make an index of their own from
    the committed segments.
    """

    def __init__(
        self,
        path: Path,
        segments: Segments,
        index: Index,
        lock: WriterLock | None,
        hook: Hook,
        own: TemporaryDirectory[str] | None = None,
    ) -> None:
        self.path = path
        self._segments = segments
        self._index = index
        self._lock = lock
        self._hook = hook
        self._own = own
        self._guard = threading.Lock()
        self._failed = False

    @classmethod
    def open(cls, path: Path, read_only: bool = False, *, hook: Hook = no_hook) -> Store:
        """Open the store at ``path``; a new one is made unless ``read_only``.

        An index that is missing, unreadable or behind is brought up to date from the
        segments. Raises ``LockError`` if another process is writing and this one wants
        to, ``DamagedError`` if a segment or the manifest is not what was written,
        ``StoreError`` if there is no store at ``path`` or a newer dragoman made it.
        ``hook`` is for tests of stopped writers.
        """
        segments = Segments(path.with_name(path.name + ".segments"), hook)
        lock = WriterLock(segments.folder / "lock")
        if not segments.exists:
            cls._check_new(path, read_only)
            try:
                segments.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"{segments.folder} cannot be made: {error.strerror}") from error
        if read_only:
            return cls._open_reader(path, segments, lock, hook)
        lock.acquire()
        try:
            index = cls._open_writer(path, segments, hook)
        except BaseException:
            lock.release()
            raise
        return cls(path, segments, index, lock, hook)

    def close(self) -> None:
        """Close the index and let others write."""
        self._index.close()
        if self._lock is not None:
            self._lock.release()
        if self._own is not None:
            self._own.cleanup()

    @property
    def writable(self) -> bool:
        """Whether this store may be added to."""
        return self._lock is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def seen(self, keys: Sequence[str], *, retry: bool = False) -> set[str]:
        """Return which hashes of source records need not be read (again).

        With ``retry`` those that were set aside are to be read. Any thread may ask.
        """
        with self._guard:
            return self._index.seen(keys, retry=retry)

    def add(self, items: Iterable[Item], run: Run) -> Added:
        """Add ``items`` as one batch: all of them or, if the process stops, none.

        A report that the store has with the same coding is left alone; one that is coded
        differently replaces the older coding in the index (the segments keep both). A
        document that is not coded never replaces a report. What was forgotten is left
        out. Raises ``StoreError`` if the store was opened read-only or cannot be written.
        """
        self._check_writable()
        records: list[Record] = []
        bars: dict[str, str] = {}
        for item in items:
            record = Record.of(item, run)
            records.append(record)
            document = item.document if isinstance(item, Report) else item
            if isinstance(document, Document) and (bar := address_bar(document.url)) is not None:
                bars[record.key] = bar
        with self._guard:
            return self._add(records, bars, run)

    def add_records(
        self, records: Sequence[Record], addresses: Mapping[str, str | None], run: Run
    ) -> Added:
        """Add what ``Record.of`` made elsewhere, as ``add`` does.

        ``addresses`` gives the address of each report and document by its key.
        """
        self._check_writable()
        bars = {key: bar for key, url in addresses.items() if (bar := address_bar(url)) is not None}
        with self._guard:
            return self._add(records, bars, run)

    def _add(self, records: Sequence[Record], bars: dict[str, str], run: Run) -> Added:
        fresh: dict[tuple[str, str], Record] = {}
        for record in records:
            place = ("report" if record.kind == "document" else record.kind, record.key)
            # As over batches: the first counts, unless the same is coded differently.
            if place not in fresh or (
                record.kind in {"report", "outside"} and record.digest != fresh[place].digest
            ):
                fresh[place] = record
        forgotten = self._index.forgotten([r.key for r in fresh.values()] + list(bars.values()))
        kinds = ("report", "rejected", "source", "settled", "correction", "outside")
        keys: dict[str, list[str]] = {kind: [] for kind in kinds}
        for kind, key in fresh:
            keys[kind].append(key)
        known = self._index.digests("documents", keys["report"])
        rejected = self._index.digests("rejected", [*keys["rejected"], *keys["settled"]])
        read = self._index.digests("sources", keys["source"])
        made = self._index.digests("corrections", keys["correction"])
        outside = self._index.digests("outside_events", keys["outside"])

        def wanted(record: Record) -> bool:
            match record.kind:
                case "rejected":
                    return record.key not in rejected
                case "source":
                    return record.key not in read
                case "settled":
                    return record.key in rejected
                case "correction":
                    return record.key not in made
                case "outside":
                    return outside.get(record.key) != record.digest
                case "document":
                    return record.key not in known
            return known.get(record.key) != record.digest

        let_in = [
            r for r in fresh.values() if r.key not in forgotten and bars.get(r.key) not in forgotten
        ]
        kept = [r for r in let_in if wanted(r)]
        if kept:
            self._commit(kept, run)
        documents = [r for r in kept if r.kind in {"report", "document", "outside"}]
        replaced = sum(r.key in known or r.key in outside for r in documents)
        sources = sum(r.kind in {"source", "settled"} for r in kept)
        corrections = sum(r.kind == "correction" for r in kept)
        given = sum(r.kind not in {"source", "settled"} for r in records)
        out = len(fresh) - len(let_in)
        return Added(
            added=len(documents) - replaced,
            replaced=replaced,
            unchanged=given - (len(kept) - sources) - out,
            rejected=len(kept) - len(documents) - sources - corrections,
            sources=sources,
            forgotten=out,
            corrections=corrections,
        )

    def _commit(self, records: Sequence[Record], run: Run) -> None:
        committed = self._segments.append(records, run)
        try:
            self._index.apply(len(committed), committed[-1], run, records)
        except duckdb.Error as error:
            self._failed = True
            raise StoreError(
                f"{self.path} cannot be written: {str(error).strip()}; nothing is lost, the "
                "segments have this batch and the index catches up when opened again"
            ) from error

    def verify(self) -> Verification:
        """Compare every segment with the manifest, and the whole index with the segments.

        The index is compared, table by table, with one that is made anew from the
        segments in a temporary folder.
        """
        manifest = self._segments.manifest()
        problems = [p for p in map(self._segments.problem, manifest) if p is not None]
        named = {segment.file for segment in manifest}
        if self._lock is not None:
            problems += [
                f"{path} is named by no manifest: it was added by another hand or left by a "
                "stopped writer; the next writer removes it"
                for path in sorted(self._segments.folder.glob("*.parquet"))
                if path.name not in named
            ]
        if self._index.applied() != [(s.file, s.sha256) for s in manifest]:
            problems.append(f"{self.path} is not up to date with its segments: rebuild it")
        elif not problems:
            problems += self._compare()
        return Verification(len(manifest), sum(s.rows for s in manifest), tuple(problems))

    def _compare(self) -> list[str]:
        with TemporaryDirectory(prefix="dragoman-") as folder:
            check = Path(folder) / "check.duckdb"
            with _told(check, "the store was not compared"):
                fresh = Index(check, memory=WRITING)
                try:
                    self._replay(fresh, self._segments, 0)
                    wanted = fresh.fingerprints()
                finally:
                    fresh.close()
        try:
            found = self._index.fingerprints()
        except StoreError as error:
            return [f"{self.path} is damaged: {error}: rebuild it"]
        return [
            f"{self.path} does not hold what its segments say (table {name}): rebuild it"
            for name in wanted
            if found[name] != wanted[name]
        ]

    def rebuild(self) -> None:
        """Make the index anew from the segments.

        Raises ``DamagedError`` that names the file, ``StoreError`` if it cannot be written.
        """
        self._check_writable()
        with self._guard:
            self._index.close()
            self._failed = True
            self._index = self._rebuilt(self.path, self._segments, self._hook)
            self._failed = False

    def forget(self, select: Selection, run: Run) -> Forgotten:
        """Remove what ``select`` names from segments and index, and bar its return.

        The segments are written anew in one commit, which leaves only hashes of what was
        removed. Raises ``DamagedError`` if a segment is damaged: mend it first.
        """
        self._check_writable()
        with self._guard:
            gone = find(select, self._segments)
            if not gone.keys:
                return Forgotten()
            marks = [Record.forgotten(key, run) for key in sorted(gone.bars)]
            count = self._segments.rewrite(gone.without, marks, run)
            remove_copies(self.path)
            self._index.close()
            self._failed = True
            self._index = self._rebuilt(self.path, self._segments, self._hook)
            self._failed = False
            return Forgotten(len(gone.documents), len(gone.rejected), count)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
        """Return the column names and the rows of ``sql``. Raises ``StoreError`` if it fails.

        Any thread may ask.
        """
        with self._guard:
            return self._index.query(sql, parameters)

    def stream(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of ``sql`` one by one, in an order that is fixed; see ``Index.stream``.

        Raises ``StoreError`` if it fails.
        """
        return self._index.stream(sql, parameters)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor for the functions of ``dragoman.analysis``; read with it, close it.

        A cursor is for one thread; it sees what is committed.
        """
        with self._guard:
            return self._index.cursor()

    def fill(self, statements: Iterable[tuple[str, pa.Table | None]]) -> None:
        """Fill computed tables of the index in one transaction; see ``Index.fill``.

        Raises ``StoreError`` if they cannot be written; they are as before then.
        """
        self._check_writable()
        with self._guard, _told(self.path, "nothing was changed; make room and run again"):
            self._index.fill(statements)

    def runs(self) -> list[Run]:
        """Return every run that the segments hold, oldest first."""
        found: dict[str, Run] = {}
        for segment in self._segments.manifest():
            run = self._segments.run_of(segment)
            found.setdefault(run.id, run)
        return list(found.values())

    def records(self, until: str | None = None) -> Iterator[Record]:
        """Yield the records of the segments in order, to the last one of run ``until``.

        Raises ``StoreError`` if there is no such run.
        """
        manifest = self._segments.manifest()
        last = len(manifest)
        if until is not None:
            places = [i for i, s in enumerate(manifest) if self._segments.run_of(s).id == until]
            if not places:
                names = ", ".join(run.id for run in self.runs()) or "none"
                raise StoreError(f"{self.path} has no run {until!r}; it has: {names}")
            last = places[-1] + 1
        for segment in manifest[:last]:
            yield from self._segments.read(segment)[1]

    def reports(self) -> Iterator[Report]:
        """Yield every report in the order of the documents' ids."""
        sql = "SELECT report FROM store.documents WHERE report IS NOT NULL ORDER BY id"
        for (text,) in self.stream(sql):
            yield from_json(text)

    def set_aside(self) -> Iterator[SetAside]:
        """Yield what was set aside with its bytes, in the order of its keys; one in memory."""
        sql = "SELECT id FROM store.rejected WHERE unit IS NOT NULL ORDER BY id"
        for (key,) in self.query(sql)[1]:
            sql = "SELECT source, reason, message, unit FROM store.rejected WHERE id = ?"
            for source, reason, message, unit in self.query(sql, [key])[1]:
                yield SetAside.from_unit(Rejected(source, reason, message), json.loads(unit))

    def open_rejections(self, sources: Sequence[str], reason: str | None = None) -> list[str]:
        """Return the keys of what ``sources`` themselves, not records in them, are rejected for.

        With ``reason`` only those for it.
        """
        sql = (
            "SELECT id FROM store.rejected WHERE unit IS NULL AND source IN (SELECT unnest($1)) "
            "AND ($2 IS NULL OR reason = $2) ORDER BY id"
        )
        return [row[0] for row in self.query(sql, [list(sources), reason])[1]]

    def has_read(self, source: str) -> bool:
        """Return whether a report was read from exactly this ``source``."""
        sql = "SELECT 1 FROM store.sources WHERE source = ? AND document IS NOT NULL LIMIT 1"
        return bool(self.query(sql, [source])[1])

    def _check_writable(self) -> None:
        if self._lock is None:
            raise StoreError(f"{self.path} was opened read-only")
        if self._failed:
            raise StoreError(f"{self.path} could not be written before: open it again")

    # -- opening ---------------------------------------------------------------------------

    @staticmethod
    def _check_new(path: Path, read_only: bool) -> None:
        if path.exists():
            raise StoreError(
                f"{path} exists but is not a dragoman store ({path.name}.segments is missing)"
            )
        if read_only:
            raise StoreError(f"there is no store at {path}: make one with 'dragoman code --db'")

    @classmethod
    def _open_writer(cls, path: Path, segments: Segments, hook: Hook) -> Index:
        if not segments.exists:
            segments.create()
        segments.sweep()
        cls._cleared_aside(path)
        try:
            if not path.exists():
                return cls._rebuilt(path, segments, hook)
            index = Index(path, memory=WRITING, hook=hook)
        except LockError:
            raise
        except duckdb.Error:
            # Not a DuckDB file any more: nothing is lost, the segments have it all.
            return cls._rebuilt(path, segments, hook)
        manifest = [(s.file, s.sha256) for s in segments.manifest()]
        try:
            applied = index.applied()
            if not index.migrated and applied == manifest[: len(applied)]:
                cls._replay(index, segments, len(applied))
                return index
        except duckdb.Error:
            pass  # damaged inside: made anew like one that lacks segments
        except BaseException:
            index.close()
            raise
        index.close()
        return cls._rebuilt(path, segments, hook)

    @classmethod
    def _open_reader(cls, path: Path, segments: Segments, lock: WriterLock, hook: Hook) -> Store:
        index = cls._current(path, segments)
        if index is None:
            # The index is missing, behind or being written: become the writer for a moment,
            # or else read the segments without it.
            try:
                cls.open(path, hook=hook).close()
                index = cls._current(path, segments)
            except DamagedError:
                raise
            except StoreError as error:
                if not isinstance(error, LockError) and os.access(segments.folder, os.W_OK):
                    raise
        if index is not None:
            return cls(path, segments, index, None, hook)
        own = TemporaryDirectory(prefix="dragoman-")
        try:
            private = Path(own.name) / "reader.duckdb"
            with _told(private, "make room in the folder for temporary files"):
                filled = Index(private, memory=WRITING)
                try:
                    cls._replay(filled, segments, 0)
                finally:
                    filled.close()
            return cls(path, segments, Index(private, read_only=True), None, hook, own)
        except BaseException:
            own.cleanup()
            raise

    @staticmethod
    def _current(path: Path, segments: Segments) -> Index | None:
        """Return the index for reading if it can be had and has every segment."""
        try:
            index = Index(path, read_only=True) if path.exists() else None
        except (LockError, duckdb.Error):
            return None
        if index is None:
            return None
        try:
            manifest = [(s.file, s.sha256) for s in segments.manifest()]
            if index.version() > migrations()[-1].version:
                raise StoreError(f"{path} was made by a newer dragoman: use a newer dragoman")
            if index.version() == migrations()[-1].version and index.applied() == manifest:
                return index
        except duckdb.Error:
            pass  # damaged inside: what follows makes it anew
        except BaseException:
            index.close()
            raise
        index.close()
        return None

    @classmethod
    def _rebuilt(cls, path: Path, segments: Segments, hook: Hook) -> Index:
        aside = cls._cleared_aside(path)
        with _told(aside, "the segments hold everything; make room and run again"):
            try:
                index = Index(aside, memory=WRITING, hook=hook)
                try:
                    cls._replay(index, segments, 0)
                finally:
                    index.close()
            except BaseException:
                cls._cleared_aside(path)
                raise
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        hook("index-rebuilt")
        aside.replace(path)
        return Index(path, memory=WRITING, hook=hook)

    @staticmethod
    def _cleared_aside(path: Path) -> Path:
        """Return where an index is made anew, without what a killed writer left there."""
        aside = path.with_name(path.name + ".rebuilding")
        for stale in (aside, aside.with_name(aside.name + ".wal")):
            stale.unlink(missing_ok=True)
        remove_spill(aside)
        return aside

    @staticmethod
    def _replay(index: Index, segments: Segments, start: int) -> None:
        for position, segment in enumerate(segments.manifest()[start:], start=start + 1):
            run, records = segments.read(segment)
            index.apply(position, segment, run, records)
