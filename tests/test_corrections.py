"""Corrections: apart from the codings, stronger than the coder, and still there afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from dragoman.errors import StoreError
from dragoman.schema import EventType, Span, Status
from dragoman.store import Run, Selection, Store
from dragoman.store.corrections import correct
from reports import rich_report

RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
AT = datetime(2024, 5, 5, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "news.duckdb") as opened:
        opened.add([rich_report(1), rich_report(2)], RUN)
        yield opened


def rows(store, sql, *parameters):
    return store.query(sql, parameters)[1]


def set_of(report, values, **more):
    event = report.events[0].id
    return correct(report, "set", "Ana", event=event, values=values, at=AT, **more)


def test_a_correction_wins_in_the_views_and_leaves_the_coding(store):
    report = rich_report(1)
    event = report.events[0]
    made = set_of(
        report,
        {
            "type": "ASSAULT",
            "mode": None,
            "status": "denied",
            "recipients": [{"name": "Baku", "country": "aze", "sector": "GOV"}],
            "when": {"start": "2024-05-01", "end": "2024-05-01"},
        },
        note="read again",
    )
    added = store.add([made], RUN)
    assert (added.corrections, added.rejected, added.unchanged) == (1, 0, 0)
    found = rows(
        store,
        "SELECT type, quad, status, recipient_countries, start_date, confidence, id "
        "FROM events WHERE id = ?",
        event.id,
    )
    assert found == [("ASSAULT", 4, "denied", ["AZE"], date(2024, 5, 1), 1.0, event.id)]
    assert rows(
        store,
        "SELECT count(*) FROM events WHERE document = ?",
        report.document.id,
    ) == [(len(report.events),)]
    assert rows(store, "SELECT author, kind, note FROM corrections") == [
        ("Ana", "set", "read again")
    ]
    (kept,) = rows(store, "SELECT coded FROM documents WHERE coded IS NOT NULL")
    assert event.type.value in kept[0]
    assert store.add([made], RUN).unchanged == 1


def test_a_correction_survives_recoding(store):
    report = rich_report(1)
    event = report.events[0]
    store.add([set_of(report, {"status": "denied"})], RUN)
    # Another coder finds another identity at the same predicate, with another type.
    again = replace(event, id="eother", type=EventType.THREATEN)
    store.add([replace(report, coder="later", events=(again, *report.events[1:]))], RUN)
    assert rows(
        store, "SELECT id, type, status FROM events WHERE id IN ('eother', ?)", event.id
    ) == [(event.id, "THREATEN", "denied")]
    # A third one finds nothing there: what was confirmed by hand comes back.
    store.add([replace(report, coder="third", events=())], RUN)
    found = rows(
        store, "SELECT id, type, status FROM events WHERE document = ?", report.document.id
    )
    assert found == [(event.id, event.type.value, "denied")]
    assert store.verify().problems == ()


def test_a_rejected_event_stays_away_and_its_siblings_stay(store):
    report = rich_report(1)
    event = report.events[0]
    sibling = replace(event, id="esibling", type=EventType.SUPPORT)
    coded = replace(report, events=(event, sibling), coder="two")
    store.add([coded], RUN)
    store.add([correct(coded, "reject", "Ana", event=event.id, at=AT)], RUN)
    store.add([replace(coded, coder="three", events=(sibling,))], RUN)
    assert rows(store, "SELECT id FROM events WHERE document = ?", report.document.id) == [
        ("esibling",)
    ]


def test_an_event_may_be_added_and_withdrawn(store):
    report = rich_report(1)
    values = {"type": "CONSULT", "mode": "phone", "actors": [{"name": "Iran", "country": "IRN"}]}
    made = correct(report, "add", "Ana", values=values, span=Span(0, 10), at=AT)
    store.add([made], RUN)
    sql = "SELECT type, mode, actor_countries, evidence, score FROM events WHERE confidence = 1"
    words = report.document.text[:10]
    assert rows(store, sql) == [("CONSULT", "phone", ["IRN"], words, 1.5)]
    store.add([correct(report, "withdraw", "Ana", event=made.id, at=AT)], RUN)
    assert rows(store, sql) == []
    assert rows(store, "SELECT count(*) FROM documents WHERE coded IS NOT NULL") == [(0,)]


def test_the_index_comes_back_with_its_corrections(store):
    report = rich_report(2)
    store.add([set_of(report, {"background": True})], RUN)
    before = rows(store, "SELECT * FROM events ORDER BY id")
    store.rebuild()
    assert rows(store, "SELECT * FROM events ORDER BY id") == before
    assert store.verify().problems == ()


def test_forgetting_takes_the_corrections(store):
    report = rich_report(1)
    store.add([set_of(report, {"where": {"name": "Ganja", "country": "AZE"}})], RUN)
    store.add([set_of(rich_report(2), {"actors": [{"name": "Zahra Q.", "country": "IRN"}]})], RUN)
    store.forget(Selection(documents=(report.document.id,)), RUN)
    assert len(rows(store, "SELECT * FROM corrections")) == 1
    store.forget(Selection(words=("zahra q.",)), RUN)
    assert rows(store, "SELECT * FROM corrections") == []
    assert rows(store, "SELECT count(*) FROM events WHERE evidence IS NOT NULL") != [(0,)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"type": "WAR"}, "'WAR' is no type"),
        ({"mode": "telepathy"}, "has no mode 'telepathy'"),
        ({"status": "maybe"}, "'maybe' is no status"),
        ({"actors": [{"name": "X", "country": "I;N"}]}, "no code of a country"),
        ({"actors": [{"name": "X", "sector": "ZZZ"}]}, "no sector"),
        ({"actors": [{}]}, "needs a name or a country"),
        ({"when": {"start": "2024-02-31"}}, "is no day"),
        ({"when": {"start": "2024-02-03", "end": "2024-02-01"}}, "before the start"),
        ({"where": {"name": "A\0"}}, "must be a text"),
        ({"score": 3}, "cannot be corrected"),
        ({}, "nothing was changed"),
    ],
)
def test_a_wrong_correction_is_told(values, message):
    with pytest.raises(StoreError, match=message):
        set_of(rich_report(1), values)


def test_what_no_longer_fits_is_told_in_the_event():
    report = rich_report(1)
    made = set_of(report, {"status": "denied"})
    odd = replace(made, values={"type": "GONE", "status": "denied"})
    from dragoman.store.corrections import apply

    (event, *_) = apply(report, [odd]).events
    assert event.status is report.events[0].status
    assert "does not fit any more" in event.reasons[-1].rule
    assert apply(report, [made]).events[0].status is Status.DENIED


def test_reviewed_reports_are_gold_that_the_coder_is_judged_by(coder, tmp_path):
    from dragoman.evaluation import evaluate, load_gold
    from dragoman.evaluation.correcting import write_gold

    text = (
        "PARIS, 4 May 2024 (Wire) - France's president met the chancellor of Germany in Rome on "
        "Friday.\nPeru accused Chile of shelling a village near Arica.\n"
    )
    report = coder.code(text)
    wrong = next(e for e in report.events if e.type is EventType.ACCUSE)
    with Store.open(tmp_path / "news.duckdb") as store:
        store.add([report], RUN)
        store.add([correct(report, "reviewed", "Ana", at=AT)], RUN)
        assert write_gold(store, tmp_path / "right") == [report.document.id]
        made = correct(report, "set", "Ana", event=wrong.id, values={"type": "REJECT"}, at=AT)
        store.add([made], RUN)
        write_gold(store, tmp_path / "other")

    def judged(folder):
        gold = load_gold(tmp_path / folder / f"{report.document.id}.gold.json")
        kept = (tmp_path / folder / f"{report.document.id}.txt").read_text(encoding="utf-8")
        return evaluate([(gold, coder.code(kept))])

    assert judged("right").overall.counts.f1 == 1.0
    assert judged("right").items["wrong values"] == 0
    corrected = judged("other")
    assert corrected.overall.counts.f1 < 1.0
    (pair,) = [p for j in corrected.judgements for p in j.pairs if "types" in p.wrong]
    assert pair.item.types == ("REJECT",)


def about(report, kind, made_about, key, values=None, **more):
    return correct(
        report, kind, "Ana", event=key, values=values or {}, at=AT, about=made_about, **more
    )


def test_statements_and_relations_are_corrected_in_every_view(store):
    report = rich_report(1)
    stance = {"stance": "critical", "about": [{"name": "Chile", "country": "chl"}]}
    label = {"label": "rivalry", "sector": "trade"}
    store.add([about(report, "set", "statement", "s1", stance)], RUN)
    store.add([about(report, "set", "relation", "r1", label)], RUN)
    sql = "SELECT stance, speaker_countries, about, confidence FROM statements WHERE document = ?"
    assert rows(store, sql, report.document.id) == [("critical", ["KEN"], ["CHL"], 1.0)]
    sql = "SELECT label, sector, sides, confidence FROM relations WHERE document = ?"
    assert rows(store, sql, report.document.id) == [("rivalry", "trade", ["PER", "CHL"], 1.0)]
    other = rich_report(2).document.id
    assert rows(store, "SELECT stance FROM statements WHERE document = ?", other) == [
        ("concerned",)
    ]
    before = rows(store, "SELECT * FROM statements ORDER BY id")
    store.rebuild()
    assert rows(store, "SELECT * FROM statements ORDER BY id") == before
    assert store.verify().problems == ()


def test_corrected_statements_survive_recoding_though_their_ids_are_counted_anew(store):
    report = rich_report(1)
    (said,) = report.statements
    store.add([about(report, "set", "statement", "s1", {"stance": "critical"})], RUN)
    # Another coder finds one more before it, which now has its number.
    first = replace(said, stance="hopeful", mention=replace(said.mention, predicate=Span(0, 6)))
    again = replace(report, coder="two", statements=(first, replace(said, id="s2")))
    store.add([again], RUN)
    sql = "SELECT id, stance FROM statements WHERE document = ? ORDER BY position"
    assert rows(store, sql, report.document.id) == [("s1", "hopeful"), ("s2", "critical")]
    store.add([replace(report, coder="three", statements=(first,))], RUN)
    (one, other) = rows(store, sql, report.document.id)
    assert (one, other[1]) == (("s1", "hopeful"), "critical")
    assert other[0] != "s1", "what comes back has an id of its own"


def test_rejected_statements_stay_away_and_added_ones_can_be_withdrawn(store):
    report = rich_report(1)
    sql = "SELECT stance FROM statements WHERE document = ? ORDER BY position"
    store.add([about(report, "reject", "statement", "s1")], RUN)
    assert rows(store, sql, report.document.id) == []
    (said,) = report.statements
    store.add([replace(report, coder="two", statements=(replace(said, id="s9"),))], RUN)
    assert rows(store, sql, report.document.id) == []
    values = {"stance": "hopeful", "speakers": [{"name": "Ghana", "country": "GHA"}]}
    made = about(report, "add", "statement", None, values, span=Span(0, 10))
    store.add([made], RUN)
    assert rows(store, sql, report.document.id) == [("hopeful",)]
    store.add([about(report, "withdraw", "statement", made.id)], RUN)
    assert rows(store, sql, report.document.id) == []
    ends = {"source": [{"country": "GHA"}], "target": [{"country": "TGO"}]}
    made = about(report, "add", "relation", None, {"label": "ties", **ends}, span=Span(0, 10))
    store.add([made], RUN)
    sql = "SELECT label, source, target FROM relations WHERE document = ? ORDER BY position"
    assert rows(store, sql, report.document.id) == [
        ("ties", ["GHA"], ["TGO"]),
        ("tension", [], []),
    ]


@pytest.mark.parametrize(
    ("kind", "key", "values", "message"),
    [
        ("statement", "s1", {"stance": "angry"}, "'angry' is no stance; they are: .*critical"),
        ("statement", "s1", {"speakers": []}, "needs a speaker"),
        ("statement", "s1", {"type": "AGREE"}, "what can be is: stance, speakers, about"),
        ("statement", "r1", {"stance": "critical"}, "no statement 'r1'"),
        ("relation", "r1", {"label": "love"}, "'love' is no label of a relation"),
        ("relation", "r1", {"sector": "GOV"}, "'GOV' is no sector of a relation"),
        ("relation", "r1", {"sides": [{"country": "PER"}]}, "between two sides"),
    ],
)
def test_a_wrong_correction_of_what_stands_is_told(kind, key, values, message):
    with pytest.raises(StoreError, match=message):
        about(rich_report(1), "set", kind, key, values)


def test_corrected_statements_and_relations_are_gold(coder, tmp_path):
    from dragoman.evaluation import evaluate, load_gold
    from dragoman.evaluation.correcting import write_gold

    text = (
        "PARIS, 4 May 2024 (Wire) - Kenya voiced concern about Chile on Friday.\n"
        "The dispute between Peru and Bolivia over the sea dragged on.\n"
    )
    report = coder.code(text)
    (said,), (standing,) = report.statements, report.relations
    made = [
        correct(report, "reviewed", "Ana", at=AT),
        about(report, "set", "statement", said.id, {"stance": "critical"}),
        about(report, "reject", "relation", standing.id),
    ]
    with Store.open(tmp_path / "news.duckdb") as store:
        store.add([report, *made], RUN)
        write_gold(store, tmp_path / "gold")
    gold = load_gold(tmp_path / "gold" / f"{report.document.id}.gold.json")
    assert [item.values["stance"] for item in gold.items if item.kind == "statement"] == [
        "critical"
    ]
    judged = evaluate([(gold, report)])
    assert judged.items["wrong values"] == 1, "the coder's stance is not the gold's"
    assert judged.items["violations"] == 1, "the coder's relation is none"


def test_gold_is_written_by_the_command(tmp_path, capsys):
    from dragoman.cli import main

    path = tmp_path / "news.duckdb"
    report = rich_report(1)
    with Store.open(path) as store:
        store.add([report, set_of(report, {"status": "denied"})], RUN)
    arguments = ["gold", "--db", str(path), "--out", str(tmp_path / "gold")]
    with pytest.raises(SystemExit) as nothing:
        main(arguments)
    assert nothing.value.code == 4
    assert "marked as read" in capsys.readouterr().err
    with pytest.raises(SystemExit) as done:
        main([*arguments, "--all"])
    assert done.value.code == 0
    assert (tmp_path / "gold" / f"{report.document.id}.gold.json").exists()
