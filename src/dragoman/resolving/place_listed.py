"""The first pass: countries, areas, divisions and sites of the codebook's table."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman.resolving.gazetteer import normalise
from dragoman.resolving.place_scene import PlaceMention, Scene, place_of_listed
from dragoman.resolving.place_table import Listed
from dragoman.schema import PlacePrecision

__all__ = ["ListedPlaces"]


class ListedPlaces(Scene):
    """Finds the names of the table, and tells them from parts of longer names."""

    def _listed(self) -> Iterable[tuple[int, int, Listed]]:
        doc, table = self.doc, self.table
        namesakes = self._namesakes()
        index = 0
        while index < len(doc):
            token = doc[index]
            hit = None
            if token.text[0].isupper() or self.keys[index] in ("demilitarized", "demilitarised"):
                limit = table.longest.get(
                    self.keys[index].split(" ")[0] if self.keys[index] else ""
                )
                if index + 1 < len(doc) and self.keys[index + 1] == "s":
                    # 'Cox's Bazar'
                    limit = limit or table.longest.get(f"{self.keys[index]}s")
                if limit:
                    hit = self._longest(index, limit)
            if hit is None:
                index += 1
                continue
            last, entry = hit
            longer = self._longer_name(index, last)
            if self.keys[index] in namesakes and entry.precision is not PlacePrecision.SITE:
                longer = index, last
            if longer is not None:
                self.longer_names.append(longer)
            if longer is not None or self._blocked(index, last, entry):
                index += 1
                continue
            if entry.precision is PlacePrecision.SITE:
                last = self._carry_on(last)
            yield index, last, entry
            index = last

    def _namesakes(self) -> frozenset[str]:
        """Names of the table that are an American town's here: 'Lebanon, Ohio'."""
        doc, table = self.doc, self.table
        found = set()
        for index in range(len(doc) - 2):
            key = self.keys[index]
            if doc[index + 1].text != "," or key not in table.entries:
                continue
            if index and doc[index - 1].text[0].isupper() and not doc[index - 1].is_sent_start:
                continue
            states = (
                table.state(self.source[index + 2 : end].text) for end in (index + 3, index + 4)
            )
            state = next((code for code in states if code is not None), None)
            if state is not None and any(
                entry.country == "USA" and entry.admin1 == state and not entry.level
                for entry in self._lookup(doc[index].text)
            ):
                found.add(key)
        return frozenset(found)

    def _longer_name(self, first: int, last: int) -> tuple[int, int] | None:
        """The town's name that one of the table is part of: 'Mexico City', 'Port of Spain'."""
        doc = self.doc
        spans = []
        if last < len(doc) and doc[last].text[0].isupper() and doc[last - 1].whitespace_:
            spans.append((first, last + 1))
        if first and doc[first - 1].text[0].isupper() and not doc[first - 1].is_sent_start:
            spans.append((first - 1, last))
        if first > 1 and doc[first - 1].lower_ == "of" and doc[first - 2].text[0].isupper():
            spans.append((first - 2, last))
        for start, end in spans:
            name = self.source[start:end].text
            if normalise(name) in self.table.entries:
                continue
            if any(entry.population > 3_000 or entry.level for entry in self._lookup(name)):
                return start, end
        return None

    def _carry_on(self, last: int) -> int:
        end = last
        for index in range(last, min(len(self.doc), last + 4)):
            if self.doc[index].lower_ not in self.table.facility_words:
                break
            end = index + 1
        return end

    def _blocked(self, first: int, last: int, entry: Listed) -> bool:
        """True where the words belong to a person's or an organisation's longer name."""
        doc = self.doc
        kind = doc[first].ent_type_
        start, end = self._entity(first)
        longer = end - start > last - first
        before = doc[first - 1] if first else None
        if entry.precision is PlacePrecision.COUNTRY and last - first > 1 and kind == "PERSON":
            return False
        named = before is not None and before.ent_type_ == "PERSON" and before.lower_ != "the"
        if kind == "PERSON" and (longer or named):
            return True
        if kind == "PERSON" and before is not None and before.lower_ in self.table.titles:
            return True
        if last < len(doc) and doc[last].ent_type_ == "PERSON" and kind == "PERSON":
            return True
        if kind in ("ORG", "WORK_OF_ART", "LAW", "EVENT", "PRODUCT") and longer:
            inside = before is not None and before.lower_ in ("in", "at", "near", "to", "from")
            at_edge = first == start or last == end
            return not (inside or (at_edge and entry.precision is PlacePrecision.SITE))
        if (
            entry.precision in (PlacePrecision.COUNTRY, PlacePrecision.REGION)
            and last < len(doc)
            and doc[first].text.isupper()
            and len(doc[first]) <= 3
            and doc[last].text == "-"
            and not doc[last].whitespace_
            and not doc[last - 1].whitespace_
        ):
            # 'US-led', 'UK-based'
            return True
        following = doc[last] if last < len(doc) else None
        if (
            last - first == 1
            and following is not None
            and following.text[0].isupper()
            and following.pos_ == "PROPN"
            and not kind
            and self.table.entries.get(self.keys[first]) is not None
            and entry.precision is PlacePrecision.ADMIN1
        ):
            return True
        if kind == "PERSON" and self.keys[first] in self.table.given_names:
            return before is None or before.lower_ not in self.table.locative
        return False

    def _table_mention(self, first: int, last: int, entry: Listed) -> PlaceMention:
        span = self._span(first, last)
        place = place_of_listed(entry, span.of(self.text), span)
        point = entry.point or self._division_point(entry)
        return PlaceMention(first, last, place, self._locative(first, last), point)

    def _division_or_country(self, first: int, last: int, entry: Listed) -> Listed:
        """'Atlanta, Georgia' and 'the state of Georgia' are American."""
        if entry.name == "Georgia" and self._american_georgia():
            return Listed("Georgia", PlacePrecision.ADMIN1, "USA")
        if entry.name == "Georgia" and first > 1:
            before = self.doc[first - 1]
            if before.text == "," and any(
                city.country == "USA" and city.admin1 == "GA" and city.population > 20_000
                for city in self._lookup(self.doc[first - 2].text)
            ):
                return Listed("Georgia", PlacePrecision.ADMIN1, "USA")
            if before.lower_ == "of" and self.doc[first - 2].lower_ == "state":
                return Listed("Georgia", PlacePrecision.ADMIN1, "USA")
        return entry

    def _american_georgia(self) -> bool:
        """Whether a report speaks of American places and of none in the Caucasus."""
        words = {key for key in self.keys if key}
        if words & {"tbilisi", "batumi", "georgian", "georgians", "abkhazia", "kutaisi", "gori"}:
            return False
        for entity in self.ents:
            if entity.label_ != "GPE" or self.keys[entity.start] == "georgia":
                continue
            best = self._lookup(entity.text)
            if best and best[0].country == "USA" and best[0].admin1 == "GA":
                return True
            if any(e.country == "USA" and e.admin1 == "GA" and e.population > 50_000 for e in best):
                return True
        return False

    def _states(self, taken: list[bool]) -> Iterable[PlaceMention]:
        """Abbreviated American states after a town: the 'Va.' of 'Norfolk, Va.'."""
        doc = self.doc
        for index in range(2, len(doc)):
            if taken[index] or doc[index - 1].text != "," or not taken[index - 2]:
                continue
            if not doc[index].text[0].isupper():
                continue
            for end in range(min(len(doc), index + 3), index, -1):
                words = self.source[index:end].text
                state = self.table.state(words)
                if state is None or any(taken[index:end]):
                    continue
                self.setting.countries.add("USA")
                self.setting.divisions.add(("USA", state))
                taken[index:end] = [True] * (end - index)
                name = self.table.us_names[state]
                entry = Listed(name, PlacePrecision.ADMIN1, "USA")
                span = self._span(index, end)
                place = place_of_listed(entry, words, span)
                point = self._division_point(entry)
                yield PlaceMention(index, end, place, self._locative(index, end), point)
                break
