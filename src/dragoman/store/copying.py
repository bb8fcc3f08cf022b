"""A private copy of a store's index, so that a reader neither waits for a writer nor stops one."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from dragoman.errors import StoreError
from dragoman.store.index import Index
from dragoman.store.lock import WriterLock
from dragoman.store.segments import Segments
from dragoman.store.store import Store


def state_of(path: Path) -> str:
    """Return a text that changes whenever the store at ``path`` is written to."""
    segments = Segments(path.with_name(path.name + ".segments"))
    manifest = [(s.file, s.sha256) for s in segments.manifest()]
    try:
        stat = path.stat()
        file = f"{stat.st_mtime_ns}-{stat.st_size}"
    except FileNotFoundError:
        file = "none"
    return hashlib.sha256(f"{manifest}{file}".encode()).hexdigest()


def copy_index(path: Path, target: Path) -> tuple[Index, str]:
    """Copy the index of the store at ``path`` to ``target`` and open the copy for writing.

    An index that is behind is brought up to date first. Also returns the state that was
    copied. Raises ``LockError`` if another process writes to the store or reads its index
    just now, ``StoreError`` if there is no store.
    """
    segments = Segments(path.with_name(path.name + ".segments"))
    if not segments.exists:
        raise StoreError(f"there is no store at {path}: make one with 'dragoman ingest --db'")
    _remove(target)
    if not os.access(segments.folder, os.W_OK):
        # Nobody writes here, so the file is whole.
        Store.open(path, read_only=True).close()
        shutil.copyfile(path, target)
        return Index(target), state_of(path)
    Store.open(path).close()
    lock = WriterLock(segments.folder / "lock")
    lock.acquire()
    try:
        shutil.copyfile(path, target)
        state = state_of(path)
    finally:
        lock.release()
    return Index(target), state


def replay_index(path: Path, target: Path) -> Index:
    """Make an index of what is committed to the store at ``path``, though somebody writes."""
    segments = Segments(path.with_name(path.name + ".segments"))
    _remove(target)
    index = Index(target)
    for position, segment in enumerate(segments.manifest(), start=1):
        run, records = segments.read(segment)
        index.apply(position, segment, run, records)
    return index


def catch_up(path: Path, index: Index) -> set[str] | None:
    """Apply to ``index`` the segments that it lacks; return the documents that changed.

    ``None`` means that the store's history was written anew: copy the index again.
    """
    segments = Segments(path.with_name(path.name + ".segments"))
    manifest = segments.manifest()
    applied = index.applied()
    if [(s.file, s.sha256) for s in manifest[: len(applied)]] != applied:
        return None
    changed: set[str] = set()
    for position, segment in enumerate(manifest[len(applied) :], start=len(applied) + 1):
        run, records = segments.read(segment)
        index.apply(position, segment, run, records)
        changed.update(r.key for r in records if r.kind in {"report", "document"})
        made = [r.key for r in records if r.kind == "correction"]
        found = index.query(
            "SELECT DISTINCT document FROM store.corrections WHERE id IN (SELECT unnest(?))", [made]
        )[1]
        changed.update(row[0] for row in found)
    return changed


def writer_of(path: Path) -> str | None:
    """Return who is writing to the store at ``path``, or ``None`` if nobody is.

    The lock itself is not touched, so that nobody who wants to write is turned away.
    """
    lock = WriterLock(path.with_name(path.name + ".segments") / "lock")
    return lock.holder() if lock.is_held() else None


def _remove(target: Path) -> None:
    for file in (target, target.with_name(target.name + ".wal")):
        file.unlink(missing_ok=True)
