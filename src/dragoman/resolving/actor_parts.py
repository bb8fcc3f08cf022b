"""The parts that actors are read from: names and role words in a text, phrases, persons.

Small immutable records and word classes shared by the readers of ``resolving``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from spacy.tokens import Token

from dragoman.resolving.actor_tables import Name, Role
from dragoman.resolving.references import FEMALE, MALE
from dragoman.schema import Actor, Span

MODIFYING = frozenset({"amod", "compound", "nmod", "poss", "npadvmod", "nummod", "quantmod"})
NOUNS = frozenset({"NOUN", "PROPN"})
SUBJECTS = frozenset({"nsubj", "nsubjpass"})
ARTICLES = frozenset({"the", "a", "an", "this", "that", "these", "those"})
NUMBERS = {"two": 2, "both": 2, "three": 3, "four": 4, "five": 5, "six": 6}
PARTICLES = frozenset(
    {"bin", "al", "el", "de", "van", "von", "der", "ibn", "da", "dos", "del", "abu", "ul"}
)
HE = {"he": MALE, "him": MALE, "his": MALE, "she": FEMALE, "her": FEMALE, "hers": FEMALE}
THEY = frozenset({"they", "them", "their", "theirs"})
IT = frozenset({"it", "its"})
CLITIC = frozenset({"'s", "'", "\u2019s", "\u2019"})
QUANTITIES = frozenset(
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
RELATIVE = frozenset({"who", "whom", "which", "that", "whose"})
PLURAL_TAGS = frozenset({"NNS", "NNPS"})
HYPHENS = frozenset({"-", "\u2010", "\u2011", "\u2013", "/"})
OF_LIKE = frozenset({"of", "for", "from"})
POSTED = frozenset(
    {"ambassador", "ambassadors", "envoy", "envoys", "embassy", "visit", "trip", "flight"}
)
PLACED = frozenset({"in", "at", "near", "outside", "across", "inside", "around", "throughout"})
STATE_LIKE = frozenset({"country", "organisation", "group", "body"})
#: How long after leaving office a bare surname is still taken for the person.
REMEMBERED = timedelta(days=5 * 365)
GRACE = timedelta(days=45)
#: Roles that a qualifier changes though they are not neutral ('police forces').
QUALIFIED = frozenset(
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
VAGUE = frozenset(
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
#: Words for states, which are no body of one.
STATES = frozenset({"state", "states"})
#: Seats that are also places.
PLACE_SEATS = frozenset(
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


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of the tables in the text: token indices half-open, all its meanings."""

    first: int
    last: int
    names: tuple[Name, ...]

    def kind(self, *kinds: str) -> Name | None:
        """Return the first meaning of one of these kinds."""
        for name in self.names:
            if name.kind in kinds:
                return name
        return None


@dataclass(frozen=True, slots=True)
class RoleWords:
    """A role word in the text: token indices half-open."""

    first: int
    last: int
    role: Role


@dataclass(frozen=True, slots=True)
class Person:
    """What the report says of a person."""

    name: str
    country: str | None
    sector: str | None
    role: str | None
    gender: str | None
    told: bool = True


@dataclass(frozen=True, slots=True)
class Owner:
    """A country or body that a phrase belongs to."""

    country: str
    sector: str | None
    kind: str
    name: str
    span: Span | None
    rule: str


@dataclass(slots=True)
class Phrase:
    """What stands left of a noun in its phrase."""

    first: int
    owners: list[Owner] = field(default_factory=list)
    possessor: Token | None = None
    pronoun: Token | None = None
    words: list[str] = field(default_factory=list)
    role: RoleWords | None = None
    former: bool = False
    definite: bool = False
    indefinite: bool = False
    count: int | None = None
    local: int | None = None
    elsewhere: bool = False


def adjectival(mention: Mention) -> bool:
    """Tell whether a name can stand before a noun like an adjective."""
    if mention.kind("adjective") is not None:
        return True
    return any(name.exact is not None for name in mention.names)


def singular(word: str) -> str:
    """Return the singular of a regular English plural, else the word."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("men"):
        return word[:-3] + "man"
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def distinct(actors: Iterable[Actor]) -> tuple[Actor, ...]:
    """Return actors in their order, each once."""
    out: list[Actor] = []
    for actor in actors:
        if actor not in out:
            out.append(actor)
    return tuple(out)


def unique_owners(owners: Sequence[Owner]) -> list[Owner]:
    """Return owners in their order, one for each country."""
    out: dict[str, Owner] = {}
    for owner in owners:
        out.setdefault(owner.country, owner)
    return list(out.values())


def in_office(holders: Sequence[Name], on: date | None) -> Name | None:
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


def role_rule(role: Role, owner: Owner, words: RoleWords) -> str:
    """Return the name of the rule by which a role got its country."""
    if role.word.startswith(("embass", "consul")):
        return "embassy"
    if owner.rule == "role+place":
        return "role+place"
    if owner.rule == "pronoun":
        return "pronoun+role"
    return f"{owner.rule}+role" if owner.rule else "role"
