"""From what the user names to jobs for the pool: paths, folders, globs, URLs, '-'."""

from __future__ import annotations

import glob
import os
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from dragoman.errors import ConfigError, InputError
from dragoman.ingest.context import DEFAULT_COLUMNS, Columns
from dragoman.ingest.pool import Item, Job
from dragoman.ingest.streams import globbed, is_url
from dragoman.ingest.units import Hints, Limits

#: Small files travel together, up to this many and this many bytes.
_FILES, _BYTES = 64, 8_000_000
#: How the files of a store end, beside its segments.
_BESIDE = ("", ".wal", ".rebuilding", ".rebuilding.wal", ".watch.json", ".watch.json.part")


def web_address(source: str) -> bool:
    """Tell whether a source is a page of the web."""
    return source.startswith(("http://", "https://"))


def locations(sources: Iterable[str]) -> Iterator[str]:
    """Yield the files that ``sources`` name: folders hold theirs in order, globs theirs.

    What is hidden in a folder, and the files of a store, are left out. A name that is
    nothing of this is yielded as it is; reading it tells what is wrong.
    """
    for source in sources:
        if is_url(source) and "::" not in source and glob.has_magic(source):
            yield from globbed(source)
        elif source == "-" or is_url(source) or os.path.isfile(source):
            yield source
        elif os.path.isdir(source):
            for folder, folders, names in os.walk(source):
                folders[:] = sorted(n for n in folders if n[0] != ".")
                paths = (os.path.join(folder, n) for n in sorted(names) if n[0] != ".")
                yield from (path for path in paths if not _of_a_store(path))
        elif glob.has_magic(source):
            found = sorted(p for p in glob.iglob(source, recursive=True) if os.path.isfile(p))
            yield from (path for path in found if not _of_a_store(path))
            if not found:
                yield source
        else:
            yield source


def _of_a_store(path: str) -> bool:
    """Tell whether a file belongs to a store, so that 'ingest .' does not read its own."""
    folder = os.path.dirname(path)
    if folder.endswith(".segments") and os.path.isfile(os.path.join(folder, "manifest.json")):
        return True
    stores = [path.removesuffix(end) for end in _BESIDE if path.endswith(end)]
    return any(os.path.isfile(f"{store}.segments/manifest.json") for store in stores)


def jobs(found: Iterable[str], hints: Hints, columns: Columns) -> Iterator[Job]:
    """Yield jobs for files in order; a large file is a job of its own."""
    group: list[Item] = []
    total = 0
    for location in found:
        item, size = _item(location)
        if group and (len(group) >= _FILES or total + size > _BYTES):
            yield Job(tuple(group), hints, columns)
            group, total = [], 0
        group.append(item)
        total += size
    if group:
        yield Job(tuple(group), hints, columns)


def address_jobs(addresses: Sequence[str], hints: Hints) -> list[Job]:
    """Return a job that names web addresses as a list of links."""
    if not addresses:
        return []
    lines = "\n".join(addresses).encode("utf-8", "replace")
    return [Job((Item("command line", lines, "urls"),), hints)]


def _item(location: str) -> tuple[Item, int]:
    if location == "-":
        limit = Limits().nested_bytes
        data = sys.stdin.buffer.read(limit + 1)
        if len(data) > limit:
            raise InputError("-", "too-large", f"more than {limit:,} bytes; save it as a file")
        return Item("-", data), len(data)
    try:
        return Item(location), 0 if is_url(location) else os.stat(location).st_size
    except OSError:
        return Item(location), 0  # the worker tells what is wrong with it


def user_hints(published: date | None, publisher: str | None) -> Hints:
    """Return the hints that the user's options give."""
    hints: Hints = {}
    if published is not None:
        hints["published_by_option"] = published.isoformat()
    if publisher is not None:
        hints["publisher"] = publisher
    return hints


def read_columns(path: Path | None) -> Columns:
    """Read a column mapping: a TOML table ``[columns]`` of field to column name or names.

    Fields are text, title, author, url, published, publisher and language; a dot in a name goes
    into nested JSON. What the file leaves out keeps its usual names. Raises
    ``ConfigError``.
    """
    if path is None:
        return DEFAULT_COLUMNS
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("columns")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(table, dict) or not table:
        raise ConfigError(f"{path}: there is no table [columns]")
    columns = dict(DEFAULT_COLUMNS)
    for name, value in table.items():
        if name not in DEFAULT_COLUMNS:
            known = ", ".join(DEFAULT_COLUMNS)
            raise ConfigError(f"{path}: [columns] has {name!r}; it may have {known}")
        columns[name] = _names(path, name, value)
    return columns


def _names(path: Path, name: str, value: object) -> list[str]:
    names: Sequence[object] = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(n, str) and n for n in names):
        raise ConfigError(f"{path}: [columns] {name} must be a column name or a list of them")
    return [str(n) for n in names]
