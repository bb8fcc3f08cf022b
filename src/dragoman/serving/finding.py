"""Which reports a search found, and a cursor that has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dragoman.serving.filters import Filter
from dragoman.serving.library import Library
from dragoman.serving.search import match_of

Numbers = npt.NDArray[np.int32]


@contextmanager
def asking(library: Library, wanted: Filter) -> Iterator[tuple[duckdb.DuckDBPyConnection, bool]]:
    """Give a cursor in which the reports that the search found are the table ``matched``."""
    match = match_of(wanted.q)
    with library.reading() as cursor:
        if match is not None:
            cursor.register(
                "matched", library.cached(("search", match), lambda: _found(library, match))
            )
        yield cursor, match is not None


def _found(library: Library, match: str) -> pa.Table:
    """Return the numbers of the reports that fit a search, as a table with the column ``no``."""
    numbers = numbers_of(library)
    found = np.array(library.search.find(match), dtype=np.int64)
    # A report that was added just now is in the next answer.
    known = numbers[found[found < len(numbers)]]
    return pa.table({"no": pa.array(known[known > 0], pa.int32())})


def numbers_of(library: Library) -> Numbers:
    """Return the number of each report by its place in the search index, 0 without one.

    Made once in each version, so that a search compares numbers and never ids.
    """
    search = library.search  # another one after something was forgotten
    last = search.last()

    def made() -> Numbers:
        places = search.places()
        table = pa.table(
            {"place": [no for no, _ in places], "id": [key for _, key in places]},
            schema=pa.schema([("place", pa.int64()), ("id", pa.string())]),
        )
        with library.reading() as cursor:
            cursor.register("places", table)
            rows = cursor.execute(
                "SELECT p.place, n.no FROM places p JOIN pages.reports n ON n.document = p.id"
            ).fetchnumpy()
        numbers = np.zeros(last + 1, dtype=np.int32)
        inside = rows["place"] <= last
        numbers[rows["place"][inside]] = rows["no"][inside]
        return numbers

    return library.cached(("numbers", search, last), made)
