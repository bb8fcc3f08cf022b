"""One writer at a time: an advisory lock on a file that says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from dragoman.errors import LockError, StoreError


class WriterLock:
    """The lock of one store, held until ``release`` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises ``LockError`` that names the holder if it is taken."""
        try:
            file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"{self._path.parent} may not be written: {error.strerror}; "
                "a store can be read, but not added to, without the right to write"
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise LockError(f"{self._path.parent}: {self.holder()}; wait for it to end") from None
        started = datetime.now(UTC).isoformat(timespec="seconds")
        self._file = file
        try:
            file.truncate(0)
            json.dump({"pid": os.getpid(), "host": socket.gethostname(), "started": started}, file)
            file.flush()
        except OSError:
            return  # a full disk: the lock is held all the same, it only says less

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._file is not None:
            file, self._file = self._file, None
            with suppress(OSError):  # a full disk; the end of the process lets go as well
                file.truncate(0)
            with suppress(OSError):
                file.close()

    def is_held(self) -> bool:
        """Tell whether the lock file names a process that runs, without taking the lock."""
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            if data["host"] == socket.gethostname():
                os.kill(int(data["pid"]), 0)
        except PermissionError:
            return True  # it runs, under another user
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True

    def holder(self) -> str:
        """Return a phrase that names the process in the lock file."""
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            return f"process {data['pid']} on {data['host']} is writing since {data['started']} UTC"
        except (OSError, ValueError, KeyError):
            return "another process is writing"
