"""The worker process of ``HtmlReader``: reads pages from its input, one at a time.

Text and metadata come from trafilatura, the date from the page's JSON-LD or else from
htmldate; no date after today is believed. What codebook/pages.toml knows to stand around
a report is left out.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
from datetime import date
from typing import IO, Any

_JSON_LD = re.compile(
    r"<script[^>]{0,200}application/ld\+json[^>]{0,200}>(.{1,200000}?)</script", re.I | re.S
)
_DEPTH = 12


def main() -> None:
    """Serve until the input ends. Arguments: memory in bytes, seconds for one page."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    # Whatever a library prints must not get between the messages.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import trafilatura  # noqa: F401  (loaded before the clock of the first page starts)

    limit_memory(memory)
    _send(out, b"{}")
    inlet = sys.stdin.buffer
    while True:
        head = inlet.readline()
        if not head.strip().isdigit():
            return
        request = json.loads(inlet.read(int(head)))
        # Ends the worker by itself if the parent died while a page hangs.
        signal.alarm(seconds)
        try:
            answer = extract(request["page"], date.fromisoformat(request["today"]))
        except MemoryError:
            answer = {"error": "out of memory"}
        except Exception as error:  # the page is hostile: any error belongs to the page
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        signal.alarm(0)
        _send(out, json.dumps(answer).encode())


def extract(page: str, today: date) -> dict[str, Any]:
    """Return text, title, author, publisher, language, url and published of a page."""
    import trafilatura

    from dragoman.ingest.around import around

    found = trafilatura.bare_extraction(
        page,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={
            "original_date": True,
            "extensive_search": True,
            "max_date": today.isoformat(),
        },
    )
    if found is None or isinstance(found, dict):
        return {"text": ""}
    published = json_ld_date(page, today) or _day(found.date, today)
    return {
        "text": around("page").without(found.text or ""),
        "title": found.title,
        "author": found.author,
        "publisher": found.sitename,
        "language": found.language or page_language(page),
        "url": found.url,
        "published": published.isoformat() if published else None,
    }


def page_language(page: str) -> str | None:
    """Return the language that the page's ``html`` element names, as two letters."""
    found = re.search(r"<html[^>]{0,500}?\blang\s*=\s*[\"']?([A-Za-z]{2})\b", page[:20_000], re.I)
    return found.group(1).lower() if found else None


def json_ld_date(page: str, today: date) -> date | None:
    """Return ``datePublished`` of the page's JSON-LD; that of an article counts first."""
    articles: list[date] = []
    others: list[date] = []
    for block in _JSON_LD.findall(page):
        try:
            data = json.loads(block)
        except ValueError:
            continue  # broken JSON-LD is common; htmldate still looks at the page
        _collect(data, today, articles, others, 0)
    return next(iter(articles or others), None)


def _collect(node: Any, today: date, articles: list[date], others: list[date], depth: int) -> None:
    if depth > _DEPTH:
        return
    if isinstance(node, list):
        for item in node:
            _collect(item, today, articles, others, depth + 1)
    elif isinstance(node, dict):
        day = _day(node.get("datePublished"), today)
        if day is not None:
            kind = str(node.get("@type", ""))
            (articles if "Article" in kind or "Report" in kind else others).append(day)
        for value in node.values():
            if isinstance(value, (dict, list)):
                _collect(value, today, articles, others, depth + 1)


def _day(value: Any, today: date) -> date | None:
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return day if day <= today else None


def limit_memory(memory: int) -> None:
    """Limit this process's address space, where the system allows it."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ValueError, OSError):
        return  # macOS knows the limit but refuses it; the time limit still holds


def _send(out: IO[bytes], message: bytes) -> None:
    out.write(b"%d\n" % len(message))
    out.write(message)
    out.flush()


if __name__ == "__main__":
    main()
