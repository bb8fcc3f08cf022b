"""What a run has planned and done: ``manifest.jsonl``, whose every line is hashed.

Line by line the hash covers all lines before, so that a line that is changed, lost or moved
is found. The driver appends a line when a shard is done, and writes the file anew (aside,
fsync, rename) when a run begins. What the manifest does not name does not exist.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dragoman.errors import DamagedError, StoreError
from dragoman.scaling.shards import Group, Piece, Start, shard_id
from dragoman.store.lock import WriterLock

#: The layout of manifest and shards; raised when a reader of the old one would fail.
FORMAT = 1
_NAME = "manifest.jsonl"
_PARTS, _NOTES = "shards", "notes"


@dataclass(frozen=True, slots=True)
class Entry:
    """A shard that is done: the records from ``start`` up to ``stop`` of the group at ``place``.

    ``more`` tells that the group goes on behind it. ``input`` is the group's fingerprint,
    ``content`` the hash of its bytes where they were at hand. ``file`` is the output's name,
    ``sha256`` its hash, ``bytes`` its size. ``rejected`` counts reasons; ``named`` has the
    source and reason of the first hundred, the file has all. ``coder`` says which version,
    type model and parser coded it. ``seconds`` is CPU time of coder and reader, ``memory``
    the most bytes that the coder's process held, ``deaths`` how many workers died on it.
    """

    place: int
    start: Start
    stop: Start
    more: bool
    input: str
    content: str | None
    file: str
    sha256: str
    bytes: int
    reports: int
    documents: int
    events: int
    rejected: dict[str, int]
    named: list[list[str]]
    coder: str
    seconds: float
    memory: int
    deaths: int = 0

    @property
    def id(self) -> str:
        """The shard's name."""
        return shard_id(self.place, self.start)


def entry_from(data: dict[str, Any]) -> Entry:
    """Return the entry of which ``data`` are the JSON values."""
    places = {name: tuple(data[name]) for name in ("start", "stop")}
    return Entry(**{**data, **places})


@dataclass(slots=True)
class Manifest:
    """The manifest of a folder. Make one with ``read`` or ``write``."""

    folder: Path
    groups: list[Group] = field(default_factory=list)
    entries: dict[tuple[int, Start], Entry] = field(default_factory=dict)
    finished: bool = False
    _chain: str = ""
    _lock: WriterLock | None = None

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of ``folder``.

        A last line that was cut off while it was written is left out. Raises
        ``DamagedError`` that names file and line if another one is not what was written,
        ``StoreError`` if there is none or a newer dragoman wrote it.
        """
        path = folder / _NAME
        try:
            lines = path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            raise StoreError(
                f"there is no {path}: make one with 'dragoman code --engine ... --out {folder}'"
            ) from None
        found = cls(folder)
        for number, line in enumerate(lines, start=1):
            if number == len(lines) and not line.endswith(b"\n"):
                break
            try:
                found._take(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise DamagedError(f"{path}:{number} is damaged: {error}") from error
        return found

    @classmethod
    def write(cls, folder: Path) -> Manifest:
        """Open ``folder`` for writing; it is made if need be.

        What a stopped driver left behind is removed. Raises ``LockError`` if another driver
        writes there, ``DamagedError`` as ``read`` does, ``StoreError`` if the folder may not be
        written.
        """
        try:
            for name in (_PARTS, _NOTES):
                (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made: {error.strerror}") from error
        lock = WriterLock(folder / "lock")
        lock.acquire()
        try:
            found = cls.read(folder) if (folder / _NAME).exists() else cls(folder)
        except BaseException:
            lock.release()
            raise
        found._lock = lock
        return found

    def close(self) -> None:
        """Let others write."""
        if self._lock is not None:
            self._lock.release()

    @property
    def parts(self) -> Path:
        """The folder of the shards' files."""
        return self.folder / _PARTS

    @property
    def notes(self) -> Path:
        """The folder in which workers note what they are at."""
        return self.folder / _NOTES

    def shards(self) -> Iterator[Entry]:
        """Yield what is done in the order of loading."""
        for key in sorted(self.entries):
            yield self.entries[key]

    def path_of(self, entry: Entry) -> Path:
        """Return the file of a shard."""
        return self.parts / entry.file

    def problem(self, entry: Entry) -> str | None:
        """Return what is wrong with the file of a shard, or ``None``."""
        path = self.path_of(entry)
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return f"{path} is missing: code again, only what is missing is done"
        if digest != entry.sha256:
            return (
                f"{path} is damaged: its hash does not fit the manifest; code again, only what is "
                "damaged is done"
            )
        return None

    def digest(self) -> str:
        """Return a SHA-256 over the output: the same whatever engine and workers made it.

        It is of the files in their order. Shards of other sizes are other files, also where one
        had to be cut down because workers died on it; the store that they give is the same.
        """
        lines = "".join(f"{entry.id} {entry.sha256}\n" for entry in self.shards())
        return hashlib.sha256(lines.encode()).hexdigest()

    # -- writing ---------------------------------------------------------------------------

    def begin(self, groups: Sequence[Group], entries: Iterable[Entry]) -> None:
        """Write the manifest anew with the plan and with what of it is done already."""
        self.groups = list(groups)
        self.entries = {(entry.place, entry.start): entry for entry in entries}
        self.finished, self._chain = False, ""
        text = self._line("run", {"format": FORMAT})
        text += "".join(self._line("group", _of_group(group)) for group in self.groups)
        text += "".join(self._line("shard", asdict(entry)) for entry in self.shards())
        aside = self.folder / f"{_NAME}.part"
        aside.write_text(text, encoding="utf-8")
        _sync(aside)
        os.replace(aside, self.folder / _NAME)
        _sync(self.folder)
        self.sweep()

    def add(self, entry: Entry) -> None:
        """Commit a shard whose file is written."""
        self.entries[entry.place, entry.start] = entry
        self._append(self._line("shard", asdict(entry)))

    def finish(self) -> None:
        """Note that everything planned is done, and remove what is of no use any more."""
        self.finished = True
        self._append(self._line("finished", {"shards": len(self.entries)}))
        self.sweep()

    def sweep(self) -> None:
        """Remove files of shards that the manifest does not name, and notes."""
        named = {entry.file for entry in self.entries.values()}
        for path in self.parts.iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)
        for path in self.notes.iterdir():
            path.unlink(missing_ok=True)

    def _append(self, line: str) -> None:
        with (self.folder / _NAME).open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _line(self, kind: str, data: dict[str, Any]) -> str:
        data = {"kind": kind, **data}
        self._chain = _hash(self._chain, data)
        return json.dumps({**data, "chain": self._chain}) + "\n"

    def _take(self, data: dict[str, Any]) -> None:
        told = data.pop("chain")
        if told != _hash(self._chain, data):
            raise ValueError("its hash does not fit it and the lines before")
        self._chain = told
        match data.pop("kind"):
            case "run":
                if data["format"] != FORMAT:
                    raise StoreError(
                        f"{self.folder} has format {data['format']}, this dragoman reads "
                        f"{FORMAT}: use a newer dragoman"
                    )
            case "group":
                pieces = tuple(Piece.from_dict(piece) for piece in data["pieces"])
                self.groups.append(Group(data["place"], pieces))
            case "shard":
                entry = entry_from(data)
                self.entries[entry.place, entry.start] = entry
            case "finished":
                self.finished = True


def _of_group(group: Group) -> dict[str, Any]:
    return {"place": group.place, "pieces": [piece.to_dict() for piece in group.pieces]}


def _hash(before: str, data: dict[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True)
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
