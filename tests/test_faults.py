"""Killed writers, damaged files, full disks, files that may not be written, two writers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crashing import POINTS
from dragoman.archive.comparing import canonical_digest
from dragoman.archive.mending import mend
from dragoman.errors import DamagedError, LockError
from dragoman.store import Run, Seen, Store
from mutating import mutations, try_mutation
from reports import rich_report

HERE = Path(__file__).parent
RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}


def script(text: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    head = (
        "import sys, os, resource, signal\nfrom pathlib import Path\n"
        "from dragoman.store import *\nfrom dragoman.errors import *\n"
        "from reports import rich_report\n"
        "from datetime import datetime, UTC\n"
        "RUN = Run('run1', datetime(2024, 5, 4, 12, tzinfo=UTC), 'test', 'test')\n"
        "path = Path(sys.argv[1])\n"
    )
    return subprocess.run(
        [sys.executable, "-c", head + text, *map(str, arguments)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_killed_writers_lose_nothing_and_double_nothing(tmp_path):
    """200 kills; more by benchmarks/faults.py."""
    done = subprocess.run(
        [sys.executable, str(HERE / "crashing.py"), str(tmp_path), "200", "20240501"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] >= 200
    assert (found["different"], found["lost"]) == (0, 0)
    assert {name for name, count in found["points"].items() if count >= 5} >= set(POINTS)
    assert found["points"]["recovery"] >= 10


def filled(path: Path) -> str:
    """Make a store of several segments; return the digest of its content."""
    with Store.open(path) as store:
        for number in range(1, 4):
            report = rich_report(number)
            store.add([report, Seen(f"k{number}", "a.txt", (report.document.id,))], RUN)
        return canonical_digest(store)


def test_damaged_files_are_never_silent(tmp_path):
    """60 mutations of every file of a store; 1,000 by benchmarks/faults.py."""
    wanted = filled(tmp_path / "news.duckdb")
    counts = {"same": 0, "told": 0, "silent": 0}
    for name, change in mutations(tmp_path / "news.duckdb", 60, seed=7):
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(
            tmp_path, copy, ignore=lambda folder, names: [n for n in names if n == "copy"]
        )
        counts[try_mutation(copy / "news.duckdb", name, change, wanted)] += 1
    assert counts["silent"] == 0
    assert counts["told"] >= 12
    assert counts["same"] >= 12


def killed_writer(path: Path) -> str:
    """Fill a store in a process that is killed, so that the index is left with its log."""
    wanted = filled(path.with_name("whole.duckdb"))
    text = (
        "from dragoman.store import Seen\n"
        "store = Store.open(path)\n"
        "for number in range(1, 4):\n"
        "    report = rich_report(number)\n"
        "    store.add([report, Seen(f'k{number}', 'a.txt', (report.document.id,))], RUN)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert script(text, path).returncode == -signal.SIGKILL
    for file in path.parent.glob("whole.duckdb*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    return wanted


def test_a_damaged_log_of_the_index_is_never_silent(tmp_path):
    """DuckDB opens some damaged logs without an error, and with rows missing."""
    path = tmp_path / "store" / "news.duckdb"
    path.parent.mkdir()
    wanted = killed_writer(path)
    log = path.with_name("news.duckdb.wal")
    assert log.stat().st_size > 1000
    found = set()
    changes = [change for name, change in mutations(path, 40, seed=3) if name == log.name]
    assert len(changes) >= 5
    for change in changes:
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(path.parent, copy)
        found.add(try_mutation(copy / path.name, log.name, change, wanted))
    assert found == {"same"}


def test_a_lost_manifest_is_made_anew(tmp_path):
    path = tmp_path / "news.duckdb"
    wanted = filled(path)
    (tmp_path / "news.duckdb.segments" / "manifest.json").write_text("{")
    with pytest.raises(DamagedError):
        Store.open(path)
    assert mend(path) == ["the manifest was made anew from the segments", "the index was made anew"]
    with Store.open(path) as store:
        assert canonical_digest(store) == wanted
        assert store.verify().problems == ()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_manifest_is_not_made_anew_over_a_loss(tmp_path, which):
    path = tmp_path / "news.duckdb"
    filled(path)
    folder = tmp_path / "news.duckdb.segments"
    (folder / "manifest.json").write_text("{")
    victim = sorted(folder.glob("*.parquet"))[which]
    victim.unlink()
    with pytest.raises(DamagedError, match="missing"):
        mend(path)
    assert (folder / "manifest.json").read_text() == "{"


def test_a_full_disk_keeps_what_was_committed(tmp_path):
    path = tmp_path / "news.duckdb"
    wanted = filled(path)
    text = (
        "store = Store.open(path)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))\n"
        "try: store.add([rich_report(n) for n in range(10, 300)], RUN)\n"
        "except StoreError as error: print('told', error)\n"
    )
    done = script(text, path, 4096)
    assert "told" in done.stdout, done.stderr
    assert "make room" in done.stdout
    with Store.open(path) as store:
        assert canonical_digest(store) == wanted
        assert store.verify().problems == ()
    # Room for the segment but not for the index: the batch is kept.
    size = max(2_000_000, path.stat().st_size)
    done = script(text, path, size)
    with Store.open(path) as store:
        count = store.query("SELECT count(*) FROM documents")[1]
        assert count == ([(293,)] if "make room" not in done.stdout else [(3,)]), done.stdout
        assert store.verify().problems == ()


@pytest.mark.parametrize("work", ["link(store)", "store.rebuild()", "store.verify()"])
def test_a_full_disk_is_told_by_what_fills_the_index(tmp_path, work):
    path = tmp_path / "news.duckdb"
    wanted = filled(path)
    text = (
        "from dragoman.archive.linking import link\n"
        "with Store.open(path) as store:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\n"
        "    try: " + work + "\n"
        "    except StoreError as error: print('told', error)\n"
    )
    done = script(text, path)
    assert done.stdout.startswith("told"), done.stdout + done.stderr
    assert "cannot be written" in done.stdout
    with Store.open(path) as store:
        assert canonical_digest(store) == wanted
        assert store.verify().problems == ()
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, f"{path.name}.segments"]


def test_a_store_that_may_not_be_written_can_be_read(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path)
    path.with_name("news.duckdb").chmod(0o444)
    folder = tmp_path / "news.duckdb.segments"
    for file in [*folder.iterdir(), folder, tmp_path]:
        file.chmod(0o555 if file.is_dir() else 0o444)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o555)
    text = (
        "Store.open(path, read_only=True).close()  # loads what only this user may read\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "with Store.open(path, read_only=True) as store:\n"
        "    print(store.query('SELECT count(*) FROM documents')[1])\n"
        "try: Store.open(path)\n"
        "except StoreError as error: print('told', error)\n"
    )
    try:
        done = script(text, path)
    finally:
        for file in [tmp_path, folder, *folder.iterdir(), path]:
            file.chmod(0o755)
    assert done.stdout.startswith("[(3,)]\ntold"), done.stderr
    assert "may not be written" in done.stdout


def test_two_writers_and_a_reader(tmp_path):
    path = tmp_path / "news.duckdb"
    filled(path)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from dragoman.store import Store\n"
            "store = Store.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()",
            str(path),
        ],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(LockError, match=f"process {holder.pid} on .* is writing since"):
            Store.open(path)
        with Store.open(path, read_only=True) as store:
            assert store.query("SELECT count(*) FROM documents")[1] == [(3,)]
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    # A killed writer's lock is free at once.
    with Store.open(path) as store:
        store.add([rich_report(9)], RUN)


def test_killed_while_forgetting(tmp_path):
    steps = ["segment-written", "segment-renamed", "manifest-written", "manifest-renamed"]
    for step in [*steps, "index-filled", "index-rebuilt"]:
        path = tmp_path / step / "news.duckdb"
        path.parent.mkdir()
        filled(path)
        text = (
            "def hook(step):\n"
            "    if step == sys.argv[2]: os.kill(os.getpid(), signal.SIGKILL)\n"
            "with Store.open(path, hook=hook) as store:\n"
            "    store.forget(Selection(words=('Report 1.',)), RUN)\n"
        )
        done = script(text, path, step)
        assert done.returncode == -signal.SIGKILL, done.stderr
        with Store.open(path) as store:
            left = store.query("SELECT count(*) FROM documents")[1]
            assert left == [(3,)] if step in steps[:3] else [(2,)]
            assert store.verify().problems == ()


def test_a_poisoned_record_is_set_aside_and_read_again(tmp_path):
    """One record of many breaks its parser; after the cause is gone, retry reads it."""
    from crashing import StubCoder
    from dragoman.archive.ingesting import Ingest
    from dragoman.archive.recoding import jobs_of_set_aside
    from dragoman.ingest.pool import Item, Job, Pool

    source = tmp_path / "a.jsonl"
    rows = [json.dumps({"text": f"Report {n} of talks."}) for n in range(2000)]
    rows[1234] = json.dumps({"words": "Report 1234 of talks."})
    source.write_text("\n".join(rows) + "\n")
    job = Job((Item(str(source)),))
    with Pool() as pool, Store.open(tmp_path / "news.duckdb") as store:
        first = Ingest(store, pool, StubCoder(), RUN).run([job])
        assert first.added.added == 1999
        assert [r.source for r in first.rejected] == [f"{source}#1235"]
        again = Ingest(store, pool, StubCoder(), RUN).run([job])
        assert (again.known, again.added.added, again.added.rejected) == (2000, 0, 0)
        # Still broken: it stays set aside, once.
        Ingest(store, pool, StubCoder(), RUN).run(jobs_of_set_aside(store), retry=True)
        assert store.query("SELECT count(*) FROM rejected")[1] == [(1,)]
        (aside,) = store.set_aside()
        source.unlink()  # retry needs the source no more
        columns = json.loads(aside.hints["columns"])
        mended = replace(aside, hints={"columns": json.dumps({**columns, "text": ["words"]})})
        fixed = Job((Item(aside.rejected.source, mended.data, "row", mended.hints),))
        last = Ingest(store, pool, StubCoder(), RUN).run([fixed], retry=True)
        assert last.added.added == 1


def test_what_was_cut_off_is_rejected_no_more_once_it_is_whole(tmp_path):
    """A truncated archive is told; after it was got again, retry ends the rejection."""
    import sources as make
    from dragoman.archive.ingesting import Ingest
    from dragoman.archive.recoding import jobs_of_set_aside, settle, unread
    from dragoman.ingest.pool import Item, Job, Pool

    source = tmp_path / "a.warc.gz"
    whole = make.warc(make.page(), make.page(make.STORY + " They met twice."))
    source.write_bytes(whole[:-200])

    def again(store: Store) -> tuple[int, list[tuple[str]]]:
        before = unread(store)
        summary = Ingest(store, pool, None, RUN).run(jobs_of_set_aside(store), retry=True)
        settle(store, RUN, before, summary)
        return summary.added.added, store.query("SELECT reason FROM rejected")[1]

    with Pool() as pool, Store.open(tmp_path / "news.duckdb") as store:
        Ingest(store, pool, None, RUN).run([Job((Item(str(source)),))])
        assert store.query("SELECT reason FROM rejected")[1] == [("truncated",)]
        assert again(store) == (0, [("truncated",)])
        source.unlink()
        reasons = again(store)[1]
        assert ("truncated",) in reasons
        source.write_bytes(whole)
        assert again(store) == (1, [])
        assert store.verify().problems == ()
