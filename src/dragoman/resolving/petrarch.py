"""Read dictionaries in the formats of PETRARCH: actors with dated codes, and agents.

An actor is a name, further names on lines that begin with '+', and codes in square
brackets, on the same line or on the lines below, each with the days on which it holds:

    BARACK_OBAMA_  ; a comment
    +PRESIDENT_OBAMA_
        [USAGOV 20090120-20170120]
        [USAELI >20170120]
        [USA]

An agent is a word with its plural in braces (else the regular one is formed) and a code
that begins with '~'; '!NAME!' stands for every word of a set that a line defines:

    !PERSON! = MAN, MEN, WOMAN, WOMEN
    CONGRESS!PERSON! [~LEG]
    FISHERMAN {FISHERMEN} [~AGR]

The first three letters of a code are the country or a kind of international actor, the
rest CAMEO's roles in threes (CAMEO manual, chapter 3); roles are given in PLOVER's terms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dragoman.errors import ConfigError

__all__ = ["DatedCode", "PetrarchActor", "PetrarchAgent", "read_petrarch", "sector_of"]

#: CAMEO's role codes in PLOVER's terms, where they differ (PLOVER manual, 'Sector code notes').
_SECTORS = {
    "MED": "JRN",
    "HLH": "MED",
    "INS": "REB",
    "SEP": "REB",
    "IMG": "REB",
    "PRM": "PRM",
    "MNC": "BUS",
    "NGM": "NGO",
    "HRI": "NGO",
    "ENV": "SOC",
    "PRE": "PRE",
    "DEV": "GOV",
    "SET": "CVL",
}
#: PLOVER's sectors that a role code may give.
_KNOWN = frozenset(
    [
        "AGR",
        "BUS",
        "COP",
        "CRM",
        "CVL",
        "EDU",
        "ELI",
        "GOV",
        "IGO",
        "JRN",
        "JUD",
        "LAB",
        "LEG",
        "MED",
        "MIL",
        "NGO",
        "OPP",
        "PRM",
        "PTY",
        "REB",
        "REF",
        "REL",
        "SOC",
        "SPY",
        "UAF",
        "UNK",
    ]
)
#: International actors whose code begins with a kind: the code of the codebook.
_INTERNATIONAL = {
    "IGOUNO": "UNO",
    "IGOEUR": "EUU",
    "IGOEUREEC": "EUU",
    "IGOEEC": "EUU",
    "IGONAT": "NAT",
    "IGOWSTNAT": "NAT",
    "IGOAFR": "AFU",
    "IGOAFROAU": "AFU",
    "IGOMEAARL": "ARL",
}
_CODE = re.compile(r"\[([^\[\]]*)\]")
_DATED = re.compile(r"(?P<code>~?[A-Z]{3,18})(?:\s+(?P<when>[<>]?\s*[\d\s-]+))?")
_AGENT = re.compile(
    r"(?P<word>[^\[\]{}]*[^\[\]{}\s])\s*(?:\{(?P<plural>[^{}]*)\}_?)?\s*\[~(?P<code>[A-Z]{3,18})\]"
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DatedCode:
    """A code and the inclusive days on which it holds; ``None`` where open."""

    code: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class PetrarchActor:
    """All names of an actor, in words, and its codes; ``line`` is where it begins."""

    names: tuple[str, ...]
    codes: tuple[DatedCode, ...]
    line: int


@dataclass(frozen=True, slots=True)
class PetrarchAgent:
    """The singular and plural words of an agent and its code, without '~'."""

    words: tuple[str, ...]
    code: str
    line: int


def sector_of(code: str) -> str | None:
    """Return PLOVER's sector of a whole code ('USAGOVMIL'): its first known role."""
    kind = _SECTORS.get(code[:3], code[:3])
    roles = [code[i : i + 3] for i in range(3, len(code), 3)]
    if code[:3] in {"IGO", "NGO", "IMG", "MNC", "NGM"}:
        return kind
    for role in roles:
        sector = _SECTORS.get(role, role)
        if sector in _KNOWN:
            return sector
    return None


def country_of(code: str) -> str:
    """Return the country or organisation of a whole code ('IGOUNO' is 'UNO')."""
    return _INTERNATIONAL.get(code, _INTERNATIONAL.get(code[:6], code[:3]))


def read_petrarch(text: str, source: str) -> Iterator[PetrarchActor | PetrarchAgent]:
    """Yield the actors and agents of a dictionary.

    Raises ``ConfigError`` that names ``source`` and the line.
    """
    sets: dict[str, tuple[str, ...]] = {}
    names: list[str] = []
    codes: list[DatedCode] = []
    begun = 0

    def finished() -> Iterator[PetrarchActor]:
        if not names:
            return
        if not codes:
            raise ConfigError(f"{source}: line {begun}: {names[0]!r} has no code in [ ]")
        yield PetrarchActor(tuple(names), tuple(codes), begun)

    for number, raw in enumerate(text.splitlines(), 1):
        where = f"{source}: line {number}"
        line = re.sub(r"[;#].*$", "", raw.lstrip("\ufeff")).rstrip()
        if not line.strip() or line.lstrip().startswith("<!--"):
            continue
        content = line.strip()
        if content.startswith("!") and "=" in content:
            label, _, members = content.partition("=")
            sets[label.strip()] = tuple(_words(m) for m in members.split(",") if _words(m))
            continue
        if content.startswith("["):
            if not names:
                raise ConfigError(f"{where}: a code stands before any name")
            codes.extend(_codes(content, where))
            continue
        if content.startswith("+"):
            if not names:
                raise ConfigError(f"{where}: a further name stands before any name")
            names.append(_name(content[1:], where))
            codes.extend(_codes(content, where))
            continue
        if "[~" in content:
            yield from finished()
            names, codes = [], []
            yield _agent(content, sets, number, where)
            continue
        yield from finished()
        names, codes, begun = [_name(content, where)], list(_codes(content, where)), number
    yield from finished()


def _words(text: str) -> str:
    return " ".join(text.replace("_", " ").split())


def _name(content: str, where: str) -> str:
    name = _words(content.split("[", 1)[0])
    if not name:
        raise ConfigError(f"{where}: holds no name")
    return " ".join(part.capitalize() for part in name.split())


def _codes(content: str, where: str) -> Iterator[DatedCode]:
    if content.count("[") != content.count("]"):
        raise ConfigError(f"{where}: '[' and ']' do not match")
    for body in _CODE.findall(content):
        match = _DATED.fullmatch(body.strip())
        if match is None:
            raise ConfigError(
                f"{where}: [{body}] is not a code with days, as [USAGOV 20090120-20170120]"
            )
        since, until = _days(match["when"], where)
        yield DatedCode(match["code"], since, until)


def _days(when: str | None, where: str) -> tuple[date | None, date | None]:
    if when is None or not when.strip():
        return None, None
    when = when.strip()
    if when.startswith("<"):
        return None, _day(when[1:], where) - _DAY
    if when.startswith(">"):
        return _day(when[1:], where) + _DAY, None
    first, dash, last = when.partition("-")
    if not dash:
        raise ConfigError(f"{where}: {when!r} needs '<', '>' or a second day after '-'")
    since, until = _day(first, where), _day(last, where)
    if until < since:
        raise ConfigError(f"{where}: {when!r} ends before it begins")
    return since, until


def _day(digits: str, where: str) -> date:
    digits = digits.strip()
    if len(digits) == 6:  # YYMMDD, years of 1930 to 2029
        digits = ("20" if int(digits[:2]) < 30 else "19") + digits
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise ConfigError(f"{where}: {digits!r} is not a day (YYYYMMDD): {error}") from error


def _agent(
    content: str, sets: dict[str, tuple[str, ...]], number: int, where: str
) -> PetrarchAgent:
    match = re.fullmatch(
        r"(?P<word>[^\[\]{}]*[^\[\]{}\s])\s*(?:\{(?P<plural>[^{}]*)\}_?)?\s*\[~(?P<code>[A-Z]{3,18})\]",
        content,
    )
    if match is None:
        raise ConfigError(f"{where}: an agent is WORD {{PLURAL}} [~CODE], found {content!r}")
    word, plural = _words(match["word"]), match["plural"]
    marker = next((m for m in re.findall(r"![A-Z]+!", word)), None)
    if marker is not None:
        if marker not in sets:
            raise ConfigError(f"{where}: the set {marker} is not defined above")
        # 'CONGRESS!PERSON!' joins on, 'LAW !PERSON!' stands apart
        words = tuple(word.replace(marker, member).lower() for member in sets[marker])
        return PetrarchAgent(words, match["code"], number)
    forms = [word.lower()]
    if plural is None:
        forms.append(_plural(word.lower()))
    elif _words(plural):
        forms.append(_words(plural).lower())
    return PetrarchAgent(tuple(dict.fromkeys(forms)), match["code"], number)


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    return word + "s"
