"""Corrected reports as gold: what people confirmed, for ``dragoman evaluate`` and training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dragoman.evaluation.gold import gold_from
from dragoman.schema import Event, Report
from dragoman.serialise import from_json
from dragoman.store import Store
from dragoman.store.corrections import Correction, apply, holding
from dragoman.store.rows import countries


def gold_of(coded: Report, corrections: Sequence[Correction]) -> dict[str, Any]:
    """Return a gold file: the events of ``coded`` with ``corrections``, and what was rejected.

    Every event counts as right, so that only a report that somebody has read as a whole
    (a correction ``reviewed``) says how much a coder misses.
    """
    held = holding(corrections)
    final = apply(coded, held)
    text, reading = coded.document.text, coded.reading
    kept = {event.id for event in final.events}
    rejected = [e for e in coded.events if e.id not in kept and e.mentions]
    data: dict[str, Any] = {
        "document": {
            "published": reading.published.isoformat() if reading.published else None,
            "publisher": reading.publisher,
        },
        "items": [
            _item(number, event, text)
            for number, event in enumerate((e for e in final.events if e.mentions), start=1)
        ],
        "must_not": [
            {"id": f"N{number:02d}", "evidence": event.mentions[0].evidence.of(text)}
            for number, event in enumerate(rejected, start=1)
            if not any(_within(event, other) for other in final.events)
        ],
        "reviewed": any(made.kind == "reviewed" for made in held),
        "authors": sorted({made.author for made in held}),
    }
    gold_from(data, coded.document.id)
    return data


def write_gold(store: Store, folder: Path, *, everything: bool = False) -> list[str]:
    """Write ``ID.gold.json`` and ``ID.txt`` for every reviewed report; return their ids.

    With ``everything`` also those that were corrected but not read as a whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, list[Correction]] = {}
    for (text,) in store.query("SELECT correction FROM store.corrections ORDER BY made, id")[1]:
        one = Correction.from_dict(json.loads(text))
        made.setdefault(one.document, []).append(one)
    written = []
    for key, corrections in sorted(made.items()):
        held = holding(corrections)
        if not held or not (everything or any(c.kind == "reviewed" for c in held)):
            continue
        rows = store.query(
            "SELECT coalesce(coded, report) FROM store.documents "
            "WHERE id = ? AND report IS NOT NULL",
            [key],
        )[1]
        if not rows:
            continue
        coded = from_json(rows[0][0])
        gold = json.dumps(gold_of(coded, corrections), ensure_ascii=False, indent=1)
        (folder / f"{key}.gold.json").write_text(gold + "\n", encoding="utf-8")
        (folder / f"{key}.txt").write_text(coded.document.text, encoding="utf-8", newline="")
        written.append(key)
    return written


def _within(event: Event, other: Event) -> bool:
    """Tell whether the words of a rejected event are also those of one that holds."""
    words = {mention.evidence for mention in other.mentions}
    return any(mention.evidence in words for mention in event.mentions)


def _item(number: int, event: Event, text: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": f"G{number:02d}",
        "kind": "event",
        "types": [event.type.value],
        "actors": countries(event.actors),
        "recipients": countries(event.recipients),
        "status": event.status.value,
        "evidence": event.mentions[0].evidence.of(text),
    }
    if event.symmetric:
        item["symmetric"] = True
    if event.background:
        item["background"] = True
    if event.when is not None and (event.when.start or event.when.end):
        item["date"] = [
            day.isoformat() if day else None for day in (event.when.start, event.when.end)
        ]
    if event.where is not None:
        item["place"] = {"name": event.where.name, "country": event.where.country}
    return item
