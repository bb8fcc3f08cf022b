"""Files of other data sets as rows: plain, gzip or zip, any line ends, UTF-8 or Latin-1."""

from __future__ import annotations

import csv
import gzip
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dragoman.errors import InputError

#: The longest line that is read; longer ones are set aside.
_LONGEST = 1 << 20
#: So many bad rows before any good one: the file is of another kind.
WRONG_FILE = 1000


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be used: its line and why."""

    line: int
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row as columns; empty cells are left out."""

    line: int
    cells: dict[str, str]


def lines_of(path: Path) -> Iterator[tuple[int, str | None]]:
    """Yield number and text of each line; ``None`` for one that is too long.

    Raises ``InputError``: ``missing``, ``archive`` (a zip of other than one file),
    ``broken`` (damaged compression).
    """
    try:
        with ExitStack() as stack:
            stream = stack.enter_context(closing(_opened(path, stack)))
            number = 0
            while line := stream.readline(_LONGEST + 1):
                number += 1
                if len(line) > _LONGEST and not line.endswith(b"\n"):
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(_LONGEST)
                    yield number, None
                else:
                    yield number, _text(line)
    except FileNotFoundError:
        raise InputError(str(path), "missing", "there is no such file") from None
    except (EOFError, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise InputError(str(path), "broken", f"the compressed file is broken: {error}") from error
    except OSError as error:
        raise InputError(str(path), "unreadable", str(error.strerror or error)) from error


def _opened(path: Path, stack: ExitStack) -> IO[bytes]:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(b"PK\x03\x04"):
        archive = stack.enter_context(zipfile.ZipFile(path))
        members = [m for m in archive.infolist() if not m.is_dir()]
        if len(members) != 1:
            raise InputError(
                str(path), "archive", f"the zip holds {len(members)} files: take them out"
            )
        return archive.open(members[0])
    if head.startswith(b"\x1f\x8b"):
        return gzip.open(path)  # type: ignore[return-value]
    return path.open("rb")


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        # Some POLECAT files are Latin-1.
        return line.decode("latin-1")


def tabbed(
    path: Path, columns: Sequence[str], others: Sequence[Sequence[str]] = ()
) -> Iterator[Line | Bad]:
    """Yield the rows of a tab-separated file that does not quote.

    Columns are known by place, as some published headers name columns that the rows do not
    have; ``others`` are further layouts, told apart by the number of columns. Empty cells
    beyond the last column are ignored. The first line is left out if it holds the name of
    the first column.
    """
    layouts = {len(layout): layout for layout in (columns, *others)}
    widest = max(layouts)
    for number, text in lines_of(path):
        if text is None:
            yield Bad(number, "too-long", f"a line longer than {_LONGEST:,} bytes")
            continue
        if number == 1 and columns[0].lower() in text.lower():
            continue
        cells = text.rstrip("\r\n").split("\t")
        while len(cells) > widest and not cells[-1].strip():
            cells.pop()
        layout = layouts.get(len(cells))
        if layout is None:
            if text.strip():
                wanted = " or ".join(map(str, sorted(layouts)))
                yield Bad(number, "columns", f"the row has {len(cells)} columns, not {wanted}")
            continue
        yield Line(number, _filled(zip(layout, cells, strict=True)))


def comma_separated(path: Path, needed: Sequence[str]) -> Iterator[Line | Bad]:
    """Yield the rows of a CSV with a header, by the header's names in lower case.

    Raises ``InputError`` (``columns``) if a column of ``needed`` is missing.
    """
    long: list[int] = []

    def texts() -> Iterator[str]:
        for number, text in lines_of(path):
            if text is None:
                long.append(number)
            else:
                yield text

    first = next(lines_of(path), (1, ""))[1] or ""
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(texts(), delimiter=delimiter)
    header = [name.strip().lower().lstrip("\ufeff") for name in next(reader, [])]
    missing = [name for name in needed if name not in header]
    if missing:
        raise InputError(
            str(path), "columns", f"the header lacks {', '.join(missing)}: is it such a file?"
        )
    begin = reader.line_num + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Bad(begin, "csv-broken", f"the row is broken: {error}")
            begin = reader.line_num + 1
            continue
        if cells is None:
            break
        if len(cells) != len(header):
            if any(cells):
                yield Bad(
                    begin, "columns", f"the row has {len(cells)} columns, the header {len(header)}"
                )
        else:
            yield Line(begin, _filled(zip(header, cells, strict=True)))
        begin = reader.line_num + 1
    for number in long:
        yield Bad(number, "too-long", f"a line longer than {_LONGEST:,} bytes")


def _filled(cells: Iterator[tuple[str, str]]) -> dict[str, str]:
    return {name: value.strip() for name, value in cells if value.strip()}
