"""A list of addresses, one a line; '#' begins a comment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO

from dragoman.errors import InputError
from dragoman.ingest.context import Context
from dragoman.ingest.encodings import decode
from dragoman.ingest.units import Limits, Link, Unit

#: So many lines are a unit.
_LINES = 10_000


def units(stream: IO[bytes], name: str, context: Context) -> Iterator[Unit]:
    """Yield the list in pieces. Raises ``InputError`` (``too-large``) for an endless line."""
    limit = context.limits.unit_bytes
    lines = iter(lambda: stream.readline(limit + 1), b"")
    number = 1
    while piece := list(islice(lines, _LINES)):
        place = name if number == 1 else f"{name}#{number}"
        data = b"".join(piece)
        if len(data) > limit:
            raise InputError(place, "too-large", f"addresses of more than {limit:,} bytes")
        yield Unit(place, "urls", data, context.hints)
        number += len(piece)


def parse(unit: Unit, limits: Limits) -> Iterator[Link]:
    """Yield every address."""
    for line in decode(unit.data, unit.name).splitlines():
        address = line.strip()
        if address and not address.startswith("#"):
            yield Link(address, unit.hints)
