"""Make training/plain/NAME.txt of plain reports: every question that the coder would ask of them.

    python tools/mark_plain.py REPORTS.txt training/plain/NAME.txt

The reports are sentences, one a line, with an empty line between reports and the author's
rationale in lines that begin with ``#``. Each line of the result is a sentence with an actor,
an act and, mostly, a recipient marked as the rules find them; what the act is, only the
teachers tell.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import cast

from dragoman import Coder
from dragoman.codebook.ontology import load_ontology
from dragoman.coding.acts import ActNamer
from dragoman.ingest import document_from_text
from dragoman.schema import EventType
from dragoman.typemodel import Query, TypeModel, Verdict
from dragoman.typemodel.examples import NONE


class _Recorder:
    """Stands in the place of the type model, notes what it is asked and says that it is unsure."""

    name = "recorder"

    def __init__(self) -> None:
        self.asked: list[Query] = []

    def judge(self, queries: Sequence[Query]) -> list[Verdict]:
        self.asked += queries
        even = dict.fromkeys([*EventType.__members__, NONE], 1 / 17)
        return [Verdict(even, even, {"actual": 1.0}, {}) for _ in queries]


def marked(query: Query) -> str | None:
    """Write a question as a marked sentence; None if its marks overlap or none is an actor."""
    spans = [(query.actor, "s"), (query.recipient, "t"), (query.act, "a")]
    found = sorted((span.start, span.end, tag) for span, tag in spans if span is not None)
    if query.actor is None or any(a[1] > b[0] for a, b in pairwise(found)):
        return None
    out, end = [], 0
    for start, stop, tag in found:
        out += [query.text[end:start], f"<{tag}>", query.text[start:stop], f"</{tag}>"]
        end = stop
    return " ".join("".join([*out, query.text[end:]]).split())


def questions(reports: Iterable[str]) -> Iterator[str]:
    """Yield every question about the reports once, as a marked sentence."""
    coder, recorder = Coder(rules_only=True), _Recorder()
    coder._namer = ActNamer(cast(TypeModel, recorder), load_ontology())
    seen: set[str] = set()
    for _ in coder.stream([document_from_text(text) for text in reports]):
        for query in recorder.asked:
            line = marked(query)
            if line is not None and line not in seen:
                seen.add(line)
                yield line
        recorder.asked.clear()


def main() -> None:
    """Read, mark and write."""
    source, out = map(Path, sys.argv[1:])
    lines = source.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    body = "\n".join("" if line.startswith("#") else line.strip() for line in lines)
    reports = [" ".join(text.split("\n")) for text in body.split("\n\n") if text.strip()]
    made = list(questions(reports))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join([*head, *made]) + "\n", encoding="utf-8")
    print(f"{out}: {len(made)} questions about {len(reports)} reports")


if __name__ == "__main__":
    main()
