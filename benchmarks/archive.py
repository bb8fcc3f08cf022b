"""Time and memory of the archive on a made-up corpus.

``reingest N`` ingests N reports twice with coding, in processes of their own, and prints
how long the second run took compared with the first, what it added, and the most memory
that each held, with all that it loads. ``memory N`` prints how much the process grows while
N reports, of which one in the middle is broken, are ingested and linked, above what it
holds with the model loaded. With ``--coded K`` only K reports are coded, and every report
begins with the text of one of them and has its events, under ids of its own: the store is
as large as one of N coded reports, at a fraction of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

_COUNTRIES = ("France", "Germany", "Kenya", "Brazil", "Peru", "Chile", "India", "Japan", "Ghana")
_ACTS = ("met", "accused", "praised", "criticised", "hosted", "thanked", "warned", "visited")
_TOWNS = ("Nairobi", "Lima", "Paris", "Berlin", "Accra", "Tokyo", "Santiago", "Delhi")
_SOUNDS = tuple(a + b + c for a in "bdfgklmnprstv" for b in "aeiou" for c in "lmnrst")


def write_corpus(path: Path, count: int, poisoned: int | None = None, length: int = 0) -> None:
    """Write ``count`` reports as JSON lines; every tenth is a reprint, one is broken.

    Words without a meaning follow until a report has ``length`` characters.
    """
    chance = random.Random(5)
    texts: list[str] = []
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            if number % 10 == 9:
                text = chance.choice(texts)
            else:
                one, other = chance.sample(_COUNTRIES, 2)
                day = chance.randint(1, 28)
                text = (
                    f"The foreign minister of {one} {chance.choice(_ACTS)} the president of "
                    f"{other} in {chance.choice(_TOWNS)} on {day} May 2024. Report {number} says "
                    f"that {chance.randint(2, 90)} officials attended, and that talks number "
                    f"{number * 7919 % 10007} will follow in {chance.choice(_TOWNS)}."
                )
                while len(text) < length:
                    text += f" {chance.choice(_SOUNDS)}{chance.choice(_SOUNDS)}{number % 89}"
            texts = [*texts[-199:], text]
            if number == poisoned:
                file.write('{"text": "' + text[:40] + "\n")
                continue
            row = {"text": text, "url": f"https://s{number % 50}.example/{number}"}
            file.write(json.dumps({**row, "date": "2024-05-28"}) + "\n")


def reingest(count: int) -> None:
    """Ingest twice; print times and what was added."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder / "corpus.jsonl", count)
        call = [sys.executable, "-c", "from dragoman.cli import main; main()", "ingest"]
        call += [str(folder / "corpus.jsonl"), "--db", str(folder / "news.duckdb"), "--json"]
        times = []
        for name in ("first", "again"):
            start = time.perf_counter()
            with subprocess.Popen([*call, "--rules-only"], stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                told = process.stdout.read().decode().strip()
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                raise SystemExit(f"ingest ended with {process.returncode}")
            times.append(time.perf_counter() - start)
            print(f"{name}: {times[-1]:.1f} s, at most {used.ru_maxrss / 1000:.0f} MB, {told}")
        print(f"the second run took {times[1] / times[0]:.1%} of the first")


class Repeating:
    """Gives each report the text and the events of one of a few that were coded."""

    version = "repeating"

    def __init__(self, coder: Any, count: int) -> None:
        with tempfile.TemporaryDirectory() as name:
            corpus = Path(name) / "corpus.jsonl"
            write_corpus(corpus, count)
            with corpus.open(encoding="utf-8") as file:
                rows = [json.loads(line) for line in file]
        published = date.fromisoformat(rows[0]["date"])
        self._models = [coder.code(row["text"], published=published) for row in rows]
        self._told = 0

    def stream(self, documents: Sequence[Any]) -> Iterator[Any]:
        """Yield a report for each of ``documents``."""
        for document in documents:
            model = self._models[self._told % len(self._models)]
            self._told += 1
            whole = replace(document, text=f"{model.document.text}\n\n{document.text}")
            yield replace(
                model,
                document=whole,
                reading=replace(model.reading, document=whole),
                events=tuple(
                    replace(event, id=f"{event.id}{document.id[1:]}") for event in model.events
                ),
            )


def memory(count: int, coder: Any, length: int) -> None:
    """Print resident memory before and at most while ingesting and linking, in MB."""
    import threading

    from dragoman.archive import Ingest
    from dragoman.archive.linking import link
    from dragoman.ingest.pool import Item, Job, Pool
    from dragoman.store import Run, Store

    most = 0.0
    stop = threading.Event()

    def watch() -> None:
        nonlocal most
        while not stop.wait(0.05):
            most = max(most, resident())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder / "corpus.jsonl", count, count // 2, length)
        before = resident()
        thread = threading.Thread(target=watch)
        thread.start()
        with Pool() as pool, Store.open(folder / "news.duckdb") as store:
            run = Run.begin("benchmark", "benchmark")
            ingest = Ingest(store, pool, coder, run)
            start = time.perf_counter()
            done = ingest.run([Job((Item(str(folder / "corpus.jsonl")),))])
            seconds = time.perf_counter() - start
            rejected = ", ".join(
                f"{bad.source.rpartition('/')[2]} {bad.reason}" for bad in done.rejected
            )
            print(f"{done.added.added:,} added in {seconds:.0f} s; rejected: {rejected}")
            print(f"ingest of {count:,}: at most {most - before:.0f} MB above {before:.0f} MB")
            most = 0.0
            start = time.perf_counter()
            linked = link(store)
            seconds = time.perf_counter() - start
            print(f"linked {linked} in {seconds:.0f} s")
        stop.set()
        thread.join()
        print(f"with linking: at most {most - before:.0f} MB above {before:.0f} MB")


def loaded() -> Any:
    """Return a coder by rules that has loaded everything."""
    from dragoman import Coder

    coder = Coder(rules_only=True)
    coder.code("France's president met the chancellor of Germany on 3 May 2024.")
    return coder


def resident() -> float:
    """Return the resident memory of this process in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["reingest", "memory"])
    parser.add_argument("count", type=int)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--no-code", action="store_true", help="memory: do not code")
    how.add_argument("--coded", type=int, help="memory: code so many, and repeat them")
    parser.add_argument("--length", type=int, default=0, help="memory: characters of a report")
    options = parser.parse_args()
    if options.what == "reingest":
        reingest(options.count)
    else:
        coder = None if options.no_code else loaded()
        if options.coded:
            coder = Repeating(coder, options.coded)
        memory(options.count, coder, options.length)
