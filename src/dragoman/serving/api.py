"""The API: what the pages show, as JSON. Errors are problem+json."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from dragoman.errors import InputError
from dragoman.evaluation.correcting import gold_of
from dragoman.serialise import to_dict
from dragoman.serving import counting, queries
from dragoman.serving.answers import Key, problems
from dragoman.serving.asking import EventQuery, filter_of
from dragoman.serving.filters import FACETS
from dragoman.serving.library import progress
from dragoman.serving.pages import library_of
from dragoman.serving.problems import Problem
from dragoman.serving.saved import Saved
from dragoman.store.corrections import Correction

router = APIRouter(prefix="/api")
#: The longest text that is coded on request, in code points.
LONGEST_TEXT = 100_000


class Member(BaseModel):
    """An actor, recipient or speaker of an event."""

    name: str | None
    country: str | None
    sector: str | None
    office: str | None
    person: str | None


class EventAnswer(BaseModel):
    """One event as the table shows it; days are ISO 8601, degrees WGS 84."""

    id: str
    document: str
    type: str
    mode: str | None
    quad: int
    score: float
    status: str
    background: bool
    attribution: str | None
    speakers: list[str]
    actors: list[str]
    recipients: list[str]
    is_symmetric: bool
    sectors: list[str]
    day: date | None
    end_date: date | None
    date_precision: str | None
    published: date | None
    place: str | None
    place_country: str | None
    place_precision: str | None
    latitude: float | None
    longitude: float | None
    publisher: str
    confidence: float
    evidence: str | None
    is_lead: bool
    corrected: bool
    cast: dict[str, list[Member]]
    title: str
    url: str | None
    source: str


class Events(BaseModel):
    """One page of events. ``next`` is the address of the following one."""

    total: int
    events: list[EventAnswer]
    cursor: str | None
    next: str | None


class FacetValue(BaseModel):
    """A value and how many events have it."""

    value: str
    count: int


class Text(BaseModel):
    """A report to be coded. It is not kept."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    published: date | None = None
    publisher: str | None = Field(default=None, max_length=200)

    @field_validator("text", "publisher")
    @classmethod
    def _is_text(cls, value: str | None) -> str | None:
        if value is not None and any(0xD800 <= ord(c) <= 0xDFFF for c in value):
            raise ValueError("there is half of a surrogate pair in it")
        return value


class Status(BaseModel):
    """Where the store stands. ``writer`` says who is adding reports, ``None`` if nobody is."""

    reports: int
    events: int
    rejected: int
    batches: int
    writer: str | None
    waiting_for_search: int
    version: int


class SearchAnswer(BaseModel):
    """A saved search."""

    id: str
    name: str
    query: str
    atom: str


@router.get("/events", summary="Events, filtered, sorted and paged", tags=["events"],
            responses=problems(400, 503))  # fmt: skip
def events(
    request: Request,
    query: Annotated[EventQuery, Depends()],
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Events:
    """The events that fit. ``cursor`` is that of the page before."""
    wanted = filter_of(request)
    found = queries.page(library_of(request), wanted, cursor=cursor or None, limit=limit)
    query_text = wanted.query()
    following = None
    if found.after is not None:
        rest = f"&{query_text}" if query_text else ""
        following = f"/api/events?cursor={found.after}&limit={limit}{rest}"
    return Events(
        total=found.total,
        events=[EventAnswer.model_validate(row) for row in found.rows],
        cursor=found.after,
        next=following,
    )


@router.get("/facets", summary="How the events that fit divide", tags=["events"],
            responses=problems(400, 503))  # fmt: skip
def facets(
    request: Request, query: Annotated[EventQuery, Depends()]
) -> dict[str, list[FacetValue]]:
    """The commonest values of each facet."""
    found = counting.facets(library_of(request), filter_of(request))
    return {
        name: [FacetValue(value=c.value, count=c.count) for c in found[name]] for name in FACETS
    }


@router.get("/documents/{key}", summary="A report with its events, statements and relations",
            tags=["documents"], responses=problems(404, 503))  # fmt: skip
def document(request: Request, key: Key) -> dict[str, Any]:
    """The report as docs/report.schema.json says, as corrected, and its corrections."""
    library = library_of(request)
    found = queries.report_of(library, key)
    if found is None:
        raise Problem(404, "there is no coded report with this id")
    shown, _, row = found
    made = queries.corrections_of(library, key)
    return {
        "report": to_dict(shown),
        "superseded_by": row["superseded_by"],
        "corrections": [json.loads(one["correction"]) for one in made],
    }


@router.get("/documents/{key}/gold", summary="A corrected report as a gold file",
            tags=["corrections"], responses=problems(404, 503))  # fmt: skip
def gold(request: Request, key: Key) -> dict[str, Any]:
    """What ``dragoman evaluate --gold`` reads; the text belongs beside it."""
    library = library_of(request)
    found = queries.report_of(library, key)
    if found is None:
        raise Problem(404, "there is no coded report with this id")
    made = [
        Correction.from_dict(json.loads(row["correction"]))
        for row in queries.corrections_of(library, key)
    ]
    return gold_of(found[1], made)


@router.get("/searches", summary="The saved searches", tags=["searches"],
            responses=problems(503))  # fmt: skip
def searches(request: Request) -> list[SearchAnswer]:
    """Every saved search with the address of its feed."""
    saved: Saved = request.app.state.saved
    return [
        SearchAnswer(id=s.id, name=s.name, query=s.query, atom=f"/api/searches/{s.id}/atom")
        for s in saved.searches()
    ]


@router.post("/code", summary="Code a text", tags=["coding"],
             responses=problems(400, 503))  # fmt: skip
def code(request: Request, body: Text) -> dict[str, Any]:
    """The report of a posted text, which is not kept."""
    if not body.text.strip():
        raise Problem(400, "the text is empty")
    try:
        with request.app.state.coder as coder:
            report = coder.code(body.text, published=body.published, publisher=body.publisher)
    except InputError as error:
        raise Problem(400, f"this text cannot be coded: {error.message}") from None
    return to_dict(report)


@router.get("/status", summary="Where the store stands", tags=["store"], responses=problems(503))
def status(request: Request) -> Status:
    """How many reports and events there are, and who is writing."""
    return Status(**progress(library_of(request)))


@router.get(
    "/progress",
    summary="Where the store stands, as server-sent events",
    tags=["store"],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(503)},
)
async def follow(
    request: Request, seconds: Annotated[int, Query(ge=0, le=3600)] = 600
) -> StreamingResponse:
    """A ``status`` now and after every change, for that many seconds."""
    library = library_of(request)

    async def lines() -> AsyncIterator[str]:
        before = None
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            now = await run_in_threadpool(progress, library)
            if now != before:
                before = now
                yield f"event: status\ndata: {json.dumps(now)}\n\n"
            left = end - loop.time()
            if left <= 0 or await request.is_disconnected():
                return
            await asyncio.sleep(min(1.0, left))

    return StreamingResponse(lines(), media_type="text/event-stream")
