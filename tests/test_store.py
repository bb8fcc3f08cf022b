from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from dragoman.errors import DamagedError, LockError, StoreError
from dragoman.schema import Rejected
from dragoman.store import Added, Run, Store
from reports import rich_report

RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
BAD = Rejected("bad.txt", "binary", "not text")
TABLES = [
    "documents",
    "events",
    "actors",
    "magnitudes",
    "mentions",
    "statements",
    "relations",
    "rejected",
    "runs",
    "segments",
]

#: A writer in a process of its own, which kills itself at the step the variable names.
WRITER = """
    import os, signal, sys
    from datetime import datetime, UTC
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from reports import rich_report
    from dragoman.schema import Rejected
    from dragoman.store import Run, Store

    def hook(step):
        if step == os.environ["DRAGOMAN_CRASH_POINT"] and ready:
            os.kill(os.getpid(), signal.SIGKILL)

    ready = False
    run = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
    store = Store.open(Path({path!r}), hook=hook)
    store.add([rich_report(1)], run)
    ready = True
    store.add([rich_report(2), Rejected("bad.txt", "binary", "not text")], run)
    print("finished")
"""


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    return {t: sorted(store.query(f"SELECT * FROM store.{t}")[1], key=repr) for t in TABLES}


def filled(path: Path) -> Store:
    store = Store.open(path)
    store.add([rich_report(1)], RUN)
    store.add([rich_report(2), BAD], RUN)
    return store


def test_adding_again_changes_nothing(tmp_path):
    with Store.open(tmp_path / "news.duckdb") as store:
        assert store.add([rich_report(1), BAD], RUN) == Added(added=1, rejected=1)
        before = content(store)
        again = Run("run2", datetime(2024, 5, 5, tzinfo=UTC), "test", "test")
        assert store.add([rich_report(1), BAD], again) == Added(unchanged=2)
        assert store.add([rich_report(1), rich_report(1)], again) == Added(unchanged=2)
        assert content(store) == before
        assert store.verify().segments == 1


def test_same_content_from_another_file_is_the_same(tmp_path):
    first = rich_report(1)
    document = replace(first.document, source="elsewhere.txt")
    moved = replace(first, document=document, reading=replace(first.reading, document=document))
    with Store.open(tmp_path / "news.duckdb") as store:
        store.add([first], RUN)
        assert store.add([moved], RUN) == Added(unchanged=1)


def test_a_new_coding_replaces_the_old(tmp_path):
    with Store.open(tmp_path / "news.duckdb") as store:
        store.add([rich_report(1)], RUN)
        recoded = replace(rich_report(1, coder="newer"), events=())
        assert store.add([recoded], RUN) == Added(replaced=1)
        assert store.query("SELECT coder FROM documents")[1] == [("newer",)]
        assert store.query("SELECT count(*) FROM events")[1] == [(0,)]
        assert store.query("SELECT count(*) FROM mentions")[1] == [(0,)]
        before = content(store)
        store.rebuild()
        assert content(store) == before
        assert store.verify().problems == ()


def test_reports_come_back_equal(tmp_path):
    originals = [rich_report(n) for n in range(3)]
    with Store.open(tmp_path / "news.duckdb") as store:
        store.add(originals, RUN)
        found = list(store.reports())
    assert found == sorted(originals, key=lambda r: r.document.id)


def test_rows_say_what_the_report_says(tmp_path):
    with filled(tmp_path / "news.duckdb") as store:
        sql = "SELECT type, actor_countries, start_date, place, published FROM events "
        assert store.query(sql + "WHERE mode = 'visit' LIMIT 1")[1] == [
            ("CONSULT", ["BRA"], date(2024, 5, 3), "Lisbon", date(2024, 5, 4))
        ]
        sql = "SELECT role, country, sector FROM actors JOIN events e ON e.id = event_id "
        assert store.query(sql + "WHERE e.status = 'alleged' ORDER BY ALL LIMIT 2")[1] == [
            ("actor", "CHL", None),
            ("actor", "CHL", None),
        ]
        assert store.query("SELECT DISTINCT kind, low, unit FROM magnitudes")[1] == [
            ("killed", 3.0, "people")
        ]
        assert store.query("SELECT DISTINCT sides FROM relations")[1] == [(["PER", "CHL"],)]
        assert store.query("SELECT DISTINCT speaker_countries, about FROM statements")[1] == [
            (["KEN"], ["PER", "CHL"])
        ]
        assert store.query("SELECT source, reason FROM rejected")[1] == [("bad.txt", "binary")]
        assert store.query("SELECT DISTINCT evidence FROM mentions WHERE status = 'planned'")[
            1
        ] == [("The presidents of Ghana and Togo will meet in Accra next week",)]


def test_views(tmp_path):
    with filled(tmp_path / "news.duckdb") as store:
        days = store.query("SELECT day, actor, recipient, events FROM dyad_days ORDER BY ALL")[1]
        assert days == [
            (date(2024, 5, 3), "BRA", "KEN", 2),
            (date(2024, 5, 3), "KEN", "BRA", 2),
        ]
        agenda = store.query("SELECT start_date, type, actor_countries FROM agenda")[1]
        assert agenda == [(date(2024, 5, 6), "CONSULT", ["GHA", "TGO"])] * 2


@pytest.mark.parametrize(
    ("step", "committed"),
    [
        ("segment-written", False),
        ("segment-renamed", False),
        ("manifest-written", False),
        ("manifest-renamed", True),
        ("index-filled", True),
        ("index-committed", True),
    ],
)
def test_killed_in_the_middle_of_an_add(tmp_path, step, committed):
    path = tmp_path / "news.duckdb"
    script = textwrap.dedent(WRITER).format(tests=str(Path(__file__).parent), path=str(path))
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DRAGOMAN_CRASH_POINT": step},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert "finished" not in done.stdout
    with filled(tmp_path / "whole.duckdb") as whole:
        expected = content(whole)
    with Store.open(path) as store:
        assert store.query("SELECT count(*) FROM documents")[1] == [(2 if committed else 1,)]
        assert store.verify().problems == ()
        names = sorted(p.suffix for p in (tmp_path / "news.duckdb.segments").iterdir())
        assert names == ["", ".json"] + [".parquet"] * (2 if committed else 1)
        store.add([rich_report(2), BAD], RUN)
        found = content(store)
    assert {t: rows for t, rows in found.items() if t != "segments"} == {
        t: rows for t, rows in expected.items() if t != "segments"
    }


def test_a_deleted_index_is_rebuilt(tmp_path):
    path = tmp_path / "news.duckdb"
    with filled(path) as store:
        before = content(store)
    path.unlink()
    with Store.open(path, read_only=True) as store:
        assert content(store) == before


def test_a_broken_index_is_rebuilt(tmp_path):
    path = tmp_path / "news.duckdb"
    with filled(path) as store:
        before = content(store)
    path.write_bytes(b"not a database" * 1000)
    with Store.open(path) as store:
        assert content(store) == before


def test_an_index_that_is_behind_catches_up(tmp_path):
    path = tmp_path / "news.duckdb"
    with Store.open(path) as store:
        store.add([rich_report(1)], RUN)
    old = path.read_bytes()
    with Store.open(path) as store:
        store.add([rich_report(2), BAD], RUN)
        before = content(store)
    path.write_bytes(old)
    with Store.open(path, read_only=True) as store:
        assert content(store) == before


def test_a_changed_index_is_found(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path).close()
    with duckdb.connect(str(path)) as db:
        db.execute("DELETE FROM store.documents")
    with Store.open(path) as store:
        assert "rebuild it" in store.verify().problems[0]
        store.rebuild()
        assert store.verify().problems == ()
        assert store.query("SELECT count(*) FROM documents")[1] == [(2,)]


def test_a_damaged_segment_is_named(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path).close()
    victim = sorted((tmp_path / "news.duckdb.segments").glob("*.parquet"))[1]
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    with Store.open(path) as store:
        problems = store.verify().problems
        assert len(problems) == 1
        assert victim.name in problems[0]
        assert "damaged" in problems[0]
        with pytest.raises(DamagedError, match=victim.name):
            store.rebuild()
    path.unlink()
    with pytest.raises(DamagedError, match=victim.name):
        Store.open(path)
    victim.unlink()
    with pytest.raises(DamagedError, match=f"{victim.name} is missing"):
        Store.open(path)


def test_a_damaged_manifest_is_named(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path).close()
    manifest = tmp_path / "news.duckdb.segments" / "manifest.json"
    data = json.loads(manifest.read_text())
    data["segments"].pop()
    manifest.write_text(json.dumps(data))
    with pytest.raises(DamagedError, match=r"manifest\.json is damaged"):
        Store.open(path)


def test_a_second_writer_is_told_who_writes(tmp_path):
    path = tmp_path / "news.duckdb"
    with filled(path), pytest.raises(LockError, match=f"process {os.getpid()} "):
        Store.open(path)
    filled(path).close()


def test_a_reader_reads_the_segments_while_another_process_writes(tmp_path):
    path = tmp_path / "news.duckdb"
    script = (
        "import sys; from pathlib import Path; from dragoman.store import Store\n"
        "with Store.open(Path(sys.argv[1]), read_only=True) as store:\n"
        "    print(store.query('SELECT count(*) FROM documents')[1], store.verify().problems)\n"
    )
    with filled(path) as store:
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=120
        )
        assert done.stdout == "[(2,)] ()\n", done.stderr
        store.add([rich_report(3)], RUN)


def test_readers_reach_nothing_but_the_store(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path).close()
    with Store.open(path, read_only=True) as store:
        for sql in ("SELECT * FROM read_text('/etc/hostname')", "DELETE FROM store.documents"):
            with pytest.raises(StoreError):
                store.query(sql)
        with pytest.raises(StoreError, match="read-only"):
            store.add([rich_report(3)], RUN)
        with pytest.raises(StoreError, match="read-only"):
            store.rebuild()


def test_any_thread_may_ask(tmp_path):
    """Following links asks for known pages while workers ask for known records."""
    with filled(tmp_path / "news.duckdb") as store, ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(store.seen, [f"k{n}"]) for n in range(200)]
        asked += [threads.submit(store.query, "SELECT count(*) FROM events") for _ in range(200)]
        assert all(found.result() == set() for found in asked[:200])
        (names,) = {str(found.result()) for found in asked[200:]}
        assert "count_star()" in names


def test_a_file_that_is_no_store_is_left_alone(tmp_path):
    path = tmp_path / "news.duckdb"
    with pytest.raises(StoreError, match="no store"):
        Store.open(path, read_only=True)
    path.write_text("my notes")
    with pytest.raises(StoreError, match="not a dragoman store"):
        Store.open(path)
    assert path.read_text() == "my notes"


def test_an_index_of_a_newer_dragoman_is_refused(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path).close()
    with duckdb.connect(str(path)) as db:
        db.execute("INSERT INTO store.migrations VALUES (999, 'later', NULL)")
    with pytest.raises(StoreError, match="use a newer dragoman"):
        Store.open(path)
