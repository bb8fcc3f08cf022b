"""The pages of lists: events, saved searches, corrections, and the login."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dragoman.exporting import formats
from dragoman.serving import counting, queries
from dragoman.serving.counting import Month
from dragoman.serving.filters import FACETS, Filter
from dragoman.serving.library import Library, progress
from dragoman.serving.problems import Problem
from dragoman.serving.rendering import Templates, set_cookie
from dragoman.serving.saved import Saved
from dragoman.serving.security import COOKIE, Sessions, check_write, form_of
from dragoman.serving.telling import told

router = APIRouter(include_in_schema=False)
#: How many events a page of the table shows.
ROWS = 50


def library_of(request: Request) -> Library:
    """Return the library of the application."""
    library: Library = request.app.state.library
    return library


def page(request: Request, template: str, **values: Any) -> HTMLResponse:
    """Return a page from a template."""
    templates: Templates = request.app.state.templates
    return templates.page(request, template, values)


@router.get("/events")
def events(request: Request) -> Response:
    """The table of events, with its facets."""
    pairs = request.query_params.multi_items()
    wanted = Filter.parse(pairs)
    library = library_of(request)
    cursor = dict(pairs).get("cursor") or None
    facets = counting.facets(library, wanted)  # which also tells how many events there are
    found = queries.page(library, wanted, cursor=cursor, limit=ROWS)
    return page(
        request,
        "events.html",
        wanted=wanted,
        found=found,
        facets=facets,
        labels={name: facet.label for name, facet in FACETS.items()},
        months=_bars(counting.months(library, wanted)),
        first=cursor is None,
        formats=formats().values(),
        saved=_saved(request).searches(),
        waiting=library.search.waiting,
        state=progress(library) if not found.total and wanted.is_empty else None,
    )


@router.get("/saved")
def saved(request: Request) -> Response:
    """The saved searches, each with its count and its feed."""
    library = library_of(request)
    rows = []
    for search in _saved(request).searches():
        wanted = Filter.parse(pairs_of(search.query))
        rows.append((search, wanted, counting.total(library, wanted)))
    return page(request, "saved.html", rows=rows)


@router.get("/corrections")
def corrections(request: Request) -> Response:
    """What people corrected, the newest first."""
    rows = library_of(request).rows(
        "SELECT c.id, c.document, c.event_id, c.kind, c.author, c.made, c.note, c.correction, "
        "d.title, d.text FROM store.corrections c JOIN store.documents d ON d.id = c.document "
        "ORDER BY c.made DESC, c.id LIMIT 500"
    )
    for row in rows:
        row["title"] = queries.title_of(row["title"], row.pop("text"))
        row["told"] = told(row)
    return page(request, "corrections.html", rows=rows)


@router.get("/help")
def help_page(request: Request) -> Response:
    """Keys, colours, and the addresses of the API."""
    paths = request.app.openapi()["paths"]
    calls = [
        (method.upper(), path, call.get("summary", ""))
        for path, methods in sorted(paths.items())
        for method, call in methods.items()
    ]
    return page(request, "help.html", calls=calls)


@router.get("/login")
def login_page(request: Request) -> Response:
    """Ask for the token."""
    return page(request, "login.html", next=_inside(request.query_params.get("next")), wrong=None)


@router.post("/login")
async def login(request: Request) -> Response:
    """Take the token, and give the browser a session that knows it."""
    sessions: Sessions = request.app.state.sessions
    form = await form_of(request)
    name = " ".join(form.get("name", "").split())[:80] or None
    back = _inside(form.get("next"))
    try:
        session = sessions.login(form.get("token", ""), name)
    except Problem as error:
        response = page(request, "login.html", next=back, wrong=error.detail)
        response.status_code = error.status
        return response
    answer = RedirectResponse(back, status_code=303)
    set_cookie(answer, request, sessions, session)
    return answer


@router.post("/logout")
async def logout(request: Request) -> Response:
    """Forget the session."""
    await check_write(request)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


def author_of(request: Request) -> str:
    """Return who signs: the name of the login, else the server's author."""
    sessions: Sessions = request.app.state.sessions
    session = sessions.read(request)
    name: str = request.app.state.settings.author
    return session.name if session is not None and session.name else name


def _saved(request: Request) -> Saved:
    saved_searches: Saved = request.app.state.saved
    return saved_searches


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Return the pairs of a query string."""
    return parse_qsl(query, keep_blank_values=True)


def _inside(address: str | None) -> str:
    """Return where to go after the login: a path of this server and nothing else."""
    is_path = address is not None and address.startswith("/") and address[1:2] not in {"/", "\\"}
    if address is not None and is_path and not any(ord(c) < 33 or c == "\\" for c in address):
        return address
    return "/"


def _bars(months: Sequence[Month]) -> list[dict[str, Any]]:
    """Return the events per month, or per year if there are many, with heights of at most 1."""
    if not months:
        return []
    years = len(months) > 60 or (months[-1].first.year - months[0].first.year) > 10
    counts: dict[tuple[int, int], list[int]] = {}
    for one in months:
        key = (one.first.year, 0 if years else one.first.month)
        entry = counts.setdefault(key, [0, 0])
        entry[0] += one.cooperation
        entry[1] += one.conflict
    first, last = min(counts), max(counts)
    keys = []
    year, month = first
    while (year, month) <= last:
        keys.append((year, month))
        month = month + 1 if month else 0
        if not month:
            year += 1
        elif month == 13:
            year, month = year + 1, 1
    if len(keys) > 240:
        keys = sorted(counts)
    most = max(sum(entry) for entry in counts.values())
    return [_bar(key, counts.get(key, [0, 0]), most) for key in keys]


def _bar(key: tuple[int, int], entry: list[int], most: int) -> dict[str, Any]:
    year, month = key
    last = calendar.monthrange(year, month)[1] if month else 31
    return {
        "after": f"{year:04d}-{month or 1:02d}-01",
        "before": f"{year:04d}-{month or 12:02d}-{last:02d}",
        "label": f"{calendar.month_abbr[month]} {year}" if month else str(year),
        "cooperation": entry[0],
        "conflict": entry[1],
        "low": entry[0] / most,
        "high": entry[1] / most,
    }
