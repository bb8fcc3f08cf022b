from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from dragoman.errors import StoreError
from dragoman.serialise import from_json, json_schema, schema_text, to_dict, to_json
from reports import report, rich_report

PUBLISHED = Path(__file__).parent.parent / "docs" / "report.schema.json"


@pytest.mark.parametrize("original", [rich_report(), report(), report("Žižek’s 🕊 text.")])
def test_there_and_back(original):
    assert from_json(to_json(original)) == original
    assert from_json(to_json(original, indent=2)) == original


def test_values_are_plain():
    data = to_dict(rich_report())
    event = data["events"][0]
    assert "document" not in data["reading"]
    assert event["type"] == "CONSULT"
    assert event["when"]["start"] == "2024-05-03"
    assert event["cameo"] == "040"
    span = event["mentions"][0]["predicate"]
    assert data["document"]["text"][span["start"] : span["end"]] == "met"


def test_json_fits_its_schema():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(to_dict(rich_report()), schema)
    broken = to_dict(rich_report())
    broken["events"][0]["type"] = "MEET"
    with pytest.raises(jsonschema.ValidationError, match="MEET"):
        jsonschema.validate(broken, schema)


def test_published_schema_is_current():
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), (
        "run: dragoman schema > docs/report.schema.json"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ("{}", "reading"),
        (json.dumps({**to_dict(report()), "events": [{"id": "e1"}]}), r"events\.0\.type"),
    ],
)
def test_other_json_is_refused(text, message):
    with pytest.raises(StoreError, match=message):
        from_json(text)


def test_a_span_that_runs_backwards_is_refused():
    data = to_dict(rich_report())
    data["sentences"] = [{"start": 5, "end": 2}]
    with pytest.raises(StoreError, match=r"sentences\.0"):
        from_json(json.dumps(data))
