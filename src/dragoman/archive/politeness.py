"""Be polite to servers: robots.txt, a delay per host, longer and longer after errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from dragoman.errors import InputError
from dragoman.ingest.fetch import USER_AGENT, Fetcher, Response

_AGENT = "dragoman"
_DAY = 86_400.0
_LONGEST = 6 * 3600.0


@dataclass(slots=True)
class _Host:
    rules: Protego | None = None
    asked: float | None = None
    next_time: float = 0.0
    failures: int = 0


class Polite:
    """A fetcher that asks robots.txt and waits between two fetches from one host.

    ``delay`` is in seconds; a longer crawl delay of robots.txt counts instead, up to a
    minute. After an error of the server a host rests: the delay doubles with every
    further one, up to six hours.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        delay: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._fetcher = fetcher
        self._delay = delay
        self._clock = clock
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch ``url`` when its host may be asked again.

        Raises ``InputError``: ``robots`` if robots.txt forbids it, ``resting`` if the
        host failed lately, and what ``Fetcher.get`` raises.
        """
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise InputError(url, "address", f"this is no address: {error}") from error
        base = f"{parts.scheme}://{parts.netloc}"
        host = self._hosts.setdefault(base, _Host())
        if host.failures and self._clock() < host.next_time:
            left = host.next_time - self._clock()
            raise InputError(url, "resting", f"its host failed; not asked for {left:.0f} s more")
        rules = self._rules(base, host)
        if rules is not None and not rules.can_fetch(url, _AGENT):
            raise InputError(url, "robots", "robots.txt of its host forbids fetching it")
        self._wait(host)
        try:
            response = self._fetcher.get(url, headers)
        except InputError as error:
            self._failed(host, error)
            raise
        host.failures = 0
        host.next_time = self._clock() + self._pause(host)
        return response

    def _rules(self, base: str, host: _Host) -> Protego | None:
        now = self._clock()
        if host.asked is not None and now - host.asked < _DAY:
            return host.rules
        self._wait(host)
        try:
            answer = self._fetcher.get(base + "/robots.txt", {"User-Agent": USER_AGENT})
            host.rules = Protego.parse(answer.data[:500_000].decode("utf-8", "replace"))
        except InputError as error:
            if error.reason != "http-status" or "answered 5" in error.message:
                # No rules could be had: do not guess, ask again later (RFC 9309, 2.3.1.4).
                self._failed(host, error)
                raise
            host.rules = None
        host.asked = now
        host.next_time = self._clock() + self._pause(host)
        return host.rules

    def _pause(self, host: _Host) -> float:
        asked = host.rules.crawl_delay(_AGENT) if host.rules is not None else None
        return max(self._delay, min(float(asked or 0.0), 60.0))

    def _wait(self, host: _Host) -> None:
        left = host.next_time - self._clock()
        if left > 0:
            self._sleep(left)

    def _failed(self, host: _Host, error: InputError) -> None:
        """Rest after trouble of the server; a missing page is none."""
        ours = {"address", "port", "private-address", "too-large", "bomb", "redirects"}
        status = error.message.partition("answered ")[2][:3]
        if error.reason in ours or (
            error.reason == "http-status" and status[:1] == "4" and status != "429"
        ):
            host.next_time = self._clock() + self._pause(host)
            return
        host.failures += 1
        rest = min(self._pause(host) * 2.0**host.failures * 8, _LONGEST)
        wait = error.message.partition("asks to wait ")[2]
        if wait.isdigit():
            rest = min(max(rest, float(wait)), _LONGEST)
        host.next_time = self._clock() + rest
