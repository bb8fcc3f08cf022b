"""A report as rows of the index's tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dragoman.errors import StoreError
from dragoman.ingest.files import document_from_dict, url_key
from dragoman.schema import Actor, Attribution, Document, Event, Relation, Report, Statement
from dragoman.serialise import from_dict, to_json
from dragoman.store.corrections import Correction, apply
from dragoman.store.records import Record

#: Table name to rows; each row a mapping of column to value.
Rows = dict[str, list[dict[str, Any]]]

#: The tables that hold what one document says, by the column that names the document.
DOCUMENT_TABLES = {
    "documents": "id",
    "events": "document",
    "actors": "document",
    "magnitudes": "document",
    "mentions": "document",
    "statements": "document",
    "relations": "document",
}

#: The tables of other data sets' events, by the column that names the event.
OUTSIDE_TABLES = {"outside_events": "id", "outside_actors": "event_id"}


#: The other tables that the segments fill.
OTHER_TABLES = ("rejected", "sources", "forgotten", "corrections")
#: Document to what people corrected in it.
Corrected = Mapping[str, Sequence[Correction]]


def rows_of(records: Iterable[Record], corrected: Corrected | None = None) -> Rows:
    """Return the rows of ``records``, table by table, with what people ``corrected``."""
    tables = (*DOCUMENT_TABLES, *OUTSIDE_TABLES, *OTHER_TABLES, "settled")
    rows: Rows = {table: [] for table in tables}
    corrected = corrected or {}
    for record in records:
        data = json.loads(record.json)
        match record.kind:
            case "report":
                report = from_dict(data)
                final = apply(report, corrected.get(report.document.id, ()))
                _add_report(rows, record, final, final is not report)
            case "document":
                _add_document(rows, record, document_from_dict(data))
            case "rejected":
                unit = data.pop("unit", None)
                kept = None if unit is None else json.dumps(unit)
                rows["rejected"].append({"id": record.key, **data, "run": record.run, "unit": kept})
            case "source":
                rows["sources"] += [
                    {
                        "id": record.key,
                        "source": data["source"],
                        "document": document,
                        "run": record.run,
                    }
                    for document in data["documents"] or [None]
                ]
            case "settled":
                rows["settled"].append({"id": record.key})
            case "correction":
                rows["corrections"].append(_correction(record, data))
            case "outside":
                _add_outside(rows, record, data)
            case "forgotten":
                rows["forgotten"].append({"id": record.key})
            case other:
                raise StoreError(f"a segment holds a {other!r}: use a newer dragoman")
    return rows


def countries(actors: Iterable[Actor]) -> list[str]:
    """Return the distinct codes of ``actors`` in order."""
    return list(dict.fromkeys(a.country for a in actors if a.country is not None))


def speakers_of(attribution: Attribution | None) -> tuple[Actor, ...]:
    """Return everyone who stands behind a claim, the outermost speaker first."""
    found: list[Actor] = []
    while attribution is not None:
        found += attribution.speakers
        attribution = attribution.inner
    return tuple(found)


def _names(actors: Iterable[Actor]) -> list[str]:
    return list(dict.fromkeys(a.person or a.name for a in actors))


def _document_row(record: Record, document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "source": document.source,
        "title": document.title,
        "author": document.author,
        "url": document.url,
        "url_key": url_key(document.url),
        "text": document.text,
        "run": record.run,
        "digest": record.digest,
    }


def _add_document(rows: Rows, record: Record, document: Document) -> None:
    by_metadata, by_option = document.published_by_metadata, document.published_by_option
    rows["documents"].append(
        {
            **_document_row(record, document),
            "publisher": document.publisher,
            "publisher_from": "metadata" if document.publisher else None,
            "language": document.language,
            "published": by_metadata or by_option,
            "published_from": "metadata" if by_metadata else "option" if by_option else None,
            "dateline_place": None,
            "dateline_agency": None,
            "coder": None,
            "report": None,
            "coded": None,
        }
    )


def _correction(record: Record, data: dict[str, Any]) -> dict[str, Any]:
    made = Correction.from_dict(data)
    return {
        "id": made.id,
        "document": made.document,
        "event_id": made.event,
        "kind": made.kind,
        "author": made.author,
        "made": made.at.replace(tzinfo=None),
        "note": made.note,
        "correction": record.json,
        "run": record.run,
    }


def _add_report(rows: Rows, record: Record, report: Report, is_corrected: bool) -> None:
    document, reading = report.document, report.reading
    rows["documents"].append(
        {
            **_document_row(record, document),
            "publisher": reading.publisher,
            "publisher_from": reading.publisher_from,
            "language": reading.language,
            "published": reading.published,
            "published_from": reading.published_from,
            "dateline_place": reading.dateline.place if reading.dateline else None,
            "dateline_agency": reading.dateline.agency if reading.dateline else None,
            "coder": report.coder,
            "report": to_json(report) if is_corrected else record.json,
            "coded": record.json if is_corrected else None,
        }
    )
    for position, event in enumerate(report.events):
        _add_event(rows, report, position, event)
    for position, statement in enumerate(report.statements):
        rows["statements"].append(_statement(report, position, statement))
    for position, relation in enumerate(report.relations):
        rows["relations"].append(_relation(report, position, relation))


def _add_outside(rows: Rows, record: Record, data: dict[str, Any]) -> None:
    cast = {"actor": data.pop("actors"), "recipient": data.pop("recipients")}
    codes = {
        role: list(dict.fromkeys(p["country"] for p in parties if p["country"]))
        for role, parties in cast.items()
    }
    kept = {k: v for k, v in data.items() if k not in {"key", "row", "start", "end"}}
    rows["outside_events"].append(
        {
            "id": record.key,
            **kept,
            "start_date": date.fromisoformat(data["start"]),
            "end_date": date.fromisoformat(data["end"]),
            "published": date.fromisoformat(data["published"]) if data["published"] else None,
            "date_precision": "day" if data["start"] == data["end"] else "week",
            "actor_countries": codes["actor"],
            "recipient_countries": codes["recipient"],
            "digest": record.digest,
            "run": record.run,
        }
    )
    for role, parties in cast.items():
        rows["outside_actors"] += [
            {"event_id": record.key, "role": role, "position": place, **party}
            for place, party in enumerate(parties)
        ]


def _add_event(rows: Rows, report: Report, position: int, event: Event) -> None:
    document, text = report.document.id, report.document.text
    when, where, attribution = event.when, event.where, event.attribution
    rows["events"].append(
        {
            "id": event.id,
            "document": document,
            "position": position,
            "type": event.type.value,
            "mode": event.mode,
            "cameo": event.cameo,
            "quad": event.quad,
            "score": event.score,
            "contexts": list(event.contexts),
            "status": event.status.value,
            "background": event.background,
            "is_symmetric": event.symmetric,
            "actor_countries": countries(event.actors),
            "recipient_countries": countries(event.recipients),
            "start_date": when.start if when else None,
            "end_date": when.end if when else None,
            "date_precision": when.precision.value if when else None,
            "date_text": when.text if when else None,
            "place": where.name if where else None,
            "place_country": where.country if where else None,
            "place_admin1": where.admin1 if where else None,
            "place_precision": where.precision.value if where else None,
            "latitude": where.latitude if where else None,
            "longitude": where.longitude if where else None,
            "geonames_id": where.geonames_id if where else None,
            "attribution": attribution.kind if attribution else None,
            "speakers": _names(speakers_of(attribution)),
            "publisher": attribution.publisher if attribution else report.reading.publisher,
            "confidence": event.confidence,
            "evidence": event.mentions[0].evidence.of(text) if event.mentions else None,
        }
    )
    cast = {
        "actor": event.actors,
        "recipient": event.recipients,
        "speaker": speakers_of(attribution),
    }
    for role, actors in cast.items():
        for place, actor in enumerate(actors):
            rows["actors"].append(
                {
                    "event_id": event.id,
                    "document": document,
                    "role": role,
                    "position": place,
                    "name": actor.name,
                    "country": actor.country,
                    "sector": actor.sector,
                    "office": actor.role,
                    "person": actor.person,
                    "organisation": actor.organisation,
                    "span_start": actor.span.start,
                    "span_end": actor.span.end,
                }
            )
    for place, magnitude in enumerate(event.magnitudes):
        rows["magnitudes"].append(
            {
                "event_id": event.id,
                "document": document,
                "position": place,
                "kind": magnitude.kind,
                "low": magnitude.low,
                "high": magnitude.high,
                "unit": magnitude.unit,
            }
        )
    for place, mention in enumerate(event.mentions):
        rows["mentions"].append(
            {
                "event_id": event.id,
                "document": document,
                "position": place,
                "sentence": mention.sentence,
                "predicate_start": mention.predicate.start,
                "predicate_end": mention.predicate.end,
                "evidence_start": mention.evidence.start,
                "evidence_end": mention.evidence.end,
                "evidence": mention.evidence.of(text),
            }
        )


def _statement(report: Report, position: int, statement: Statement) -> dict[str, Any]:
    text = report.document.text
    return {
        "id": statement.id,
        "document": report.document.id,
        "position": position,
        "stance": statement.stance,
        "speakers": _names(statement.speakers),
        "speaker_countries": countries(statement.speakers),
        "about": countries(statement.about),
        "topic": statement.topic.of(text) if statement.topic else None,
        "evidence": statement.mention.evidence.of(text),
        "confidence": statement.confidence,
    }


def _relation(report: Report, position: int, relation: Relation) -> dict[str, Any]:
    return {
        "id": relation.id,
        "document": report.document.id,
        "position": position,
        "label": relation.label,
        "sector": relation.sector,
        "sides": countries(relation.sides),
        "source": countries(relation.source),
        "target": countries(relation.target),
        "because_of": countries(relation.because_of),
        "publisher": relation.attribution.publisher if relation.attribution else None,
        "evidence": relation.mention.evidence.of(report.document.text),
        "confidence": relation.confidence,
    }


def batches(rows: Rows) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the tables that have rows."""
    for table, content in rows.items():
        if content:
            yield table, content
