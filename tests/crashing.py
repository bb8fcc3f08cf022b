"""Writers that are killed: a process that forks children which ingest and kill themselves.

Run as a script it does one series and prints a summary; the tests use a short one and
``benchmarks/faults.py`` long ones. Children are forked from a process that has loaded
everything once, since loading takes longer than the ingest itself.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from dragoman.archive.comparing import canonical_digest
from dragoman.archive.ingesting import Ingest
from dragoman.archive.linking import link
from dragoman.ingest.apart import parse, units_of
from dragoman.ingest.context import Context
from dragoman.ingest.pool import Item, Job, Known, Outcome
from dragoman.ingest.streams import open_location
from dragoman.ingest.units import Flaw, Limits, SetAside
from dragoman.schema import Document, Rejected, Report
from dragoman.store import Run, Store
from dragoman.store.segments import Segments
from reports import rich_report

#: Every step at which a writer can be stopped.
POINTS = (
    "batch-read",
    "batch-coded",
    "segment-written",
    "segment-renamed",
    "manifest-written",
    "manifest-renamed",
    "index-filled",
    "index-committed",
    "batch-committed",
    "index-rebuilt",
    "linked",
)
_RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")


class Here:
    """Takes sources apart in this process: the workers' own code without the workers."""

    def outcomes(self, jobs: Iterable[Job], known: Known) -> Iterator[Outcome]:
        limits = Limits()
        for job in jobs:
            context = Context(limits, units_of, job.hints, job.columns)
            for item in job.items:
                with open_location(item.name) as stream:
                    units = list(units_of(stream, item.name, context))
                seen = known([unit.key for unit in units])
                for unit in units:
                    yield self._outcome(unit, seen)

    @staticmethod
    def _outcome(unit, seen: set[str]) -> Outcome:
        if unit.key in seen:
            return Outcome(unit.key, unit.name, known=True)
        try:
            if isinstance(unit, Flaw):
                raise ValueError(unit.message)
            found = tuple(parse(unit, Limits()))
        except Exception as error:
            rejected = Rejected(unit.name, "bad", str(error))
            return Outcome(
                unit.key, unit.name, aside=SetAside(unit.key, rejected, "row", unit.data)
            )
        return Outcome(unit.key, unit.name, unit.format, found)


class StubCoder:
    """Gives every document the events of a constructed report, at no cost."""

    version = "stub"

    def stream(self, documents: Sequence[Document]) -> Iterator[Report]:
        model = rich_report(1)
        for document in documents:
            events = tuple(
                replace(event, id=f"{event.id}{document.id[1:]}") for event in model.events
            )
            text = model.document.text + document.text
            whole = replace(document, text=text)
            yield replace(
                model,
                document=whole,
                reading=replace(model.reading, document=whole),
                events=events,
            )


def corpus(path: Path, documents: int = 10) -> None:
    """Write JSON lines: reports, versions of one address, and broken lines."""
    with path.open("w") as file:
        for number in range(documents):
            if number % 9 == 7:
                file.write('{"text": "broken\n')
                continue
            row = {"text": f"Report {number} of talks.", "url": f"https://x.example/{number % 6}"}
            file.write(json.dumps(row) + "\n")


def work(store_path: Path, source: Path, hook, batch: int, linking: bool = False) -> None:
    """Ingest ``source``, and link; whatever is there already stays."""
    with Store.open(store_path, hook=hook) as store:
        ingest = Ingest(store, Here(), StubCoder(), _RUN, batch=batch, hook=hook)
        ingest.run([Job((Item(str(source)),))])
        if linking:
            link(store, hook=hook)


class Killer:
    """A hook that kills its process at the n-th step, or at the n-th of one name."""

    def __init__(self, step: str | None, count: int) -> None:
        self.step, self.left = step, count

    def __call__(self, step: str) -> None:
        if self.step is None or self.step == step:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def killed(arguments: tuple, hook, after: float | None = None) -> bool:
    """Run ``work`` in a forked child; return whether it was killed. Other ends raise."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work(*arguments[:2], hook, *arguments[2:])
            code = 0
        finally:
            os._exit(code)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"the writer ended with {status}")
    return False


def series(folder: Path, kills: int, seed: int) -> dict[str, object]:
    """Kill ``kills`` writers at named and random points, of which some during recovery.

    After every few kills the store is finished by a clean run and compared with one that
    was never disturbed; every kill adds to the count of its point.
    """
    chance = random.Random(seed)
    source = folder / "corpus.jsonl"
    corpus(source)
    work(folder / "whole.duckdb", source, lambda step: None, 5)
    with Store.open(folder / "whole.duckdb", read_only=True) as store:
        wanted = canonical_digest(store)
    counts: Counter[str] = Counter()
    stores = wrong = lost = 0
    while sum(counts.values()) < kills:
        stores += 1
        path = folder / f"{stores}.duckdb"
        batch = chance.choice([1, 3, 20])
        acknowledged: set[str] = set()
        for _ in range(chance.randint(6, 14)):
            mode = chance.random()
            if mode < 0.15:
                done = killed((path, source, batch), lambda s: None, chance.random() * 0.2)
                name = "any moment"
            elif mode < 0.3:
                done = killed((path, source, batch), Killer(None, chance.randint(1, 16)))
                name = "random step"
            else:
                name = min(chance.sample(POINTS, len(POINTS)), key=counts.__getitem__)
                if name == "index-rebuilt":
                    path.unlink(missing_ok=True)
                done = killed(
                    (path, source, batch, name == "linked"),
                    Killer(name, chance.randint(1, 2) if name != "linked" else 1),
                )
            counts[name] += done
            if not done and name in POINTS[:6]:
                break  # everything is in; there is nothing left to disturb
            if (folder / f"{stores}.duckdb.segments" / "manifest.json").exists():
                if chance.random() < 0.3:  # opening it is a recovery, too
                    recover(path, chance, counts)
                present = documents_in(path)
                lost += len(acknowledged - present)
                acknowledged = present
        work(path, source, lambda step: None, batch)
        with Store.open(path, read_only=True) as store:
            same = canonical_digest(store) == wanted
            same = same and (stores % 5 != 0 or store.verify().problems == ())
        wrong += not same
        for file in folder.glob(f"{stores}.duckdb*"):
            if file.is_file():
                file.unlink()
    return {
        "kills": sum(counts.values()),
        "stores": stores,
        "different": wrong,
        "lost": lost,
        "points": dict(sorted(counts.items())),
    }


def recover(path: Path, chance: random.Random, counts: Counter[str]) -> None:
    """Kill a writer that only opens the store, which brings the index up to date."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            killer = Killer(None, chance.randint(1, 3))
            if chance.random() < 0.5:
                path.unlink(missing_ok=True)
            Store.open(path, hook=killer).close()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        counts["recovery"] += 1


def documents_in(path: Path) -> set[str]:
    """Return the ids of the documents that the committed segments hold."""
    segments = Segments(path.with_name(path.name + ".segments"))
    return {
        record.key
        for segment in segments.manifest()
        for record in segments.read(segment)[1]
        if record.kind in {"report", "document"}
    }


if __name__ == "__main__":
    print(json.dumps(series(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
