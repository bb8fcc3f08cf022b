"""What a file is: a Frictionless data package beside every export."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import dragoman
from dragoman.exporting.formats import Format
from dragoman.exporting.selecting import Source

#: The same words as CITATION.cff.
CITATION = (
    "The dragoman contributors. dragoman: event data from diplomatic and political news, every "
    f"value with its words. Version {dragoman.__version__}."
)
_ONTOLOGY = "PLOVER manual, draft 0.8"


@cache
def codebook_version() -> str:
    """Return the SHA-256 of the codebook's data files: another codebook, another version."""
    digest = hashlib.sha256()
    for name, content in sorted(_data(files("dragoman") / "codebook", "")):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _data(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _data(item, f"{prefix}{item.name}/")
        elif item.name.endswith((".toml", ".tsv")):
            found.append((prefix + item.name, item.read_bytes()))
    return found


def package(path: Path, format_: Format, source: Source, records: int) -> dict[str, Any]:
    """Return the descriptor of the export at ``path``; it is the same for the same store."""
    content = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            content.update(block)
    size = path.stat().st_size
    return descriptor(Path(path.name), size, content.hexdigest(), format_, source, records)


def descriptor(
    path: Path, size: int, digest: str, format_: Format, source: Source, records: int
) -> dict[str, Any]:
    """Return what ``package`` does, for ``size`` bytes with the SHA-256 ``digest``."""
    tabular = bool(format_.columns) and format_.media_type.startswith(
        ("text/csv", "text/tab", "application/vnd.apache.parquet", "application/jsonl")
    )
    resource: dict[str, Any] = {
        "name": path.name.lower().replace("_", "-").replace(" ", "-"),
        "path": path.name,
        "title": f"{format_.name}: {format_.summary}",
        "format": format_.suffix.rpartition(".")[2].lower(),
        "mediatype": format_.media_type,
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{digest}",
    }
    if tabular:
        resource["type"] = "table"
        if format_.media_type.startswith("text/"):
            resource["format"] = "csv"
        if format_.dialect:
            resource["dialect"] = dict(format_.dialect)
        resource["schema"] = {
            "fields": [_field(c, format_) for c in format_.columns],
            "missingValues": ["", "None"] if format_.name == "polecat" else [""],
        }
    chosen = source.selection
    return {
        "name": path.stem.lower().replace("_", "-").replace(" ", "-").replace(".", "-"),
        "title": f"Events of {source.store.path.name}, {format_.name}",
        "resources": [resource],
        "citation": CITATION,
        "codebook": {"ontology": _ONTOLOGY, "sha256": codebook_version()},
        "dragoman": dragoman.__version__,
        "runs": source.runs(),
        "selection": {
            "since": chosen.since.isoformat() if chosen.since else None,
            "until": chosen.until.isoformat() if chosen.until else None,
            "where": chosen.where if chosen.told is None else chosen.told,
        },
        "records": records,
        "left_out": dict(sorted(source.left_out.items())),
    }


def _field(column: Any, format_: Format) -> dict[str, str]:
    kind = column.type
    if kind == "array" and format_.media_type == "text/csv":
        kind = "string"
    return {"name": column.name, "type": kind, "description": column.meaning}


def write_package(path: Path, descriptor: dict[str, Any]) -> Path:
    """Write the descriptor beside ``path``, as NAME.datapackage.json."""
    beside = path.with_name(path.name + ".datapackage.json")
    aside = beside.with_name(beside.name + ".part")
    aside.write_text(json.dumps(descriptor, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    aside.replace(beside)
    return beside
