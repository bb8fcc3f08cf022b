"""Corrections in words."""

from __future__ import annotations

import json
from typing import Any


def told(row: dict[str, Any]) -> str:
    """Return what a correction says, on one line."""
    data = json.loads(row["correction"])
    values = ", ".join(f"{name} is {_value(value)}" for name, value in data["values"].items())
    before = data["before"] or {}
    name = next((before[key] for key in ("type", "stance", "label") if key in before), "")
    about = data.get("about", "event")
    match row["kind"]:
        case "set":
            return f"{name}: {values}" if name else values
        case "add":
            return f"added: {values}"
        case "reject":
            return f"rejected: {name or 'this'} is no {about} here"
        case "withdraw":
            return "withdrew a correction"
    return "read the whole report: it is right as it stands"


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(_value, value)) or "nobody"
    if isinstance(value, dict):
        if "start" in value or "end" in value:
            return f"{value.get('start') or '…'} to {value.get('end') or '…'}"
        codes = " ".join(p for p in (value.get("country"), value.get("sector")) if p)
        name = value.get("person") or value.get("name") or ""
        return f"{name} ({codes})" if codes and name else name or codes or "none"
    return str(value)
