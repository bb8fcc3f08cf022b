"""What all steps of the search for places share: a report, what it tells, its mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from dragoman.resolving.gazetteer import Gazetteer, GazetteerEntry, normalise
from dragoman.resolving.place_ranking import Setting
from dragoman.resolving.place_table import Listed, PlaceTable, Point
from dragoman.schema import Place, PlacePrecision, Span

__all__ = [
    "ENTITIES",
    "INSIDE",
    "LARGE",
    "MIDDLING",
    "PlaceMention",
    "Scene",
    "place_of_entry",
    "place_of_listed",
]

LARGE = 100_000
MIDDLING = 15_000
ENTITIES = frozenset({"GPE", "LOC", "FAC"})
INSIDE = ("in", "at", "near")
#: Words that part what the parser took for one name.
_PARTS = frozenset({"and", "with", "or", ","})


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


class Scene:
    """One report: its words, and what is known of where it plays."""

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

    def _surnames(self) -> frozenset[str]:
        """Last words of persons' names of several words."""
        return frozenset(
            entity[-1].text for entity in self.ents if entity.label_ == "PERSON" and len(entity) > 1
        )

    def _lookup(self, name: str) -> tuple[GazetteerEntry, ...]:
        entries = self.known.get(name)
        if entries is None:
            entries = self.gazetteer.all(self.table.listed_as(name))
            self.known[name] = entries
        return entries

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

    def _named_the(self, index: int) -> bool:
        """'The' written large inside a sentence belongs to the name: 'in The Hague'."""
        token = self.doc[index]
        return token.text == "The" and index > 0 and not token.is_sent_start

    def _joins(self, index: int) -> bool:
        token = self.doc[index]
        if token.text == "-":
            return not token.whitespace_ and not self.doc[index - 1].whitespace_
        if not token.text[0].isupper() and self.doc[index - 1].text != "-":
            return False
        return not (self.parsed and token.is_sent_start)

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
