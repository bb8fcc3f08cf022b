"""An index with rows made by hand, for tests of what is asked of a store."""

from __future__ import annotations

from datetime import date
from itertools import count
from pathlib import Path

import duckdb

from dragoman.store.index import TABLES, Index

_QUADS = {"CONSULT": 1, "AGREE": 1, "SUPPORT": 1, "COOPERATE": 2, "AID": 2, "ACCUSE": 3}
_QUADS |= {"REQUEST": 3, "REJECT": 3, "THREATEN": 3, "PROTEST": 4, "COERCE": 4, "ASSAULT": 4}
_SCORES = {1: 2.0, 2: 5.0, 3: -2.0, 4: -8.0}


def day(text: str) -> date:
    return date.fromisoformat(text)


class Rows:
    """A store's tables and views in memory; ``db`` is the cursor to ask."""

    def __init__(self) -> None:
        self._index = Index(Path(":memory:"))
        self.db: duckdb.DuckDBPyConnection = self._index.cursor()
        self._numbers = count(1)

    def close(self) -> None:
        self.db.close()
        self._index.close()

    def clear(self) -> None:
        """Empty every table, for the next test, and number from 1 again."""
        self._numbers = count(1)
        for table in (*TABLES, "happening_events", "copies"):
            self.db.execute(f"DELETE FROM store.{table}")

    def _insert(self, table: str, **values: object) -> None:
        names = ", ".join(values)
        marks = ", ".join(f"${name}" for name in values)
        self.db.execute(f"INSERT INTO store.{table} ({names}) VALUES ({marks})", values)

    def run(self, key: str, started: str) -> None:
        self._insert("runs", id=key, started=started, coder="test", command="test")

    def source(self, document: str, run: str) -> None:
        self._insert("sources", id=f"{document} in {run}", source="x", document=document, run=run)

    def document(self, key: str, published: str | None = None, **more: object) -> str:
        row = {"source": f"{key}.txt", "publisher": f"Wire {key}", "title": f"Report {key}"}
        self._insert("documents", id=key, published=published, **{**row, "text": "", **more})
        return key

    def event(
        self,
        kind: str,
        actors: str,
        recipients: str = "",
        on: str | None = None,
        *,
        until: str | None = None,
        document: str | None = None,
        published: str | None = None,
        people: tuple[str, ...] = (),
        speakers: tuple[str, ...] = (),
        names: tuple[str, ...] = (),
        **more: object,
    ) -> str:
        """Add an event (and its report, if none is named); codes are split at blanks."""
        number = next(self._numbers)
        key = f"e{number:04}"
        if document is None:
            document = self.document(f"d{number:04}", published or on)
        quad = more.pop("quad", None) or _QUADS[kind]
        codes, others = actors.split(), recipients.split()
        row = {
            "mode": None,
            "status": "actual",
            "background": False,
            "is_symmetric": False,
            "date_precision": "day" if on and until is None else None,
            "score": _SCORES[quad],
            "confidence": 0.9,
            "evidence": f"words of {key}",
            "contexts": [],
            "publisher": f"Wire {document}",
            **more,
        }
        self._insert(
            "events",
            id=key,
            document=document,
            position=number,
            type=kind,
            quad=quad,
            actor_countries=codes,
            recipient_countries=others,
            start_date=on,
            end_date=until or on,
            speakers=list(speakers),
            **row,
        )
        cast = [("actor", n, c) for n, c in enumerate(codes)]
        cast += [("recipient", n, c) for n, c in enumerate(others)]
        for place, (role, position, code) in enumerate(cast):
            self._insert(
                "actors",
                event_id=key,
                document=document,
                role=role,
                position=position,
                name=names[place] if place < len(names) else code,
                country=code,
                sector="GOV",
                person=people[place] if place < len(people) else None,
            )
        for position, name in enumerate(speakers):
            self._insert(
                "actors",
                event_id=key,
                document=document,
                role="speaker",
                position=position,
                name=name,
                person=name,
            )
        return key

    def magnitude(self, event: str, kind: str, low: float, high: float | None = None) -> None:
        sql = "INSERT INTO store.magnitudes SELECT id, document, 0, $kind, $low, $high, 'people' "
        sql += "FROM store.events WHERE id = $event"
        values = {"event": event, "kind": kind, "low": low, "high": high}
        self.db.execute(sql, values)

    def happening(self, key: str, *events: str, origins: tuple[str, ...] = ()) -> None:
        """Say that events tell of one happening; the first leads."""
        for place, event in enumerate(events):
            origin = origins[place] if origins else f"o{place}"
            sql = "INSERT INTO store.happening_events SELECT $key, id, document, $origin, $lead "
            sql += "FROM store.events WHERE id = $event"
            values = {"key": key, "event": event, "origin": origin, "lead": place == 0}
            self.db.execute(sql, values)

    def statement(
        self, document: str, stance: str, speaker: str, about: str, **more: object
    ) -> None:
        self._insert(
            "statements",
            id=f"s{next(self._numbers)}",
            document=document,
            position=0,
            stance=stance,
            speakers=[speaker],
            speaker_countries=[speaker],
            about=about.split(),
            evidence=f"{speaker} is {stance}",
            confidence=0.7,
            **more,
        )

    def relation(self, document: str, label: str, sides: str, **more: object) -> None:
        row = {"source": [], "target": [], "because_of": [], **more}
        self._insert(
            "relations",
            id=f"r{next(self._numbers)}",
            document=document,
            position=0,
            label=label,
            sides=sides.split(),
            evidence=f"{label} of {sides}",
            confidence=0.7,
            **row,
        )
