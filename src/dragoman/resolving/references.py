"""References inside a report: pronouns, 'the two countries', 'the bloc', 'the minister'.

``Discourse`` remembers in text order which actors were named where, and whether as the
subject of their clause. What a reference means is the most salient fitting entity
before it: the pair named together in the same or the previous sentences, the last
fitting subject, else the last fitting mention (after Hobbs 1978 and the centering
account: subjects before others, near before far).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from dragoman.schema import Actor, Span

#: How many sentences back a reference reaches.
REACH_PAIR = 4
REACH_PERSON = 5
REACH_THING = 5

FEMALE, MALE = "female", "male"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An actor or coordinated actors named at a token.

    ``kind`` is country, person, organisation, group, body or people; ``direct`` is
    false for a modifier or possessive ('Iranian', "Iran's").
    """

    token: int
    sentence: int
    actors: tuple[Actor, ...]
    kind: str
    subject: bool = False
    direct: bool = True
    gender: str | None = None
    plural: bool = False


def countries_of(item: Mentioned) -> tuple[str, ...]:
    """Return the country codes of an item, each once."""
    out: list[str] = []
    for actor in item.actors:
        if actor.country is not None and actor.country not in out:
            out.append(actor.country)
    return tuple(out)


@dataclass(slots=True)
class Discourse:
    """The actors named so far, in text order."""

    items: list[Mentioned] = field(default_factory=list)

    def add(self, item: Mentioned) -> None:
        """Remember an item; items come in text order."""
        self.items.append(item)

    def before(self, token: int, sentence: int, reach: int) -> Iterator[Mentioned]:
        """Yield items before a token, nearest first, at most ``reach`` sentences back."""
        for item in reversed(self.items):
            if item.token >= token:
                continue
            if item.sentence < sentence - reach:
                return
            yield item

    def person(
        self,
        token: int,
        sentence: int,
        *,
        gender: str | None = None,
        role: str | None = None,
        country: str | None = None,
    ) -> Actor | None:
        """Return the person that 'he', 'she' or 'the minister' means.

        ``role`` must end the role of the person; subjects come before others within
        a sentence, nearer sentences before farther ones.
        """
        best: Actor | None = None
        best_rank = (-1, -1, -1)
        for item in self.before(token, sentence, REACH_PERSON if role is None else 10_000):
            if item.kind != "person" or item.plural or len(item.actors) != 1:
                continue
            actor = item.actors[0]
            if gender is not None and item.gender is not None and item.gender != gender:
                continue
            if role is not None and not _role_fits(actor, role):
                continue
            if country is not None and actor.country != country:
                continue
            if gender == FEMALE and item.gender is None and best is not None:
                continue
            known = 1 if gender == FEMALE and item.gender == FEMALE else 0
            rank = (known, item.sentence, 1 if item.subject else 0)
            if rank > best_rank:
                best, best_rank = actor, rank
        return best

    def pair(
        self,
        token: int,
        sentence: int,
        count: int = 2,
        *,
        persons: bool = False,
        main: tuple[str, ...] = (),
        not_codes: frozenset[str] = frozenset(),
    ) -> tuple[Actor, ...]:
        """Return the ``count`` actors that 'the two countries' means, none of ``not_codes``.

        Prefers actors of one coordination or list, then the countries ``main`` that the
        report is about, then those named in the same sentence, then those of the previous
        sentences, nearest first.
        """
        if persons:
            found = self._pair(token, sentence, count, persons=True, not_codes=not_codes)
            if found:
                return found
        return self._pair(token, sentence, count, persons=False, main=main, not_codes=not_codes)

    def _pair(
        self,
        token: int,
        sentence: int,
        count: int,
        *,
        persons: bool,
        main: tuple[str, ...] = (),
        not_codes: frozenset[str] = frozenset(),
    ) -> tuple[Actor, ...]:
        gathered: dict[str, Actor] = {}
        for back in range(REACH_PAIR + 1):
            level = [
                item
                for item in self.items
                if item.sentence == sentence - back
                and item.token < token
                and (not persons or item.kind == "person")
                and item.kind != "people"
                and not (not_codes and not_codes.intersection(countries_of(item)))
            ]
            if not level:
                continue
            for item in reversed(level):  # a coordination of exactly so many
                if len(countries_of(item)) == count:
                    if main and any(actor.sector == "IGO" for actor in item.actors):
                        continue  # no body is one of 'the two countries'
                    return _one_each(item.actors)[:count]
            here: dict[str, Actor] = {}
            for item in sorted(level, key=lambda i: (not i.subject, i.token)):
                for actor in item.actors:
                    if actor.country is not None:
                        here.setdefault(actor.country, actor)
            if main and back and not (back == 1 and _turns(level, main, here)):
                known = {a.country: a for item in self.items if item.token < token
                         for a in item.actors if a.country in main}  # fmt: skip
                if len(known) == count:
                    return tuple(known[code] for code in main)
            if len(here) >= count and not gathered:
                return tuple(here.values())[:count]
            for code, actor in here.items():
                gathered.setdefault(code, actor)
            if len(gathered) >= count:
                return tuple(gathered.values())[:count]
        return ()

    def thing(
        self,
        token: int,
        sentence: int,
        *,
        kinds: frozenset[str],
        codes: frozenset[str] | None = None,
        not_codes: frozenset[str] = frozenset(),
    ) -> Actor | None:
        """Return the country or organisation that 'it' or 'the bloc' means."""
        best: Actor | None = None
        best_rank = (-1, -1, -1, -1)
        for item in self.before(token, sentence, REACH_THING):
            if item.kind not in kinds or item.plural or len(item.actors) != 1:
                continue
            actor = item.actors[0]
            if codes is not None and actor.country not in codes:
                continue
            if actor.country in not_codes:
                continue
            rank = (item.sentence, 1 if item.subject else 0, 1 if item.direct else 0, item.token)
            if rank[:3] > best_rank[:3]:
                best, best_rank = actor, rank
        return best

    def several(self, token: int, sentence: int) -> tuple[Actor, ...]:
        """Return the actors that 'they' means: the last plural entity, subjects first."""
        best: tuple[Actor, ...] = ()
        best_rank = (-1, -1, -1)
        for item in self.before(token, sentence, 2):
            if not item.direct:
                continue
            rank = (
                item.sentence,
                1 if item.subject else 0,
                1 if item.plural or len(item.actors) > 1 else 0,
            )
            if rank > best_rank:
                best, best_rank = item.actors, rank
        return best

    def body(self, role: str) -> Actor | None:
        """Return the last body of that role with a country ('the parliament')."""
        for item in reversed(self.items):
            actor = item.actors[0] if item.actors else None
            if (
                actor is not None
                and item.kind == "body"
                and actor.country is not None
                and actor.role == role
            ):
                return actor
        return None

    def alike(self, word: str, token: int, sentence: int) -> Actor | None:
        """Return the last union, party or company told of, if ``word`` is such a word."""
        for item in self.before(token, sentence, REACH_THING):
            if item.kind == "person" or item.plural or len(item.actors) != 1:
                continue
            if _role_fits(item.actors[0], word):
                return item.actors[0]
        return None


def _role_fits(actor: Actor, role: str) -> bool:
    own = actor.role or ""
    if own == role or own.endswith(" " + role):
        return True
    if role == "leader":
        return own.endswith(("president", "premier", "minister", "chancellor", "king", "leader"))
    if role == "premier":
        return own == "prime minister"
    return False


def _turns(level: Sequence[Mentioned], main: Collection[str], here: Collection[str]) -> bool:
    """Tell whether a sentence turns from the main pair to one of them and a third.

    'Iran distrusts Iraq's ties with Kuwait': its subject is one of the pair, the other is absent.
    """
    subjects = {c for item in level if item.subject for c in countries_of(item)}
    return bool(subjects.intersection(main)) and len(here) > 1 and not set(main) <= set(here)


def _one_each(actors: tuple[Actor, ...]) -> tuple[Actor, ...]:
    out: dict[str, Actor] = {}
    for actor in actors:
        if actor.country is not None:
            out.setdefault(actor.country, actor)
    return tuple(out.values())


def referring(
    actor: Actor, span: Span, rule: str, *, country_only: bool = False, names: str | None = None
) -> Actor:
    """Return ``actor`` as meant by other words: new span and rule.

    ``country_only`` drops person and role ('the two countries' after two ministers);
    ``names`` is then the country's name.
    """
    if country_only:
        return Actor(
            name=names if names is not None else actor.name,
            span=span,
            country=actor.country,
            sector=actor.sector if actor.sector == "IGO" else "GOV",
            organisation=actor.organisation if actor.sector == "IGO" else None,
            rule=rule,
        )
    return replace(actor, span=span, rule=rule)
