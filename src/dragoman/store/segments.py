"""The truth of a store: a folder of Parquet segments and a hashed manifest.

Segments are never changed. A batch is committed by the rename of the new manifest:
what the manifest does not name does not exist. The order is: write the segment aside,
fsync, rename, fsync the folder; then the same for the manifest.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dragoman.errors import DamagedError, StoreError
from dragoman.store.records import Record, Run

#: The layout of manifest and segments; raised when a reader of the old one would fail.
FORMAT = 1
_COLUMNS = ("kind", "key", "digest", "run", "json")
_MANIFEST = "manifest.json"

#: Called with the name of each step of a commit. Tests stop the process there.
Hook = Callable[[str], None]


def no_hook(step: str) -> None:
    """Do nothing: the hook of every store outside tests."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What the manifest says about one Parquet file."""

    file: str
    sha256: str
    bytes: int
    rows: int


class Segments:
    """The folder of segments. Only the holder of the store's lock may call ``append``."""

    def __init__(self, folder: Path, hook: Hook = no_hook) -> None:
        self.folder = folder
        self._hook = hook

    @property
    def exists(self) -> bool:
        """Whether a manifest has been written."""
        return (self.folder / _MANIFEST).exists()

    def create(self) -> None:
        """Make the folder with an empty manifest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_manifest(())

    def manifest(self) -> tuple[Segment, ...]:
        """Return the committed segments in order.

        Raises ``DamagedError`` if the manifest is not what was written, ``StoreError``
        if a newer dragoman wrote it.
        """
        path = self.folder / _MANIFEST
        try:
            data = json.loads(path.read_bytes())
            entries, digest, version = data["segments"], data["sha256"], data["format"]
        except FileNotFoundError:
            raise DamagedError(f"{path} is missing: the store has no manifest") from None
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{path} is damaged: {error}") from error
        if version != FORMAT:
            raise StoreError(
                f"{path} has format {version}, this dragoman reads {FORMAT}: use a newer dragoman"
            )
        if _sha256(_canonical(entries)) != digest:
            raise DamagedError(f"{path} is damaged: its hash does not fit its content")
        return tuple(Segment(**entry) for entry in entries)

    def append(self, records: Sequence[Record], run: Run) -> tuple[Segment, ...]:
        """Commit ``records`` as one new segment and return the new list of segments.

        Raises ``StoreError`` if the disk is full or may not be written; nothing of the
        batch is kept then.
        """
        try:
            committed = self.manifest()
            self.sweep()
            segment = self._write(len(committed) + 1, records, run)
            self._write_manifest((*committed, segment))
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be written: {error.strerror or error}; this batch is not "
                "kept, everything before it is; make room and run again"
            ) from error
        return (*committed, segment)

    def rewrite(
        self, change: Callable[[list[Record]], list[Record]], mark: Sequence[Record], run: Run
    ) -> int:
        """Write anew the segments whose records ``change`` alters, and add ``mark``.

        All of it is one commit; the old files are removed after it. Returns how many
        segments were written anew. Raises ``DamagedError`` if a segment is damaged.
        """
        try:
            kept: list[Segment] = []
            changed = 0
            for position, segment in enumerate(self.manifest(), start=1):
                its_run, records = self.read(segment)
                left = change(records)
                if left == records:
                    kept.append(segment)
                    continue
                changed += 1
                kept.append(self._write(position, left, its_run))
            if mark:
                kept.append(self._write(len(kept) + 1, mark, run))
            self._write_manifest(kept)
            self.sweep()
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be written: {error.strerror or error}; nothing was changed"
            ) from error
        return changed

    def restore_manifest(self) -> list[str]:
        """Write the manifest anew from the segment files; return what seems to be lost.

        The name of each file holds its place and the start of its hash, so a file that is
        damaged or missing is told. A last segment that is missing cannot be.
        """
        found: dict[int, Segment] = {}
        lost: list[str] = []
        for path in sorted(self.folder.glob("*.parquet")):
            number, _, start = path.stem.partition("-")
            content = path.read_bytes()
            digest = _sha256(content)
            if not number.isdigit() or not digest.startswith(start or "-"):
                lost.append(f"{path} is damaged: its hash does not fit its name")
                continue
            if int(number) in found:
                lost.append(f"{path}: there are two segments {int(number)}; the other is kept")
                continue
            rows = pq.read_metadata(path).num_rows
            found[int(number)] = Segment(path.name, digest, len(content), rows)
        gaps = sorted(set(range(1, max(found, default=0) + 1)) - set(found))
        lost += [f"{self.folder}: segment {number} is missing" for number in gaps]
        if not lost:
            self._write_manifest([found[number] for number in sorted(found)])
        return lost

    def _write(self, position: int, records: Sequence[Record], run: Run) -> Segment:
        columns = {name: [getattr(record, name) for record in records] for name in _COLUMNS}
        table = pa.table(columns, schema=pa.schema([(name, pa.string()) for name in _COLUMNS]))
        table = table.replace_schema_metadata({"dragoman.run": run.to_json()})
        aside = self.folder / "segment.part"
        pq.write_table(table, aside, compression="zstd")
        _fsync(aside)
        self._hook("segment-written")
        content = aside.read_bytes()
        digest = _sha256(content)
        name = f"{position:08d}-{digest[:12]}.parquet"
        os.replace(aside, self.folder / name)
        _fsync(self.folder)
        self._hook("segment-renamed")
        return Segment(name, digest, len(content), len(records))

    def run_of(self, segment: Segment) -> Run:
        """Return the run that wrote ``segment``, from the file's footer alone."""
        metadata = pq.read_metadata(self.folder / segment.file).metadata
        return Run.from_json(metadata[b"dragoman.run"].decode())

    def read(self, segment: Segment) -> tuple[Run, list[Record]]:
        """Return the run and the records of ``segment``.

        Raises ``DamagedError`` that names the file if it is not what was written.
        """
        problem = self.problem(segment)
        if problem is not None:
            raise DamagedError(problem)
        table = pq.read_table(self.folder / segment.file, memory_map=False)
        run = Run.from_json(table.schema.metadata[b"dragoman.run"].decode())
        return run, [Record(**row) for row in table.to_pylist()]

    def problem(self, segment: Segment) -> str | None:
        """Return what is wrong with the file of ``segment``, or ``None``."""
        path = self.folder / segment.file
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return f"{path} is missing: put it back from a copy"
        if len(content) != segment.bytes or _sha256(content) != segment.sha256:
            return f"{path} is damaged: its hash does not fit the manifest; restore it from a copy"
        return None

    def sweep(self) -> None:
        """Remove what a stopped writer left behind: files that no manifest names."""
        known = {segment.file for segment in self.manifest()}
        for path in self.folder.iterdir():
            orphan = path.suffix == ".parquet" and path.name not in known
            if orphan or path.suffix == ".part":
                path.unlink()

    def _write_manifest(self, segments: Sequence[Segment]) -> None:
        entries = [asdict(segment) for segment in segments]
        data = {"format": FORMAT, "sha256": _sha256(_canonical(entries)), "segments": entries}
        aside = self.folder / "manifest.part"
        aside.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        _fsync(aside)
        self._hook("manifest-written")
        os.replace(aside, self.folder / _MANIFEST)
        _fsync(self.folder)
        self._hook("manifest-renamed")


def _canonical(entries: object) -> bytes:
    return json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
