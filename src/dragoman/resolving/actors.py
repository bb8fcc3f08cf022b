"""Who: from noun phrases to political actors.

Tables first: names, adjectives, capitals, seats of power, organisations, groups, office
holders and role words come from the codebook; the parser's entities are asked only for
persons that no table knows. What the report itself says of a person goes before every
table. Spans are offsets into the parsed text, which are those of ``Document.text``.

Sectors follow the PLOVER manual, 'Sector Codes'; envoys, embassies and ministries
belong to the country they serve, whatever place they stand in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from spacy.tokens import Doc, Token

from dragoman.resolving.actor_parts import (
    HE,
    HYPHENS,
    IT,
    MODIFYING,
    NOUNS,
    PLACE_SEATS,
    PLURAL_TAGS,
    QUANTITIES,
    RELATIVE,
    STATES,
    THEY,
    VAGUE,
    Mention,
    Person,
    Phrase,
    RoleWords,
    distinct,
    role_rule,
    singular,
    unique_owners,
)
from dragoman.resolving.actor_references import ActorReferences
from dragoman.resolving.actor_tables import (
    ActorTables,
    Name,
    Role,
    normal_words,
)
from dragoman.resolving.actor_text import HomeOf
from dragoman.resolving.references import referring
from dragoman.schema import Actor, Span

__all__ = ["ActorResolver", "ActorTables", "DocumentActors"]


class ActorResolver:
    """Resolve actors in parsed documents. Holds the tables and the gazetteer only."""

    def __init__(self, tables: ActorTables, home_of: HomeOf | None = None) -> None:
        """``home_of`` gives the country of a place's name, as ``PlaceResolver.country_of``."""
        self._tables = tables
        self._home_of = home_of

    def open(
        self, doc: Doc, *, published: date | None, dateline_country: str | None = None
    ) -> DocumentActors:
        """Read a whole parsed document once, so that its phrases can be asked for.

        ``published`` decides who held an office; ``dateline_country`` is ISO alpha-3.
        """
        return DocumentActors(self._tables, doc, published, dateline_country, self._home_of)


class DocumentActors(ActorReferences):
    """The actors of one parsed document. Every answer is computed once and kept."""

    def __init__(
        self,
        tables: ActorTables,
        doc: Doc,
        published: date | None,
        dateline_country: str | None,
        home_of: HomeOf | None = None,
    ) -> None:
        super().__init__(tables, doc, published, dateline_country, home_of)
        self._define_people()
        self._single.clear()
        self._walk()

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries (ISO alpha-3) that the report names, most often named first."""
        return tuple(
            code for code, _ in self._weights.most_common() if code in self._tables.countries
        )

    def country_by_report(self, actor: Actor) -> str | None:
        """Return the country of an actor without one, if its phrase is an office or a group."""
        found = self.role_at(actor.span)
        return self.told_country(*found, actor.sector) if found is not None else None

    def of(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors denoted by the noun phrase whose syntactic head is ``head``.

        Coordinated phrases are included. Empty where the phrase denotes no political actor.
        """
        out: list[Actor] = []
        for index in self._coordinated(head.i):
            out.extend(self._one(index))
        return distinct(out)

    def modifier(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors named by adjectives and compounds of a noun, not possessives."""
        phrase = self._phrase(head.i, head.i)
        return distinct(self._owner_actor(owner) for owner in phrase.owners)

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
                    return distinct(found)
        phrase = self._phrase(head.i, head.i)
        if phrase.pronoun is not None:
            return self._one(phrase.pronoun.i)
        if phrase.possessor is not None:
            return self.of(phrase.possessor)
        return ()

    def authorities(self, place: Token) -> tuple[Actor, ...]:
        """Return the state in which a place lies: 'the arrests in Minsk'."""
        return distinct(
            Actor(
                name=self._country_name(owner),
                span=owner.span if owner.span is not None else self._span(place.i, place.i + 1),
                country=owner.country,
                sector="GOV",
                rule="authorities of the place",
            )
            for owner in self._placed_owner(place.i, "in")
            if owner.country in self._tables.countries
        )

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
                if self._dep[last.i] in MODIFYING and self._head_is_role(last.i):
                    continue  # told by the phrase of its head
                out.extend(self._one(last.i) or self._named(mention))
            elif self._pos[index] in NOUNS and self._dep[index] != "compound":
                out.extend(self._one(index))
        return distinct(out)

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
        if tag in {"PRP", "PRP$"} or lower in IT or lower in THEY or lower in HE:
            return self._pronoun(index)
        if lower in RELATIVE and tag in {"WDT", "WP", "WP$", "IN"}:
            antecedent = self._antecedent(index)
            return self._one(antecedent) if antecedent is not None else ()
        mention = self._mention[index]
        if mention is not None:
            return self._mentioned(mention, index)
        role = self._role[index]
        around = (r for r in self._role[index + 1 : index + 3] if r is not None)
        cut = next((r for r in around if r.first <= index), None) if role is None else None
        if cut is not None and not cut.first <= self._head[index] < cut.last:
            return self._one(cut.last - 1)  # vice-president, where the parser cut the word
        if (
            lower in QUANTITIES
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
        if singular(lower) in self._words.references["followers"]:
            followers = self._followers(index)
            if followers:
                return followers
        if role is not None and role.last == index + 1:
            if self._is_name_end(index):
                return self._person(index)
            return self._of_role(index, role)
        if lower in self._words.former and index + 2 < len(self._tokens):
            after = index + 1  # ex-president Morales, where the parser cut the word
            if self._lower[after] in HYPHENS:
                head = after + 1
                while self._head[head] > head and self._dep[head] in {"compound", "amod"}:
                    head = self._head[head]
                return self._one(head) if head != index else ()
        if lower in {"both", "two", "sides", "pair", "duo"} and self._pos[index] != "ADJ":
            return self._pair(index, Phrase(index, count=2, definite=True))
        if lower in {"another", "other"} and index and self._lower[index - 1] in {"one", "each"}:
            return ()
        if self._tokens[index].text in self._short and self._pos[index] in NOUNS:
            full = self._short[self._tokens[index].text]
            if full != index:
                span = self._span(index, index + 1)
                return tuple(replace(a, span=span, rule="acronym") for a in self._one(full))
        if self._pos[index] in NOUNS:
            referred = self._reference(index, self._phrase(index, index))
            if referred:
                return referred
        token = self._tokens[index]
        # The parser takes a rare surname at the head of a sentence for an adjective.
        known = token.text[0].isupper() and " ".join(normal_words(token.text)) in self._people
        if not known and self._unlisted_place(index) is not None:
            return ()
        if known or self._pos[index] == "PROPN" or token.ent_type_ == "PERSON":
            return self._person(index)
        return ()

    def _followers(self, index: int) -> tuple[Actor, ...]:
        """Return the people behind a person: 'supporters of X', "X's allies", 'the X camp'.

        A circle that acts for its leader has the leader's sector; a crowd is of civilians.
        """
        phrase = self._phrase(index, index)
        leader = self._leader(index, phrase)
        if leader is None or (leader.person is None and leader.role is None):
            return ()
        inner = singular(self._lower[index]) in self._words.references["circle"]
        span = self._span(phrase.first, index + 1)
        if leader.span.start > span.start:
            span = Span(span.start, leader.span.end)
        sector = (leader.sector if inner else None) or "CVL"
        return (Actor(span.of(self._text), span, leader.country, sector, rule="followers"),)

    def _leader(self, index: int, phrase: Phrase) -> Actor | None:
        """Return the person whose followers a noun means."""
        heads = [kid for kid in self._kids[index] if self._dep[kid] == "poss"] + [
            kid
            for prep in self._kids[index]
            if self._lower[prep] in {"of", "to"} and prep > index
            for kid in self._kids[prep]
            if self._dep[kid] == "pobj"
        ]
        if phrase.possessor is not None:
            heads.insert(0, phrase.possessor.i)
        heads += [kid for kid in self._kids[index] if self._dep[kid] in {"compound", "nmod"}]
        for head in heads:
            found = self._one(head)
            if found:
                return found[0]
        return None

    def _mentioned(self, mention: Mention, index: int) -> tuple[Actor, ...]:
        if mention.kind("holder") is not None:
            return self._known_person(mention.first, mention.last)
        capital = mention.kind("capital") is not None and mention.kind("country") is None
        placed_seat = mention.kind("seat") is not None and mention.names[0].name in PLACE_SEATS
        if (capital or placed_seat) and self.is_place_use(self._tokens[mention.last - 1]):
            return ()
        return self._named(mention)

    def _owned(self, mention: Mention, name: Name) -> str:
        """Return the country of a party or body, whose owner goes first ('Canada's Greens')."""
        if name.country not in self._tables.countries or name.sector in {"REB", "PRM", "CRM"}:
            return name.country
        phrase = self._phrase(mention.first, mention.last - 1)
        owners = phrase.owners
        if not owners and phrase.possessor is not None:
            owners = self._owners_of(phrase.possessor)
        if owners and owners[0].country in self._tables.countries:
            return owners[0].country
        return name.country

    def _is_title(self, index: int, phrase: Phrase) -> bool:
        """Tell whether a role word ends a name in capitals ('the Free Homeland Front')."""
        before = index - 1
        return (
            self._pos[index] == "PROPN"
            and self._tokens[index].text[0].isupper()
            and before >= 0
            and (
                (phrase.definite and not phrase.words and self._tokens[index].tag_ == "NNPS")
                or (bool(phrase.words) and self._tokens[before].text[0].isupper())
            )
        )

    def _named(self, mention: Mention) -> tuple[Actor, ...]:
        """Return the actor that a name of the tables denotes."""
        span = self._span(mention.first, mention.last)
        last = mention.last - 1
        if mention.kind("holder") is not None:
            return self._known_person(mention.first, mention.last)
        name = self._best(mention)
        if name is not None:
            country = self._owned(mention, name)
            return (
                Actor(
                    name=name.name,
                    span=span,
                    country=country,
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
            ruler = self._ruling(mention) or name
            return (Actor(name.name, span, ruler.country, "GOV", rule="country-name"),)
        name = mention.kind("capital")
        if name is not None:
            return (Actor(name.name, span, name.country, "GOV", rule="capital-metonym"),)
        name = mention.kind("people")
        if name is not None and self._dep[last] not in MODIFYING:
            the = mention.first > 0 and self._lower[mention.first - 1] == "the"
            sector = "GOV" if the else "CVL"
            text = self._quoted(mention.first, mention.last)
            if self._only_described(mention):  # 'ethnic Albanians' are of where they live
                scene = self._scene(last)
                home = scene[0].country if scene else None
                return (Actor(text, span, home, "CVL", rule="scene" if scene else "people"),)
            return (Actor(text, span, name.country, sector, rule="demonym"),)
        name = mention.kind("adjective", "country")
        if name is not None:
            return (Actor(name.name, span, name.country, "GOV", rule="demonym"),)
        return ()

    def _seat(self, mention: Mention, name: Name, span: Span) -> Actor:
        """Return a seat of power; a country before it decides ('the Libyan House of ...')."""
        phrase = self._phrase(mention.first, mention.last - 1)
        owners = phrase.owners
        if phrase.possessor is not None:
            owners = self._owners_of(phrase.possessor) or owners
        country = name.country
        if owners and owners[0].country in self._tables.countries:
            country = owners[0].country
        return Actor(name.name, span, country, name.sector, organisation=name.name, rule="metonym")

    def _of_role(self, index: int, words: RoleWords) -> tuple[Actor, ...]:
        role = words.role
        phrase = self._phrase(words.first, index)
        referred = self._reference(index, phrase)
        if referred:
            return referred
        owners = list(phrase.owners)
        if phrase.possessor is not None:
            possessors = self._possessors(phrase.possessor)
            if role.word in {"counterpart", "counterparts"}:
                owners = owners or possessors
            else:
                owners = [*possessors, *owners]
        complement = self._complement(words)
        if complement and all(owner.rule == "document-country" for owner in owners):
            owners = []  # "women's associations in Bunia" are of Bunia
        from_complement = not owners and bool(complement)
        if not owners:
            owners = complement or self._local_owner(phrase, role)
        pronoun_actor: Actor | None = None
        if phrase.pronoun is not None:
            referents = self._one(phrase.pronoun.i)
            pronoun_actor = referents[0] if referents else None
            if not owners and role.word not in {"counterpart", "counterparts"}:
                owners = self._owners_of(phrase.pronoun)
        named = self._appositive(index)
        person = self._people_of(named) if named is not None else None
        name_role = self._role_name(words, phrase)
        plural = self._tokens[index].tag_ in PLURAL_TAGS
        if role.word in {"counterpart", "counterparts"}:
            own = pronoun_actor
            if own is None and phrase.possessor is not None:
                found = self.of(phrase.possessor)
                own = found[0] if found else None
            if own is not None and own.role:
                name_role = own.role
        unique = unique_owners(owners)
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
            text = self._quoted(phrase.first, index + 1)
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
                    rule=role_rule(role, owner, words),
                )
            )
        return tuple(out)

    def _alike(self, index: int, role: Role, phrase: Phrase) -> tuple[Actor, ...]:
        """Return the last union where 'the union' stands, which alone denotes none."""
        if not phrase.definite or self._tokens[index].tag_ in PLURAL_TAGS:
            return ()
        prior = self._discourse.alike(role.word, index, self._sentence[index])
        span = self._span(phrase.first, index + 1)
        return (referring(prior, span, "prior-body"),) if prior is not None else ()

    def _ownerless(
        self,
        index: int,
        words: RoleWords,
        phrase: Phrase,
        person: Person | None,
        name_role: str,
        named: tuple[int, int] | None,
    ) -> tuple[Actor, ...]:
        role = words.role
        if person is not None and named is not None:
            return self._known_person(*named, role=name_role)
        if role.kind in {"equipment", "polity"}:
            return ()
        titled = self._is_title(index, phrase)
        if not (role.alone or titled):
            if not phrase.words:
                return self._alike(index, role, phrase)
            if role.word in STATES:
                return ()
        if (
            role.neutral
            and not phrase.words
            and self._pos[index] != "PROPN"
            and (self._tokens[index].tag_ in {"NN"} and role.word in VAGUE)
        ):
            return ()
        sector = self._sector(role, phrase, None)
        span = self._span(phrase.first if phrase.words else words.first, index + 1)
        text = self._doc.text[span.start : span.end]
        country: str | None = None
        rule = "role"
        if role.placed and sector in self._words.domestic:
            scene = self._scene(index)
            if scene:
                actor = Actor(text, span, scene[0].country, sector, role=name_role, rule="scene")
                return (actor,)
        bare_plural = not phrase.definite and not phrase.indefinite
        loyal = sector == "MIL" and "government" in phrase.words  # government troops
        counted = (
            phrase.elsewhere
            or phrase.indefinite
            or phrase.pronoun is not None
            or phrase.count is not None
        )
        if (role.fallback or loyal or (role.neutral and bare_plural)) and not counted:
            prior = self._discourse.body(name_role) if role.kind == "body" else None
            if prior is not None and phrase.definite:
                country, rule = prior.country, "prior-body"
            else:
                country = self.told_country(index, words, sector)
                rule = "document-country" if country is not None else rule
        elif titled and not phrase.elsewhere:
            scene = self._scene(index)
            country = scene[0].country if scene else self.told_country(index, words, sector)
            rule = ("scene" if scene else "document-country") if country is not None else rule
        elif role.placed and sector in self._words.domestic and not counted:
            country = self.told_country(index, words, sector)
            rule = "document-country" if country is not None else rule
        return (Actor(text, span, country, sector, role=name_role, rule=rule),)
