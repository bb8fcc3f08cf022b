"""Pages from templates. Everything from a report is text: Jinja escapes every value."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import dragoman
from dragoman.analysis import EventRow
from dragoman.serving.names import ATTRIBUTIONS, QUADS, STATUSES, name_of
from dragoman.serving.search import CLOSE, OPEN
from dragoman.serving.security import COOKIE, Session, Sessions
from dragoman.serving.settings import Settings

_WEEK = 7 * 24 * 3600


def static_folder() -> Path:
    """Return the folder of the style sheet and the scripts."""
    return Path(str(files("dragoman.serving") / "static"))


class Templates:
    """The templates, and what every page needs: who is here, and the menu."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._env = Environment(
            loader=PackageLoader("dragoman.serving", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.filters.update(
            day=day, number=number, name=name_of, hits=hits, link=safe_link, json=_json,
            moment=moment, score=_score, event_row=row_of,
        )  # fmt: skip
        self._env.globals.update(
            quads=QUADS,
            attributions=ATTRIBUTIONS,
            statuses=STATUSES,
            version=dragoman.__version__,
            read_only=settings.read_only,
            has_login=settings.token is not None,
        )

    def load(self) -> None:
        """Compile every template, so that no page waits for its own."""
        for name in self._env.list_templates():
            self._env.get_template(name)

    def page(self, request: Request, template: str, values: Mapping[str, Any]) -> HTMLResponse:
        """Return a page as an answer, with a session for a browser that has none."""
        sessions: Sessions = request.app.state.sessions
        session = sessions.read(request)
        fresh = session is None
        if session is None:
            session = Session(secrets.token_urlsafe(16))
        html = self._env.get_template(template).render(
            {
                "path": request.url.path,
                "csrf": sessions.csrf(session),
                "author": session.name or self._settings.author,
                **values,
            }
        )
        response = HTMLResponse(html)
        if fresh:
            set_cookie(response, request, sessions, session)
        return response


def set_cookie(response: Response, request: Request, sessions: Sessions, session: Session) -> None:
    """Give the browser its session. It goes to this server only, and no script sees it."""
    response.set_cookie(
        COOKIE,
        sessions.cookie(session),
        max_age=_WEEK,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def day(value: date | None) -> str:
    """Return a day as people read it: 5 Mar 2024."""
    return f"{value.day} {value:%b} {value.year}" if value is not None else ""


def moment(value: datetime | None) -> str:
    """Return a moment in UTC: 5 Mar 2024, 14:05."""
    return f"{day(value)}, {value:%H:%M} UTC" if value is not None else ""


def number(value: float | None) -> str:
    """Return a number with thin spaces between thousands."""
    return f"{value:,.0f}".replace(",", " ") if value is not None else ""


def _score(value: float | None) -> str:
    """Return a score with its sign: +2.5, −4.0."""
    return f"{value:+.1f}".replace("-", "−") if value is not None else ""


def hits(text: str) -> Markup:
    """Return text in which the search's marks have become <mark>; the text is escaped."""
    return Markup(str(escape(text)).replace(OPEN, "<mark>").replace(CLOSE, "</mark>"))


def safe_link(url: str | None) -> str | None:
    """Return ``url`` if following it only opens a web page, else ``None``."""
    if not url or any(c.isspace() or ord(c) < 32 for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def _json(value: Any) -> str:
    """Return JSON for a data attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def row_of(event: EventRow) -> dict[str, Any]:
    """Return an event as the parts of the templates take it."""
    return {
        "id": event.id,
        "document": event.document,
        "type": event.type,
        "mode": event.mode,
        "quad": event.quad,
        "status": event.status,
        "background": event.background,
        "day": event.start,
        "end_date": event.end,
        "evidence": event.evidence,
        "publisher": event.publisher or event.source.rsplit("/", 1)[-1],
        "published": event.published,
        "actors": event.actors,
        "recipients": event.recipients,
        "is_symmetric": event.symmetric,
    }
