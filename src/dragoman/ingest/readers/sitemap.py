"""Sitemaps, with the news extension, and sitemap indexes: addresses to fetch."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.ingest.readers.xml import local, named, root_of, words
from dragoman.ingest.units import Limits, Link, Unit, clean, day, too_many_links


def parse(unit: Unit, limits: Limits) -> Iterator[Link]:
    """Yield every address; those of an index are sitemaps themselves.

    Raises ``InputError``: ``too-large`` beyond the number that the protocol allows.
    """
    count = 0
    for entry in root_of(unit.data, unit.name):
        if local(entry) not in {"url", "sitemap"}:
            continue
        told: dict[str, str | None] = {}
        address = None
        for element in entry.iter():
            match local(element):
                case "loc" if address is None:
                    address = words(element)
                case "title":
                    told["title"] = words(element)
                case "publication_date":
                    told["published"] = day(words(element))
        for publication in named(entry, "publication"):
            told["publisher"] = next((words(e) for e in named(publication, "name")), None)
        if address:
            count += 1
            if count > limits.links:
                raise too_many_links(unit.name, limits)
            yield Link(address, {**clean(told), **unit.hints})
