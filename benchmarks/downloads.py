"""Time and memory of downloads from the pages: does memory stay flat as the store grows?

    python benchmarks/downloads.py [--events 1000000] [--db STORE] [ADDRESS ...]

Makes the store of ``benchmarks/pages.py`` (or takes one that it made), serves it in a process of
its own, and downloads each address, each from a server that was just started: first a tenth of
the events, then all. Prints seconds, size, what the server's memory grew by at most (resident,
from /proc, so on Linux only), and the processor time of the server.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from pages import make_store

_SERVE = """
import sys
from pathlib import Path
import uvicorn
from dragoman.serving import Settings, make_app
from dragoman.serving.library import Library
path = Path(sys.argv[1])
app = make_app(Library(path), Settings(path, watch=False))
config = uvicorn.Config(app, port=0, log_level="error", ws="none")
server = uvicorn.Server(config)
import asyncio
async def run():
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await task
asyncio.run(run())
"""
#: Day of publication of the first report of the last tenth of the generated store.
_TENTH = "2024-08-01"
ADDRESSES = (
    "/events.csv", "/events.csv?sort=score", "/events.jsonl", "/events.parquet",
    "/exports/csv.zip", "/exports/parquet.zip", "/exports/gdelt.zip",
)  # fmt: skip


@contextlib.contextmanager
def served(path: Path) -> Iterator[tuple[int, int]]:
    """Serve the store in a process; give its id and its port."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield process.pid, port
        finally:
            process.terminate()


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def spent(pid: int) -> float:
    """Return the processor time of a process in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measured(path: Path, address: str) -> tuple[float, float, float, float]:
    """Download an address; return seconds to the end, MB, MiB of growth, CPU seconds."""
    with served(path) as (pid, port):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/help").read()
        before, cpu = resident(pid), spent(pid)
        most, done = [before], threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                most.append(resident(pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        started, size = time.perf_counter(), 0
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{address}") as answer:
                while piece := answer.read(1 << 20):
                    size += len(piece)
        finally:
            done.set()
            watcher.join()
        took = time.perf_counter() - started
        return took, size / 1e6, max(most) - before, spent(pid) - cpu


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--db", type=Path, help="keep the store here, or use the one that is")
    parser.add_argument("addresses", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        path = options.db or Path(folder) / "generated.duckdb"
        if not path.exists():
            make_store(path, options.events)
        print(f"{'download':34} {'seconds':>8} {'CPU s':>7} {'MB':>7} {'MiB more':>9}")
        for address in options.addresses or ADDRESSES:
            sign = "&" if "?" in address else "?"
            for asked in (f"{address}{sign}after={_TENTH}", address):
                took, size, more, cpu = measured(path, asked)
                print(f"{asked:34} {took:8.1f} {cpu:7.1f} {size:7.1f} {more:9.0f}", flush=True)


if __name__ == "__main__":
    main()
