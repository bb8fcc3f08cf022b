"""Load the ontology: PLOVER types, modes, contexts and scores (``plover.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from dragoman.errors import ConfigError
from dragoman.schema import EventType


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One PLOVER event type: quad class 1 to 4, score -10 to 10, CAMEO root as text."""

    type: EventType
    quad: int
    score: float
    recipient_required: bool
    cameo_root: str
    definition: str
    modes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ontology:
    """The 16 types, the context keywords, and the sectors of actors with their glosses."""

    types: Mapping[EventType, TypeEntry]
    context_words: Mapping[str, tuple[str, ...]]
    contexts: tuple[str, ...]
    sectors: Mapping[str, str]

    def score(self, event_type: EventType, mode: str | None) -> float:
        """Return the PLOVER score of a type, or of its mode where the manual gives one."""
        entry = self.types[event_type]
        return entry.modes.get(mode, entry.score) if mode is not None else entry.score

    def contexts_of(self, lemmas: list[str]) -> dict[str, str]:
        """Return contexts whose keywords occur in a run of lemmas: context to keyword."""
        found: dict[str, str] = {}
        for first, second in zip(lemmas, [*lemmas[1:], ""], strict=True):
            for key in (first, f"{first} {second}"):
                for context in self.context_words.get(key, ()):
                    found.setdefault(context, key)
        return found


def load_ontology() -> Ontology:
    """Load and check ``plover.toml``. Raises ``ConfigError`` that names the entry."""
    raw = tomllib.loads((files("dragoman.codebook") / "plover.toml").read_text(encoding="utf-8"))
    types: dict[EventType, TypeEntry] = {}
    for name, row in raw["types"].items():
        try:
            kind = EventType(name)
            entry = TypeEntry(
                type=kind,
                quad=int(row["quad"]),
                score=float(row["score"]),
                recipient_required=bool(row["recipient_required"]),
                cameo_root=str(row["cameo_root"]),
                definition=str(row["definition"]),
                modes={
                    mode: float(value["score"])
                    for mode, value in row.get("modes", {}).items()
                    if "score" in value
                },
            )
        except (KeyError, ValueError) as error:
            raise ConfigError(f"plover.toml: type {name}: {error}") from error
        types[kind] = entry
    missing = set(EventType) - set(types)
    if missing:
        raise ConfigError(f"plover.toml: types missing: {sorted(missing)}")
    words: dict[str, list[str]] = {}
    for context, row in raw["contexts"].items():
        for keyword in row.get("keywords", []):
            words.setdefault(keyword.lower(), []).append(context)
    return Ontology(
        types=types,
        context_words={word: tuple(contexts) for word, contexts in words.items()},
        contexts=tuple(raw["contexts"]),
        sectors={code: str(gloss) for code, gloss in raw["sectors"].items()},
    )
