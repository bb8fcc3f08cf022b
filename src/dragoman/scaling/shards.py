"""Cut sources up into shards: what one worker codes at a time into one file.

The plan is a list of groups. A group is a run of small files, or one large file, or a
stretch of a large JSON lines or Parquet file. Of each group shards are cut while it is
coded: a shard is its records from one on until it is full; the next one begins where it
ended. So a shard of any format is bounded, though nobody knows beforehand
how many records a file holds. Groups are worked on side by side, the shards of one group
one after the other.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dragoman.errors import ConfigError, InputError
from dragoman.ingest.sniff import HEAD, sniff
from dragoman.ingest.streams import is_url, open_location
from dragoman.ingest.units import Part

#: Small files travel together, up to this many.
_FILES = 64
#: A file of JSON lines or Parquet larger than this is cut up, about so large.
STRETCH = 8_000_000
_BLOCK = 1 << 20
_PROBE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or a stretch of it. ``stamp`` changes when the file does; ``size`` is in bytes."""

    location: str
    size: int
    stamp: str
    part: Part | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the piece as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Piece:
        """Return the piece that ``to_dict`` made ``data`` of."""
        part = data["part"]
        return cls(**{**data, "part": Part(**part) if part else None})

    def same_place(self, other: Piece) -> bool:
        """Tell whether both name one stretch of one file, changed or not."""
        return (self.location, self.part) == (other.location, other.part)


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces that are read in order. ``place`` is where the group stands in the plan."""

    place: int
    pieces: tuple[Piece, ...]

    def fingerprint(self, identity: str) -> str:
        """Return the hash of what goes into the group and of how it is coded."""
        text = json.dumps([[piece.to_dict() for piece in self.pieces], identity])
        return hashlib.sha256(text.encode()).hexdigest()

    def content(self) -> str | None:
        """Return the SHA-256 of the bytes of all pieces, ``None`` if one is not at hand here."""
        digest = hashlib.sha256()
        for piece in self.pieces:
            if is_url(piece.location):
                return None
            start, stop = 0, piece.size
            if piece.part is not None and piece.part.kind == "lines":
                start, stop = piece.part.start, piece.part.stop
            digest.update(f"{stop - start}\n".encode())
            try:
                with open(piece.location, "rb") as file:
                    file.seek(start)
                    left = stop - start
                    while left > 0 and (block := file.read(min(_BLOCK, left))):
                        digest.update(block)
                        left -= len(block)
            except OSError:
                return None
        return digest.hexdigest()


#: A record of a group: its piece, and its number in that.
Start = tuple[int, int]


def shard_id(place: int, start: Start) -> str:
    """Return the name of a shard. In their order shards are loaded, whoever coded them when."""
    return f"{place:06d}-{start[0]:02d}-{start[1]:07d}"


def plan(
    locations: Iterable[str], known: Sequence[Group], *, stretch: int = STRETCH
) -> tuple[Group, ...]:
    """Return the groups for ``locations`` in order, beside those that are ``known``.

    A file that a known group has stays where it was; new files come after all known ones.
    Groups of files that are not named now are kept. So the order of two documents never
    depends on who coded them. Raises ``ConfigError`` for standard input.
    """
    by_location: dict[str, list[Group]] = {}
    for group in known:
        for piece in group.pieces:
            by_location.setdefault(piece.location, []).append(group)
    kept = {group.place: list(group.pieces) for group in known}
    place = max(kept, default=-1) + 1
    small: list[Piece] = []
    fresh: list[list[Piece]] = []

    def flush() -> None:
        if small:
            fresh.append(list(small))
            small.clear()

    for location in dict.fromkeys(locations):
        if location == "-":
            raise ConfigError("an engine reads files: save standard input as a file first")
        pieces = _pieces(location, stretch)
        had = by_location.get(location, [])
        old = [piece for group in had for piece in group.pieces if piece.location == location]
        if len(old) == len(pieces) and all(
            one.same_place(other) for one, other in zip(old, pieces, strict=True)
        ):
            for group in had:
                kept[group.place] = [
                    next((new for new in pieces if new.same_place(piece)), piece)
                    for piece in kept[group.place]
                ]
            continue
        for group in had:
            kept[group.place] = [p for p in kept[group.place] if p.location != location]
        if len(pieces) == 1 and pieces[0].part is None and pieces[0].size < stretch:
            if len(small) >= _FILES or sum(p.size for p in small) + pieces[0].size > stretch:
                flush()
            small.append(pieces[0])
        else:
            flush()
            fresh += [[piece] for piece in pieces]
    flush()
    groups = [Group(number, tuple(pieces)) for number, pieces in kept.items() if pieces]
    groups += [Group(place + number, tuple(pieces)) for number, pieces in enumerate(fresh)]
    return tuple(sorted(groups, key=lambda group: group.place))


def _pieces(location: str, stretch: int) -> list[Piece]:
    """Return a file whole, or its stretches if it is large and its format allows that."""
    try:
        size, stamp = _stat(location)
    except (OSError, ValueError, ImportError):
        return [Piece(location, 0, "missing")]  # the worker tells what is wrong with it
    whole = [Piece(location, size, stamp)]
    if size <= stretch:
        return whole
    try:
        with open_location(location) as stream:
            kind = sniff(stream.read(HEAD), location)
            if kind == "jsonl" and stream.seekable():
                parts = list(_lines(stream, size, stretch))
            elif kind == "parquet":
                parts = _row_groups(location, size, stretch)
            else:
                return whole
    except (OSError, InputError):
        return whole
    return [Piece(location, size, stamp, part) for part in parts] or whole


def _stat(location: str) -> tuple[int, str]:
    """Return the size of a file, and a text that changes when the file does."""
    if not is_url(location):
        found = os.stat(location)
        return found.st_size, f"{found.st_size} {found.st_mtime_ns}"
    import fsspec

    system, path = fsspec.core.url_to_fs(location)
    return int(system.info(path)["size"] or 0), str(system.ukey(path))


def _lines(stream: Any, size: int, stretch: int) -> Iterator[Part]:
    """Cut JSON lines at line ends."""
    stream.seek(0)
    start = place = before = lines = 0
    while block := stream.read(_BLOCK):
        searched = 0
        while place + len(block) - start > stretch:
            end = block.find(b"\n", max(searched, start + stretch - place))
            if end < 0:
                break
            lines += block.count(b"\n", searched, end + 1)
            searched = end + 1
            yield Part("lines", start, place + searched, before)
            start, before = place + searched, lines
        lines += block.count(b"\n", searched)
        place += len(block)
    if start < place:
        yield Part("lines", start, place, before)


def _row_groups(location: str, size: int, stretch: int) -> list[Part]:
    """Cut a Parquet file between row groups; its footer is read in another process."""
    try:
        told = subprocess.run(
            [sys.executable, "-m", "dragoman.scaling.row_groups", location],
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        rows: list[int] = json.loads(told.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return []  # read as a whole, where the worker tells what is wrong
    parts: list[Part] = []
    wanted = max(1, sum(rows) * stretch // max(size, 1))
    start = before = count = 0
    for number, rows_here in enumerate(rows, start=1):
        count += rows_here
        if count >= wanted or number == len(rows):
            parts.append(Part("rows", start, number, before))
            start, before, count = number, before + count, 0
    return parts
