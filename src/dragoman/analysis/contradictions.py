"""What the reports of one happening say differently, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.analysis.rows import Connection, EventRow, events_by_id


@dataclass(frozen=True, slots=True)
class Version:
    """One value of a field, and who says so.

    ``said_by`` are speakers, else publishers; ``events`` the events with this value, one
    of each report; ``origins`` how many independent origins (copies of one wire are one).
    """

    value: str
    said_by: tuple[str, ...]
    events: tuple[EventRow, ...]
    origins: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A field of which the reports of a happening give two values or more.

    ``field`` is status, day, place, or a kind of magnitude such as killed. ``happening``
    is its id in the view ``happenings``, ``lead`` its first event.
    """

    happening: str
    field: str
    lead: EventRow
    versions: tuple[Version, ...]


def contradictions(
    db: Connection,
    where: str = "true",
    parameters: Mapping[str, Any] | None = None,
    limit: int = 50,
) -> tuple[Contradiction, ...]:
    """Return contradictions in happenings of which an event ``e`` fulfils ``where``.

    The newest happenings first, at most ``limit`` of them; the fields are those of the
    view ``contradictions``. ``where`` is SQL of this package with bound ``parameters``.
    The version that most origins tell comes first. Needs a store that is linked.
    """
    return contradictions_among(db, f"SELECT e.id FROM events e WHERE {where}", parameters, limit)


def contradictions_among(
    db: Connection,
    events: str,
    parameters: Mapping[str, Any] | None = None,
    limit: int = 50,
) -> tuple[Contradiction, ...]:
    """Return what ``contradictions`` does of the events whose ids the query ``events`` gives."""
    rows = db.execute(
        f"""WITH touched AS (
          SELECT DISTINCT happening FROM store.happening_events WHERE event_id IN ({events})
            AND happening IN (SELECT happening FROM store.happening_events WHERE NOT is_lead)
        ),
        several AS (
          SELECT h.happening, max(d.published) AS day
          FROM store.happening_events h JOIN touched t ON t.happening = h.happening
          JOIN documents d ON d.id = h.document AND d.superseded_by IS NULL
          GROUP BY h.happening HAVING count(DISTINCT h.document) > 1
          ORDER BY day DESC NULLS LAST, h.happening LIMIT $happenings
        )
        SELECT h.happening, h.event_id, h.origin, h.is_lead
        FROM store.happening_events h JOIN several s ON s.happening = h.happening
        ORDER BY s.day DESC NULLS LAST, h.happening, h.is_lead DESC, h.event_id""",
        {**(parameters or {}), "happenings": limit},
    ).fetchall()
    keys = [row[1] for row in rows]
    told = events_by_id(db, keys)
    said = _values(db, told)
    members: dict[str, list[tuple[EventRow, str]]] = defaultdict(list)
    for happening, key, origin, _ in rows:
        if key in told:
            members[happening].append((told[key], origin))
    return tuple(found for key, group in members.items() for found in _of(key, group, said))


def _of(
    happening: str, group: list[tuple[EventRow, str]], said: Mapping[str, dict[str, list[str]]]
) -> list[Contradiction]:
    fields: dict[str, dict[str, list[tuple[EventRow, str]]]] = defaultdict(dict)
    for event, origin in group:
        for field, values in said[event.id].items():
            for value in values:
                fields[field].setdefault(value, []).append((event, origin))
    found = []
    for field in sorted(fields):
        versions = [_version(value, sayers) for value, sayers in fields[field].items()]
        if len(versions) > 1:
            versions.sort(key=lambda v: (-v.origins, -len(v.events), v.value))
            found.append(Contradiction(happening, field, group[0][0], tuple(versions)))
    return found


def _version(value: str, sayers: list[tuple[EventRow, str]]) -> Version:
    told = tuple(dict.fromkeys(event for event, _ in sayers))
    names = tuple(dict.fromkeys(event.said_by for event in told))
    return Version(value, names, told, len({origin for _, origin in sayers}))


def _values(db: Connection, told: Mapping[str, EventRow]) -> dict[str, dict[str, list[str]]]:
    """Return field to values of each event."""
    found: dict[str, dict[str, list[str]]] = {}
    for key, event in told.items():
        fields = {"status": [event.status]}
        if event.place is not None:
            fields["place"] = [event.place]
        if event.precision == "day" and event.start is not None:
            fields["day"] = [event.start.isoformat()]
        found[key] = fields
    rows = db.execute(
        """SELECT event_id, kind, low, high, unit FROM magnitudes
        WHERE event_id IN (SELECT unnest($keys)) ORDER BY event_id, position""",
        {"keys": list(told)},
    ).fetchall()
    for key, kind, low, high, unit in rows:
        found[key].setdefault(kind, []).append(amount(low, high, unit))
    return found


def amount(low: float, high: float | None, unit: str | None) -> str:
    """Return a magnitude in words: '12', '24 or more', '10 to 12', '17,000,000 USD'."""
    text = f"{low:,.10g}"
    if high is None:
        text += " or more"
    elif high != low:
        text += f" to {high:,.10g}"
    return text if unit in (None, "people") else f"{text} {unit}"
