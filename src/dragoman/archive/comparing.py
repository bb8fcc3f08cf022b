"""Compare two runs of one store, and write a store in a form that can be compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dragoman.errors import StoreError
from dragoman.store import Store

#: What of an event counts when two codings are compared: id says document, place in the
#: text, type and status.
_COMPARED = (
    "type",
    "mode",
    "status",
    "background",
    "actors",
    "recipients",
    "when",
    "where",
    "magnitudes",
    "contexts",
)
#: The canonical form: table, its columns, and the order of its rows.
_CANONICAL = {
    "documents": ("id, digest, coder, url_key, superseded_by, published, publisher", "id"),
    "events": (
        "id, document, type, mode, status, actor_countries, start_date, place",
        "id, document",
    ),
    "sources": ("id, document", "id, document"),
    "rejected": ("id, source, reason", "id"),
    "forgotten": ("id", "id"),
    "outside_events": ("id, data_set, source_id, digest", "id"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One event, document or value that differs. ``what`` is added, removed or changed."""

    what: str
    document: str
    event: str | None
    field: str | None = None
    before: Any = None
    after: Any = None


def differences(store: Store, run1: str, run2: str) -> Iterator[Difference]:
    """Yield how the store after ``run2`` differs from the store after ``run1``.

    After a run each document has the newest coding up to then; so documents that only
    one of the runs has read count, too. Raises ``StoreError`` if a run is unknown.
    """
    before, after = _state(store, run1), _state(store, run2)
    for document in sorted(before.keys() | after.keys()):
        old, new = before.get(document), after.get(document)
        if old == new:
            continue
        if old is None or new is None:
            yield Difference("added" if old is None else "removed", document, None)
        old_events, new_events = old or {}, new or {}
        for event in sorted(old_events.keys() | new_events.keys()):
            one, other = old_events.get(event), new_events.get(event)
            if one is None or other is None:
                told = json.loads(other or one or "{}")
                kind = f"{told.get('type')}/{told.get('mode')} {told.get('status')}"
                what = "added" if one is None else "removed"
                yield Difference(
                    what, document, event, None, kind if one else None, kind if other else None
                )
            elif one != other:
                yield from _fields(document, event, json.loads(one), json.loads(other))


def _fields(
    document: str, event: str, one: dict[str, Any], other: dict[str, Any]
) -> Iterator[Difference]:
    for name in _COMPARED:
        if one[name] != other[name]:
            yield Difference("changed", document, event, name, one[name], other[name])


def _state(store: Store, run: str) -> dict[str, dict[str, str]]:
    """Return document to event to its compared values as JSON."""
    state: dict[str, dict[str, str]] = {}
    for record in store.records(until=run):
        if record.kind == "document":
            state.setdefault(record.key, {})
        elif record.kind == "report":
            state[record.key] = {e["id"]: _compact(e) for e in json.loads(record.json)["events"]}
    return state


def _compact(event: dict[str, Any]) -> str:
    def actor(a: dict[str, Any]) -> list[Any]:
        return [a["name"], a["country"], a["sector"], a["person"]]

    when, where = event["when"], event["where"]
    return json.dumps(
        {
            **{name: event[name] for name in _COMPARED},
            "actors": [actor(a) for a in event["actors"]],
            "recipients": [actor(a) for a in event["recipients"]],
            "when": when and [when["start"], when["end"], when["precision"]],
            "where": where and [where["name"], where["country"], where["geonames_id"]],
            "magnitudes": [
                [m["kind"], m["low"], m["high"], m["unit"]] for m in event["magnitudes"]
            ],
        },
        ensure_ascii=False,
    )


def canonical_lines(store: Store) -> Iterator[str]:
    """Yield the store's content as JSON lines that do not depend on how it came about.

    Runs, times, the sizes of batches and paths of the store do not show; two stores with
    the same lines hold the same reports, codings, versions and sources.
    """
    for table, (columns, order) in _CANONICAL.items():
        for row in store.stream(f"SELECT {columns} FROM store.{table} ORDER BY {order}"):
            yield json.dumps([table, *row], ensure_ascii=False, default=str)


def canonical_digest(store: Store) -> str:
    """Return the SHA-256 of ``canonical_lines``, each with a line end."""
    digest = hashlib.sha256()
    for line in canonical_lines(store):
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def newest_runs(store: Store) -> tuple[str, str]:
    """Return the last two runs. Raises ``StoreError`` if there are fewer."""
    runs = [run for run in store.runs() if not run.command.startswith("import ")]
    if len(runs) < 2:
        raise StoreError(f"{store.path} has {len(runs)} runs; two are needed to compare")
    return runs[-2].id, runs[-1].id
