"""The parameters of everything that filters events, as the API describes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.requests import Request

from dragoman.serving.filters import SORTS, Filter

_List = Annotated[list[str] | None, Query(max_length=40)]


class EventQuery:
    """The filters of the events; ``filter_of`` reads and checks them."""

    def __init__(
        self,
        q: Annotated[str, Query(max_length=500, description="words of the report")] = "",
        type: _List = None,
        status: _List = None,
        actor: _List = None,
        recipient: _List = None,
        party: Annotated[
            list[str] | None, Query(max_length=40, description="codes on either side; all of them")
        ] = None,
        dyad: Annotated[list[str] | None, Query(max_length=40, description="like AZE-IRN")] = None,
        sector: _List = None,
        quad: _List = None,
        attribution: _List = None,
        speaker: _List = None,
        country: _List = None,
        place: _List = None,
        source: _List = None,
        after: Annotated[str, Query(description="a day: events that end on it or later")] = "",
        before: Annotated[str, Query(description="a day: events that begin on it or earlier")] = "",
        background: Annotated[str, Query(description="with, without or only")] = "with",
        corrected: Annotated[str, Query(description="1 for corrected reports only")] = "",
        once: Annotated[str, Query(description="1 to count a happening once")] = "",
        sort: Annotated[
            str, Query(description=f"{', '.join(SORTS)}; with '-' before it downwards")
        ] = "-day",
    ) -> None:
        """Take the parameters; they are read from the request itself."""


def filter_of(request: Request) -> Filter:
    """Return the filter of a request. Raises ``FilterError``."""
    return Filter.parse(request.query_params.multi_items())
