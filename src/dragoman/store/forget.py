"""What is to be forgotten: which records a request names, and what must not come back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from dragoman.ingest.units import SetAside
from dragoman.store.records import Record
from dragoman.store.segments import Segments


@dataclass(frozen=True, slots=True)
class Selection:
    """Which reports to forget; a report that fits any of these is meant.

    ``documents`` are ids, ``urls`` addresses, ``sources`` patterns of where reports were
    read (``*`` and ``?``), ``publishers`` names, ``words`` texts such as a person's name,
    looked for in everything that is kept of a report, in any case of letters.
    """

    documents: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def names(self, record: Record) -> bool:
        """Tell whether ``record`` is of a report, or set aside, and meant."""
        if any(_contains(record.json, word) for word in self.words):
            return True
        data = json.loads(record.json)
        if record.kind == "rejected":
            return self._names_source(data["source"]) or self._names_bytes(data)
        document = data["document"] if record.kind == "report" else data
        publishers = {document.get("publisher"), data.get("reading", {}).get("publisher")}
        return (
            record.key in self.documents
            or (document.get("url") is not None and document["url"] in self.urls)
            or self._names_source(document["source"])
            or not publishers.isdisjoint(self.publishers)
        )

    def _names_source(self, source: str) -> bool:
        return any(fnmatchcase(source, pattern) for pattern in self.sources)

    def _names_bytes(self, data: dict[str, object]) -> bool:
        unit = data.get("unit")
        if not isinstance(unit, dict) or not unit.get("data"):
            return False
        aside = SetAside.from_unit(None, unit)  # type: ignore[arg-type]
        text = (aside.data or b"").decode("utf-8", "replace")
        return any(_contains(text, word) for word in (*self.words, *self.publishers, *self.urls))


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

    @property
    def keys(self) -> set[str]:
        """Every key to remove."""
        return self.documents | self.rejected

    @property
    def bars(self) -> set[str]:
        """Every hash that is kept so that nothing of it comes back."""
        return self.documents | self.rejected | self.sources

    def without(self, records: list[Record]) -> list[Record]:
        """Return ``records`` without what is to be removed."""
        kept = []
        for record in records:
            if record.kind in {"report", "document"} and record.key in self.documents:
                continue
            if record.kind == "rejected" and record.key in self.rejected:
                continue
            if record.kind == "source" and record.key in self.sources:
                continue
            kept.append(record)
        return kept


def find(select: Selection, segments: Segments) -> Gone:
    """Look through every segment for what ``select`` names. Raises ``DamagedError``."""
    gone = Gone()
    for segment in segments.manifest():
        for record in segments.read(segment)[1]:
            if record.kind in {"source", "forgotten"} or not select.names(record):
                continue
            if record.kind == "rejected":
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


def _contains(text: str, word: str) -> bool:
    return word.casefold() in text.casefold()
