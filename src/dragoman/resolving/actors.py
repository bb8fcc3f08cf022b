"""Who: from noun phrases to political actors.

Tables first: names, adjectives, capitals, seats of power, organisations, groups, office
holders and role words come from the codebook; the parser's entities are asked only for
persons that no table knows. What the report itself says of a person goes before every
table. Spans are offsets into the parsed text, which are those of ``Document.text``.

Sectors follow the PLOVER manual, 'Sector Codes'; envoys, embassies and ministries
belong to the country they serve, whatever place they stand in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from spacy.language import Language
from spacy.tokens import Doc, Token

from dragoman.resolving.actor_tables import (
    BREAK,
    FAMILY_NAME_FIRST,
    ActorTables,
    Name,
    Role,
    letters,
    normal_name,
    normal_words,
)
from dragoman.resolving.references import (
    FEMALE,
    MALE,
    Discourse,
    Mentioned,
    referring,
)
from dragoman.schema import Actor, Span

__all__ = ["ActorResolver", "ActorTables", "DocumentActors", "explain_who"]

_MODIFYING = frozenset({"amod", "compound", "nmod", "poss", "npadvmod", "nummod", "quantmod"})
_NOUNS = frozenset({"NOUN", "PROPN"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_ARTICLES = frozenset({"the", "a", "an", "this", "that", "these", "those"})
_NUMBERS = {"two": 2, "both": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_PARTICLES = frozenset(
    {"bin", "al", "el", "de", "van", "von", "der", "ibn", "da", "dos", "del", "abu", "ul"}
)
_HE = {"he": MALE, "him": MALE, "his": MALE, "she": FEMALE, "her": FEMALE, "hers": FEMALE}
_THEY = frozenset({"they", "them", "their", "theirs"})
_IT = frozenset({"it", "its"})
_CLITIC = frozenset({"'s", "'", "\u2019s", "\u2019"})
_QUANTITIES = frozenset(
    {
        "dozens",
        "scores",
        "hundreds",
        "thousands",
        "millions",
        "number",
        "group",
        "groups",
        "majority",
        "some",
        "many",
        "most",
        "all",
        "one",
        "several",
        "two",
        "three",
        "four",
        "five",
        "handful",
        "crowd",
        "crowds",
        "tens",
        "remnants",
        "representatives",
        "each",
        "any",
        "none",
        "both",
    }
)
_RELATIVE = frozenset({"who", "whom", "which", "that", "whose"})
_PLURAL_TAGS = frozenset({"NNS", "NNPS"})
_OF_LIKE = frozenset({"of", "for", "from"})
_POSTED = frozenset(
    {"ambassador", "ambassadors", "envoy", "envoys", "embassy", "visit", "trip", "flight"}
)
_PLACED = frozenset({"in", "at", "near", "outside", "across", "inside", "around", "throughout"})
_ACTOR_KINDS = frozenset({"country", "seat", "organisation", "group", "holder"})
_STATE_LIKE = frozenset({"country", "organisation", "group", "body"})
#: How long after leaving office a bare surname is still taken for the person.
_REMEMBERED = timedelta(days=5 * 365)
_GRACE = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name of the tables in the text: token indices half-open, all its meanings."""

    first: int
    last: int
    names: tuple[Name, ...]

    def kind(self, *kinds: str) -> Name | None:
        for name in self.names:
            if name.kind in kinds:
                return name
        return None


@dataclass(frozen=True, slots=True)
class _RoleWords:
    """A role word in the text: token indices half-open."""

    first: int
    last: int
    role: Role


@dataclass(frozen=True, slots=True)
class _Person:
    """What the report says of a person."""

    name: str
    country: str | None
    sector: str | None
    role: str | None
    gender: str | None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class _Owner:
    """A country or body that a phrase belongs to."""

    country: str
    sector: str | None
    kind: str
    name: str
    span: Span | None
    rule: str


@dataclass(slots=True)
class _Phrase:
    """What stands left of a noun in its phrase."""

    first: int
    owners: list[_Owner] = field(default_factory=list)
    possessor: Token | None = None
    pronoun: Token | None = None
    words: list[str] = field(default_factory=list)
    role: _RoleWords | None = None
    former: bool = False
    definite: bool = False
    indefinite: bool = False
    count: int | None = None
    title: str | None = None


class ActorResolver:
    """Resolve actors in parsed documents. Holds the tables only."""

    def __init__(self, tables: ActorTables) -> None:
        self._tables = tables

    def open(
        self, doc: Doc, *, published: date | None, dateline_country: str | None = None
    ) -> DocumentActors:
        """Read a whole parsed document once, so that its phrases can be asked for.

        ``published`` decides who held an office; ``dateline_country`` is ISO alpha-3.
        """
        return DocumentActors(self._tables, doc, published, dateline_country)


class DocumentActors:
    """The actors of one parsed document. Every answer is computed once and kept."""

    def __init__(
        self,
        tables: ActorTables,
        doc: Doc,
        published: date | None,
        dateline_country: str | None,
    ) -> None:
        self._tables = tables
        self._words = tables.words
        self._doc = doc
        self._published = published
        self._dateline = dateline_country
        self._tokens = list(doc)
        size = len(self._tokens)
        self._lower = [token.lower_ for token in self._tokens]
        self._dep = [token.dep_ for token in self._tokens]
        self._pos = [token.pos_ for token in self._tokens]
        self._head = [token.head.i for token in self._tokens]
        self._kids: list[list[int]] = [[] for _ in range(size)]
        for index, head in enumerate(self._head):
            if head != index:
                self._kids[head].append(index)
        self._sentence = [0] * size
        self._starts: list[int] = []
        for number, sent in enumerate(doc.sents):
            self._starts.append(sent.start)
            for index in range(sent.start, sent.end):
                self._sentence[index] = number
        self._mention: list[_Mention | None] = [None] * size
        self._role: list[_RoleWords | None] = [None] * size
        self._people: dict[str, _Person] = {}
        self._single: dict[int, tuple[Actor, ...]] = {}
        self._busy: set[int] = set()
        self._discourse = Discourse()
        self._acronyms: dict[str, Name] = {}
        self._match()
        self._weights = self._count_countries()
        self._define_acronyms()
        self._define_people()
        self._single.clear()
        self._walk()

    # -- public ------------------------------------------------------------------------------

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries (ISO alpha-3) that the report names, most often named first."""
        return tuple(
            code for code, _ in self._weights.most_common() if code in self._tables.countries
        )

    def of(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors denoted by the noun phrase whose syntactic head is ``head``.

        Coordinated phrases are included. Empty where the phrase denotes no political actor.
        """
        out: list[Actor] = []
        for index in self._coordinated(head.i):
            out.extend(self._one(index))
        return _distinct(out)

    def modifier(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors named by adjectives and compounds of a noun, not possessives."""
        phrase = self._phrase(head.i, head.i)
        return _distinct(self._owner_actor(owner) for owner in phrase.owners)

    def possessive(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors of the possessive of a noun ("Russia's attack", 'its')."""
        for index in self._kids[head.i]:
            if self._dep[index] == "poss":
                found = self.of(self._tokens[index])
                first = self._owner_start(index)
                if (
                    self._dep[head.i] == "conj"
                    and first >= 2
                    and self._lower[first - 1] == "and"
                    and self._head[head.i] == first - 2
                    and self._bare_country(first - 2)
                ):
                    found = (*self._one(first - 2), *found)  # China and Russia's drills
                if found:
                    return _distinct(found)
        phrase = self._phrase(head.i, head.i)
        if phrase.pronoun is not None:
            return self._one(phrase.pronoun.i)
        if phrase.possessor is not None:
            return self.of(phrase.possessor)
        return ()

    def within(self, tokens: Sequence[Token]) -> tuple[Actor, ...]:
        """Return all actors named among ``tokens``, in text order; no places, no pronouns."""
        wanted = {token.i for token in tokens}
        out: list[Actor] = []
        done: set[int] = set()
        for token in tokens:
            index = token.i
            if index in done:
                continue
            mention = self._mention[index]
            if mention is not None:
                if mention.last - 1 not in wanted and index != mention.last - 1:
                    continue
                done.update(range(mention.first, mention.last))
                last = self._tokens[mention.last - 1]
                if self._dep[last.i] in _MODIFYING and self._head_is_role(last.i):
                    continue  # told by the phrase of its head
                out.extend(self._one(last.i) or self._named(mention))
            elif self._pos[index] in _NOUNS and self._dep[index] != "compound":
                out.extend(self._one(index))
        return _distinct(out)

    def is_place_use(self, token: Token) -> bool:
        """Tell whether a name stands where a place stands ('in Tehran', 'flew to Tehran')."""
        mention = self._mention[token.i]
        last = mention.last - 1 if mention is not None else token.i
        first = mention.first if mention is not None else token.i
        top = last
        for _ in range(6):
            if self._dep[top] in {"conj", "appos"} and self._head[top] != top:
                top = self._head[top]
            else:
                break
        governor = self._head[top]
        if self._dep[top] == "npadvmod" and first and self._lower[first - 1] == ",":
            return True
        if (
            mention is not None
            and mention.kind("capital")
            and first >= 2
            and self._dep[last] == "appos"
            and self._lower[first - 1] == ","
        ):
            return True
        if self._dep[top] not in {"pobj", "pcomp"}:
            return False
        preposition = self._lower[governor]
        over = self._head[governor]
        if preposition == "to" and governor and self._lower[governor - 1] in _POSTED:
            return True  # the ambassador to Baku
        if preposition == "of":
            return self._tokens[over].lemma_.lower() in {
                "city",
                "north",
                "south",
                "east",
                "west",
                "outskirts",
                "suburb",
                "centre",
                "center",
                "capital",
                "port",
                "town",
                "mayor",
            }
        if preposition in self._words.place_prepositions:
            return True
        lemma = self._tokens[over].lemma_.lower()
        if preposition == "to":
            return lemma in self._words.place_motion
        if preposition == "from":
            if self._pos[over] in _NOUNS:
                return lemma not in self._words.metonym_nouns
            return True
        return False

    # -- finding names -----------------------------------------------------------------------

    def _match(self) -> None:
        words: list[str] = []
        index: list[int] = []
        for token in self._tokens:
            for word in normal_words(token.text):
                words.append(word)
                index.append(token.i)
        names, reach = self._tables.names, self._tables.name_reach
        roles, role_reach = self._tables.roles, self._tables.role_reach
        position, total = 0, len(words)
        while position < total:
            word = words[position]
            step = 1
            longest = reach.get(word)
            if longest is not None:
                for size in range(min(longest, total - position), 0, -1):
                    key = tuple(words[position : position + size])
                    meanings = names.get(key)
                    if meanings is None:
                        continue
                    first, last = index[position], index[position + size - 1] + 1
                    kept = self._spelled(first, last, meanings)
                    if kept and not self._inside_person(first, last, kept):
                        mention = _Mention(first, last, kept)
                        for i in range(first, last):
                            self._mention[i] = mention
                        step = size
                        break
            position += step
        position = 0
        while position < total:
            step = 1
            longest = role_reach.get(words[position])
            if longest is not None:
                for size in range(min(longest, total - position), 0, -1):
                    role = roles.get(tuple(words[position : position + size]))
                    if role is None:
                        continue
                    first, last = index[position], index[position + size - 1] + 1
                    short = len(role.word) <= 3  # an NGO, but Ngo Xuan Lich
                    if short and self._tokens[first].text == role.word.title():
                        break
                    if self._mention[last - 1] is None:
                        self._role[last - 1] = _RoleWords(first, last, role)
                        if " of " in role.word:  # the syntactic head of 'head of state'
                            noun = first + role.word.split().index("of") - 1
                            self._role[noun] = _RoleWords(first, noun + 1, role)
                        step = size
                    break
            position += step

    def _spelled(self, first: int, last: int, meanings: tuple[Name, ...]) -> tuple[Name, ...]:
        text = self._doc[first:last].text
        plain = letters(text)
        capital = any(token.text[0].isupper() for token in self._tokens[first:last])
        kept = tuple(m for m in meanings if (plain == m.exact if m.exact is not None else capital))
        if len({m.kind for m in kept} & {"group", "holder"}) and len(kept) > 1:
            valid = tuple(
                m for m in kept if m.kind not in {"group", "holder"} or m.holds(self._published)
            )
            kept = valid or kept
        return kept

    def _inside_person(self, first: int, last: int, names: tuple[Name, ...]) -> bool:
        """Tell whether a short name is only part of a person's name ('Jim Jordan')."""
        if last - first > 1 or any(n.kind in {"holder", "seat"} for n in names):
            return False
        token = self._tokens[first]
        if any(n.kind in {"adjective", "organisation"} for n in names):
            return False
        if first and self._lower[first - 1] == "new" and self._tokens[first - 1].is_title:
            return True
        if token.ent_type_ != "PERSON":
            return False
        before = self._tokens[first - 1] if first else None
        after = self._tokens[last] if last < len(self._tokens) else None
        for other in (before, after):
            if (
                other is not None
                and other.ent_type_ == "PERSON"
                and other.pos_ == "PROPN"
                and (other.head.i == first or token.head.i == other.i)
                and not self._is_role_word(other.i)
            ):
                return True
        return False

    def _is_role_word(self, index: int) -> bool:
        return (self._lower[index],) in self._tables.roles

    def _count_countries(self) -> Counter[str]:
        weights: Counter[str] = Counter()
        seen: set[int] = set()
        for mention in self._mention:
            if mention is not None and mention.first not in seen:
                seen.add(mention.first)
                weights[mention.names[0].country] += 1
        return weights

    def _dominant(self) -> str | None:
        """Return the one country that the report is about, if there is one."""
        ranked = [(c, n) for c, n in self._weights.most_common(4) if c in self._tables.countries]
        if not ranked:
            return self._dateline
        if len(ranked) == 1 or ranked[0][1] >= 2 * ranked[1][1]:
            return ranked[0][0]
        if self._dateline is not None and self._weights[self._dateline]:
            return self._dateline
        return None

    # -- definitions in the text -------------------------------------------------------------

    def _define_acronyms(self) -> None:
        """Take 'Full Name (ABC)' as the report's own abbreviation."""
        for index in range(1, len(self._tokens) - 2):
            if self._lower[index] != "(" or self._lower[index + 2] != ")":
                continue
            short = self._tokens[index + 1].text
            mention = self._mention[index - 1]
            if mention is None or not short.isupper() or not 2 <= len(short) <= 8:
                continue
            name = mention.kind("organisation", "group", "seat")
            if name is not None:
                self._acronyms[short] = name
        if not self._acronyms:
            return
        for index, token in enumerate(self._tokens):
            name = self._acronyms.get(token.text)
            if name is not None:
                self._mention[index] = _Mention(index, index + 1, (name,))

    def _define_people(self) -> None:
        """Collect what the report says of persons, in text order; the first word counts."""
        index = 0
        while index < len(self._tokens):
            span = self._name_at(index)
            if span is None:
                index += 1
                continue
            first, last = span
            self._define(first, last)
            index = last

    def _name_at(self, index: int) -> tuple[int, int] | None:
        """Return the token range of a person's name that starts at ``index``."""
        token = self._tokens[index]
        mention = self._mention[index]
        if mention is not None:
            if mention.first == index and mention.kind("holder"):
                return index, mention.last
            return None
        if self._pos[index] != "PROPN" or self._role[index] is not None:
            return None
        if not token.text[0].isupper() or self._starts_role(index):
            return None
        person = token.ent_type_ == "PERSON"
        titled = index > 0 and (self._titles(index - 1) or self._office_before(index) is not None)
        if not person and not titled:
            return None
        last = index + 1
        while last < len(self._tokens) and self._continues_name(last, person):
            last += 1
        while last > index + 1 and self._lower[last - 1] in {"-", *_PARTICLES}:
            last -= 1
        return index, last

    def _office_before(self, first: int) -> _RoleWords | None:
        """Return the office in 'President of Chile | Gabriel Boric'."""
        mention = self._mention[first - 1] if first else None
        if mention is None or mention.first < 2:
            return None
        start = mention.first - 1
        if self._lower[start] == "the" and start > 1:
            start -= 1
        if self._lower[start] not in {"of", "for"}:
            return None
        role = self._role[start - 1]
        if role is None or role.role.kind != "person":
            return None
        return None if self._tokens[start - 1].tag_ in _PLURAL_TAGS else role

    def _starts_role(self, index: int) -> bool:
        for ahead in range(index, min(index + 4, len(self._tokens))):
            role = self._role[ahead]
            if role is not None and role.first <= index:
                return True
        return False

    def _titles(self, index: int) -> bool:
        role = self._role[index]
        return (
            role is not None
            and role.role.kind == "person"
            and (self._tokens[index].tag_ not in _PLURAL_TAGS or self._pos[index] == "PROPN")
        )

    def _continues_name(self, index: int, person: bool) -> bool:
        token = self._tokens[index]
        if self._mention[index] is not None or self._role[index] is not None:
            return False
        if self._sentence[index] != self._sentence[index - 1]:
            return False
        if self._lower[index] == "-" or self._lower[index] in _PARTICLES:
            return index + 1 < len(self._tokens) and self._pos[index + 1] == "PROPN"
        if self._pos[index] != "PROPN" or not token.text[0].isalpha():
            return False
        return not (person and token.ent_type_ not in {"PERSON", ""} and token.ent_iob_ == "B")

    def _define(self, first: int, last: int) -> None:
        name = self._doc[first:last].text
        head = last - 1
        phrase = self._phrase(first, head)
        role_words, owners = phrase.role, list(phrase.owners)
        role_phrase = phrase
        if phrase.possessor is not None:
            owners = [*self._owners_of(phrase.possessor), *owners]
        if not owners and last + 1 < len(self._tokens) and self._lower[last] == "of":
            owners = self._placed_owner(last + 1, "of")  # Prime Minister Major of Britain
        if role_words is None:
            described = self._description(first, last)
            if described is not None:
                role_words, role_phrase = described
                owners = list(role_phrase.owners) or owners
                if role_phrase.possessor is not None:
                    owners = [*self._owners_of(role_phrase.possessor), *owners]
        country: str | None = None
        sector: str | None = None
        role: str | None = None
        if role_words is not None:
            complement = self._complement(role_words)
            owners = owners or complement
            role = self._role_name(role_words, role_phrase)
            chosen = self._main_owner(owners)
            sector = self._sector(role_words.role, role_phrase, chosen, complement)
            if chosen is not None:
                country = chosen.country
        elif owners:
            chosen = self._main_owner(owners)
            country = chosen.country if chosen is not None else None
        keys = self._keys(first, last, country)
        known = next((self._people[k] for k in keys if k in self._people), None)
        gender = self._gender(first, phrase)
        table = self._holder(self._mention[first], on=self._published)
        if table is None and last - first == 1 and country is None:
            table = self._surname(first)
        if table is not None and country is None:
            country = table.country
        if (
            country is None
            and known is None
            and role_words is not None
            and role_words.role.fallback
            and role_phrase.pronoun is None
            and not role_phrase.indefinite
        ):
            country = self._dominant()
        if table is not None and role is None:
            sector, role = self._office(table)
        if known is not None:
            name = known.name if len(known.name) >= len(name) else name
            country = known.country or country
            role = known.role if known.role is not None else role
            sector = known.sector if known.sector is not None else sector
            gender = known.gender or gender
        person = _Person(name, country, sector, role, gender)
        for key in keys:
            self._people[key] = person

    def _keys(self, first: int, last: int, country: str | None) -> list[str]:
        words = [w for w in normal_name(self._doc[first:last].text) if w != BREAK]
        if not words:
            return []
        keys = [" ".join(words)]
        for start in range(1, len(words)):
            keys.append(" ".join(words[start:]))
        table = self._mention[first]
        holder = table.kind("holder") if table is not None else None
        home = country or (holder.country if holder is not None else None)
        if home in FAMILY_NAME_FIRST and len(words) > 1:
            keys.append(words[0])
        return keys

    def _description(self, first: int, last: int) -> tuple[_RoleWords, _Phrase] | None:
        """Find the role in apposition to a name, before or behind it."""
        size = len(self._tokens)
        office = self._office_before(first)
        if office is not None:  # President of Chile Gabriel Boric
            return office, self._phrase(office.first, office.last - 1)
        if last < size and self._lower[last] == ",":  # Lavrov, Russia's foreign minister,
            for index in range(last + 1, min(last + 9, size)):
                if self._lower[index] in {",", ";", ".", "who", "which", "and"}:
                    break
                if self._pos[index] in {"VERB", "AUX"} and self._dep[index] != "amod":
                    break
                role = self._role[index]
                if role is None or role.role.kind not in {"person", "body", "people"}:
                    continue
                if index + 1 < size and self._pos[index + 1] in _NOUNS:
                    continue
                phrase = self._phrase(role.first, index)
                if phrase.first >= last + 1:
                    if phrase.first > last + 1 and phrase.possessor is None:
                        break
                    return role, phrase
                break
        if first >= 2 and self._lower[first - 1] == ",":  # Foreign Minister of Russia, Lavrov
            start = self._starts[self._sentence[first]]
            for index in range(first - 2, max(start, first - 9) - 1, -1):
                if self._lower[index] in {",", ";", "and", "with"}:
                    break
                if self._pos[index] in {"VERB", "AUX"}:
                    break
                role = self._role[index]
                if role is None or role.role.kind != "person":
                    continue
                if index != first - 2 and self._lower[index + 1] not in {"of", "for"}:
                    break
                if self._tokens[index].tag_ in _PLURAL_TAGS:
                    break
                return role, self._phrase(role.first, index)
        return None

    def _gender(self, first: int, phrase: _Phrase) -> str | None:
        words = self._words
        before = {self._lower[i].rstrip(".") for i in range(phrase.first, first)}
        if before & words.female_titles:
            return FEMALE
        if before & words.male_titles:
            return MALE
        given = normal_words(self._tokens[first].text)
        if given and given[0] in words.female:
            return FEMALE
        if given and given[0] in words.male:
            return MALE
        return None

    # -- phrases -----------------------------------------------------------------------------

    def _phrase(self, start: int, head: int) -> _Phrase:
        """Read leftwards from ``start`` (not included) what belongs to the noun ``head``."""
        phrase = _Phrase(start)
        limit = self._starts[self._sentence[head]] if self._starts else 0
        index = start - 1
        role = self._role[head]
        if role is not None and role.last == head + 1 and start == head:
            index = role.first - 1
            phrase.first = role.first
        skip = False
        last_owner: int | None = None
        while index >= limit:
            mention = self._mention[index]
            lower = self._lower[index]
            if mention is not None and mention.last - 1 == index:
                if not self._premodifies(mention, head):
                    break
                if not skip:
                    owner = self._owner_from(mention)
                    if owner is None:
                        break
                    phrase.owners.insert(0, owner)
                skip = False
                last_owner = mention.first
                phrase.first = mention.first
                index = mention.first - 1
                continue
            if lower in {"-", "\u2013", "/"}:
                index -= 1
                continue
            if lower == ")":  # New People's Army (NPA) rebels
                opening = index - 1
                while opening > limit and self._lower[opening] != "(":
                    opening -= 1
                if index - opening > 4 or self._lower[opening] != "(":
                    break
                index = opening - 1
                continue
            if lower in {"'s", "'", "\u2019s", "\u2019"} and index > limit:
                phrase.possessor = self._tokens[index - 1]
                phrase.first = self._owner_start(index - 1)
                break
            if self._tokens[index].tag_ == "PRP$":
                phrase.pronoun = self._tokens[index]
                phrase.first = index
                break
            if lower in _ARTICLES:
                phrase.definite = lower in {"the", "these", "those", "this", "that"}
                phrase.indefinite = lower in {"a", "an"}
                if lower == "the" and index > limit and self._lower[index - 1] in _NUMBERS:
                    phrase.count = _NUMBERS[self._lower[index - 1]]
                break
            if lower in _NUMBERS:
                phrase.count = _NUMBERS[lower]
                phrase.definite = phrase.definite or lower == "both"
                index -= 1
                continue
            if self._pos[index] == "NUM" or lower in {"several", "some", "many", "few"}:
                phrase.indefinite = True
                index -= 1
                continue
            if lower in self._words.former:
                phrase.former = True
                phrase.first = index
                index -= 1
                continue
            if lower in {"and", ",", "or"}:
                if last_owner == index + 1 and self._adjectival_before(index):
                    index -= 1
                    continue
                if (
                    index > limit
                    and lower != "or"
                    and last_owner is None
                    and self._lower[index - 1] in self._words.qualifiers
                    and self._lower[index + 1] in self._words.qualifiers
                ):
                    index -= 1
                    continue
                break
            words = self._words
            if lower in words.names_other or lower in words.prefixes_other:
                if lower in words.prefixes_other:
                    if phrase.owners and last_owner is not None and last_owner > index:
                        phrase.owners.pop(0)
                    index -= 1
                    continue
                skip = True
                index -= 1
                continue
            if lower in words.names_actor and self._pos[index] != "NOUN":
                index -= 1
                continue
            if self._pos[index] in {"ADJ", "NOUN", "PROPN", "ADV"} or (
                self._pos[index] == "VERB" and self._dep[index] == "amod"
            ):
                if self._pos[index] in _NOUNS and not self._belongs(index, head):
                    break
                here = self._role[index]
                if here is not None and phrase.role is None and here.last == index + 1:
                    phrase.role = here
                    phrase.words[:0] = self._lower[here.first : here.last]
                    phrase.first = here.first
                    index = here.first - 1
                    continue
                if lower not in words.ignored:
                    phrase.words.insert(0, lower)
                    phrase.first = index
                index -= 1
                continue
            break
        return phrase

    def _belongs(self, index: int, head: int) -> bool:
        governor = self._head[index]
        if index < governor <= head:
            return True
        if self._dep[index] in {"compound", "amod", "nmod", "npadvmod"}:
            return True
        return self._tokens[index].tag_ in {"NNP", "NNPS"} and self._dep[index] not in {
            "nsubj",
            "dobj",
            "pobj",
            "ROOT",
            "dative",
        }

    def _premodifies(self, mention: _Mention, head: int) -> bool:
        last = mention.last - 1
        if mention.kind("adjective") is not None:
            return True
        governor = self._head[last]
        if last < governor <= head:
            return True
        if last + 1 < len(self._tokens) and self._lower[last + 1] in {"-", "\u2013", "/"}:
            return True
        if self._dep[last] in {"nsubj", "nsubjpass", "dobj", "pobj", "ROOT", "dative", "attr"}:
            return False
        return mention.kind("holder") is None

    def _adjectival_before(self, index: int) -> bool:
        before = self._mention[index - 1] if index else None
        after = self._mention[index + 1] if index + 1 < len(self._tokens) else None
        if before is None or after is None:
            return False
        return _adjectival(before) and _adjectival(after)

    def _owner_start(self, index: int) -> int:
        mention = self._mention[index]
        return mention.first if mention is not None else index

    def _owner_from(self, mention: _Mention) -> _Owner | None:
        name = mention.kind(
            "adjective", "country", "organisation", "group", "seat", "capital", "people", "holder"
        )
        if name is None:
            return None
        sector = name.sector if name.kind in {"organisation", "group", "seat"} else None
        if name.kind == "adjective" and mention.kind("organisation", "group"):
            other = mention.kind("organisation", "group")
            sector = other.sector if other is not None else None
        rule = {
            "adjective": "demonym",
            "people": "demonym",
            "country": "country-name",
            "capital": "capital-metonym",
            "seat": "metonym",
            "organisation": "organisation",
            "group": "group",
            "holder": "office-holder",
        }[name.kind]
        return _Owner(
            name.country,
            sector,
            name.kind,
            name.name,
            self._span(mention.first, mention.last),
            rule,
        )

    def _owners_of(self, token: Token) -> list[_Owner]:
        """Return the owners that the phrase of a possessor or complement names."""
        out: list[_Owner] = []
        for actor in self.of(token):
            if actor.country is None:
                continue
            sector = actor.sector if actor.sector not in {"GOV", "CVL"} else None
            kind = "organisation" if actor.sector == "IGO" else "country"
            out.append(_Owner(actor.country, sector, kind, actor.name, actor.span, actor.rule))
        return out

    def _owner_actor(self, owner: _Owner) -> Actor:
        bare = owner.kind in {"adjective", "country", "capital", "people"}
        return Actor(
            name=owner.name,
            span=owner.span if owner.span is not None else Span(0, 0),
            country=owner.country,
            sector="GOV" if bare else owner.sector or "GOV",
            organisation=owner.country if owner.sector in {"IGO", "REB"} else None,
            rule=owner.rule if owner.rule != "demonym" else "demonym",
        )

    def _complement(self, role: _RoleWords) -> list[_Owner]:
        """Return the owners named behind a role word: 'of Iran', 'for the ministry'."""
        head = role.last - 1
        out: list[_Owner] = []
        places: list[_Owner] = []
        preps = [i for i in self._kids[head] if self._dep[i] == "prep" and i > head]
        after = role.last
        if after < len(self._tokens) and self._lower[after] in _OF_LIKE and after not in preps:
            preps.insert(0, after)
        for prep in preps:
            word = self._lower[prep]
            objects = [i for i in self._kids[prep] if self._dep[i] == "pobj"]
            if word == "of" or word in {"for", "from"}:
                for i in objects:
                    out.extend(self._owners_of(self._tokens[i]) or self._placed_owner(i, word))
                    if self._tokens[head].tag_ in _PLURAL_TAGS:
                        out.extend(self._enumerated(i))
            elif word in {"to", "at"} and self._lower[head] in {
                "adviser",
                "advisor",
                "aide",
                "advisers",
                "advisors",
                "official",
                "officials",
                "secretary",
                "deputy",
                "employee",
            }:
                for i in objects:
                    out.extend(self._owners_of(self._tokens[i]))
            elif word in _PLACED and role.role.placed:
                for i in objects:
                    places.extend(self._placed_owner(i, word))
            if out:
                break
        beside = role.role.placed and after + 1 < len(self._tokens)
        if not out and not places and beside and self._lower[after] in _PLACED:
            start = after + 2 if self._lower[after + 1] == "the" else after + 1
            if start < len(self._tokens):
                places.extend(self._placed_owner(start, "in"))
        return out or places

    def _enumerated(self, index: int) -> list[_Owner]:
        """Return the countries of 'A, B and C' behind A, however the list was parsed."""
        out: list[_Owner] = []
        mention = self._mention[index]
        while mention is not None and mention.last + 1 < len(self._tokens):
            comma = self._lower[mention.last]
            following = mention.last + 1
            closing = comma in {"and", "&"}
            if comma == "," and self._lower[following] in {"and", "&"}:
                closing, following = True, following + 1
            if (comma != "," and not closing) or following >= len(self._tokens):
                return []
            mention = self._mention[following]
            if mention is None or mention.kind("country") is None:
                return []
            out.extend(self._placed_owner(following, "of"))
            if closing:
                after = mention.last
                if after < len(self._tokens) and self._lower[after] in _CLITIC:
                    return []
                return out if len(out) > 1 else []
        return []

    def _placed_owner(self, index: int, word: str) -> list[_Owner]:
        mention = self._mention[index]
        name = mention.kind("country", "capital") if mention is not None else None
        if name is None or mention is None:
            return []
        rule = "role+place" if word in _PLACED else name.kind
        return [
            _Owner(
                name.country,
                None,
                "country",
                name.name,
                self._span(mention.first, mention.last),
                rule,
            )
        ]

    @staticmethod
    def _main_owner(owners: Sequence[_Owner]) -> _Owner | None:
        """Return the owner of a single person or body: the one written first."""
        return owners[0] if owners else None

    def _role_name(self, role: _RoleWords, phrase: _Phrase) -> str:
        """Return the role as a name: 'deputy foreign minister'."""
        own = self._lower[role.first : role.last]
        if " of " in role.role.word:
            own = role.role.word.split()
        if phrase.role is not None and phrase.role.first == role.first:
            words = list(phrase.words)
            words = [w for w in words if w not in self._words.former]
        else:
            words = [*phrase.words, *own]
        head = self._tokens[role.last - 1]
        if head.tag_ in _PLURAL_TAGS and words:
            lemma = head.lemma_.lower()
            if words[-1] == self._lower[role.last - 1]:
                words[-1] = lemma if lemma != words[-1] else _singular(words[-1])
        name = " ".join(w for w in words[-5:] if w not in self._words.ignored or w == "first")
        return f"former {name}" if phrase.former else name

    def _sector(
        self,
        role: Role,
        phrase: _Phrase,
        owner: _Owner | None,
        complement: Sequence[_Owner] = (),
    ) -> str:
        if phrase.former and role.kind == "person" and role.sector == "GOV":
            return "ELI"
        if (
            owner is not None
            and owner.kind in {"organisation", "group"}
            and owner.sector
            and (role.sector == "GOV" or owner.sector == "REB")
            and role.sector != "CVL"
        ):
            return owner.sector
        if role.neutral or role.sector in {"CVL", "PTY"} or role.word in _QUALIFIED:
            for word in reversed(phrase.words):
                sector = self._words.qualifiers.get(word)
                if sector is not None and (role.neutral or sector != "GOV"):
                    if role.sector == "CVL" and sector in {"CVL", "GOV", "LEG", "BUS", "MIL"}:
                        continue
                    return sector
                inner = self._tables.roles.get((word,))
                if (
                    inner is not None
                    and role.neutral
                    and not inner.neutral
                    and (inner.word != role.word)
                ):
                    return inner.sector
        if role.neutral:
            for other in (owner, *complement):
                if other is not None and other.sector:
                    return other.sector
        return role.sector

    # -- one phrase --------------------------------------------------------------------------

    def _coordinated(self, head: int) -> list[int]:
        out, stack = [], [head]
        while stack:
            current = stack.pop(0)
            if current in out:
                continue
            out.append(current)
            for kid in self._kids[current]:
                if (self._dep[kid] == "conj" and self._pos[kid] not in {"VERB", "AUX"}) or (
                    self._dep[kid] == "appos"
                    and self._bare_country(kid)
                    and (self._bare_country(current))
                ):
                    stack.append(kid)
        return sorted(out)

    def _bare_country(self, index: int) -> bool:
        mention = self._mention[index]
        return mention is not None and mention.kind("country") is not None

    def _head_is_role(self, index: int) -> bool:
        governor = self._head[index]
        return governor > index and self._role[governor] is not None

    def _one(self, index: int) -> tuple[Actor, ...]:
        """Return the actors of one phrase without what is coordinated with it."""
        known = self._single.get(index)
        if known is not None:
            return known
        if index in self._busy:
            return ()
        self._busy.add(index)
        found = self._resolve(index)
        self._busy.discard(index)
        self._single[index] = found
        return found

    def _resolve(self, index: int) -> tuple[Actor, ...]:
        lower = self._lower[index]
        tag = self._tokens[index].tag_
        if tag in {"PRP", "PRP$"} or lower in _IT or lower in _THEY or lower in _HE:
            return self._pronoun(index)
        if lower in _RELATIVE and tag in {"WDT", "WP", "WP$", "IN"}:
            antecedent = self._antecedent(index)
            return self._one(antecedent) if antecedent is not None else ()
        mention = self._mention[index]
        if mention is not None:
            return self._mentioned(mention, index)
        role = self._role[index]
        if (
            lower in _QUANTITIES
            and index + 1 < len(self._tokens)
            and (self._lower[index + 1] == "of")
        ):
            inner = [
                kid
                for prep in self._kids[index]
                if self._lower[prep] == "of"
                for kid in self._kids[prep]
                if self._dep[kid] == "pobj"
            ]
            return self.of(self._tokens[inner[0]]) if inner else ()
        if role is not None and role.last == index + 1:
            if self._is_name_end(index):
                return self._person(index)
            return self._of_role(index, role)
        if lower in {"both", "two", "sides", "pair", "duo"} and self._pos[index] != "ADJ":
            return self._pair(index, _Phrase(index, count=2, definite=True))
        if lower in {"another", "other"} and index and self._lower[index - 1] in {"one", "each"}:
            return ()
        if self._pos[index] in _NOUNS:
            referred = self._reference(index, self._phrase(index, index))
            if referred:
                return referred
        if self._pos[index] == "PROPN" or self._tokens[index].ent_type_ == "PERSON":
            return self._person(index)
        return ()

    def _antecedent(self, index: int) -> int | None:
        current = index
        for _ in range(5):
            if self._dep[current] in {"relcl", "acl"}:
                return self._head[current]
            if self._head[current] == current:
                return None
            current = self._head[current]
        return None

    def _is_name_end(self, index: int) -> bool:
        """Tell whether a role word is really the end of a name ('Stephen King')."""
        token = self._tokens[index]
        if token.pos_ != "PROPN" or token.ent_type_ != "PERSON" or index == 0:
            return False
        before = self._tokens[index - 1]
        return (
            before.ent_type_ == "PERSON"
            and self._role[index - 1] is None
            and (self._mention[index - 1] is None)
        )

    def _mentioned(self, mention: _Mention, index: int) -> tuple[Actor, ...]:
        if mention.kind("holder") is not None:
            return self._known_person(mention.first, mention.last)
        capital = mention.kind("capital") is not None and mention.kind("country") is None
        placed_seat = mention.kind("seat") is not None and mention.names[0].name in _PLACE_SEATS
        if (capital or placed_seat) and self.is_place_use(self._tokens[mention.last - 1]):
            return ()
        return self._named(mention)

    def _named(self, mention: _Mention) -> tuple[Actor, ...]:
        """Return the actor that a name of the tables denotes."""
        span = self._span(mention.first, mention.last)
        last = mention.last - 1
        if mention.kind("holder") is not None:
            return self._known_person(mention.first, mention.last)
        name = mention.kind("organisation", "group")
        if name is not None:
            return (
                Actor(
                    name=name.name,
                    span=span,
                    country=name.country,
                    sector=name.sector,
                    organisation=name.country if name.kind == "organisation" else name.name,
                    rule=name.kind,
                ),
            )
        name = mention.kind("seat")
        if name is not None:
            return (self._seat(mention, name, span),)
        name = mention.kind("country")
        if name is not None and self._dep[last] not in {"amod"}:
            return (Actor(name.name, span, name.country, "GOV", rule="country-name"),)
        name = mention.kind("capital")
        if name is not None:
            return (Actor(name.name, span, name.country, "GOV", rule="capital-metonym"),)
        name = mention.kind("people")
        if name is not None and self._dep[last] not in _MODIFYING:
            the = mention.first > 0 and self._lower[mention.first - 1] == "the"
            sector = "GOV" if the else "CVL"
            return (
                Actor(
                    self._doc[mention.first : mention.last].text,
                    span,
                    name.country,
                    sector,
                    rule="demonym",
                ),
            )
        name = mention.kind("adjective", "country")
        if name is not None:
            return (Actor(name.name, span, name.country, "GOV", rule="demonym"),)
        return ()

    def _seat(self, mention: _Mention, name: Name, span: Span) -> Actor:
        """Return a seat of power; a country before it decides ('the Libyan House of ...')."""
        phrase = self._phrase(mention.first, mention.last - 1)
        owners = phrase.owners
        if phrase.possessor is not None:
            owners = self._owners_of(phrase.possessor) or owners
        country = name.country
        if owners and owners[0].country in self._tables.countries:
            country = owners[0].country
        return Actor(name.name, span, country, name.sector, organisation=name.name, rule="metonym")

    # -- roles -------------------------------------------------------------------------------

    def _of_role(self, index: int, words: _RoleWords) -> tuple[Actor, ...]:
        role = words.role
        phrase = self._phrase(words.first, index)
        referred = self._reference(index, phrase)
        if referred:
            return referred
        owners = list(phrase.owners)
        if phrase.possessor is not None:
            possessors = self._owners_of(phrase.possessor)
            if role.word in {"counterpart", "counterparts"}:
                owners = owners or possessors
            else:
                owners = [*possessors, *owners]
        complement = self._complement(words)
        from_complement = not owners and bool(complement)
        if not owners:
            owners = complement
        pronoun_actor: Actor | None = None
        if phrase.pronoun is not None:
            referents = self._one(phrase.pronoun.i)
            pronoun_actor = referents[0] if referents else None
            if not owners and role.word not in {"counterpart", "counterparts"}:
                owners = self._owners_of(phrase.pronoun)
        named = self._appositive(index)
        person = self._people_of(named) if named is not None else None
        name_role = self._role_name(words, phrase)
        plural = self._tokens[index].tag_ in _PLURAL_TAGS
        if role.word in {"counterpart", "counterparts"}:
            own = pronoun_actor
            if own is None and phrase.possessor is not None:
                found = self.of(phrase.possessor)
                own = found[0] if found else None
            if own is not None and own.role:
                name_role = own.role
        unique = _unique_owners(owners)
        if not plural and len(unique) > 1 and role.kind == "person":
            unique = unique[:1]
        if len(unique) > 1 and not from_complement and any(o.rule == "demonym" for o in unique):
            unique = unique if plural or role.kind != "person" else unique[:1]
        if not unique:
            return self._ownerless(index, words, phrase, person, name_role, named)
        out: list[Actor] = []
        for number, owner in enumerate(unique):
            sector = self._sector(role, phrase, owner, complement)
            if role.word in {"counterpart", "counterparts"} and pronoun_actor is not None:
                sector = pronoun_actor.sector or sector
            if (
                len(unique) > 1
                and owner.span is not None
                and not (not from_complement and number == len(unique) - 1)
            ):
                span = owner.span
            elif named is not None and person is not None:
                span = self._span(*named)
            else:
                span = self._span(phrase.first, index + 1)
            full = person.name if person is not None else None
            text = self._doc[phrase.first : index + 1].text
            if len(unique) > 1:
                text = f"{self._country_name(owner)} {name_role}"
            elif from_complement and owner.span is not None and owner.span.start > span.start:
                text = self._doc.text[span.start : owner.span.end]
            is_body = role.kind == "body"
            out.append(
                Actor(
                    name=full or text,
                    span=span,
                    country=owner.country,
                    sector=person.sector if person is not None and person.sector else sector,
                    role=name_role if role.kind != "polity" else None,
                    person=full,
                    organisation=owner.country if owner.sector == "IGO" and is_body else None,
                    rule=_rule(role, owner, words),
                )
            )
        return tuple(out)

    def _ownerless(
        self,
        index: int,
        words: _RoleWords,
        phrase: _Phrase,
        person: _Person | None,
        name_role: str,
        named: tuple[int, int] | None,
    ) -> tuple[Actor, ...]:
        role = words.role
        if person is not None and named is not None:
            return self._known_person(*named, role=name_role)
        if role.kind in {"equipment", "polity"}:
            return ()
        if not role.alone and not (
            role.neutral and any(self._sector_of_word(w) for w in phrase.words)
        ):
            return ()
        if (
            role.neutral
            and not phrase.words
            and self._pos[index] != "PROPN"
            and (self._tokens[index].tag_ in {"NN"} and role.word in _VAGUE)
        ):
            return ()
        sector = self._sector(role, phrase, None)
        span = self._span(phrase.first if phrase.words else words.first, index + 1)
        text = self._doc.text[span.start : span.end]
        country: str | None = None
        rule = "role"
        bare_plural = not phrase.definite and not phrase.indefinite
        if (
            (role.fallback or (role.neutral and bare_plural))
            and not phrase.indefinite
            and (phrase.pronoun is None and phrase.count is None)
        ):
            prior = self._discourse.body(name_role) if role.kind == "body" else None
            if prior is not None and phrase.definite:
                country, rule = prior.country, "prior-body"
            else:
                country = self._dominant()
                rule = "document-country" if country is not None else rule
        return (Actor(text, span, country, sector, role=name_role, rule=rule),)

    def _sector_of_word(self, word: str) -> bool:
        sector = self._words.qualifiers.get(word)
        return sector is not None and sector != "GOV"

    def _country_name(self, owner: _Owner) -> str:
        return self._tables.countries.get(owner.country, owner.name)

    def _appositive(self, index: int) -> tuple[int, int] | None:
        """Return the name that stands in apposition to a role, as a token range."""
        for kid in self._kids[index]:
            if self._dep[kid] == "appos" and self._pos[kid] == "PROPN" and kid > index:
                span = self._name_around(kid)
                if span is not None:
                    return span
        if self._tokens[index].tag_ in _PLURAL_TAGS:
            return None
        if index + 1 < len(self._tokens) and self._pos[index + 1] == "PROPN":
            span = self._name_at(index + 1)
            if span is not None:
                return span
        for ahead in range(index + 1, min(index + 7, len(self._tokens) - 1)):
            if self._pos[ahead] in {"VERB", "AUX"}:
                return None
            if self._lower[ahead] == ",":
                span = self._name_at(ahead + 1)
                if span is not None and (
                    self._dep[span[1] - 1] in {"appos"} or self._head[span[1] - 1] == index
                ):
                    return span
                return None
        governor = self._head[index]
        if self._dep[index] == "appos" and self._pos[governor] == "PROPN":
            return self._name_around(governor)
        return None

    def _name_around(self, index: int) -> tuple[int, int] | None:
        for start in range(max(0, index - 4), index + 1):
            span = self._name_at(start)
            if span is not None and span[0] <= index < span[1]:
                return span
        return None

    # -- persons -----------------------------------------------------------------------------

    def _people_of(self, span: tuple[int, int]) -> _Person | None:
        words = [w for w in normal_name(self._doc[span[0] : span[1]].text) if w != BREAK]
        for start in range(len(words)):
            found = self._people.get(" ".join(words[start:]))
            if found is not None:
                return found
        return None

    def _person(self, index: int) -> tuple[Actor, ...]:
        span = self._name_around(index)
        if span is None:
            key = " ".join(normal_words(self._tokens[index].text))
            person = self._people.get(key)
            if person is not None and self._tokens[index].text[0].isupper():
                return self._known_person(index, index + 1)
            surname = self._surname(index)
            if surname is None:
                return ()
            sector, role = self._office(surname)
            return (
                Actor(
                    surname.name,
                    self._span(index, index + 1),
                    surname.country,
                    sector,
                    role,
                    surname.name,
                    rule="office-holder",
                ),
            )
        return self._known_person(*span)

    def _known_person(self, first: int, last: int, role: str | None = None) -> tuple[Actor, ...]:
        span = self._span(first, last)
        mention = self._mention[first]
        person = self._people_of((first, last))
        table = self._holder(mention, on=self._published)
        if table is None:
            table = self._surname(last - 1) if last - first == 1 else None
        if person is not None and (person.country is not None or table is None):
            rule = "in-text-definition" if person.role else "person"
            if table is not None and not person.role:
                rule = "office-holder"
            sector, office = person.sector, person.role or role
            if table is not None and office is None and person.country == table.country:
                sector, office = self._office(table)
            name = person.name
            if table is not None and " " not in name and person.country == table.country:
                name = table.name
            return (Actor(name, span, person.country, sector, office, name, rule=rule),)
        if table is not None:
            sector, office = self._office(table)
            if person is not None and person.role:
                sector, office = person.sector, person.role
            return (
                Actor(
                    table.name,
                    span,
                    table.country,
                    sector,
                    office,
                    table.name,
                    rule="office-holder",
                ),
            )
        return (
            Actor(
                self._doc[first:last].text,
                span,
                None,
                None,
                role,
                self._doc[first:last].text,
                rule="person",
            ),
        )

    def _office(self, name: Name) -> tuple[str | None, str | None]:
        on = self._published
        if on is not None and name.until is not None and name.until + _GRACE < on:
            return "ELI", f"former {name.office}"
        return name.sector, name.office

    def _holder(self, mention: _Mention | None, on: date | None) -> Name | None:
        if mention is None:
            return None
        holders = [n for n in mention.names if n.kind == "holder"]
        return _in_office(holders, on)

    def _surname(self, index: int) -> Name | None:
        """Return the office holder that a bare surname means at the report's date."""
        token = self._tokens[index]
        if not token.text[0].isupper() or token.pos_ != "PROPN":
            return None
        if token.ent_type_ in {"DATE", "TIME", "LOC", "FAC", "MONEY"}:
            return None
        words = normal_words(token.text)
        found = self._tables.surnames.get(words[-1]) if words else None
        if not found:
            return None
        on = self._published
        if on is not None:
            found = tuple(
                n
                for n in found
                if (n.since is None or n.since <= on + _GRACE)
                and (n.until is None or on <= n.until + _REMEMBERED)
            )
            current = tuple(n for n in found if n.holds(on))
            found = current or found
        if words[-1] in self._words.male or words[-1] in self._words.female:
            found = tuple(n for n in found if self._weights[n.country])
        if len({n.name for n in found}) != 1:
            near = tuple(n for n in found if self._weights[n.country])
            if len({n.name for n in near}) != 1:
                return None
            found = near
        return _in_office(list(found), on)

    # -- references --------------------------------------------------------------------------

    def _span(self, first: int, last: int) -> Span:
        end = self._tokens[last - 1]
        return Span(self._tokens[first].idx, end.idx + len(end.text))

    def _pronoun(self, index: int) -> tuple[Actor, ...]:
        lower, sentence = self._lower[index], self._sentence[index]
        span = self._span(index, index + 1)
        if self._dep[index] == "expl":
            return ()
        if lower in _HE:
            actor = self._discourse.person(index, sentence, gender=_HE[lower])
            return (referring(actor, span, "pronoun"),) if actor is not None else ()
        if lower in _IT:
            if lower == "it" and self._pleonastic(index):
                return ()
            thing = self._discourse.thing(index, sentence, kinds=_STATE_LIKE)
            return (referring(thing, span, "pronoun"),) if thing is not None else ()
        if lower in _THEY:
            return tuple(
                referring(actor, span, "pronoun")
                for actor in self._discourse.several(index, sentence)
            )
        return ()

    def _pleonastic(self, index: int) -> bool:
        governor = self._head[index]
        lemma = self._tokens[governor].lemma_.lower()
        if lemma in {"seem", "appear", "happen", "rain", "snow", "matter"}:
            return True
        if lemma == "be":
            kids = [i for i in self._kids[governor] if i > governor]
            return any(self._dep[i] in {"ccomp", "xcomp", "advcl", "csubj"} for i in kids) and any(
                self._dep[i] in {"acomp", "attr"} for i in kids
            )
        return False

    def _reference(self, index: int, phrase: _Phrase) -> tuple[Actor, ...]:
        """Resolve 'the two countries', 'the bloc', 'the minister', 'the group'."""
        if phrase.owners or phrase.possessor is not None or phrase.pronoun is not None:
            return ()
        lists = self._words.references
        lemma = _singular(self._lower[index])
        sentence = self._sentence[index]
        if phrase.count is not None and lemma in lists["pair"]:
            if self._has_complement(index):
                return ()
            if phrase.definite:
                return self._pair(index, phrase)
            return ()
        plural = self._tokens[index].tag_ in _PLURAL_TAGS
        if not phrase.definite or self._has_complement(index):
            return ()
        if plural:
            if lemma in lists["bare_pair"] or (
                lemma in lists["pair"]
                and lemma in {"leader", "president", "minister", "country", "nation"}
            ):
                return self._pair(index, phrase)
            return ()
        first = min(phrase.first, index)
        span = self._span(first, index + 1)
        if lemma in lists["country"] and not phrase.words:
            codes = lists["monarchies"] if lemma in {"kingdom", "monarchy"} else None
            found = self._discourse.thing(
                index, sentence, kinds=frozenset({"country"}), codes=codes
            )
            if found is not None:
                return (
                    referring(
                        found,
                        span,
                        "country-reference",
                        country_only=True,
                        names=self._tables.countries.get(found.country or ""),
                    ),
                )
            return ()
        if lemma in lists["bloc"] or lemma in lists["group"] or lemma in lists["company"]:
            kinds = set()
            if lemma in lists["bloc"]:
                kinds.add("organisation")
            if lemma in lists["group"]:
                kinds.add("group")
            found = None
            if lemma in lists["company"]:
                found = self._discourse.thing(index, sentence, kinds=frozenset({"company"}))
            elif kinds:
                found = self._discourse.thing(index, sentence, kinds=frozenset(kinds))
            if found is not None and not self._conflicting(phrase):
                return (referring(found, span, "organisation-reference"),)
            return ()
        role = self._role[index]
        if role is not None and role.role.kind == "person" and not phrase.former:
            name = self._role_name(role, phrase)
            if self._appositive(index) is not None:
                return ()
            person = self._discourse.person(index, sentence, role=name)
            if person is not None:
                return (referring(person, span, "role-reference"),)
        return ()

    def _conflicting(self, phrase: _Phrase) -> bool:
        return any(word in {"international", "rival", "other", "another"} for word in phrase.words)

    def _has_complement(self, index: int) -> bool:
        following = index + 1
        if following < len(self._tokens) and self._lower[following] == "of":
            return True
        return any(self._lower[k] == "of" and self._dep[k] == "prep" for k in self._kids[index])

    def _pair(self, index: int, phrase: _Phrase) -> tuple[Actor, ...]:
        lemma = _singular(self._lower[index])
        persons = lemma in self._words.references["person"]
        found = self._discourse.pair(
            index, self._sentence[index], phrase.count or 2, persons=persons
        )
        first = phrase.first
        while first > 0 and self._lower[first - 1] in {"the", "two", "both", "three", "four"}:
            first -= 1
        span = self._span(min(first, index), index + 1)
        out: list[Actor] = []
        for actor in found:
            keep = persons and actor.person is not None
            name = self._tables.countries.get(actor.country or "", actor.name)
            new = referring(actor, span, "pair-reference", country_only=not keep, names=name)
            if persons and not keep:
                new = replace(new, role=lemma)
            out.append(new)
        return tuple(out)

    # -- the walk ----------------------------------------------------------------------------

    def _walk(self) -> None:
        """Go through the text once, remembering who was named where."""
        index, size = 0, len(self._tokens)
        while index < size:
            mention = self._mention[index]
            if mention is not None:
                head = mention.last - 1
                self._remember_mention(mention, head)
                index = mention.last
                continue
            lower = self._lower[index]
            pos = self._pos[index]
            if lower in _HE or lower in _IT or lower in _THEY:
                self._remember(index, self._one(index), pronoun=True)
            elif pos in _NOUNS and self._dep[index] != "compound":
                found = self._one(index)
                if found:
                    self._remember(index, found)
            index += 1

    def _remember_mention(self, mention: _Mention, head: int) -> None:
        if self._dep[head] in _MODIFYING or self._dep[head] == "amod":
            owner = self._owner_from(mention)
            if owner is not None and mention.kind("holder") is None:
                actor = self._owner_actor(owner)
                kind = {"organisation": "organisation", "group": "group"}.get(owner.kind, "country")
                self._discourse.add(
                    Mentioned(head, self._sentence[head], (actor,), kind, False, False)
                )
                return
        found = self._one(head)
        if found:
            self._remember(head, found)

    def _remember(self, index: int, actors: tuple[Actor, ...], *, pronoun: bool = False) -> None:
        if not actors:
            return
        coordinated = self._coordinated(index)
        whole = actors
        if len(coordinated) > 1 and coordinated[0] == index:
            self._discourse.add(self._item(index, actors))
            whole = tuple(a for i in coordinated for a in self._one(i))
            if len(whole) > len(actors):
                item = self._item(index, whole)
                self._discourse.add(replace(item, token=coordinated[-1], plural=True))
            return
        self._discourse.add(self._item(index, whole))

    def _item(self, index: int, actors: tuple[Actor, ...]) -> Mentioned:
        first = actors[0]
        mention = self._mention[index]
        role = self._role[index]
        kind = "people"
        if first.person is not None:
            kind = "person"
        elif mention is not None:
            name = mention.names[0]
            kind = {"organisation": "organisation", "group": "group"}.get(name.kind, "country")
            if name.kind == "organisation" and name.sector == "BUS":
                kind = "company"
            if name.kind == "people":
                kind = "people"
        elif first.rule in {"pair-reference", "country-reference"}:
            kind = "country"
        elif first.rule == "organisation-reference":
            kind = "organisation" if first.sector in {"IGO", "JUD", "LEG"} else "group"
        elif first.rule == "pronoun":
            kind = "country" if first.role is None else "person"
        elif role is not None:
            kind = {"person": "person", "body": "body", "polity": "country"}.get(
                role.role.kind, "people"
            )
        gender = None
        if kind == "person":
            words = first.person.split() if first.person else []
            person = self._people.get(" ".join(normal_name(" ".join(words))))
            gender = person.gender if person is not None else None
            if gender is None and words:
                given = normal_words(words[0])[0]
                if given in self._words.female:
                    gender = FEMALE
                elif given in self._words.male:
                    gender = MALE
            if gender is None and self._lower[index] in self._words.female_titles:
                gender = FEMALE
            elif gender is None and self._lower[index] in self._words.male_titles:
                gender = MALE
        plural = len(actors) > 1 or self._tokens[index].tag_ in _PLURAL_TAGS
        if (
            mention is not None
            and len(actors) == 1
            and kind in {"country", "organisation", "group"}
        ):
            plural = False
        return Mentioned(
            index,
            self._sentence[index],
            actors,
            kind,
            self._is_subject(index),
            self._dep[index] not in {"poss", "amod", "compound", "nmod"},
            gender,
            plural,
        )

    def _is_subject(self, index: int) -> bool:
        current = index
        for _ in range(5):
            if self._dep[current] in _SUBJECTS:
                return True
            if self._dep[current] in {"conj", "appos", "compound"}:
                current = self._head[current]
            else:
                return False
        return False


# -- small helpers ---------------------------------------------------------------------------

#: Roles that a qualifier changes though they are not neutral ('police forces').
_QUALIFIED = frozenset(
    {
        "forces",
        "council",
        "agency",
        "officer",
        "officers",
        "commander",
        "commanders",
        "service",
        "services",
        "general",
        "coalition",
        "committee",
        "court",
        "guard",
        "guards",
        "groups",
        "group",
    }
)
#: Neutral words that denote no actor when they stand alone in the singular.
_VAGUE = frozenset(
    {
        "head",
        "chair",
        "figure",
        "member",
        "source",
        "boss",
        "mission",
        "staff",
        "monitor",
        "leadership",
        "secretary",
        "expert",
        "deputy",
        "candidate",
    }
)
#: Seats that are also places.
_PLACE_SEATS = frozenset(
    {
        "White House",
        "Capitol Hill",
        "Capitol",
        "Kremlin",
        "Downing Street",
        "10 Downing Street",
        "Camp David",
        "Mar-a-Lago",
        "Blue House",
        "Oval Office",
        "Green Zone",
        "Westminster",
        "Dubai",
        "Rawalpindi",
    }
)


def _adjectival(mention: _Mention) -> bool:
    if mention.kind("adjective") is not None:
        return True
    return any(name.exact is not None for name in mention.names)


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("men"):
        return word[:-3] + "man"
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _distinct(actors: Iterable[Actor]) -> tuple[Actor, ...]:
    out: list[Actor] = []
    for actor in actors:
        if actor not in out:
            out.append(actor)
    return tuple(out)


def _unique_owners(owners: Sequence[_Owner]) -> list[_Owner]:
    out: dict[str, _Owner] = {}
    for owner in owners:
        out.setdefault(owner.country, owner)
    return list(out.values())


def _in_office(holders: Sequence[Name], on: date | None) -> Name | None:
    """Return the office held on a day, else the last one begun before it."""
    if not holders:
        return None
    if on is not None:
        valid = [n for n in holders if n.holds(on)]
        if valid:
            return max(valid, key=lambda n: n.since or date.min)
        begun = [n for n in holders if n.since is None or n.since <= on]
        if begun:
            return max(begun, key=lambda n: n.until or date.max)
        return None
    return max(holders, key=lambda n: (n.until or date.max, n.since or date.min))


def _rule(role: Role, owner: _Owner, words: _RoleWords) -> str:
    if role.word.startswith(("embass", "consul")):
        return "embassy"
    if owner.rule == "role+place":
        return "role+place"
    if owner.rule == "pronoun":
        return "pronoun+role"
    return f"{owner.rule}+role" if owner.rule else "role"


def explain_who(
    phrase: str, on: date | None = None, *, tables: ActorTables | None = None
) -> list[dict[str, str | None]]:
    """Say what the tables know of a name or role on a day, one record per meaning.

    Records have name, country, sector, office, from, until and rule. Needs no parser.
    """
    tables = tables if tables is not None else ActorTables.load()
    words = normal_name(phrase)
    out: list[dict[str, str | None]] = []
    surnames = tables.surnames.get(words[-1], ()) if len(words) == 1 else ()
    meanings = [*tables.names.get(words, ()), *surnames]
    for meaning in dict.fromkeys(meanings):
        if on is not None and not meaning.holds(on):
            continue
        out.append(
            {
                "name": meaning.name,
                "country": meaning.country,
                "sector": meaning.sector,
                "office": meaning.office,
                "from": meaning.since.isoformat() if meaning.since else None,
                "until": meaning.until.isoformat() if meaning.until else None,
                "rule": meaning.kind,
            }
        )
    role = tables.roles.get(words)
    if role is not None:
        out.append(
            {
                "name": role.word,
                "country": None,
                "sector": role.sector,
                "office": None,
                "from": None,
                "until": None,
                "rule": f"role ({role.kind})",
            }
        )
    return out


def explain_phrase(
    phrase: str, nlp: Language, on: date | None = None, *, tables: ActorTables | None = None
) -> list[dict[str, str | None]]:
    """Resolve a described actor ('retired Iranian general') as the coder would, with a parse.

    One record for each actor that the phrase denotes: name, country, sector, role,
    person, organisation and the rule that decided.
    """
    doc = nlp(phrase)
    resolver = ActorResolver(tables if tables is not None else ActorTables.load())
    people = resolver.open(doc, published=on)
    root = next((token for token in doc if token.head.i == token.i), None)
    if root is None:
        return []
    return [
        {
            "name": actor.name,
            "country": actor.country,
            "sector": actor.sector,
            "role": actor.role,
            "person": actor.person,
            "organisation": actor.organisation,
            "rule": actor.rule,
        }
        for actor in people.of(root)
    ]
