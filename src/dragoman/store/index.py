"""The index of a store: one DuckDB file that can be rebuilt from the segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dragoman.errors import LockError, StoreError
from dragoman.store.records import Record, Run
from dragoman.store.rows import DOCUMENT_TABLES, batches, rows_of
from dragoman.store.segments import Hook, Segment, no_hook


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the index's schema; the version is the number in the file's name."""

    version: int
    name: str
    sql: str


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


class Index:
    """An open DuckDB file with the tables of ``migrations``."""

    def __init__(self, path: Path, *, read_only: bool = False, hook: Hook = no_hook) -> None:
        """Open ``path``, which is made and migrated if it may be written.

        Raises ``LockError`` if another process holds the file, ``duckdb.Error`` if the
        file is no DuckDB file.
        """
        self.path = path
        self._hook = hook
        try:
            self._db = duckdb.connect(
                str(path), read_only=read_only, config={"python_enable_replacements": False}
            )
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise LockError(f"{path} is in use by another process: {error}") from error
            raise
        if read_only:
            # A query must reach nothing but the store itself.
            self._db.execute("SET enable_external_access = false")
            self._db.execute("SET lock_configuration = true")
        try:
            self.migrated = False if read_only else self._migrate()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def version(self) -> int:
        """Return the schema version of the file, 0 if it has none."""
        found = self._db.execute(
            "SELECT 1 FROM information_schema.tables "
            "WHERE table_schema = 'store' AND table_name = 'migrations'"
        ).fetchone()
        if found is None:
            return 0
        row = self._db.execute("SELECT max(version) FROM store.migrations").fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    def applied(self) -> list[tuple[str, str]]:
        """Return file name and hash of the segments in the index, in order."""
        return self._db.execute(
            "SELECT file, sha256 FROM store.segments ORDER BY position"
        ).fetchall()

    def digests(self, table: str, keys: Sequence[str]) -> dict[str, str]:
        """Return the digests that the index has for ``keys`` of documents or rejected."""
        value = "digest" if table == "documents" else "''"
        return dict(
            self._db.execute(
                f"SELECT id, {value} FROM store.{table} WHERE id IN (SELECT unnest(?))",
                [list(keys)],
            ).fetchall()
        )

    def apply(self, position: int, segment: Segment, run: Run, records: Sequence[Record]) -> None:
        """Add one segment in one transaction; a report replaces the older of its document."""
        latest = {(record.kind, record.key): record for record in records}
        self._db.execute("BEGIN")
        try:
            self._replace(run, latest.values())
            self._db.execute(
                "INSERT INTO store.segments VALUES (?, ?, ?)",
                [segment.file, segment.sha256, position],
            )
            self._hook("index-filled")
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):
                self._db.execute("ROLLBACK")
            raise
        self._hook("index-committed")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
        """Return the column names and the rows of ``sql``. Raises ``StoreError`` if it fails."""
        try:
            cursor = self._db.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or []]
            return names, cursor.fetchall()
        except duckdb.Error as error:
            raise StoreError(str(error).strip()) from error

    def _replace(self, run: Run, records: Iterable[Record]) -> None:
        rows = rows_of(records)
        keys = [row["id"] for row in rows["documents"]]
        for table, column in DOCUMENT_TABLES.items():
            self._db.execute(
                f"DELETE FROM store.{table} WHERE {column} IN (SELECT unnest(?))", [keys]
            )
        rejected = [row["id"] for row in rows["rejected"]]
        self._db.execute("DELETE FROM store.rejected WHERE id IN (SELECT unnest(?))", [rejected])
        self._db.execute("DELETE FROM store.runs WHERE id = ?", [run.id])
        self._db.execute(
            "INSERT INTO store.runs VALUES (?, ?, ?, ?)",
            [run.id, run.started.replace(tzinfo=None), run.coder, run.command],
        )
        for table, content in batches(rows):
            self._db.register("batch", pa.Table.from_pylist(content))
            self._db.execute(f"INSERT INTO store.{table} BY NAME SELECT * FROM batch")
            self._db.unregister("batch")

    def _migrate(self) -> bool:
        """Bring the schema up to date; return whether rows must be filled in anew."""
        known = migrations()
        version = self.version()
        if version > known[-1].version:
            raise StoreError(
                f"{self.path} has schema version {version}, this dragoman knows "
                f"{known[-1].version}: use a newer dragoman"
            )
        pending = [migration for migration in known if migration.version > version]
        if not pending:
            return False
        self._db.execute("BEGIN")
        if version == 0:
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
        self._db.execute("COMMIT")
        return version > 0
