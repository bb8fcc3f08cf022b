"""Damage to the files of a store, and what becomes of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from dragoman.archive.comparing import canonical_digest
from dragoman.archive.mending import mend
from dragoman.errors import DragomanError
from dragoman.store import Store

#: Changes the bytes of a file; ``None`` removes it.
Change = Callable[[bytes], bytes | None]


def mutations(path: Path, count: int, seed: int) -> Iterator[tuple[str, Change]]:
    """Yield file names, relative to the store's folder, and a change for each."""
    chance = random.Random(seed)
    folder = path.with_name(path.name + ".segments")
    segments = [f"{folder.name}/{file.name}" for file in sorted(folder.glob("*.parquet"))]
    names = [*segments, *segments, f"{folder.name}/manifest.json", path.name]
    log = path.name + ".wal"  # there is one where a writer was killed
    names += [log] * 2 if path.with_name(log).exists() else []
    for _ in range(count):
        yield chance.choice(names), _change(chance)


def _change(chance: random.Random) -> Change:
    kind = chance.choice(["flip", "flip", "truncate", "zero", "missing", "swap", "append"])
    place, bit, share = chance.random(), 1 << chance.randrange(8), chance.random()

    def change(data: bytes) -> bytes | None:
        at = min(int(place * len(data)), max(len(data) - 1, 0))
        changed = bytearray(data)
        match kind:
            case "flip":
                changed[at] ^= bit
            case "truncate":
                return data[:at]
            case "zero":
                end = min(len(data), at + 1 + int(share * 4096))
                changed[at:end] = bytes(end - at)
            case "missing":
                return None
            case "swap":
                half = len(data) // 2
                return data[half:] + data[:half]
            case "append":
                return data + bytes(17)
        return bytes(changed)

    return change


def try_mutation(path: Path, name: str, change: Change, wanted: str) -> str:
    """Damage a file, then open, verify and mend: ``same``, ``told`` or ``silent``.

    ``same``: the content is all there, at once or after mending. ``told``: an error
    names what is wrong. ``silent``: rows are missing or differ and nothing says so.
    """
    file = path.parent / name
    changed = change(file.read_bytes())
    if changed is None:
        file.unlink()
    else:
        file.write_bytes(changed)
    told = False
    try:
        with Store.open(path) as store:
            told = bool(store.verify().problems)
            if not told:
                return "same" if canonical_digest(store) == wanted else "silent"
    except DragomanError:
        told = True
    try:
        mend(path)
        with Store.open(path) as store:
            if canonical_digest(store) == wanted and store.verify().problems == ():
                return "same"
    except DragomanError:
        return "told"
    return "told" if told else "silent"
