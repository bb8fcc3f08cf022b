"""Cut a store's events into parts by their days, for work that is done on some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date


def day_parts(counts: Iterable[tuple[date | None, int]], most: int, column: str) -> Iterator[str]:
    """Yield SQL conditions on the day ``column`` that together take in every event.

    ``counts`` are the events of each day, ordered by day either way, those without a day
    last. A part has ``most`` events or little more, unless a single day has; what has no
    day is one part.
    """
    days: list[date] = []
    held = 0
    for day, events in counts:
        if day is None:
            if days:
                yield _between(column, days)
            yield f"{column} IS NULL"
            return
        days, held = [*days[:1], day], held + events
        if held >= most:
            yield _between(column, days)
            days, held = [], 0
    if days:
        yield _between(column, days)


def _between(column: str, days: list[date]) -> str:
    return f"{column} BETWEEN DATE '{min(days)}' AND DATE '{max(days)}'"
