"""The store as an archive: versions, sources, what was set aside, what is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from dragoman.errors import StoreError
from dragoman.ingest import document_from_text
from dragoman.schema import Rejected
from dragoman.store import Added, Forgotten, Run, Seen, Selection, SetAside, Store
from reports import rich_report

RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
LATER = Run("run2", datetime(2024, 5, 5, 12, tzinfo=UTC), "test", "test")
PAGE = "https://news.example/2024/vote.html"
BAD = SetAside("k9", Rejected("box.mbox#3", "mail-broken", "no end"), "mail", b"Jo Doe", {"a": "b"})


def of_url(number: int, url: str | None = PAGE):
    report = rich_report(number)
    document = replace(report.document, url=url)
    return replace(report, document=document, reading=replace(report.reading, document=document))


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "news.duckdb") as opened:
        yield opened


def rows(store: Store, sql: str):
    return store.query(sql)[1]


def test_a_changed_article_supersedes_the_older_version(store):
    first, second = of_url(1), of_url(2, PAGE + "?utm_source=x#top")
    store.add([first], RUN)
    events = len(rows(store, "SELECT id FROM events"))
    store.add([second], RUN)
    assert len(rows(store, "SELECT id FROM events")) == events
    assert rows(store, "SELECT DISTINCT document FROM events") == [(second.document.id,)]
    assert rows(store, "SELECT DISTINCT document FROM statements") == [(second.document.id,)]
    assert rows(store, "SELECT id FROM documents WHERE superseded_by IS NOT NULL") == [
        (first.document.id,)
    ]
    # Coding the older version anew does not make it the newest.
    store.add([replace(first, coder="newer")], LATER)
    assert rows(store, "SELECT DISTINCT document FROM events") == [(second.document.id,)]
    store.rebuild()
    assert store.verify().problems == ()
    assert rows(store, "SELECT DISTINCT document FROM events") == [(second.document.id,)]


def test_versions_in_one_batch(store):
    versions = [of_url(number) for number in (1, 2, 3)]
    store.add(versions, RUN)
    found = dict(rows(store, "SELECT id, superseded_by FROM documents"))
    ids = [version.document.id for version in versions]
    assert found == {ids[0]: ids[1], ids[1]: ids[2], ids[2]: None}


@pytest.mark.parametrize("url", [None, "https://news.example/", "https://news.example", "mailto:x"])
def test_without_an_articles_address_nothing_is_superseded(store, url):
    store.add([of_url(1, url), of_url(2, url)], RUN)
    assert rows(store, "SELECT count(*) FROM documents WHERE superseded_by IS NULL") == [(2,)]


def test_a_document_waits_for_its_coding(store):
    report = rich_report(1)
    assert store.add([report.document], RUN) == Added(added=1)
    assert rows(store, "SELECT id, coder FROM documents") == [(report.document.id, None)]
    assert store.add([report], LATER) == Added(replaced=1)
    assert store.add([report.document], LATER) == Added(unchanged=1)
    assert list(store.reports()) == [report]
    assert store.verify().problems == ()


def test_dates_of_uncoded_documents(store):
    document = document_from_text("Talks began.", published=date(2024, 5, 1))
    store.add([document], RUN)
    assert rows(store, "SELECT published, published_from FROM documents") == [
        (date(2024, 5, 1), "option")
    ]


def test_sources_are_known_once_read_or_set_aside(store):
    report = rich_report(1)
    seen = Seen("k1", "a.txt", (report.document.id,))
    empty = Seen("k2", "feed.xml")
    added = store.add([report, seen, empty, BAD], RUN)
    assert added == Added(added=1, rejected=1, sources=2)
    assert store.add([report, seen, empty, BAD], LATER) == Added(unchanged=2)
    assert store.seen(["k1", "k2", "k9", "k7"]) == {"k1", "k2", "k9"}
    assert store.seen(["k1", "k9"], retry=True) == {"k1"}
    assert list(store.set_aside()) == [BAD]
    assert rows(store, "SELECT source, reason FROM rejected") == [("box.mbox#3", "mail-broken")]


def test_what_is_read_after_all_is_rejected_no_more(store):
    store.add([BAD], RUN)
    store.add([rich_report(1), Seen("k9", "box.mbox#3", (rich_report(1).document.id,))], LATER)
    assert rows(store, "SELECT * FROM rejected") == []
    store.rebuild()
    assert rows(store, "SELECT * FROM rejected") == []
    assert store.verify().problems == ()


@pytest.mark.parametrize(
    "selection",
    [
        Selection(documents=(of_url(1).document.id,)),
        Selection(urls=(PAGE,)),
        Selection(words=("REPORT 1.",)),
    ],
)
def test_forgetting_removes_every_byte(tmp_path, selection):
    path = tmp_path / "news.duckdb"
    gone, stays = of_url(1), rich_report(2)
    words = b"Report 1."
    aside = replace(BAD, data=words)
    spilled = tmp_path / "news.duckdb.pages" / "index-1.duckdb.tmp" / "duckdb_temp_storage-0.tmp"
    spilled.parent.mkdir(parents=True)
    spilled.write_bytes(words)  # by a server that was killed
    with Store.open(path) as store:
        store.add([gone, Seen("k1", "a.txt", (gone.document.id,)), aside], RUN)
        store.add([stays, replace(gone, coder="newer")], RUN)
        found = store.forget(selection, LATER)
        assert found.documents == 1
        assert found.rejected == bool(selection.words)
        assert found.segments == 2
        assert rows(store, "SELECT id FROM documents") == [(stays.document.id,)]
        assert store.verify().problems == ()
        # It does not come back, by its source or by itself.
        assert store.seen(["k1"]) == {"k1"}
        assert store.add([gone], LATER) == Added(forgotten=1)
        assert list(store.records()) != []
        assert all("Report 1." not in record.json for record in store.records())
    assert all(words not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    with Store.open(path) as store:
        assert store.verify().problems == ()
        assert store.forget(selection, LATER) == Forgotten()


def test_names_are_found_however_they_are_written(store):
    texts = ['Talks of Zo\u00eb "Red"\nDoe.', "Talks of Zoe\u0308 \u201cRed\u201d Doe.", "Nothing."]
    documents = [document_from_text(text) for text in texts]
    store.add([*documents, replace(BAD, data='of zo\u00cb  "red" doe'.encode())], RUN)
    gone = store.forget(Selection(words=('Zo\u00eb "Red" Doe',)), LATER)
    assert (gone.documents, gone.rejected) == (1, 1)
    assert store.forget(Selection(words=("zo\u00eb",)), LATER).documents == 1


def test_forgetting_an_address_takes_every_version(store):
    store.add([of_url(1), of_url(2, PAGE + "?utm_source=x"), of_url(3, PAGE + "?page=2")], RUN)
    assert store.forget(Selection(urls=(PAGE.replace("https", "http"),)), LATER).documents == 2
    # Nor does a later version come back; other addresses do not suffer.
    later = of_url(4, PAGE + "#top")
    assert store.add([later, of_url(5, PAGE + "?page=3")], LATER) == Added(added=1, forgotten=1)
    assert store.forget(Selection(urls=("https://never.example/1",)), LATER) == Forgotten()
    assert store.add([of_url(6, "https://never.example/1")], LATER) == Added(added=1)
    assert store.verify().problems == ()


def test_forgetting_by_source_and_publisher(store):
    store.add([rich_report(1), rich_report(2)], RUN)
    assert store.forget(Selection(sources=("nowhere*",)), LATER) == Forgotten()
    assert store.forget(Selection(publishers=("Wire",)), LATER).documents == 2


def test_runs_stay_side_by_side(store):
    old = rich_report(1)
    new = replace(old, coder="newer", events=old.events[:1])
    store.add([old], RUN)
    store.add([new], LATER)
    assert [run.id for run in store.runs()] == ["run1", "run2"]
    assert [record.run for record in store.records(until="run1")] == ["run1"]
    assert [record.run for record in store.records(until="run2")] == ["run1", "run2"]
    with pytest.raises(StoreError, match="run1, run2"):
        list(store.records(until="other"))
