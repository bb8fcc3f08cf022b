"""What the words of political and other news lose of the one, and save of the other.

    python benchmarks/prefilter.py [FILE.tsv]

Prints how many reports of three political sentences it loses, and how many of other news with
one such sentence among its own: of the project's held-out sentences, and of those of a file
of marked sentences. Then how many packaged sample reports it keeps, how many texts of other
news it drops, with how many events coded in them before and after, and the time that
it takes for 1,000 characters beside that of coding.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from samples import sample_texts

from dragoman import Coder
from dragoman.evaluation.types import read_marked
from dragoman.ingest import document_from_text
from dragoman.reading.prefilter import load_prefilter
from dragoman.schema import Report
from dragoman.typemodel.examples import NONE, part, read_examples

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from prefilter_words import HELD, read_other  # noqa: E402


def main() -> None:
    """Measure and print."""
    words = load_prefilter()
    keeps = words.keeps
    own = {e.text for e in read_examples(ROOT / "training/examples") if e.type != NONE}
    shown = {"own sentences, held out": sorted((t for t in own if part(t) < HELD), key=part)}
    for name in sys.argv[1:]:
        shown[Path(name).name] = [sentence.text for sentence in read_marked(Path(name))]
    other = read_other(ROOT / "tests/data/other_news.txt", "none")
    dropped = [text for text in other if not keeps(text)]
    for title, texts in shown.items():
        threes = ["\n".join(texts[n : n + 3]) for n in range(0, len(texts) - 2, 3)]
        lost = sum(not keeps(text) for text in threes)
        alone = [f"{dropped[n % len(dropped)]}\n{text}" for n, text in enumerate(texts)]
        hidden = sum(not keeps(text) for text in alone)
        print(
            f"{title}: {lost} of {len(threes)} reports of three lost; "
            f"{hidden / len(alone):.1%} of lone sentences in other news"
        )
        for doubtful in (False, True):
            silent = sum(not words.holds(text, doubtful=doubtful) for text in texts)
            place = "other news" if doubtful else "a political report"
            print(f"  in {place} {silent} of {len(texts)} would not be coded")
    samples = sample_texts()
    print(f"sample reports: {sum(map(keeps, samples))} of {len(samples)} kept")
    print(f"other news, held out: {len(dropped)} of {len(other)} dropped")
    for prefilter in (False, True):
        coder = Coder(prefilter=prefilter)
        begun = time.perf_counter()
        reports = list(coder.stream(document_from_text(text) for text in other))
        took = time.perf_counter() - begun
        events = sum(len(report.events) for report in reports if isinstance(report, Report))
        print(
            f"coding other news {'with' if prefilter else 'without'} it: {events} events, "
            f"{1000 * took / sum(map(len, other)) * 1000:.1f} ms for 1,000 characters"
        )
    begun = time.perf_counter()
    for _ in range(10):
        for text in other:
            keeps(text)
    took = (time.perf_counter() - begun) / 10
    print(f"the prefilter alone: {1000 * took / sum(map(len, other)) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
