"""Places: from the names in a report to countries and coordinates.

Names are taken from three sources: the codebook's table of countries, regions,
first-level divisions and sites (``codebook/places.toml``); the parser's entities; and
capitalised words after a place preposition. What a name means is decided by its
neighbour ('Tripoli, Lebanon'), the report's own countries, the dateline, and then by
rank and population. Countries, regions and seas never get coordinates.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import pycountry
from spacy.tokens import Doc, Token

from dragoman.resolving.gazetteer import Gazetteer, GazetteerEntry, normalise
from dragoman.schema import Place, PlacePrecision, Span

__all__ = [
    "DocumentPlaces",
    "Gazetteer",
    "GazetteerEntry",
    "PlaceMention",
    "PlaceResolver",
    "PlaceTable",
    "explain_where",
    "normalise",
]

_SPECIFIC = {
    PlacePrecision.SITE: 4,
    PlacePrecision.CITY: 3,
    PlacePrecision.ADMIN1: 2,
    PlacePrecision.REGION: 1,
    PlacePrecision.COUNTRY: 0,
}
_LARGE = 100_000
_TOWN = 40_000
_MIDDLING = 15_000
_ENTITIES = frozenset({"GPE", "LOC", "FAC"})
_LONGEST = 7


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A named place in a parsed text.

    ``first`` and ``last`` are token indices, half-open. ``locative`` is true where the
    words tell where something is or goes ('in Ankara', 'visited Moscow', the city in
    'Tripoli, Lebanon'), false where a place's name stands for a government.
    """

    first: int
    last: int
    place: Place
    locative: bool = False


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry of the codebook's table."""

    name: str
    precision: PlacePrecision
    country: str | None
    latitude: float | None = None
    longitude: float | None = None


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


class PlaceTable:
    """The codebook's places and words; read once.

    ``codebook`` is a TOML file in place of the built-in ``places.toml``. Raises
    ``KeyError`` for a missing table and ``ValueError`` for an entry that is malformed.
    """

    def __init__(self, codebook: Path | None = None) -> None:
        if codebook is None:
            raw = (files("dragoman") / "codebook" / "places.toml").read_text(encoding="utf-8")
        else:
            raw = codebook.read_text(encoding="utf-8")
        data = tomllib.loads(raw)
        self.entries: dict[str, _Listed] = {}
        self.longest: dict[str, int] = {}
        for country in pycountry.countries:
            names = [country.name, getattr(country, "common_name", None)]
            names.append(getattr(country, "official_name", None))
            for name in names:
                if name and "," not in name:
                    self._add(name, _Listed(name, PlacePrecision.COUNTRY, country.alpha_3))
        for code, names in data["divisions"].items():
            for name in names:
                self._add(name, _Listed(name, PlacePrecision.ADMIN1, code))
        for code, names in data["countries"].items():
            for name in names:
                self._add(name, _Listed(name, PlacePrecision.COUNTRY, code))
        for names, code in data["regions"]:
            first, *others = names.split("|")
            entry = _Listed(first, PlacePrecision.REGION, code or None)
            for name in (first, *others):
                self._add(name, entry)
        for row in data["sites"]:
            if len(row) != 4:
                raise ValueError(f"places.toml: site {row!r} must be names, country, lat, lon")
            names, code, latitude, longitude = row
            first, *others = names.split("|")
            entry = _Listed(first, PlacePrecision.SITE, code or None, latitude, longitude)
            for name in (first, *others):
                self._add(name, entry)
        words = data["words"]
        self.common = frozenset(words["common"])
        self.division_words = frozenset(words["division_words"])
        self.facility_words = frozenset(words["facility_words"])
        self.locative = frozenset(words["locative_prepositions"])
        self.directions = frozenset(words["direction_prepositions"])
        self.opening = frozenset(words["opening_prepositions"])
        self.place_verbs = frozenset(words["place_verbs"])
        self.titles = frozenset(words["titles"])
        self.given_names = frozenset(words["given_names"])
        self.place_nouns = frozenset(words["place_nouns"])
        self.leading_words = frozenset(words["leading_words"])
        self.prominent: Mapping[str, str] = data["prominent"]
        self.states: Mapping[str, str] = data["states"]
        american = [part for part in pycountry.subdivisions if part.country_code == "US"]
        # The GeoNames codes of US states are the postal ones, as in ISO 3166-2.
        self.us_states: dict[str, str] = {
            normalise(division.name): division.code[3:] for division in american
        }
        self.us_names: dict[str, str] = {division.code[3:]: division.name for division in american}

    def _add(self, name: str, entry: _Listed) -> None:
        key = normalise(name)
        self.entries[key] = entry
        words = key.split()
        self.longest[words[0]] = max(self.longest.get(words[0], 0), len(words))

    def state(self, words: str) -> str | None:
        """The postal code of a US state given in full or abbreviated ('Tex.', 'TX')."""
        low = words.lower()
        if low in self.states:
            return self.us_states.get(normalise(self.states[low]))
        if words.isupper() and words in self.us_names:
            return words
        return self.us_states.get(normalise(words))


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
        return _Search(doc, self._gazetteer, self._table, dateline_country, countries).run()

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
        span = Span(0, len(name))
        bare, _, neighbour = name.partition(",")
        own = set(countries)
        state = None
        if neighbour.strip():
            listed = self._table.entries.get(normalise(neighbour))
            state = self._table.state(neighbour.strip())
            if listed is not None and listed.country:
                own = {listed.country}
        listed = self._table.entries.get(normalise(bare))
        if listed is not None:
            return _from_table(listed, bare.strip(), span)
        chosen = _rank(
            self._gazetteer.lookup(bare), bare, own, None, self._table, strict=bool(neighbour)
        )
        if state is not None:
            in_state = [
                entry
                for entry in self._gazetteer.lookup(bare)
                if entry.country == "USA" and entry.admin1 == state
            ]
            chosen = in_state[0] if in_state else chosen
        if chosen is None:
            return None
        return _from_gazetteer(chosen, bare.strip(), span, self._table, "gazetteer.name")


class _Search:
    """One report's search; keeps the lookups of this report only."""

    def __init__(
        self,
        doc: Doc,
        gazetteer: Gazetteer,
        table: PlaceTable,
        dateline_country: str | None,
        countries: Sequence[str],
    ) -> None:
        self.doc = doc
        self.text = doc.text
        self.gazetteer = gazetteer
        self.table = table
        self.dateline_country = dateline_country
        self.countries: set[str] = {code for code in countries if code}
        self.known: dict[str, tuple[GazetteerEntry, ...]] = {}
        self.parsed = bool(doc.has_annotation("DEP"))
        self.keys = [normalise(token.text) for token in doc]

    def run(self) -> DocumentPlaces:
        taken = [False] * len(self.doc)
        found: list[PlaceMention] = []
        listed = list(self._listed())
        for first, last, entry in listed:
            for index in range(first, last):
                taken[index] = True
            if entry.country:
                self.countries.add(entry.country)
        for first, last, entry in listed:
            found.append(self._table_mention(first, last, entry))
        for first, last, strength in self._candidates(taken):
            mention = self._city(first, last, strength)
            if mention is None:
                continue
            found.append(mention)
            for index in range(mention.first, mention.last):
                taken[index] = True
        return DocumentPlaces(sorted(found, key=lambda mention: mention.first))

    # ------------------------------------------------------------- the table

    def _listed(self) -> Iterable[tuple[int, int, _Listed]]:
        doc, table = self.doc, self.table
        index = 0
        while index < len(doc):
            token = doc[index]
            hit = None
            if token.text[0].isupper() or self.keys[index] in ("demilitarized", "demilitarised"):
                limit = table.longest.get(
                    self.keys[index].split(" ")[0] if self.keys[index] else ""
                )
                if limit:
                    hit = self._longest(index, limit)
            if hit is None:
                index += 1
                continue
            last, entry = hit
            if self._blocked(index, last, entry):
                index += 1
                continue
            if entry.precision is PlacePrecision.SITE:
                last = self._carry_on(last)
            yield index, last, entry
            index = last

    def _longest(self, first: int, limit: int) -> tuple[int, _Listed] | None:
        """The longest name of the table at a token."""
        key = ""
        best: tuple[int, _Listed] | None = None
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
                if len(key) <= 3 and not self.doc[first].text.replace(".", "").isupper():
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

    def _blocked(self, first: int, last: int, entry: _Listed) -> bool:
        """True where the words belong to a person's or an organisation's longer name."""
        doc = self.doc
        kind = doc[first].ent_type_
        start, end = self._entity(first)
        longer = end - start > last - first
        before = doc[first - 1] if first else None
        if kind == "PERSON" and (longer or (before is not None and before.ent_type_ == "PERSON")):
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
        while start > 0 and doc[start].ent_iob_ == "I":
            start -= 1
        end = index + 1
        while end < len(doc) and doc[end].ent_iob_ == "I":
            end += 1
        return start, end

    def _table_mention(self, first: int, last: int, entry: _Listed) -> PlaceMention:
        entry = self._division_or_country(first, last, entry)
        span = self._span(first, last)
        place = _from_table(entry, span.of(self.text), span)
        return PlaceMention(first, last, place, self._locative(first, last))

    def _division_or_country(self, first: int, last: int, entry: _Listed) -> _Listed:
        """'Atlanta, Georgia' and 'the state of Georgia' are American."""
        if entry.name == "Georgia" and first > 1:
            before = self.doc[first - 1]
            if before.text == "," and any(
                city.country == "USA" and city.admin1 == "GA" and city.population > 20_000
                for city in self._lookup(self.doc[first - 2].text)
            ):
                return _Listed("Georgia", PlacePrecision.ADMIN1, "USA")
            if before.lower_ == "of" and self.doc[first - 2].lower_ == "state":
                return _Listed("Georgia", PlacePrecision.ADMIN1, "USA")
        return entry

    # ------------------------------------------------------------- cities

    def _candidates(self, taken: list[bool]) -> Iterable[tuple[int, int, int]]:
        """Stretches of tokens that may be a town; strength 2 entity, 1 preposition only."""
        doc, table = self.doc, self.table
        seen: set[int] = set()
        for entity in doc.ents:
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
                and (
                    doc[last].text[0].isupper()
                    or (doc[last].text == "-" and not doc[last].whitespace_)
                )
                and not (self.parsed and doc[last].is_sent_start)
            ):
                last += 1
            kind = doc[first].ent_type_
            if kind == "PERSON" and self._entity(first)[1] - first > 1:
                # 'at Kiryat Shmona': the whole name must be a town's.
                whole = self._entity(first)[1]
                town = token.lower_ in ("in", "at", "near") and self._lookup(doc[first:whole].text)
                if not (town and town[0].main and town[0].population >= _MIDDLING):
                    continue
            if kind == "NORP" and doc[first].pos_ != "PROPN":
                division = last < len(doc) and doc[last].lower_ in table.division_words
                if not division:
                    continue
            if kind in ("DATE", "TIME", "EVENT", "LAW", "WORK_OF_ART", "LANGUAGE", "MONEY"):
                continue
            if kind == "ORG" and self._entity(first)[1] - first > 1:
                continue
            yield first, last, 1

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
            entries = self.gazetteer.lookup(name)
            self.known[name] = entries
        return entries

    def _city(self, first: int, last: int, strength: int) -> PlaceMention | None:
        for end in range(last, first, -1):
            mention = self._city_exact(first, end, strength)
            if mention is not None:
                return mention
        if strength == 2 and last - first > 1:
            # 'northern Aleppo', 'Greater Manila': the name is at the end.
            for start in range(first + 1, last):
                if self.doc[start].text[0].isupper() and not self.doc[start - 1].text[0].isupper():
                    return self._city_exact(start, last, strength)
        return None

    def _city_exact(self, first: int, last: int, strength: int) -> PlaceMention | None:
        doc, table = self.doc, self.table
        text = doc[first:last].text
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
        common = key in table.common
        if common and self._is_plain_word(first, before):
            return None
        entries = self._lookup(text)
        division = following is not None and following.lower_ in table.division_words
        if not entries:
            return None
        chosen, rule = self._by_neighbour(entries, last)
        if chosen is None:
            chosen = _rank(
                entries, text, self.countries, self.dateline_country, table, strict=False
            )
            rule = "gazetteer.rank"
            if chosen is None or not self._large_enough(chosen, strength, common):
                return None
        end = last
        span = self._span(first, end)
        if division and following is not None:
            end = last + 1
            span = self._span(first, end)
            place = Place(
                name=span.of(self.text),
                span=span,
                precision=PlacePrecision.ADMIN1,
                country=chosen.country,
                admin1=chosen.name,
                rule="gazetteer.division",
            )
        else:
            place = _from_gazetteer(chosen, text, span, table, rule)
        return PlaceMention(first, end, place, self._locative(first, end))

    def _is_plain_word(self, first: int, before: Token | None) -> bool:
        token = self.doc[first]
        if before is None or (self.parsed and token.is_sent_start):
            return True
        return before.lower_ not in ("in", "at", "near") or token.pos_ not in ("PROPN", "")

    def _large_enough(self, entry: GazetteerEntry, strength: int, common: bool) -> bool:
        own = entry.country in self.countries or entry.country == self.dateline_country
        if entry.capital:
            return not common or own or entry.population >= _LARGE
        if common:
            return entry.population >= (_MIDDLING if own else 3 * _LARGE)
        if strength == 2:
            if own:
                return entry.main or entry.population >= 2_000
            return entry.population >= (_MIDDLING if entry.main else _LARGE)
        if own:
            return entry.population >= (1_000 if entry.main else _MIDDLING)
        return entry.population >= (_TOWN if entry.main else 3 * _LARGE)

    def _by_neighbour(
        self, entries: Sequence[GazetteerEntry], last: int
    ) -> tuple[GazetteerEntry | None, str]:
        """'Tripoli, Lebanon', 'Paris, Texas', 'Tripoli in Lebanon', 'Mosul (Iraq)'."""
        doc = self.doc
        if last + 1 >= len(doc) or doc[last].lower_ not in (",", "in", "("):
            return None, ""
        start = last + 1
        while start < len(doc) - 1 and doc[start].lower_ in (
            "the", "northern", "southern", "eastern", "western", "central", "north", "south",
        ):  # fmt: skip
            start += 1
        comma = doc[last].text != "in"
        if comma:
            for end in range(min(len(doc), start + 3), start, -1):
                state = self.table.state(doc[start:end].text)
                if state is not None:
                    for entry in entries:
                        if entry.country == "USA" and entry.admin1 == state:
                            return entry, "gazetteer.state"
        hit = None
        if doc[start].text[:1].isupper():
            limit = self.table.longest.get(
                self.keys[start].split(" ")[0] if self.keys[start] else ""
            )
            hit = self._longest(start, limit) if limit else None
        if hit is not None and hit[1].country:
            for entry in entries:
                if entry.country == hit[1].country:
                    return entry, "gazetteer.neighbour"
        return None, ""

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
        head = next((token for token in doc[first:last] if token.head.i not in inside), doc[first])
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


def _rank(
    entries: Sequence[GazetteerEntry],
    name: str,
    countries: set[str],
    dateline_country: str | None,
    table: PlaceTable,
    *,
    strict: bool,
) -> GazetteerEntry | None:
    """The likeliest of a name's places.

    A place in one of the report's countries beats a larger one elsewhere if it has a
    tenth of its people; ``strict`` drops that bound.
    """
    if not entries:
        return None
    named = table.prominent.get(normalise(name))

    def weight(entry: GazetteerEntry) -> float:
        score = math.log10(entry.population + 10)
        score += 1.5 if entry.capital else 0.0
        score += 1.5 if entry.main else 0.0
        score += 3.0 if named is not None and entry.country == named else 0.0
        return score

    top = max(entries, key=lambda entry: (weight(entry), -entry.geonames_id))
    own = [
        entry
        for entry in entries
        if (entry.country in countries or entry.country == dateline_country)
        and (
            strict
            or entry.population * 10 >= top.population
            or (entry.main and not top.main and entry.population * 100 >= top.population)
        )
    ]
    if not own or (top.country in countries and top in own):
        return top
    return max(own, key=lambda entry: (weight(entry), -entry.geonames_id))


def _from_table(entry: _Listed, name: str, span: Span) -> Place:
    return Place(
        name=name if entry.precision is PlacePrecision.COUNTRY else entry.name,
        span=span,
        precision=entry.precision,
        country=entry.country,
        admin1=entry.name if entry.precision is PlacePrecision.ADMIN1 else None,
        latitude=entry.latitude,
        longitude=entry.longitude,
        rule=f"table.{entry.precision.value}",
    )


def _from_gazetteer(
    entry: GazetteerEntry, name: str, span: Span, table: PlaceTable, rule: str
) -> Place:
    admin1 = table.us_names.get(entry.admin1) if entry.country == "USA" else None
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


@cache
def _default() -> PlaceResolver:
    return PlaceResolver(Gazetteer.open())


def explain_where(name: str, context_country: str | None = None) -> Place | None:
    """What place a name means, in a report about ``context_country`` (ISO alpha-3).

    The place's ``rule`` tells how it was chosen; ``None`` if no place has the name. The
    gazetteer is opened at the first call and built if need be.
    """
    place = _default().resolve(name, (context_country,) if context_country else ())
    return replace(place, span=Span(0, len(name))) if place else None
