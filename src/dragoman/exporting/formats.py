"""What a format is: its name, its columns, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import ModuleType
from typing import IO, Any

from dragoman.errors import ConfigError
from dragoman.exporting.selecting import Source


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the schema document and the data package tell it.

    ``type`` is one of Frictionless: string, integer, number, boolean, date, datetime, array.
    """

    name: str
    type: str
    meaning: str


#: What ``Source.coded`` keeps, and what ``Source.dyads`` keeps of it.
CODED = "what happened or is planned, dated to a week, a happening once"
DYADS = f"pairs of parties in {CODED}"
#: Writes what the source holds to a binary file and returns how many records it wrote.
Writer = Callable[[Source, IO[bytes]], int]


@dataclass(frozen=True, slots=True)
class Format:
    """One export format; ``suffix`` is that of its files, with the dot.

    ``holds`` says which of the chosen events it can hold, '' for all of them.
    """

    name: str
    suffix: str
    media_type: str
    summary: str
    write: Writer
    columns: tuple[Column, ...] = ()
    dialect: Mapping[str, Any] = field(default_factory=dict)
    holds: str = ""


def columns(lines: str) -> tuple[Column, ...]:
    """Return the columns that ``lines`` tell as ``name | type | meaning``.

    A line without bars goes on with the meaning of the one before it.
    """
    found: list[Column] = []
    for line in filter(str.strip, lines.splitlines()):
        name, *more = (part.strip() for part in line.split(" | ", 2))
        if more:
            found.append(Column(name, *more))
        else:
            found[-1] = replace(found[-1], meaning=f"{found[-1].meaning} {name}")
    return tuple(found)


def optional(module: str, extra: str) -> ModuleType:
    """Import ``module``. Raises ``ConfigError`` that says how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(f"{error}: install it with: pip install 'dragoman[{extra}]'") from error


def plain(value: object) -> str:
    """Return a value for a tab-separated cell: one line, without tabs and control characters.

    Numbers are written in full; ``None`` is an empty cell. A leading ``= + - @`` of a text
    is dropped, so that no spreadsheet takes a name of a report for a formula; these formats
    have no way to mark it.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return number(value)
    if not isinstance(value, str):
        return str(value)
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return text if text.strip("-") == "" else text.lstrip("=+-@＝＋－＠ ")


def number(value: float) -> str:
    """Return a number as text: without an exponent, a whole one without a point."""
    return str(int(value)) if value == int(value) else repr(round(value, 6))


def tsv(cells: Iterable[object]) -> bytes:
    """Return one line of a tab-separated file."""
    return ("\t".join(plain(cell) for cell in cells) + "\n").encode()
