"""Explain what a name or a described actor is resolved to, and why."""

from __future__ import annotations

from datetime import date

from spacy.language import Language

from dragoman.resolving.actor_tables import (
    ActorTables,
    normal_name,
)
from dragoman.resolving.actors import ActorResolver


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
