"""Load the conventions by which files of marked sentences count acts (``conventions.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from dragoman.errors import ConfigError
from dragoman.schema import EventType, Status


@dataclass(frozen=True, slots=True)
class Convention:
    """Where a file counts an act: by its fine label, and by type if it is only planned.

    ``acts`` maps ``TYPE/mode:CAMEO`` labels to a type's name, ``planned`` types' names.
    """

    name: str
    acts: Mapping[str, str]
    planned: Mapping[str, str]

    def place(self, label: str, status: str) -> str:
        """Return the type that counts for a fine act (``TYPE/mode:CAMEO``) of a status."""
        kind = label.partition(":")[0].partition("/")[0]
        counted = self.acts.get(label) or self.acts.get(label.partition(":")[0]) or kind
        if counted == kind and status == Status.PLANNED.value:
            return self.planned.get(kind, kind)
        return counted


def load_conventions() -> dict[str, Convention]:
    """Load ``conventions.toml``. Raises ``ConfigError`` that names the entry."""
    source = files("dragoman.codebook") / "conventions.toml"
    raw = tomllib.loads(source.read_text(encoding="utf-8"))
    out = {}
    for name, row in raw.items():
        for key, value in [*row["acts"].items(), *row["planned"].items()]:
            kind = key.partition(":")[0].partition("/")[0]
            if kind not in EventType.__members__ or value not in EventType.__members__:
                raise ConfigError(f"conventions.toml: {name}: {key} = {value}: no PLOVER type")
        out[name] = Convention(name, row["acts"], row["planned"])
    return out
