"""One report's search for places: which words name one, and which one they name.

Three passes. The codebook's table (countries, areas, sites) is matched first, and what
it finds sets the scene. Then stretches of capitalised words that may be a town or a
division are gathered, each with the strength of what speaks for a place: 2 the parser's
entity (3 a dateline), 1 a place preposition, 0 only the gazetteer. Last they are settled,
the plainest first, so that each can help with its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from spacy.tokens import Doc, Token

from dragoman.resolving.gazetteer import Gazetteer, GazetteerEntry, normalise
from dragoman.resolving.place_ranking import Setting, scored
from dragoman.resolving.place_table import Listed, PlaceTable, Point
from dragoman.schema import Place, PlacePrecision, Span

__all__ = ["PlaceMention", "Search", "place_of_entry", "place_of_listed"]

_LARGE = 100_000
_TOWN = 40_000
_MIDDLING = 15_000
_ENTITIES = frozenset({"GPE", "LOC", "FAC"})
_LONGEST = 7
_INSIDE = ("in", "at", "near")
#: Small words inside the names of towns.
_SMALL = frozenset({
    "-", "am", "an", "da", "das", "de", "del", "der", "des", "di", "do", "dos", "du", "ed",
    "el", "en", "esh", "ez", "in", "la", "las", "le", "les", "los", "of", "on", "sous", "sur",
    "the", "upon",
})  # fmt: skip
#: Strength of a name in capitals that opens the text.
_DATELINE = 3
#: Words that part what the parser took for one name.
_PARTS = frozenset({"and", "with", "or", ","})
#: By how many points the best bearer of a name must lead to tell a report's country.
_SURE = 2.0


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A named place in a parsed text.

    ``first`` and ``last`` are token indices, half-open. ``locative`` is true where the
    words tell where something is or goes ('in Ankara', 'visited Moscow', the city in
    'Tripoli, Lebanon'), false where a place's name stands for a government. ``point`` is
    latitude and longitude of a label for it on a map (WGS 84 degrees): the place itself
    for towns and sites, somewhere in the middle of what is wider; ``place.precision``
    tells which.
    """

    first: int
    last: int
    place: Place
    locative: bool = False
    point: Point | None = None


@dataclass(slots=True)
class _Candidate:
    """A stretch of tokens that may name a town or division, and what it may mean."""

    first: int
    last: int
    strength: int
    key: str
    entries: tuple[GazetteerEntry, ...]
    division: bool
    common: bool
    container: tuple[str, str | None] | None = None
    rule: str = "gazetteer.rank"
    settled: GazetteerEntry | None = None

    def points(self) -> list[Point]:
        """The points that it may mean, the settled one alone if it is settled."""
        chosen = (self.settled,) if self.settled is not None else self.entries[:12]
        return [(entry.latitude, entry.longitude) for entry in chosen]


class Search:
    """One report's search; keeps the lookups of this report only."""

    def __init__(
        self,
        doc: Doc,
        gazetteer: Gazetteer,
        table: PlaceTable,
        dateline_country: str | None,
        countries: Sequence[str],
    ) -> None:
        # A Doc makes its tokens and entities anew each time that they are asked for.
        self.source = doc
        self.doc = list(doc)
        self.ents = tuple(doc.ents)
        self.text = doc.text
        self.gazetteer = gazetteer
        self.table = table
        self.setting = Setting({code for code in countries if code}, dateline=dateline_country)
        self.known: dict[str, tuple[GazetteerEntry, ...]] = {}
        self.parsed = bool(doc.has_annotation("DEP"))
        self.keys = [normalise(token.text) for token in doc]
        self.surnames = self._surnames()
        self.longer_names: list[tuple[int, int]] = []

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

    # ------------------------------------------------------------- the table

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

    def _longest(self, first: int, limit: int) -> tuple[int, Listed] | None:
        """The longest name of the table at a token."""
        key = ""
        best: tuple[int, Listed] | None = None
        for last in range(first, min(len(self.doc), first + limit * 2)):
            token = self.doc[last]
            if token.is_sent_start and last > first and self.parsed:
                break
            word = self.keys[last]
            if word:
                glued = last > first and not self.doc[last - 1].whitespace_ and word == "s"
                key = f"{key}{word}" if glued else f"{key} {word}".strip()
            if key.count(" ") >= limit:
                break
            entry = self.table.entries.get(key)
            if entry is not None and word:
                # One-word names of few letters must be written as they are ('US', not 'Us').
                written = self.doc[first].text.replace(".", "")
                country = entry.precision is PlacePrecision.COUNTRY
                if len(key) <= 3 and country and not written.isupper():
                    continue
                best = (last + 1, entry)
        return best

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

    def _entity(self, index: int) -> tuple[int, int]:
        doc = self.doc
        if not doc[index].ent_type_:
            return index, index + 1
        start = index
        while start > 0 and doc[start].ent_iob_ == "I" and doc[start - 1].lower_ not in _PARTS:
            start -= 1
        if doc[start].lower_ == "the" and start < index:
            start += 1
        end = index + 1
        while end < len(doc) and doc[end].ent_iob_ == "I" and doc[end].lower_ not in _PARTS:
            end += 1
        return start, end

    def _table_mention(self, first: int, last: int, entry: Listed) -> PlaceMention:
        span = self._span(first, last)
        place = place_of_listed(entry, span.of(self.text), span)
        point = entry.point or self._division_point(entry)
        return PlaceMention(first, last, place, self._locative(first, last), point)

    def _division_point(self, entry: Listed) -> Point | None:
        """The point of a division of the codebook, from the gazetteer."""
        names = [entry.name]
        words = entry.name.split()
        if words[-1].lower() in self.table.division_words:
            names.append(" ".join(words[:-1]))
        found = [
            (other.level != 1, other.latitude, other.longitude)
            for name in names
            for other in self._lookup(name)
            if other.country == entry.country
        ]
        return min(found)[1:] if found else None

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

    # ------------------------------------------------------------- cities

    def _candidates(self, taken: list[bool]) -> Iterable[tuple[int, int, int]]:
        """Stretches of tokens that may be a town; strength 2 entity, 1 preposition only."""
        doc, table = self.doc, self.table
        seen: set[int] = set()
        opening = self._opening()
        if opening is not None and not any(taken[slice(*opening)]):
            seen.update(range(*opening))
            yield *opening, _DATELINE
        for first, last in self.longer_names:
            seen.update(range(first, last))
            yield first, last, 2
        for entity in self.ents:
            if entity.label_ not in _ENTITIES:
                continue
            first, last = entity.start, entity.end
            while (
                first < last
                and not self._named_the(first)
                and doc[first].lower_ in ("the", "a", "an", "of", "nearby", "'s")
            ):
                first += 1
            while last > first and doc[last - 1].text in ("'s", "'", ",", ".", "-"):
                last -= 1
            if first >= last or any(taken[first:last]):
                remaining = [index for index in range(first, last) if not taken[index]]
                if not remaining or not doc[remaining[0]].text[0].isupper():
                    continue
                first, last = remaining[0], remaining[0] + 1
                while last < entity.end and not taken[last] and doc[last].text[0].isupper():
                    last += 1
            seen.update(range(first, last))
            yield first, last, 2
        for token in doc:
            if token.i + 1 >= len(doc) or not self._opens(token):
                continue
            first = token.i + 1
            while (
                first + 1 < len(doc)
                and not self._named_the(first)
                and doc[first].lower_ in table.leading_words
            ):
                first += 1
            if first in seen or taken[first] or not doc[first].text[0].isupper():
                continue
            last = first + 1
            while (
                last < len(doc)
                and last - first < _LONGEST
                and not taken[last]
                and self._joins(last)
            ):
                last += 1
            kind = doc[first].ent_type_
            if kind == "PERSON" and self._entity(first)[1] - first > 1:
                # 'at Kiryat Shmona': the whole name must be a town's.
                whole = self._entity(first)[1]
                town = token.lower_ in ("in", "at", "near") and self._lookup(
                    self.source[first:whole].text
                )
                if not (town and town[0].main and town[0].population >= _MIDDLING):
                    continue
            if kind == "NORP" and doc[first].pos_ != "PROPN":
                division = last < len(doc) and doc[last].lower_ in table.division_words
                if not division:
                    continue
            if kind in ("TIME", "EVENT", "LAW", "WORK_OF_ART", "LANGUAGE", "MONEY"):
                # The parser's slip in 'in Hilo', 'in Tunis'.
                town = token.lower_ in ("in", "at", "near") and self._lookup(
                    self.source[first:last].text
                )
                if not (town and town[0].main and town[0].population >= _MIDDLING):
                    continue
            if kind == "DATE" and self.keys[first] in table.common:
                continue
            if kind == "ORG" and self._entity(first)[1] - first > 1:
                continue
            yield first, last, 1

    def _opening(self) -> tuple[int, int] | None:
        """The town that a text opens with: 'ERBIL (AP) --', 'Tripoli, Lebanon -'."""
        doc = self.doc
        first = 0
        while first < len(doc) and doc[first].is_space:
            first += 1
        last = first
        while last < len(doc) and last < first + 4 and doc[last].text.isupper():
            last += 1
        if last == first or last == len(doc) or len(doc[first]) < 3:
            return None
        return (first, last) if doc[last].text in (",", "(", "-", "--", "–", "—", "/") else None

    def _named_the(self, index: int) -> bool:
        """'The' written large inside a sentence belongs to the name: 'in The Hague'."""
        token = self.doc[index]
        return token.text == "The" and index > 0 and not token.is_sent_start

    def _opens(self, token: Token) -> bool:
        """Whether a place is likely to follow: 'in', 'city of', 'struck'."""
        doc, table = self.doc, self.table
        low = token.lower_
        if low in table.opening:
            return True
        if low in ("and", ","):
            # 'in Omdurman and El Obeid'
            following = doc[token.i + 1]
            return (
                self.parsed
                and following.pos_ == "PROPN"
                and any(
                    node.dep_ == "conj" and node.head.dep_ == "pobj"
                    and node.head.head.lower_ in ("in", "at", "near")
                    for node in (following, following.head)
                )
            )  # fmt: skip
        if low == "of":
            return token.i > 0 and doc[token.i - 1].lower_ in table.place_nouns
        return self.parsed and token.pos_ == "VERB" and token.lemma_.lower() in table.place_verbs

    def _lookup(self, name: str) -> tuple[GazetteerEntry, ...]:
        entries = self.known.get(name)
        if entries is None:
            entries = self.gazetteer.all(self.table.listed_as(name))
            self.known[name] = entries
        return entries

    # ------------------------------------------------------------- gathering

    def _gather(self, taken: list[bool]) -> list[_Candidate]:
        """What may be a town or a division, in text order; marks the words as taken."""
        result: list[_Candidate] = []
        for first, last, strength in self._candidates(taken):
            if any(taken[first:last]):
                continue
            candidate = self._candidate(first, last, strength)
            if candidate is not None:
                result.append(candidate)
                taken[candidate.first : candidate.last] = [True] * (
                    candidate.last - candidate.first
                )
        for first, last in self._capitalised(taken):
            candidate = self._candidate(first, last, 0)
            if candidate is not None:
                result.append(candidate)
                taken[candidate.first : candidate.last] = [True] * (
                    candidate.last - candidate.first
                )
        result.sort(key=lambda candidate: candidate.first)
        self._listing(result)
        return result

    def _listing(self, candidates: list[_Candidate]) -> None:
        """'in Omdurman, Bahri and El Obeid': what is listed with places is one."""
        for before, after in pairwise(candidates):
            between = self.source[before.last : after.first].text.lower()
            if before.strength and not after.strength and between in (",", "and", ", and", "or"):
                after.strength = 1

    def _candidate(self, first: int, last: int, strength: int) -> _Candidate | None:
        for end in self._particles(last):
            # 'Santiago de Compostela', 'Komsomolsk-on-Amur'
            if any(entry.main for entry in self._lookup(self.source[first:end].text)):
                candidate = self._exact(first, end, strength)
                if candidate is not None:
                    return candidate
        for end in range(last, first, -1):
            if end < last and not self.doc[end].text[0].isupper():
                # 'Bir al-Abed' is not some 'Bir'.
                continue
            candidate = self._exact(first, end, strength)
            if candidate is not None:
                return candidate
        if strength >= 2 and last - first > 1:
            # 'northern Aleppo', 'Greater Manila': the name is at the end.
            for start in range(first + 1, last):
                if self.doc[start].text[0].isupper():
                    candidate = self._exact(start, last, strength)
                    if candidate is not None:
                        return candidate
        return None

    def _particles(self, last: int) -> list[int]:
        """Ends of a name that goes on after small words and a capital, the longest first."""
        doc = self.doc
        ends = []
        index = last
        while index + 1 < len(doc) and index < last + 5:
            if doc[index].lower_ not in _SMALL or doc[index].is_sent_start:
                break
            while index + 1 < len(doc) and doc[index].lower_ in _SMALL:
                index += 1
            while index < len(doc) and doc[index].text[0].isupper():
                index += 1
                ends.append(index)
        return ends[::-1]

    def _exact(self, first: int, last: int, strength: int) -> _Candidate | None:
        doc, table = self.doc, self.table
        text = self.source[first:last].text
        key = normalise(text)
        if len(key) < 2 or key.isdigit() or (len(key) < 4 and text.isupper()):
            return None
        before = doc[first - 1] if first else None
        following = doc[last] if last < len(doc) else None
        if before is not None and before.lower_ in table.titles:
            return None
        if (
            following is not None
            and following.lower_ in table.titles
            and following.text[0].isupper()
        ):
            return None
        located = before is not None and before.lower_ in ("in", "at", "near")
        if last - first == 1 and text in self.surnames and not located:
            return None
        common = key in table.common and strength != _DATELINE
        common = common and self._container(last)[0] is None
        if common and self._is_plain_word(first, before):
            return None
        entries = self._lookup(text)
        if not entries:
            return None
        division = following is not None and following.lower_ in table.division_words
        if before is not None and before.lower_ == "of" and first > 1:
            division = division or doc[first - 2].lower_ in table.division_words
        if any(entry.level for entry in entries) and not division:
            division = key.split()[-1] in table.division_words
        container, rule = self._container(last + 1 if division else last)
        return _Candidate(first, last, strength, key, entries, division, common, container, rule)

    def _is_plain_word(self, first: int, before: Token | None) -> bool:
        token = self.doc[first]
        if before is None or (self.parsed and token.is_sent_start):
            return True
        return before.lower_ not in ("in", "at", "near") or token.pos_ not in ("PROPN", "")

    def _capitalised(self, taken: list[bool]) -> Iterable[tuple[int, int]]:
        """Stretches of capitalised words that nothing but the gazetteer calls a place."""
        doc = self.doc
        index = 0
        while index < len(doc):
            if taken[index] or not self._nameable(index):
                index += 1
                continue
            last = index + 1
            while last < len(doc) and not taken[last] and self._joins(last):
                last += 1
            while doc[last - 1].text in ("-", "'", "’"):
                last -= 1
            yield index, last
            index = last

    def _nameable(self, index: int) -> bool:
        token = self.doc[index]
        if not token.text[0].isupper() or token.is_stop:
            return False
        if len(token) < 3 and not (index + 1 < len(self.doc) and self._joins(index + 1)):
            return False
        kind = token.ent_type_
        if kind in ("DATE", "TIME", "EVENT", "LAW", "WORK_OF_ART", "LANGUAGE", "MONEY", "NORP"):
            return False
        if kind in ("PERSON", "ORG", "PRODUCT"):
            first, last = self._entity(index)
            if last - first > 1:
                # The parser's entity as a whole may yet be a town.
                return index == first and any(
                    entry.main or entry.population > _MIDDLING
                    for entry in self._lookup(self.source[first:last].text)
                )
            if kind == "ORG" and token.text.isupper():
                return False
        before = self.doc[index - 1] if index else None
        if before is not None and before.text[0].isupper() and before.ent_type_ == "PERSON":
            return False
        return token.pos_ == "PROPN" or kind in ("ORG", "PERSON") or not self.parsed

    def _joins(self, index: int) -> bool:
        token = self.doc[index]
        if token.text == "-":
            return not token.whitespace_ and not self.doc[index - 1].whitespace_
        if not token.text[0].isupper() and self.doc[index - 1].text != "-":
            return False
        return not (self.parsed and token.is_sent_start)

    def _hints(self) -> None:
        """Countries whose people the text names."""
        demonyms = self.table.demonyms
        for index, key in enumerate(self.keys):
            if not key or not self.doc[index].text[0].isupper():
                continue
            pair = f"{key} {self.keys[index + 1]}" if index + 1 < len(self.keys) else key
            for words in (pair, key, key.removesuffix("s")):
                if words in demonyms:
                    self.setting.hinted.add(demonyms[words])
                    break

    def _surnames(self) -> frozenset[str]:
        """Last words of persons' names of several words."""
        return frozenset(
            entity[-1].text for entity in self.ents if entity.label_ == "PERSON" and len(entity) > 1
        )

    def _container(self, last: int) -> tuple[tuple[str, str | None] | None, str]:
        """What a name lies in: 'Tripoli, Lebanon', 'Paris, Tex.', 'Tripoli in Lebanon'."""
        doc = self.doc
        if last + 1 >= len(doc) or doc[last].lower_ not in (",", "in", "("):
            return None, "gazetteer.rank"
        start = last + 1
        while start < len(doc) - 1 and doc[start].lower_ in self.table.leading_words | {
            "state", "province", "region", "of", "department", "district", "southwest",
            "southeast", "northwest", "northeast", "north", "south", "east", "west",
        }:  # fmt: skip
            start += 1
        if doc[last].text != "in":
            for end in range(min(len(doc), start + 3), start, -1):
                state = self.table.state(self.source[start:end].text)
                if state is not None:
                    return ("USA", state), "gazetteer.state"
        if not doc[start].text[:1].isupper():
            return None, "gazetteer.rank"
        limit = self.table.longest.get(self.keys[start].split(" ")[0] if self.keys[start] else "")
        hit = self._longest(start, limit) if limit else None
        if hit is not None and hit[1].country:
            return (hit[1].country, self._admin1(hit[1])), "gazetteer.neighbour"
        for end in range(min(len(doc), start + 4), start, -1):
            if not doc[end - 1].text[:1].isupper():
                continue
            regions = [e for e in self._lookup(self.source[start:end].text) if e.level == 1]
            if regions:
                return (regions[0].country, regions[0].admin1), "gazetteer.neighbour"
        return None, "gazetteer.rank"

    def _admin1(self, entry: Listed) -> str | None:
        if entry.precision is not PlacePrecision.ADMIN1:
            return None
        for other in self._lookup(entry.name):
            if other.level == 1 and other.country == entry.country:
                return other.admin1
        return None

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
                entity.label_ not in _ENTITIES
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

    # ------------------------------------------------------------- settling

    def _settle(self, candidates: list[_Candidate]) -> None:
        """Choose for each candidate, the surest first; an unlikely one stays unsettled."""
        for candidate in candidates:
            if candidate.container is not None:
                country, admin1 = candidate.container
                self.setting.countries.add(country)
                if admin1 is not None:
                    self.setting.divisions.add((country, admin1))
        static = {id(candidate): self._scored(candidate, ()) for candidate in candidates}

        def margin(candidate: _Candidate) -> float:
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
        self, candidate: _Candidate, others: Sequence[Sequence[Point]]
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

    def _acceptable(self, candidate: _Candidate, entry: GazetteerEntry) -> bool:
        """Whether what speaks for a place outweighs that the name may be none."""
        own = self.setting.own(entry)
        people = entry.population
        if candidate.container is not None and entry.country == candidate.container[0]:
            return candidate.strength > 0 or own
        if entry.level and candidate.division:
            return True
        if candidate.common:
            if entry.capital:
                return own or people >= _LARGE
            if candidate.strength == 2 and self.setting.near(entry, 60.0):
                return entry.main and people >= 2_000
            return people >= (_MIDDLING if own else 3 * _LARGE)
        if entry.capital:
            return candidate.strength > 0 or own or people >= _LARGE
        near = self.setting.near(entry)
        if not people and entry.main and near:
            # The gazetteer does not know how many live there.
            people = 3_000
        if candidate.strength >= 2:
            if own or near:
                return entry.main or people >= 2_000
            return people >= (2_000 if entry.main else _TOWN)
        if candidate.strength == 1:
            if own or near:
                return people >= (500 if entry.main else _MIDDLING)
            return people >= (_MIDDLING if entry.main else 3 * _LARGE)
        if near:
            return people >= (3_000 if entry.main else _MIDDLING)
        if own:
            return people >= (_MIDDLING if entry.main else _LARGE)
        return entry.main and people >= 3 * _LARGE

    def _mention(self, candidate: _Candidate, entry: GazetteerEntry) -> PlaceMention:
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

    # ------------------------------------------------------------- shared

    def _span(self, first: int, last: int) -> Span:
        final = self.doc[last - 1]
        return Span(self.doc[first].idx, final.idx + len(final))

    def _locative(self, first: int, last: int) -> bool:
        """Whether the words tell where, by their preposition or verb."""
        doc, table = self.doc, self.table
        if last < len(doc) and doc[last].lower_ in ("'s", "'"):
            return False
        if not self.parsed:
            index = first - 1
            while index >= 0 and doc[index].lower_ in table.leading_words:
                index -= 1
            return index >= 0 and doc[index].lower_ in table.locative
        inside = range(first, last)
        head = next(
            (token for token in self.source[first:last] if token.head.i not in inside), doc[first]
        )
        node = head
        for _ in range(4):
            if node.dep_ in ("conj", "appos") and node.head.i != node.i:
                node = node.head
                continue
            break
        if node.dep_ == "pobj":
            prep = node.head
            if prep.lower_ in table.directions:
                # 'sent to Kosovo' tells where, 'aid to Ukraine' and 'troops from Mali' do not.
                return prep.head.pos_ in ("VERB", "AUX", "ADP", "ADV")
            if prep.lower_ in table.locative:
                return True
            if prep.lower_ == "of" and prep.head.lower_ in table.place_nouns:
                return prep.head.dep_ == "pobj" or prep.head.dep_ in ("appos", "dobj")
            return False
        if node.dep_ in ("dobj", "nsubjpass"):
            return node.head.lemma_.lower() in table.place_verbs
        if node.dep_ in ("compound", "nmod", "poss", "amod") and node.head.i > node.i:
            owner = node.head
            if owner.dep_ == "pobj" and owner.head.lower_ in table.locative:
                return owner.lower_ in table.division_words | table.facility_words | {
                    "city", "airport", "suburb", "area", "port", "neighborhood", "neighbourhood",
                    "hospital", "square", "capital", "enclave", "coast", "island",
                }  # fmt: skip
        return False


def place_of_listed(entry: Listed, name: str, span: Span) -> Place:
    """The place of an entry of the codebook; only a site has coordinates."""
    site = entry.point if entry.precision is PlacePrecision.SITE else None
    return Place(
        name=name if entry.precision is PlacePrecision.COUNTRY else entry.name,
        span=span,
        precision=entry.precision,
        country=entry.country,
        admin1=entry.name if entry.precision is PlacePrecision.ADMIN1 else None,
        latitude=site[0] if site else None,
        longitude=site[1] if site else None,
        rule=f"table.{entry.precision.value}",
    )


def place_of_entry(
    entry: GazetteerEntry, name: str, span: Span, table: PlaceTable, rule: str
) -> Place:
    """The place of an entry of the gazetteer; a division has no coordinates."""
    admin1 = table.us_names.get(entry.admin1) if entry.country == "USA" else None
    if entry.level:
        return Place(
            name=name,
            span=span,
            precision=PlacePrecision.ADMIN1 if entry.level == 1 else PlacePrecision.REGION,
            country=entry.country,
            admin1=entry.name if entry.level == 1 else admin1,
            rule=rule.replace("gazetteer.rank", "gazetteer.division"),
        )
    return Place(
        name=name,
        span=span,
        precision=PlacePrecision.CITY,
        country=entry.country,
        admin1=admin1,
        latitude=entry.latitude,
        longitude=entry.longitude,
        geonames_id=str(entry.geonames_id),
        rule=rule,
    )
