"""Mend a store: a lost or damaged manifest, and an index that is not what it must be."""

from __future__ import annotations

from pathlib import Path

import duckdb

from dragoman.errors import DamagedError, StoreError
from dragoman.store.index import Index
from dragoman.store.lock import WriterLock
from dragoman.store.segments import Segments
from dragoman.store.store import Store


def mend(path: Path) -> list[str]:
    """Mend the store at ``path`` as far as can be without loss; return what was done.

    Raises ``DamagedError`` that names every file that is lost, and leaves the store as
    it is then; ``LockError`` if another process is writing.
    """
    done: list[str] = []
    segments = Segments(path.with_name(path.name + ".segments"))
    if not segments.folder.is_dir():
        raise StoreError(f"there is no store at {path}")
    lock = WriterLock(segments.folder / "lock")
    lock.acquire()
    try:
        try:
            segments.manifest()
        except DamagedError:
            lost = _known_but_missing(path, segments) or segments.restore_manifest()
            if lost:
                raise DamagedError("; ".join(lost)) from None
            done.append("the manifest was made anew from the segments")
        damaged = [p for p in map(segments.problem, segments.manifest()) if p is not None]
        if damaged:
            raise DamagedError("; ".join(damaged))
    finally:
        lock.release()
    with Store.open(path) as store:
        store.rebuild()
    done.append("the index was made anew")
    return done


def _known_but_missing(path: Path, segments: Segments) -> list[str]:
    """Return the segments that the index was filled from and that are no more."""
    try:
        index = Index(path, read_only=True)
    except (duckdb.Error, StoreError):
        return []
    try:
        names = [name for name, _ in index.applied()]
    except duckdb.Error:
        return []
    finally:
        index.close()
    return [
        f"{segments.folder / n} is missing" for n in names if not (segments.folder / n).exists()
    ]
