"""A worker: reads one shard, codes it, and writes one Parquet file.

Everything that a store keeps of the shard is in the file as records, with the sketches
that linking needs, so that loading only joins. The file is written aside, fsynced and
renamed; its name holds the hash of its content. What the worker is at stands in a note,
so that the driver knows what a worker died on.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from socket import gethostname
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from dragoman.archive.ingesting import code_all
from dragoman.duplicates.sketches import Sketch
from dragoman.errors import ConfigError
from dragoman.ingest.pool import REST, Item, Job, Outcome, Worker
from dragoman.ingest.units import Flaw, Limits, Seen, SetAside
from dragoman.scaling.manifest import Entry
from dragoman.scaling.settings import Settings
from dragoman.scaling.shards import Group, Piece, Start, shard_id
from dragoman.schema import Document, Rejected, Report
from dragoman.store.records import Item as StoreItem
from dragoman.store.records import Record, Run

#: So many reports are coded between two notes.
_BATCH = 32
#: So many rejected records are named in the manifest.
_NAMED = 100
_NO_RUN = Run("", datetime(1970, 1, 1, tzinfo=UTC), "", "")
#: The columns of a shard's file; docs/scaling.md says what each holds.
SCHEMA = pa.schema(
    [
        ("unit", pa.string()),
        ("name", pa.string()),
        ("kind", pa.string()),
        ("key", pa.string()),
        ("digest", pa.string()),
        ("url", pa.string()),
        ("coder", pa.string()),
        ("json", pa.string()),
        ("size", pa.int32()),
        ("signature", pa.binary()),
        ("words", pa.binary()),
    ]
)


@dataclass(frozen=True, slots=True)
class Task:
    """One try to code a shard; it travels as JSON.

    ``take`` is the most records, ``token`` names the note. ``careful`` are the places of the
    reports, counted in the shard, that are coded alone; ``lost`` of those that are not coded
    at all, because they killed ``attempts`` workers. With ``give_up`` the shard's first record
    is not even read. The shard ends before the record ``until``, which begins another one.
    """

    group: Group
    start: Start
    take: int
    token: str
    careful: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()
    attempts: int = 3
    give_up: bool = False
    until: Start | None = None

    @property
    def id(self) -> str:
        """The shard's name."""
        return shard_id(self.group.place, self.start)

    def to_json(self) -> str:
        """Return the task as JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Task:
        """Return the task that ``to_json`` wrote."""
        data = json.loads(text)
        pieces = tuple(Piece.from_dict(piece) for piece in data["group"]["pieces"])
        tuples = {
            name: None if data[name] is None else tuple(data[name])
            for name in ("start", "careful", "lost", "until")
        }
        return cls(**{**data, **tuples, "group": Group(data["group"]["place"], pieces)})


class CodesReports(Protocol):
    """What a worker needs of a coder."""

    version: str

    def stream(self, documents: Sequence[Document]) -> Iterator[Report | Rejected]:
        """Yield one result per document, in order."""
        ...


def make_coder(settings: Settings) -> CodesReports:
    """Load the coder that ``settings`` ask for. Raises ``ConfigError``."""
    if settings.factory is not None:
        module, _, name = settings.factory.partition(":")
        made: CodesReports = getattr(import_module(module), name)()
        return made
    from dragoman.pipeline import Coder

    return Coder(
        settings.model,
        actors=[Path(path) for path in settings.actors],
        type_model=Path(settings.type_model) if settings.type_model else None,
        rules_only=settings.rules_only,
        prefilter=settings.prefilter,
    )


def open_coder(settings: str, folder: str) -> ShardCoder:
    """Load a worker's coder from texts, in the directory from which the driver was called.

    Raises ``ConfigError`` if that directory is not to be seen from here.
    """
    known = Settings.from_json(settings)
    if known.directory is not None:
        try:
            os.chdir(known.directory)
        except OSError as error:
            raise ConfigError(
                f"a worker on {gethostname()} cannot see {known.directory}: every node must have "
                "the sources and the folder under the same path"
            ) from error
    return ShardCoder(known, Path(folder))


@dataclass(slots=True)
class _Read:
    """What was read of a shard: its units in order, and whether there is more behind it."""

    outcomes: list[Outcome] = field(default_factory=list)
    stop: Start = (0, 0)
    more: bool = False


class ShardCoder:
    """Codes shards into ``folder``. Loading takes some seconds; make one in each process."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._coder = make_coder(settings)
        self._limits = Limits(seconds=settings.seconds)
        self._reader = Worker(self._limits)
        # The reader loads its libraries now, so that a worker that is ready is ready.
        start = Job((Item("start", b"A text.", "text"),))
        for _ in self._reader.run(start, _nothing):
            pass
        self.version = self._coder.version

    def code(self, task: Task) -> Entry:
        """Read and code one shard, and write its file. Raises ``OSError`` if it cannot be."""
        begun = _cpu_seconds()
        self._note(task, "reading")
        read = self._read(task)
        content = task.group.content() if task.start == (0, 0) else None
        rows, counts, rejected = self._rows(task, read.outcomes)
        self._note(task, "writing")
        name, digest, size = self._write(task, rows)
        (self._folder / "notes" / task.token).unlink(missing_ok=True)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return Entry(
            place=task.group.place,
            start=task.start,
            stop=read.stop,
            more=read.more,
            input=task.group.fingerprint(self._settings.identity()),
            content=content,
            file=name,
            sha256=digest,
            bytes=size,
            reports=counts["report"],
            documents=counts["document"],
            events=counts["events"],
            rejected=dict(sorted(Counter(bad.reason for bad in rejected).items())),
            named=[[bad.source, bad.reason] for bad in rejected[:_NAMED]],
            coder=self.version,
            seconds=round(_cpu_seconds() - begun, 3),
            memory=memory if sys.platform == "darwin" else memory * 1024,
        )

    def close(self) -> None:
        """End the process that reads."""
        self._reader.close()

    # -- reading ---------------------------------------------------------------------------

    def _read(self, task: Task) -> _Read:
        """Read the shard's units; a unit that is there twice counts once."""
        if task.give_up:
            item, unit = task.start
            place = f"{task.group.pieces[item].location} after record {unit}"
            message = f"it killed the worker {task.attempts} times"
            flaw = Flaw(place, "worker-killed", message)
            aside = SetAside(flaw.key, Rejected(place, flaw.reason, message))
            outcome = Outcome(flaw.key, place, aside=aside)
            return _Read([outcome], (item, unit + 1), True)
        read = _Read()
        characters = 0
        taken: set[str] = set()
        items = tuple(Item(piece.location, part=piece.part) for piece in task.group.pieces)
        # One more than wanted, to see whether there is more. Leaving the loop early ends the
        # reader, so that the next shard starts a fresh one.
        job = Job(items, self._settings.hints, self._settings.columns, task.take + 1)
        for count, outcome in enumerate(self._reader.run(job, _nothing, task.start)):
            full = characters >= self._settings.characters
            if task.until is not None and outcome.place >= task.until:
                read.more, read.stop = True, task.until
                break
            if full or count >= task.take:
                read.more = True
                if full or count > task.take:
                    break
                continue
            item, unit = outcome.place
            read.stop = (item + 1, 0) if unit >= REST else (item, unit + 1)
            if outcome.key not in taken:
                taken.add(outcome.key)
                read.outcomes.append(outcome)
                characters += sum(len(document.text) for document in outcome.documents)
        return read

    # -- coding ----------------------------------------------------------------------------

    def _rows(
        self, task: Task, outcomes: Sequence[Outcome]
    ) -> tuple[list[dict[str, Any]], Counter[str], list[Rejected]]:
        documents = [document for outcome in outcomes for document in outcome.documents]
        coded = iter(self._coded(task, documents))
        rows: list[dict[str, Any]] = []
        rejected: list[Rejected] = []
        counts: Counter[str] = Counter()
        for outcome in outcomes:
            items: list[StoreItem] = []
            if outcome.aside is not None:
                rejected.append(outcome.aside.rejected)
                items.append(outcome.aside)
            else:
                for document in outcome.documents:
                    result = next(coded)
                    if isinstance(result, Rejected):
                        items.append(document)  # the report itself is kept
                    else:
                        counts["events"] += len(result.events)
                    items.append(result)
                if outcome.links and not outcome.documents:
                    number = len(outcome.links)
                    message = f"{number} addresses, not fetched: give --fetch to read them"
                    items.append(Rejected(outcome.source, "not-fetched", message))
                elif not outcome.links:
                    ids = tuple(document.id for document in outcome.documents)
                    items.append(Seen(outcome.key, outcome.source, ids))
            for item in items:
                if isinstance(item, Rejected):
                    rejected.append(item)
                row = self._row(item, outcome)
                counts[row["kind"]] += 1
                rows.append(row)
        return rows, counts, rejected

    def _coded(self, task: Task, documents: Sequence[Document]) -> Iterator[Report | Rejected]:
        alone = {*task.careful, *task.lost}
        place = 0
        while place < len(documents):
            if place in task.lost:
                message = f"coding it killed the worker {task.attempts} times"
                yield Rejected(documents[place].source, "worker-killed", message)
                place += 1
                continue
            end = place + 1
            if place not in alone:
                last = min(place + _BATCH, len(documents))
                while end < last and end not in alone:
                    end += 1
            self._note(task, "coding", place, end)
            yield from code_all(self._coder, documents[place:end])  # type: ignore[arg-type]
            place = end

    def _row(self, item: StoreItem, outcome: Outcome) -> dict[str, Any]:
        record = Record.of(item, _NO_RUN)
        document = item.document if isinstance(item, Report) else item
        row: dict[str, Any] = {
            "unit": outcome.key,
            "name": outcome.source,
            "kind": record.kind,
            "key": record.key,
            "digest": record.digest,
            "json": record.json,
            "coder": item.coder if isinstance(item, Report) else None,
        }
        if isinstance(document, Document):
            sketch = Sketch.of(document.text)
            return {**row, "url": document.url, **asdict(sketch)}
        return row

    # -- writing ---------------------------------------------------------------------------

    def _write(self, task: Task, rows: list[dict[str, Any]]) -> tuple[str, str, int]:
        folder = self._folder / "shards"
        aside = folder / f"{task.id}.{task.token}.part"
        table = pa.Table.from_pylist(rows, schema=SCHEMA)
        pq.write_table(table, aside, compression="zstd")
        with aside.open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = aside.stat().st_size
        name = f"{task.id}-{digest[:12]}.parquet"
        os.replace(aside, folder / name)
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return name, digest, size

    def _note(self, task: Task, stage: str, start: int = 0, stop: int = 0) -> None:
        """Write down what is being done: a stage, and which reports of the shard."""
        path = self._folder / "notes" / task.token
        aside = path.with_name(f"{task.token}.part")
        told = {"stage": stage, "start": start, "stop": stop, "at": time.time()}
        aside.write_text(json.dumps(told), encoding="utf-8")
        os.replace(aside, path)


def _nothing(keys: Sequence[str]) -> set[str]:
    """Say that no unit is known: whoever loads the shards tells what there is twice."""
    return set()


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of its readers that have ended."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


__all__ = ["SCHEMA", "CodesReports", "ShardCoder", "Task", "make_coder"]
