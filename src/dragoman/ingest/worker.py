"""The worker process of ``dragoman.ingest.pool``: takes sources apart and parses them.

It speaks length-prefixed JSON over its standard input and output. A job is a list of
items. The worker enumerates units and offers their hashes in chunks; the parent says
which it wants; the worker parses these and tells each outcome before it begins the
next, so that the parent knows which unit it hangs on.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import IO, Any

from dragoman.ingest.html_worker import limit_memory

#: A chunk ends at this many units or bytes.
_CHUNK_UNITS, _CHUNK_BYTES = 256, 4_000_000


def main() -> None:
    """Serve until the input ends. Argument: the limits as JSON."""
    from dragoman.ingest.units import Limits

    limits = Limits(**json.loads(sys.argv[1]))
    # Whatever a library prints must not get between the messages.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from dragoman.ingest.apart import units_of  # noqa: F401  (loaded before the first clock)

    limit_memory(limits.memory_bytes)
    channel = Channel(sys.stdin.buffer, out)
    channel.send({"ready": True})
    while (job := channel.receive()) is not None:
        Job(channel, job, limits).run()
        channel.send({"done": True})


class Channel:
    """Messages as JSON, each after its length and a line end."""

    def __init__(self, inlet: IO[bytes], out: IO[bytes]) -> None:
        self._in = inlet
        self._out = out

    def send(self, message: dict[str, Any]) -> None:
        """Send one message."""
        body = json.dumps(message).encode()
        self._out.write(b"%d\n" % len(body))
        self._out.write(body)
        self._out.flush()

    def receive(self) -> Any:
        """Return the next message, ``None`` at the end."""
        head = self._in.readline()
        if not head.strip().isdigit():
            return None
        return json.loads(self._in.read(int(head)))


class Job:
    """One job: items, from unit ``skip`` of the first one on."""

    def __init__(self, channel: Channel, job: dict[str, Any], limits: Any) -> None:
        from dragoman.ingest.apart import units_of
        from dragoman.ingest.context import Context

        self._channel = channel
        self._limits = limits
        self._items: list[dict[str, Any]] = job["items"]
        self._skip: int = job["skip"]
        self._show: bool = job["show"]
        self._careful: bool = job["careful"]
        self._take: int | None = job["take"]
        self._context = Context(limits, units_of, job["hints"], job["columns"])
        self._seconds = int(limits.seconds) + 10
        self._heard = time.monotonic()

    def run(self) -> None:
        """Go through the items."""
        chunk: list[tuple[int, int, Any]] = []
        size = taken = 0
        for place, item in enumerate(self._items):
            signal.alarm(0)  # the parent may take its time to read
            self._channel.send({"item": place})
            signal.alarm(self._seconds)
            for number, unit in enumerate(self._enumerate(item)):
                if place == 0 and number < self._skip:
                    self._still_there()
                    if self._show and number == self._skip - 1:
                        self._channel.send({"shown": _raw(unit, self._limits)})
                    continue
                chunk.append((place, number, unit))
                taken += 1
                size += len(unit.data)
                if self._careful or len(chunk) >= _CHUNK_UNITS or size >= _CHUNK_BYTES:
                    self._offer(chunk)
                    chunk, size = [], 0
                signal.alarm(self._seconds)
                if taken == self._take:
                    break
            if taken == self._take:
                break
        if chunk:
            self._offer(chunk)
        signal.alarm(0)

    def _still_there(self) -> None:
        """Go on skipping units: each has its time, and the parent hears of it."""
        if time.monotonic() - self._heard > 1:
            signal.alarm(0)
            self._channel.send({"skipping": True})
            self._heard = time.monotonic()
        signal.alarm(self._seconds)

    def _enumerate(self, item: dict[str, Any]) -> Iterator[Any]:
        from dataclasses import replace

        from dragoman.errors import InputError
        from dragoman.ingest.apart import units_of_part
        from dragoman.ingest.streams import open_location
        from dragoman.ingest.units import Flaw, Part, Unit

        hints = {**self._context.hints, **item.get("hints", {})}
        context = replace(self._context, hints=hints, opened=[0])
        name = item["name"]
        try:
            if "part" in item:
                with open_location(name) as stream:
                    yield from units_of_part(stream, name, context, Part(*item["part"]))
            elif "data" not in item:
                with open_location(name) as stream:
                    yield from context.opener(stream, name, context)
            elif item.get("format"):
                yield Unit(name, item["format"], b64decode(item["data"]), context.hints)
            else:
                yield from context.opener(io.BytesIO(b64decode(item["data"])), name, context)
        except InputError as error:
            yield Flaw(error.source, error.reason, error.message)
        except MemoryError:
            yield Flaw(name, "too-large", "reading it took more memory than the limit")
        except Exception as error:  # the source is hostile: any error belongs to it
            yield Flaw(
                name, "broken", f"it broke its reader: {type(error).__name__}: {error}"[:300]
            )

    def _offer(self, chunk: list[tuple[int, int, Any]]) -> None:
        signal.alarm(0)  # the parent may take its time to answer
        offers = [[place, number, unit.key, unit.name] for place, number, unit in chunk]
        self._channel.send({"offer": offers})
        wanted = self._channel.receive()
        if wanted is None:
            raise SystemExit(0)
        for (place, number, unit), want in zip(chunk, wanted["want"], strict=True):
            if want:
                signal.alarm(self._seconds)
                answer = self._outcome(unit)
                signal.alarm(0)
                self._channel.send({"unit": [place, number], **answer})

    def _outcome(self, unit: Any) -> dict[str, Any]:
        from dragoman.errors import InputError
        from dragoman.ingest.apart import parse
        from dragoman.ingest.files import document_dict
        from dragoman.ingest.units import Flaw, Link

        if isinstance(unit, Flaw):
            return _rejected(unit, unit.reason, unit.message, self._limits)
        documents: list[dict[str, Any]] = []
        links: list[dict[str, Any]] = []
        try:
            for found in parse(unit, self._limits):
                if isinstance(found, Link):
                    links.append({"url": found.url, "hints": found.hints})
                else:
                    documents.append(document_dict(found))
        except InputError as error:
            return _rejected(unit, error.reason, error.message, self._limits)
        except MemoryError:
            message = "parsing it took more memory than the limit"
            return _rejected(unit, "too-large", message, self._limits)
        except Exception as error:  # the record is hostile: any error belongs to it
            message = f"it broke its parser: {type(error).__name__}: {error}"[:300]
            return _rejected(unit, "broken", message, self._limits)
        return {"format": unit.format, "documents": documents, "links": links}


def _rejected(unit: Any, reason: str, message: str, limits: Any) -> dict[str, Any]:
    return {"reason": reason, "message": message, **_raw(unit, limits)}


def _raw(unit: Any, limits: Any) -> dict[str, Any]:
    kept = hasattr(unit, "format") and len(unit.data) <= limits.kept_bytes
    return {
        "format": getattr(unit, "format", ""),
        "hints": getattr(unit, "hints", {}),
        "data": b64encode(unit.data).decode("ascii") if kept else None,
    }


if __name__ == "__main__":
    main()
