"""Speed and memory of the exports: is memory flat when the store is ten times as large?

    python benchmarks/exporting.py [--events 5000] [FORMAT ...]

Makes a small store of constructed reports, multiplies its index to ``--events`` and to ten
times as many, and writes every format in a process of its own. Prints records per second
of CPU time and the process's peak memory, and their ratio. DuckDB's share of it, for the
sort, grows to its own limit and then spills to disk.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

_WRITE = """
import resource, sys, time
from pathlib import Path
from dragoman.exporting import export, formats
from dragoman.store import Store
name, path, out = sys.argv[1:]
formats()
with Store.open(Path(path), read_only=True) as store:
    store.query("SELECT count(*) FROM events")
    begun = time.process_time()
    countries = ("BRA", "KEN", "ESP", "MLI") if name.startswith("panel") else ()
    done = export(store, name, Path(out), countries=countries)
    took = time.process_time() - begun
    print(done.records, took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_TABLES = {
    "documents": ("id",),
    "events": ("id", "document"),
    "actors": ("event_id", "document"),
    "mentions": ("event_id", "document"),
    "magnitudes": ("event_id", "document"),
}


def multiplied(folder: Path, events: int) -> Path:
    """Return a store whose index holds about ``events`` events."""
    from exchange import fill

    path = folder / "news.duckdb"
    folder.mkdir()
    with fill(path) as store:
        ((count,),) = store.query("SELECT count(*) FROM events")[1]
    times = max(1, events // count)
    index = duckdb.connect(str(path))
    for table, keys in _TABLES.items():
        changed = ", ".join(f"{key} || '-' || i AS {key}" for key in keys)
        index.execute(
            f"INSERT INTO store.{table} BY NAME SELECT * EXCLUDE (i) REPLACE ({changed}) "
            f"FROM (SELECT d.*, r.i FROM store.{table} d, range({times - 1}) r(i))"
        )
    index.close()
    return path


def measured(name: str, path: Path, out: Path) -> tuple[int, float, int]:
    """Return records, CPU seconds and peak memory in KiB of one export."""
    run = subprocess.run(
        [sys.executable, "-c", _WRITE, name, str(path), str(out)],
        check=True,
        capture_output=True,
        text=True,
    )
    records, took, memory = run.stdout.split()
    return int(records), float(took), int(memory)


def main() -> None:
    """Measure and print."""
    from dragoman.exporting import formats

    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("formats", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = multiplied(Path(folder) / "small", options.events)
        large = multiplied(Path(folder) / "large", options.events * 10)
        print(f"{'format':<15} {'records/CPU s':>13} {'MiB':>7} {'MiB at 10x':>11} {'ratio':>6}")
        for name in options.formats or formats():
            out = Path(folder) / "out"
            _, _, little = measured(name, small, out)
            records, took, much = measured(name, large, out)
            print(
                f"{name:<15} {records / took:>13,.0f} {little / 1024:>7.1f} {much / 1024:>11.1f} "
                f"{much / max(little, 1):>6.2f}"
            )


if __name__ == "__main__":
    main()
