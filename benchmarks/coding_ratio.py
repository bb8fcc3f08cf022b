"""Print the time of coding as a ratio of bare spaCy on the same text: by rules, and with the
type model, whose own share is printed, too.

Usage: python benchmarks/coding_ratio.py [--repeat 20] [--rounds 5]

Both sides use the same pipeline with the same components on the packaged sample
reports. Rounds alternate, so that a busy machine slows both; the median ratio and
its range are printed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from importlib.resources import files
from typing import Any

from dragoman import Coder
from dragoman.ingest import document_from_text
from dragoman.schema import Document


def documents(repeat: int) -> list[Document]:
    """Return the sample reports, ``repeat`` times, each copy with its own text."""
    out: list[Document] = []
    for half in ("dev", "heldout"):
        folder = files("dragoman") / "samples" / half
        for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if item.name.endswith(".txt"):
                text = item.read_text(encoding="utf-8")
                out += [document_from_text(f"{text}\n\nCopy {n}.") for n in range(repeat)]
    return out


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rules, full = Coder(rules_only=True), Coder()
    shares = _timed(full)
    texts = documents(options.repeat)
    words = sum(len(document.text.split()) for document in texts)
    ratios: dict[str, list[float]] = {"rules only": [], "with type model": [], "type model": []}
    for coder in (rules, full):
        list(coder.stream(texts[:10]))
    for _ in range(options.rounds):
        start = time.perf_counter()
        for _doc in rules.nlp.pipe((document.text for document in texts), batch_size=32):
            pass
        bare = time.perf_counter() - start
        for name, coder in (("rules only", rules), ("with type model", full)):
            shares.clear()
            start = time.perf_counter()
            for _report in coder.stream(texts):
                pass
            ratios[name].append((time.perf_counter() - start) / bare)
        ratios["type model"].append(sum(shares) / bare)
        print("   ".join(f"{name} {values[-1]:.2f}" for name, values in ratios.items()))
    print(f"{len(texts)} reports, {words:,} words; time as a ratio of bare spaCy:")
    for name, values in ratios.items():
        print(f"{name}: {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")


def _timed(coder: Coder) -> list[float]:
    """Note the seconds of every call of the coder's type model in the list returned."""
    seconds: list[float] = []
    model = coder.type_model
    assert model is not None
    judge = model.judge

    def timed(*arguments: Any, **options: Any) -> Any:
        start = time.perf_counter()
        result = judge(*arguments, **options)
        seconds.append(time.perf_counter() - start)
        return result

    model.judge = timed  # type: ignore[method-assign]
    return seconds


if __name__ == "__main__":
    main()
