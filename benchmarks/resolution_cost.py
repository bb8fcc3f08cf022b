"""What finding places and times costs: milliseconds a report, and the gazetteer's memory.

Reads the packaged sample reports, parses them once, and times resolution alone, the best
of five rounds for each report:

    python benchmarks/resolution_cost.py
"""

from __future__ import annotations

import resource
import statistics
import time
from datetime import date

from samples import sample_texts

from dragoman.reading.parse import Parser
from dragoman.resolving.places import Gazetteer, PlaceResolver
from dragoman.resolving.times import TimeResolver

ROUNDS = 5


def _peak() -> float:
    """Peak resident memory of this process so far, in MB (Linux counts it in kB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the figures."""
    nlp = Parser().nlp
    texts = sample_texts()
    docs = list(nlp.pipe(texts))
    Gazetteer.open()  # builds the file if it is the first use
    before = _peak()
    start = time.perf_counter()
    gazetteer = Gazetteer.open()
    gazetteer.lookup("Tripoli")
    opened = time.perf_counter() - start
    places, times = PlaceResolver(gazetteer), TimeResolver()
    costs: dict[str, list[float]] = {"places": [], "times": []}
    for doc in docs:
        place, when = [], []
        for _ in range(ROUNDS):
            start = time.process_time()
            places.open(doc)
            middle = time.process_time()
            times.find(doc, date(2024, 5, 3))
            place.append(1000 * (middle - start))
            when.append(1000 * (time.process_time() - middle))
        costs["places"].append(min(place))
        costs["times"].append(min(when))
    print(f"gazetteer: {gazetteer.count():,} places, opened and asked in {1000 * opened:.1f} ms")
    print(f"memory added by gazetteer and resolvers: {_peak() - before:.1f} MB")
    words = statistics.mean(len(doc) for doc in docs)
    print(f"{len(docs)} reports of {words:.0f} tokens on average")
    for name, values in costs.items():
        high = statistics.quantiles(values, n=20)[-1]
        print(f"{name}: {statistics.mean(values):.2f} ms of CPU a report, 95% below {high:.2f} ms")


if __name__ == "__main__":
    main()
