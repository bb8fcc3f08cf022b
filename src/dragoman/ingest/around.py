"""What stands around a report in a page or a message and is no part of it.

The phrases are those of codebook/pages.toml: banners of cookies, walls of payment, offers
of newsletters.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from dragoman.errors import ConfigError

_FILE = "codebook/pages.toml"
_STRAIGHT = str.maketrans("’‘“”", "''\"\"")


@dataclass(frozen=True, slots=True)
class Around:
    """Phrases by which a paragraph of up to ``words`` words is known to be no report."""

    words: int
    starts: tuple[str, ...]
    contains: tuple[str, ...]

    def is_around(self, paragraph: str) -> bool:
        """Tell whether ``paragraph`` stands around the report."""
        words = paragraph.split(None, self.words)
        if not words or len(words) > self.words:
            return False
        plain = " ".join(words).lower().translate(_STRAIGHT).lstrip("-*•·>|#= ")
        return plain.startswith(self.starts) or any(part in plain for part in self.contains)

    def without(self, text: str) -> str:
        """Return ``text`` without its lines that stand around the report."""
        return "\n".join(line for line in text.split("\n") if not self.is_around(line))


@cache
def around(kind: str) -> Around:
    """Return the phrases for ``page`` or ``mail``. Raises ``ConfigError`` that names the list."""
    data = tomllib.loads((files("dragoman") / _FILE).read_text(encoding="utf-8"))
    try:
        return Around(
            int(data["words"]), *(_phrases(data, kind, n) for n in ("starts", "contains"))
        )
    except KeyError as error:
        raise ConfigError(f"{_FILE}: {error} is missing") from error


def _phrases(data: dict[str, Any], kind: str, name: str) -> tuple[str, ...]:
    phrases = tuple(data[kind][name])
    for phrase in phrases:
        if phrase != " ".join(phrase.lower().translate(_STRAIGHT).split()):
            raise ConfigError(f"{_FILE}: [{kind}] {name}: {phrase!r} must be lower case, plain")
    return phrases
