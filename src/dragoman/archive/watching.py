"""Watch feeds: ask each when it is due, politely, and ingest what is new."""

from __future__ import annotations

import json
import os
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dragoman.archive.following import Follower
from dragoman.archive.ingesting import Ingest, Summary
from dragoman.archive.politeness import Polite
from dragoman.errors import ConfigError, InputError
from dragoman.ingest.pool import Item, Job
from dragoman.ingest.units import Hints
from dragoman.schema import Rejected
from dragoman.store import Store

_LONGEST = 86_400.0
_SHORTEST = 60.0


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, sitemap or page list to ask every ``interval`` seconds.

    With ``full_text`` the linked pages are read, too; else what the feed itself says.
    """

    url: str
    interval: float = 900.0
    full_text: bool = True
    publisher: str | None = None

    @property
    def hints(self) -> Hints:
        """What the user says about its reports."""
        return {"publisher": self.publisher} if self.publisher else {}


@dataclass(slots=True)
class _State:
    """What is remembered of a feed from one answer to the next. ``due`` is Unix time."""

    etag: str | None = None
    modified: str | None = None
    due: float = 0.0
    failures: int = 0


@dataclass(slots=True)
class Round:
    """What one round of a watch did."""

    asked: int = 0
    unchanged: int = 0
    failed: list[Rejected] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many reports are new."""
        return sum(summary.added.added for summary in self.summaries)


def read_feeds(path: Path, *, shortest: float = _SHORTEST) -> list[Feed]:
    """Read ``[[feed]]`` tables with url, interval (seconds), full_text and publisher.

    Raises ``ConfigError`` that names file and entry.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("feed")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(tables, list) or not tables:
        raise ConfigError(f"{path}: there is no [[feed]]")
    return [_feed(path, number, table, shortest) for number, table in enumerate(tables, start=1)]


def _feed(path: Path, number: int, table: dict[str, Any], shortest: float) -> Feed:
    where = f"{path}: feed {number}"
    known = {"url": str, "interval": (int, float), "full_text": bool, "publisher": str}
    for name, value in table.items():
        if name not in known:
            raise ConfigError(f"{where} has {name!r}; it may have {', '.join(known)}")
        if not isinstance(value, known[name]) or (name == "interval" and value is True):  # type: ignore[arg-type]
            raise ConfigError(f"{where}: {name} is wrong: {value!r}")
    if not str(table.get("url", "")).startswith(("http://", "https://")):
        raise ConfigError(f"{where}: url must be an http or https address")
    if float(table.get("interval", shortest)) < shortest:
        raise ConfigError(f"{where}: interval must be {shortest:g} seconds or more")
    return Feed(**table)


class Watch:
    """Asks feeds in rounds; ``opened`` gives the store for the time of one ingest.

    What is remembered lies in ``state``, a JSON file that can be deleted.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        polite: Polite,
        opened: Callable[[], AbstractContextManager[Store]],
        ingest: Callable[[Store, Follower | None], Ingest],
        state: Path,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._feeds = feeds
        self._polite = polite
        self._opened = opened
        self._ingest = ingest
        self._path = state
        self._clock = clock
        self._states = _read(state)

    def due_in(self) -> float:
        """Return the seconds until the next feed is due, 0 if one is."""
        now = self._clock()
        return max(0.0, min(self._state(feed).due for feed in self._feeds) - now)

    def round(self) -> Round:
        """Ask every feed that is due. Errors of a feed are told and cost only that feed."""
        done = Round()
        for feed in self._feeds:
            state = self._state(feed)
            if state.due > self._clock():
                continue
            done.asked += 1
            try:
                self._ask(feed, state, done)
                state.failures = 0
                state.due = self._clock() + feed.interval
            except InputError as error:
                state.failures += 1
                rest = min(feed.interval * 2.0**state.failures, max(_LONGEST, feed.interval))
                state.due = self._clock() + rest
                done.failed.append(Rejected(error.source, error.reason, error.message))
            self._write()
        return done

    def _ask(self, feed: Feed, state: _State, done: Round) -> None:
        headers = {}
        if state.etag:
            headers["If-None-Match"] = state.etag
        if state.modified:
            headers["If-Modified-Since"] = state.modified
        response = self._polite.get(feed.url, headers)
        if response.status == 304:
            done.unchanged += 1
            return
        with self._opened() as store:
            follower = Follower(self._polite.get, known=known_in(store)) if feed.full_text else None
            job = Job((Item(feed.url, response.data),), feed.hints)
            done.summaries.append(self._ingest(store, follower).run([job]))
        # Only now: after a crash the feed is asked in full again.
        state.etag = _header(response.headers.get("etag"))
        state.modified = _header(response.headers.get("last-modified"))

    def _state(self, feed: Feed) -> _State:
        return self._states.setdefault(feed.url, _State())

    def _write(self) -> None:
        data = {
            url: [state.etag, state.modified, state.due, state.failures]
            for url, state in self._states.items()
        }
        aside = self._path.with_name(self._path.name + ".part")
        aside.write_text(json.dumps(data, indent=1), encoding="utf-8")
        os.replace(aside, self._path)


def known_in(store: Store) -> Callable[[str], bool]:
    """Return whether a page was fetched into ``store`` before, whatever it held.

    What is asked for is the address that was fetched: a redirect may have led elsewhere.
    A page that could not be had is not known.
    """

    def known(url: str) -> bool:
        sql = (
            "SELECT 1 FROM store.sources WHERE source = $1 UNION ALL "
            "SELECT 1 FROM store.rejected WHERE source = $1 AND unit IS NOT NULL LIMIT 1"
        )
        return bool(store.query(sql, [url])[1])

    return known


def rounds(watch: Watch, sleep: Callable[[float], None], *, once: bool) -> Iterator[Round]:
    """Yield round after round, waiting between them; with ``once`` one round."""
    while True:
        yield watch.round()
        if once:
            return
        sleep(min(max(watch.due_in(), 1.0), 60.0))


def _read(path: Path) -> dict[str, _State]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {url: _State(*values) for url, values in data.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # without it every feed is asked in full once


def _header(value: str | None) -> str | None:
    if value is None or len(value) > 1000 or not value.isprintable():
        return None
    return value
