"""Large runs: shards, workers that die, the manifest, loading."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sources as make
from dragoman.archive import Ingest
from dragoman.archive import sources as naming
from dragoman.archive.comparing import canonical_digest
from dragoman.archive.linking import link
from dragoman.errors import ConfigError, DamagedError, DragomanError, LockError, StoreError
from dragoman.ingest.pool import Item, Job, Pool
from dragoman.scaling import Manifest, Settings, code_sources, load
from dragoman.scaling.engine import Died, Ready
from dragoman.scaling.manifest import Entry
from dragoman.scaling.processes import Processes
from dragoman.scaling.running import planned
from dragoman.scaling.shards import plan
from dragoman.scaling.work import SCHEMA, ShardCoder, Task
from dragoman.store import Run, Store
from scaling_coder import DeadlyCoder

SETTINGS = Settings(factory="scaling_coder:DeadlyCoder", records=20)
#: Small enough that the test's files are cut up.
STRETCH = 3000


def story(number: int, words: str = "") -> str:
    return (
        f"The foreign minister of Kenya met the president of Peru for the {number}th time. {words}"
        f" They spoke about fish {number * 7919 % 1009}, roads {number % 13} and trade."
    )


def rows(numbers, url: bool = True, words: str = "") -> bytes:
    return b"".join(
        json.dumps(
            {
                "text": story(n, words),
                "date": f"2024-05-{n % 28 + 1:02d}",
                **({"url": f"https://s{n % 5}.example/{n}"} if url else {}),
            }
        ).encode()
        + b"\n"
        for n in numbers
    )


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """Sources of many formats, with repetitions, versions and broken records."""
    folder = tmp_path_factory.mktemp("archive")
    (folder / "a.jsonl").write_bytes(
        rows(range(60))
        + b'{"text": "broken\n\n'
        + rows(range(50, 70))
        + rows([99], words="FOREIGN")
    )
    (folder / "b.jsonl").write_bytes(
        rows([99], words="FOREIGN") + rows(range(10)) + rows(range(5), words="It was changed.")
    )
    table = [json.loads(line) for line in rows(range(200, 240), url=False).splitlines()]
    pq.write_table(pa.Table.from_pylist(table), folder / "c.parquet", row_group_size=7)
    (folder / "d.warc.gz").write_bytes(
        make.warc(*(make.page(make.STORY + f"\nThe number was {n}.") for n in range(4)))
    )
    (folder / "e.mbox").write_bytes(make.mbox(story(300), story(301)))
    (folder / "f.zip").write_bytes(
        make.zipped(**{"one.txt": story(310).encode(), "two.jsonl": rows(range(20, 75))})
    )
    (folder / "g.pdf").write_bytes(b"%PDF-1.4 nothing")
    (folder / "h.xml").write_bytes(make.rss(("Talks", "https://x.example/1", make.STORY)))
    (folder / "i.txt").write_text(story(320))
    return folder


@pytest.fixture(scope="module")
def wanted(archive, tmp_path_factory) -> tuple[str, list, list]:
    """What one machine gives: the digest, the copies and the happenings."""
    path = tmp_path_factory.mktemp("one") / "news.duckdb"
    with Store.open(path) as store, Pool() as pool:
        jobs = naming.jobs(naming.locations([str(archive)]), {}, SETTINGS.columns)
        Ingest(store, pool, DeadlyCoder(), Run.begin("deadly"), batch=7).run(jobs)
        link(store)
        return state(store)


def state(store: Store) -> tuple[str, list, list]:
    copies = store.query("SELECT * FROM store.copies ORDER BY ALL")[1]
    happenings = store.query(
        "SELECT happening, event_id, document, origin, is_lead FROM store.happening_events"
    )[1]
    return canonical_digest(store), copies, happenings


def loaded(folder: Path, db: Path) -> tuple[str, list, list]:
    with Store.open(db) as store:
        load(folder, store)
        return state(store)


def run(sources, folder: Path, engine=None, settings: Settings = SETTINGS, **more):
    more = {"workers": 1, "stretch": STRETCH, **more}
    names = [str(source) for source in sources]
    return code_sources(names, folder, settings, engine or Processes(), **more)


class Here:
    """An engine without processes: the worker's own code in this one."""

    def __init__(self) -> None:
        self._tasks: dict[int, Task] = {}
        self._ready: list[int] = []
        self.given: list[Task] = []

    def start(self, settings, folder, workers) -> None:
        self._coder = ShardCoder(settings, folder)
        self._ready = list(range(workers or 1))

    def give(self, worker, task) -> None:
        self._tasks[worker] = Task.from_json(task.to_json())
        self.given.append(task)

    def wait(self, seconds):
        from dragoman.scaling.engine import Done

        news = [Ready(worker, os.getpid()) for worker in self._ready]
        self._ready = []
        for worker, task in self._tasks.items():
            news.append(Done(worker, self._coder.code(task)))
        self._tasks = {}
        return news

    def kill(self, worker) -> None:
        raise AssertionError("nothing hangs here")

    def close(self) -> None:
        self._coder.close()


@pytest.fixture(scope="module")
def finished(archive, tmp_path_factory) -> Path:
    """A finished run over the archive."""
    folder = tmp_path_factory.mktemp("finished") / "out"
    run([archive], folder, Here())
    return folder


def test_dragoman_alone_imports_no_ray():
    code = (
        "import sys, dragoman, dragoman.cli, dragoman.scaling, dragoman.scaling.processes\n"
        "assert 'ray' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_loaded_is_what_one_machine_gives(finished, wanted, tmp_path):
    assert loaded(finished, tmp_path / "news.duckdb") == wanted


def test_two_processes_give_the_same_files(archive, finished, tmp_path):
    summary = run([archive], tmp_path / "out", workers=2)
    assert summary.digest == Manifest.read(finished).digest()
    assert summary.deaths == 0
    names = {path.name for path in (tmp_path / "out" / "shards").iterdir()}
    assert names == {entry.file for entry in Manifest.read(finished).shards()}


def test_other_shards_give_the_same_store(archive, wanted, tmp_path):
    settings = replace(SETTINGS, records=9)
    run([archive], tmp_path / "out", Here(), settings, workers=3, stretch=1500)
    assert loaded(tmp_path / "out", tmp_path / "news.duckdb") == wanted


def test_the_coder_as_users_have_it_gives_the_same(full_coder, tmp_path, monkeypatch):
    from dragoman.scaling import work

    monkeypatch.setattr(work, "make_coder", lambda settings: full_coder)
    samples = [str(Path(str(files("dragoman"))) / "samples" / half) for half in ("dev", "heldout")]
    with Store.open(tmp_path / "one.duckdb") as store, Pool(workers=1) as pool:
        jobs = naming.jobs(naming.locations(samples), {}, SETTINGS.columns)
        Ingest(store, pool, full_coder, Run.begin(full_coder.version), batch=7).run(jobs)
        link(store)
        one = state(store)
    summary = run(samples, tmp_path / "out", Here(), Settings(records=3), workers=2, stretch=10**6)
    assert summary.events > 50
    assert loaded(tmp_path / "out", tmp_path / "news.duckdb") == one


def test_the_summary_counts(finished):
    manifest = Manifest.read(finished)
    entries = list(manifest.shards())
    reasons: Counter[str] = Counter()
    for entry in entries:
        reasons.update(entry.rejected)
    assert manifest.finished
    assert (reasons["not-english"], reasons["json-broken"]) == (2, 1)
    named = [source for entry in entries for source, reason in entry.named]
    assert any(source.endswith("a.jsonl#61") for source in named)
    assert all(entry.coder == "deadly" for entry in entries)
    assert sum(entry.events for entry in entries) == sum(
        len(json.loads(row["json"])["events"])
        for entry in entries
        for row in pq.read_table(manifest.path_of(entry)).to_pylist()
        if row["kind"] == "report"
    )


def test_a_shard_is_a_table_of_records(finished):
    manifest = Manifest.read(finished)
    entry = next(manifest.shards())
    table = pq.read_table(manifest.path_of(entry))
    assert table.schema.names == SCHEMA.names
    assert table.num_rows == entry.reports * 2 + entry.documents + sum(entry.rejected.values())
    signed = [row for row in table.to_pylist() if row["kind"] == "report"]
    assert {len(row["signature"]) for row in signed} == {512}


def test_loading_twice_adds_nothing(finished, tmp_path):
    with Store.open(tmp_path / "news.duckdb") as store:
        first = load(finished, store)
        before = len(list(store.records()))
        second = load(finished, store)
        assert len(list(store.records())) == before
        assert store.verify().problems == ()
    assert first.added.added > 100
    assert (second.added.added, second.added.replaced, second.added.rejected) == (0, 0, 0)
    assert second.linked is None


def test_loading_brings_sketches_so_that_linking_reads_no_text(finished, tmp_path, monkeypatch):
    from dragoman.duplicates.sketches import Sketch

    def never(text):
        raise AssertionError("a text was read again")

    monkeypatch.setattr(Sketch, "of", never)
    with Store.open(tmp_path / "news.duckdb") as store:
        assert load(finished, store).linked.events > 100


def test_linking_is_the_same_without_sketches(finished, tmp_path):
    with Store.open(tmp_path / "news.duckdb") as store:
        load(finished, store)
        before = state(store)
        store.fill([("DELETE FROM store.sketches", None)])
        link(store)
        assert state(store) == before


def test_a_newer_coding_replaces(archive, tmp_path):
    source = archive / "i.txt"
    with Store.open(tmp_path / "news.duckdb") as store:
        with Pool() as pool:
            Ingest(store, pool, None, Run.begin("")).run([Job((Item(str(source)),))])
        run([source], tmp_path / "out", Here())
        done = load(tmp_path / "out", store)
        assert (done.added.added, done.added.replaced) == (0, 1)
        assert store.query("SELECT coder FROM documents")[1] == [("deadly",)]


def test_what_is_forgotten_stays_out(finished, tmp_path):
    from dragoman.store import Selection

    with Store.open(tmp_path / "news.duckdb") as store:
        load(finished, store)
        store.forget(Selection(urls=("https://s3.example/3",)), Run.begin("", "forget"))
        gone = load(finished, store)
        assert gone.added.added == 0
        sql = "SELECT count(*) FROM documents WHERE url = 'https://s3.example/3'"
        assert store.query(sql)[1] == [(0,)]


def test_damage_is_refused_and_named(archive, tmp_path):
    folder = tmp_path / "out"
    run([archive / "a.jsonl"], folder, Here())
    entry = list(Manifest.read(folder).shards())[2]
    path = folder / "shards" / entry.file
    sound = path.read_bytes()
    path.write_bytes(sound[:100] + bytes([sound[100] ^ 1]) + sound[101:])
    with Store.open(tmp_path / "news.duckdb") as store:
        with pytest.raises(DamagedError, match=entry.file):
            load(folder, store)
        assert store.query("SELECT count(*) FROM documents")[1] == [(0,)]
        again = run([archive / "a.jsonl"], folder, Here())
        assert again.coded == 1
        assert path.read_bytes() == sound
        path.unlink()
        with pytest.raises(DamagedError, match="missing"):
            load(folder, store)


def test_a_manifest_that_was_changed_is_refused(archive, tmp_path):
    folder = tmp_path / "out"
    run([archive / "a.jsonl"], folder, Here())
    path = folder / "manifest.jsonl"
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    for changed, number in (
        (text.replace('"reports": ', '"reports": 1', 1), None),
        ("".join(lines[:1] + lines[2:]), 2),
        ("".join(lines[:-3] + lines[-2:]), len(lines) - 2),
    ):
        path.write_text(changed)
        with pytest.raises(DamagedError, match=r"manifest\.jsonl:" + str(number or "")):
            Manifest.read(folder)
    path.write_text("".join(lines[:-1]))
    assert not Manifest.read(folder).finished
    with Store.open(tmp_path / "news.duckdb") as store:
        with pytest.raises(StoreError, match="not finished"):
            load(folder, store)
        assert load(folder, store, partial=True).added.added == 71


def test_a_folder_without_a_run_and_a_folder_in_use(archive, tmp_path):
    with pytest.raises(StoreError, match="there is no"):
        Manifest.read(tmp_path)
    manifest = Manifest.write(tmp_path / "out")
    with pytest.raises(LockError, match="is writing"):
        run([archive], tmp_path / "out", Here())
    manifest.close()


def test_again_nothing_is_coded_and_a_change_is(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.jsonl").write_bytes(rows(range(60)))
    for name in ("x.txt", "y.txt"):
        (source / name).write_text(story(len(name), name))
    folder = tmp_path / "out"
    first = run([source], folder, Here())
    assert first.coded == first.shards
    again = run([source], folder, Here())
    assert (again.coded, again.digest) == (0, first.digest)
    os.utime(source / "a.jsonl", (1, 1))
    touched = run([source], folder, Here())
    assert (touched.coded, touched.digest) == (0, first.digest)
    (source / "x.txt").write_text(story(77))
    changed = run([source], folder, Here())
    assert (changed.coded, changed.shards) == (1, first.shards)
    (source / "b.txt").write_text(story(78))
    more = run([source], folder, Here())
    assert (more.coded, more.shards) == (1, first.shards + 1)
    other = run([source], folder, Here(), replace(SETTINGS, hints={"publisher": "The News"}))
    assert other.coded == other.shards
    assert len(list((folder / "shards").iterdir())) == other.shards


def test_half_written_files_are_swept(archive, tmp_path):
    folder = tmp_path / "out"
    run([archive / "i.txt"], folder, Here())
    (folder / "shards" / "000000-00-0000000.token.part").write_bytes(b"half")
    (folder / "shards" / "000000-00-0000000-0123456789ab.parquet").write_bytes(b"of nobody")
    with (folder / "manifest.jsonl").open("a") as file:
        file.write('{"kind": "shard", "place"')
    again = run([archive / "i.txt"], folder, Here())
    assert (again.coded, again.shards) == (0, 1)
    assert len(list((folder / "shards").iterdir())) == 1


def test_the_plan_does_not_depend_on_the_order_of_work(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(rows(range(60)))
    (tmp_path / "b.txt").write_text(story(1))
    names = [str(tmp_path / name) for name in ("a.jsonl", "b.txt")]
    first = plan(names, (), stretch=STRETCH)
    assert [group.place for group in first] == list(range(len(first)))
    assert plan(reversed(names), first, stretch=STRETCH) == first
    assert plan(names[1:], first, stretch=STRETCH) == first
    (tmp_path / "a.jsonl").write_bytes(rows(range(70)))
    moved = plan(names, first, stretch=STRETCH)
    assert next(g.pieces[0].location for g in moved) == names[1]
    assert {g.place for g in moved} & {g.place for g in first} == {first[-1].place}


def test_json_lines_are_cut_at_line_ends(tmp_path):
    path = tmp_path / "a.jsonl"
    data = rows(range(80))
    path.write_bytes(data[:-1])
    parts = [group.pieces[0].part for group in plan([str(path)], (), stretch=STRETCH)]
    assert parts[0].start == 0
    assert parts[-1].stop == len(data) - 1
    for one, other in itertools.pairwise(parts):
        assert one.stop == other.start
        assert data[one.stop - 1 : one.stop] == b"\n"
        assert other.before == data[: one.stop].count(b"\n")
        assert one.stop - one.start > STRETCH


def test_parquet_is_cut_between_row_groups(archive):
    stretch = (archive / "c.parquet").stat().st_size // 3
    groups = plan([str(archive / "c.parquet")], (), stretch=stretch)
    parts = [group.pieces[0].part for group in groups]
    assert len(parts) > 1
    assert [p.start for p in parts[1:]] == [p.stop for p in parts[:-1]]
    assert [p.before for p in parts] == [p.start * 7 for p in parts]


def test_addresses_of_file_systems_are_read(tmp_path):
    (tmp_path / "one.jsonl").write_bytes(rows(range(3)))
    (tmp_path / "two.jsonl").write_bytes(rows(range(3, 5)))
    summary = run([f"file://{tmp_path}/*.jsonl"], tmp_path / "out", Here())
    assert summary.reports == 5
    again = run([f"file://{tmp_path}/*.jsonl"], tmp_path / "out", Here())
    assert again.coded == 0


def test_what_cannot_be_read_is_rejected(tmp_path):
    summary = run([tmp_path / "nothing.txt", "s3x://bucket/a.jsonl"], tmp_path / "out", Here())
    assert summary.reports == 0
    assert summary.rejected == {"missing": 1, "unreadable": 1}
    with pytest.raises(ConfigError, match="standard input"):
        run(["-"], tmp_path / "out", Here())


def test_a_dry_run_writes_nothing(archive, tmp_path, finished):
    found = planned([str(archive)], tmp_path / "out", SETTINGS, stretch=STRETCH)
    assert len(found) > 5
    assert not any(done for _, done in found)
    assert not (tmp_path / "out").exists()
    assert all(done for _, done in planned([str(archive)], finished, SETTINGS, stretch=STRETCH))


def test_the_commands(archive, tmp_path, monkeypatch, capsys):
    from dragoman import cli, cli_scaling

    settings_of = cli_scaling.settings_of
    monkeypatch.setattr(cli_scaling, "engine_of", lambda name, address: Here())
    monkeypatch.setattr(
        cli_scaling,
        "settings_of",
        lambda *given: replace(settings_of(*given), factory=SETTINGS.factory),
    )
    monkeypatch.chdir(tmp_path)

    def call(*arguments) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        return (end.value.code or 0, *capsys.readouterr())

    code = ("code", "--engine", "processes", archive / "a.jsonl", archive / "g.pdf")
    status, out, _ = call(*code, "--out", "coded", "--shard-mb", "0.003", "--dry-run")
    assert (status, out.count("to do")) == (0, len(out.splitlines()))
    status, out, _ = call(*code, "--out", "coded", "--shard-mb", "0.003")
    assert status == 3
    assert "(6 coded now): 75 reports, 300 events, 3 rejected; 0 workers died" in out
    status, out, _ = call(*code, "--out", "coded", "--shard-mb", "0.003", "--json")
    assert json.loads(out)["coded"] == 0
    status, out, _ = call("load", "coded")
    assert (status, out.splitlines()[0]) == (0, "6 shards: 71 added, 0 replaced, 3 rejected")
    status, out, _ = call("load", "coded", "--json")
    assert (status, json.loads(out)["added"]["added"]) == (0, 0)
    assert call("load", "nothing")[0] == 1
    assert "'dragoman code --engine" in call("load", "nothing")[2]
    assert call("code", "a.txt", "--engine", "processes")[0] == 2
    assert call("code", "a.txt", "--out", "coded")[0] == 2
    assert call(*code, "--out", "coded", "--db", "news.duckdb")[0] == 2


def test_an_engine_that_is_not_known():
    from dragoman.cli_scaling import engine_of

    with pytest.raises(ConfigError, match="processes, ray"):
        engine_of("spark", "local")


# -- workers that die ------------------------------------------------------------------------


class Killer:
    """Kills a worker each time that a shard is done, so many times."""

    def __init__(self, times: int, seed: int = 1) -> None:
        self._left = times
        self._random = random.Random(seed)
        self._processes: dict[int, int] = {}
        self.died = 0

    def __call__(self, news) -> None:
        match news:
            case Ready(worker, process):
                self._processes[worker] = process
            case Died():
                self.died += 1
            case Entry() if self._left > 0 and self._processes:
                self._left -= 1
                victim = self._random.choice(sorted(self._processes))
                os.kill(self._processes.pop(victim), signal.SIGKILL)


def test_killed_workers_change_nothing(archive, finished, tmp_path):
    killer = Killer(2)
    summary = run([archive], tmp_path / "out", workers=2, tell=killer)
    assert summary.deaths == killer.died == 2
    assert summary.digest == Manifest.read(finished).digest()
    assert list((tmp_path / "out" / "notes").iterdir()) == []


def test_a_report_that_kills_is_set_aside_and_the_others_are_coded(tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_bytes(rows(range(10)) + rows([10], words="POISON") + rows(range(11, 30)))
    died: list[Died] = []
    summary = run(
        [source],
        tmp_path / "out",
        stretch=10**6,
        tell=lambda news: died.append(news) if isinstance(news, Died) else None,
    )
    assert [one.how for one in died] == ["signal 9"] * 3
    assert (summary.reports, summary.documents, summary.shards) == (29, 1, 2)
    assert summary.rejected == {"worker-killed": 1}
    first = next(Manifest.read(tmp_path / "out").shards())
    assert first.named == [[f"{source}#11", "worker-killed"]]
    assert first.deaths == 3
    with Store.open(tmp_path / "news.duckdb") as store:
        load(tmp_path / "out", store)
        (row,) = store.query("SELECT source, reason, message FROM rejected")[1]
        assert row == (f"{source}#11", "worker-killed", "coding it killed the worker 3 times")
        sql = "SELECT count(*), count(coder) FROM documents"
        assert store.query(sql)[1] == [(30, 29)]


class Hanging(Here):
    """A worker that hangs at the second report of a shard, until it is killed."""

    def wait(self, seconds):
        killed, self._killed = getattr(self, "_killed", []), []
        news = [event for worker in killed for event in (Died(worker, "killed"), Ready(worker, 0))]
        for worker, task in list(self._tasks.items()):
            if worker in killed:
                del self._tasks[worker]
            elif 1 not in task.lost:
                if not (self._folder / "notes" / task.token).exists():
                    self._coder._note(task, "coding", *((1, 2) if task.careful else (0, 3)))
                time.sleep(0.05)
                return news
        return news + super().wait(seconds)

    def start(self, settings, folder, workers) -> None:
        super().start(settings, folder, workers)
        self._folder = folder

    def kill(self, worker) -> None:
        self._killed = [worker]


def test_a_report_that_hangs_is_set_aside(tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_bytes(rows(range(3)))
    engine = Hanging()
    summary = run([source], tmp_path / "out", engine, attempts=2, stall=0.3)
    assert [(task.careful, task.lost) for task in engine.given] == [
        ((), ()),
        ((0, 1, 2), ()),
        ((0, 1, 2), (1,)),
    ]
    assert (summary.reports, summary.documents) == (2, 1)
    assert summary.rejected == {"worker-killed": 1}


class Blind(Here):
    """Workers that die of a shard, before they can say at what, while it has the record."""

    def __init__(self, bad: str) -> None:
        super().__init__()
        self._bad = bad

    def wait(self, seconds):
        for worker, task in list(self._tasks.items()):
            if task.give_up:
                continue
            read = self._coder._read(task)
            if any(self._bad in outcome.source for outcome in read.outcomes):
                del self._tasks[worker]
                self._coder._note(task, "reading")
                return [Died(worker, "out of memory"), Ready(worker, 0)]
        return super().wait(seconds)


def test_a_shard_that_kills_before_coding_is_cut_down(tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_bytes(rows(range(40)))
    engine = Blind("a.jsonl#8")
    summary = run([source], tmp_path / "out", engine, stretch=10**6)
    tried = [(task.start[1], task.take, task.give_up) for task in engine.given]
    assert tried == [
        *[(0, 20, False)] * 3,
        (0, 5, False),
        *[(5, 5, False)] * 3,
        *((5, 1, False), (6, 1, False)),
        *[(7, 1, False)] * 3,
        *((7, 1, True), (8, 1, False), (9, 1, False)),
        *((10, 5, False), (15, 5, False), (20, 20, False)),
    ]
    assert (summary.reports, summary.rejected) == (39, {"worker-killed": 1})
    with Store.open(tmp_path / "news.duckdb") as store:
        load(tmp_path / "out", store)
        (row,) = store.query("SELECT source, reason FROM rejected")[1]
        assert row == (f"{source} after record 7", "worker-killed")


def test_workers_that_cannot_start_end_the_run(archive, tmp_path):
    settings = replace(SETTINGS, factory="scaling_coder:FailingCoder")
    with pytest.raises(DragomanError, match="no model here"):
        run([archive], tmp_path / "out", settings=settings)


def test_a_killed_driver_loses_no_finished_shard(tmp_path, wanted, archive, finished):
    folder = tmp_path / "out"
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from test_scaling import SETTINGS, STRETCH, run\n"
        "run([sys.argv[1]], Path(sys.argv[2]), workers=2)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    driver = subprocess.Popen(
        [sys.executable, "-c", code, str(archive), str(folder)], env=environment
    )
    deadline = time.monotonic() + 120
    manifest = folder / "manifest.jsonl"
    while time.monotonic() < deadline and driver.poll() is None:
        if manifest.exists() and manifest.read_text().count('"kind": "shard"') >= 3:
            break
        time.sleep(0.01)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    before = len(Manifest.read(folder).entries)
    assert before >= 3
    summary = run([archive], folder, Here())
    assert summary.coded == summary.shards - before
    assert summary.digest == Manifest.read(finished).digest()


# -- Ray -------------------------------------------------------------------------------------


def test_without_ray_it_says_what_to_install(monkeypatch):
    from dragoman.scaling.ray_engine import RayActors

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"pip install 'dragoman\[ray\]'"):
        RayActors()


def test_ray_of_another_machine_needs_a_token(monkeypatch):
    pytest.importorskip("ray")
    from dragoman.scaling.ray_engine import RayActors

    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with pytest.raises(ConfigError, match="RAY_AUTH_MODE"):
        RayActors("10.0.0.1:6379")
    RayActors("127.0.0.1:6379")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    RayActors("ray://10.0.0.1:10001")


def stranger() -> int:
    """Try to join this process's cluster without its token; return 0 if that works."""
    import ray

    address = ray.get_runtime_context().gcs_address
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    code = f"import ray; ray.init(address={address!r})"
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True
    ).returncode


def test_ray_gives_the_same_files_though_actors_are_killed(archive, finished, tmp_path):
    pytest.importorskip("ray")
    from dragoman.scaling.ray_engine import RayActors

    killer = Killer(2)
    strangers: list[int] = []

    def tell(news) -> None:
        killer(news)
        if isinstance(news, Ready) and not strangers:
            strangers.append(stranger())

    summary = run([archive], tmp_path / "out", RayActors(), workers=2, tell=tell)
    assert strangers != [0], "the cluster answers to somebody without its token"
    assert summary.deaths == killer.died == 2
    assert summary.digest == Manifest.read(finished).digest()
