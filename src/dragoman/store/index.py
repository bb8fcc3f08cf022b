"""The index of a store: one DuckDB file that can be rebuilt from the segments."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from dragoman.errors import LockError, StoreError
from dragoman.store.beside import remove_spill, spill_folder
from dragoman.store.corrections import Correction
from dragoman.store.memory import THREADS, lacks_memory, more_than
from dragoman.store.records import Record, Run, rejected_key
from dragoman.store.rows import DOCUMENT_TABLES, OTHER_TABLES, OUTSIDE_TABLES, batches, rows_of
from dragoman.store.segments import Hook, Segment, no_hook

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the index's schema; the version is the number in the file's name."""

    version: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Return every migration in order, from store/migrations/NNNN_name.sql."""
    folder = files("dragoman.store") / "migrations"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return tuple(
        Migration(
            int(name[:4]),
            name.removesuffix(".sql")[5:],
            (folder / name).read_text(encoding="utf-8"),
        )
        for name in names
    )


#: Where the event that led a happening is gone (rejected, not coded again, or in an older
#: version of its report), the next one leads, in the order of ``dragoman link``, in which rows
#: lie. Once it is back it leads again: a happening is named after the event that leads it.
_LEADS_NOW = """
WITH touched AS (
  SELECT DISTINCT happening FROM store.happening_events
  WHERE document IN (SELECT unnest($keys)) OR document IN (
    SELECT id FROM store.documents WHERE superseded_by IN (SELECT unnest($keys)))
),
present AS (
  SELECT h.happening, h.event_id, h.rowid AS place
  FROM store.happening_events h JOIN store.events e ON e.id = h.event_id
  JOIN store.documents d ON d.id = e.document
  WHERE d.superseded_by IS NULL AND h.happening IN (SELECT happening FROM touched)
),
chosen AS (
  SELECT happening, arg_min(event_id, (event_id[2:] <> happening[2:], place)) AS event_id
  FROM present GROUP BY happening
)
UPDATE store.happening_events h SET is_lead = h.event_id = c.event_id
FROM chosen c WHERE c.happening = h.happening AND h.is_lead <> (h.event_id = c.event_id)
"""

#: Every table that the segments fill.
TABLES = (*DOCUMENT_TABLES, *OUTSIDE_TABLES, *OTHER_TABLES, "runs")


def _kind(record: Record) -> str:
    """Return the kind under which a later record replaces an earlier one."""
    return "report" if record.kind == "document" else record.kind


class Index:
    """An open DuckDB file with the tables of ``migrations``."""

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        memory: int | None = None,
        hook: Hook = no_hook,
    ) -> None:
        """Open ``path``, which is made and migrated if it may be written.

        With ``memory`` DuckDB takes at most so many MB, spills the rest into
        ``spill_folder(path)``, and takes twice as much where a work fails for want of it,
        which is then done again. Without it DuckDB takes four fifths of the machine.

        Raises ``LockError`` if another process holds the file, ``duckdb.Error`` if the
        file is no DuckDB file.
        """
        self.path = path
        self.memory = memory
        self._hook = hook
        self._guard = threading.Lock()
        #: How many transactions have begun to write.
        self._begun = 0
        while True:
            try:
                self._db = self._connect(read_only)
                break
            except duckdb.Error as error:
                if not self._allow_more(error):
                    raise
        try:
            self.migrated = False if read_only else self._migrate()
        except BaseException:
            self._db.close()
            raise

    def _connect(self, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        config: dict[str, Any] = {"python_enable_replacements": False}
        if self.memory is not None:
            # Nothing is spilled before the file is locked and what lies there is removed.
            config |= {"memory_limit": f"{self.memory}MB", "threads": THREADS, "temp_directory": ""}
        try:
            db = duckdb.connect(str(self.path), read_only=read_only, config=config)
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise LockError(f"{self.path} is in use by another process: {error}") from error
            raise
        # Where Python was given a command, not a file, it would draw a bar among the output.
        # In a notebook without widgets DuckDB draws none, and refuses to be told not to.
        with suppress(duckdb.InvalidInputException):
            db.execute("SET enable_progress_bar = false")
        if self.memory is not None:
            remove_spill(self.path)
            folder = str(spill_folder(self.path)).replace("'", "''")
            db.execute(f"SET temp_directory = '{folder}'")
        if read_only:
            # A query must reach nothing but the store itself.
            db.execute("SET enable_external_access = false")
            db.execute("SET lock_configuration = true")
        return db

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def version(self) -> int:
        """Return the schema version of the file, 0 if it has none."""
        found = self._rows(
            "SELECT 1 FROM information_schema.tables "
            "WHERE table_schema = 'store' AND table_name = 'migrations'"
        )
        if not found:
            return 0
        rows = self._rows("SELECT max(version) FROM store.migrations")
        return int(rows[0][0]) if rows and rows[0][0] is not None else 0

    def applied(self) -> list[tuple[str, str]]:
        """Return file name and hash of the segments in the index, in order."""
        return self._rows("SELECT file, sha256 FROM store.segments ORDER BY position")

    def digests(self, table: str, keys: Sequence[str]) -> dict[str, str]:
        """Return the digests that the index has for ``keys``; empty for tables without."""
        value = "coalesce(digest, '')" if table in {"documents", "outside_events"} else "''"
        return dict(
            self._rows(
                f"SELECT id, {value} FROM store.{table} WHERE id IN (SELECT unnest(?))",
                [list(keys)],
            )
        )

    def seen(self, keys: Sequence[str], *, retry: bool = False) -> set[str]:
        """Return which hashes of source records are known: read, set aside or forgotten.

        With ``retry`` those set aside do not count.
        """
        wanted = list(keys)
        found = self._rows(
            "SELECT id FROM store.sources WHERE id IN (SELECT unnest($1)) "
            "UNION SELECT id FROM store.forgotten WHERE id IN (SELECT unnest($1))",
            [wanted],
        )
        known = {row[0] for row in found}
        if not retry:
            aside = self.digests("rejected", [rejected_key(key) for key in wanted])
            known.update(key for key in wanted if rejected_key(key) in aside)
        return known

    def forgotten(self, keys: Sequence[str]) -> set[str]:
        """Return which of ``keys`` are forgotten."""
        found = self._rows(
            "SELECT id FROM store.forgotten WHERE id IN (SELECT unnest(?))", [list(keys)]
        )
        return {row[0] for row in found}

    def apply(self, position: int, segment: Segment, run: Run, records: Sequence[Record]) -> None:
        """Add one segment in one transaction; a report replaces the older of its document."""
        latest = {(_kind(record), record.key): record for record in records}
        tries = 0

        def add() -> None:
            self._replace(run, latest.values())
            self._db.execute(
                "INSERT INTO store.segments VALUES (?, ?, ?)",
                [segment.file, segment.sha256, position],
            )
            self._hook("index-filled")

        def work() -> None:
            nonlocal tries
            tries += 1
            # A commit whose checkpoint lacked memory is told as failed, and is durable.
            if tries == 1 or not self._rows(
                "SELECT 1 FROM store.segments WHERE position = ?", [position]
            ):
                self._transaction(add)

        self._enough(work)
        self._hook("index-committed")

    def fill(self, statements: Iterable[tuple[str, pa.Table | None]]) -> None:
        """Run ``statements`` in one transaction; each sees its table as ``batch``.

        They are asked for and run again where memory was too little, so they must not
        be an iterator (``TypeError``), and running them twice must do what once does.
        """
        if isinstance(statements, Iterator):
            raise TypeError("statements are asked for more than once: give no iterator")

        def work() -> None:
            for sql, table in statements:
                if table is not None:
                    self._db.register("batch", table)
                self._db.execute(sql)
                if table is not None:
                    self._db.unregister("batch")

        self._enough(lambda: self._transaction(work))

    def stream(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), size: int = 2000
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of ``sql`` without holding all of them; parameters may have names.

        The rows must have a fixed order, that of a table or of an ORDER BY: where memory
        is too little the query is asked again and goes on after the rows it gave.
        """
        named = isinstance(parameters, Mapping)
        values = dict(parameters) if named else list(parameters)
        given, begun = 0, self._begun
        while True:
            db = self._db
            cursor = db.cursor()
            try:
                cursor.execute(sql, values)
                passed = 0
                while rows := cursor.fetchmany(size):
                    fresh = rows[max(0, given - passed) :]
                    passed += len(rows)
                    given += len(fresh)
                    yield from fresh
                return
            except duckdb.Error as error:
                cursor.close()
                changed = given > 0 and begun != self._begun
                if changed or not self._made_room(error, db):
                    raise StoreError(str(error).strip()) from error
            finally:
                cursor.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor of its own, for another thread or a longer reading.

        What is asked through it is not asked again, so from the first one on DuckDB takes
        what memory it needs.
        """
        with self._guard:
            if self.memory is not None:
                self.memory = None
                with self._db.cursor() as cursor:
                    cursor.execute("RESET memory_limit")
                    cursor.execute("RESET threads")
            return self._db.cursor()

    def fingerprints(self) -> dict[str, tuple[Any, ...]]:
        """Return count and hash of the rows of every table that segments fill.

        Every stored block is read, so damage that DuckDB can tell raises ``StoreError``.
        """
        found: dict[str, tuple[Any, ...]] = {}
        for table in TABLES:
            _, rows = self.query(
                f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)::HUGEINT) FROM store.{table} t"
            )
            found[table] = rows[0]
        return found

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
        """Return the column names and the rows of ``sql``. Raises ``StoreError`` if it fails."""

        def work() -> tuple[list[str], list[Any]]:
            cursor = self._db.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or []]
            return names, cursor.fetchall()

        try:
            return self._enough(work)
        except duckdb.Error as error:
            raise StoreError(str(error).strip()) from error

    # -- memory ----------------------------------------------------------------------------

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of ``sql``, asked outside of a transaction."""
        return self._enough(lambda: self._db.execute(sql, list(parameters)).fetchall())

    def _transaction(self, work: Callable[[], object]) -> None:
        self._begun += 1
        self._db.execute("BEGIN")
        try:
            work()
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):
                self._db.execute("ROLLBACK")
            raise

    def _enough(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, done with more memory until it is enough."""
        while True:
            db = self._db
            try:
                return work()
            except duckdb.Error as error:
                if not self._made_room(error, db):
                    raise

    def _made_room(self, error: duckdb.Error, db: duckdb.DuckDBPyConnection) -> bool:
        """Tell whether there is more memory than when ``db`` raised ``error``."""
        with self._guard:
            if db is not self._db:
                return True  # another thread opened the file anew
            if not self._allow_more(error):
                return False
            if isinstance(error, duckdb.FatalException):
                # A checkpoint failed. What was committed is in the file and its log.
                db.close()
                self._db = self._connect()
            else:
                with db.cursor() as cursor:
                    cursor.execute(f"SET memory_limit = '{self.memory}MB'")
            return True

    def _allow_more(self, error: duckdb.Error) -> bool:
        more = None if self.memory is None else more_than(self.memory)
        if more is None or not lacks_memory(error):
            return False
        self.memory = more
        return True

    # -- filling ---------------------------------------------------------------------------

    def _replace(self, run: Run, records: Iterable[Record]) -> None:
        records, corrected = self._with_corrections(list(records))
        rows = rows_of(records, corrected)
        self._versions(rows["documents"])
        rejected = [row["id"] for row in rows["rejected"]]
        read = [rejected_key(row["id"]) for row in rows["sources"]]
        settled = [row["id"] for row in rows.pop("settled")]
        self._delete("rejected", "id", [*rejected, *read, *settled])
        for table in ("sources", "corrections"):
            self._delete(table, "id", [row["id"] for row in rows[table]])
        outside = [row["id"] for row in rows["outside_events"]]
        for table, column in OUTSIDE_TABLES.items():
            self._delete(table, column, outside)
        self._db.execute("DELETE FROM store.runs WHERE id = ?", [run.id])
        self._db.execute(
            "INSERT INTO store.runs VALUES (?, ?, ?, ?)",
            [run.id, run.started.replace(tzinfo=None), run.coder, run.command],
        )
        for table, content in batches(rows):
            self._db.register("batch", pa.Table.from_pylist(content))
            self._db.execute(f"INSERT INTO store.{table} BY NAME SELECT * FROM batch")
            self._db.unregister("batch")
        if rows["documents"]:
            self._db.execute(_LEADS_NOW, {"keys": [row["id"] for row in rows["documents"]]})

    def _with_corrections(
        self, records: list[Record]
    ) -> tuple[list[Record], dict[str, list[Correction]]]:
        """Add to ``records`` the stored codings that a correction among them changes.

        Also returns every correction, stored or new, of the reports among ``records``.
        """
        fresh = [
            Correction.from_dict(json.loads(record.json))
            for record in records
            if record.kind == "correction"
        ]
        given = {record.key for record in records if record.kind == "report"}
        touched = {made.document for made in fresh} - given
        if touched:
            stored = self._db.execute(
                "SELECT id, coalesce(digest, ''), run, coalesce(coded, report) "
                "FROM store.documents WHERE id IN (SELECT unnest(?)) AND report IS NOT NULL "
                "ORDER BY id",
                [sorted(touched)],
            ).fetchall()
            records += [Record("report", *row) for row in stored]
        corrected: dict[str, list[Correction]] = {}
        for (text,) in self._db.execute(
            "SELECT correction FROM store.corrections WHERE document IN (SELECT unnest(?)) "
            "ORDER BY made, id",
            [sorted(given | touched)],
        ).fetchall():
            fresh.append(Correction.from_dict(json.loads(text)))
        for made in {made.id: made for made in fresh}.values():
            corrected.setdefault(made.document, []).append(made)
        return records, corrected

    def _delete(self, table: str, column: str, keys: Sequence[str]) -> None:
        if keys:
            self._db.execute(
                f"DELETE FROM store.{table} WHERE {column} IN (SELECT unnest(?))", [list(keys)]
            )

    def _versions(self, documents: Sequence[dict[str, Any]]) -> None:
        """Make room for ``documents``: older codings go, older versions are superseded.

        A document that is new here is the newest version of its address; one coded anew
        keeps its place among the versions.
        """
        keys = [row["id"] for row in documents]
        known = dict(
            self._db.execute(
                "SELECT id, superseded_by FROM store.documents WHERE id IN (SELECT unnest(?))",
                [keys],
            ).fetchall()
        )
        for table, column in DOCUMENT_TABLES.items():
            self._delete(table, column, list(known))
        self._delete("sketches", "document", list(known))
        current: dict[str, dict[str, Any]] = {}
        for row in documents:
            row["superseded_by"] = known.get(row["id"])
            if row["url_key"] is None or row["id"] in known:
                continue
            if (before := current.get(row["url_key"])) is not None:
                before["superseded_by"] = row["id"]
            current[row["url_key"]] = row
        if not current:
            return
        newest = {"key": list(current), "id": [row["id"] for row in current.values()]}
        for row in documents:  # coded anew and superseded in the same batch
            if row["id"] in known and row["superseded_by"] is None:
                newer = current.get(row["url_key"] or "")
                row["superseded_by"] = newer["id"] if newer is not None else None
        self._db.execute(
            "UPDATE store.documents d SET superseded_by = n.id "
            "FROM (SELECT unnest($1) AS key, unnest($2) AS id) n "
            "WHERE d.url_key = n.key AND d.superseded_by IS NULL",
            [newest["key"], newest["id"]],
        )

    def _migrate(self) -> bool:
        """Bring the schema up to date; return whether rows must be filled in anew."""
        known = migrations()
        before = self.version()
        if before > known[-1].version:
            raise StoreError(
                f"{self.path} has schema version {before}, this dragoman knows "
                f"{known[-1].version}: use a newer dragoman"
            )

        def work() -> None:
            version = self.version()
            pending = [migration for migration in known if migration.version > version]
            if pending:
                self._transaction(lambda: self._apply_migrations(pending))

        self._enough(work)
        return 0 < before < known[-1].version

    def _apply_migrations(self, pending: Sequence[Migration]) -> None:
        if pending[0].version == migrations()[0].version:
            self._db.execute("CREATE SCHEMA store")
            self._db.execute(
                "CREATE TABLE store.migrations (version INTEGER, name VARCHAR, applied TIMESTAMP)"
            )
        for migration in pending:
            self._db.execute(migration.sql)
            applied = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
            self._db.execute(
                "INSERT INTO store.migrations VALUES (?, ?, ?)",
                [migration.version, migration.name, applied],
            )
