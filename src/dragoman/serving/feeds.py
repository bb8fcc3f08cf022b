"""Atom feeds of saved searches (RFC 4287), written as XML and never as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any
from xml.etree import ElementTree as ET

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from dragoman.serving import queries
from dragoman.serving.answers import Key, problems
from dragoman.serving.filters import Filter
from dragoman.serving.names import name_of
from dragoman.serving.pages import library_of, pairs_of
from dragoman.serving.problems import Problem
from dragoman.serving.saved import Saved, SavedSearch

router = APIRouter()
_ATOM = "http://www.w3.org/2005/Atom"
_MOST = 100
#: What XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@router.get(
    "/api/searches/{key}/atom",
    summary="The newest events of a saved search as an Atom feed",
    tags=["searches"],
    response_class=Response,
    responses={200: {"content": {"application/atom+xml": {}}}, **problems(404, 503)},
)
def atom(request: Request, key: Key) -> Response:
    """The events of the reports that were published last."""
    saved: Saved = request.app.state.saved
    search = saved.search(key)
    if search is None:
        raise Problem(404, "there is no such saved search")
    pairs = [pair for pair in pairs_of(search.query) if pair[0] != "sort"]
    wanted = Filter.parse([*pairs, ("sort", "-published")])
    found = queries.page(library_of(request), wanted, limit=_MOST)
    base = str(request.base_url).rstrip("/")
    return Response(feed(search, found.rows, base), media_type="application/atom+xml")


def feed(search: SavedSearch, rows: list[dict[str, Any]], base: str) -> bytes:
    """Return the feed of ``rows``; ``base`` is the address of this server."""
    ET.register_namespace("", _ATOM)
    root = ET.Element(f"{{{_ATOM}}}feed")

    def put(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
        element = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
        element.text = _FORBIDDEN.sub(" ", text) or None
        return element

    put(root, "title", f"dragoman: {search.name}")
    put(root, "id", f"urn:dragoman:search:{search.id}")
    put(root, "updated", max((_moment(row) for row in rows), default=search.created.isoformat()))
    put(root, "link", rel="self", href=f"{base}/api/searches/{search.id}/atom")
    put(root, "link", href=f"{base}/events?{search.query}")
    put(put(root, "author"), "name", "dragoman")
    for row in rows:
        entry = put(root, "entry")
        put(entry, "id", f"urn:dragoman:event:{row['id']}")
        put(entry, "title", headline(row))
        put(entry, "updated", _moment(row))
        put(entry, "link", href=f"{base}/documents/{row['document']}?event={row['id']}")
        put(entry, "category", term=row["type"])
        told = f"{row['evidence'] or ''} ({row['title']}, {row['publisher']})"
        put(entry, "summary", told, type="text")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def headline(row: dict[str, Any]) -> str:
    """Return an event on one line: 'planned CONSULT visit: Iran, Azerbaijan'."""
    act = " ".join(part for part in (row["type"], row["mode"]) if part)
    status = "" if row["status"] == "actual" else f"{row['status']} "
    left = ", ".join(map(name_of, row["actors"])) or "somebody"
    right = ", ".join(map(name_of, row["recipients"]))
    arrow = " ↔ " if row["is_symmetric"] else " → "
    return f"{status}{act}: {left}" + (arrow + right if right else "")


def _moment(row: dict[str, Any]) -> str:
    published = row["published"] or row["day"]
    if published is None:
        return "1970-01-01T00:00:00+00:00"
    return datetime.combine(published, time(), UTC).isoformat()
