"""The driver: plans shards, hands them to the workers of an engine, and keeps the manifest.

A worker that dies costs its shard another try. If workers die on the same report again and
again, that report is set aside; if they die at something else, the shard is cut smaller
until the record is alone and set aside. Everything else goes on.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from dragoman.archive.sources import locations
from dragoman.errors import DragomanError
from dragoman.ingest.streams import is_url
from dragoman.scaling.engine import Died, Done, Engine, Failed, News, Ready, Waiting
from dragoman.scaling.manifest import Entry, Manifest
from dragoman.scaling.settings import Settings
from dragoman.scaling.shards import STRETCH, Group, Start, plan
from dragoman.scaling.work import Task

#: What the driver tells while it works.
Reports = News | Entry | Waiting
#: How many workers a report may kill before it is set aside.
ATTEMPTS = 3
#: Seconds without any progress after which a worker is taken to hang.
STALL = 900.0
#: So many workers may die one after the other before any of them is ready.
_STARTS = 5
_WAIT = 60.0
#: A shard on which so many workers died is cut down to one record at a time.
_MANY = 30


@dataclass(slots=True)
class Summary:
    """What a folder holds after a run, and what the run did.

    ``shards`` counts all, ``coded`` those coded by this run, ``deaths`` the workers that died
    meanwhile; ``rejected`` counts reasons. Reports that are in two shards count twice here,
    and once in a store. ``digest`` is ``Manifest.digest``.
    """

    shards: int = 0
    coded: int = 0
    reports: int = 0
    documents: int = 0
    events: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    deaths: int = 0
    digest: str = ""


@dataclass(slots=True)
class _Pending:
    """A shard that is to be coded, and what is known of the workers that died on it.

    ``cuts`` are the stretches in which workers died, the outer ones first: how many records
    of each are left, and how many are taken at a time in it.
    """

    group: Group
    start: Start
    take: int
    deaths: int = 0
    blind: int = 0
    careful: set[int] = field(default_factory=set)
    blame: Counter[int] = field(default_factory=Counter)
    lost: set[int] = field(default_factory=set)
    give_up: bool = False
    until: Start | None = None
    cuts: list[tuple[int, int]] = field(default_factory=list)

    def following(self, start: Start, records: int) -> _Pending:
        """Return the shard behind this one: as large as usual, or as the cuts tell."""
        cuts = [(left - self.take, take) for left, take in self.cuts if left > self.take]
        take = cuts[-1][1] if cuts else records
        return _Pending(self.group, start, take, until=self.until, cuts=cuts)


def code_sources(
    sources: Iterable[str],
    folder: Path,
    settings: Settings,
    engine: Engine,
    *,
    workers: int | None = None,
    attempts: int = ATTEMPTS,
    stretch: int = STRETCH,
    stall: float = STALL,
    tell: Callable[[Reports], None] = lambda news: None,
) -> Summary:
    """Code ``sources`` into ``folder`` with so many workers, or one for each core.

    What is done there is kept: a shard is done if the manifest has it with the same input
    and the same coder, and its file is sound. ``attempts`` workers may die on one record
    before it is set aside; one that makes no progress for ``stall`` seconds is killed.
    ``stretch`` is the size at which files are cut up, in bytes. ``tell`` hears the news of
    workers, and of every shard when it is committed.

    Raises ``LockError`` if another driver writes to the folder, ``DragomanError`` if the
    workers cannot start or cannot write; what was done until then is kept.
    """
    manifest = Manifest.write(folder)
    try:
        groups = plan(_outside(sources, folder), manifest.groups, stretch=stretch)
        settings = replace(settings, directory=settings.directory or os.getcwd())
        identity = settings.identity()
        kept, todo = _what_is_done(manifest, groups, identity, settings.records)
        manifest.begin(groups, kept)
        run = _Run(manifest, settings, engine, todo, attempts, stall, tell)
        if todo:
            try:
                engine.start(settings, folder, workers)
                run.work()
            finally:
                engine.close()
        manifest.finish()
        return _summary(manifest, run.coded, run.deaths)
    finally:
        manifest.close()


def planned(
    sources: Iterable[str], folder: Path, settings: Settings, *, stretch: int = STRETCH
) -> list[tuple[Group, bool]]:
    """Return the groups that a run would have, and whether each is done already.

    Nothing is written. A group is done if all its shards are in the manifest.
    """
    manifest = Manifest.read(folder) if (folder / "manifest.jsonl").exists() else Manifest(folder)
    groups = plan(_outside(sources, folder), manifest.groups, stretch=stretch)
    _, todo = _what_is_done(manifest, groups, settings.identity(), settings.records)
    open_ = {pending.group.place for pending in todo}
    return [(group, group.place not in open_) for group in groups]


def _outside(sources: Iterable[str], folder: Path) -> Iterator[str]:
    """Yield the locations of ``sources`` that are not of the folder itself."""
    own = os.path.abspath(folder) + os.sep
    for location in locations(sources):
        if is_url(location) or not os.path.abspath(location).startswith(own):
            yield location


def _what_is_done(
    manifest: Manifest, groups: Sequence[Group], identity: str, records: int
) -> tuple[list[Entry], list[_Pending]]:
    """Return the entries that hold, and the shards that are to be coded."""
    kept: list[Entry] = []
    todo: list[_Pending] = []
    for group in groups:
        fingerprint = group.fingerprint(identity)
        first = manifest.entries.get((group.place, (0, 0)))
        if first is not None and first.input != fingerprint and first.content is not None:
            # Touched, or copied here: its bytes decide, if it is coded in the same way.
            old = next((g for g in manifest.groups if g.place == group.place), None)
            same = old is not None and old.fingerprint(identity) == first.input
            if same and group.content() == first.content:
                was = first.input
                for key, entry in list(manifest.entries.items()):
                    if key[0] == group.place and entry.input == was:
                        manifest.entries[key] = replace(entry, input=fingerprint)
        start: Start = (0, 0)
        while True:
            found = manifest.entries.get((group.place, start))
            if found is None or found.input != fingerprint:
                todo.append(_Pending(group, start, records))
                break
            if manifest.problem(found) is None:
                kept.append(found)
            else:
                until = found.stop if found.more else None
                todo.append(_Pending(group, start, records, until=until))
            if not found.more:
                break
            start = found.stop
    return kept, todo


class _Run:
    """The shards that are waiting, and those that workers are at."""

    def __init__(
        self,
        manifest: Manifest,
        settings: Settings,
        engine: Engine,
        todo: list[_Pending],
        attempts: int,
        stall: float,
        tell: Callable[[Reports], None],
    ) -> None:
        self._manifest = manifest
        self._settings = settings
        self._engine = engine
        self._waiting = deque(todo)
        self._attempts = attempts
        self._stall = stall
        self._tell = tell
        self._idle: deque[int] = deque()
        self._running: dict[int, tuple[_Pending, Task]] = {}
        self._seen: dict[int, tuple[str, float]] = {}
        self._starts = 0
        self._ready = False
        self.coded = 0
        self.deaths = 0

    def work(self) -> None:
        """Work until nothing is left."""
        begun = told = time.monotonic()
        while self._waiting or self._running:
            while self._waiting and self._idle:
                self._give(self._idle.popleft(), self._waiting.popleft())
            for news in self._engine.wait(0.5):
                self._take(news)
            self._kill_stalled()
            if not self._ready and time.monotonic() - told > _WAIT:
                told = time.monotonic()
                self._tell(Waiting(told - begun))

    def _give(self, worker: int, pending: _Pending) -> None:
        task = Task(
            group=pending.group,
            start=pending.start,
            take=pending.take,
            token=uuid4().hex,
            careful=tuple(sorted(pending.careful)),
            lost=tuple(sorted(pending.lost)),
            attempts=self._attempts,
            give_up=pending.give_up,
            until=pending.until,
        )
        self._running[worker] = (pending, task)
        self._seen[worker] = ("", time.monotonic())
        self._engine.give(worker, task)

    def _take(self, news: News) -> None:
        self._tell(news)
        match news:
            case Ready(worker):
                self._starts, self._ready = 0, True
                self._idle.append(worker)
            case Done(worker, entry):
                pending, _ = self._running.pop(worker)
                entry = replace(entry, deaths=pending.deaths)
                self._manifest.add(entry)
                self._tell(entry)
                self.coded += 1
                self._idle.append(worker)
                if entry.more and entry.stop != pending.until:
                    # Next, so that a large file is not left for the end.
                    following = pending.following(entry.stop, self._settings.records)
                    self._waiting.appendleft(following)
            case Died(worker, how):
                self.deaths += 1
                if worker in self._idle:
                    self._idle.remove(worker)
                if worker in self._running:
                    self._died(*self._running.pop(worker))
                    return
                self._starts += 1
                if self._starts >= _STARTS:
                    raise DragomanError(f"the workers do not start: {how}")
            case Failed(_, message):
                raise DragomanError(f"a worker cannot go on: {message}; what is done is kept")

    def _died(self, pending: _Pending, task: Task) -> None:
        """Decide how to try again what a worker died on."""
        pending.deaths += 1
        note = self._note(task)
        self._waiting.appendleft(pending)
        if not note and pending.deaths < _MANY:
            return  # it had not begun: the shard is not to blame
        if note.get("stage") == "coding" and pending.deaths < _MANY:
            places = range(note["start"], note["stop"])
            pending.careful.update(places)
            pending.blame.update(places)
            if len(places) == 1 and pending.blame[places[0]] >= self._attempts:
                pending.lost.add(places[0])
            return
        pending.blind += 1
        if pending.blind < self._attempts:
            return
        pending.blind = 0
        pending.careful, pending.lost, pending.blame = set(), set(), Counter()
        if pending.take > 1:
            smaller = max(1, pending.take // 4)
            pending.cuts.append((pending.take, smaller))
            pending.take = smaller
        else:
            pending.give_up = True

    def _note(self, task: Task) -> dict[str, Any]:
        path = self._manifest.notes / task.token
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        path.unlink(missing_ok=True)
        return found

    def _kill_stalled(self) -> None:
        """Kill workers whose note has not changed for too long."""
        now = time.monotonic()
        for worker, (_, task) in self._running.items():
            said, since = self._seen[worker]
            if now - since < min(30.0, self._stall):
                continue
            try:
                says = (self._manifest.notes / task.token).read_text(encoding="utf-8")
            except OSError:
                says = ""
            if says != said:
                self._seen[worker] = (says, now)
            elif now - since > self._stall:
                self._seen[worker] = (says, now)
                self._engine.kill(worker)


def _summary(manifest: Manifest, coded: int, deaths: int) -> Summary:
    found = Summary(coded=coded, deaths=deaths, digest=manifest.digest())
    for entry in manifest.shards():
        found.shards += 1
        found.reports += entry.reports
        found.documents += entry.documents
        found.events += entry.events
        for reason, count in entry.rejected.items():
            found.rejected[reason] = found.rejected.get(reason, 0) + count
    return found
