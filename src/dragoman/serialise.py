"""Reports as JSON and back, and the JSON Schema of a report.

The JSON follows the types of ``dragoman.schema`` field by field, with one exception:
``reading.document`` is left out, since it is the report's own ``document``; reading
the JSON puts it back.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dragoman.errors import StoreError
from dragoman.schema import Report

#: The identity of the published schema (docs/report.schema.json).
SCHEMA_ID = "urn:dragoman:report:1"


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def to_dict(report: Report) -> dict[str, Any]:
    """Return ``report`` as JSON-ready values: dates as ISO 8601 text, spans as start and end."""
    data: dict[str, Any] = _adapter().dump_python(report, mode="json")
    del data["reading"]["document"]
    return data


def to_json(report: Report, *, indent: int | None = None) -> str:
    """Return ``report`` as JSON text, on one line unless ``indent`` is given."""
    return json.dumps(to_dict(report), ensure_ascii=False, indent=indent)


def from_dict(data: dict[str, Any]) -> Report:
    """Return the report that ``to_dict`` made ``data`` of. Raises ``StoreError`` if it is none."""
    try:
        reading = {**data["reading"], "document": data["document"]}
        return _adapter().validate_python({**data, "reading": reading})
    except (KeyError, TypeError) as error:
        raise StoreError(f"this JSON is not a report: {error!r} is missing or wrong") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"this JSON is not a report: {where}: {first['msg']}") from error


def from_json(text: str) -> Report:
    """Return the report written by ``to_json``. Raises ``StoreError`` if ``text`` is none."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise StoreError(f"this is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise StoreError("this JSON is not a report: it is not an object")
    return from_dict(data)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one report."""
    schema = _adapter().json_schema(mode="serialization")
    reading = schema["$defs"]["Reading"]
    del reading["properties"]["document"]
    reading["required"] = [name for name in reading["required"] if name != "document"]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return {**head, **schema}


def schema_text() -> str:
    """Return the JSON Schema as it is published in docs/report.schema.json."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2, sort_keys=False) + "\n"
