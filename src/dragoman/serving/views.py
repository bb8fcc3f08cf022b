"""The pages of what is computed: overview, map, network, agenda."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar, get_args
from urllib.parse import urlencode

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from dragoman.analysis import Connection, Period, places
from dragoman.analysis import agenda as agendas
from dragoman.analysis import network as networks
from dragoman.analysis import overview as overviews
from dragoman.charts import (
    calendar_chart,
    calendar_table,
    map_chart,
    map_table,
    network_chart,
    network_table,
    points_table,
    table_html,
)
from dragoman.schema import EventType
from dragoman.serving.filters import FilterError
from dragoman.serving.library import Library, progress
from dragoman.serving.names import country_names
from dragoman.serving.pages import author_of, library_of, page
from dragoman.serving.rendering import row_of
from dragoman.serving.saved import Saved

router = APIRouter(include_in_schema=False)
T = TypeVar("T")
#: A store whose newest report is older than this many days is seen as of that report.
_FRESH = 30
#: The most months of the time brush.
_BRUSHED = 240
#: More announcements than this are not compared with every event to open a page.
_MANY = 2000


def ask(request: Request, key: Any, question: Callable[[Connection], T]) -> T:
    """Return what the analysis answers; the same question is asked once in each version."""
    return answer(library_of(request), key, question)


def answer(library: Library, key: Any, question: Callable[[Connection], T]) -> T:
    """Return what the analysis answers, as ``ask`` does."""

    def found() -> T:
        with library.reading() as cursor:
            return question(cursor)

    return library.cached(key, found)


def seen_from(request: Request) -> date:
    """Return the day from which the store is seen: today, or the end of an old store."""
    return last_day(library_of(request))


def last_day(library: Library) -> date:
    """Return the day from which a store is seen, as ``seen_from`` does."""
    newest = answer(library, "newest", overviews.newest_day)
    today = datetime.now(UTC).date()
    return today if newest is None or (today - newest).days < _FRESH else newest


def period_of(request: Request) -> Period:
    """Return the days of ``after`` and ``before``. Raises ``FilterError``."""
    return Period(_day(request, "after"), _day(request, "before"))


def _day(request: Request, name: str) -> date | None:
    value = request.query_params.get(name, "")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise FilterError(f"{name} is a day like 2024-05-31") from None


def choice(request: Request, name: str, known: tuple[str, ...], usual: str) -> str:
    """Return one of ``known``. Raises ``FilterError`` that names them."""
    value = request.query_params.get(name) or usual
    if value not in known:
        raise FilterError(f"{name} is one of: {', '.join(known)}")
    return value


def codes_of(request: Request, name: str) -> tuple[str, ...]:
    """Return the codes under ``name``, apart by blanks or commas."""
    text = " ".join(request.query_params.getlist(name)).replace(",", " ")
    codes = tuple(dict.fromkeys(part.upper() for part in text.split()))
    if len(codes) > 20 or any(len(c) > 8 or not c.isalnum() or not c.isascii() for c in codes):
        raise FilterError(f"{name} is codes like IRN AZE, at most twenty")
    return codes


def events_link(period: Period, **values: str) -> str:
    """Return the address of the events of a period that have ``values``."""
    ends = {"after": period.since, "before": period.until}
    pairs = [(name, day.isoformat()) for name, day in ends.items() if day is not None]
    return f"/events?{urlencode([*values.items(), *pairs])}"


def dossier_link(code: str) -> str:
    """Return the address of the dossier of a code."""
    return f"/dossiers/country/{code}"


def news_of(library: Library) -> dict[str, Any]:
    """Return what the overview shows to everybody."""
    as_of = last_day(library)
    year = Period(as_of - timedelta(days=365), as_of)
    values = answer(library, ("map", year), lambda db: places.country_values(db, period=year))
    return {
        "as_of": as_of,
        "year": year,
        "values": values,
        "rising": answer(
            library,
            ("rising", as_of),
            lambda db: overviews.rising_dyads(db, as_of, days=14, past_days=180),
        ),
        "busiest": answer(
            library, ("busy", year), lambda db: places.arcs(db, period=year, limit=8)
        ),
        "latest": [
            row_of(event)
            for event in answer(library, "latest", lambda db: overviews.latest_events(db, limit=12))
        ],
        "coming": answer(
            library,
            ("coming", as_of),
            lambda db: overviews.coming_meetings(db, as_of, days=90, limit=8),
        ),
    }


@router.get("/")
def overview(request: Request) -> Response:
    """What is new since the last visit, and what is coming."""
    library = library_of(request)
    saved: Saved = request.app.state.saved
    before = saved.visit(author_of(request))
    shown = news_of(library)
    year = shown["year"]
    chart = map_chart(
        shown["values"],
        title="Events of the last year, by country of the place",
        names=country_names(),
        link=lambda code: events_link(year, country=code),
    )
    news = None
    if before is not None:
        news = ask(request, ("news", before), lambda db: overviews.new_since(db, before))
    return page(
        request,
        "overview.html",
        state=progress(library),
        before=before,
        news=news,
        chart=Markup(chart),
        **shown,
    )


@router.get("/map")
def world(request: Request) -> Response:
    """Countries coloured by a measure, places with honest precision, arcs between dyads."""
    measures: tuple[str, ...] = get_args(places.Measure)
    roles: tuple[str, ...] = get_args(places.Role)
    measure: Any = choice(request, "measure", measures, "events")
    role: Any = choice(request, "role", roles, "place")
    types = tuple(kind for kind in request.query_params.getlist("type") if kind)
    if not set(types) <= set(EventType.__members__):
        raise FilterError(f"type is one of: {', '.join(EventType.__members__)}")
    period = period_of(request)
    focus = codes_of(request, "focus")
    shown = {name: bool(request.query_params.get(name)) for name in ("points", "arcs")}
    labels = request.app.state.tables.labels
    key = (measure, role, period, types)
    values = ask(
        request, ("values", *key),
        lambda db: places.country_values(
            db, measure=measure, role=role, period=period, types=types),
    )  # fmt: skip
    points = (
        ask(
            request, ("points", period, types),
            lambda db: places.place_points(
                db, period=period, types=types, label=labels.area, limit=300),
        ) if shown["points"] else ()
    )  # fmt: skip
    arcs = (
        ask(
            request, ("arcs", period, types, focus),
            lambda db: places.arcs(db, period=period, types=types, codes=focus),
        ) if shown["arcs"] else ()
    )  # fmt: skip
    names = country_names()
    facet = {"place": "country", "actor": "actor", "recipient": "recipient", "party": "party"}[role]
    svg = map_chart(
        values, points, arcs, title=f"{measure} by country ({role})", measure=measure, names=names,
        label_of=labels.country, focus=focus,
        link=lambda code: events_link(period, **{facet: code}),
    )  # fmt: skip
    return page(
        request,
        "map.html",
        svg=Markup(svg),
        tables=[Markup(table_html(map_table(values, measure, names)))]
        + ([Markup(table_html(points_table(points, names)))] if points else []),
        measures=measures, measure=measure, roles=roles, role=role, period=period, types=types,
        focus=" ".join(focus), shown=shown, values=values,
        kinds=list(EventType.__members__), spans=_spans(request),
        brush=_brush(library_of(request), period),
    )  # fmt: skip


def months_told(library: Library) -> list[tuple[date, int]]:
    """Return first day and number of the acts of each month in which any happened."""
    return library.cached(
        "months told",
        lambda: [
            (row["month"], row["n"])
            for row in library.rows(
                "SELECT date_trunc('month', day)::DATE AS month, count(*) AS n FROM pages.rows "
                "WHERE day IS NOT NULL AND status = 'actual' GROUP BY 1 ORDER BY 1"
            )
        ],
    )


def _brush(library: Library, period: Period) -> dict[str, Any] | None:
    """Return the months of the time brush: heights of at most 1, and where its handles stand.

    It ends with the last month that can have been told of, and shows twenty years at most.
    """
    end = last_day(library).replace(day=1)
    told = {_month_number(month): n for month, n in months_told(library) if month <= end}
    if not told:
        return None
    last = max(told)
    first = max(min(told), last - _BRUSHED + 1)
    if first == last:
        return None
    most = max(n for month, n in told.items() if month >= first)
    low, high = (
        default if day is None else min(max(_month_number(day), first), last) - first
        for day, default in ((period.since, 0), (period.until, last - first))
    )
    return {
        "first": f"{first // 12:04d}-{first % 12 + 1:02d}",
        "bars": [told.get(month, 0) / most for month in range(first, last + 1)],
        "low": low,
        "high": high,
    }


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _spans(request: Request) -> list[tuple[str, str]]:
    """Return the years of the store's events with the addresses of this page for them."""
    rows = ask(
        request, "years",
        lambda db: db.execute(
            "SELECT DISTINCT year(day) FROM pages.rows WHERE day IS NOT NULL AND status = 'actual' "
            "ORDER BY 1"
        ).fetchall(),
    )  # fmt: skip
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in {"after", "before"}]
    years = [row[0] for row in rows][-15:]
    return [
        (str(y), "?" + urlencode([*kept, ("after", f"{y}-01-01"), ("before", f"{y}-12-31")]))
        for y in years
    ]


@router.get("/network")
def ties(request: Request) -> Response:
    """Who deals with whom in a period, cooperation and conflict apart."""
    known: tuple[str, ...] = get_args(networks.Tie)
    tie: Any = choice(request, "tie", known, "all")
    period = period_of(request)
    codes = codes_of(request, "codes")
    least = _number(request, "least", 1, 1000)
    most = _number(request, "most", 40, 120)
    found = ask(
        request, ("network", tie, period, codes, least, most),
        lambda db: networks.network(
            db, tie=tie, period=period, codes=codes, least=least, most=most),
    )  # fmt: skip
    names = country_names()
    svg = ask(
        request, ("network-svg", tie, period, codes, least, most),
        lambda db: network_chart(found, names, link=dossier_link),
    )  # fmt: skip
    return page(
        request, "network.html", found=found, svg=Markup(svg), tie=tie, known=known,
        table=Markup(table_html(network_table(found, names))), period=period,
        codes=" ".join(codes), least=least, most=most, spans=_spans(request),
    )  # fmt: skip


def _number(request: Request, name: str, usual: int, most: int) -> int:
    value = request.query_params.get(name) or str(usual)
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= most):
        raise FilterError(f"{name} is a number from 1 to {most}")
    return int(value)


def announced_in(library: Library, as_of: date, given: Period) -> Period:
    """Return the days whose announcements are shown: those asked for, or all.

    Of a store with many announcements, all are those for the year before ``as_of`` and
    what is ahead of it.
    """
    if given.since is not None or given.until is not None:
        return given
    (row,) = library.cached(
        "planned",
        lambda: library.rows("SELECT count(*) AS n FROM pages.rows WHERE status = 'planned'"),
    )
    return Period(as_of - timedelta(days=365)) if row["n"] > _MANY else given


def announced(
    library: Library,
    as_of: date,
    period: Period,
    parties: tuple[str, ...] = (),
    types: tuple[str, ...] = agendas.MEETINGS,
) -> tuple[agendas.Announcement, ...]:
    """Return what the agenda shows: all meetings, unless told otherwise."""
    return answer(
        library,
        ("agenda", as_of, parties, types, period),
        lambda db: agendas.agenda(db, as_of, parties=parties, types=types, period=period),
    )


@router.get("/agenda")
def agenda(request: Request) -> Response:
    """What was announced: a month as a calendar, and as a list."""
    as_of = _day(request, "as_of") or seen_from(request)
    parties = codes_of(request, "party")
    outcomes = ("any", *(o.value for o in agendas.Outcome))
    outcome = choice(request, "outcome", outcomes, "any")
    kinds = choice(request, "kind", ("meetings", "everything"), "meetings")
    types = agendas.MEETINGS if kinds == "meetings" else ()
    period = announced_in(library_of(request), as_of, period_of(request))
    found = announced(library_of(request), as_of, period, parties, types)
    if outcome != "any":
        found = tuple(one for one in found if one.outcome.value == outcome)
    year, month = _month(request, as_of, found)
    names = country_names()
    first = date(year, month, 1)
    last = first.replace(day=calendar.monthrange(year, month)[1])
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "month"]
    return page(
        request, "agenda.html",
        svg=Markup(calendar_chart(found, year, month, today=as_of, link=_report_link)),
        table=Markup(table_html(calendar_table(found, year, month, names))),
        found=[(one, row_of(one.event)) for one in _nearest(found, as_of)][:200],
        total=len(found), as_of=as_of, period=period, party=" ".join(parties), outcomes=outcomes,
        outcome=outcome, kind=kinds, title=f"{calendar.month_name[month]} {year}",
        earlier="?" + urlencode([*kept, ("month", f"{first - timedelta(days=1):%Y-%m}")]),
        later="?" + urlencode([*kept, ("month", f"{last + timedelta(days=1):%Y-%m}")]),
        months=_months_of(found, kept),
        feed="/api/agenda.ics?" + urlencode([("party", p) for p in parties]),
    )  # fmt: skip


def _nearest(found: tuple[agendas.Announcement, ...], as_of: date) -> list[agendas.Announcement]:
    """Return what is ahead, the soonest first, and then what is over, the latest first."""
    over = [one for one in found if one.end is not None and one.end < as_of]
    ahead = [one for one in found if one.end is None or one.end >= as_of]
    return [*ahead, *reversed(over)]


def _report_link(one: agendas.Announcement) -> str:
    event = one.event
    return f"/documents/{event.document}?event={event.id}"


def _month(
    request: Request, as_of: date, found: tuple[agendas.Announcement, ...]
) -> tuple[int, int]:
    value = request.query_params.get("month", "")
    if value:
        try:
            first = date.fromisoformat(f"{value}-01")
        except ValueError:
            raise FilterError("month is like 2024-05") from None
        if not 2 <= first.year <= 9998:
            raise FilterError("month is like 2024-05")
        return first.year, first.month
    near = [one.start for one in found if one.start is not None]
    best = min(near, key=lambda day: abs((day - as_of).days), default=as_of)
    return best.year, best.month


def _months_of(
    found: tuple[agendas.Announcement, ...], kept: list[tuple[str, str]]
) -> list[tuple[str, str, int]]:
    """Return the months with announcements: label, address and number."""
    counts: dict[str, int] = {}
    for one in found:
        if one.start is not None:
            key = f"{one.start:%Y-%m}"
            counts[key] = counts.get(key, 0) + 1
    return [
        (key, "?" + urlencode([*kept, ("month", key)]), counts[key]) for key in sorted(counts)[-24:]
    ]
