"""Reports and events put aside on disk, to be had in the order of merging.

A database that sorts whole texts needs memory that grows with them. Here the texts lie in
an unnamed file, which is gone with its process, and only a few numbers an event are sorted.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

import numpy as np

from dragoman.duplicates.happenings import Told, interval

#: Without a day a report comes after all others.
_LAST = date.max.toordinal() + 1


class Shelf:
    """Takes the words of reports, then events in any order, and gives the events in order.

    The order is that of ``HappeningMerger``: the first day, the day of the report, its id
    and the place in it. Memory holds some 200 bytes a report and 40 an event. ``folder`` is
    where the file lies; ``window`` is that of ``interval``.
    """

    def __init__(self, folder: Path, window: int) -> None:
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115
        self._window = window
        self._numbers: dict[str, int] = {}
        self._published = array("l")
        self._words = array("q")
        self._events = {name: array("q") for name in ("first", "report", "position", "place")}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # what a full disk did not take; nobody reads it any more
            self._file.close()

    def put_words(self, rows: Iterable[tuple[str, date | None, bytes]]) -> Iterator[np.ndarray]:
        """Keep ``(document, published, words)`` of each report; yield its words.

        They are the words of its sketch, and come back as those of its events.
        """
        for document, published, words in rows:
            self._numbers[document] = len(self._numbers)
            self._published.append(published.toordinal() if published else _LAST)
            self._words.append(self._put(words))
            yield np.frombuffer(words, dtype="<i4")

    def put_events(self, rows: Iterable[tuple[int, Told]]) -> None:
        """Keep events, each with its place in its report; those of other reports are left out.

        Their ``published`` and ``words`` are those of the report.
        """
        for position, bare in rows:
            number = self._numbers.get(bare.document)
            if number is None:
                continue
            day = self._published[number]
            told = replace(bare, published=None if day == _LAST else date.fromordinal(day))
            self._events["first"].append(interval(told, self._window)[0])
            self._events["report"].append(number)
            self._events["position"].append(position)
            self._events["place"].append(self._put(told))

    def events(self) -> Iterator[Told]:
        """Yield the events in order."""
        ids = list(self._numbers)
        ranks = np.empty(len(ids), dtype=np.int64)
        ranks[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
        first, report, position, place = (
            np.frombuffer(column, dtype=np.int64) for column in self._events.values()
        )
        published = np.asarray(self._published)[report]
        for row in np.lexsort((position, ranks[report], published, first)):
            told: Told = self._get(int(place[row]))
            words = np.frombuffer(self._get(self._words[report[row]]), dtype="<i4")
            yield replace(told, words=words)

    def _put(self, value: Any) -> int:
        place = self._file.tell()
        pickle.dump(value, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        return place

    def _get(self, place: int) -> Any:
        self._file.seek(place)
        return pickle.load(self._file)
