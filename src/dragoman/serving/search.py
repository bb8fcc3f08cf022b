"""Full-text search over the reports: SQLite's FTS5 beside the server's index.

The words of a query must all occur; ``"words in order"``, ``-word``, ``OR`` and ``begin*``
are understood. Words are compared by stem, without case and accents.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

_TOKENS = "porter unicode61 remove_diacritics 2"
_TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
#: Marks of a hit in highlighted text; they cannot come from a report, whose control
#: characters are taken out first.
OPEN, CLOSE = "\x02", "\x03"
_BATCH = 1000
_TABLES = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS reports (no INTEGER PRIMARY KEY, id TEXT UNIQUE);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING
  fts5(title, text, content='', tokenize='{_TOKENS}');
"""


def match_of(query: str) -> str | None:
    """Return the FTS5 expression for what a person typed; ``None`` if it has no words."""
    wanted: list[str] = []
    unwanted: list[str] = []
    either = False
    for minus, phrase, word in _TERM.findall(query[:1000]):
        text = phrase or word
        if text == "OR" and not phrase and wanted:
            either = True
            continue
        begins = not phrase and text.endswith("*")
        words = re.findall(r"\w+", text)
        if not words:
            continue
        term = '"' + " ".join(words) + '"' + ("*" if begins else "")
        if minus:
            unwanted.append(term)
        elif either:
            wanted[-1] = f"({wanted[-1]} OR {term})"
        else:
            wanted.append(term)
        either = False
    if not wanted:
        return None
    return " AND ".join(wanted) + "".join(f" NOT {term}" for term in unwanted)


class Search:
    """The search index in one SQLite file, which may be removed and comes back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self.waiting = 0

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as db:
            # Each time, since the file may be removed while this server runs.
            db.executescript(_TABLES)
            yield db

    def known(self) -> set[str]:
        """Return the ids of the reports that can be found."""
        with self._open() as db:
            return {row[0] for row in db.execute("SELECT id FROM reports")}

    def add(self, reports: Iterable[tuple[str, str | None, str]]) -> None:
        """Add reports (id, title, text); those that are known are left alone."""
        rows = iter(reports)
        with self._guard, self._open() as db:
            while batch := list(islice(rows, _BATCH)):
                with db:
                    for key, title, text in batch:
                        made = db.execute("INSERT OR IGNORE INTO reports (id) VALUES (?)", [key])
                        if made.rowcount:
                            db.execute(
                                "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)",
                                [made.lastrowid, title or "", text],
                            )
                self.waiting = max(0, self.waiting - len(batch))

    def find(self, match: str) -> list[int]:
        """Return the places of the reports that fit an expression of ``match_of``."""
        with self._open() as db:
            rows = db.execute("SELECT rowid FROM words WHERE words MATCH ?", [match])
            return [row[0] for row in rows]

    def last(self) -> int:
        """Return the place of the last report that was added, 0 without any."""
        with self._open() as db:
            return int(db.execute("SELECT coalesce(max(no), 0) FROM reports").fetchone()[0])

    def places(self) -> list[tuple[int, str]]:
        """Return place and id of every report."""
        with self._open() as db:
            return db.execute("SELECT no, id FROM reports").fetchall()


def highlighted(match: str, texts: Sequence[str]) -> list[str]:
    """Return ``texts`` with ``OPEN`` and ``CLOSE`` around the words that ``match`` found."""
    return _marked(match, texts, "highlight(words, 0, ?, ?)")


def snippets(match: str, texts: Sequence[str]) -> list[str]:
    """Return, for each text, the words around the first hits, marked; '' without any."""
    return _marked(match, texts, "snippet(words, 0, ?, ?, '…', 28)", "")


def _marked(match: str, texts: Sequence[str], call: str, otherwise: str | None = None) -> list[str]:
    clean = [text.translate({2: " ", 3: " ", 0: " "}) for text in texts]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE VIRTUAL TABLE words USING fts5(text, tokenize='{_TOKENS}')")
        db.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", enumerate(clean, 1))
        # A report fits as a whole; in a part of it each of its words is shown.
        terms = re.findall(r'"[^"]*"\*?', match.split(" NOT ", 1)[0])
        found = dict(
            db.execute(
                f"SELECT rowid, {call} FROM words WHERE words MATCH ?",
                [OPEN, CLOSE, " OR ".join(terms)],
            )
        )
    return [
        found.get(number, text if otherwise is None else otherwise)
        for number, text in enumerate(clean, 1)
    ]
