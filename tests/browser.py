"""Debian's Chromium for the tests of the pages, and a server for it to open."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import uvicorn

from dragoman.serving import Settings, make_app
from dragoman.serving.library import Library

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str:
    """Return the path of a Chromium; in CI as root, install Debian's. Else skip the test."""
    named = os.environ.get("DRAGOMAN_CHROMIUM")
    found = named or next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI") == "true" and _may_install():
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], **quiet
        )
        found = shutil.which("chromium")
    if found is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or set DRAGOMAN_CHROMIUM")
    return found


def _may_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


@contextmanager
def served(path: Path, **settings: object) -> Iterator[str]:
    """Serve the store at ``path`` on a free port; give the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    library = Library(path)
    app = make_app(library, Settings(path, **{"author": "Ana", "rules_only": True, **settings}))
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 20
    while True:
        try:
            urlopen(f"{address}/static/mark.svg", timeout=2).close()
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    yield address
    server.should_exit = True
    thread.join(timeout=20)
