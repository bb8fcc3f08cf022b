"""What large runs cost, and whether they come out the same whatever happens.

``cost N`` codes N reports (the packaged samples again and again, each with a line of its
own) with one worker, loads and links them, and prints CPU time, memory and bytes, also for
a million reports. ``--html`` gives them as pages of a WARC file; ``--rules-only`` does without
the type model; ``--short`` makes reports of two sentences.

``flat N N N`` prints the cost per report at several sizes.

``speedup N --pairs K`` codes N reports with one worker and with two, K times in turn, and
prints the ratios of the times, and the CPU time of the workers: on a machine with other work the
clock tells of that work, too.

``kills N --times K --engine ray`` kills workers at random K times while N short reports are coded,
with 1, 2 and 4 workers, and compares files and store with one machine's.

With ``--stub`` every report gets the same events at no cost: what remains is the cost of reading,
writing and keeping account.

CPU time is that of all processes, as the system counts it, so that other work on the
machine disturbs it less than it does the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from archive import write_corpus

from dragoman.scaling import Manifest, Settings, Summary, code_sources, load
from dragoman.scaling.engine import Died, Engine, Ready
from dragoman.scaling.manifest import Entry
from dragoman.scaling.processes import Processes

#: What workers and this program take from the tests.
sys.path.append(str(Path(__file__).parent.parent / "tests"))


def write_samples(path: Path, count: int, html: bool) -> int:
    """Write the packaged samples, ``count`` times altogether; return the characters."""
    folder = Path(str(files("dragoman"))) / "samples"
    texts = [p.read_text(encoding="utf-8") for p in sorted(folder.glob("*/*.txt"))]
    characters = 0
    if html:
        import sources

        pages = []
        for number in range(count):
            text = f"{texts[number % len(texts)]}\nThis is report {number} of the archive."
            characters += len(text)
            pages.append(sources.page(text, f"Report {number}"))
        path.write_bytes(sources.warc(*pages))
        return characters
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            text = f"{texts[number % len(texts)]}\nThis is report {number} of the archive."
            characters += len(text)
            row = {"text": text, "url": f"https://s{number % 50}.example/{number}"}
            file.write(json.dumps({**row, "date": "2024-05-28"}) + "\n")
    return characters


def cpu(who: int) -> float:
    """Return the CPU seconds of this process, or of its children that have ended."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def coded(
    source: Path, folder: Path, settings: Settings, workers: int
) -> tuple[Summary, float, float, float]:
    """Code ``source``; return what came, CPU seconds, and seconds in all and since ready."""
    ready: list[float] = []

    def tell(news: Any) -> None:
        if isinstance(news, Ready):
            ready.append(time.perf_counter())

    before, start = cpu(resource.RUSAGE_CHILDREN), time.perf_counter()
    summary = code_sources([str(source)], folder, settings, Processes(), workers=workers, tell=tell)
    end = time.perf_counter()
    used = cpu(resource.RUSAGE_CHILDREN) - before
    return summary, used, end - start, end - max(ready)


def cost(options: argparse.Namespace) -> None:
    """Print what reports cost."""
    from dragoman.archive.linking import link
    from dragoman.store import Store

    settings = settings_of(options)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = folder / "one.jsonl"
        write_samples(one, 1, html=False)
        _, start, _, _ = coded(one, folder / "one", settings, 1)
        source = folder / ("corpus.warc.gz" if options.html else "corpus.jsonl")
        count = options.counts[0]
        if options.short:
            write_corpus(source, count)
            characters = 300 * count
        else:
            characters = write_samples(source, count, options.html)
        summary, used, _, _ = coded(source, folder / "out", settings, 1)
        each = (used - start) / count
        manifest = Manifest.read(folder / "out")
        size = sum(entry.bytes for entry in manifest.shards())
        memory = max(entry.memory for entry in manifest.shards())
        print(f"{summary.reports:,} reports of {characters / count:,.0f} characters")
        print(f"start of a worker: {start:.1f} CPU seconds")
        print(f"coding: {each * 1000:.1f} CPU ms a report, {each * 1e6 / 3600:.1f} h a million")
        print(f"memory of a worker's coder: {memory / 1e6:.0f} MB")
        reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        print(f"memory of the largest process: {reader / 1e6:.0f} MB")
        print(f"output: {size / count:,.0f} bytes a report, {size / count / 1e3:.1f} GB a million")
        with Store.open(folder / "news.duckdb") as store:
            before = cpu(resource.RUSAGE_SELF)
            load(folder / "out", store, with_links=False)
            loading = (cpu(resource.RUSAGE_SELF) - before) / count
            before = cpu(resource.RUSAGE_SELF)
            print(link(store))
            linking = (cpu(resource.RUSAGE_SELF) - before) / count
            store.fill([("DELETE FROM store.sketches", None)])
            before = cpu(resource.RUSAGE_SELF)
            link(store)
            anew = (cpu(resource.RUSAGE_SELF) - before) / count
        for what, seconds in (("loading", loading), ("linking", linking), ("alone", anew)):
            print(
                f"{what}: {seconds * 1000:.2f} ms a report, {seconds * 1e6 / 3600:.2f} h a million"
            )
        kept = sum(p.stat().st_size for p in (folder / "news.duckdb.segments").iterdir())
        index = (folder / "news.duckdb").stat().st_size
        print(
            f"store: {kept / count:,.0f} bytes of segments, {index / count:,.0f} of index a report"
        )


def flat(options: argparse.Namespace) -> None:
    """Print the cost per report at several sizes."""
    settings = settings_of(options)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = folder / "one.jsonl"
        write_corpus(one, 1)
        _, start, _, _ = coded(one, folder / "one", settings, 1)
        for count in options.counts:
            source = folder / f"{count}.jsonl"
            write_corpus(source, count)
            _, used, _, _ = coded(source, folder / str(count), settings, 1)
            print(f"{count:,}: {(used - start) / count * 1000:.2f} CPU ms a report", flush=True)


def speedup(options: argparse.Namespace) -> None:
    """Print how much sooner two workers are done than one, loading left out."""
    settings = replace(settings_of(options), records=50)
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "corpus.jsonl"
        write_samples(source, options.counts[0], html=False)
        sources = []
        lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
        for number in range(8):
            sources.append(folder / f"{number}.jsonl")
            sources[-1].write_text("".join(lines[number::8]), encoding="utf-8")
        source.unlink()
        for pair in range(options.pairs):
            times: dict[int, float] = {}
            used: dict[int, float] = {}
            for workers in (1, 2) if pair % 2 else (2, 1):
                out = folder / f"{pair}-{workers}"
                times[workers] = timed(sources, out, settings, workers)
                used[workers] = sum(entry.seconds for entry in Manifest.read(out).shards())
            ratios.append(times[1] / times[2])
            print(
                f"1: {times[1]:.1f} s, 2: {times[2]:.1f} s, {ratios[-1]:.2f} times; "
                f"CPU {used[1]:.1f} and {used[2]:.1f} s",
                flush=True,
            )
    print(f"best {max(ratios):.2f}, median {sorted(ratios)[len(ratios) // 2]:.2f}")


def timed(sources: list[Path], out: Path, settings: Settings, workers: int) -> float:
    """Return the seconds from when all workers are ready to the last shard."""
    engine = _Together(workers)
    names = [str(source) for source in sources]
    ended: list[float] = []

    def tell(news: Any) -> None:
        if isinstance(news, Entry):
            ended.append(time.perf_counter())

    code_sources(names, out, settings, engine, workers=workers, stretch=1, tell=tell)
    return ended[-1] - engine.begun


class _Together(Processes):
    """Tells that workers are ready when all of them are."""

    def __init__(self, workers: int) -> None:
        super().__init__()
        self._all = workers
        self._held: list[Any] = []
        self.begun = 0.0

    def wait(self, seconds: float) -> list[Any]:
        """Return the news."""
        news = super().wait(seconds)
        if self.begun:
            return news
        self._held += news
        if sum(isinstance(one, Ready) for one in self._held) < self._all:
            return []
        self.begun = time.perf_counter()
        return self._held


def kills(options: argparse.Namespace) -> None:
    """Kill workers at random, and compare what comes with one machine's."""
    from dragoman import Coder
    from dragoman.archive import Ingest
    from dragoman.archive import sources as naming
    from dragoman.archive.comparing import canonical_digest
    from dragoman.archive.linking import link
    from dragoman.ingest.pool import Pool
    from dragoman.store import Run, Store

    settings = replace(settings_of(options), records=20)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "corpus.jsonl"
        write_corpus(source, options.counts[0], options.counts[0] // 2)
        with Store.open(folder / "one.duckdb") as store, Pool() as pool:
            coder = stub() if options.stub else Coder(rules_only=options.rules_only)
            jobs = naming.jobs([str(source)], {}, settings.columns)
            Ingest(store, pool, coder, Run.begin(coder.version)).run(jobs)
            link(store)
            wanted = canonical_digest(store)
        killed = 0
        for workers in (1, 2, 4):
            share = (options.times - killed) // {1: 3, 2: 2, 4: 1}[workers]
            killer = Killer(share, options.seed + workers)
            out = folder / f"out{workers}"
            engine = engine_of(options.engine)
            summary = code_sources(
                [str(source)], out, settings, engine, workers=workers, stretch=20_000, tell=killer
            )
            with Store.open(folder / f"{workers}.duckdb") as store:
                load(out, store)
                same = canonical_digest(store) == wanted
            print(
                f"{workers} workers: {summary.shards} shards, {summary.reports} reports, "
                f"{summary.deaths} workers died, output {summary.digest[:16]}, "
                f"store {'the same as' if same else 'DIFFERENT from'} one machine's",
                flush=True,
            )
            if not same:
                raise SystemExit(1)
            killed += killer.killed
    print(f"{killed} kills")


class Killer:
    """Kills a worker now and then, so many times altogether."""

    def __init__(self, times: int, seed: int) -> None:
        self._left = times
        self._random = random.Random(seed)
        self._processes: dict[int, int] = {}
        self.killed = 0

    def __call__(self, news: Any) -> None:
        """Take the news of workers; kill one after every other shard."""
        match news:
            case Ready(worker, process):
                self._processes[worker] = process
            case Died(worker, _):
                self._processes.pop(worker, None)
            case Entry() if self._left > 0 and self._processes and self._random.random() < 0.5:
                self._left -= 1
                self.killed += 1
                victim = self._random.choice(sorted(self._processes))
                os.kill(self._processes.pop(victim), signal.SIGKILL)


def engine_of(name: str) -> Engine:
    """Return an engine by its name."""
    if name == "processes":
        return Processes()
    from dragoman.scaling.ray_engine import RayActors

    return RayActors()


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the workers' settings."""
    factory = "scaling_coder:DeadlyCoder" if options.stub else None
    return Settings(rules_only=options.rules_only, factory=factory)


def stub() -> Any:
    """Return a coder that gives every report the same events."""
    from scaling_coder import DeadlyCoder

    return DeadlyCoder()


def main() -> None:
    """Measure what the arguments name."""
    whats: dict[str, Callable[[argparse.Namespace], None]] = {
        "cost": cost, "flat": flat, "speedup": speedup, "kills": kills
    }  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=whats)
    parser.add_argument("counts", nargs="+", type=int, help="how many reports")
    parser.add_argument("--rules-only", action="store_true")
    parser.add_argument("--html", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--stub", action="store_true")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("processes", "ray"), default="processes")
    options = parser.parse_args()
    whats[options.what](options)


if __name__ == "__main__":
    main()
