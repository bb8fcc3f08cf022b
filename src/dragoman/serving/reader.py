"""The page of one report: its text in colours, and its events beside it."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from dragoman.codebook.frames import labels, stances
from dragoman.codebook.ontology import load_ontology
from dragoman.codebook.words import relation_sectors
from dragoman.render import who
from dragoman.schema import EventType, Reason, Status
from dragoman.serving import queries
from dragoman.serving.marking import ROLES, form_of, pieces, standing_form, values_of
from dragoman.serving.names import country_names
from dragoman.serving.pages import library_of, page
from dragoman.serving.problems import Problem
from dragoman.serving.telling import told
from dragoman.store.corrections import Correction, holding

router = APIRouter(include_in_schema=False)


@router.get("/documents/{key}")
def document(request: Request, key: str) -> Response:
    """A report, with one of its events in focus if ``?event=`` names it."""
    library = library_of(request)
    found = queries.report_of(library, key)
    if found is None:
        if queries.unread(library, key):
            raise Problem(404, "this report is kept but not coded yet: run 'dragoman recode'")
        raise Problem(404, "there is no report with this address; it may have been forgotten")
    shown, coded, row = found
    text = shown.document.text
    wanted = request.query_params.get("event")
    events = [
        {
            "event": event,
            "who": who(event),
            "values": values_of(event, text),
            "form": form_of(event),
            "corrected": _corrected(event.reasons),
        }
        for event in shown.events
    ]
    statements, relations = (
        [
            {
                "said": one,
                "form": standing_form(one),
                "corrected": _corrected(one.reasons),
                "words": one.mention.evidence.of(text),
                "at": one.mention.evidence.start,
            }
            for one in every
        ]
        for every in (shown.statements, shown.relations)
    )
    made = queries.corrections_of(library, key)
    held = {c.id for c in holding(Correction.from_dict(json.loads(m["correction"])) for m in made)}
    for entry in made:
        entry["told"] = told(entry)
        entry["held"] = entry["id"] in held
    rejected = {e.id for e in coded.events} - {e.id for e in shown.events}
    return page(
        request,
        "document.html",
        report=shown,
        title=queries.title_of(shown.document.title, text),
        row=row,
        pieces=pieces(shown),
        roles=ROLES,
        events=events,
        statements=statements,
        relations=relations,
        focus=wanted if any(e.id == wanted for e in shown.events) else None,
        made=made,
        rejected=[e for e in coded.events if e.id in rejected],
        copies=queries.copies_of(library, key),
        choices=choices(),
        is_reviewed=any(m["kind"] == "reviewed" and m["held"] for m in made),
    )


def _corrected(reasons: tuple[Reason, ...]) -> bool:
    return any(reason.rule.startswith("corrected by") for reason in reasons)


def choices() -> dict[str, Any]:
    """Return what the form for corrections offers."""
    ontology = load_ontology()
    return {
        "types": [
            {"type": t.value, "modes": list(ontology.types[t].modes),
             "definition": ontology.types[t].definition}
            for t in EventType
        ],
        "statuses": [s.value for s in Status],
        "sectors": dict(ontology.sectors),
        "stances": stances(),
        "labels": labels(),
        "relation_sectors": relation_sectors(),
        "countries": dict(sorted(country_names().items(), key=lambda pair: pair[1])),
    }  # fmt: skip
