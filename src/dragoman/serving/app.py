"""Put the application together, and run it."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

import dragoman
from dragoman.analysis import series
from dragoman.analysis.rows import ALWAYS
from dragoman.errors import ConfigError, LockError, StoreError
from dragoman.serving import (
    analysis_api,
    api,
    changes,
    counting,
    downloads,
    exports,
    feeds,
    finding,
    pages,
    reader,
    subjects,
    views,
)
from dragoman.serving.filters import Filter, FilterError
from dragoman.serving.library import Library
from dragoman.serving.problems import Problem, problem_response, wants_page
from dragoman.serving.rendering import Templates, static_folder
from dragoman.serving.saved import Saved
from dragoman.serving.security import Guard, Sessions
from dragoman.serving.settings import Settings
from dragoman.serving.tables import Tables

if TYPE_CHECKING:
    from dragoman.pipeline import Coder

_LOG = logging.getLogger("dragoman.serving")


class CoderOnce:
    """A coder that is loaded when a text is first posted; one text is coded at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._guard = threading.Lock()
        self._coder: Coder | None = None

    def __enter__(self) -> Coder:
        self._guard.acquire()
        try:
            if self._coder is None:
                from dragoman.pipeline import Coder

                self._coder = Coder(rules_only=self._settings.rules_only)
            return self._coder
        except BaseException:
            self._guard.release()
            raise

    def __exit__(self, *error: object) -> None:
        self._guard.release()


def make_app(library: Library, settings: Settings) -> FastAPI:
    """Return the application over ``library``, which it starts and closes."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        if settings.watch:
            library.start(prepare=lambda: warm(app))
        yield
        library.close()

    app = FastAPI(
        title="dragoman",
        version=dragoman.__version__,
        summary="Who did what to whom, when, where, and according to whom.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=life,
    )
    sessions = Sessions(settings)
    app.state.library = library
    app.state.settings = settings
    app.state.sessions = sessions
    app.state.saved = Saved(library.folder / "saved.sqlite")
    app.state.templates = Templates(settings)
    app.state.coder = CoderOnce(settings)
    app.state.tables = Tables()
    for part in (
        views,
        subjects,
        pages,
        reader,
        changes,
        downloads,
        exports,
        feeds,
        api,
        analysis_api,
    ):
        app.include_router(part.router)
    app.add_api_route("/static/charts.css", charts_css, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=static_folder()), name="static")
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_middleware(Guard, settings=settings, sessions=sessions)
    return app


def warm(app: FastAPI) -> None:
    """Load and ask what the first pages need, so that their first reader need not wait."""
    library: Library = app.state.library
    everything = Filter()
    with library.keeping():
        counting.facets(library, everything)
        finding.numbers_of(library)
        views.news_of(library)
        views.months_told(library)
        subjects.busiest(library)
        subjects.commonest(library)
        as_of = views.last_day(library)
        views.announced(library, as_of, views.announced_in(library, as_of, ALWAYS))
    series.load_ruptures()
    app.state.templates.load()
    app.state.tables.load()


def charts_css() -> Response:
    """The style sheet of the charts, which lives beside them."""
    text = (files("dragoman.charts") / "charts.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css")


def serve(settings: Settings, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve the store until interrupted. Raises ``StoreError`` if there is none."""
    import uvicorn

    library = Library(settings.db, tell=tell)
    app = make_app(library, settings)
    shown = f"[{host}]" if ":" in host else host
    tell(f"dragoman serves {settings.db} at http://{shown}:{port}/ (Ctrl-C ends it)")
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", server_header=False, proxy_headers=False
    )
    uvicorn.Server(config).run()


# -- errors ----------------------------------------------------------------------------------

_Answer = Callable[[Request, Exception], Awaitable[Response]]


def _answer(request: Request, status: int, detail: str, headers: dict[str, str]) -> Response:
    if not wants_page(request):
        return problem_response(status, detail, headers)
    templates: Templates = request.app.state.templates
    response = templates.page(request, "error.html", {"status": status, "detail": detail})
    response.status_code = status
    response.headers.update(headers)
    return response


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _answer(request, error.status, error.detail, error.headers)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail if isinstance(error.detail, str) else "it cannot be answered"
    if error.status_code == 404 and detail == "Not Found":
        detail = "there is nothing at this address"
    return _answer(request, error.status_code, detail, dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5]]
    return _answer(request, 422, "; ".join(told)[:500], {})


async def _filter(request: Request, error: Exception) -> Response:
    return _answer(request, 400, str(error), {})


async def _locked(request: Request, error: Exception) -> Response:
    return _answer(request, 503, str(error), {"retry-after": "10"})


async def _store(request: Request, error: Exception) -> Response:
    _LOG.error("store: %s", error)
    return _answer(request, 503, str(error), {"retry-after": "30"})


_ANSWERS: dict[type[Exception], _Answer] = {
    Problem: _problem,
    HTTPException: _http,
    RequestValidationError: _invalid,
    FilterError: _filter,
    ConfigError: _filter,
    LockError: _locked,
    StoreError: _store,
}
