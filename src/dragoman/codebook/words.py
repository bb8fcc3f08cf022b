"""Word lists of the coder: status, embedding and attribution (TOML in the codebook)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from dragoman.errors import ConfigError


@dataclass(frozen=True, slots=True)
class StatusWords:
    """Words that say whether an act happened, and who says so. Lemmas, lower case."""

    alleged_adverbs: frozenset[str]
    alleged_verbs: frozenset[str]
    denied_verbs: frozenset[str]
    negations: frozenset[str]
    planned_verbs: frozenset[str]
    planned_auxiliaries: frozenset[str]
    planned_nouns: frozenset[str]
    hypothetical_auxiliaries: frozenset[str]
    subordinators: frozenset[str]
    hypothetical_verbs: frozenset[str]
    hypothetical_nouns: frozenset[str]
    background_markers: tuple[tuple[str, ...], ...]
    speech: Mapping[str, str]
    sources: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class EmbeddingWords:
    """Words that decide whether an embedded or nominal act is asserted."""

    transparent: frozenset[str]
    time_sharing: frozenset[str]
    ended: frozenset[str]
    ended_prepositions: frozenset[str]
    factual_prepositions: frozenset[str]
    occurrence_subject: frozenset[str]
    occurrence_object: frozenset[str]
    opaque: frozenset[str]
    planned: frozenset[str]
    alleged: frozenset[str]
    hypothetical: frozenset[str]
    background: frozenset[str]
    anaphoric: frozenset[str]
    topic_verbs: frozenset[str]
    topic_prepositions: tuple[str, ...]
    economic_sectors: Mapping[str, frozenset[str]]
    lemmas: Mapping[str, str]
    collectives: frozenset[str]
    done_to: frozenset[str]
    local_sectors: frozenset[str]
    accidents: frozenset[str]
    first_person: frozenset[str]
    charging: frozenset[str]
    accused_of: frozenset[str]
    charges: frozenset[str]
    relational: frozenset[str]


def read_table(name: str) -> dict[str, Any]:
    """Read a TOML file of the codebook. Raises ``ConfigError`` if it is not valid TOML."""
    try:
        return tomllib.loads((files("dragoman.codebook") / name).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from error


def load_embedding() -> EmbeddingWords:
    """Load ``embedding.toml``."""
    raw = read_table("embedding.toml")
    return EmbeddingWords(
        transparent=frozenset(raw["transparent"]["verbs"]),
        time_sharing=frozenset(raw["transparent"]["verbs"])
        | frozenset(raw["time_sharing"]["verbs"]),
        ended=frozenset(raw["ended"]["verbs"]),
        ended_prepositions=frozenset(raw["ended"]["prepositions"]),
        factual_prepositions=frozenset(raw["factual"]["prepositions"]),
        occurrence_subject=frozenset(raw["occurrence"]["subject"]),
        occurrence_object=frozenset(raw["occurrence"]["object"]),
        opaque=frozenset(raw["opaque"]["verbs"]),
        planned=frozenset(raw["modifiers"]["planned"]),
        alleged=frozenset(raw["modifiers"]["alleged"]),
        hypothetical=frozenset(raw["modifiers"]["hypothetical"]),
        background=frozenset(raw["modifiers"]["background"]),
        anaphoric=frozenset(raw["anaphoric"]["determiners"]),
        topic_verbs=frozenset(raw["topics"]["verbs"]),
        topic_prepositions=tuple(raw["topics"]["prepositions"]),
        economic_sectors={
            sector: frozenset(words) for sector, words in raw["economic_sectors"].items()
        },
        lemmas=raw["lemmas"],
        collectives=frozenset(raw["collectives"]["nouns"]),
        done_to=frozenset(raw["done_to"]["nouns"]),
        local_sectors=frozenset(raw["local_sectors"]["sectors"]),
        accidents=frozenset(raw["accidents"]["nouns"]),
        first_person=frozenset(raw["first_person"]["words"]),
        charging=frozenset(raw["charging"]["verbs"]),
        accused_of=frozenset(raw["charging"]["accused_of"]),
        charges=frozenset(raw["charging"]["nouns"]),
        relational=frozenset(raw["relational"]["verbs"]),
    )


@cache
def relation_sectors() -> tuple[str, ...]:
    """Return the sectors that a relation may have, such as energy."""
    return tuple(read_table("embedding.toml")["economic_sectors"])


def load_status() -> StatusWords:
    """Load ``status.toml``."""
    raw = read_table("status.toml")
    return StatusWords(
        alleged_adverbs=frozenset(raw["alleged"]["adverbs"]),
        alleged_verbs=frozenset(raw["alleged"]["verbs"]),
        denied_verbs=frozenset(raw["denied"]["verbs"]),
        negations=frozenset(raw["denied"]["negations"]),
        planned_verbs=frozenset(raw["planned"]["verbs"]),
        planned_auxiliaries=frozenset(raw["planned"]["auxiliaries"]),
        planned_nouns=frozenset(raw["planned"]["nouns"]),
        hypothetical_auxiliaries=frozenset(raw["hypothetical"]["auxiliaries"]),
        subordinators=frozenset(raw["hypothetical"]["subordinators"]),
        hypothetical_verbs=frozenset(raw["hypothetical"]["verbs"]),
        hypothetical_nouns=frozenset(raw["hypothetical"]["nouns"]),
        background_markers=tuple(tuple(m.split()) for m in raw["background"]["markers"]),
        speech=_speech(raw),
        sources=tuple(tuple(s.split()) for s in raw["attribution"]["prepositional"]),
    )


def _speech(raw: Mapping[str, Any]) -> dict[str, str]:
    verbs = raw["attribution"]["verbs"]
    if not isinstance(verbs, dict):
        raise ConfigError("status.toml: [attribution.verbs] must map lemma to kind")
    return {str(lemma): str(kind) for lemma, kind in verbs.items()}
