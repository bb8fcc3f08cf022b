"""Which of the places that bear a name is meant: points for size, fame and nearness.

A place's score is the logarithm of its people, plus what speaks for it: that it is a
capital, that the name is its main one, that the codebook calls it the best known
bearer, that the report names its country or its first-level division, that the words
around say what it lies in, and that other places of the report lie near.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from dragoman.resolving.gazetteer import GazetteerEntry, normalise
from dragoman.resolving.place_table import PlaceTable, Point

__all__ = ["Setting", "kilometres", "likeliest", "score", "scored"]

_CAPITAL = 2.0
_MAIN = 1.5
_PROMINENT = 3.0
_COUNTRY = 3.0
_HINT = 1.0
#: What fame counts for where the report is about other countries.
_ELSEWHERE = 0.4
_DIVISION = 1.5
_WITHIN = 10.0
_NEAR, _NEAR_MOST = 1.0, 2.5
_LEVEL = (0.0, -1.2, -2.2)
_WANTED_DIVISION = 4.0
#: How many of a name's bearers are looked at with their neighbourhood.
_SHORTLIST = 12


@dataclass(slots=True)
class Setting:
    """What a report tells about where its places lie.

    ``countries`` (ISO alpha-3) and ``divisions`` (country and admin1 code) are named in
    it, ``hinted`` are countries whose people it names, ``dateline`` is the country that it
    was sent from, ``anchors`` are points of places that are settled.
    """

    countries: set[str] = field(default_factory=set)
    hinted: set[str] = field(default_factory=set)
    divisions: set[tuple[str, str]] = field(default_factory=set)
    dateline: str | None = None
    anchors: list[Point] = field(default_factory=list)

    @property
    def told(self) -> bool:
        """Whether it is known which countries the report is about."""
        return bool(self.countries) or self.dateline is not None

    def own(self, entry: GazetteerEntry) -> bool:
        """Whether the report names the country of a place, or comes from it."""
        return entry.country in self.countries or entry.country == self.dateline

    def near(self, entry: GazetteerEntry, within: float = 160.0) -> bool:
        """Whether a settled place of the report lies within some kilometres."""
        return any(
            kilometres((entry.latitude, entry.longitude), point) < within for point in self.anchors
        )


def kilometres(one: Point, two: Point) -> float:
    """The distance of two points, good to a per cent or two below some 1,000 km."""
    up = one[0] - two[0]
    right = abs(one[1] - two[1])
    right = min(right, 360 - right) * math.cos(math.radians((one[0] + two[0]) / 2))
    return 111.2 * math.hypot(up, right)


def score(
    entry: GazetteerEntry,
    key: str,
    setting: Setting,
    table: PlaceTable,
    *,
    division: bool = False,
    container: tuple[str, str | None] | None = None,
) -> float:
    """Points for a place, without its neighbourhood.

    ``key`` is the normalised name, ``division`` tells that a word such as 'province'
    follows it, ``container`` is the country and, if known, the admin1 code of what the
    words say that it lies in ('Springfield, Ill.').
    """
    points = math.log10(entry.population + 10) + _LEVEL[entry.level]
    own = setting.own(entry)
    fame = _CAPITAL if entry.capital else 0.0
    if not entry.level and table.prominent.get(key) == entry.country:
        fame += _PROMINENT
    points += fame if own or not setting.told else fame * _ELSEWHERE
    if entry.main:
        points += _MAIN
    if own:
        points += _COUNTRY
    elif entry.country in setting.hinted:
        points += _HINT
    if (entry.country, entry.admin1) in setting.divisions:
        points += _DIVISION
    if division and entry.level:
        points += _WANTED_DIVISION
    if (
        container is not None
        and entry.country == container[0]
        and container[1] in (None, entry.admin1)
    ):
        points += _WITHIN
    return points


def scored(
    entries: Iterable[GazetteerEntry],
    key: str,
    setting: Setting,
    table: PlaceTable,
    *,
    division: bool = False,
    container: tuple[str, str | None] | None = None,
    others: Sequence[Collection[Point]] = (),
) -> list[tuple[float, GazetteerEntry]]:
    """The likeliest bearers of a name with their points, best first.

    ``others`` holds, for each other name of the report, the points that it may mean.
    """
    chosen = list(entries)
    if not division:
        # A bare name means the town rather than the division around it.
        towns = {(e.country, e.admin1): e.population for e in chosen if not e.level}
        chosen = [
            entry
            for entry in chosen
            if not entry.level
            or towns.get((entry.country, entry.admin1), 0) < max(10_000, entry.population // 20)
        ]
    static = sorted(
        (
            (score(entry, key, setting, table, division=division, container=container), entry)
            for entry in chosen
        ),
        key=lambda pair: (-pair[0], -pair[1].geonames_id),
    )
    if len(static) > 1 and (setting.anchors or others):
        static = [
            (points + _neighbourhood(entry, setting, others), entry)
            for points, entry in static[:_SHORTLIST]
        ]
        static.sort(key=lambda pair: (-pair[0], -pair[1].geonames_id))
    return static


def _neighbourhood(
    entry: GazetteerEntry, setting: Setting, others: Sequence[Collection[Point]]
) -> float:
    here = entry.latitude, entry.longitude
    points = 0.0
    for anchor in setting.anchors:
        # Nothing beyond three degrees of latitude can be near.
        if abs(anchor[0] - here[0]) > 3:
            continue
        distance = kilometres(here, anchor)
        if distance < 300:
            points += _NEAR * (1.3 if distance < 80 else 1.0 if distance < 160 else 0.5)
    for points_of_name in others:
        if any(
            abs(point[0] - here[0]) < 1 and kilometres(here, point) < 80 for point in points_of_name
        ):
            points += 0.6 * _NEAR
    return min(points, _NEAR_MOST)


def likeliest(
    entries: Sequence[GazetteerEntry],
    name: str,
    countries: Collection[str],
    table: PlaceTable,
    container: tuple[str, str | None] | None = None,
) -> GazetteerEntry | None:
    """What a name alone means to a report about ``countries``."""
    if not entries:
        return None
    setting = Setting(set(countries))
    return scored(entries, normalise(name), setting, table, container=container)[0][1]
