"""Fill the slots of a frame: from syntax to actors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from spacy.tokens import Token

from dragoman.codebook.words import EmbeddingWords
from dragoman.coding.predicates import Candidate
from dragoman.coding.syntax import VERBS, Tree
from dragoman.schema import Actor, EventType


class ActorReader(Protocol):
    """What the coder needs of actor resolution in one document."""

    def of(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors that the noun phrase of ``head`` denotes."""

    def possessive(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors of the possessive of ``head``."""

    def modifier(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors named by adjectives and compounds of ``head``."""

    def within(self, tokens: Sequence[Token]) -> tuple[Actor, ...]:
        """Return all actors named among ``tokens``."""

    def authorities(self, place: Token) -> tuple[Actor, ...]:
        """Return the state that a place lies in."""


#: Acts that judge or ask for what somebody does: who does it is their recipient.
ABOUT_ACTS = frozenset({EventType.ACCUSE, EventType.SUPPORT, EventType.REQUEST})


def unique(actors: Iterable[Actor]) -> tuple[Actor, ...]:
    """Drop repeated actors: the same party, or the same words read twice.

    One phrase may stand for several parties ('the two countries'), so a span alone
    does not make two actors one.
    """
    out: list[Actor] = []
    seen: set[object] = set()
    for actor in actors:
        party = identity(actor)
        key: object = (actor.span, party) if party == (None,) * 4 else party
        if key in seen:
            continue
        seen.add(key)
        out.append(actor)
    return tuple(out)


def identity(actor: Actor) -> tuple[str | None, str | None, str | None, str | None]:
    """Return what makes two mentions the same party; all ``None`` if nothing is known."""
    if actor.country is None and actor.person is None and actor.organisation is None:
        return (None,) * 4
    return (actor.country, actor.sector, actor.person, actor.organisation)


class Arguments:
    """The slots of the candidates of one document."""

    def __init__(
        self,
        tree: Tree,
        actors: ActorReader,
        act_nouns: frozenset[str],
        embedding: EmbeddingWords,
    ) -> None:
        self._tree = tree
        self._actors = actors
        self._act_nouns = act_nouns
        self._collectives = embedding.collectives
        self._done_to = embedding.done_to
        self._of: dict[int, tuple[Actor, ...]] = {}

    def of(self, head: Token) -> tuple[Actor, ...]:
        """Return the actors denoted by a noun phrase, quantity words skipped."""
        known = self._of.get(head.i)
        if known is None:
            known = self._actors.of(head)
            if not known:
                inner = self._tree.content(head)
                if inner.i != head.i:
                    known = self._actors.of(inner)
                if not known and self._tree.lemma(inner) in self._collectives:
                    known = self._actors.possessive(inner) or self._actors.modifier(inner)
            if not known and self._tree.deps[head.i] == "appos":
                known = self._actors.of(head.head)  # 'the M23, the force that seized Goma'
            if known and all(a.country is None and a.sector is not None for a in known):
                known = self._placed(head, known)
            self._of[head.i] = known
        return known

    def _placed(self, head: Token, actors: tuple[Actor, ...]) -> tuple[Actor, ...]:
        """Give people of a country their country: 'doctors in Nigeria', not 'gunmen in Mali'."""
        if any(a.sector == "UAF" or a.person or a.organisation for a in actors):
            return actors
        for target in self._tree.prepositions(head, "in", 1):
            for place in self._actors.of(target):
                if place.country is not None and place.organisation is None:
                    rule = f"{actors[0].rule}; 'in {place.name}'"
                    return tuple(replace(a, country=place.country, rule=rule) for a in actors)
        return actors

    def _victims(self, candidate: Candidate, heads: Sequence[Token]) -> tuple[Actor, ...]:
        """Return whom an act hits; of an attack on a thing, the country that it stands in."""
        if candidate.frame.type in ABOUT_ACTS and candidate.frame.pos == "verb":
            return self.of_or_owner(heads, self._author)
        found = self.of_or_owner(heads)
        if not found and candidate.frame.type is EventType.ASSAULT:
            found = self.of_or_owner(
                place for head in heads for place in self._tree.prepositions(head, "in", 1)
            )
        return found

    def _author(self, noun: Token) -> tuple[Actor, ...]:
        """Return who stands behind a thing or does an act: of 'the arrest of a priest by Chad'
        that is Chad, and never the priest."""
        return self.doer(noun) if self.is_done_to(noun) else self.owner(noun)

    def is_done_to(self, noun: Token) -> bool:
        """Tell whether a noun names an act of which 'of' tells the victim."""
        return self._tree.lemma(noun) in self._done_to

    def doer(self, noun: Token) -> tuple[Actor, ...]:
        """Return who does what a noun like 'arrest' names, or the state where it is done."""
        tree = self._tree
        suffered = tree.prepositions(noun, "of", 1)
        for found in (
            self._all(by for n in (noun, *suffered) for by in tree.prepositions(n, "by", 1)),
            self._actors.possessive(noun) if suffered else (),
            self._actors.modifier(noun),
        ):
            if found:
                return found
        if not suffered:
            suffered = tree.kids(noun, "poss")
        verb = tree.clause_verb(noun)
        if not tree.is_passive(verb):  # where the parser has joined 'by' to the verb
            behind = [by for by in tree.prepositions(verb, "by", 1) if by.i > noun.i]
            if found := self._all(behind):
                return found
        held = [kept for victim in suffered for kept in tree.kids(victim, "acl")]
        for kept in held:  # 'hostages held by the rebels'
            found = self._all(tree.prepositions(kept, "by", 1)) or self._all(tree.agents(kept))
            if found:
                return found
        places = (
            place
            for name in ("from", "in", "at")
            for around in (noun, *suffered, *held)
            for place in tree.prepositions(around, name, 1)
        )
        return next(filter(None, map(self._actors.authorities, places)), ())

    def owner(self, noun: Token) -> tuple[Actor, ...]:
        """Return who stands behind a thing: "the Azerbaijani border", "a decision by X"."""
        tree = self._tree
        found = self._actors.possessive(noun)
        if found:
            return found
        for name in ("by", "between"):
            found = self._all(tree.prepositions(noun, name, 1))
            if found:
                return found
        found = self._actors.modifier(noun)
        if found:
            return found
        for name in ("of", "from", "against", "with"):
            for target in tree.prepositions(noun, name, 1):
                found = (
                    self.of(target)
                    or self._actors.possessive(target)
                    or (self._actors.modifier(target))
                )
                if found:
                    return found
        return ()

    def of_or_owner(
        self,
        heads: Iterable[Token],
        owner: Callable[[Token], tuple[Actor, ...]] | None = None,
    ) -> tuple[Actor, ...]:
        """Return the actors of noun phrases, or else of their owners, as ``owner`` tells them."""
        owner = owner or self.owner
        out: list[Actor] = []
        for head in heads:
            found = self.of(head)
            if not found:
                for noun in self._tree.conjuncts(head):
                    found = (*found, *(self.of(noun) or owner(noun)))
            out.extend(found)
        return unique(out)

    def within(self, tokens: Iterable[Token]) -> tuple[Actor, ...]:
        """Return all actors named among ``tokens``."""
        return self._actors.within(sorted(tokens, key=lambda token: token.i))

    def _all(self, heads: Iterable[Token]) -> tuple[Actor, ...]:
        return unique(actor for head in heads for actor in self.of(head))

    def subject(self, verb: Token) -> tuple[Actor, ...]:
        """Return who does what a verb says; things only if they stand for their owner."""
        heads = self._tree.agents(verb)
        found = self._all(heads)
        if found:
            return found
        out: list[Actor] = []
        for head in heads:
            if self._tree.lemma(self._tree.content(head)) in self._act_nouns:
                out.extend(self.owner(head))
            else:
                out.extend(self._actors.modifier(head))
        return unique(out)

    def slot(
        self, name: str, candidate: Candidate, embedded: Sequence[Actor] = ()
    ) -> tuple[Actor, ...]:
        """Return the actors in one slot of a candidate.

        ``embedded`` are the actors of the clause or noun that the head governs.
        """
        tree, head, verb = self._tree, candidate.head, candidate.verb
        match name:
            case "subject":
                if verb is None:
                    return self._noun_subject(head)
                if candidate.frame.pos == "adj":
                    return self._all(tree.grammatical_subjects(verb))
                found = self.subject(verb)
                if not found and candidate.frame.kind == "relation":
                    found = self.of_or_owner(tree.agents(verb))
                return found
            case "object":
                if candidate.frame.pos == "verb":
                    return self._victims(candidate, tree.patients(head))
                return self.of_or_owner(tree.patients(verb)) if verb is not None else ()
            case "indirect":
                return self._all(tree.indirect(verb)) if verb is not None else ()
            case "possessive":
                return self._actors.possessive(head)
            case "modifier":
                return self._actors.modifier(head)
            case "complement":
                return unique(embedded)
            case "complement_subject":
                return self._complement_subject(candidate)
            case "by":
                heads = tree.prepositions(head, "by")
                if not heads and verb is not None:
                    heads = tree.prepositions(verb, "by", 1)
                return self.of_or_owner(heads)
            case _:
                heads = tree.prepositions(head, name)
                if not heads and verb is not None and verb.i != head.i:
                    heads = tree.prepositions(verb, name)
                if not heads and verb is not None and verb.i == head.i:
                    for patient in tree.kids(verb, "dobj"):  # 'closed one of its borders with X'
                        inner = tree.content(patient)
                        if inner.i != patient.i:
                            heads = heads or tree.prepositions(inner, name, 1)
                if not heads and verb is not None and verb.i == head.i and name == "to":
                    heads = tree.indirect(verb)
                return self._victims(candidate, heads)

    def state_of(self, name: str, candidate: Candidate) -> tuple[Actor, ...]:
        """Return the states of the places behind a preposition, or of the object."""
        tree, head = self._tree, candidate.head
        places = tree.patients(head) if name == "object" else tree.prepositions(head, name)
        return unique(
            actor
            for place in places
            for noun in tree.conjuncts(place)
            for actor in self._actors.authorities(noun)
        )

    def _noun_subject(self, head: Token) -> tuple[Actor, ...]:
        """Return who a noun is said of: 'X is the supplier of Y'."""
        governor = head.head
        if self._tree.deps[head.i] in {"attr", "oprd"} and governor.pos_ in VERBS:
            return self._all(self._tree.grammatical_subjects(governor))
        if self._tree.deps[head.i] == "pobj" and governor.lower_ == "as":
            return self._all(self._tree.grammatical_subjects(self._tree.clause_verb(head)))
        if self._tree.deps[head.i] == "appos":
            return self.of(governor)
        return ()

    def _complement_subject(self, candidate: Candidate) -> tuple[Actor, ...]:
        tree = self._tree
        for _, verb in tree.complements(candidate.head):
            own = tree.kids(verb, "nsubj", "nsubjpass")
            found = self._all(own) if own else self._all(tree.controllers(candidate.head))
            if found:
                return found
        for name in ("on", "upon", "to", "for"):
            found = self._all(tree.prepositions(candidate.head, name, 1))
            if found:
                return found
        return self.of_or_owner(tree.patients(candidate.head)) if candidate.verb is not None else ()

    def fill(
        self,
        slots: Sequence[str],
        candidate: Candidate,
        embedded: Sequence[Actor] = (),
        exclude: Sequence[Actor] = (),
    ) -> tuple[tuple[Actor, ...], str]:
        """Return the actors of the first slot that holds any, and that slot's name."""
        taken = {(actor.span, identity(actor)) for actor in exclude}
        for name in slots:
            found = tuple(
                a
                for a in self.slot(name, candidate, embedded)
                if (a.span, identity(a)) not in taken
            )
            if found:
                return found, name
        return (), ""
