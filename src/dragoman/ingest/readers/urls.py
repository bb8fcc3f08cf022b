"""A list of addresses, one a line; '#' begins a comment."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.ingest.encodings import decode
from dragoman.ingest.units import Limits, Link, Unit


def parse(unit: Unit, limits: Limits) -> Iterator[Link]:
    """Yield every address."""
    lines = (line.strip() for line in decode(unit.data, unit.name).splitlines())
    for count, line in enumerate(line for line in lines if line and not line.startswith("#")):
        if count >= limits.links:
            return
        yield Link(line, unit.hints)
