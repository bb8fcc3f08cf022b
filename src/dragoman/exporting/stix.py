"""Events as STIX 2.1 observed data, with stix2 (``pip install 'dragoman[formats]'``).

An event is an ``observed-data`` object that refers to its report (a ``url`` or ``file``
object) and holds the coding in a property extension; parties are ``identity`` objects.
Ids are made of what they name (UUID version 5), so the same event is the same object.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import IO, Any

from dragoman.exporting.formats import Format, columns, optional, plain
from dragoman.exporting.selecting import Party, Row, Source

COLUMNS = columns(
    """
    identity | string | a party: identity_class individual, organization or class; name; sectors
      left out
    url, file | string | the report: its address, or else its id as name
    observed-data | string | the happening: first_observed and last_observed are its days, or
      else the day of publication
    observed-data.extensions | string | event_type, event_mode, cameo_code, status, actor_refs,
      recipient_refs, place, latitude, longitude, evidence, confidence_score, dragoman_id
    extension-definition | string | what those properties are
    """
)
_SPACE = uuid.UUID("5f4d0a50-8ac8-5c0f-9c53-6a1c58a0e8e7")
#: The extension is dragoman's own and does not change with a store.
_MADE = datetime(2026, 1, 1, tzinfo=UTC)


def _id(kind: str, key: str) -> str:
    return f"{kind}--{uuid.uuid5(_SPACE, f'{kind}/{key}')}"


_EXTENSION = _id("extension-definition", "event")
_AUTHOR = _id("identity", "dragoman")


def stix(source: Source, file: IO[bytes]) -> int:
    """Write a bundle of the chosen happenings; return the number of observed-data objects."""
    v21 = optional("stix2.v21", "formats")
    identifier = _id("bundle", repr((source.selection, source.runs())))
    file.write(f'{{"type": "bundle", "id": "{identifier}", "objects": [\n'.encode())
    # Reports and parties come again with other events; observed data do not.
    written: set[str] = set()
    count, separator = 0, b""
    for thing in _objects(v21, source):
        if thing["type"] == "observed-data":
            count += 1
        elif thing["id"] in written:
            continue
        else:
            written.add(thing["id"])
        file.write(separator + thing.serialize(sort_keys=True, ensure_ascii=False).encode())
        separator = b",\n"
    file.write(b"\n]}\n")
    return count


def _objects(v21: Any, source: Source) -> Iterator[Any]:
    yield v21.Identity(
        id=_AUTHOR, created=_MADE, modified=_MADE, name="dragoman", identity_class="system"
    )
    yield v21.ExtensionDefinition(
        id=_EXTENSION,
        created=_MADE,
        modified=_MADE,
        created_by_ref=_AUTHOR,
        name="dragoman event",
        description="A political event as coded from a report: columns as in docs/formats.md.",
        schema="https://json-schema.org/draft/2020-12/schema",
        version="1.0.0",
        extension_types=["property-extension"],
    )
    for row in source.rows():
        if not row.is_lead:
            source.left_out["told by an earlier report"] += 1
        elif row.day is None:
            source.left_out["no day"] += 1
        else:
            yield from _event(v21, row, source)


def _event(v21: Any, row: Row, source: Source) -> Iterator[Any]:
    made = row.added.replace(tzinfo=UTC)
    if row.url:
        report = v21.URL(value=row.url)
    else:
        report = v21.File(id=_id("file", row.document), name=row.document)
    yield report
    refs: dict[str, list[str]] = {"actor_refs": [], "recipient_refs": []}
    for role, parties in (("actor_refs", row.actors), ("recipient_refs", row.recipients)):
        for party in parties:
            identity = _identity(v21, party, source)
            yield identity
            refs[role].append(identity["id"])
    assert row.day is not None
    first = datetime.combine(row.start_date or row.day, time(), UTC)
    last = datetime.combine(max(row.end_date or row.day, row.start_date or row.day), time(), UTC)
    values = {
        "extension_type": "property-extension",
        "event_type": row.type,
        "event_mode": row.mode,
        "cameo_code": row.cameo,
        "status": row.status,
        **refs,
        "place": row.place,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "evidence": plain(row.evidence),
        "confidence_score": row.confidence,
        "dragoman_id": row.id,
    }
    yield v21.ObservedData(
        id=_id("observed-data", row.id),
        created=made,
        modified=made,
        created_by_ref=_AUTHOR,
        first_observed=first,
        last_observed=last,
        number_observed=max(1, row.reports),
        object_refs=[report["id"]],
        confidence=round(row.confidence * 100),
        extensions={_EXTENSION: {k: v for k, v in values.items() if v not in (None, [])}},
    )


def _identity(v21: Any, party: Party, source: Source) -> Any:
    name = party.person or source.crosswalk.name_of(party.country) or party.name
    kind = "individual" if party.person else "organization" if party.country else "class"
    return v21.Identity(
        id=_id("identity", f"{kind}/{party.country}/{name}"),
        created=_MADE,
        modified=_MADE,
        created_by_ref=_AUTHOR,
        name=plain(name),
        identity_class=kind,
    )


FORMATS = (
    Format(
        "stix",
        ".json",
        "application/stix+json;version=2.1",
        "observed data",
        stix,
        COLUMNS,
        holds="what has a day, a happening once",
    ),
)
