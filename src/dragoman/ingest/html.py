"""HTML pages to text and metadata, in a worker process that can be killed.

trafilatura was seen to run for minutes on crafted pages, so a page is parsed in a
separate process with limits on time and memory; a page that exceeds them is rejected
and the worker replaced.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import resource
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from dragoman.errors import InputError

_SIGNS = re.compile(r"<(?:!doctype html|html|head|body|article|div|p|meta)[\s>/]", re.IGNORECASE)
_JSON_LD = re.compile(
    r"<script[^>]{0,200}application/ld\+json[^>]{0,200}>(.{0,200000}?)</script>",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Page:
    """What an HTML page holds."""

    text: str
    title: str | None
    published: date | None
    publisher: str | None
    url: str | None


def looks_like_html(text: str, suffix: str = "") -> bool:
    """Tell HTML by the file's suffix or its first characters."""
    head = text[:2000].lstrip("\ufeff \t\r\n")
    return suffix.lower() in {".html", ".htm", ".xhtml"} or (
        head.startswith("<") and _SIGNS.search(head) is not None
    )


def extract(html: str, today: date) -> Page | None:
    """Extract one page in this process; ``None`` if it holds no text.

    ``today`` bounds the date: pages carry dates of advertisements in the future.
    """
    import trafilatura
    from trafilatura.settings import use_config

    config = use_config()
    config.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")
    limit = (today + timedelta(days=1)).isoformat()
    document = trafilatura.bare_extraction(
        html,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        favor_recall=True,
        date_extraction_params={"max_date": limit, "extensive_search": True, "original_date": True},
        config=config,
    )
    if document is None:
        return None
    values: dict[str, Any] = document if isinstance(document, dict) else document.as_dict()
    text = (values.get("text") or "").strip()
    if not text:
        return None
    published = _json_ld_date(html) or _iso(values.get("date"))
    if published is not None and published > today + timedelta(days=1):
        published = None
    return Page(
        text=text,
        title=values.get("title") or None,
        published=published,
        publisher=values.get("sitename") or values.get("hostname") or None,
        url=values.get("url") or None,
    )


def _iso(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _json_ld_date(html: str) -> date | None:
    for match in _JSON_LD.finditer(html):
        try:
            data = json.loads(match.group(1))
        except (ValueError, RecursionError):
            continue  # broken metadata says nothing; the page's text is read all the same
        items = data if isinstance(data, list) else [data]
        for item in items:
            if isinstance(item, dict) and item.get("datePublished"):
                found = _iso(item["datePublished"])
                if found is not None:
                    return found
    return None


def _work(connection: Connection, memory: int) -> None:
    """Serve pages until the pipe closes. Runs in the worker."""
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    while True:
        try:
            html, today = connection.recv()
        except EOFError:
            return
        try:
            result: Page | str | None = extract(html, today)
        except (MemoryError, RecursionError, ValueError, TypeError, AttributeError) as error:
            result = f"{type(error).__name__}: {error}"
        connection.send(result)


class HtmlReader:
    """A worker process that parses pages. Made once, used from one thread, closed at the end.

    ``seconds`` and ``memory`` (bytes; enforced on Linux) are the limits for one page.
    """

    def __init__(self, seconds: float = 20.0, memory: int = 4 * 2**30) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> HtmlReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, html: str, source: str, today: date) -> Page:
        """Return the page. Raises ``InputError`` (``html-without-text``, ``html-hang``)."""
        connection = self._start()
        try:
            connection.send((html, today))
            answered = connection.poll(self._seconds)
            result = connection.recv() if answered else None
        except (EOFError, OSError) as error:
            self._kill()
            raise InputError(
                source, "html-failed", "the page could not be parsed within the memory limit"
            ) from error
        if not answered:
            self._kill()
            raise InputError(
                source, "html-hang", f"parsing the page took more than {self._seconds:g} seconds"
            )
        if isinstance(result, str):
            raise InputError(source, "html-failed", f"the page could not be parsed: {result}")
        if not isinstance(result, Page):
            raise InputError(source, "html-without-text", "the page holds no article text")
        return result

    def close(self) -> None:
        """End the worker."""
        if self._connection is not None:
            self._connection.close()
        self._kill()

    def _start(self) -> Connection:
        if self._connection is None or self._process is None or not self._process.is_alive():
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, self._memory), daemon=True)
            process.start()
            theirs.close()
            self._process, self._connection = process, ours
        return self._connection

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        self._process = self._connection = None
