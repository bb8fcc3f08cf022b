"""Whom or what a dossier is about, and which offices people held when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dragoman.analysis.rows import ALWAYS, Connection, Period
from dragoman.errors import ConfigError
from dragoman.resolving.actor_tables import ActorTables, Name, normal_name


class Kind(StrEnum):
    """What a dossier may be about."""

    COUNTRY = "country"
    PERSON = "person"
    ORGANISATION = "organisation"
    ISSUE = "issue"


_KINDS = {
    "country": Kind.COUNTRY,
    "adjective": Kind.COUNTRY,
    "people": Kind.COUNTRY,
    "capital": Kind.COUNTRY,
    "seat": Kind.COUNTRY,
    "organisation": Kind.ORGANISATION,
    "group": Kind.ORGANISATION,
    "holder": Kind.PERSON,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a dossier is about.

    ``code`` is that of a country or organisation that has one of its own. A person or an
    armed group (whose code is its country's) is looked for by ``names``, those that the
    store has for them; an issue by the words of ``name``.
    """

    kind: Kind
    name: str
    code: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Office:
    """Who held which office of a country or organisation; days included, ``None`` if open.

    The codebook gives a month or a year where no more is certain; ``since`` is then its
    first day and ``until`` its last, so such a day may stand for its month or year.
    """

    country: str
    office: str
    holder: str
    since: date | None
    until: date | None


def find_subject(
    db: Connection, name: str, tables: ActorTables, kind: Kind | None = None
) -> Subject:
    """Return whom a name or code means: a country, organisation, person, else an issue.

    ``kind`` takes only that meaning. A person need not have held an office: it is enough
    that the store names them. Raises ``ConfigError`` if there is no such subject.
    """
    wanted = name.strip()
    if not wanted:
        raise ConfigError("a dossier needs a name, such as IRN, 'United Nations' or a person's")
    for found in _meanings(db, wanted, tables):
        if kind is None or found.kind is kind:
            return found
    if kind in (None, Kind.ISSUE):
        return Subject(Kind.ISSUE, wanted)
    raise ConfigError(f"{name!r} is no {kind} that the codebook or the store knows")


def offices_of(
    tables: ActorTables, subject: Subject, period: Period = ALWAYS
) -> tuple[Office, ...]:
    """Return the offices of a person, or of a country or organisation, that touch ``period``.

    By office, the latest holder first. Empty for an issue or a group.
    """
    found = {
        Office(m.country, m.office or "", m.name, m.since, m.until)
        for m in _holders(tables)
        if (m.country == subject.code if subject.code is not None else m.name == subject.name)
        and subject.kind is not Kind.ISSUE
        and (period.until is None or m.since is None or m.since <= period.until)
        and (period.since is None or m.until is None or m.until >= period.since)
    }
    latest = sorted(found, key=lambda o: (o.since or date.min, o.holder), reverse=True)
    return tuple(sorted(latest, key=lambda o: (o.country, o.office)))


def code_names(tables: ActorTables) -> dict[str, str]:
    """Return the name of every code: of countries, and of organisations with their own.

    Where several bodies share a code, that of the first in the codebook.
    """
    names = dict(tables.countries)
    for meanings in tables.names.values():
        for meaning in meanings:
            if meaning.kind == "organisation":
                names.setdefault(meaning.country, meaning.name)
    return names


def _meanings(db: Connection, name: str, tables: ActorTables) -> Iterable[Subject]:
    names = code_names(tables)
    meanings: tuple[Name, ...] = tables.names.get(normal_name(name), ())
    code = name.upper()
    if code in names and (name == code or not meanings):
        kind = Kind.COUNTRY if code in tables.countries else Kind.ORGANISATION
        yield Subject(kind, names[code], code)
    for meaning in meanings:
        meant = _KINDS.get(meaning.kind)
        if meant is None:
            continue
        if meant is Kind.PERSON:
            yield _person(meaning.name)
        elif meaning.kind == "group":
            yield Subject(meant, meaning.name, None, _names_of_group(db, meaning, tables))
        else:
            yield Subject(meant, names.get(meaning.country, meaning.name), meaning.country)
    # Read to their end: the connection takes no 'sql' while an answer is open.
    for person, _ in db.execute(
        """SELECT person, count(*) FROM actors WHERE lower(person) = lower($name)
        GROUP BY person ORDER BY 2 DESC, person LIMIT 1""",
        {"name": name},
    ).fetchall():
        yield _person(person)
    surnames: Mapping[str, tuple[Name, ...]] = tables.surnames
    words = normal_name(name)
    if len(words) == 1:
        # A surname alone: whoever of that name the store tells of most.
        candidates = sorted({m.name for m in surnames.get(words[0], ())})
        for person, _ in db.execute(
            """SELECT person, count(*) FROM actors WHERE list_contains($names, person)
            GROUP BY person ORDER BY 2 DESC, person LIMIT 1""",
            {"names": candidates},
        ).fetchall():
            yield _person(person)


def _person(name: str) -> Subject:
    return Subject(Kind.PERSON, name, None, (name,))


def _names_of_group(db: Connection, group: Name, tables: ActorTables) -> tuple[str, ...]:
    """Return the names of actors in the store that hold a name of the group as words."""
    spellings = [
        " ".join(words)
        for words, known in tables.names.items()
        if any(m.kind == "group" and m.name == group.name for m in known)
    ]
    rows = db.execute(
        """SELECT DISTINCT a.name FROM actors a, (SELECT unnest($names) AS words) n
        WHERE contains(' ' || lower(a.name) || ' ', ' ' || n.words || ' ') ORDER BY a.name""",
        {"names": sorted(spellings)},
    ).fetchall()
    return tuple(row[0] for row in rows)


def _holders(tables: ActorTables) -> Iterable[Name]:
    for meanings in tables.names.values():
        for meaning in meanings:
            if meaning.kind == "holder" and meaning.office:
                yield meaning
