"""Who may ask, from where, and what a browser may do with the answer.

Every request passes ``Guard``: the Host header must name this server (DNS rebinding), the
body must be small, a token must be shown if one is set, and what changes something must
come from this server's own pages. Every answer carries headers under which no script or
style but the server's own files can run, whatever a report contains.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import parse_qs, quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.serving.problems import Problem, problem_response, wants_page
from dragoman.serving.settings import Settings

_LOG = logging.getLogger("dragoman.serving")
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: What may be asked without a token: the login, and the files that its page needs.
_OPEN = ("/login", "/static/")
#: What is no change, though it is posted.
_HARMLESS = frozenset({"/api/code", "/login", "/logout"})
COOKIE = "dragoman_session"
_TRIES, _SECONDS = 10, 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. ``name`` signs its corrections; ``known`` if it has shown the token."""

    id: str
    name: str | None = None
    known: bool = False


class Sessions:
    """Sessions in signed cookies: nothing of them is kept on the server."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.token
        self._secret = secrets.token_bytes(32)
        self._failures: deque[float] = deque()

    def read(self, request: Request) -> Session | None:
        """Return the session of a request, ``None`` if it has none that we signed."""
        value = request.cookies.get(COOKIE, "")
        body, _, mark = value.partition(".")
        if not mark or not hmac.compare_digest(mark.encode(), self._sign("cookie", body).encode()):
            return None
        data = json.loads(base64.urlsafe_b64decode(body))
        return Session(data["id"], data["name"], data["known"])

    def cookie(self, session: Session) -> str:
        """Return the value of a session's cookie."""
        data = {"id": session.id, "name": session.name, "known": session.known}
        body = base64.urlsafe_b64encode(json.dumps(data).encode()).decode()
        return f"{body}.{self._sign('cookie', body)}"

    def csrf(self, session: Session) -> str:
        """Return the token that the pages of a session put into what they send."""
        return self._sign("csrf", session.id)

    def has_token(self, given: str) -> bool:
        """Tell whether ``given`` is the token of this server, in constant time."""
        if self._token is None:
            return False
        return hmac.compare_digest(
            hashlib.sha256(given.encode("utf-8", "replace")).digest(),
            hashlib.sha256(self._token.encode()).digest(),
        )

    def login(self, given: str, name: str | None) -> Session:
        """Return a session that knows the token. Raises ``Problem`` if it does not."""
        now = time.monotonic()
        while self._failures and now - self._failures[0] > _SECONDS:
            self._failures.popleft()
        if len(self._failures) >= _TRIES:
            raise Problem(429, "too many wrong tokens; wait a minute", retry_after="60")
        if not self.has_token(given):
            self._failures.append(now)
            raise Problem(403, "this is not the token that the server printed when it started")
        return Session(secrets.token_urlsafe(16), name, True)

    def _sign(self, purpose: str, text: str) -> str:
        made = hmac.new(self._secret, f"{purpose}:{text}".encode(), hashlib.sha256)
        return made.hexdigest()


def bearer(request: Request) -> str | None:
    """Return the token in the Authorization header: Bearer, or the password of Basic.

    Readers of feeds and calendars know nothing but Basic.
    """
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    value = value.strip()
    if kind.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode("utf-8").partition(":")[2]
        except ValueError:
            return None
    elif kind.lower() != "bearer":
        return None
    return value or None


def is_program(request: Request) -> bool:
    """Tell whether a request comes from no browser, which cannot be made to send it."""
    names = ("origin", "sec-fetch-site", "cookie")
    return not any(name in request.headers for name in names)


async def check_write(request: Request) -> None:
    """Raise ``Problem`` unless a request that changes something comes from our own pages.

    A program needs no more than what ``Guard`` has asked of it; a browser shows the token
    of its session in the header ``X-CSRF-Token`` or the form field ``csrf``.
    """
    sessions: Sessions = request.app.state.sessions
    if is_program(request) or (bearer(request) and "cookie" not in request.headers):
        return
    session = sessions.read(request)
    given = request.headers.get("x-csrf-token") or (await form_of(request)).get("csrf", "")
    wanted = sessions.csrf(session) if session is not None else ""
    if not wanted or not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise Problem(403, "the page is too old to send this: load it again")


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a posted form, each once; empty if the body is no form."""
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        fields = parse_qs((await request.body()).decode("utf-8"), max_num_fields=100)
    except ValueError:
        raise Problem(400, "this form cannot be read") from None
    return {name: values[0] for name, values in fields.items()}


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        secured = self._secured(send, static=scope["path"].startswith("/static/"))
        refused = self._refusal(request)
        if refused is not None:
            await refused(scope, receive, secured)
            return
        body = receive if request.method in _SAFE else await self._read(receive)
        if body is None:
            detail = f"at most {self._settings.body_limit} bytes can be sent at once"
            await problem_response(413, detail)(scope, receive, secured)
            return
        try:
            await self._app(scope, body, secured)
        except Exception:
            # Here and not further out, so that this answer, too, has the headers.
            _LOG.exception("%s %s", request.method, request.url.path)
            detail = "something went wrong that should not; the server's log has it"
            answer = _broken(detail) if wants_page(request) else problem_response(500, detail)
            await answer(scope, receive, secured)

    def _refusal(self, request: Request) -> Response | None:
        """Return why a request is not answered, or ``None``."""
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or _name_of(hosts[0]) not in self._settings.hosts:
            return problem_response(421, "this server is not asked under that name")
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._settings.body_limit:
            return problem_response(
                413, f"at most {self._settings.body_limit} bytes can be sent at once"
            )
        refused = self._stranger(request)
        if refused is not None or request.method in _SAFE:
            return refused
        return self._foreign(request, hosts[0])

    def _stranger(self, request: Request) -> Response | None:
        path = request.url.path
        if self._settings.token is None or path.startswith(_OPEN):
            return None
        given = bearer(request)
        if given is not None and self._sessions.has_token(given):
            return None
        session = self._sessions.read(request)
        if session is not None and session.known:
            return None
        if path.startswith("/api") or request.method not in _SAFE:
            return problem_response(
                401,
                "show the token: Authorization: Bearer …",
                {"www-authenticate": 'Bearer, Basic realm="dragoman"'},
            )
        back = path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(back, safe='')}", status_code=303)

    def _foreign(self, request: Request, host: str) -> Response | None:
        site = request.headers.get("sec-fetch-site", "")
        own = {f"{scheme}://{host}".lower() for scheme in ("http", "https")}
        origin = request.headers.get("origin", f"http://{host}").lower()
        # Our pages send no referrer, and so their forms the origin 'null'.
        ours = origin == "null" and site == "same-origin"
        if site not in {"", "same-origin", "none"} or not (ours or origin in own):
            return problem_response(403, "this was sent from the page of another server")
        if self._settings.read_only and request.url.path not in _HARMLESS:
            return problem_response(403, "this server was started with --read-only")
        return None

    async def _read(self, receive: Receive) -> Receive | None:
        """Read a whole body, and return how to receive it again; ``None`` if it is too large."""
        messages: deque[Message] = deque()
        size, more = 0, True
        while more:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self._settings.body_limit:
                return None
            more = message.get("more_body", False)

        async def again() -> Message:
            return messages.popleft() if messages else await receive()

        return again

    @staticmethod
    def _secured(send: Send, *, static: bool) -> Send:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache" if static else "private, no-store")
            await send(message)

        return secured


def _broken(detail: str) -> Response:
    """Return a page without a template, which may be what has failed."""
    return HTMLResponse(
        '<!doctype html><html lang="en"><title>dragoman</title>'
        '<link rel="stylesheet" href="/static/app.css"><main><div class="empty">'
        f'<h1>This did not work</h1><p>{detail}.</p><p><a href="/events">All events</a></p></div>'
        "</main></html>",
        status_code=500,
    )


def _name_of(host: str) -> str:
    """Return the name in a Host header, without its port."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].split("]", 1)[0]
    return name.rsplit(":", 1)[0] if ":" in name else name
