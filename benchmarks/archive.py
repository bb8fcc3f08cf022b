"""Time and memory of the archive on a made-up corpus.

``reingest N`` ingests N reports twice with coding, in processes of their own, and prints
how long the second run took compared with the first, what it added, and the most memory
that each held, with all that it loads. ``memory N`` prints how much the process grows while
N reports, of which one in the middle is broken, are ingested and linked, above what it
holds with the model loaded.
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
from pathlib import Path

_COUNTRIES = ("France", "Germany", "Kenya", "Brazil", "Peru", "Chile", "India", "Japan", "Ghana")
_ACTS = ("met", "accused", "praised", "criticised", "hosted", "thanked", "warned", "visited")
_TOWNS = ("Nairobi", "Lima", "Paris", "Berlin", "Accra", "Tokyo", "Santiago", "Delhi")


def write_corpus(path: Path, count: int, poisoned: int | None = None) -> None:
    """Write ``count`` short reports as JSON lines; every tenth is a reprint, one is broken."""
    chance = random.Random(5)
    texts: list[str] = []
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            if number % 10 == 9:
                text = chance.choice(texts[-200:])
            else:
                one, other = chance.sample(_COUNTRIES, 2)
                day = chance.randint(1, 28)
                text = (
                    f"The foreign minister of {one} {chance.choice(_ACTS)} the president of "
                    f"{other} in {chance.choice(_TOWNS)} on {day} May 2024. Report {number} says "
                    f"that {chance.randint(2, 90)} officials attended, and that talks number "
                    f"{number * 7919 % 10007} will follow in {chance.choice(_TOWNS)}."
                )
            texts.append(text)
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


def memory(count: int, coded: int) -> None:
    """Print resident memory before and at most while ingesting, in MB."""
    import threading

    from dragoman import Coder
    from dragoman.archive import Ingest
    from dragoman.archive.linking import link
    from dragoman.ingest.pool import Item, Job, Pool
    from dragoman.store import Run, Store

    coder = Coder(rules_only=True) if coded else None
    if coder is not None:
        coder.code("France's president met the chancellor of Germany on 3 May 2024.")
    most = 0.0
    stop = threading.Event()

    def watch() -> None:
        nonlocal most
        while not stop.wait(0.2):
            most = max(most, resident())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder / "corpus.jsonl", count, poisoned=count // 2)
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
            link(store)
        stop.set()
        thread.join()
        print(f"with linking: at most {most - before:.0f} MB above {before:.0f} MB")


def resident() -> float:
    """Return the resident memory of this process in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["reingest", "memory"])
    parser.add_argument("count", type=int)
    parser.add_argument("--no-code", action="store_true", help="memory: do not code")
    options = parser.parse_args()
    if options.what == "reingest":
        reingest(options.count)
    else:
        memory(options.count, not options.no_code)
