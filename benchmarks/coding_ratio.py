"""Print the time of coding as a ratio of bare spaCy on the same text: by rules, with the type
model, and what the type model alone takes for the questions of these reports.

Usage: python benchmarks/coding_ratio.py [--repeat 20] [--rounds 5]

Both sides use the same pipeline with the same components on the packaged sample
reports. Rounds alternate, so that a busy machine slows both; the median ratio and
its range are printed. Coding lets the type model judge in a thread of its own, so on two
free cores it costs less time than it takes alone, on one thread.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

from samples import sample_texts

from dragoman import Coder
from dragoman.ingest import document_from_text
from dragoman.schema import Document

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from mark_plain import asked


def documents(repeat: int) -> list[Document]:
    """Return the sample reports, ``repeat`` times, each copy with its own text."""
    return [
        document_from_text(f"{text}\n\nCopy {n}.") for text in sample_texts() for n in range(repeat)
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rules, full = Coder(rules_only=True), Coder()
    texts = documents(options.repeat)
    words = sum(len(document.text.split()) for document in texts)
    ratios: dict[str, list[float]] = {"rules only": [], "with type model": [], "type model": []}
    model, questions = full.type_model, list(asked(full, texts))
    assert model is not None
    list(rules.stream(texts[:10]))
    for _ in range(options.rounds):
        start = time.perf_counter()
        for _doc in rules.nlp.pipe((document.text for document in texts), batch_size=32):
            pass
        bare = time.perf_counter() - start
        for name, coder in (("rules only", rules), ("with type model", full)):
            start = time.perf_counter()
            for _report in coder.stream(texts):
                pass
            ratios[name].append((time.perf_counter() - start) / bare)
        start = time.perf_counter()
        for queries in questions:
            model.judge(queries)
        ratios["type model"].append((time.perf_counter() - start) / bare)
        print("   ".join(f"{name} {values[-1]:.2f}" for name, values in ratios.items()))
    print(f"{len(texts)} reports, {words:,} words; time as a ratio of bare spaCy:")
    for name, values in ratios.items():
        print(f"{name}: {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
