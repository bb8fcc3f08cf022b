"""Errors as the readers of this server get them: problem+json (RFC 9457), or a page."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response


class Problem(Exception):
    """An answer that is no success: ``status`` is of HTTP, ``detail`` a sentence that helps."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def problem_body(status: int, detail: str, **more: Any) -> bytes:
    """Return the JSON of a problem."""
    title = HTTPStatus(status).phrase
    data = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def problem_response(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return a problem as JSON."""
    return Response(
        problem_body(status, detail),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )


def wants_page(request: Request) -> bool:
    """Tell whether a person with a browser asks, and not a program."""
    path = request.url.path
    return not path.startswith("/api") and "text/html" in request.headers.get("accept", "")
