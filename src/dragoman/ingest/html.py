"""Take the report out of an HTML page, in a worker process that can be killed.

A crafted page can make a parser run for ever or fill the memory; in a process of its own
it costs one record and not the run. The worker is a plain child process that speaks over
pipes: unlike ``multiprocessing`` it needs no ``__main__`` guard in the caller's script and
may be started from daemonic processes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import weakref
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import IO, Any

from dragoman.errors import InputError

_HTML_SUFFIX = (".html", ".htm", ".xhtml")
_HTML_START = re.compile(
    r"(?:<!--|<\?xml|<!doctype\s+html|<(?:html|head|body|article|div|meta|title|main)\b)",
    re.IGNORECASE,
)
_HTML_TAG = re.compile(r"<(?:html|head|body|article|div|p|h1|main|section|span|br)\b", re.I)
_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says: its text, and what it says about itself."""

    text: str
    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    language: str | None = None
    url: str | None = None
    published: date | None = None


def looks_like_html(text: str, source: str = "") -> bool:
    """Tell whether text is an HTML page, by how it begins or by the suffix of its source."""
    head = text[:4096]
    if source.lower().endswith(_HTML_SUFFIX):
        return _HTML_TAG.search(text[:20_000]) is not None
    return (
        _HTML_START.match(head.lstrip("\ufeff \t\r\n\f\v")) is not None
        and _HTML_TAG.search(head) is not None
    )


class HtmlReader:
    """Reads pages one after another in one worker process.

    Make one, use it for many pages from any thread, and close it (or use ``with``).
    ``seconds`` is the time limit of one page; ``memory_bytes`` the address space of the
    worker (where the system enforces it: Linux does, macOS does not). After a page that
    was killed, and in a forked child, a fresh worker is started at the next page.
    """

    def __init__(self, *, seconds: float = 20.0, memory_bytes: int = 2_147_483_648) -> None:
        self._seconds = seconds
        self._memory = memory_bytes
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        reference = weakref.ref(self)

        def after_fork() -> None:
            reader = reference()
            if reader is not None:
                reader._forget()

        os.register_at_fork(after_in_child=after_fork)

    def read(self, page: str, source: str = "page") -> Page:
        """Take text and metadata out of a page.

        Raises ``InputError`` with reason ``html-without-text``, ``html-hang`` (the time
        limit was passed) or ``html-crash`` (the parser died, mostly of memory).
        """
        with self._lock:
            answer = self._ask(page, source)
        if answer.get("error"):
            raise InputError(source, "html-crash", f"the page broke the parser: {answer['error']}")
        text = answer.get("text") or ""
        if not any(character.isalnum() for character in text):
            raise InputError(source, "html-without-text", "the page holds no article text")
        day = answer.get("published")
        return Page(
            text=text,
            title=answer.get("title"),
            author=answer.get("author"),
            publisher=answer.get("publisher"),
            language=answer.get("language"),
            url=answer.get("url"),
            published=date.fromisoformat(day) if day else None,
        )

    def close(self) -> None:
        """End the worker. The reader may be used again; it then starts a new one."""
        with self._lock:
            self._stop()

    def __enter__(self) -> HtmlReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- the worker --------------------------------------------------------------------------

    def _ask(self, page: str, source: str) -> dict[str, Any]:
        request = json.dumps({"page": page, "today": date.today().isoformat()}).encode()
        for attempt in (1, 2):
            worker = self._running(source)
            assert worker.stdin is not None
            assert worker.stdout is not None
            late = threading.Event()
            timer = threading.Timer(self._seconds, _kill, (worker, late))
            timer.daemon = True
            timer.start()
            try:
                worker.stdin.write(b"%d\n" % len(request))
                worker.stdin.write(request)
                worker.stdin.flush()
                reply = _message(worker.stdout)
            except OSError:
                reply = None
            finally:
                timer.cancel()
            if reply is not None:
                answer: dict[str, Any] = json.loads(reply)
                return answer
            self._stop()
            if late.is_set():
                raise InputError(
                    source, "html-hang", f"reading the page took more than {self._seconds:g} s"
                )
            if attempt == 2:
                break
        raise InputError(source, "html-crash", "the parser of the page died")

    def _running(self, source: str) -> subprocess.Popen[bytes]:
        if self._worker is not None and self._worker.poll() is None:
            return self._worker
        self._stop()
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
        worker = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dragoman.ingest.html_worker",
                str(self._memory),
                str(int(self._seconds) + 10),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        assert worker.stdout is not None
        late = threading.Event()
        timer = threading.Timer(_START_SECONDS, _kill, (worker, late))
        timer.daemon = True
        timer.start()
        try:
            ready = _message(worker.stdout)
        finally:
            timer.cancel()
        if ready is None:
            worker.kill()
            worker.wait()
            raise InputError(source, "html-crash", "the page reader did not start")
        self._worker = worker
        weakref.finalize(self, _reap, worker, os.getpid())
        return worker

    def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            _reap(worker, self._owner)

    def _forget(self) -> None:
        """Let go of the parent's worker and lock in a forked child."""
        self._lock = threading.Lock()
        self._worker = None
        self._owner = os.getpid()


def _kill(worker: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    worker.kill()


def _reap(worker: subprocess.Popen[bytes], owner: int) -> None:
    if os.getpid() != owner:
        return
    worker.kill()
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # the dead worker left part of the page unread


def _message(stream: IO[bytes]) -> bytes | None:
    """Read one length-prefixed message; ``None`` at the end of the stream."""
    head = stream.readline()
    if not head.strip().isdigit():
        return None
    size = int(head)
    body = stream.read(size)
    return body if len(body) == size else None
