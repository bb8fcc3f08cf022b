"""Whose report is it? Wire copy is the wire's, and the sites of one publisher are one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dragoman.duplicates.rules import Rules

_SECOND_LEVEL = {"co", "com", "org", "net", "gov", "ac", "edu", "go", "or", "ne"}
_AUTHORS = re.compile(r"[,;/|&]|\band\b")
_STAFF = re.compile(
    r"\A\s*by\b|\b(?:staff|writers?|reporters?|correspondents?|in [A-Z][\w ]{1,40}\Z)", re.I
)
_NAME = r"([A-Za-z][\w'’. -]{1,40}?)"
_CREDIT = re.compile(
    rf"(?:\b(?:source|via|from|credit|distributed by|published by|provided by)\s?:?\s{{1,3}}{_NAME}"
    rf"|\(\s?{_NAME}\s?\)|(?:[.”\"]\s?|^)[—–/-]{{1,2}}\s?{_NAME})[.\s]?\Z",
    re.I,
)
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

    An agency in the dateline or credit is the origin, whoever prints it; else the
    publisher, by its site if that is known.
    """
    if agency:
        return _named(agency, rules)
    domain = registrable_domain(url)
    if domain is not None:
        known = rules.publisher_of_domain.get(domain)
        return domain if known is None else _named(known, rules)
    if publisher:
        return _named(rules.publisher_of_domain.get(publisher.lower(), publisher), rules)
    return ""


def credited_agency(author: str | None, text: str, rules: Rules) -> str | None:
    """Return the agency that a report is credited to by its author or its last line.

    Forms: an author that is an agency ('Reuters', 'AFP staff', 'Jane Doe, Associated
    Press'); a last line such as 'Source: Xinhua', '(AFP)', '... he said. - dpa' or
    'Distributed by EFE'. Abbreviations count in capitals only.
    """
    for part in _AUTHORS.split(author or ""):
        name = _STAFF.sub("", part).strip()
        if (found := _agency(name, rules)) is not None:
            return found
    last = next((line for line in reversed(text[-600:].split("\n")) if line.strip()), "")
    credit = _CREDIT.search(last.rstrip())
    if credit is None:
        return None
    return _agency(next(group for group in credit.groups() if group), rules)


def _agency(name: str, rules: Rules) -> str | None:
    """Return the full name of an agency, ``None`` if ``name`` is none."""
    full = rules.agencies.get(name.lower())
    if full is None or (len(name) <= 4 and name.lower() != "dpa" and not name.isupper()):
        return None
    return full


def _named(name: str, rules: Rules) -> str:
    """Return a name as it is compared; an agency's by its full name."""
    full = rules.agencies.get(" ".join(name.lower().split()), name)
    return " ".join(_NOISE.sub(" ", full.lower()).split()) or full.lower()
