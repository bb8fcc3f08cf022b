"""How fast the documented views answer, and how fast a store takes reports in.

    python benchmarks/queries.py --events 1000000
    python benchmarks/queries.py --events 10000000
    python benchmarks/queries.py --ingest 10000

The first two make a store of generated events (as benchmarks/pages.py does, straight into the
index) and ask it what an analyst asks, as ``dragoman query`` does: read-only. Each question is
asked with several values, none of them twice; the median and the longest are printed in
milliseconds, the first question of a process among them. The last one stores so many reports
that are coded beforehand, in batches of 500, and prints reports and events a second.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from pages import CODES, make_store

from dragoman import Coder
from dragoman.ingest import document_from_text
from dragoman.schema import Report
from dragoman.store import Run, Store

#: Name, SQL with one parameter, and the values that it is asked with.
QUESTIONS: tuple[tuple[str, str, list[object]], ...] = (
    (
        "days of one pair",
        "SELECT day, events, score FROM dyad_days WHERE actor = $1 AND recipient = 'AGO' "
        "ORDER BY day",
        list(CODES[2:9]),
    ),
    (
        "months of one actor by recipient",
        "SELECT date_trunc('month', day) AS month, recipient, sum(events), sum(score) "
        "FROM dyad_days WHERE actor = $1 GROUP BY ALL",
        list(CODES[2:9]),
    ),
    (
        "pairs of a year by conflict",
        "SELECT actor, recipient, sum(score) AS score FROM dyad_days WHERE year(day) = $1 "
        "GROUP BY ALL ORDER BY score LIMIT 20",
        list(range(2014, 2021)),
    ),
    (
        "types of a year",
        "SELECT type, status, count(*) FROM events WHERE year(start_date) = $1 GROUP BY ALL",
        list(range(2014, 2021)),
    ),
    (
        "one party's last 100 events",
        "SELECT id, start_date, type, evidence FROM events "
        "WHERE list_contains(actor_countries, $1) ORDER BY start_date DESC LIMIT 100",
        list(CODES[2:9]),
    ),
    ("one report's events", "SELECT * FROM events WHERE document = $1", []),
    (
        "agenda of one party",
        "SELECT * FROM agenda WHERE list_contains(actor_countries, $1) ORDER BY start_date",
        list(CODES[2:9]),
    ),
)


def ask(path: Path) -> None:
    """Print the milliseconds of every question."""
    opened = time.perf_counter()
    with Store.open(path, read_only=True) as store:
        print(f"opened in {1000 * (time.perf_counter() - opened):.0f} ms", flush=True)
        _, documents = store.query("SELECT id FROM documents LIMIT 7")
        for name, sql, given in QUESTIONS:
            took = []
            for value in given or [row[0] for row in documents]:
                begun = time.perf_counter()
                _, rows = store.query(sql, [value])
                took.append(1000 * (time.perf_counter() - begun))
            print(
                f"{name:<34} median {statistics.median(took):>6.0f} ms, longest {max(took):>6.0f}; "
                f"{len(rows)} rows in the last answer",
                flush=True,
            )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def ingest(path: Path, count: int) -> None:
    """Store ``count`` coded reports, and print the rate."""
    samples = files("dragoman") / "samples" / "dev"
    texts = [item.read_text("utf-8") for item in samples.iterdir() if item.name.endswith(".txt")]
    coded = Coder(rules_only=True).stream(document_from_text(text) for text in texts)
    reports = [report for report in coded if isinstance(report, Report)]
    stored = events = 0
    begun = time.perf_counter()
    with Store.open(path) as store:
        while stored < count:
            batch = []
            for number in range(stored, min(stored + 500, count)):
                made = reports[number % len(reports)]
                key = f"{number:016x}"
                own = (replace(e, id=f"e{key}{i}") for i, e in enumerate(made.events))
                document = replace(made.document, id=f"d{key}", source=f"{number}.txt")
                batch.append(replace(made, document=document, events=tuple(own)))
            events += sum(len(report.events) for report in batch)
            store.add(batch, Run("run", datetime.now(UTC).replace(microsecond=0), "test", "test"))
            stored += len(batch)
    took = time.perf_counter() - begun
    print(f"{stored} reports with {events} events stored in {took:.1f} s: ", end="")
    print(f"{stored / took:,.0f} reports and {events / took:,.0f} events a second")


def main() -> None:
    """Make the store and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--events", type=int, help="ask a store of so many generated events")
    what.add_argument("--ingest", type=int, help="store so many coded reports")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        path = Path(folder) / "generated.duckdb"
        if options.ingest:
            ingest(path, options.ingest)
            return
        begun = time.perf_counter()
        make_store(path, options.events)
        size = path.stat().st_size / 2**20
        took = time.perf_counter() - begun
        print(f"{options.events:,} events: made in {took:.0f} s, {size:,.0f} MiB", flush=True)
        ask(path)


if __name__ == "__main__":
    sys.exit(main())
