"""What is to be forgotten: which records a request names, and what must not come back."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from dragoman.ingest.files import url_key
from dragoman.ingest.units import SetAside
from dragoman.store.records import Record
from dragoman.store.segments import Segments

#: What a selection names by its own words: reports, and events of other data sets.
_REPORTS = frozenset({"report", "document", "outside"})


@dataclass(frozen=True, slots=True)
class Selection:
    """Which reports to forget; a report that fits any of these is meant.

    ``documents`` are ids, ``urls`` addresses (with every version, also later ones, see
    ``url_key``),
    ``sources`` patterns of where reports were read (``*`` and ``?``), ``publishers`` names,
    ``words`` texts such as a person's name, looked for in everything that is kept of a
    report, in any case of letters and across line ends.
    """

    documents: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def names(self, record: Record) -> bool:
        """Tell whether ``record`` is of a report, or set aside, and meant."""
        data = json.loads(record.json)
        if self.words:
            kept = _plain("\n".join(_texts(data)))
            if any(_plain(word) in kept for word in self.words):
                return True
        if record.kind == "correction":
            return data["document"] in self.documents
        if record.kind == "rejected":
            return self._names_source(data["source"]) or self._names_bytes(data)
        document = data["document"] if record.kind == "report" else data
        publishers = {document.get("publisher"), data.get("reading", {}).get("publisher")}
        return (
            record.key in self.documents
            or self._names_address(document.get("url"))
            or self._names_source(document["source"])
            or not publishers.isdisjoint(self.publishers)
        )

    def _names_address(self, url: str | None) -> bool:
        if url is None:
            return False
        key = url_key(url)
        return url in self.urls or (key is not None and key in map(url_key, self.urls))

    def _names_source(self, source: str) -> bool:
        return any(fnmatchcase(source, pattern) for pattern in self.sources)

    def _names_bytes(self, data: dict[str, object]) -> bool:
        unit = data.get("unit")
        if not isinstance(unit, dict) or not unit.get("data"):
            return False
        aside = SetAside.from_unit(None, unit)  # type: ignore[arg-type]
        if self._names_address(aside.hints.get("url")):
            return True
        text = _plain((aside.data or b"").decode("utf-8", "replace"))
        return any(_plain(word) in text for word in (*self.words, *self.publishers, *self.urls))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one ``Store.forget`` removed: reports, records set aside, files written anew."""

    documents: int = 0
    rejected: int = 0
    segments: int = 0


@dataclass(slots=True)
class Gone:
    """The keys of what is to be removed, and of what must not come back."""

    documents: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    corrections: set[str] = field(default_factory=set)

    @property
    def keys(self) -> set[str]:
        """Every key to remove."""
        return self.documents | self.rejected | self.corrections

    @property
    def bars(self) -> set[str]:
        """Every hash that is kept so that nothing of it comes back."""
        return self.documents | self.rejected | self.sources | self.addresses

    def without(self, records: list[Record]) -> list[Record]:
        """Return ``records`` without what is to be removed."""
        kept = []
        for record in records:
            if record.kind in _REPORTS and record.key in self.documents:
                continue
            if record.kind == "rejected" and record.key in self.rejected:
                continue
            if record.kind == "source" and record.key in self.sources:
                continue
            if record.kind == "correction" and (
                record.key in self.corrections
                or json.loads(record.json)["document"] in self.documents
            ):
                continue
            kept.append(record)
        return kept


def address_bar(url: str | None) -> str | None:
    """Return the hash under which an address is forgotten; ``None`` if it is no report's."""
    key = url_key(url)
    if key is None:
        return None
    return "u" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


def find(select: Selection, segments: Segments) -> Gone:
    """Look through every segment for what ``select`` names. Raises ``DamagedError``."""
    gone = Gone()
    gone.addresses.update(bar for bar in map(address_bar, select.urls) if bar is not None)
    for segment in segments.manifest():
        for record in segments.read(segment)[1]:
            if record.kind in {"source", "settled", "forgotten"} or not select.names(record):
                continue
            if record.kind == "correction":
                gone.corrections.add(record.key)
            elif record.kind == "rejected":
                gone.rejected.add(record.key)
                if record.key.startswith("r") and len(record.key) > 17:
                    gone.sources.add(record.key[1:])
            else:
                gone.documents.add(record.key)
    if gone.documents or select.sources:
        for segment in segments.manifest():
            for record in segments.read(segment)[1]:
                if record.kind != "source":
                    continue
                data = json.loads(record.json)
                if not gone.documents.isdisjoint(data["documents"]):
                    gone.sources.add(record.key)
    return gone


def _texts(data: object) -> Iterator[str]:
    """Yield every string in JSON values, those of names included."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


def _plain(text: str) -> str:
    """Return ``text`` as it is compared: composed, without case, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
