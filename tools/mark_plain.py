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

from dragoman import Coder
from dragoman.ingest import document_from_text
from dragoman.schema import Document
from dragoman.typemodel import Query, Verdict


def asked(coder: Coder, documents: Sequence[Document]) -> Iterator[Sequence[Query]]:
    """Yield what a coder asks its type model about documents, call by call."""
    calls: list[Sequence[Query]] = []
    model = coder.type_model
    assert model is not None
    judge = model.judge

    def noted(queries: Sequence[Query]) -> list[Verdict]:
        calls.append(queries)
        return judge(queries)

    model.judge = noted  # type: ignore[method-assign]
    try:
        for _ in coder.stream(documents):
            yield from calls
            calls.clear()
    finally:
        model.judge = judge  # type: ignore[method-assign]


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
    documents = [document_from_text(text) for text in reports]
    seen: set[str] = set()
    for queries in asked(Coder(), documents):
        for line in map(marked, queries):
            if line is not None and line not in seen:
                seen.add(line)
                yield line


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
