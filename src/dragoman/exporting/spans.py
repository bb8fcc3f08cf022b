"""Every value and the words it rests on: W3C Web Annotations and Label Studio tasks.

Offsets are code points, as the Web Annotation model asks for and as Label Studio counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any, NamedTuple

from dragoman.exporting.formats import Format, columns
from dragoman.exporting.selecting import CHOSEN, Source
from dragoman.schema import Attribution, Event, Report, Span
from dragoman.serialise import from_json

ANNOTATION = columns(
    """
    id | string | urn:dragoman:annotation:EVENT/NUMBER
    motivation | string | identifying
    body | array | tagging: what the words are (predicate, actor, ...); identifying: the value
    target.source | string | address of the report, or else urn:dragoman:document:ID
    target.selector | array | TextQuoteSelector (exact, prefix, suffix) and TextPositionSelector
      (start, end)
    """
)
TASK = columns(
    """
    data.text | string | the report
    data.document | string | id of the report
    data.title | string | title
    data.url | string | address
    predictions[].model_version | string | version of the coder
    predictions[].result[] | array | regions (type labels: start, end, text, labels) and
      relations (from_id, to_id)
    """
)
_CONTEXT = 32
_REPORTS = (
    CHOSEN
    + """,
told AS (
  SELECT document, list(e.id) AS ids FROM store.events e JOIN chosen ON chosen.id = e.id
  GROUP BY document
)
SELECT d.report, told.ids FROM told JOIN store.documents d ON d.id = told.document
ORDER BY d.id
"""
)


class Marked(NamedTuple):
    """A value of an event: what it is ('actor'), the value ('USA'), and its words."""

    label: str
    value: str
    span: Span


def marked(event: Event) -> Iterator[Marked]:
    """Yield every value of ``event`` that has words, the predicate first."""
    for mention in event.mentions:
        yield Marked("predicate", event.type.value, mention.predicate)
        yield Marked("evidence", event.status.value, mention.evidence)
    for actor in event.actors:
        yield Marked("actor", actor.country or actor.name, actor.span)
    for recipient in event.recipients:
        yield Marked("recipient", recipient.country or recipient.name, recipient.span)
    if event.when is not None:
        days = f"{event.when.start or '..'}/{event.when.end or '..'}"
        yield Marked("when", days, event.when.span)
    if event.where is not None:
        yield Marked("where", event.where.geonames_id or event.where.name, event.where.span)
    for magnitude in event.magnitudes:
        high = "" if magnitude.high is None else f"{magnitude.high:g}"
        yield Marked(magnitude.kind, f"{magnitude.low:g}/{high}", magnitude.span)
    attribution: Attribution | None = event.attribution
    while attribution is not None:
        for speaker in attribution.speakers:
            yield Marked("speaker", speaker.country or speaker.name, speaker.span)
        attribution = attribution.inner


def _reports(source: Source) -> Iterator[tuple[Report, list[Event]]]:
    for text, ids in source.store.stream(source.sql(_REPORTS), source.parameters):
        report, chosen = from_json(text), frozenset(ids)
        yield report, [event for event in report.events if event.id in chosen]


def web_annotations(source: Source, file: IO[bytes]) -> int:
    """Write an AnnotationPage; return the number of annotations."""
    head = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": "urn:dragoman:annotations",
        "type": "AnnotationPage",
    }
    file.write(json.dumps(head)[:-1].encode() + b', "items": [')
    count = 0
    for report, events in _reports(source):
        for event in events:
            for number, mark in enumerate(marked(event)):
                file.write(b",\n" if count else b"\n")
                item = _annotation(report, f"{event.id}/{number}", mark)
                file.write(json.dumps(item, ensure_ascii=False).encode())
                count += 1
    file.write(b"\n]}\n")
    return count


def _annotation(report: Report, key: str, mark: Marked) -> dict[str, Any]:
    text, (label, value, span) = report.document.text, mark
    return {
        "id": f"urn:dragoman:annotation:{key}",
        "type": "Annotation",
        "motivation": "identifying",
        "body": [
            {"type": "TextualBody", "purpose": "tagging", "value": label},
            {"type": "TextualBody", "purpose": "identifying", "value": value},
        ],
        "target": {
            "source": report.document.url or f"urn:dragoman:document:{report.document.id}",
            "selector": [
                {
                    "type": "TextQuoteSelector",
                    "exact": span.of(text),
                    "prefix": text[max(0, span.start - _CONTEXT) : span.start],
                    "suffix": text[span.end : span.end + _CONTEXT],
                },
                {"type": "TextPositionSelector", "start": span.start, "end": span.end},
            ],
        },
    }


def label_studio(source: Source, file: IO[bytes]) -> int:
    """Write tasks with predictions for Label Studio; return the number of tasks."""
    file.write(b"[")
    count = 0
    for report, events in _reports(source):
        document = report.document
        results = chain.from_iterable(_regions(document.text, event) for event in events)
        task = {
            "data": {
                "text": document.text,
                "document": document.id,
                "title": document.title,
                "url": document.url,
            },
            "predictions": [{"model_version": report.coder, "result": list(results)}],
        }
        file.write(b",\n" if count else b"\n")
        file.write(json.dumps(task, ensure_ascii=False).encode())
        count += 1
    file.write(b"\n]\n")
    return count


def _regions(text: str, event: Event) -> Iterator[dict[str, Any]]:
    head: str | None = None
    for number, mark in enumerate(marked(event)):
        key = f"{event.id}-{number}"
        yield {
            "id": key,
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": mark.span.start,
                "end": mark.span.end,
                "text": mark.span.of(text),
                "labels": [mark.label],
            },
            "meta": {"text": [mark.value]},
        }
        if mark.label == "predicate":
            head = head or key
        elif mark.label != "evidence" and head is not None:
            yield {
                "type": "relation",
                "from_id": head,
                "to_id": key,
                "direction": "right",
                "labels": [mark.label],
            }


FORMATS = (
    Format(
        "webannotation",
        ".jsonld",
        "application/ld+json",
        "W3C Web Annotations of every value",
        web_annotations,
        ANNOTATION,
    ),
    Format(
        "labelstudio",
        ".json",
        "application/json",
        "Label Studio tasks with predictions",
        label_studio,
        TASK,
    ),
)
