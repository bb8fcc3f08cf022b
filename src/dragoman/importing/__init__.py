"""Events of other data sets, brought into a store so that series can be compared.

They are kept apart from dragoman's own codings: in the views ``outside_events``,
``outside_actors`` and ``outside_dyad_days``, and beside the own ones in ``all_events`` and
``all_dyad_days``, told apart by ``data_set``. Each import is a run of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from dragoman.errors import ConfigError, InputError
from dragoman.importing.readers import READERS, read
from dragoman.importing.rows import WRONG_FILE, Bad
from dragoman.schema import OutsideEvent, Rejected
from dragoman.store import Added, Run, Store

__all__ = ["DATA_SETS", "Imported", "import_events"]

DATA_SETS = tuple(READERS)
#: Rows per commit.
_BATCH = 10_000


@dataclass(slots=True)
class Imported:
    """What one import did; ``run`` is in the store unless nothing was new."""

    run: Run
    events: int = 0
    bad: int = 0
    added: Added = field(default_factory=Added)


def import_events(
    store: Store,
    data_set: str,
    path: Path,
    *,
    tell: Callable[[Rejected], None] = lambda rejected: None,
) -> Imported:
    """Add the events of ``path`` to ``store``; what it has is left as it is.

    An event that the file gives differently replaces the one that the store has. A bad
    row is set aside with its line. Raises ``ConfigError`` for another data set,
    ``InputError`` for a file that cannot be read or is of another kind.
    """
    if data_set not in READERS:
        raise ConfigError(f"there is no data set {data_set!r}: {', '.join(READERS)}")
    from dragoman.archive.linking import is_linked, still_linked

    done = Imported(Run.begin(data_set, f"import {data_set} {path.name}"))
    linked = is_linked(store)
    found = _checked(read(path, data_set), path, data_set)
    while batch := list(islice(found, _BATCH)):
        items: list[OutsideEvent | Rejected] = []
        for item in batch:
            if isinstance(item, OutsideEvent):
                done.events += 1
                items.append(item)
                continue
            done.bad += 1
            bad = Rejected(f"{path.name}#{item.line}", item.reason, item.message)
            tell(bad)
            items.append(bad)
        done.added += store.add(items, done.run)
    if linked:
        still_linked(store)
    return done


def _checked(
    found: Iterator[OutsideEvent | Bad], path: Path, data_set: str
) -> Iterator[OutsideEvent | Bad]:
    """Pass ``found`` on. Raises ``InputError`` if only bad rows come at first."""
    head = list(islice(found, WRONG_FILE))
    if head and not any(isinstance(item, OutsideEvent) for item in head):
        first = head[0]
        assert isinstance(first, Bad)
        raise InputError(
            str(path),
            "wrong-file",
            f"not one of its rows is {data_set}'s: line {first.line}: {first.message}",
        )
    yield from head
    yield from found
