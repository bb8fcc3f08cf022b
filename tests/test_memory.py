"""A writer's index takes little memory, spills, and takes more only where it must."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crashing import StubCoder
from dragoman.archive.comparing import canonical_digest
from dragoman.archive.linking import link
from dragoman.archive.mending import mend
from dragoman.archive.recoding import recode
from dragoman.errors import StoreError
from dragoman.store import Run, Store
from dragoman.store import index as index_module
from dragoman.store import store as store_module
from dragoman.store.copying import copy_index
from dragoman.store.index import Index, migrations
from dragoman.store.memory import WRITING, lacks_memory, more_than
from reports import rich_report

RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
LIMIT = "SELECT current_setting('memory_limit')"
#: As DuckDB words it in a commit or a checkpoint.
LACK = "Failed: failed to pin block (11.2 MiB/11.4 MiB used) (SET memory_limit='...GB')"


def filled(path: Path, batches: int = 3, size: int = 20) -> Store:
    store = Store.open(path)
    for batch in range(batches):
        numbers = range(batch * size, (batch + 1) * size)
        store.add([rich_report(number) for number in numbers], RUN)
    return store


def test_with_too_little_memory_everything_comes_out_the_same(tmp_path, monkeypatch):
    """Adding, linking, coding anew, comparing and mending; each takes more where it must."""
    found = []
    for start in (WRITING, 1):
        monkeypatch.setattr(store_module, "WRITING", start)
        path = tmp_path / str(start) / "news.duckdb"
        path.parent.mkdir()
        with filled(path) as store:
            recode(store, StubCoder(), RUN, everything=True)
            linked = link(store)
            told = [linked, canonical_digest(store), store.verify().problems]
            told += [len(list(store.reports())), store.query("SELECT count(*) FROM agenda")[1]]
            taken = store._index.memory
        assert mend(path) == ["the index was made anew"]
        with Store.open(path, read_only=True) as store:
            told.append(canonical_digest(store))
        assert sorted(p.name for p in path.parent.iterdir()) == [path.name, f"{path.name}.segments"]
        found.append((told, taken))
    assert found[0][0] == found[1][0]
    assert found[0][0][2] == ()
    assert found[0][1] == WRITING
    assert 2 <= found[1][1] < WRITING


class Lacking:
    """A connection in which the ``count``-th call of ``what`` fails, before or after its work."""

    def __init__(
        self, db: Any, what: str, error: duckdb.Error, count: int = 1, after: bool = False
    ) -> None:
        self._db, self._what, self._error = db, what, error
        self._left, self._after = count, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def __enter__(self) -> Lacking:
        return self

    def __exit__(self, *raised: object) -> None:
        self._db.close()

    def cursor(self) -> Lacking:
        left = self._left if self._what == "fetch" else 0
        self._left -= left
        return Lacking(self._db.cursor(), self._what, self._error, left, self._after)

    def execute(self, sql: str, *values: Any) -> Any:
        return self._call(sql, lambda: self._db.execute(sql, *values))

    def fetchmany(self, size: int) -> Any:
        return self._call("fetch", lambda: self._db.fetchmany(size))

    def _call(self, name: str, work: Any) -> Any:
        if self._what != name:
            return work()
        self._left -= 1
        if self._left != 0:
            return work()
        if self._after:
            work()
        raise self._error


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (duckdb.OutOfMemoryException("could not allocate block"), False),
        (duckdb.TransactionException(LACK), False),
        (duckdb.FatalException("COMMIT succeeded, the autocheckpoint failed. " + LACK), True),
        (duckdb.FatalException(LACK), False),
    ],
)
def test_a_commit_that_lacked_memory_is_made_once(tmp_path, error, after):
    path = tmp_path / "news.duckdb"
    with Store.open(path) as store:
        store.add([rich_report(1)], RUN)
        index = store._index
        index._db = Lacking(index._db, "COMMIT", error, after=after)
        assert store.add([rich_report(2)], RUN).added == 1
        assert index.memory == 2 * WRITING
        link(store)
        assert store.query("SELECT count(*) FROM store.segments")[1] == [(2,)]
        assert store.query("SELECT count(*), count(DISTINCT id) FROM documents")[1] == [(2, 2)]
        assert store.verify().problems == ()


@pytest.mark.parametrize("after", [False, True])
def test_links_that_lacked_memory_are_made_once(tmp_path, after):
    with filled(tmp_path / "news.duckdb") as store:
        wanted = link(store)
        rows = store.query("SELECT * FROM store.happening_events ORDER BY ALL")
        index = store._index
        index._db = Lacking(index._db, "COMMIT", duckdb.FatalException(LACK), after=after)
        assert link(store) == wanted
        assert index.memory == 2 * WRITING
        assert store.query("SELECT * FROM store.happening_events ORDER BY ALL") == rows


def test_other_errors_are_not_tried_again(tmp_path):
    with Store.open(tmp_path / "news.duckdb") as store:
        with pytest.raises(StoreError, match="memory_limit"):
            store.query("SELECT memory_limit")
        assert store._index.memory == WRITING
        with pytest.raises(TypeError, match="no iterator"):
            store.fill(iter([("SELECT 1", None)]))


def test_where_the_machine_has_no_more_it_is_told(tmp_path, monkeypatch):
    path = tmp_path / "news.duckdb"
    with filled(path, 1) as store:
        monkeypatch.setattr(index_module, "more_than", lambda limit: None)
        error = duckdb.OutOfMemoryException("could not allocate block")
        index = store._index
        index._db = Lacking(index._db, "COMMIT", error)
        with pytest.raises(StoreError, match="nothing is lost"):
            store.add([rich_report(100)], RUN)
    with Store.open(path) as store:
        assert store.query("SELECT count(*) FROM documents")[1] == [(21,)]
        assert store.verify().problems == ()


def test_the_limit_doubles_up_to_four_fifths_of_the_machine():
    assert more_than(WRITING) == 2 * WRITING
    limit, steps = WRITING, 0
    while (more := more_than(limit)) is not None:
        limit, steps = more, steps + 1
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
    assert 0.79 * machine < limit <= 0.8 * machine
    assert steps < 20
    assert lacks_memory(duckdb.TransactionException(LACK))
    assert not lacks_memory(duckdb.BinderException(LACK))
    assert not lacks_memory(duckdb.IOException("No space left on device"))


def test_a_stream_that_lacks_memory_goes_on_where_it_was(tmp_path):
    with filled(tmp_path / "news.duckdb", 1) as store:
        index = store._index
        sql = "SELECT id FROM store.documents ORDER BY id"
        wanted = store.query(sql)[1]
        error = duckdb.OutOfMemoryException("could not allocate block")
        for place in (1, 3):
            memory = index.memory
            db, index._db = index._db, Lacking(index._db, "fetch", error, place)
            assert list(index.stream(sql, size=7)) == wanted
            index._db = db
            assert memory is not None
            assert index.memory == 2 * memory


def test_a_stream_does_not_go_on_in_a_changed_store(tmp_path):
    with filled(tmp_path / "news.duckdb", 1) as store:
        index = store._index
        error = duckdb.OutOfMemoryException("could not allocate block")
        db, index._db = index._db, Lacking(index._db, "fetch", error, 2)
        rows: Iterator[Any] = index.stream("SELECT id FROM store.documents ORDER BY id", size=7)
        assert next(rows)
        index._db = db
        store.add([rich_report(99)], RUN)
        with pytest.raises(StoreError, match="could not allocate"):
            list(rows)


#: Spills what a sort of 30 MB needs, and waits.
SPILLING = """
import os, signal, sys
from pathlib import Path
from dragoman.store import Store
store = Store.open(Path(sys.argv[1]))
store.query("SET memory_limit = '12MB'")
store.query("CREATE TEMP TABLE t AS SELECT i, repeat(hash(i)::VARCHAR, 20) AS word "
            "FROM range(100000) r(i)")
print(store.query("SELECT count(*) FROM duckdb_temporary_files()")[1][0][0] > 0, flush=True)
if sys.argv[2] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
store.close()
"""


@pytest.mark.parametrize("end", ["kill", "close"])
def test_what_is_spilled_does_not_stay(tmp_path, end):
    path = tmp_path / "it's news.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", SPILLING, str(path), end],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == "True\n", done.stderr
    assert done.returncode == (-signal.SIGKILL if end == "kill" else 0)
    spill = tmp_path / "it's news.duckdb.tmp"
    assert spill.is_dir() == (end == "kill")
    aside = tmp_path / "it's news.duckdb.rebuilding"
    aside.write_bytes(b"left by a killed writer")
    left = tmp_path / "it's news.duckdb.rebuilding.tmp"
    left.mkdir()
    (left / "duckdb_temp_block-1.block").write_bytes(b"words of a report")
    with Store.open(path):
        assert not spill.exists()
        assert not aside.exists()
        assert not left.exists()


def test_files_of_others_are_left_alone(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path, 1).close()
    spill = tmp_path / "news.duckdb.tmp"
    spill.mkdir()
    (spill / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"words of a report")
    (spill / "notes.txt").write_text("mine")
    with Store.open(path) as store:
        assert [file.name for file in spill.iterdir()] == ["notes.txt"]
        assert store.query(LIMIT)[1] == [("91.5 MiB",)]


def test_readers_and_pages_take_what_they_need(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path, 1).close()
    with closing(duckdb.connect()) as plain:
        own = plain.execute(LIMIT).fetchall()
    assert own != [("91.5 MiB",)]
    with Store.open(path, read_only=True) as store:
        assert store.query(LIMIT)[1] == own
    index, _ = copy_index(path, tmp_path / "copy.duckdb")
    with closing(index):
        assert index.query(LIMIT)[1] == own
    with closing(Index(tmp_path / "copy.duckdb")) as index:
        assert index.query(LIMIT)[1] == own
    with Store.open(path) as store:
        assert store.query(LIMIT)[1] == [("91.5 MiB",)]
        with closing(store.cursor()) as cursor:  # what analysis asks is not asked again
            assert cursor.execute(LIMIT).fetchall() == own
        assert store.add([rich_report(99)], RUN).added == 1


def test_an_index_without_the_agencies_is_filled_anew(tmp_path):
    path = tmp_path / "news.duckdb"
    report = rich_report(1)
    assert report.reading.dateline is not None
    dateline = replace(report.reading.dateline, agency="Wire")
    report = replace(report, reading=replace(report.reading, dateline=dateline))
    sql = "SELECT id, dateline_agency FROM documents ORDER BY id"
    with Store.open(path) as store:
        store.add([report, rich_report(2)], RUN)
        wanted = store.query(sql)[1]
        link(store)
        origins = store.query("SELECT document, origin FROM store.happening_events")[1]
    assert {row[1] for row in wanted} == {"Wire", None}
    assert (report.document.id, "wire") in origins
    with duckdb.connect(str(path)) as db:
        db.execute("DELETE FROM store.migrations WHERE version >= 7")
        db.execute("DROP TABLE store.sketches")
        db.execute("DROP VIEW documents")
        db.execute("ALTER TABLE store.documents DROP COLUMN dateline_agency")
        db.execute("CREATE VIEW documents AS SELECT * FROM store.documents")
    with Store.open(path, read_only=True) as store:
        assert store.query(sql)[1] == wanted
        newest = migrations()[-1].version
        assert store.query("SELECT max(version) FROM store.migrations")[1] == [(newest,)]
