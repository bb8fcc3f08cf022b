"""How a source is taken apart: what is known beforehand, the limits, how deep it is."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import IO

from dragoman.errors import InputError
from dragoman.ingest.units import Flaw, Hints, Limits, Unit, too_large

#: Field to the names of its column, the first that has a value counts.
Columns = dict[str, list[str]]

#: What data sets commonly call their columns.
DEFAULT_COLUMNS: Columns = {
    "text": ["text", "body", "content", "maintext", "article", "full_text", "fulltext"],
    "title": ["title", "headline"],
    "url": ["url", "link", "webUrl", "web_url"],
    "published": [
        "published", "date", "date_publish", "publish_date", "published_at", "publishedAt",
        "pub_date", "publication_date", "datetime", "timestamp",
    ],
    "publisher": ["publisher", "publication", "source_name", "source_domain", "site", "outlet"],
    "author": ["author", "authors", "byline", "creator"],
    "language": ["language", "lang"],
}  # fmt: skip


def columns_hint(columns: Columns) -> str:
    """Return a column mapping as a hint of a row."""
    return json.dumps(columns, sort_keys=True)


Opener = Callable[[IO[bytes], str, "Context"], Iterator[Unit | Flaw]]


@dataclass(frozen=True, slots=True)
class Context:
    """What readers of containers need to know."""

    limits: Limits
    opener: Opener
    hints: Hints = field(default_factory=dict)
    columns: Columns = field(default_factory=lambda: DEFAULT_COLUMNS)
    depth: int = 0
    # Members of all archives of one source, those inside one another included.
    opened: list[int] = field(default_factory=lambda: [0])

    def row_hints(self) -> Hints:
        """Return the hints of a row: the mapping decides what is read from it, too."""
        return {**self.hints, "columns": columns_hint(self.columns)}

    def column_names(self) -> set[str]:
        """Return every column that the mapping names."""
        return {part.split(".")[0] for names in self.columns.values() for part in names}

    def nested(self, stream: IO[bytes], name: str) -> Iterator[Unit | Flaw]:
        """Take apart what lies inside a container. Raises ``InputError`` (``nested-too-deep``)."""
        if self.depth + 1 > self.limits.depth:
            raise InputError(
                name, "nested-too-deep", f"more than {self.limits.depth} archives in one another"
            )
        yield from self.opener(stream, name, replace(self, depth=self.depth + 1))

    def seekable(self, stream: IO[bytes], name: str) -> IO[bytes]:
        """Return ``stream``, or its content in memory, for a format that is read from the end."""
        if self.depth == 0 and stream.seekable():
            return stream
        data = stream.read(self.limits.nested_bytes + 1)
        if len(data) > self.limits.nested_bytes:
            raise too_large(name, self.limits.nested_bytes)
        return io.BytesIO(data)

    def count_members(self, count: int, name: str) -> None:
        """Count members of an archive. Raises ``InputError`` (``too-many-members``)."""
        self.opened[0] += count
        if self.opened[0] > self.limits.members:
            raise InputError(
                name, "too-many-members", f"more than {self.limits.members:,} members; split it"
            )
