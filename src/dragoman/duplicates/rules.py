"""The rules of merging, from codebook/happenings.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from dragoman.errors import ConfigError
from dragoman.reading.words import load_layout_words
from dragoman.schema import EventType, Status

_FILE = "codebook/happenings.toml"


@dataclass(frozen=True, slots=True)
class Merging:
    """Weights and limits of merging; the file says what each means."""

    threshold: float
    type: float
    actors: float
    time: float
    place: float
    evidence: float
    report: float
    days_apart: int
    window: int
    kilometres: float


@dataclass(frozen=True, slots=True)
class Copies:
    """When reports are near-identical; the file says what each means."""

    similarity: float
    containment: float
    days_apart: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Families of types, groups of statuses, sites of publishers, agencies, and the numbers."""

    family: dict[str, str]
    status: dict[str, str]
    merging: Merging
    copies: Copies
    publisher_of_domain: dict[str, str]
    agencies: dict[str, str]


@cache
def load_rules() -> Rules:
    """Return the packaged rules. Raises ``ConfigError`` that names the entry."""
    data = tomllib.loads((files("dragoman") / _FILE).read_text(encoding="utf-8"))
    family = _inverted(data["families"], "families")
    status = _inverted(data["statuses"], "statuses")
    _complete(family, [kind.value for kind in EventType], "families")
    _complete(status, [kind.value for kind in Status], "statuses")
    for kind, table in ((Merging, "merging"), (Copies, "copies")):
        names = {field.name for field in fields(kind)}
        if names != set(data[table]):
            raise ConfigError(f"{_FILE}: [{table}] must have exactly {', '.join(sorted(names))}")
    return Rules(
        family,
        status,
        Merging(**data["merging"]),
        Copies(**data["copies"]),
        _inverted(data["publishers"], "publishers"),
        _agencies(),
    )


def _agencies() -> dict[str, str]:
    """Return the full name of an agency by each of its names, in lower case."""
    named = load_layout_words().agencies
    return {**{full.lower(): full for full in named.values()}, **named}


def _inverted(table: dict[str, list[str]], name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, values in table.items():
        for value in values:
            if value in found:
                raise ConfigError(f"{_FILE}: [{name}] has {value!r} twice")
            found[value] = key
    return found


def _complete(found: dict[str, str], wanted: list[str], name: str) -> None:
    if set(found) != set(wanted):
        odd = ", ".join(sorted(set(found) ^ set(wanted)))
        raise ConfigError(f"{_FILE}: [{name}] misses or does not know: {odd}")
