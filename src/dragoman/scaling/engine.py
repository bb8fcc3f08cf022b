"""What the driver asks of an engine: workers that take tasks, and the news of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dragoman.scaling.manifest import Entry
from dragoman.scaling.settings import Settings
from dragoman.scaling.work import Task


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has loaded its coder and takes a task. ``process`` is its id on its machine."""

    worker: int
    process: int


@dataclass(frozen=True, slots=True)
class Done:
    """A worker has written a shard, and takes another task."""

    worker: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Died:
    """A worker is gone, and what it was doing with it; another one starts in its place."""

    worker: int
    how: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A worker cannot do its work for a reason that another try would meet again."""

    worker: int
    message: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """No worker has become ready for so many seconds."""

    seconds: float


News = Ready | Done | Died | Failed


class Engine(Protocol):
    """Workers, numbered from 0. Each has at most one task."""

    def start(self, settings: Settings, folder: Path, workers: int | None) -> None:
        """Start so many workers, or one for each core; each is told as ``Ready`` when it is.

        They write into ``folder``.
        """
        ...

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker that is ready or done."""
        ...

    def wait(self, seconds: float) -> list[News]:
        """Return what has happened, at the latest after ``seconds``."""
        ...

    def kill(self, worker: int) -> None:
        """Kill a worker; it is told as ``Died``."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...
