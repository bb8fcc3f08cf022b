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
import time
from collections.abc import Sequence

from samples import sample_texts

from dragoman import Coder
from dragoman.ingest import document_from_text
from dragoman.schema import Document
from dragoman.typemodel import Query, Verdict


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
    model, questions = full.type_model, _questions(full, texts)
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
        for asked in questions:
            model.judge(asked)
        ratios["type model"].append((time.perf_counter() - start) / bare)
        print("   ".join(f"{name} {values[-1]:.2f}" for name, values in ratios.items()))
    print(f"{len(texts)} reports, {words:,} words; time as a ratio of bare spaCy:")
    for name, values in ratios.items():
        print(f"{name}: {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")


def _questions(coder: Coder, texts: list[Document]) -> list[Sequence[Query]]:
    """Return what the coder asks its type model about ``texts``, call by call."""
    calls: list[Sequence[Query]] = []
    model = coder.type_model
    assert model is not None
    judge = model.judge

    def noted(queries: Sequence[Query]) -> list[Verdict]:
        calls.append(queries)
        return judge(queries)

    model.judge = noted  # type: ignore[method-assign]
    try:
        for _ in coder.stream(texts):
            pass
    finally:
        model.judge = judge  # type: ignore[method-assign]
    return calls


if __name__ == "__main__":
    main()
