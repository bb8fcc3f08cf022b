"""What the server reads: its own copy of the store's index, kept up to date.

DuckDB lets one process write or several read, so a server that held the store's file
would stop every ingest. The server copies the index when nobody writes, follows new
segments, and writes corrections in a moment of its own.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from dragoman.errors import DragomanError, LockError, StoreError
from dragoman.serving import snapshot
from dragoman.serving.search import Search
from dragoman.store import Run, Store
from dragoman.store.beside import pages_folder
from dragoman.store.copying import (
    catch_up,
    copy_index,
    replay_index,
    state_of,
    writer_of,
)
from dragoman.store.corrections import Correction
from dragoman.store.index import Index

T = TypeVar("T")
#: How long a correction waits for another writer to finish, in seconds.
PATIENCE = 8.0
_CACHED = 400


class Library:
    """The reports that the pages show. Any thread may read; one refreshes.

    ``version`` grows with every change of what is shown. Copies are kept in
    ``NAME.pages`` beside the store, or in a temporary folder if that cannot be written.
    """

    def __init__(self, path: Path, *, tell: Callable[[str], None] = lambda line: None) -> None:
        """Copy the index of the store at ``path``. Raises ``StoreError`` if there is none."""
        if not path.with_name(path.name + ".segments").is_dir():
            raise StoreError(f"there is no store at {path}: make one with 'dragoman ingest --db'")
        self.path = path
        self.version = 1
        self._tell = tell
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self.folder = self._folder()
        self._guard = threading.RLock()
        self._cache: OrderedDict[Any, Any] = OrderedDict()
        #: What is asked ahead, and the thread that asks it.
        self._kept: dict[Any, Any] = {}
        self._keeper: int | None = None
        self._number = 0
        self._copied = (0.0, 0.0)
        #: Whether the store's index may hold links that the copy lacks.
        self._behind = False
        self._stopped = threading.Event()
        self._prepare: Callable[[], None] | None = None
        self._threads: list[threading.Thread] = []
        self.state = state_of(path)
        self._index = self._opened()
        self.search = Search(self.folder / "search.sqlite")

    def start(self, prepare: Callable[[], None] | None = None) -> None:
        """Follow the store and fill the search index, in threads that end with ``close``.

        ``prepare`` is called now and after every change, to ask what readers will.
        """
        self._prepare = prepare
        for work in (self._follow, self._fill_search):
            thread = threading.Thread(target=work, daemon=True, name=work.__name__)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Stop the threads and close the copy."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=10)
        with self._guard:
            self._index.close()
        if self._own is not None:
            self._own.cleanup()

    # -- reading ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor that sees one state of the reports and cannot change them."""
        with self._guard:
            cursor = self._index.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        except (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException) as error:
            raise StoreError(f"the index could not be asked: {str(error).strip()}") from error
        finally:
            with contextlib.suppress(duckdb.Error):
                cursor.execute("ROLLBACK")
            cursor.close()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Return the rows of ``sql`` as mappings of column to value."""
        with self.reading() as cursor:
            found = cursor.execute(sql, list(parameters))
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def cached(self, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` gave for ``key`` in this version of the reports."""
        full = (self.version, key)
        with self._guard:
            if full in self._kept:
                kept: T = self._kept[full]
                return kept
            if full in self._cache:
                self._cache.move_to_end(full)
                found: T = self._cache[full]
                return found
        value = make()
        with self._guard:
            if self._keeper == threading.get_ident():
                self._kept = {k: v for k, v in self._kept.items() if k[0] == full[0]}
                self._kept[full] = value
                return value
            self._cache[full] = value
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return value

    def remembered(self, key: Any) -> Any:
        """Return what is kept for ``key`` in this version, ``None`` if nothing is."""
        with self._guard:
            full = (self.version, key)
            return self._kept.get(full, self._cache.get(full))

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep what this thread asks: other answers do not displace it in this version."""
        self._keeper = threading.get_ident()
        try:
            yield
        finally:
            self._keeper = None

    # -- writing ---------------------------------------------------------------------------

    def correct(self, made: Correction) -> None:
        """Keep a correction and show it. Raises ``LockError`` if another process writes on."""
        run = Run.begin("by hand", f"correction by {made.author}"[:200])
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with Store.open(self.path) as store:
                    store.add([made], run)
                break
            except LockError as error:
                if time.monotonic() > deadline:
                    raise LockError(
                        f"{error}. Your correction was not kept; try again when it has finished"
                    ) from error
                time.sleep(0.2)
        self.refresh(copying=False)

    # -- following the store ---------------------------------------------------------------

    def refresh(self, *, copying: bool = True) -> bool:
        """Show what has been written to the store since; return whether anything was.

        New segments are applied to the copy at once. What 'dragoman link' computed is in
        the store's index alone, so that the index is ``copying`` when nobody writes.
        """
        with self._guard:
            before = self.version
            try:
                state = state_of(self.path)
                if state != self.state:
                    changed = catch_up(self.path, self._index)
                    if changed is None:
                        self._exchange()
                        return True
                    if changed:
                        snapshot.update(self._index, changed, state)
                        self._add_to_search(changed)
                        self.version += 1
                    self.state = state
                    self._behind = self._behind or copying
                if copying and self._behind and self._may_copy():
                    self._exchange()
            except LockError:
                pass  # asked again in a moment; what was read stays
            return self.version != before

    def _may_copy(self) -> bool:
        when, took = self._copied
        waited = time.monotonic() - when > max(2.0, 20 * took)
        return waited and writer_of(self.path) is None

    def _exchange(self) -> None:
        """Put a new copy in the place of the old one, which readers may still finish with."""
        old = self._index
        self._index = self._copy()
        old.close()
        old.path.unlink(missing_ok=True)
        self.version += 1
        if self.search.known() - {row["id"] for row in self._ids()}:
            # Something was forgotten: nothing of it may stay.
            for name in ("search.sqlite", "search.sqlite-wal", "search.sqlite-shm"):
                (self.folder / name).unlink(missing_ok=True)
            self.search = Search(self.folder / "search.sqlite")
        self._add_to_search(None)

    def _ids(self) -> list[dict[str, Any]]:
        return self.rows("SELECT id FROM store.documents")

    def _follow(self) -> None:
        prepared = 0
        while not self._stopped.wait(1.0 if prepared else 0.0):
            try:
                self.refresh()
                if self._prepare is not None and prepared != self.version:
                    prepared = self.version
                    self._prepare()
            except (DragomanError, duckdb.Error) as error:
                self._tell(f"the pages show an older state: {error}")

    def _fill_search(self) -> None:
        self._add_to_search(None)

    def _add_to_search(self, documents: set[str] | None) -> None:
        known = self.search.known()
        wanted = [
            row["id"]
            for row in self._ids()
            if row["id"] not in known and (documents is None or row["id"] in documents)
        ]
        self.search.waiting = len(wanted)

        def texts() -> Iterator[tuple[str, str | None, str]]:
            for start in range(0, len(wanted), 500):
                if self._stopped.is_set():
                    return
                for row in self.rows(
                    "SELECT id, title, text FROM store.documents WHERE id IN (SELECT unnest(?))",
                    [wanted[start : start + 500]],
                ):
                    yield row["id"], row["title"], row["text"]

        self.search.add(texts())
        self.search.waiting = 0

    # -- copies ----------------------------------------------------------------------------

    def _folder(self) -> Path:
        folder = pages_folder(self.path)
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder
        self._own = tempfile.TemporaryDirectory(prefix="dragoman-pages-")
        return Path(self._own.name)

    def _opened(self) -> Index:
        """Open the copy of last time if it is of this state, else make one."""
        for old in sorted(self.folder.glob("index-*.duckdb")):
            try:
                index = Index(old)
            except (LockError, duckdb.Error):
                continue  # of another server, or damaged: a new one is made
            if snapshot.is_built(index, self.state):
                number = old.stem.removeprefix("index-")
                self._number = int(number) if number.isdigit() else 0
                return index
            index.close()
            old.unlink(missing_ok=True)
        try:
            return self._copy()
        except LockError as error:
            self._tell(f"{error}; the pages show what is committed so far")
        index = replay_index(self.path, self._free())
        self.state = state_of(self.path)
        self._behind = True
        snapshot.build(index, self.state)
        return index

    def _copy(self) -> Index:
        started = time.monotonic()
        index, self.state = copy_index(self.path, self._free())
        snapshot.build(index, self.state)
        self._copied = (time.monotonic(), time.monotonic() - started)
        self._behind = False
        return index

    def _free(self) -> Path:
        """Return the name of a copy that neither is nor was: DuckDB knows open files by name."""
        while True:
            self._number += 1
            path = self.folder / f"index-{self._number}.duckdb"
            if not path.exists():
                return path


def progress(library: Library) -> dict[str, Any]:
    """Return where the store stands: how many reports and events, and who writes to it."""
    (row,) = library.rows(
        "SELECT (SELECT count(*) FROM store.documents) AS reports, "
        "(SELECT count(*) FROM pages.rows) AS events, "
        "(SELECT count(*) FROM store.rejected) AS rejected, "
        "(SELECT count(*) FROM store.segments) AS batches"
    )
    return {
        **row,
        "writer": writer_of(library.path),
        "waiting_for_search": library.search.waiting,
        "version": library.version,
    }
