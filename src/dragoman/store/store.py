"""A store of reports: Parquet segments as the truth, a DuckDB file as the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from dragoman.errors import DamagedError, LockError, StoreError
from dragoman.schema import Rejected, Report
from dragoman.serialise import from_json
from dragoman.store.index import Index, migrations
from dragoman.store.lock import WriterLock
from dragoman.store.records import Record, Run
from dragoman.store.segments import Hook, Segments, no_hook


@dataclass(frozen=True, slots=True)
class Added:
    """What one ``Store.add`` did, in records."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    rejected: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(
            self.added + other.added,
            self.replaced + other.replaced,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """What ``Store.verify`` found; a sound store has no problems."""

    segments: int
    records: int
    problems: tuple[str, ...]


class Store:
    """Reports on disk: ``news.duckdb`` and, beside it, ``news.duckdb.segments/``.

    Open it with ``Store.open`` and close it, or use it as a context manager. One
    process may write at a time; readers need that no one writes.
    """

    def __init__(
        self, path: Path, segments: Segments, index: Index, lock: WriterLock | None, hook: Hook
    ) -> None:
        self.path = path
        self._segments = segments
        self._index = index
        self._lock = lock
        self._hook = hook

    @classmethod
    def open(cls, path: Path, read_only: bool = False, *, hook: Hook = no_hook) -> Store:
        """Open the store at ``path``; a new one is made unless ``read_only``.

        An index that is missing, unreadable or behind is brought up to date from the
        segments. Raises ``LockError`` if another process is writing, ``DamagedError``
        if a segment or the manifest is not what was written, ``StoreError`` if there is
        no store at ``path`` or a newer dragoman made it. ``hook`` is for tests of
        stopped writers.
        """
        segments = Segments(path.with_name(path.name + ".segments"), hook)
        lock = WriterLock(segments.folder / "lock")
        if not segments.exists:
            cls._check_new(path, read_only)
            segments.folder.mkdir(parents=True, exist_ok=True)
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, items: Iterable[Report | Rejected], run: Run) -> Added:
        """Add ``items`` as one batch: all of them or, if the process stops, none.

        A document that the store has with the same coding is left alone; one that is
        coded differently replaces the older coding in the index (the segments keep
        both). Raises ``StoreError`` if the store was opened read-only.
        """
        if self._lock is None:
            raise StoreError(f"{self.path} was opened read-only")
        records = [Record.of(item, run) for item in items]
        fresh: dict[tuple[str, str], Record] = {(r.kind, r.key): r for r in records}
        reports = [r.key for r in fresh.values() if r.kind == "report"]
        rejected = [r.key for r in fresh.values() if r.kind == "rejected"]
        known = self._index.digests("documents", reports)
        seen = self._index.digests("rejected", rejected)
        wanted = [
            r
            for r in fresh.values()
            if (r.key not in seen if r.kind == "rejected" else known.get(r.key) != r.digest)
        ]
        if wanted:
            committed = self._segments.append(wanted, run)
            self._index.apply(len(committed), committed[-1], run, wanted)
        new_reports = [r for r in wanted if r.kind == "report"]
        replaced = sum(r.key in known for r in new_reports)
        return Added(
            added=len(new_reports) - replaced,
            replaced=replaced,
            unchanged=len(records) - len(wanted),
            rejected=len(wanted) - len(new_reports),
        )

    def verify(self) -> Verification:
        """Compare every segment with the manifest and the index with the segments."""
        manifest = self._segments.manifest()
        problems = [p for p in map(self._segments.problem, manifest) if p is not None]
        if self._index.applied() != [(s.file, s.sha256) for s in manifest]:
            problems.append(f"{self.path} is not up to date with its segments: rebuild it")
        elif not problems:
            latest: dict[str, str] = {}
            for segment in manifest:
                _, records = self._segments.read(segment)
                latest.update({r.key: r.digest for r in records if r.kind == "report"})
            if latest != self._index.digests("documents", list(latest)):
                problems.append(f"{self.path} does not hold what its segments say: rebuild it")
        return Verification(len(manifest), sum(s.rows for s in manifest), tuple(problems))

    def rebuild(self) -> None:
        """Make the index anew from the segments. Raises ``DamagedError`` that names the file."""
        if self._lock is None:
            raise StoreError(f"{self.path} was opened read-only")
        self._index.close()
        self._index = self._rebuilt(self.path, self._segments, self._hook)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
        """Return the column names and the rows of ``sql``. Raises ``StoreError`` if it fails."""
        return self._index.query(sql, parameters)

    def reports(self) -> Iterator[Report]:
        """Yield every report in the order of the documents' ids."""
        _, rows = self.query("SELECT id FROM store.documents ORDER BY id")
        for (key,) in rows:
            _, found = self.query("SELECT report FROM store.documents WHERE id = ?", [key])
            yield from_json(found[0][0])

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
        try:
            if not path.exists():
                return cls._rebuilt(path, segments, hook)
            index = Index(path, hook=hook)
        except LockError:
            raise
        except duckdb.Error:
            # Not a DuckDB file any more: nothing is lost, the segments have it all.
            return cls._rebuilt(path, segments, hook)
        manifest = [(s.file, s.sha256) for s in segments.manifest()]
        applied = index.applied()
        if index.migrated or applied != manifest[: len(applied)]:
            index.close()
            return cls._rebuilt(path, segments, hook)
        cls._replay(index, segments, len(applied))
        return index

    @classmethod
    def _open_reader(cls, path: Path, segments: Segments, lock: WriterLock, hook: Hook) -> Store:
        index: Index | None = None
        try:
            index = Index(path, read_only=True, hook=hook) if path.exists() else None
        except LockError as error:
            raise LockError(f"{path}: {lock.holder()}; wait for it to end") from error
        except duckdb.Error:
            index = None
        if index is not None:
            manifest = [(s.file, s.sha256) for s in segments.manifest()]
            if index.version() == migrations()[-1].version and index.applied() == manifest:
                return cls(path, segments, index, None, hook)
            index.close()
        # The index is missing or behind: become the writer for a moment.
        cls.open(path, hook=hook).close()
        return cls(path, segments, Index(path, read_only=True, hook=hook), None, hook)

    @classmethod
    def _rebuilt(cls, path: Path, segments: Segments, hook: Hook) -> Index:
        aside = path.with_name(path.name + ".rebuilding")
        for stale in (aside, aside.with_name(aside.name + ".wal")):
            stale.unlink(missing_ok=True)
        index = Index(aside, hook=hook)
        try:
            cls._replay(index, segments, 0)
        except DamagedError:
            index.close()
            aside.unlink()
            raise
        index.close()
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        aside.replace(path)
        return Index(path, hook=hook)

    @staticmethod
    def _replay(index: Index, segments: Segments, start: int) -> None:
        for position, segment in enumerate(segments.manifest()[start:], start=start + 1):
            run, records = segments.read(segment)
            index.apply(position, segment, run, records)
