"""How a server was started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Addresses that only this machine can reach.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server.

    ``hosts`` are the names under which it may be asked (without port). ``token`` is what
    a reader must know, ``None`` for nothing. ``author`` signs corrections where the login
    gave no name. ``body_limit`` is in bytes. ``rules_only`` is for coding posted texts.
    """

    db: Path
    hosts: frozenset[str] = LOOPBACK
    token: str | None = None
    author: str = "analyst"
    read_only: bool = False
    body_limit: int = 1_000_000
    rules_only: bool = False
    watch: bool = True
