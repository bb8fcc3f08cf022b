"""Where: events by country and measure, points with honest precision, arcs of dyads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dragoman.analysis.rows import ALWAYS, COUNTED, HAPPENED, PARTIES, Connection, Period
from dragoman.errors import ConfigError
from dragoman.resolving.gazetteer import Gazetteer
from dragoman.resolving.place_table import PlaceTable, Point
from dragoman.resolving.places import PlaceResolver
from dragoman.schema import PlacePrecision

Measure = Literal["events", "cooperation", "conflict", "score", "killed", "injured", "arrested"]
Role = Literal["place", "actor", "recipient", "party"]

_MEASURES = {
    "events": "count(*)",
    "cooperation": "count(*) FILTER (quad IN (1, 2))",
    "conflict": "count(*) FILTER (quad IN (3, 4))",
    "score": "avg(score)",
}
_PEOPLE = ("killed", "injured", "arrested")
_ROLES = {
    "place": "CASE WHEN e.place_country IS NULL THEN [] ELSE [e.place_country] END",
    "actor": "list_distinct(e.actor_countries)",
    "recipient": "list_distinct(e.recipient_countries)",
    "party": PARTIES,
}


@dataclass(frozen=True, slots=True)
class CountryValue:
    """The value of a measure for a code, and how many events it rests on."""

    code: str
    value: float
    events: int


@dataclass(frozen=True, slots=True)
class PlacePoint:
    """The events of one named place.

    ``precision`` is site, city, admin1 or region, never country. ``latitude`` and
    ``longitude`` (WGS 84 degrees) are the place of a site or town; of an admin1 or region
    they say only where a label of it stands (``is_label``), ``None`` if that is not known.
    """

    name: str
    country: str | None
    precision: str
    latitude: float | None
    longitude: float | None
    is_label: bool
    events: int
    cooperation: int
    conflict: int


@dataclass(frozen=True, slots=True)
class Arc:
    """What two codes deal with each other, whichever acts."""

    a: str
    b: str
    events: int
    cooperation: int
    conflict: int


class Labels:
    """Where labels of countries and areas stand. Made once, from the gazetteer."""

    def __init__(self) -> None:
        """Open the gazetteer, which is built at the first use on a machine."""
        self._table = PlaceTable()
        self._resolver = PlaceResolver(Gazetteer.open(), self._table)

    def country(self, code: str) -> Point | None:
        """Return latitude and longitude of a country's label, ``None`` if unknown."""
        return self._table.country_points.get(code)

    def area(self, name: str, country: str | None) -> Point | None:
        """Return latitude and longitude of the label of a division or region."""
        areas = {PlacePrecision.ADMIN1, PlacePrecision.REGION}
        for reading in self._resolver.readings(name, (country,) if country else ()):
            place = reading.place
            if place.precision in areas and (country is None or place.country == country):
                return reading.point
        return None


def country_values(
    db: Connection,
    *,
    measure: Measure = "events",
    role: Role = "place",
    period: Period = ALWAYS,
    types: Sequence[str] = (),
) -> tuple[CountryValue, ...]:
    """Return a measure by country, the largest value first.

    Acts that happened count, once for each happening, by their first day. ``role`` says
    which country of an event it counts for: that of its place, of an actor, a recipient,
    or any party. ``score`` is the mean (-10 to 10); ``killed``, ``injured`` and
    ``arrested`` are sums of the lower bounds. Raises ``ConfigError`` for another name.
    """
    if measure not in _MEASURES and measure not in _PEOPLE:
        known = ", ".join((*_MEASURES, *_PEOPLE))
        raise ConfigError(f"a measure is one of {known}, not {measure!r}")
    if role not in _ROLES:
        raise ConfigError(f"a role is one of {', '.join(_ROLES)}, not {role!r}")
    where, values = _filters(HAPPENED, period, types)
    if measure in _PEOPLE:
        sql = f"""WITH found AS (
          SELECT m.low, unnest({_ROLES[role]}) AS code
          FROM events e JOIN (
            SELECT event_id, max(low) AS low FROM magnitudes WHERE kind = $kind GROUP BY event_id
          ) m ON m.event_id = e.id WHERE {where}
        )
        SELECT code, sum(low), count(*) FROM found GROUP BY code ORDER BY 2 DESC, code"""
        values["kind"] = measure
    else:
        sql = f"""WITH found AS (
          SELECT e.quad, e.score, unnest({_ROLES[role]}) AS code FROM events e WHERE {where}
        )
        SELECT code, {_MEASURES[measure]}, count(*) FROM found
        GROUP BY code ORDER BY 2 DESC, code"""
    rows = db.execute(sql, values).fetchall()
    return tuple(CountryValue(code, float(value), n) for code, value, n in rows if value)


def place_points(
    db: Connection,
    *,
    period: Period = ALWAYS,
    types: Sequence[str] = (),
    label: Callable[[str, str | None], Point | None] | None = None,
    limit: int = 500,
) -> tuple[PlacePoint, ...]:
    """Return the places of events, the most frequent first, without those that are countries.

    ``label`` gives a division or region a place for its mark (``Labels().area``); without
    it they have no coordinates. A country is a value of ``country_values``, not a point.
    """
    where, values = _filters(HAPPENED, period, types)
    rows = db.execute(
        f"""SELECT e.place, e.place_country, e.place_precision,
          round(avg(e.latitude), 5), round(avg(e.longitude), 5), count(*),
          count(*) FILTER (e.quad IN (1, 2)), count(*) FILTER (e.quad IN (3, 4))
        FROM events e
        WHERE {where} AND e.place IS NOT NULL AND e.place_precision <> 'country'
        GROUP BY e.place, e.place_country, e.place_precision, e.geonames_id
        ORDER BY 6 DESC, e.place, e.geonames_id LIMIT $limit""",
        {**values, "limit": limit},
    ).fetchall()
    found = []
    for name, country, precision, latitude, longitude, *counts in rows:
        point = None if latitude is None or longitude is None else (latitude, longitude)
        is_label = False
        if point is None and label is not None:
            point = label(name, country)
            is_label = point is not None
        latitude, longitude = point or (None, None)
        found.append(PlacePoint(name, country, precision, latitude, longitude, is_label, *counts))
    return tuple(found)


def arcs(
    db: Connection,
    *,
    period: Period = ALWAYS,
    codes: Sequence[str] = (),
    types: Sequence[str] = (),
    limit: int = 40,
) -> tuple[Arc, ...]:
    """Return the busiest dyads, as ``dyad_series`` counts; ``codes`` keeps those of one of them."""
    where, values = _filters(COUNTED, period, types)
    touched = "true"
    if codes:
        touched = "(list_contains($codes, a) OR list_contains($codes, b))"
        values["codes"] = list(codes)
    rows = db.execute(
        f"""WITH found AS (
          SELECT e.id, e.quad,
            CASE WHEN e.is_symmetric THEN {PARTIES} ELSE e.actor_countries END AS sources,
            CASE WHEN e.is_symmetric THEN {PARTIES} ELSE e.recipient_countries END AS targets
          FROM events e WHERE {where}
        ),
        one AS (SELECT id, quad, targets, unnest(sources) AS x FROM found),
        two AS (SELECT id, quad, x, unnest(targets) AS y FROM one),
        pairs AS (
          SELECT DISTINCT id, quad, least(x, y) AS a, greatest(x, y) AS b FROM two WHERE x <> y
        )
        SELECT a, b, count(*), count(*) FILTER (quad IN (1, 2)), count(*) FILTER (quad IN (3, 4))
        FROM pairs WHERE {touched} GROUP BY a, b ORDER BY 3 DESC, a, b LIMIT $limit""",
        {**values, "limit": limit},
    ).fetchall()
    return tuple(Arc(*row) for row in rows)


def _filters(base: str, period: Period, types: Sequence[str]) -> tuple[str, dict[str, Any]]:
    condition, days = period.sql("e.start_date")
    values: dict[str, Any] = dict(days)
    where = f"{base} AND {condition}"
    if types:
        where += " AND list_contains($types, e.type)"
        values["types"] = list(types)
    return where, values
