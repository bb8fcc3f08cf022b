"""The pages of whom and what: dyads and dossiers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, get_args
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi import Path as InPath
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dragoman.analysis import Connection, Period, Step, places, series
from dragoman.analysis import agenda as agendas
from dragoman.analysis import overview as overviews
from dragoman.analysis.dossier import Dossier, dossier
from dragoman.analysis.dossier_text import summary, to_html, to_markdown
from dragoman.analysis.subjects import Kind, Subject, find_subject
from dragoman.charts import series_chart, series_table, table_html
from dragoman.errors import ConfigError
from dragoman.serving.answers import Code
from dragoman.serving.filters import FilterError
from dragoman.serving.library import Library
from dragoman.serving.names import country_names
from dragoman.serving.pages import library_of, page
from dragoman.serving.problems import Problem
from dragoman.serving.rendering import row_of
from dragoman.serving.views import answer, ask, choice, events_link, period_of, seen_from

router = APIRouter(include_in_schema=False)
STEPS: tuple[str, ...] = get_args(Step)


@router.get("/dyads")
def dyads(request: Request) -> Response:
    """Choose two, or open the pair of ``?a=`` and ``?b=``."""
    a, b = (_code(request, request.query_params.get(name, "")) for name in ("a", "b"))
    if a and b and a != b:
        return RedirectResponse(f"/dyads/{a}/{b}", status_code=303)
    as_of = seen_from(request)
    return page(
        request,
        "dyads.html",
        wrong=bool(request.query_params.get("a") or request.query_params.get("b")),
        busiest=busiest(library_of(request)),
        rising=ask(
            request, ("rising", as_of),
            lambda db: overviews.rising_dyads(db, as_of, days=14, past_days=180),
        ),
        as_of=as_of,
        countries=sorted(country_names().items(), key=lambda pair: pair[1]),
    )  # fmt: skip


def _code(request: Request, text: str) -> str | None:
    """Return the code for what a person typed: a code, or the name of one."""
    wanted = text.strip()
    if not wanted or len(wanted) > 100:
        return None
    names = country_names()
    if wanted.upper() in names:
        return wanted.upper()
    same = [code for code, name in names.items() if name.casefold() == wanted.casefold()]
    return same[0] if same else None


@router.get("/dyads/{a}/{b}")
def dyad(request: Request, a: Code, b: Code) -> Response:
    """The series of a dyad, the events behind it, and what else the store tells of the two."""
    a, b = a.upper(), b.upper()
    if a == b:
        raise Problem(400, "a dyad is two different codes")
    period = period_of(request)
    found = ask(
        request, ("span", a, b, period), lambda db: series.dyad_series(db, a, b, step="month",
                                                                      period=period),
    )  # fmt: skip
    step: Any = choice(request, "by", STEPS, _usual_step(found))
    if step != "month":
        found = ask(
            request, ("dyad", a, b, step, period),
            lambda db: series.dyad_series(db, a, b, step=step, period=period),
        )  # fmt: skip
    as_of = seen_from(request)
    names = country_names()
    here = f"/dyads/{a}/{b}"

    def link(first: date, last: date) -> str:
        ends = {"by": step, "after": first, "before": last}
        return f"{here}?{urlencode(ends)}#events"

    # Without a period, what was announced for the last year and what is to come.
    announced = period
    if period.since is None and period.until is None:
        announced = Period(as_of - timedelta(days=365))

    def others(db: Connection) -> dict[str, Any]:
        return {
            "events": series.dyad_events(db, a, b, period=period, limit=60),
            "third": series.third_parties(db, a, b, period=period, limit=12),
            "stances": series.stances(db, a, b, period=period),
            "relations": series.relations_between(db, a, b),
            "agenda": agendas.agenda(db, as_of, parties=(a, b), types=(), period=announced),
        }

    parts = ask(request, ("dyad-parts", a, b, period, as_of), others)
    other = events_link(period, dyad="-".join(sorted((a, b))))
    return page(
        request, "dyad.html", a=a, b=b, found=found, step=step, steps=STEPS, period=period,
        svg=Markup(series_chart(found, names, link=link)),
        table=Markup(table_html(series_table(found, names))),
        events=[row_of(e) for e in parts["events"]], parts=parts, here=here,
        all_events=other, as_of=as_of,
        totals={
            way: (sum(p.cooperation for p in points), sum(p.conflict for p in points),
                  sum(p.score for p in points))
            for way, points in (("forward", found.forward), ("backward", found.backward))
        },
    )  # fmt: skip


def _usual_step(found: series.DyadSeries) -> str:
    """Return the step that gives a series that can be read."""
    if not found.both:
        return "month"
    span = found.both[-1].last - found.both[0].first
    if span <= timedelta(days=62):
        return "day"
    return "week" if span <= timedelta(days=420) else "month"


@router.get("/dossiers")
def dossiers(request: Request) -> Response:
    """Choose a subject, or open that of ``?name=``."""
    name = " ".join(request.query_params.get("name", "").split())[:200]
    if name and "\x00" not in name:
        subject = _subject(request, name, None)
        key = subject.code if subject.code is not None else subject.name
        return RedirectResponse(f"/dossiers/{subject.kind}/{quote(key, safe='')}", status_code=303)
    people, codes = commonest(library_of(request))
    return page(request, "dossiers.html", people=people, codes=codes)  # fmt: skip


def commonest(library: Library) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the persons and the codes with the most events."""
    people = library.cached(
        "people",
        lambda: library.rows(
            "SELECT person AS name, count(DISTINCT event_id) AS n FROM store.actors "
            "WHERE person IS NOT NULL GROUP BY person ORDER BY n DESC, person LIMIT 24"
        ),
    )
    codes = library.cached(
        "codes",
        lambda: library.rows(
            "SELECT code, count(*) AS n FROM (SELECT unnest(list_distinct(list_concat(actors, "
            "recipients))) AS code FROM pages.rows) GROUP BY code ORDER BY n DESC, code LIMIT 24"
        ),
    )
    return people, codes


def busiest(library: Library) -> tuple[places.Arc, ...]:
    """Return the dyads with the most events of all."""
    return answer(library, "busiest", lambda db: places.arcs(db, limit=30))


def _subject(request: Request, name: str, kind: Kind | None) -> Subject:
    tables = request.app.state.tables.actors
    if "\x00" in name:
        raise FilterError("there is a character that no name has")
    try:
        with library_of(request).reading() as cursor:
            return find_subject(cursor, name, tables, kind)
    except ConfigError as error:
        raise Problem(404, str(error)) from None


@router.get("/dossiers/{kind}/{name}")
def dossier_page(
    request: Request, kind: Kind, name: Annotated[str, InPath(max_length=200)]
) -> Response:
    """The dossier of a country, organisation, person or issue; also as a file."""
    form = choice(request, "form", ("page", "markdown", "html"), "page")
    period = period_of(request)
    found = _dossier(request, kind, name, period)
    names = country_names()
    stem = "".join(c if c.isascii() and c.isalnum() else "-" for c in found.subject.name)[:60]
    if form != "page":
        text = to_markdown(found, names) if form == "markdown" else to_html(found, names)
        suffix, media = {"markdown": ("md", "text/markdown"), "html": ("html", "text/html")}[form]
        headers = {"content-disposition": f'attachment; filename="{stem}.{suffix}"'}
        return Response(text, media_type=f"{media}; charset=utf-8", headers=headers)
    listed = (
        ("met", "Met", found.meetings),
        ("announced", "Announced", found.announced),
        ("said", "Said", found.statements),
        ("told", "Told, as a source", found.claims),
        ("events", "Events", found.events),
        ("counterparts", "Counterparts", found.counterparts),
        ("accused", "Accused", found.accused),
        ("accuses", "Accuses", found.accuses),
        ("contradictions", "Contradictions", found.contradictions),
        ("relations", "Standing relations", found.relations),
        ("offices", "Offices", found.offices),
    )
    return page(
        request,
        "dossier.html",
        found=found,
        told=summary(found),
        period=period,
        parts=[part for part in listed if part[2]],
        here=request.url.path,
        code=found.subject.code,
    )


def _dossier(request: Request, kind: Kind, name: str, period: Period) -> Dossier:
    subject = _subject(request, name, None if kind is Kind.COUNTRY else kind)
    as_of = seen_from(request)
    tables = request.app.state.tables.actors
    return ask(
        request, ("dossier", subject, period, as_of),
        lambda db: dossier(db, subject, tables, as_of, period=period),
    )  # fmt: skip
