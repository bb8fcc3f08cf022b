"""Print the time of coding by rules as a ratio of bare spaCy on the same text.

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
    coder = Coder()
    texts = documents(options.repeat)
    words = sum(len(document.text.split()) for document in texts)
    list(coder.stream(texts[:10]))
    ratios = []
    for _ in range(options.rounds):
        start = time.perf_counter()
        for _doc in coder.nlp.pipe((document.text for document in texts), batch_size=32):
            pass
        bare = time.perf_counter() - start
        start = time.perf_counter()
        for _report in coder.stream(texts):
            pass
        coded = time.perf_counter() - start
        ratios.append(coded / bare)
        print(
            f"spaCy {words / bare:,.0f} words/s   dragoman {words / coded:,.0f} words/s   "
            f"ratio {coded / bare:.2f}"
        )
    print(
        f"{len(texts)} reports, {words:,} words: dragoman / bare spaCy = "
        f"{statistics.median(ratios):.2f} (range {min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
