"""The codebook's tables of actors: countries, organisations, groups, roles, office holders.

The tables are TOML files in ``codebook/actors``; a user may add further files of the
same form. ``ActorTables.load`` checks every row and names file and row in the error.
A name is compared as a sequence of normal words: lower case, without accents, dots,
hyphens and apostrophes, so that 'U.S.', 'Amir-Abdollahian' and 'Türkiye' are found in
every spelling.
"""

from __future__ import annotations

import tomllib
import unicodedata
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from dragoman.errors import ConfigError
from dragoman.resolving.petrarch import PetrarchAgent, country_of, read_petrarch, sector_of

#: Word that no name contains: stands for punctuation that separates names.
BREAK = "\0"
_DROPPED = frozenset({"-", "\u2010", "\u2011", "'", "\u2019", "`"})
_CLITICS = frozenset({"'s", "\u2019s"})
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
_ACRONYM = 6
_KINDS = frozenset({"person", "body", "people", "equipment", "polity"})
_FILES = (
    "countries.toml",
    "regions.toml",
    "organisations.toml",
    "groups.toml",
    "roles.toml",
    "officeholders.toml",
)

#: PLOVER's sector codes (manual, 'Sector Codes') and the codebook's IGO and NGO.
SECTORS = frozenset(
    [
        "COP",
        "GOV",
        "JUD",
        "LEG",
        "MIL",
        "PRM",
        "PTY",
        "REB",
        "SPY",
        "UAF",
        "UNK",
        "AGR",
        "BUS",
        "CRM",
        "CVL",
        "EDU",
        "ELI",
        "JRN",
        "LAB",
        "MED",
        "REF",
        "OPP",
        "PRE",
        "REL",
        "SOC",
        "IGO",
        "NGO",
    ]
)


#: Words of names that are spelt in two ways, so that either finds the name.
_ONE_SPELLING = {
    "organisation": "organization",
    "organisations": "organizations",
    "defence": "defense",
    "labour": "labor",
    "centre": "center",
    "programme": "program",
}


@lru_cache(maxsize=1 << 16)
def normal_words(text: str) -> tuple[str, ...]:
    """Return the normal words of one token: none for a hyphen, ``BREAK`` for a comma."""
    if text.isascii() and text.isalnum():
        lower = text.lower()
        return (_ONE_SPELLING.get(lower, lower),)
    if text in _DROPPED:
        return ()
    if text in _CLITICS:
        return ("'s",)
    if text.isspace():
        return (BREAK,) if "\n\n" in text else ()
    if text == "&":
        return ("and",)
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    words: list[str] = []
    current: list[str] = []
    for char in plain:
        if char.isalnum() or char == "+":
            current.append(char)
        elif char in "-\u2010\u2011/" and current:
            words.append("".join(current))
            current = []
    if current:
        words.append("".join(current))
    return tuple(_ONE_SPELLING.get(word, word) for word in words) or (BREAK,)


def normal_name(name: str) -> tuple[str, ...]:
    """Return the normal words of a whole name, as the parser would split it."""
    words: list[str] = []
    for part in name.split():
        clitic = part[-2:] in _CLITICS and len(part) > 2
        words.extend(w for w in normal_words(part[:-2] if clitic else part) if w != BREAK)
        if clitic:
            words.append("'s")
    return tuple(words)


def letters(text: str) -> str:
    """Return letters and digits only, in their own case."""
    return "".join(filter(str.isalnum, text))


@dataclass(frozen=True, slots=True)
class Name:
    """One meaning of a name.

    ``kind`` is country, adjective, people, capital, seat, organisation, group, holder or
    nowhere (a name that denotes no actor).
    ``exact`` is the spelling in letters that an acronym must have, else ``None``.
    ``since`` and ``until`` are inclusive days.
    """

    kind: str
    name: str
    country: str
    sector: str | None = None
    exact: str | None = None
    since: date | None = None
    until: date | None = None
    office: str | None = None

    def holds(self, on: date | None) -> bool:
        """Tell whether the meaning is valid on a day (always, if the day is unknown)."""
        if on is None:
            return self.until is None
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Role:
    """What a role word denotes; the fields are those of ``roles.toml``."""

    word: str
    sector: str
    kind: str
    fallback: bool = False
    placed: bool = False
    neutral: bool = False
    alone: bool = True


@dataclass(frozen=True, slots=True)
class WordLists:
    """The word lists of ``roles.toml``."""

    qualifiers: Mapping[str, str]
    ignored: frozenset[str]
    former: frozenset[str]
    retiring: frozenset[str]
    ranks: frozenset[str]
    ruling: frozenset[str]
    names_actor: frozenset[str]
    names_other: frozenset[str]
    prefixes_other: frozenset[str]
    references: Mapping[str, frozenset[str]]
    domestic: frozenset[str]
    place_prepositions: frozenset[str]
    place_motion: frozenset[str]
    metonym_nouns: frozenset[str]
    female: frozenset[str]
    male: frozenset[str]
    female_titles: frozenset[str]
    male_titles: frozenset[str]


@dataclass(slots=True)
class _Building:
    names: dict[tuple[str, ...], list[Name]] = field(default_factory=dict)
    roles: dict[tuple[str, ...], Role] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)
    words: WordLists | None = None
    closed: set[tuple[str, ...]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class ActorTables:
    """All tables, indexed by normal words. Made by ``load``; immutable."""

    names: Mapping[tuple[str, ...], tuple[Name, ...]]
    roles: Mapping[tuple[str, ...], Role]
    countries: Mapping[str, str]
    words: WordLists
    name_reach: Mapping[str, int]
    role_reach: Mapping[str, int]
    surnames: Mapping[str, tuple[Name, ...]]

    @classmethod
    def load(cls, extra: Sequence[Path] = ()) -> ActorTables:
        """Load the codebook's tables and the user's files, whose rows come first.

        A file that ends in .toml has the form of the codebook's files, any other is a
        dictionary in PETRARCH's formats (see ``petrarch``), whose codes replace those that
        the codebook has for the same name. Raises ``ConfigError`` naming file and row or
        line for a row that is not as it should be.
        """
        building = _Building()
        for path in extra:
            try:
                text = path.read_text(encoding="utf-8")
            except OSError as error:
                raise ConfigError(f"{path}: cannot be read: {error}") from error
            if path.suffix.lower() == ".toml":
                _read(building, path.name, text)
            else:
                _petrarch(building, path.name, text)
        folder = files("dragoman.codebook") / "actors"
        for name in _FILES:
            _read(building, name, (folder / name).read_text(encoding="utf-8"))
        if building.words is None:
            raise ConfigError("roles.toml: the word lists are missing")
        surnames: dict[str, list[Name]] = {}
        for words, meanings in building.names.items():
            for meaning in meanings:
                if meaning.kind == "holder":
                    for key in _surname_keys(words, meaning.country):
                        surnames.setdefault(key, []).append(meaning)
        return cls(
            names={key: tuple(value) for key, value in building.names.items()},
            roles=building.roles,
            countries=building.countries,
            words=building.words,
            name_reach=_reach(building.names),
            role_reach=_reach(building.roles),
            surnames={key: tuple(value) for key, value in surnames.items()},
        )


#: Countries whose people are called by the first word of their name.
FAMILY_NAME_FIRST = frozenset({"CHN", "PRK", "KOR", "TWN", "HKG", "KHM", "SGP"})

#: Countries whose people have no family name and are called by their given name.
GIVEN_NAME_FIRST = frozenset({"ETH", "ERI", "ISL"})


def _surname_keys(words: tuple[str, ...], country: str) -> Iterator[str]:
    if len(words) > 1:
        yield words[0] if country in FAMILY_NAME_FIRST else words[-1]
    else:
        yield words[0]


def _reach(keys: Iterable[tuple[str, ...]]) -> dict[str, int]:
    reach: dict[str, int] = {}
    for key in keys:
        if len(key) > reach.get(key[0], 0):
            reach[key[0]] = len(key)
    return reach


# -- reading ---------------------------------------------------------------------------------


def _read(building: _Building, source: str, text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: not valid TOML: {error}") from error
    known = {"organisations", "groups", "role", "office", "regions", "nowhere", "names"}
    for key, value in data.items():
        if len(key) == 3 and key.isupper() and isinstance(value, dict):
            _country(building, f"{source}: [{key}]", key, value)
    for number, row in enumerate(data.get("regions", ()), 1):
        _region(building, f"{source}: region {number}", row)
    for number, row in enumerate(data.get("names", ()), 1):
        _further(building, f"{source}: names {number}", row)
    for spelling in _texts(data, "nowhere", source):
        _add(building, spelling, Name("nowhere", spelling, ""), source)
    for number, row in enumerate(data.get("organisations", ()), 1):
        _organisation(building, f"{source}: organisation {number}", row)
    for number, row in enumerate(data.get("groups", ()), 1):
        _group(building, f"{source}: group {number}", row)
    for number, row in enumerate(data.get("role", ()), 1):
        _role(building, f"{source}: role {number}", row)
    for number, row in enumerate(data.get("office", ()), 1):
        _office(building, f"{source}: office {number}", row)
    if "qualifiers" in data:
        building.words = _word_lists(source, data)
    elif not data.keys() & known and not any(len(k) == 3 and k.isupper() for k in data):
        raise ConfigError(f"{source}: holds no country, organisation, group, role or office")


def _text(row: Any, key: str, where: str, *, default: str | None = None) -> str:
    value = row.get(key, default) if isinstance(row, dict) else None
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where}: '{key}' must be a text, found {value!r}")
    return value


def _texts(row: Any, key: str, where: str) -> tuple[str, ...]:
    value = row.get(key, []) if isinstance(row, dict) else None
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise ConfigError(f"{where}: '{key}' must be a list of texts")
    return tuple(value)


def _sector(row: Any, where: str) -> str:
    value = _text(row, "sector", where)
    if value not in SECTORS:
        raise ConfigError(f"{where}: unknown sector {value!r}; PLOVER has {sorted(SECTORS)}")
    return value


def _day(value: Any, where: str, *, end: bool = False) -> date | None:
    """Read a day; a month or a year stands for its first day, or its last if ``end``."""
    if value in (None, ""):
        return None
    if isinstance(value, date):
        return value
    try:
        parts = [int(part) for part in value.split("-")]
        if len(parts) == 1:
            return date(parts[0], 12, 31) if end else date(parts[0], 1, 1)
        if len(parts) == 2:
            year, month = parts
            return date(year, month, monthrange(year, month)[1] if end else 1)
        year, month, day = parts
        return date(year, month, day)
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"{where}: {value!r} is not a day (YYYY-MM-DD)") from error


def _add(building: _Building, spelling: str, meaning: Name, where: str) -> None:
    exact = spelling.endswith("=")
    spelling = spelling.rstrip("=")
    bare = letters(spelling)
    if exact or (len(bare) <= _ACRONYM and bare.isupper()):
        meaning = Name(
            meaning.kind,
            meaning.name,
            meaning.country,
            meaning.sector,
            bare,
            meaning.since,
            meaning.until,
            meaning.office,
        )
    words = normal_name(spelling)
    if not words:
        raise ConfigError(f"{where}: {spelling!r} holds no word")
    if words in building.closed:
        return
    known = building.names.setdefault(words, [])
    if meaning not in known:
        known.append(meaning)


def _country(building: _Building, where: str, code: str, row: Any) -> None:
    name = _text(row, "name", where)
    building.countries.setdefault(code, name)
    for spelling in (name, *_texts(row, "names", where)):
        _add(building, spelling, Name("country", name, code, "GOV"), where)
    for spelling in _texts(row, "adjectives", where):
        _add(building, spelling, Name("adjective", name, code, "GOV"), where)
    for spelling in _texts(row, "people", where):
        _add(building, spelling, Name("people", name, code, "CVL"), where)
    for spelling in _texts(row, "capitals", where):
        _add(building, spelling, Name("capital", name, code, "GOV"), where)
    seats = row.get("seats", {})
    if not isinstance(seats, dict):
        raise ConfigError(f"{where}: 'seats' must map sectors to names")
    for sector in seats:
        if sector not in SECTORS:
            raise ConfigError(f"{where}: unknown sector {sector!r} of a seat")
        for spelling in _texts(seats, sector, where):
            _add(building, spelling, Name("seat", spelling.rstrip("="), code, sector), where)


def _region(building: _Building, where: str, row: Any) -> None:
    name, code = _text(row, "name", where), _text(row, "country", where)
    for spelling in (name, *_texts(row, "names", where)):
        _add(building, spelling, Name("country", name, code, "GOV"), where)
    for spelling in _texts(row, "adjectives", where):
        _add(building, spelling, Name("adjective", name, code, "GOV"), where)
    for spelling in _texts(row, "people", where):
        _add(building, spelling, Name("people", name, code, "CVL"), where)


def _further(building: _Building, where: str, row: Any) -> None:
    kind, code = _text(row, "kind", where), _text(row, "country", where)
    state = building.countries.get(code, code)
    for spelling in _texts(row, "names", where):
        if kind in SECTORS:
            meaning = Name("seat", spelling.rstrip("="), code, kind)
        elif kind in {"country", "adjective", "people", "capital"}:
            meaning = Name(kind, state, code, "CVL" if kind == "people" else "GOV")
        else:
            raise ConfigError(f"{where}: unknown kind {kind!r}")
        _add(building, spelling, meaning, where)


def _organisation(building: _Building, where: str, row: Any) -> None:
    name, code = _text(row, "name", where), _text(row, "code", where)
    meaning = Name("organisation", name, code, _sector(row, where))
    for spelling in (name, *_texts(row, "aliases", where)):
        _add(building, spelling, meaning, where)


def _group(building: _Building, where: str, row: Any) -> None:
    name, code = _text(row, "name", where), _text(row, "country", where)
    since, until = _day(row.get("from"), where), _day(row.get("until"), where, end=True)
    meaning = Name("group", name, code, _sector(row, where), None, since, until)
    for spelling in (name, *_texts(row, "aliases", where)):
        _add(building, spelling, meaning, where)


def _role(building: _Building, where: str, row: Any) -> None:
    sector, kind = _sector(row, where), _text(row, "kind", where)
    if kind not in _KINDS:
        raise ConfigError(f"{where}: unknown kind {kind!r}; known are {sorted(_KINDS)}")
    flags = {}
    for flag, default in (
        ("fallback", False),
        ("placed", False),
        ("neutral", False),
        ("alone", True),
    ):
        value = row.get(flag, default)
        if not isinstance(value, bool):
            raise ConfigError(f"{where}: '{flag}' must be true or false")
        flags[flag] = value
    for word in _texts(row, "words", where):
        building.roles.setdefault(normal_name(word), Role(word, sector, kind, **flags))


def _office(building: _Building, where: str, row: Any) -> None:
    """Read one office: ``holders`` rows are [name, from, until, other spellings...]."""
    country, office = _text(row, "country", where), _text(row, "office", where)
    sector = _text(row, "sector", where, default="GOV")
    if sector not in SECTORS:
        raise ConfigError(f"{where}: unknown sector {sector!r}")
    holders = row.get("holders")
    if not isinstance(holders, list):
        raise ConfigError(f"{where}: 'holders' must be a list of rows")
    for number, holder in enumerate(holders, 1):
        place = f"{where} ({country} {office}), holder {number}"
        if not isinstance(holder, list) or len(holder) < 3 or not holder[0]:
            raise ConfigError(f"{place}: must be [name, from, until, other spellings...]")
        name, since, until, *aliases = holder
        first, last = _day(since, place), _day(until, place, end=True)
        if first is not None and last is not None and last < first:
            raise ConfigError(f"{place}: ends before it begins")
        meaning = Name("holder", name, country, sector, None, first, last, office)
        for spelling in (name, *aliases):
            _add(building, spelling, meaning, place)


def _petrarch(building: _Building, source: str, text: str) -> None:
    """Add a dictionary in PETRARCH's formats."""
    closed: set[tuple[str, ...]] = set()
    for entry in read_petrarch(text, source):
        where = f"{source}: line {entry.line}"
        if isinstance(entry, PetrarchAgent):
            sector = sector_of(f"___{entry.code}")
            if sector is None:
                raise ConfigError(f"{where}: [~{entry.code}] holds no role that PLOVER has")
            kind = "person" if sector in {"GOV", "MIL"} else "people"
            for word in entry.words:
                role = Role(word, sector, kind, placed=kind == "people")
                building.roles.setdefault(normal_name(word), role)
            continue
        dated = any(code.since or code.until for code in entry.codes)
        # The codes that hold for a time come before one that holds always.
        for code in sorted(entry.codes, key=lambda c: not (c.since or c.until)):
            sector = sector_of(code.code)
            country = country_of(code.code)
            bare = sector is None and len(code.code) == 3
            kind = "holder" if dated else "country" if bare else "group"
            meaning = Name(
                kind, entry.names[0], country, sector or "GOV", None, code.since, code.until
            )
            for spelling in entry.names:
                _add(building, spelling, meaning, where)
                if not bare or dated:
                    closed.add(normal_name(spelling))
    building.closed |= closed


def _word_lists(source: str, data: Mapping[str, Any]) -> WordLists:
    def words(table: str, key: str = "words") -> frozenset[str]:
        return frozenset(_texts(data.get(table), key, f"{source}: [{table}]"))

    qualifiers: dict[str, str] = {}
    for sector in data["qualifiers"]:
        if sector not in SECTORS:
            raise ConfigError(f"{source}: [qualifiers]: unknown sector {sector!r}")
        for word in words("qualifiers", sector):
            qualifiers.setdefault(word, sector)
    references = {key: words("references", key) for key in data.get("references", {})}
    return WordLists(
        qualifiers=qualifiers,
        ignored=words("ignored"),
        former=words("former"),
        retiring=words("former", "sectors"),
        ranks=words("ranks"),
        ruling=words("participles", "ruling"),
        names_actor=words("participles", "names_actor"),
        names_other=words("participles", "names_other"),
        prefixes_other=words("participles", "prefixes_other"),
        references=references,
        domestic=words("place", "domestic"),
        place_prepositions=words("place", "prepositions"),
        place_motion=words("place", "motion"),
        metonym_nouns=words("place", "metonym_nouns"),
        female=words("gender", "female"),
        male=words("gender", "male"),
        female_titles=words("gender", "female_titles"),
        male_titles=words("gender", "male_titles"),
    )
