"""Load what speaks for a country as that of an office or a group without one (``homes.toml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from dragoman.codebook.words import read_table
from dragoman.errors import ConfigError

#: What can speak for a country, and for none; what each means is said in ``homes.toml``.
COUNTRY_SIGNS = (
    "lead",
    "lead_subject",
    "first",
    "only",
    "share",
    "scene",
    "recent",
    "recent_place",
    "owned",
    "same_role",
)
NONE_SIGNS = ("always", "plural", "neutral", "indefinite", "several", "abroad")


@dataclass(frozen=True, slots=True)
class HomeWeights:
    """Logits of the signs for a country and for none, and the least probability to be taken."""

    country: Mapping[str, float]
    none: Mapping[str, float]
    least: float
    abroad: frozenset[str]
    elsewhere: frozenset[str]


@cache
def load_homes() -> HomeWeights:
    """Load ``homes.toml``. Raises ``ConfigError`` if a weight is missing or unknown."""
    raw = read_table("homes.toml")
    for table, signs in (("country", COUNTRY_SIGNS), ("none", NONE_SIGNS)):
        odd = set(signs) ^ set(raw[table])
        if odd:
            raise ConfigError(
                f"homes.toml: [{table}]: missing or unknown: {', '.join(sorted(odd))}"
            )
    return HomeWeights(
        raw["country"],
        raw["none"],
        raw["least"],
        frozenset(raw["abroad"]["words"]),
        frozenset(raw["elsewhere"]["words"]),
    )
