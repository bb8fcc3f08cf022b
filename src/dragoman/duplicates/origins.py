"""Whose report is it? Wire copy is the wire's, and the sites of one publisher are one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dragoman.duplicates.rules import Rules

_SECOND_LEVEL = {"co", "com", "org", "net", "gov", "ac", "edu", "go", "or", "ne"}
_NOISE = re.compile(r"\b(?:the|news|agency|online|com|www|inc|ltd|staff)\b|[^\w ]")


def registrable_domain(url: str | None) -> str | None:
    """Return the part of a host that one owner holds, as ``bbc.co.uk`` of ``news.bbc.co.uk``.

    A rule of thumb: two labels, or three under a second-level domain of a country.
    """
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    if not host or host.replace(".", "").isdigit():
        return host or None
    labels = host.rstrip(".").split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if country else labels[-2:])


def origin_of(agency: str | None, publisher: str | None, url: str | None, rules: Rules) -> str:
    """Return the name of the origin of one report, in lower case; empty if unknown.

    An agency in the dateline is the origin, whoever prints it; else the publisher, by its
    site if that is known.
    """
    if agency:
        return _plain(agency)
    domain = registrable_domain(url)
    if domain is not None:
        return rules.publisher_of_domain.get(domain, domain)
    if publisher:
        return rules.publisher_of_domain.get(publisher.lower(), _plain(publisher))
    return ""


def _plain(name: str) -> str:
    return " ".join(_NOISE.sub(" ", name.lower()).split()) or name.lower()
