"""A pool of killable worker processes that read sources, with limits of time and memory.

Every byte of a source is read and parsed in a worker. A record that hangs or kills its
worker costs that record, which is told as rejected; a fresh worker goes on behind it.
"""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from dragoman.errors import DragomanError
from dragoman.ingest.context import DEFAULT_COLUMNS, Columns
from dragoman.ingest.files import document_from_dict
from dragoman.ingest.units import Flaw, Hints, Limits, Link, Part, SetAside
from dragoman.schema import Document, Rejected

_START_SECONDS = 120.0
#: The number of a unit that stands for the rest of its item.
REST = 1 << 40

#: Tells which hashes of units are known and need no parsing.
Known = Callable[[Sequence[str]], set[str]]


@dataclass(frozen=True, slots=True)
class Item:
    """A source to read: a location, or bytes under a name; ``format`` skips the guessing.

    With ``part`` only that stretch of the location is read.
    """

    name: str
    data: bytes | None = None
    format: str = ""
    hints: Hints = field(default_factory=dict)
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Items that one worker reads in order; with ``take`` it ends after so many units."""

    items: tuple[Item, ...]
    hints: Hints = field(default_factory=dict)
    columns: Columns = field(default_factory=lambda: DEFAULT_COLUMNS)
    take: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one unit: documents and links, or what was set aside, or known.

    ``place`` is the item of the job and the number of the unit in it; ``REST`` stands for
    all that could not be read of an item.
    """

    key: str
    source: str
    format: str = ""
    documents: tuple[Document, ...] = ()
    links: tuple[Link, ...] = ()
    aside: SetAside | None = None
    known: bool = False
    place: tuple[int, int] = (0, 0)


class Worker:
    """One worker process, started when it is needed and again after it was killed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = bytearray()

    def run(self, job: Job, known: Known, start: tuple[int, int] = (0, 0)) -> Iterator[Outcome]:
        """Yield the outcome of every unit of ``job`` in order, from the place ``start`` on."""
        items = list(job.items)
        place = Place(*start)
        while place.item < len(items):
            progress = Progress(place.item, place.unit, lost=place.lost)
            yield from self._try(job, items[place.item :], place, progress, known)
            if progress.lost is not None:
                lost = progress.lost
                yield Outcome(
                    lost.key, lost.rejected.source, aside=lost, place=(place.item, place.unit - 1)
                )
            if progress.done:
                return
            if progress.pending is not None:
                # It hangs on, or died of, one unit: that one is set aside.
                item, unit, key, name = progress.pending
                lost = SetAside(key, self._rejected(name, progress.late))
                place = Place(item, unit + 1, careful=place.careful, lost=lost)
            elif not place.careful:
                place = Place(progress.item, progress.unit, careful=True)
            else:
                name = items[progress.item].name
                if progress.unit:
                    name = f"{name} after record {progress.unit}"
                rejected = self._rejected(name, progress.late)
                key = Flaw(name, rejected.reason, rejected.message).key
                where = (progress.item, REST)
                yield Outcome(key, name, aside=SetAside(key, rejected), place=where)
                place = Place(progress.item + 1)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self._buffer.clear()
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    # -- one try -------------------------------------------------------------------------------

    def _try(
        self, job: Job, items: Sequence[Item], place: Place, progress: Progress, known: Known
    ) -> Iterator[Outcome]:
        try:
            self._start()
            self._send(_request(job, items, place))
            offers: deque[list[Any]] = deque()
            while True:
                message = self._receive()
                if "done" in message:
                    progress.done = True
                    return
                if "item" in message:
                    # Otherwise units of earlier items may not have been offered yet.
                    if place.careful:
                        progress.reach(place.item + message["item"], 0)
                elif "shown" in message:
                    if progress.lost is not None:
                        lost, progress.lost = progress.lost, None
                        yield Outcome(
                            lost.key,
                            lost.rejected.source,
                            aside=_with(lost, message),
                            place=(place.item, place.unit - 1),
                        )
                elif "offer" in message:
                    offered = message["offer"]
                    seen = known([offer[2] for offer in offered])
                    self._send({"want": [offer[2] not in seen for offer in offered]})
                    for offer in offered:
                        item, number, key, name = offer
                        absolute = place.item + item
                        if key in seen:
                            yield Outcome(key, name, known=True, place=(absolute, number))
                        else:
                            offers.append([absolute, number, key, name])
                        last = (absolute, number + 1)
                    progress.pending = tuple(offers[0]) if offers else None
                    if not offers:
                        progress.reach(*last)
                elif "unit" in message:
                    *where, key, name = offers.popleft()
                    progress.pending = tuple(offers[0]) if offers else None
                    if not offers:
                        progress.reach(*last)
                    yield replace(_outcome(key, name, message), place=tuple(where))
        except _Stopped as stopped:
            progress.late = stopped.late
            self.close()
        except BaseException:
            self.close()
            raise

    def _rejected(self, name: str, late: bool) -> Rejected:
        if late:
            return Rejected(name, "hang", f"reading it took more than {self._limits.seconds:g} s")
        return Rejected(name, "crash", "reading it killed the worker, mostly for memory")

    # -- the process ---------------------------------------------------------------------------

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
        environment["OPENBLAS_NUM_THREADS"] = environment["OMP_NUM_THREADS"] = "1"
        limits = json.dumps(self._limits.to_dict())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dragoman.ingest.worker", limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        try:
            self._receive(_START_SECONDS)
        except _Stopped:
            self.close()
            raise DragomanError("the worker that reads sources did not start") from None

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        body = json.dumps(message).encode()
        try:
            self._process.stdin.write(b"%d\n" % len(body) + body)
            self._process.stdin.flush()
        except OSError:
            raise _Stopped(late=False) from None

    def _receive(self, seconds: float | None = None) -> dict[str, Any]:
        deadline = time.monotonic() + (self._limits.seconds if seconds is None else seconds)
        while (end := self._buffer.find(b"\n")) < 0:
            self._fill(deadline)
        size = int(self._buffer[:end])
        total = end + 1 + size
        while len(self._buffer) < total:
            self._fill(deadline)
        body = bytes(self._buffer[end + 1 : total])
        del self._buffer[:total]
        message: dict[str, Any] = json.loads(body)
        return message

    def _fill(self, deadline: float) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise _Stopped(late=True)
        data = os.read(handle, 1 << 20)
        if not data:
            raise _Stopped(late=False)
        self._buffer += data


class Pool:
    """Several workers; outcomes come in the order of the jobs."""

    def __init__(self, limits: Limits | None = None, *, workers: int = 2) -> None:
        self.limits = limits or Limits()
        self._workers = [Worker(self.limits) for _ in range(max(1, workers))]

    def outcomes(self, jobs: Iterable[Job], known: Known) -> Iterator[Outcome]:
        """Yield the outcome of every unit. ``known`` is asked from several threads."""
        waiting = iter(jobs)
        running: deque[_Running] = deque()
        free = deque(self._workers)
        try:
            while True:
                while free and (job := next(waiting, None)) is not None:
                    running.append(_Running(free.popleft(), job, known))
                if not running:
                    return
                first = running[0]
                yield from first.outcomes()
                running.popleft()
                free.append(first.worker)
        finally:
            for task in running:
                task.stop()

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on in a job: item, unit in it; ``careful`` offers one unit at a time."""

    item: int = 0
    unit: int = 0
    careful: bool = False
    lost: SetAside | None = None


@dataclass(slots=True)
class Progress:
    """How far one try came; ``pending`` is the unit that is being parsed."""

    item: int
    unit: int
    pending: tuple[Any, ...] | None = None
    done: bool = False
    late: bool = False
    lost: SetAside | None = None

    def reach(self, item: int, unit: int) -> None:
        """Note that everything before ``unit`` of ``item`` is done."""
        if (item, unit) > (self.item, self.unit):
            self.item, self.unit = item, unit


class _Stopped(Exception):
    """The worker was killed, or is to be: ``late`` if it took too long."""

    def __init__(self, *, late: bool) -> None:
        super().__init__()
        self.late = late


class _Running:
    """A job in a thread, with a bounded queue of its outcomes."""

    def __init__(self, worker: Worker, job: Job, known: Known) -> None:
        self.worker = worker
        self._queue: queue.Queue[Outcome | BaseException | None] = queue.Queue(200)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(job, known), daemon=True)
        self._thread.start()

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcomes; an error of the thread is raised here."""
        while (found := self._queue.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
        self._thread.join()

    def stop(self) -> None:
        """End the job early."""
        self._stopped.set()
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        self._thread.join()

    def _work(self, job: Job, known: Known) -> None:
        try:
            for outcome in self.worker.run(job, known):
                self._put(outcome)
                if self._stopped.is_set():
                    self.worker.close()
                    return
        except BaseException as error:  # handed to the thread that waits for the outcomes
            self._put(error)
            return
        self._put(None)

    def _put(self, value: Outcome | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                self._queue.put(value, timeout=0.2)
                return
            except queue.Full:
                continue


def _request(job: Job, items: Sequence[Item], place: Place) -> dict[str, Any]:
    return {
        "items": [_item(item) for item in items],
        "hints": job.hints,
        "columns": job.columns,
        "skip": place.unit,
        "show": place.lost is not None,
        "careful": place.careful,
        "take": job.take,
    }


def _item(item: Item) -> dict[str, Any]:
    data: dict[str, Any] = {"name": item.name, "hints": item.hints}
    if item.data is not None:
        data["data"] = b64encode(item.data).decode("ascii")
    if item.format:
        data["format"] = item.format
    if item.part is not None:
        data["part"] = astuple(item.part)
    return data


def _with(lost: SetAside, message: dict[str, Any]) -> SetAside:
    shown = message["shown"]
    data = None if shown["data"] is None else b64decode(shown["data"])
    return replace(lost, format=shown["format"], data=data, hints=shown["hints"])


def _outcome(key: str, name: str, message: dict[str, Any]) -> Outcome:
    if "reason" in message:
        data = None if message["data"] is None else b64decode(message["data"])
        rejected = Rejected(name, message["reason"], message["message"])
        aside = SetAside(key, rejected, message["format"], data, message["hints"])
        return Outcome(key, name, message["format"], aside=aside)
    return Outcome(
        key,
        name,
        message["format"],
        tuple(document_from_dict(data) for data in message["documents"]),
        tuple(Link(link["url"], link["hints"]) for link in message["links"]),
    )
