"""What pronouns and 'the two countries', 'the bloc', 'the minister' mean in one report."""

from __future__ import annotations

from dataclasses import replace

from dragoman.resolving.actor_parts import (
    HE,
    IT,
    MODIFYING,
    NOUNS,
    PLURAL_TAGS,
    STATE_LIKE,
    SUBJECTS,
    THEY,
    Mention,
    Phrase,
    singular,
)
from dragoman.resolving.actor_people import ActorPeople
from dragoman.resolving.actor_tables import (
    normal_name,
    normal_words,
)
from dragoman.resolving.references import FEMALE, MALE, Mentioned, referring
from dragoman.schema import Actor


class ActorReferences(ActorPeople):
    """Resolve references, and remember in text order who was named."""

    def _pronoun(self, index: int) -> tuple[Actor, ...]:
        lower, sentence = self._lower[index], self._sentence[index]
        span = self._span(index, index + 1)
        if self._dep[index] == "expl":
            return ()
        if lower in HE:
            actor = self._discourse.person(index, sentence, gender=HE[lower])
            return (referring(actor, span, "pronoun"),) if actor is not None else ()
        if lower in IT:
            if lower == "it" and self._pleonastic(index):
                return ()
            thing = self._discourse.thing(
                index, sentence, kinds=STATE_LIKE, not_codes=self._acting_on(index)
            )
            return (referring(thing, span, "pronoun"),) if thing is not None else ()
        if lower in THEY:
            return tuple(
                referring(actor, span, "pronoun")
                for actor in self._discourse.several(index, sentence)
            )
        return ()

    def _acting_on(self, index: int) -> frozenset[str]:
        """Return the countries that act on a pronoun, which it cannot mean.

        'Somalia broke with Kenya, accusing it …': who acts on oneself is 'itself'.
        """
        if self._dep[index] not in {"dobj", "dative"}:
            return frozenset()
        governor = self._head[index]
        for _ in range(4):
            for kid in self._kids[governor]:
                if self._dep[kid] == "nsubj" and kid < index:
                    return frozenset(a.country for a in self._one(kid) if a.country is not None)
            if self._dep[governor] not in {"advcl", "xcomp", "conj", "pcomp", "acl", "prep"}:
                break
            governor = self._head[governor]
        return frozenset()

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

    def _reference(self, index: int, phrase: Phrase) -> tuple[Actor, ...]:
        """Resolve 'the two countries', 'the bloc', 'the minister', 'the group'."""
        if phrase.owners or phrase.possessor is not None or phrase.pronoun is not None:
            return self._other_party(index, phrase)
        lists = self._words.references
        lemma = singular(self._lower[index])
        sentence = self._sentence[index]
        if phrase.count is not None and lemma in lists["pair"]:
            if self._has_complement(index):
                return ()
            if phrase.definite:
                return self._pair(index, phrase)
            return ()
        plural = self._tokens[index].tag_ in PLURAL_TAGS
        if not phrase.definite or self._has_complement(index):
            return ()
        if plural and lemma in lists["armed"] and not phrase.words:
            fought = self._discourse.thing(index, sentence, kinds=frozenset({"group"}))
            if fought is not None and fought.sector in {"REB", "PRM", "MIL"}:
                span = self._span(min(phrase.first, index), index + 1)
                return (referring(fought, span, "group-reference"),)
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
        if any(lemma in lists[kind] for kind in ("bloc", "group", "body", "company")):
            kinds = set()
            if lemma in lists["bloc"]:
                kinds.add("organisation")
            if lemma in lists["group"]:
                kinds.add("group")
            if lemma in lists["body"]:
                kinds.add("body")
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

    def _other_party(self, index: int, phrase: Phrase) -> tuple[Actor, ...]:
        """Resolve 'its neighbour', "Chad's rival": the other country told of.

        A neighbour is the last other country named, or the only other one of the report;
        an ally or a rival, of which there may be many, only the latter.
        """
        lists = self._words.references
        lemma = self._lower[index]
        if lemma not in lists["other_party"]:
            return ()
        for kid in self._kids[index]:
            if self._dep[kid] == "appos":
                return self._one(kid)  # its neighbour Chad
        owner = phrase.pronoun if phrase.pronoun is not None else phrase.possessor
        own = frozenset(a.country for a in self.of(owner) if a.country) if owner else frozenset()
        if not own:
            return ()
        found = None
        if lemma in lists["neighbour"]:
            found = self._discourse.thing(
                index,
                self._sentence[index],
                kinds=frozenset({"country"}),
                codes=frozenset(self._tables.countries),
                not_codes=own,
            )
        others = [c for c in self._weights if c in self._tables.countries and c not in own]
        code = found.country if found is not None else others[0] if len(others) == 1 else None
        if code is None:
            return ()
        span = self._span(phrase.first, index + 1)
        return (Actor(self._tables.countries[code], span, code, "GOV", rule="other-party"),)

    def _conflicting(self, phrase: Phrase) -> bool:
        return any(word in {"international", "rival", "other", "another"} for word in phrase.words)

    def _pair(self, index: int, phrase: Phrase) -> tuple[Actor, ...]:
        lemma = singular(self._lower[index])
        persons = lemma in self._words.references["person"]
        apart = self._speaking_to(index)
        main = self._main_pair() if (phrase.count or 2) == 2 else ()
        found = self._discourse.pair(
            index,
            self._sentence[index],
            phrase.count or 2,
            persons=persons,
            main=() if apart.intersection(main) else main,
            not_codes=apart,
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

    def _speaking_to(self, index: int) -> frozenset[str]:
        """Return the countries and bodies that do to a pair what its clause says.

        'The EU called on both sides', 'France urged both to talk': they are no side themselves.
        """
        governor = self._head[index]
        match self._dep[index]:
            case "dobj" | "dative":
                pass
            case "pobj" if self._lower[governor] in {"on", "upon"}:
                governor = self._head[governor]
            case "nsubj" if self._dep[governor] in {"xcomp", "ccomp"} and any(
                self._tokens[kid].tag_ == "TO" for kid in self._kids[governor]
            ):
                governor = self._head[governor]
            case _:
                return frozenset()
        if self._pos[governor] != "VERB":
            return frozenset()
        return frozenset(
            actor.country
            for kid in self._kids[governor]
            if self._dep[kid] == "nsubj"
            for actor in self.of(self._tokens[kid])
            if actor.country is not None
        )

    def _main_pair(self) -> tuple[str, ...]:
        """Return the two countries that the report is about, if no third comes close."""
        ranked = [(c, n) for c, n in self._weights.most_common() if c in self._tables.countries]
        third = ranked[2][1] if len(ranked) > 2 else 0
        if len(ranked) < 2 or ranked[1][1] < 3 or ranked[1][1] < 1.5 * third:
            return ()
        return (ranked[0][0], ranked[1][0])

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
            if lower in HE or lower in IT or lower in THEY:
                self._remember(index, self._one(index), pronoun=True)
            elif pos in NOUNS and self._dep[index] != "compound":
                found = self._one(index)
                if found:
                    self._remember(index, found)
            index += 1

    def _remember_mention(self, mention: Mention, head: int) -> None:
        if self._dep[head] in MODIFYING or self._dep[head] == "amod":
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
            if name.kind == "seat" and name.sector != "GOV":
                kind = "body"
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
        plural = len(actors) > 1 or self._tokens[index].tag_ in PLURAL_TAGS
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
            if self._dep[current] in SUBJECTS:
                return True
            if self._dep[current] in {"conj", "appos", "compound"}:
                current = self._head[current]
            else:
                return False
        return False
