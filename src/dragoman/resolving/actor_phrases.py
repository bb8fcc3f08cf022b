"""What a noun phrase says of an actor: owners, possessors, qualifiers, complements, sector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Token

from dragoman.resolving.actor_parts import (
    ARTICLES,
    CLITIC,
    HYPHENS,
    NOUNS,
    NUMBERS,
    OF_LIKE,
    PLACED,
    PLURAL_TAGS,
    QUALIFIED,
    Mention,
    Owner,
    Phrase,
    RoleWords,
    adjectival,
    singular,
)
from dragoman.resolving.actor_tables import (
    Name,
    Role,
)
from dragoman.resolving.actor_text import ActorText
from dragoman.schema import Actor, Span


class ActorPhrases(ActorText):
    """Read the phrases around role words."""

    def _phrase(self, start: int, head: int) -> Phrase:
        """Read leftwards from ``start`` (not included) what belongs to the noun ``head``."""
        phrase = Phrase(start)
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
                if mention.kind("nowhere") is not None:  # 'the South American country'
                    phrase.elsewhere = True
                    phrase.first = mention.first
                    index = mention.first - 1
                    continue
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
            if lower == "whose":
                antecedent = self._antecedent(index)
                if antecedent is not None:
                    phrase.possessor = self._tokens[antecedent]
                break
            if self._tokens[index].tag_ == "PRP$":
                phrase.pronoun = self._tokens[index]
                phrase.first = index
                break
            if lower in ARTICLES:
                phrase.definite = lower in {"the", "these", "those", "this", "that"}
                phrase.indefinite = lower in {"a", "an"}
                if lower == "the" and index > limit and self._lower[index - 1] in NUMBERS:
                    phrase.count = NUMBERS[self._lower[index - 1]]
                break
            if lower in NUMBERS:
                phrase.count = NUMBERS[lower]
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
                        if lower == "ethnic":  # 'ethnic Hungarian parties' are a party's name
                            phrase.words.insert(0, self._lower[last_owner])
                            phrase.first = index
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
                named = index == start - 1 and self._head[head] == index  # minister | Hallvorsen
                if self._pos[index] in NOUNS and not named and not self._belongs(index, head):
                    break
                here = self._role[index]
                if lower in words.ignored:
                    here = None
                if here is not None and phrase.role is None and here.last == index + 1:
                    phrase.role = here
                    phrase.words[:0] = self._lower[here.first : here.last]
                    phrase.first = here.first
                    index = here.first - 1
                    continue
                if phrase.local is None and self._is_unknown_name(index):
                    phrase.local = index
                if lower not in words.ignored:
                    phrase.words.insert(0, lower)
                    phrase.first = index
                index -= 1
                continue
            break
        return phrase

    def _antecedent(self, index: int) -> int | None:
        """Return the noun that a relative clause around a token describes."""
        current = index
        for _ in range(5):
            if self._dep[current] in {"relcl", "acl"}:
                return self._head[current]
            if self._head[current] == current:
                return None
            current = self._head[current]
        return None

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

    def _premodifies(self, mention: Mention, head: int) -> bool:
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
        return adjectival(before) and adjectival(after)

    def _owner_start(self, index: int) -> int:
        mention, role = self._mention[index], self._role[index]
        if mention is not None:
            return mention.first
        return role.first if role is not None and role.last == index + 1 else index

    def _best(self, mention: Mention) -> Name | None:
        """Return the organisation or group that a name means in this report.

        Of several, the one whose country the report names most ('Social Democrats').
        """
        meanings = [n for n in mention.names if n.kind in {"organisation", "group"}]
        return max(meanings, key=lambda n: self._weights[n.country]) if meanings else None

    def _owner_from(self, mention: Mention) -> Owner | None:
        name = mention.kind("adjective", "country") or self._best(mention)
        name = name or mention.kind("seat", "capital", "people", "holder")
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
        return Owner(
            name.country,
            sector,
            name.kind,
            name.name,
            self._span(mention.first, mention.last),
            rule,
        )

    def _owners_of(self, token: Token) -> list[Owner]:
        """Return the owners that the phrase of a possessor or complement names."""
        out: list[Owner] = []
        for actor in self.of(token):
            if actor.country is None:
                continue
            sector = actor.sector if actor.sector not in {"GOV", "CVL"} else None
            body = actor.sector == "IGO" or actor.rule in {"organisation", "group", "metonym"}
            kind = "organisation" if body else "country"
            out.append(Owner(actor.country, sector, kind, actor.name, actor.span, actor.rule))
        return out

    def _possessors(self, token: Token) -> list[Owner]:
        """Return the owners that a possessive names, be they actors or a place."""
        return self._owners_of(token) or self._placed_owner(token.i, "of")

    def _owner_actor(self, owner: Owner) -> Actor:
        bare = owner.kind in {"adjective", "country", "capital", "people"}
        return Actor(
            name=owner.name,
            span=owner.span if owner.span is not None else Span(0, 0),
            country=owner.country,
            sector="GOV" if bare else owner.sector or "GOV",
            organisation=owner.country if owner.sector in {"IGO", "REB"} else None,
            rule=owner.rule if owner.rule != "demonym" else "demonym",
        )

    def _complement(self, role: RoleWords) -> list[Owner]:
        """Return the owners named behind a role word: 'of Iran', 'for the ministry'."""
        head = role.last - 1
        placed = role.role.placed or (role.role.kind == "body" and role.role.fallback)
        out: list[Owner] = []
        places: list[Owner] = []
        preps = [i for i in self._kids[head] if self._dep[i] == "prep" and i > head]
        after = role.last
        if after < len(self._tokens) and self._lower[after] in OF_LIKE and after not in preps:
            preps.insert(0, after)
        for prep in preps:
            word = self._lower[prep]
            objects = [i for i in self._kids[prep] if self._dep[i] == "pobj"]
            if word == "of" or word in {"for", "from"}:
                for i in objects:
                    local = "in" if role.role.word in self._words.references["local"] else word
                    out.extend(self._owners_of(self._tokens[i]) or self._placed_owner(i, local))
                    if self._tokens[head].tag_ in PLURAL_TAGS:
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
            elif word in PLACED and placed:
                for i in objects:
                    places.extend(self._placed_owner(i, word))
            if out:
                break
        beside = placed and after + 1 < len(self._tokens)
        if not out and not places and beside and self._lower[after] in PLACED:
            start = after + 2 if self._lower[after + 1] == "the" else after + 1
            if start < len(self._tokens):
                places.extend(self._placed_owner(start, "in"))
        return out or places

    def _enumerated(self, index: int) -> list[Owner]:
        """Return the countries of 'A, B and C' behind A, however the list was parsed."""
        out: list[Owner] = []
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
                if after < len(self._tokens) and self._lower[after] in CLITIC:
                    return []
                return out if len(out) > 1 else []
        return []

    def _placed_owner(self, index: int, word: str) -> list[Owner]:
        """Return the country of the place at a token: 'in Ankara', 'of Chiapas'."""
        place = self._place_around(index, direct=word in PLACED)
        if place is None:
            return []
        country, name, span, kind = place
        rule = "role+place" if word in PLACED or kind == "place" else kind
        return [Owner(country, None, "country", name, span, rule)]

    def _place_around(
        self, index: int, *, direct: bool, depth: int = 0
    ) -> tuple[str, str, Span, str] | None:
        """Return country, name, span and kind of a place; 'the town of X', 'a village in Y'.

        ``direct`` tells that a preposition of place stands before it, so that even what
        the parser takes for a person may be a place.
        """
        mention = self._mention[index]
        if mention is not None:
            name = mention.kind("country", "capital")
            if name is None:
                return None
            span = self._span(mention.first, mention.last)
            name = self._ruling(mention) or name
            kind = "capital" if name.kind == "capital" else "country"
            return name.country, name.name, span, kind
        token = self._tokens[index]
        if self._is_unknown_name(index):
            return self._unknown_place(index, direct=direct)
        if token.lemma_.lower() not in self._words.references["place"] or depth > 2:
            return None
        before = index - 1
        if before >= 0 and self._head[before] == index and self._is_unknown_name(before):
            found = self._unknown_place(before, direct=True)
            if found is not None:
                return found
        for prep in self._kids[index]:
            if self._lower[prep] in PLACED or self._lower[prep] == "of":
                for kid in self._kids[prep]:
                    if self._dep[kid] == "pobj":
                        found = self._place_around(kid, direct=True, depth=depth + 1)
                        if found is not None:
                            return found
        phrase = self._phrase(index, index)
        owners = phrase.owners
        if phrase.possessor is not None:
            owners = self._owners_of(phrase.possessor) or owners
        for owner in owners:
            if owner.country in self._tables.countries and owner.span is not None:
                return owner.country, owner.name, owner.span, "country"
        return None

    def _ruling(self, mention: Mention) -> Name | None:
        """Return who rules a place by the report: 'Pakistan-administered Kashmir'."""
        at = mention.first - 1
        if (
            at < 2
            or self._lower[at] not in self._words.ruling
            or self._lower[at - 1] not in HYPHENS
        ):
            return None
        ruler = self._mention[at - 2]
        return ruler.kind("country", "adjective") if ruler is not None else None

    def _unknown_place(self, index: int, *, direct: bool) -> tuple[str, str, Span, str] | None:
        """Return the place that proper nouns name which no table has, by the gazetteer."""
        kind = self._tokens[index].ent_type_
        if kind in {"DATE", "TIME", "MONEY", "LANGUAGE", "EVENT"}:
            return None
        if kind == "WORK_OF_ART" and not direct:
            return None
        if kind == "PERSON" and not direct:
            return None
        first, last = self._proper_run(index)
        if first and self._lower[first - 1] in HYPHENS:
            return None  # the end of a longer name
        parts = ((first, last), (index, last), (first, index + 1), (index, index + 1))
        for start, end in parts[:1] if kind == "ORG" else parts:  # no word of a body's name
            country = self._home(start, end)
            if country is not None and country in self._tables.countries:
                name = self._quoted(start, end)
                return country, name, self._span(start, end), "place"
        return None

    def _local_owner(self, phrase: Phrase, role: Role) -> list[Owner]:
        """Return the country of the place before a role: 'Lagos police', 'the Texas governor'."""
        index = phrase.local
        if index is None or not (role.placed or role.fallback):
            return []
        lower = self._lower[index]
        if lower in self._words.qualifiers or lower in self._words.ignored:
            return []
        kind = self._tokens[index].ent_type_
        if kind == "PERSON" or (role.kind == "person" and kind not in {"GPE", "LOC"}):
            return []
        place = self._unknown_place(index, direct=False)
        if place is None:
            return []
        return [Owner(place[0], None, "country", place[1], place[2], "place+role")]

    def _scene(self, index: int) -> list[Owner]:
        """Return the country of the place where the clause of a noun happens, if it is told."""
        current = index
        for _ in range(6):
            if self._pos[current] in {"VERB", "AUX"} or self._head[current] == current:
                break
            current = self._head[current]
        found = self._scene_of(current)
        if found:
            return found
        # 'Nurses marched in Caracas; police fired': the clause before it tells the place.
        before = [
            verb
            for verb in (
                self._head[current],
                *self._kids[current],
                *self._kids[self._head[current]],
            )
            if verb < current
            and self._pos[verb] == "VERB"
            and {self._dep[current], self._dep[verb]} & {"conj", "ccomp", "parataxis"}
        ]
        return self._scene_of(max(before)) if before else []

    def _scene_of(self, clause: int) -> list[Owner]:
        """Return the country of the place that a verb, or what it does, is told to be in."""
        nouns = [
            kid for kid in self._kids[clause] if self._dep[kid] in {"dobj", "nsubjpass", "attr"}
        ]
        for governor in (clause, *nouns):
            for prep in self._kids[governor]:
                if self._lower[prep] not in PLACED or self._dep[prep] != "prep":
                    continue
                for kid in self._kids[prep]:
                    if self._dep[kid] != "pobj":
                        continue
                    if self._bare_country(kid) and self._lower[prep] in {"near", "outside"}:
                        continue  # what is near a state is not in it
                    owners = self._placed_owner(kid, "in")
                    if owners:
                        return [replace(owners[0], rule="scene")]
        return []

    @staticmethod
    def _main_owner(owners: Sequence[Owner]) -> Owner | None:
        """Return the owner of a single person or body: the one written first."""
        return owners[0] if owners else None

    def _role_name(self, role: RoleWords, phrase: Phrase) -> str:
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
        if head.tag_ in PLURAL_TAGS and words:
            lemma = head.lemma_.lower()
            if words[-1] == self._lower[role.last - 1]:
                words[-1] = lemma if lemma != words[-1] else singular(words[-1])
        name = " ".join(w for w in words[-5:] if w not in self._words.ignored or w == "first")
        return f"former {name}" if phrase.former else name

    def _sector(
        self,
        role: Role,
        phrase: Phrase,
        owner: Owner | None,
        complement: Sequence[Owner] = (),
    ) -> str:
        if phrase.former and role.sector in self._words.retiring and role.kind != "equipment":
            return "ELI"
        if (
            owner is not None
            and owner.kind in {"organisation", "group"}
            and owner.sector
            and (role.sector == "GOV" or owner.sector == "REB")
            and role.sector != "CVL"
        ):
            return owner.sector
        if role.kind == "equipment":  # coast guard ships, a police van
            inner = phrase.role.role if phrase.role is not None else None
            if inner is not None and inner.kind != "equipment":
                return inner.sector
            for word in reversed(phrase.words):
                qualified = self._words.qualifiers.get(word)
                if qualified is not None and qualified != "GOV":
                    return qualified
            return role.sector
        if role.neutral or role.sector in {"CVL", "PTY"} or role.word in QUALIFIED:
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

    def _country_name(self, owner: Owner) -> str:
        return self._tables.countries.get(owner.country, owner.name)

    def _bare_country(self, index: int) -> bool:
        mention = self._mention[index]
        return mention is not None and mention.kind("country") is not None

    def _head_is_role(self, index: int) -> bool:
        governor = self._head[index]
        return governor > index and self._role[governor] is not None

    def _has_complement(self, index: int) -> bool:
        following = index + 1
        if following < len(self._tokens) and self._lower[following] == "of":
            return True
        return any(self._lower[k] == "of" and self._dep[k] == "prep" for k in self._kids[index])

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
