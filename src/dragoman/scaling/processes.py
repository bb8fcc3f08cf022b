"""The engine of one machine: worker processes that speak JSON lines over their pipes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dragoman.errors import DragomanError
from dragoman.scaling.engine import Died, Done, Failed, News, Ready
from dragoman.scaling.manifest import entry_from
from dragoman.scaling.settings import ONE_THREAD, Settings
from dragoman.scaling.work import Task, open_coder

#: How long an idle worker may take to end.
_END_SECONDS = 5.0


class Processes:
    """Worker processes on this machine."""

    def __init__(self) -> None:
        self._arguments: list[str] = []
        self._workers: dict[int, _Child] = {}

    def start(self, settings: Settings, folder: Path, workers: int | None) -> None:
        """Start so many worker processes, or one for each core."""
        self._arguments = [settings.to_json(), str(folder.resolve())]
        for number in range(workers or cores()):
            self._workers[number] = _Child(self._arguments)

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker that is ready or done."""
        self._workers[worker].send(task.to_json())

    def wait(self, seconds: float) -> list[News]:
        """Return what has happened, at the latest after ``seconds``."""
        numbers = {child.outlet: number for number, child in self._workers.items()}
        ready, _, _ = select.select(list(numbers), [], [], seconds)
        news: list[News] = []
        for handle in ready:
            number = numbers[handle]
            child = self._workers[number]
            messages = child.receive()
            if messages is None:
                news.append(Died(number, child.end(_END_SECONDS)))
                self._workers[number] = _Child(self._arguments)
                continue
            news += [_news(number, message) for message in messages]
        return news

    def kill(self, worker: int) -> None:
        """Kill a worker."""
        self._workers[worker].kill()

    def close(self) -> None:
        """End all workers; those that are at work are killed."""
        for child in self._workers.values():
            child.let_go()
        for child in self._workers.values():
            child.end(_END_SECONDS)
        self._workers.clear()


def cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


class _Child:
    """One worker process as its parent sees it."""

    def __init__(self, arguments: list[str]) -> None:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dragoman.scaling.processes", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
        )
        assert self._process.stdout is not None
        self.outlet = self._process.stdout.fileno()
        self._buffer = b""

    def send(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has died: its outlet tells
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def receive(self) -> list[dict[str, Any]] | None:
        """Return the messages that have come, ``None`` at the end."""
        data = os.read(self.outlet, 1 << 16)
        if not data:
            return None
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def kill(self) -> None:
        self._process.kill()

    def let_go(self) -> None:
        """Tell it that no task will come."""
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def end(self, seconds: float = 0.0) -> str:
        """Wait so long for its end, then kill it, and say how it ended."""
        self.let_go()
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return f"signal {-status}" if status < 0 else f"exit {status}"


def _news(worker: int, message: dict[str, Any]) -> News:
    if "ready" in message:
        return Ready(worker, message["ready"])
    if "failed" in message:
        return Failed(worker, message["failed"])
    return Done(worker, entry_from(message["done"]))


# -- the worker process ----------------------------------------------------------------------


def main(arguments: list[str]) -> None:
    """Be a worker: read tasks from standard input until it ends."""
    # Whatever a library prints must not get between the messages.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()

    def send(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    coder = _or_fail(lambda: open_coder(arguments[0], arguments[1]), send)
    send({"ready": os.getpid()})
    for line in sys.stdin:
        task = Task.from_json(line)
        entry = _or_fail(lambda task=task: coder.code(task), send)  # type: ignore[misc]
        send({"done": asdict(entry)})
    coder.close()


def _or_fail(work: Callable[[], Any], send: Callable[[dict[str, Any]], None]) -> Any:
    try:
        return work()
    except (DragomanError, OSError, ImportError) as error:
        send({"failed": f"{error}"})
        raise SystemExit(1) from error


def _end_with_parent(parent: int) -> None:
    """End this process when its driver has died, so that nothing is coded for nobody."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
