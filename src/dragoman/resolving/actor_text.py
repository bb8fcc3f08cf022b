"""Names and role words of the tables in one parsed text, and the countries that it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date

from spacy.tokens import Doc, Token

from dragoman.resolving.actor_parts import (
    HYPHENS,
    NOUNS,
    POSTED,
    Mention,
    Person,
    RoleWords,
)
from dragoman.resolving.actor_tables import (
    ActorTables,
    Name,
    Role,
    letters,
    normal_words,
)
from dragoman.resolving.place_scene import ENTITIES
from dragoman.resolving.references import (
    Discourse,
)
from dragoman.schema import Actor, Span

#: Returns the country (ISO alpha-3) of a place's name; the countries preferred come second.
HomeOf = Callable[[str, Sequence[str]], str | None]


class ActorText:
    """One parsed document with the names and role words of the tables found in it."""

    def __init__(
        self,
        tables: ActorTables,
        doc: Doc,
        published: date | None,
        dateline_country: str | None,
        home_of: HomeOf | None = None,
    ) -> None:
        self._tables = tables
        self._words = tables.words
        self._doc = doc
        self._published = published
        self._dateline = dateline_country
        self._home_of = home_of
        self._homes: dict[str, str | None] = {}
        self._tokens = list(doc)
        size = len(self._tokens)
        self._lower = [token.lower_ for token in self._tokens]
        self._dep = [token.dep_ for token in self._tokens]
        self._pos = [token.pos_ for token in self._tokens]
        self._head = [token.head.i for token in self._tokens]
        self._text = doc.text
        self._begin = [token.idx for token in self._tokens]
        self._end = [token.idx + len(token) for token in self._tokens]
        self._kids: list[list[int]] = [[] for _ in range(size)]
        for index, head in enumerate(self._head):
            if head != index:
                self._kids[head].append(index)
        self._sentence = [0] * size
        self._starts: list[int] = []
        for index, token in enumerate(self._tokens):
            if index == 0 or token.is_sent_start:
                self._starts.append(index)
            self._sentence[index] = len(self._starts) - 1
        self._mention: list[Mention | None] = [None] * size
        self._role: list[RoleWords | None] = [None] * size
        self._people: dict[str, Person] = {}
        self._single: dict[int, tuple[Actor, ...]] = {}
        self._busy: set[int] = set()
        self._discourse = Discourse()
        self._acronyms: dict[str, Name] = {}
        self._short: dict[str, int] = {}
        self._match()
        self._weights = self._count_countries()
        self._define_acronyms()

    def of(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors denoted by the noun phrase whose syntactic head is ``head``."""
        raise NotImplementedError

    def _one(self, index: int) -> tuple[Actor, ...]:
        raise NotImplementedError

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
        if preposition == "to" and governor and self._lower[governor - 1] in POSTED:
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
            if self._pos[over] in NOUNS:
                return lemma not in self._words.metonym_nouns
            return True
        return False

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
                        mention = Mention(first, last, kept)
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
                        self._role[last - 1] = RoleWords(first, last, role)
                        if " of " in role.word:  # the syntactic head of 'head of state'
                            noun = first + role.word.split().index("of") - 1
                            self._role[noun] = RoleWords(first, noun + 1, role)
                        step = size
                    break
            position += step

    def _spelled(self, first: int, last: int, meanings: tuple[Name, ...]) -> tuple[Name, ...]:
        text = self._quoted(first, last)
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
                if self._only_described(mention):
                    continue  # 'US-backed rebels' says nothing of the United States
                weights[mention.names[0].country] += 1
        return weights

    def names_found(self) -> list[tuple[str, tuple[Name, ...]]]:
        """Return the words of every name of the tables in the text, with its meanings."""
        found = {m.first: m for m in self._mention if m is not None}
        return [
            (self._quoted(m.first, m.last), m.names)
            for m in sorted(found.values(), key=lambda m: m.first)
        ]

    def roles_found(self) -> list[tuple[str, Role]]:
        """Return the words of every role in the text, with what they denote."""
        return [(self._quoted(r.first, r.last), r.role) for r in self._role if r is not None]

    def former_words(self) -> list[str]:
        """Return the words that say that an office is no longer held."""
        return [t.text for t in self._tokens if t.lower_ in self._words.former]

    def _only_described(self, mention: Mention) -> bool:
        """Tell whether a name only describes another's actor ('US-backed', 'pro-Russian')."""
        words, last, size = self._words, mention.last, len(self._tokens)
        if last + 1 < size and self._lower[last] in HYPHENS:
            return self._lower[last + 1] in words.names_other
        if mention.first >= 1:
            before = self._lower[mention.first - 1]
            if before in HYPHENS and mention.first >= 2:
                before = self._lower[mention.first - 2]
            return before in words.prefixes_other
        return False

    def _home(self, first: int, last: int) -> str | None:
        """Return the country of the place that tokens ``first`` to ``last`` (half-open) name.

        The report's own countries are preferred. ``None`` without a gazetteer.
        """
        if self._home_of is None:
            return None
        name = self._quoted(first, last)
        if name not in self._homes:
            known = tuple(c for c in self._weights if c in self._tables.countries)
            self._homes[name] = self._home_of(name, known) if len(name) > 2 else None
        return self._homes[name]

    def _proper_run(self, index: int) -> tuple[int, int]:
        """Return the range of proper nouns around a token that no table knows."""
        first, last = index, index + 1
        while first > 0 and self._is_unknown_name(first - 1):
            first -= 1
        while last < len(self._tokens) and self._is_unknown_name(last):
            last += 1
        return first, last

    def _unlisted_place(self, index: int) -> tuple[int, int, str] | None:
        """Return the range and the country of the place that an unknown name denotes.

        The parser takes it for a place, and the gazetteer knows it.
        """
        if self._tokens[index].ent_type_ not in ENTITIES or not self._is_unknown_name(index):
            return None
        first, last = self._proper_run(index)
        country = self._home(first, last)
        return (first, last, country) if country is not None else None

    def _is_unknown_name(self, index: int) -> bool:
        return (
            (self._pos[index] in NOUNS or self._pos[index] == "ADJ")
            and (self._pos[index] in NOUNS or index not in self._starts)
            and self._tokens[index].text[0].isupper()
            and self._mention[index] is None
            and self._role[index] is None
        )

    def _spelt_out(self, short: str, index: int) -> int | None:
        """Return the head of the unknown name before '(ABC)' whose initials are ABC.

        Small words may be left out of the initials ('Movement for the Liberation ...').
        """
        wanted = [char for char in short.lower() if char.isalpha()]
        first = index
        while first > self._starts[self._sentence[index]] and wanted:
            first -= 1
            token = self._tokens[first]
            if token.text[0].lower() == wanted[-1]:
                wanted.pop()
            elif token.text[0].isupper() or not token.text[0].isalpha():
                return None
        if wanted:
            return None
        for inner in range(first, index):
            if not first <= self._head[inner] < index:
                return inner
        return index - 1

    def _define_acronyms(self) -> None:
        """Take 'Full Name (ABC)' as the report's own abbreviation."""
        for index in range(1, len(self._tokens) - 2):
            if self._lower[index] != "(" or self._lower[index + 2] != ")":
                continue
            short = self._tokens[index + 1].text
            mention = self._mention[index - 1]
            if not short.isupper() or not 2 <= len(short) <= 8:
                continue
            if mention is None:
                head = self._spelt_out(short, index)
                if head is not None:
                    self._short[short] = head
                continue
            name = mention.kind("organisation", "group", "seat")
            if name is not None:
                self._acronyms[short] = name
        if not self._acronyms:
            return
        for index, token in enumerate(self._tokens):
            name = self._acronyms.get(token.text)
            if name is not None:
                self._mention[index] = Mention(index, index + 1, (name,))

    def _span(self, first: int, last: int) -> Span:
        return Span(self._begin[first], self._end[last - 1])

    def _quoted(self, first: int, last: int) -> str:
        """Return the words of the tokens ``first`` to ``last``, half-open."""
        return self._text[self._begin[first] : self._end[last - 1]]
