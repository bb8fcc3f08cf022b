"""Follow the addresses that feeds, sitemaps and lists name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dragoman.errors import InputError
from dragoman.ingest.fetch import Response
from dragoman.ingest.pool import Item
from dragoman.ingest.units import Link
from dragoman.schema import Rejected

#: ``Fetcher.get`` or ``Polite.get``.
Get = Callable[[str, Mapping[str, str] | None], Response]


class Follower:
    """Turns a link into a page to read, or into the reason why not.

    At most ``limit`` pages are fetched. An address for which ``known`` is true is not
    fetched again.
    """

    def __init__(
        self,
        get: Get,
        *,
        known: Callable[[str], bool] = lambda url: False,
        limit: int = 50_000,
    ) -> None:
        self._get = get
        self._known = known
        self._left = limit

    def __call__(self, link: Link) -> Item | Rejected | None:
        """Return the page; ``None`` if it is known already."""
        if self._known(link.url):
            return None
        if self._left <= 0:
            return Rejected(link.url, "too-many-links", "not fetched: the limit was reached")
        self._left -= 1
        try:
            response = self._get(link.url, None)
        except InputError as error:
            return Rejected(link.url, error.reason, error.message)
        hints = {name: value for name, value in link.hints.items() if name != "url"}
        return Item(link.url, response.data, hints={**hints, "url": response.url})
