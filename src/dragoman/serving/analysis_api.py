"""The API of what is computed: series of dyads, agenda, network."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from dragoman.analysis import Period, Step, series
from dragoman.analysis import agenda as agendas
from dragoman.analysis import network as networks
from dragoman.analysis.calendars import to_icalendar
from dragoman.serving.answers import Code, problems
from dragoman.serving.names import country_names
from dragoman.serving.pages import library_of
from dragoman.serving.views import announced_in, ask, codes_of, seen_from

router = APIRouter(prefix="/api")
_Codes = Annotated[
    list[str] | None, Query(max_length=20, description="codes that must all take part")
]
_Types = Annotated[Literal["meetings", "everything"], Query()]


@router.get(
    "/dyads/{a}/{b}/series",
    summary="Cooperation and conflict of a dyad over time",
    tags=["dyads"],
    responses=problems(400, 503),
)
def dyad_series(
    request: Request,
    a: Code,
    b: Code,
    by: Step = "month",
    after: date | None = None,
    before: date | None = None,
) -> dict[str, Any]:
    """Every step of the period in both directions, with change points."""
    period, one, other = Period(after, before), a.upper(), b.upper()
    found = ask(
        request,
        ("dyad", one, other, by, period),
        lambda db: series.dyad_series(db, one, other, step=by, period=period),
    )
    return asdict(found)


@router.get(
    "/agenda",
    summary="What was announced, and what became of it",
    tags=["agenda"],
    responses=problems(400, 503),
)
def agenda(
    request: Request,
    party: _Codes = None,
    kind: _Types = "meetings",
    as_of: date | None = None,
    after: date | None = None,
    before: date | None = None,
) -> list[dict[str, Any]]:
    """The announcements by their days; what has no days comes last."""
    return [
        {**asdict(one), "outcome": one.outcome.value, "start": one.start, "end": one.end,
         "place": one.place}
        for one in _agenda(request, kind, as_of, Period(after, before))
    ]  # fmt: skip


@router.get(
    "/agenda.ics",
    summary="The agenda as a calendar to subscribe to",
    tags=["agenda"],
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}, **problems(400, 503)},
)
def agenda_calendar(
    request: Request,
    party: _Codes = None,
    kind: _Types = "meetings",
    as_of: date | None = None,
    after: date | None = None,
    before: date | None = None,
) -> Response:
    """The announcements that have days, as iCalendar (RFC 5545)."""
    found = _agenda(request, kind, as_of, Period(after, before))
    text = to_icalendar(found, names=country_names())
    return Response(text, media_type="text/calendar; charset=utf-8")


def _agenda(
    request: Request, kind: str, as_of: date | None, given: Period
) -> tuple[agendas.Announcement, ...]:
    parties = codes_of(request, "party")
    day = as_of or seen_from(request)
    types = agendas.MEETINGS if kind == "meetings" else ()
    period = announced_in(library_of(request), day, given)
    return ask(
        request,
        ("agenda", day, parties, types, period),
        lambda db: agendas.agenda(db, day, parties=parties, types=types, period=period),
    )


@router.get(
    "/network",
    summary="Who deals with whom",
    tags=["network"],
    responses=problems(400, 503),
)
def network(
    request: Request,
    tie: networks.Tie = "all",
    after: date | None = None,
    before: date | None = None,
    codes: Annotated[list[str] | None, Query(max_length=20)] = None,
    least: Annotated[int, Query(ge=1, le=1000)] = 1,
    most: Annotated[int, Query(ge=1, le=500)] = 60,
) -> dict[str, Any]:
    """Nodes with degree and community, and ties with their number of events."""
    period, kept = Period(after, before), codes_of(request, "codes")
    return asdict(
        ask(
            request,
            ("network", tie, period, kept, least, most),
            lambda db: networks.network(
                db, tie=tie, period=period, codes=kept, least=least, most=most
            ),
        )
    )
