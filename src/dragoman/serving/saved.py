"""What readers keep: saved searches, and when each was last here. Apart from the store."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

#: The most searches that are kept.
MOST = 500


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A named filter. ``query`` is the query string of the events page; ``created`` is UTC."""

    id: str
    name: str
    query: str
    created: datetime


class Saved:
    """Saved searches and visits in one SQLite file beside the server's copies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as db:
            db.executescript(
                "CREATE TABLE IF NOT EXISTS searches "
                "(id TEXT PRIMARY KEY, name TEXT, query TEXT, created TEXT);"
                "CREATE TABLE IF NOT EXISTS visits (who TEXT PRIMARY KEY, before TEXT, latest TEXT)"
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as db, db:
            yield db

    def searches(self) -> list[SavedSearch]:
        """Return every saved search, by name."""
        with self._open() as db:
            rows = db.execute("SELECT id, name, query, created FROM searches ORDER BY name, id")
            return [
                SavedSearch(key, name, query, datetime.fromisoformat(created))
                for key, name, query, created in rows
            ]

    def search(self, key: str) -> SavedSearch | None:
        """Return the saved search ``key``, ``None`` if there is none."""
        return next((found for found in self.searches() if found.id == key), None)

    def save(self, name: str, query: str) -> SavedSearch | None:
        """Keep a search; return it, or ``None`` if there are too many."""
        made = SavedSearch(secrets.token_hex(8), name, query, datetime.now(UTC))
        with self._open() as db:
            if db.execute("SELECT count(*) FROM searches").fetchone()[0] >= MOST:
                return None
            db.execute(
                "INSERT INTO searches VALUES (?, ?, ?, ?)",
                [made.id, made.name, made.query, made.created.isoformat()],
            )
        return made

    def remove(self, key: str) -> bool:
        """Remove a saved search; tell whether there was one."""
        with self._open() as db:
            return db.execute("DELETE FROM searches WHERE id = ?", [key]).rowcount > 0

    def visit(self, who: str, *, pause: float = 1800.0) -> datetime | None:
        """Note that ``who`` is here; return when the visit before this one ended.

        A visit ends when ``who`` asks for nothing during ``pause`` seconds.
        """
        now = datetime.now(UTC)
        with self._open() as db:
            row = db.execute("SELECT before, latest FROM visits WHERE who = ?", [who]).fetchone()
            before, latest = row if row is not None else (None, None)
            if latest and (now - datetime.fromisoformat(latest)).total_seconds() > pause:
                before = latest
            db.execute(
                "INSERT INTO visits VALUES (?, ?, ?) "
                "ON CONFLICT (who) DO UPDATE "
                "SET before = excluded.before, latest = excluded.latest",
                [who, before, now.isoformat()],
            )
        return datetime.fromisoformat(before) if before else None
