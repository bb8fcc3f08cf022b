"""Put a folder of coded shards into a store, as if one machine had ingested the sources.

The shards are added in their order, each in one commit, whoever coded them when. So of a
document that is in two shards the one in the smaller shard counts, as with ``dragoman
ingest``, and loading again adds nothing. The sketches of the reports come along, so that
``link`` reads no text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dragoman.archive.linking import Linked, is_linked, keep_sketches, link
from dragoman.errors import DamagedError, StoreError
from dragoman.ingest.units import Settled
from dragoman.scaling.manifest import Entry, Manifest
from dragoman.scaling.work import SCHEMA
from dragoman.store import Added, Run, Store
from dragoman.store.records import Record

_NO_RUN = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: ``linked`` is ``None`` if copies and happenings were up to date."""

    shards: int = 0
    added: Added = field(default_factory=Added)
    linked: Linked | None = None


def load(
    folder: Path,
    store: Store,
    *,
    partial: bool = False,
    with_links: bool = True,
    tell: Callable[[Entry], None] = lambda entry: None,
) -> Loaded:
    """Add the shards of ``folder`` to ``store``, and link.

    Every hash is compared before anything is added. Raises ``DamagedError`` that names the
    file if one does not fit, ``StoreError`` if the run of the folder is not finished, unless
    ``partial``: what it has is loaded then, and the rest by a later call.

    The store's documents get the codings of the folder, unless they have one by the same
    coder. What was forgotten stays out.
    """
    manifest = Manifest.read(folder)
    if not manifest.finished and not partial:
        raise StoreError(
            f"the run in {folder} is not finished ({len(manifest.entries)} shards are): run it "
            "again, or load what there is with --partial"
        )
    entries = list(manifest.shards())
    problems = [problem for entry in entries if (problem := manifest.problem(entry)) is not None]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise DamagedError(problems[0] + more)
    added = Added()
    runs: dict[str, Run] = {}
    for entry in entries:
        coder = entry.coder
        run = runs.setdefault(coder, Run.begin(coder, f"load {folder}"[:200]))
        rows = _rows(manifest.path_of(entry))
        added += _add(rows, store, run)
        _sketch(rows, store)
        tell(entry)
    linked = link(store) if with_links and not is_linked(store) else None
    return Loaded(len(entries), added, linked)


def _rows(path: Path) -> list[dict[str, Any]]:
    table = pq.read_table(path, memory_map=False)
    missing = [name for name in SCHEMA.names if name not in table.schema.names]
    if missing:
        raise DamagedError(f"{path} lacks the columns {', '.join(missing)}")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _add(rows: Sequence[dict[str, Any]], store: Store, run: Run) -> Added:
    units = list(dict.fromkeys(row["unit"] for row in rows))
    known = store.seen(units)
    again = _coded_otherwise(rows, known, store)
    records: list[Record] = []
    addresses: dict[str, str | None] = {}
    read: list[str] = []
    for row in rows:
        if row["unit"] in known and row["key"] not in again:
            continue
        record = Record(row["kind"], row["key"], row["digest"], _NO_RUN, row["json"])
        records.append(replace(record, run=run.id))
        if row["kind"] in {"report", "document"}:
            addresses[row["key"]] = row["url"]
        if row["kind"] != "rejected" and row["unit"] not in known:
            read.append(row["name"])
    given = {record.key for record in records if record.kind == "rejected"}
    over = [key for key in store.open_rejections(list(dict.fromkeys(read))) if key not in given]
    records += [Record.of(Settled(key), run) for key in over]
    return store.add_records(records, addresses, run) if records else Added()


def _coded_otherwise(rows: Sequence[dict[str, Any]], known: set[str], store: Store) -> set[str]:
    """Return the documents of known units that the store has by another coder, or uncoded."""
    wanted = {r["key"]: r["coder"] for r in rows if r["kind"] == "report" and r["unit"] in known}
    if not wanted:
        return set()
    sql = "SELECT id, coder FROM store.documents WHERE id IN (SELECT unnest(?))"
    return {key for key, coder in store.query(sql, [list(wanted)])[1] if coder != wanted[key]}


def _sketch(rows: Sequence[dict[str, Any]], store: Store) -> None:
    """Keep the sketches of the documents that the store now has as they are in ``rows``."""
    own = {row["key"]: row for row in rows if row["signature"] is not None}
    if not own:
        return
    sql = (
        "SELECT d.id, d.digest FROM store.documents d ANTI JOIN store.sketches k "
        "ON k.document = d.id WHERE d.id IN (SELECT unnest(?)) ORDER BY d.id"
    )

    def missing() -> Iterator[dict[str, Any]]:
        for key, digest in store.query(sql, [list(own)])[1]:
            row = own[key]
            if row["digest"] == digest:
                kept = {name: row[name] for name in ("size", "signature", "words")}
                yield {"document": key, **kept}

    keep_sketches(store, list(missing()))
