"""Explain what a name or a described actor is resolved to, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from spacy.language import Language

from dragoman.resolving.actor_tables import ActorTables, Name, normal_name
from dragoman.resolving.actor_text import HomeOf
from dragoman.resolving.actors import ActorResolver, DocumentActors
from dragoman.schema import Actor

__all__ = ["Explained", "explain_phrase", "explain_who"]

_KINDS = {
    "country": "names the country",
    "adjective": "is the adjective of",
    "people": "names the people of",
    "capital": "is the capital of",
    "seat": "is a seat of power of",
    "organisation": "names the organisation",
    "group": "names the group or party",
    "holder": "names the office-holder",
    "nowhere": "is a region that is no actor:",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """An actor that a phrase denotes, and the steps by which it was found, in words."""

    actor: Actor
    steps: tuple[str, ...]

    def record(self) -> dict[str, object]:
        """Return the fields and steps as plain data."""
        actor = self.actor
        return {
            "name": actor.name,
            "country": actor.country,
            "sector": actor.sector,
            "role": actor.role,
            "person": actor.person,
            "organisation": actor.organisation,
            "rule": actor.rule,
            "steps": list(self.steps),
        }


def explain_who(
    phrase: str, on: date | None = None, *, tables: ActorTables | None = None
) -> list[dict[str, str | None]]:
    """Say what the tables know of a name or role on a day, one record per meaning.

    Records have name, country, sector, office, from, until and rule. Needs no parser.
    """
    tables = tables if tables is not None else ActorTables.load()
    out: list[dict[str, str | None]] = []
    for meaning in _meanings(phrase, tables):
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
    role = tables.roles.get(normal_name(phrase))
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
    phrase: str,
    nlp: Language,
    on: date | None = None,
    *,
    tables: ActorTables | None = None,
    home_of: HomeOf | None = None,
) -> list[Explained]:
    """Resolve a phrase ('retired Iranian general') as the coder would in a report of a day.

    ``home_of`` gives the country of a place's name, as ``PlaceResolver.country_of``. Empty
    where the phrase denotes no actor.
    """
    tables = tables if tables is not None else ActorTables.load()
    doc = nlp(phrase)
    people = ActorResolver(tables, home_of).open(doc, published=on)
    actors: tuple[Actor, ...] = ()
    for token in sorted(doc, key=lambda t: t.head.i != t.i):  # the head of the phrase first
        actors = people.of(token)
        if actors:
            break
    steps = _steps(people, tables, on)
    return [
        Explained(actor, (*steps, *_offices(actor, tables, on), f"rule: {actor.rule}"))
        for actor in actors
    ]


def _meanings(phrase: str, tables: ActorTables) -> Sequence[Name]:
    words = normal_name(phrase)
    surnames = tables.surnames.get(words[-1], ()) if len(words) == 1 else ()
    return list(dict.fromkeys([*tables.names.get(words, ()), *surnames]))


def _steps(people: DocumentActors, tables: ActorTables, on: date | None) -> list[str]:
    steps: list[str] = []
    for text, names in people.names_found():
        for name in names:
            if name.kind == "holder":
                continue
            state = tables.countries.get(name.country, name.country)
            told = state if name.kind in {"adjective", "people", "capital", "seat"} else name.name
            code = f" ({name.country}, {name.sector})" if name.country else ""
            steps.append(f"'{text}' {_KINDS[name.kind]} {told}{code}{_period(name, on)}")
    for text, role in people.roles_found():
        steps.append(f"'{text}' is a role word: {role.sector}")
    for word in people.former_words():
        steps.append(f"'{word}' says that the office is no longer held: ELI")
    return steps


def _offices(actor: Actor, tables: ActorTables, on: date | None) -> list[str]:
    if actor.person is None:
        return []
    held = [n for n in _meanings(actor.person, tables) if n.kind == "holder"]
    return [
        f"{n.name}, {n.office or 'office not told'} ({n.country}, {n.sector}){_period(n, on)}"
        for n in sorted(held, key=lambda n: n.since or date.min)
    ]


def _period(name: Name, on: date | None) -> str:
    if name.since is None and name.until is None:
        return ""
    since = name.since.isoformat() if name.since else "the beginning"
    until = name.until.isoformat() if name.until else "today"
    if on is None:
        return f", {since} to {until}"
    return f", {since} to {until}: {'holds' if name.holds(on) else 'does not hold'} on {on}"
