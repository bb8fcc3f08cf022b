"""Places: from the names in a report to countries and coordinates.

Names come from the codebook's table of countries, areas, first-level divisions and sites
(``codebook/places.toml``, ``areas.toml``), from the parser's entities, and from
capitalised words that the gazetteer knows. What a name means is decided by what the
words put it in ('Tripoli, Lebanon'), by the report's own countries and divisions, by
the dateline, by places near by, and by rank and population. Countries, divisions,
regions and seas never get coordinates, only the point of a label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from spacy.tokens import Doc

from dragoman.resolving.gazetteer import Gazetteer, GazetteerEntry, normalise
from dragoman.resolving.place_ranking import Setting, scored
from dragoman.resolving.place_search import (
    PlaceMention,
    Search,
    place_of_entry,
    place_of_listed,
)
from dragoman.resolving.place_table import PlaceTable, Point
from dragoman.schema import Place, PlacePrecision, Span

__all__ = [
    "DocumentPlaces",
    "Gazetteer",
    "GazetteerEntry",
    "PlaceMention",
    "PlaceReading",
    "PlaceResolver",
    "PlaceTable",
    "explain_where",
    "normalise",
    "readings_of",
]

_SPECIFIC = {
    PlacePrecision.SITE: 4,
    PlacePrecision.CITY: 3,
    PlacePrecision.ADMIN1: 2,
    PlacePrecision.REGION: 1,
    PlacePrecision.COUNTRY: 0,
}


@dataclass(frozen=True, slots=True)
class PlaceReading:
    """One thing that a name may mean.

    ``point`` is a label on a map, as in :class:`PlaceMention`; ``score`` is ``None`` for
    what the codebook's own table says, which comes before the gazetteer.
    """

    place: Place
    point: Point | None
    population: int | None
    score: float | None = None


class DocumentPlaces:
    """The places of one report."""

    def __init__(self, mentions: Sequence[PlaceMention]) -> None:
        self.mentions: tuple[PlaceMention, ...] = tuple(mentions)
        self._by_token = {
            index: mention
            for mention in self.mentions
            for index in range(mention.first, mention.last)
        }

    def at(self, token_index: int) -> Place | None:
        """The place that the token is part of."""
        mention = self._by_token.get(token_index)
        return mention.place if mention else None

    def best_for(self, tokens: Iterable[int], *, any_role: bool = False) -> Place | None:
        """The most specific place among the tokens given by index; the first of equals.

        Names that stand for a government count only with ``any_role``.
        """
        best: PlaceMention | None = None
        for index in sorted(set(tokens)):
            mention = self._by_token.get(index)
            if mention is None or not (mention.locative or any_role):
                continue
            if best is None or self._rank(mention) > self._rank(best):
                best = mention
        return best.place if best else None

    @staticmethod
    def _rank(mention: PlaceMention) -> tuple[int, int]:
        return int(mention.locative), _SPECIFIC[mention.place.precision]


class PlaceResolver:
    """Finds the places of reports; made once, holds no state between reports."""

    def __init__(self, gazetteer: Gazetteer, table: PlaceTable | None = None) -> None:
        self._gazetteer = gazetteer
        self._table = table if table is not None else PlaceTable()

    def open(
        self,
        doc: Doc,
        *,
        dateline_country: str | None = None,
        countries: Sequence[str] = (),
    ) -> DocumentPlaces:
        """Find the places of a parsed text.

        ``dateline_country`` and ``countries`` (ISO alpha-3) are what the report is
        known to be about; countries named in the text itself are added. Raises
        ``sqlite3.Error`` if the gazetteer cannot be read.
        """
        search = Search(doc, self._gazetteer, self._table, dateline_country, countries)
        return DocumentPlaces(search.run())

    def named(self, name: str, span: Span, countries: Sequence[str] = ()) -> Place | None:
        """The place of a name that the report gives at ``span``, as in its dateline."""
        place = self.resolve(name, countries)
        return replace(place, span=span) if place else None

    def country_of(self, name: str, countries: Sequence[str] = ()) -> str | None:
        """The country of a place's name alone, as of a dateline's city."""
        place = self.resolve(name, countries)
        return place.country if place else None

    def resolve(self, name: str, countries: Sequence[str] = ()) -> Place | None:
        """What a name means without a text around it; 'Tripoli, Lebanon' is understood."""
        readings = self.readings(name, countries)
        return readings[0].place if readings else None

    def readings(self, name: str, countries: Sequence[str] = ()) -> tuple[PlaceReading, ...]:
        """All that a name may mean, the likeliest first, at most 12.

        ``countries`` (ISO alpha-3) are those that the report is about.
        """
        bare, _, neighbour = name.partition(",")
        bare = bare.strip()
        span, table = Span(0, len(name)), self._table
        container = self._container(neighbour.strip()) if neighbour.strip() else None
        listed = table.entries.get(normalise(bare))
        result = []
        if listed is not None:
            result.append(PlaceReading(place_of_listed(listed, bare, span), listed.point, None))
        setting = Setting(set(countries))
        entries = self._gazetteer.all(table.listed_as(bare))
        ranking = scored(entries, normalise(bare), setting, table, container=container)
        for points, entry in ranking[:12]:
            rule = "gazetteer.name" if container is None else "gazetteer.neighbour"
            place = place_of_entry(entry, bare, span, table, rule)
            point = entry.latitude, entry.longitude
            result.append(PlaceReading(place, point, entry.population, round(points, 2)))
        if container is not None and listed is not None and listed.country != container[0]:
            result.append(result.pop(0))
        return tuple(result)

    def _container(self, words: str) -> tuple[str, str | None] | None:
        state = self._table.state(words)
        if state is not None:
            return "USA", state
        listed = self._table.entries.get(normalise(words))
        if listed is not None and listed.country:
            return listed.country, None
        for entry in self._gazetteer.all(words):
            if entry.level == 1:
                return entry.country, entry.admin1
        return None


@cache
def _default() -> PlaceResolver:
    return PlaceResolver(Gazetteer.open())


def readings_of(name: str, context_country: str | None = None) -> tuple[PlaceReading, ...]:
    """All that a name may mean in a report about ``context_country``, likeliest first."""
    return _default().readings(name, (context_country,) if context_country else ())


def explain_where(name: str, context_country: str | None = None) -> Place | None:
    """What place a name means, in a report about ``context_country`` (ISO alpha-3).

    The place's ``rule`` tells how it was chosen; ``None`` if no place has the name. The
    gazetteer is opened at the first call and built if need be.
    """
    place = _default().resolve(name, (context_country,) if context_country else ())
    return replace(place, span=Span(0, len(name))) if place else None
