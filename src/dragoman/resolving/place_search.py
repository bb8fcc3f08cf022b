"""One report's search for places: which words name one, and which one they name.

Three passes. The codebook's table (countries, areas, sites) is matched first, and what
it finds sets the scene. Then stretches of capitalised words that may be a town or a
division are gathered, each with the strength of what speaks for a place: 2 the parser's
entity (3 a dateline), 1 a place preposition, 0 only the gazetteer. Last they are settled,
the plainest first, so that each can help with its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.resolving.gazetteer import GazetteerEntry, normalise
from dragoman.resolving.place_candidates import Candidate, Candidates
from dragoman.resolving.place_listed import ListedPlaces
from dragoman.resolving.place_ranking import scored
from dragoman.resolving.place_scene import (
    ENTITIES,
    LARGE,
    MIDDLING,
    PlaceMention,
    place_of_entry,
    place_of_listed,
)
from dragoman.resolving.place_table import Point
from dragoman.schema import Place, PlacePrecision

__all__ = ["PlaceMention", "Search", "place_of_entry", "place_of_listed"]

TOWN = 40_000
#: By how many points the best bearer of a name must lead to tell a report's country.
_SURE = 2.0


class Search(ListedPlaces, Candidates):
    """One report's search; keeps the lookups of this report only."""

    def run(self) -> list[PlaceMention]:
        """All places of the text in order."""
        taken = [False] * len(self.doc)
        found: list[PlaceMention] = []
        for first, last, entry in list(self._listed()):
            entry = self._division_or_country(first, last, entry)
            mention = self._table_mention(first, last, entry)
            found.append(mention)
            taken[first : mention.last] = [True] * (mention.last - first)
            if entry.country:
                self.setting.countries.add(entry.country)
            if entry.precision is PlacePrecision.ADMIN1 and entry.country == "USA":
                state = self.table.state(entry.name)
                if state is not None:
                    self.setting.divisions.add(("USA", state))
            elif entry.precision in (PlacePrecision.SITE, PlacePrecision.ADMIN1) and entry.point:
                self.setting.anchors.append(entry.point)
        candidates = self._gather(taken)
        for mention in self._states(taken):
            found.append(mention)
        self._hints()
        self._settle(candidates)
        for candidate in candidates:
            if candidate.settled is not None:
                found.append(self._mention(candidate, candidate.settled))
        found += self._unlisted(found)
        return sorted(found, key=lambda mention: mention.first)

    def _unlisted(self, found: Sequence[PlaceMention]) -> list[PlaceMention]:
        """Names of places that the gazetteer lacks, told by the company they keep.

        Only the parser's places after 'in', 'near' and the like. Such a place has the
        country of the nearest place named within 30 words, and no coordinates.
        """
        doc = self.doc
        taken = {index for mention in found for index in range(mention.first, mention.last)}
        result = []
        for entity in self.ents:
            first, last = entity.start, entity.end
            while first < last and doc[first].lower_ in self.table.leading_words:
                first += 1
            before = doc[first - 1] if first else None
            if (
                entity.label_ not in ENTITIES
                or first == last
                or before is None
                or not self._opens(before)
                or not doc[first].text[0].isupper()
                or not doc[last - 1].text[0].isalpha()
                or normalise(self.source[first:last].text) in self.table.common
                or taken & set(range(first, last))
            ):
                continue
            near = [
                (min(abs(other.first - last), abs(first - other.last)), other.first, other)
                for other in found
                if other.point is not None and other.place.country is not None
            ]
            if not near or min(item[0] for item in near) > 30:
                continue
            company = min(near, key=lambda item: item[:2])[2]
            span = self._span(first, last)
            place = Place(
                name=span.of(self.text),
                span=span,
                precision=PlacePrecision.REGION,
                country=company.place.country,
                rule="context.near",
            )
            result.append(
                PlaceMention(first, last, place, self._locative(first, last), company.point)
            )
        return result

    def _settle(self, candidates: list[Candidate]) -> None:
        """Choose for each candidate, the surest first; an unlikely one stays unsettled."""
        for candidate in candidates:
            if candidate.container is not None:
                country, admin1 = candidate.container
                self.setting.countries.add(country)
                if admin1 is not None:
                    self.setting.divisions.add((country, admin1))
        static = {id(candidate): self._scored(candidate, ()) for candidate in candidates}

        def margin(candidate: Candidate) -> float:
            ranking = static[id(candidate)]
            sure = ranking[0][0] - (ranking[1][0] if len(ranking) > 1 else 0.0)
            return -(sure + candidate.strength)

        for candidate in sorted(candidates, key=margin):
            ranking = self._scored(candidate, ())
            if len(ranking) > 1 and ranking[0][0] - ranking[1][0] < 4.5:
                others = [
                    other.points()
                    for other in candidates
                    if other is not candidate and other.settled is None and other.strength
                ]
                ranking = self._scored(candidate, others)
            best = ranking[0][1]
            if self._acceptable(candidate, best):
                candidate.settled = best
                rival = ranking[1][0] if len(ranking) > 1 else 0.0
                if candidate.strength and ranking[0][0] - rival > _SURE:
                    self.setting.countries.add(best.country)
                self.setting.anchors.append((best.latitude, best.longitude))

    def _scored(
        self, candidate: Candidate, others: Sequence[Sequence[Point]]
    ) -> list[tuple[float, GazetteerEntry]]:
        return scored(
            candidate.entries,
            candidate.key,
            self.setting,
            self.table,
            division=candidate.division,
            container=candidate.container,
            others=others,
        )

    def _acceptable(self, candidate: Candidate, entry: GazetteerEntry) -> bool:
        """Whether what speaks for a place outweighs that the name may be none."""
        own = self.setting.own(entry)
        people = entry.population
        if candidate.container is not None and entry.country == candidate.container[0]:
            return candidate.strength > 0 or own
        if entry.level and candidate.division:
            return True
        if candidate.common:
            if entry.capital:
                return own or people >= LARGE
            if candidate.strength == 2 and self.setting.near(entry, 60.0):
                return entry.main and people >= 2_000
            return people >= (MIDDLING if own else 3 * LARGE)
        if entry.capital:
            return candidate.strength > 0 or own or people >= LARGE
        near = self.setting.near(entry)
        if not people and entry.main and near:
            # The gazetteer does not know how many live there.
            people = 3_000
        if candidate.strength >= 2:
            if own or near:
                return entry.main or people >= 2_000
            return people >= (2_000 if entry.main else TOWN)
        if candidate.strength == 1:
            if own or near:
                return people >= (500 if entry.main else MIDDLING)
            return people >= (MIDDLING if entry.main else 3 * LARGE)
        if near:
            return people >= (3_000 if entry.main else MIDDLING)
        if own:
            return people >= (MIDDLING if entry.main else LARGE)
        return entry.main and people >= 3 * LARGE

    def _mention(self, candidate: Candidate, entry: GazetteerEntry) -> PlaceMention:
        doc, first, last = self.doc, candidate.first, candidate.last
        following = doc[last] if last < len(doc) else None
        if following is not None and following.lower_ in self.table.division_words:
            last += 1
        span = self._span(first, last)
        name = span.of(self.text)
        if last > candidate.last and not entry.level:
            # A division that the gazetteer lacks, called after its town.
            place = Place(
                name=name,
                span=span,
                precision=PlacePrecision.ADMIN1,
                country=entry.country,
                admin1=entry.name,
                rule="gazetteer.division",
            )
        else:
            place = place_of_entry(entry, name, span, self.table, candidate.rule)
        point = entry.latitude, entry.longitude
        return PlaceMention(first, last, place, self._locative(first, last), point)
