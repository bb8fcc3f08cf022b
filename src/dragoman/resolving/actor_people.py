"""Persons: what the report itself says of them, and what the tables say on its day."""

from __future__ import annotations

from datetime import date

from dragoman.resolving.actor_homes import ActorHomes
from dragoman.resolving.actor_parts import (
    ARTICLES,
    GRACE,
    NOUNS,
    PARTICLES,
    PLURAL_TAGS,
    REMEMBERED,
    Mention,
    Person,
    Phrase,
    RoleWords,
    in_office,
)
from dragoman.resolving.actor_tables import (
    BREAK,
    FAMILY_NAME_FIRST,
    GIVEN_NAME_FIRST,
    Name,
    normal_name,
    normal_words,
)
from dragoman.resolving.references import FEMALE, MALE
from dragoman.schema import Actor


class ActorPeople(ActorHomes):
    """Collect the persons of a report and resolve their names."""

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
        if not person and not titled and not self._described(index):
            return None
        last = index + 1
        while last < len(self._tokens) and self._continues_name(last, person):
            last += 1
        while last > index + 1 and self._lower[last - 1] in {"-", *PARTICLES}:
            last -= 1
        return index, last

    def _described(self, index: int) -> bool:
        """Tell whether an apposition makes several proper nouns a person's name."""
        first, last = self._proper_run(index)
        if first != index or last - first < 2:
            return False
        for kid in self._kids[last - 1]:
            role = self._role[kid]
            if self._dep[kid] == "appos" and kid > last and role is not None:
                return role.role.kind in {"person", "people"}
        return False

    def _office_before(self, first: int) -> RoleWords | None:
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
        return None if self._tokens[start - 1].tag_ in PLURAL_TAGS else role

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
            and (self._tokens[index].tag_ not in PLURAL_TAGS or self._pos[index] == "PROPN")
        )

    def _continues_name(self, index: int, person: bool) -> bool:
        token = self._tokens[index]
        if self._mention[index] is not None or self._role[index] is not None:
            return False
        if self._sentence[index] != self._sentence[index - 1]:
            return False
        if self._lower[index] == "-" or self._lower[index] in PARTICLES:
            return index + 1 < len(self._tokens) and self._pos[index + 1] == "PROPN"
        if self._pos[index] != "PROPN" or not token.text[0].isalpha():
            return False
        return not (person and token.ent_type_ not in {"PERSON", ""} and token.ent_iob_ == "B")

    def _define(self, first: int, last: int) -> None:
        name = self._quoted(first, last)
        head = last - 1
        phrase = self._phrase(first, head)
        role_words, owners = phrase.role, list(phrase.owners)
        role_phrase = phrase
        if phrase.possessor is not None:
            owners = [*self._possessors(phrase.possessor), *owners]
        if not owners and last + 1 < len(self._tokens) and self._lower[last] == "of":
            owners = self._placed_owner(last + 1, "of")  # Prime Minister Major of Britain
        rank = role_words is not None and role_words.role.word in self._words.ranks
        if role_words is None or (rank and not owners):
            described = self._description(phrase.first if rank else first, last)
            if described is not None:
                role_words, role_phrase = described
                owners = list(role_phrase.owners) or owners
                if role_phrase.possessor is not None:
                    owners = [*self._possessors(role_phrase.possessor), *owners]
        country: str | None = None
        sector: str | None = None
        role: str | None = None
        if role_words is not None:
            complement = self._complement(role_words)
            owners = owners or complement or self._local_owner(role_phrase, role_words.role)
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
            and role_phrase.pronoun is None
        ):
            country = self.told_country(role_words.last - 1, role_words, sector)
        ranked = role is not None and role.removeprefix("former ") in self._words.ranks
        told = role is not None
        if table is not None and (role is None or ranked) and not phrase.former:
            sector, role = self._office(table)  # a rank says less than an office
            told = False
        if known is not None:
            name = known.name if len(known.name) >= len(name) else name
            country = known.country or country
            role = known.role if known.role is not None else role
            sector = known.sector if known.sector is not None else sector
            told = known.told if known.role is not None else told
            gender = known.gender or gender
        person = Person(name, country, sector, role, gender, told)
        for key in keys:
            self._people[key] = person

    def _keys(self, first: int, last: int, country: str | None) -> list[str]:
        words = [w for w in normal_name(self._quoted(first, last)) if w != BREAK]
        if not words:
            return []
        keys = [" ".join(words)]
        for start in range(1, len(words)):
            keys.append(" ".join(words[start:]))
        table = self._mention[first]
        holder = table.kind("holder") if table is not None else None
        home = country or (holder.country if holder is not None else None)
        if (home in FAMILY_NAME_FIRST or home in GIVEN_NAME_FIRST) and len(words) > 1:
            keys.append(words[0])
        return keys

    def _description(self, first: int, last: int) -> tuple[RoleWords, Phrase] | None:
        """Find the role in apposition to a name, before or behind it."""
        size = len(self._tokens)
        passed = self._words.ignored
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
                if self._lower[index] in passed and self._head[index] > index:
                    continue  # the veteran Chinese negotiator
                if index + 1 < size and self._pos[index + 1] in NOUNS:
                    continue
                phrase = self._phrase(role.first, index)
                if phrase.first >= last + 1:
                    start = last + 1
                    while self._lower[start] in ARTICLES or self._lower[start] in passed:
                        start += 1
                    if phrase.first > start and phrase.possessor is None:
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
                if index != first - 2 and self._lower[index + 1] not in {"of", "for", "to", "in"}:
                    break
                if self._tokens[index].tag_ in PLURAL_TAGS:
                    break
                return role, self._phrase(role.first, index)
        return None

    def _gender(self, first: int, phrase: Phrase) -> str | None:
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

    def _appositive(self, index: int) -> tuple[int, int] | None:
        """Return the name that stands in apposition to a role, as a token range."""
        for kid in self._kids[index]:
            if self._dep[kid] == "appos" and self._pos[kid] == "PROPN" and kid > index:
                span = self._name_around(kid)
                if span is not None:
                    return span
        if self._tokens[index].tag_ in PLURAL_TAGS:
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

    def _people_of(self, span: tuple[int, int]) -> Person | None:
        words = [w for w in normal_name(self._quoted(*span)) if w != BREAK]
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
            if table is not None and not (person.role and person.told):
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
                self._quoted(first, last),
                span,
                None,
                None,
                role,
                self._quoted(first, last),
                rule="person",
            ),
        )

    def _office(self, name: Name) -> tuple[str | None, str | None]:
        on = self._published
        if name.office is None:  # a dictionary that says by itself what a person is when
            return name.sector, None
        if on is not None and name.until is not None and name.until + GRACE < on:
            return "ELI", f"former {name.office}"
        return name.sector, name.office

    def _holder(self, mention: Mention | None, on: date | None) -> Name | None:
        if mention is None:
            return None
        holders = [n for n in mention.names if n.kind == "holder"]
        return in_office(holders, on)

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
                if (n.since is None or n.since <= on + GRACE)
                and (n.until is None or on <= n.until + REMEMBERED)
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
        return in_office(list(found), on)
