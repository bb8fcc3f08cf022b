"""What readers change: corrections of reports, and saved searches."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dragoman.errors import LockError, StoreError
from dragoman.schema import Span
from dragoman.serving import queries
from dragoman.serving.answers import Key, problems
from dragoman.serving.filters import Filter
from dragoman.serving.pages import author_of, library_of, pairs_of
from dragoman.serving.problems import Problem
from dragoman.serving.saved import MOST, Saved
from dragoman.serving.security import check_write, form_of
from dragoman.store.corrections import correct

router = APIRouter()


class Words(BaseModel):
    """A range of code points of the report's text, half-open."""

    model_config = ConfigDict(extra="forbid")
    start: int = Field(ge=0, le=2**31 - 1)
    end: int = Field(ge=0, le=2**31 - 1)


class NewCorrection(BaseModel):
    """A correction of one report.

    ``kind`` is ``set`` (other ``values`` for ``event``), ``reject`` (``event`` is none),
    ``add`` (``values`` of an event told in ``span``), ``withdraw`` (the correction
    ``event`` no longer holds) or ``reviewed`` (the report is right as it stands). With
    ``about`` a statement or relation is meant; ``event`` is then its id.
    """

    model_config = ConfigDict(extra="forbid")
    kind: Literal["set", "reject", "add", "withdraw", "reviewed"]
    event: str | None = Field(default=None, max_length=100)
    values: dict[str, Any] = Field(default_factory=dict, max_length=10)
    span: Words | None = None
    note: str | None = Field(default=None, max_length=2000)
    about: Literal["event", "statement", "relation"] = "event"


class Corrected(BaseModel):
    """The correction that was kept."""

    id: str
    document: str
    event: str | None


@router.post(
    "/api/documents/{key}/corrections",
    status_code=201,
    summary="Correct, reject or add an event, statement or relation; or withdraw a correction",
    tags=["corrections"],
    dependencies=[Depends(check_write)],
    responses=problems(400, 403, 404, 503),
)
def add_correction(request: Request, key: Key, body: NewCorrection) -> Corrected:
    """Keep a correction, signed by who is logged in or by the server's author."""
    library = library_of(request)
    found = queries.report_of(library, key)
    if found is None:
        raise Problem(404, "there is no coded report with this id")
    shown, _, _ = found
    if body.kind == "withdraw" and not any(
        row["id"] == body.event for row in queries.corrections_of(library, key)
    ):
        raise Problem(404, "this report has no such correction")
    values = dict(body.values)
    if isinstance(values.get("where"), dict):
        values["where"] = located(values["where"])
    try:
        span = Span(body.span.start, body.span.end) if body.span is not None else None
        made = correct(
            shown,
            body.kind,
            author_of(request),
            event=body.event,
            values=values,
            span=span,
            note=body.note,
            about=body.about,
        )
    except (StoreError, ValueError) as error:
        raise Problem(400, str(error)) from None
    try:
        library.correct(made)
    except LockError:
        raise
    except StoreError as error:
        raise Problem(503, f"the correction could not be kept: {error}") from error
    return Corrected(id=made.id, document=key, event=made.event)


def located(value: dict[str, Any]) -> dict[str, Any]:
    """Return a place with the gazetteer's coordinates, if the gazetteer knows its name."""
    name, country = value.get("name"), value.get("country")
    if not isinstance(name, str) or not name.strip() or len(name) > 200:
        return value
    from dragoman.resolving.places import readings_of

    wanted = country.upper() if isinstance(country, str) and country else None
    for reading in readings_of(name.strip(), wanted):
        place = reading.place
        if wanted is None or place.country == wanted:
            return {
                "name": name.strip(),
                "country": place.country,
                "admin1": place.admin1,
                "latitude": place.latitude,
                "longitude": place.longitude,
                "precision": place.precision.value,
                "geonames_id": place.geonames_id,
            }
    return value


@router.post("/saved", include_in_schema=False, dependencies=[Depends(check_write)])
async def save_search(request: Request) -> Response:
    """Keep a search under a name, from a form."""
    form = await form_of(request)
    name = " ".join(form.get("name", "").split())[:120]
    if not name:
        raise Problem(400, "a saved search needs a name")
    wanted = Filter.parse(pairs_of(form.get("query", "")))
    saved: Saved = request.app.state.saved
    if saved.save(name, wanted.query()) is None:
        raise Problem(409, f"there are {MOST} saved searches already; remove one first")
    return RedirectResponse("/saved", status_code=303)


@router.post("/saved/{key}/remove", include_in_schema=False, dependencies=[Depends(check_write)])
async def remove_search(request: Request, key: str = Path(max_length=100)) -> Response:
    """Remove a saved search, from a form."""
    saved: Saved = request.app.state.saved
    if not saved.remove(key):
        raise Problem(404, "there is no such saved search")
    return RedirectResponse("/saved", status_code=303)
