"""Corrected reports as gold: what people confirmed, for ``dragoman evaluate`` and training."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dragoman.evaluation.gold import gold_from
from dragoman.evaluation.matching import Predicted, mentions_of
from dragoman.schema import Event, Relation, Report, Statement
from dragoman.serialise import from_json
from dragoman.store import Store
from dragoman.store.corrections import Correction, apply, holding
from dragoman.store.rows import countries


def gold_of(coded: Report, corrections: Sequence[Correction]) -> dict[str, Any]:
    """Return a gold file: what ``coded`` says with ``corrections``, and what was rejected.

    Every event, statement and relation counts as right, so that only a report that somebody
    has read as a whole (a correction ``reviewed``) says how much a coder misses.
    """
    held = holding(corrections)
    final = apply(coded, held)
    text, reading = coded.document.text, coded.reading
    items = [
        *(_event(event, text) for event in final.events if event.mentions),
        *(_statement(one, text) for one in final.statements),
        *(_relation(one, text) for one in final.relations),
    ]
    data: dict[str, Any] = {
        "document": {
            "published": reading.published.isoformat() if reading.published else None,
            "publisher": reading.publisher,
        },
        "items": [{"id": f"G{n:02d}", **item} for n, item in enumerate(items, start=1)],
        "must_not": [
            {"id": f"N{n:02d}", **words}
            for n, words in enumerate(_rejected(coded, final, text), start=1)
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


def _rejected(coded: Report, final: Report, text: str) -> Iterator[dict[str, str]]:
    """Yield the words of what is coded and no longer there, unless another one has them."""
    groups: dict[str, tuple[Sequence[Predicted], Sequence[Predicted]]] = {
        "event": (coded.events, final.events),
        "statement": (coded.statements, final.statements),
        "relation": (coded.relations, final.relations),
    }
    for kind, (before, after) in groups.items():
        kept = {one.id for one in after} if kind == "event" else set()
        words = {mention.evidence for one in after for mention in mentions_of(one)}
        for one in before:
            mentions = mentions_of(one)
            if one.id in kept or not mentions or any(m.evidence in words for m in mentions):
                continue
            found = {"evidence": mentions[0].evidence.of(text)}
            yield found if kind == "event" else {"kind": kind, **found}


def _event(event: Event, text: str) -> dict[str, Any]:
    item: dict[str, Any] = {
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


def _statement(statement: Statement, text: str) -> dict[str, Any]:
    people = [actor.person for actor in statement.speakers if actor.person]
    return {
        "kind": "statement",
        "stance": statement.stance,
        **({"speaker": people[0]} if people else {}),
        "speaker_country": countries(statement.speakers),
        "about": countries(statement.about),
        "evidence": statement.mention.evidence.of(text),
    }


def _relation(relation: Relation, text: str) -> dict[str, Any]:
    ends = (
        {"between": countries(relation.sides)}
        if relation.sides
        else {"from": countries(relation.source), "to": countries(relation.target)}
    )
    return {
        "kind": "relation",
        "label": relation.label,
        **ends,
        "because_of": countries(relation.because_of),
        "sector": relation.sector,
        "evidence": relation.mention.evidence.of(text),
    }
