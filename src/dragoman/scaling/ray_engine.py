"""The engine of a cluster: Ray Core actors that are fed with shard descriptors.

No document goes through Ray: an actor reads its shard, writes its file into the folder,
which every node must see under the same path, and returns the manifest's entry. An actor
that dies is not restarted by Ray but replaced here, so that the driver counts its death.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dragoman.errors import ConfigError, DragomanError
from dragoman.scaling.engine import Died, Done, Failed, News, Ready
from dragoman.scaling.manifest import entry_from
from dragoman.scaling.processes import cores
from dragoman.scaling.settings import ONE_THREAD, Settings
from dragoman.scaling.work import Task, open_coder

#: Ray's smallest object store: only descriptors go through it.
_STORE_BYTES = 80 * 1024 * 1024


class RayActors:
    """Actors on a Ray cluster, one CPU each.

    ``address`` is ``local`` (a cluster for this run alone, on this machine), ``auto`` (the
    cluster that this machine belongs to) or a host and port. Raises ``ConfigError`` if Ray is
    not installed, or if the address is of another machine and Ray's token authentication is
    off: whoever reaches a Ray port without it can run any program there.
    """

    def __init__(self, address: str = "local") -> None:
        if address == "local" and "RAY_AUTH_MODE" not in os.environ:
            # Ray listens on every network of the machine: only with a token does it answer.
            os.environ["RAY_AUTH_MODE"] = "token"
            os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        try:
            import ray
        except ImportError as error:
            raise ConfigError(
                "the engine 'ray' needs Ray: pip install 'dragoman[ray]'; "
                "--engine processes does the same on one machine without it"
            ) from error
        if address not in {"local", "auto"} and not _is_here(address) and not _has_token():
            raise ConfigError(
                f"{address} is another machine and RAY_AUTH_MODE is not 'token': anybody who "
                "reaches a Ray cluster without a token can run programs on it; docs/scaling.md"
            )
        self._ray = ray
        self._address = address
        self._arguments = ("", "")
        self._actors: dict[int, Any] = {}
        self._waiting: dict[Any, int] = {}
        self._ours = False

    def start(self, settings: Settings, folder: Path, workers: int | None) -> None:
        """Start Ray, or connect to it, and start so many actors, or one for each CPU.

        Raises ``DragomanError`` if the cluster cannot be reached.
        """
        ray = self._ray
        self._arguments = (settings.to_json(), str(folder.resolve()))
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry
        if not ray.is_initialized():
            options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
            if self._address == "local":
                # Ray would let every other process of the machine go first.
                os.environ.setdefault("RAY_worker_niceness", "0")
                options |= {
                    "address": "local",
                    "num_cpus": workers or cores(),
                    "include_dashboard": False,
                    "object_store_memory": _STORE_BYTES,
                }
            else:
                options["address"] = self._address
            try:
                ray.init(**options)
            except (ConnectionError, RuntimeError, OSError, ValueError) as error:
                raise DragomanError(
                    f"no Ray cluster at {self._address!r} ({error}); start one with 'ray start "
                    "--head', or use --address local"
                ) from error
            self._ours = True
        for number in range(workers or int(ray.cluster_resources().get("CPU", 1))):
            self._make(number)

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker that is ready or done."""
        self._waiting[self._actors[worker].code.remote(task.to_json())] = worker

    def wait(self, seconds: float) -> list[News]:
        """Return what has happened, at the latest after ``seconds``."""
        ray = self._ray
        done, _ = ray.wait(list(self._waiting), num_returns=1, timeout=seconds)
        news: list[News] = []
        for reference in done:
            worker = self._waiting.pop(reference)
            try:
                found = ray.get(reference)
            except ray.exceptions.RayError as error:
                news.append(Died(worker, _how(error)))
                with suppress(ray.exceptions.RayError, ValueError):
                    ray.kill(self._actors[worker])
                self._make(worker)
                continue
            if "ready" in found:
                news.append(Ready(worker, found["ready"]))
            elif "failed" in found:
                news.append(Failed(worker, found["failed"]))
            else:
                news.append(Done(worker, entry_from(found["done"])))
        return news

    def kill(self, worker: int) -> None:
        """Kill a worker."""
        self._ray.kill(self._actors[worker])

    def close(self) -> None:
        """End all actors, and Ray if it was started here."""
        for actor in self._actors.values():
            with suppress(self._ray.exceptions.RayError, ValueError):
                self._ray.kill(actor)
        self._actors.clear()
        self._waiting.clear()
        if self._ours:
            self._ray.shutdown()

    def _make(self, worker: int) -> None:
        environment = dict(ONE_THREAD)
        if self._address == "local":
            environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
        actor = self._ray.remote(_Actor).options(
            num_cpus=1,
            max_restarts=0,
            max_task_retries=0,
            runtime_env={"env_vars": environment},
        )
        self._actors[worker] = actor.remote(*self._arguments)
        self._waiting[self._actors[worker].ready.remote()] = worker


class _Actor:
    """A worker inside a Ray actor."""

    def __init__(self, settings: str, folder: str) -> None:
        self._failed = ""
        try:
            self._coder = open_coder(settings, folder)
        except (DragomanError, OSError, ImportError) as error:
            self._failed = f"{error}"

    def ready(self) -> dict[str, Any]:
        """Return the process id, or why there is no coder."""
        return {"failed": self._failed} if self._failed else {"ready": os.getpid()}

    def code(self, task: str) -> dict[str, Any]:
        """Code a shard."""
        try:
            return {"done": asdict(self._coder.code(Task.from_json(task)))}
        except (DragomanError, OSError) as error:
            return {"failed": f"{error}"}


def _how(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines)}"[:200]


def _is_here(address: str) -> bool:
    host = address.rpartition("://")[2].rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _has_token() -> bool:
    return os.environ.get("RAY_AUTH_MODE", "").lower() == "token"
