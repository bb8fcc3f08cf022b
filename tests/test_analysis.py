"""Dyads, agenda, network, overview and places, on rows whose values are known by hand."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import comb

import icalendar
import numpy as np
import pytest

from dragoman.analysis import Period, agenda, network, overview, places, series
from dragoman.analysis.agenda import Outcome, load_agenda_rules
from dragoman.analysis.calendars import to_icalendar
from dragoman.analysis.rows import floor, steps
from dragoman.errors import ConfigError
from rows import Rows, day

MAY = Period(day("2024-05-01"), day("2024-05-31"))


@pytest.fixture(scope="module")
def all_rows():
    made = Rows()
    yield made
    made.close()


@pytest.fixture
def rows(all_rows):
    all_rows.clear()
    return all_rows


# -- periods and steps -------------------------------------------------------------------------


def test_steps_are_whole_and_begin_on_monday_or_the_first():
    assert floor(day("2024-05-05"), "week") == day("2024-04-29")
    assert list(steps(day("2024-01-31"), day("2024-03-01"), "month")) == [
        (day("2024-01-01"), day("2024-01-31")),
        (day("2024-02-01"), day("2024-02-29")),
        (day("2024-03-01"), day("2024-03-31")),
    ]
    weeks = list(steps(day("2024-05-01"), day("2024-05-06"), "week"))
    assert weeks == [
        (day("2024-04-29"), day("2024-05-05")),
        (day("2024-05-06"), day("2024-05-12")),
    ]


def test_a_period_does_not_end_before_it_begins():
    with pytest.raises(ConfigError, match="ends on 2024-05-01, before it begins on 2024-05-02"):
        Period(day("2024-05-02"), day("2024-05-01"))


# -- dyads -------------------------------------------------------------------------------------


def iran_and_azerbaijan(rows: Rows) -> None:
    rows.event("CONSULT", "IRN", "AZE TUR", "2024-05-03", is_symmetric=True)
    rows.event("ACCUSE", "IRN", "AZE", "2024-05-04")
    rows.event("ASSAULT", "AZE", "IRN", "2024-05-14")
    rows.event("AID", "IRN", "AZE ARM", "2024-05-14")
    # None of these counts: planned, background, of a month, or of others.
    rows.event("CONSULT", "IRN", "AZE", "2024-05-20", status="planned", is_symmetric=True)
    rows.event("ACCUSE", "IRN", "AZE", "2024-05-20", background=True)
    rows.event("ACCUSE", "IRN", "AZE", "2024-05-01", until="2024-05-31")
    rows.event("ACCUSE", "IRN", "ARM", "2024-05-14")


def test_series_by_week_has_both_directions_and_empty_steps(rows):
    iran_and_azerbaijan(rows)
    found = series.dyad_series(rows.db, "IRN", "AZE", step="week", period=MAY)
    assert [str(point.first) for point in found.both] == [
        "2024-04-29", "2024-05-06", "2024-05-13", "2024-05-20", "2024-05-27",
    ]  # fmt: skip

    def counts(points):
        return [(p.cooperation, p.conflict, p.score) for p in points]

    assert counts(found.forward) == [(1, 1, 0), (0, 0, 0), (1, 0, 5), (0, 0, 0), (0, 0, 0)]
    assert counts(found.backward) == [(1, 0, 2), (0, 0, 0), (0, 1, -8), (0, 0, 0), (0, 0, 0)]
    assert counts(found.both) == [(1, 1, 0), (0, 0, 0), (1, 1, -3), (0, 0, 0), (0, 0, 0)]
    assert found.both[2].material_conflict == 1
    assert found.undated == 1
    turned = series.dyad_series(rows.db, "AZE", "IRN", step="week", period=MAY)
    assert (turned.forward, turned.backward) == (found.backward, found.forward)


def test_series_without_a_period_spans_the_events(rows):
    iran_and_azerbaijan(rows)
    found = series.dyad_series(rows.db, "IRN", "AZE", step="day")
    assert (found.both[0].first, found.both[-1].last) == (day("2024-05-03"), day("2024-05-14"))
    assert len(found.both) == 12
    assert series.dyad_series(rows.db, "IRN", "FJI").both == ()


def test_events_behind_a_point(rows):
    iran_and_azerbaijan(rows)
    week = Period(day("2024-05-13"), day("2024-05-19"))
    found = series.dyad_events(rows.db, "IRN", "AZE", period=week)
    assert [(e.type, e.actors, e.recipients) for e in found] == [
        ("ASSAULT", ("AZE",), ("IRN",)),
        ("AID", ("IRN",), ("AZE", "ARM")),
    ]
    (only,) = series.dyad_events(rows.db, "IRN", "AZE", period=week, direction="forward")
    assert only.type == "AID"
    (only,) = series.dyad_events(rows.db, "IRN", "AZE", period=week, measure="conflict")
    assert only.type == "ASSAULT"
    second = series.dyad_events(rows.db, "IRN", "AZE", limit=1, offset=3)
    assert [e.type for e in second] == ["CONSULT"]


def test_series_count_as_the_view_does(rows):
    """Random events: the same numbers as ``dyad_days``, copies of a happening once."""
    chance = random.Random(7)
    codes = ["IRN", "AZE", "TUR", "ARM"]
    keys = []
    for _ in range(120):
        some = chance.sample(codes, 3)
        first = day("2024-05-01") + timedelta(days=chance.randrange(30))
        last = first + timedelta(days=chance.choice([0, 0, 0, 6, 7]))
        keys.append(
            rows.event(
                chance.choice(["CONSULT", "ACCUSE", "AID", "ASSAULT"]),
                " ".join(some[: chance.randrange(3)]),
                " ".join(some[2:]),
                str(first),
                until=str(last),
                status=chance.choice(["actual", "actual", "alleged"]),
                is_symmetric=chance.random() < 0.4,
            )
        )
    for n in range(0, 40, 2):
        rows.happening(f"h{n}", keys[n], keys[n + 1])
    for a, b in (("IRN", "AZE"), ("TUR", "ARM")):
        found = series.dyad_series(rows.db, a, b, step="day", period=MAY)
        for one, other, points in ((a, b, found.forward), (b, a, found.backward)):
            wanted = rows.db.execute(
                "SELECT day, verbal_cooperation, material_cooperation, verbal_conflict, "
                "material_conflict, score FROM dyad_days WHERE actor = ? AND recipient = ? "
                "AND day BETWEEN ? AND ? ORDER BY day",
                [one, other, MAY.since, MAY.until],
            ).fetchall()
            assert len(wanted) > 3
            told = [p for p in points if p.events]
            assert [
                (p.first, p.verbal_cooperation, p.material_cooperation, p.verbal_conflict,
                 p.material_conflict, p.score) for p in told
            ] == wanted  # fmt: skip


def test_third_parties(rows):
    iran_and_azerbaijan(rows)
    found = series.third_parties(rows.db, "AZE", "IRN")
    assert [(t.code, t.events, t.cooperation, t.conflict) for t in found] == [
        ("ARM", 1, 1, 0),
        ("TUR", 1, 1, 0),
    ]


def test_stances_and_relations(rows):
    rows.document("d1", "2024-05-04")
    rows.statement("d1", "concerned", "IRN", "AZE ARM")
    rows.statement("d1", "concerned", "AZE", "IRN")
    rows.statement("d1", "hopeful", "IRN", "TUR")
    rows.relation("d1", "tension", "IRN AZE")
    rows.relation("d1", "alliance", "", source=["TUR"], target=["AZE"])
    found = series.stances(rows.db, "IRN", "AZE")
    assert [(s.stance, s.speaker, s.about, len(s.statements)) for s in found] == [
        ("concerned", "AZE", "IRN", 1),
        ("concerned", "IRN", "AZE", 1),
    ]
    assert series.stances(rows.db, "IRN", "AZE", period=Period(day("2024-06-01"))) == ()
    (relation,) = series.relations_between(rows.db, "AZE", "IRN")
    assert (relation.label, relation.sides) == ("tension", ("IRN", "AZE"))
    (relation,) = series.relations_between(rows.db, "AZE", "TUR")
    assert (relation.from_, relation.to) == (("TUR",), ("AZE",))


@pytest.mark.parametrize(("a", "b"), [("IRN", "IRN"), ("", "AZE")])
def test_a_dyad_is_of_two(rows, a, b):
    with pytest.raises(ConfigError, match="two different codes"):
        series.dyad_series(rows.db, a, b)


def test_no_series_of_a_million_days(rows):
    long = Period(date(1, 1, 1), date(2024, 1, 1))
    with pytest.raises(ConfigError, match="choose a longer step"):
        series.dyad_series(rows.db, "IRN", "AZE", step="day", period=long)


def points_of(counts):
    start = day("2024-01-01")
    return [
        series.Point(start + timedelta(days=7 * n), start + timedelta(days=7 * n + 6), int(count))
        for n, count in enumerate(counts)
    ]


def test_change_points_of_a_plain_step():
    points = points_of([1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 9, 8, 9, 10, 9, 8, 9, 9])
    (change,) = series.change_points(points, "cooperation")
    assert change.first == points[10].first
    assert (round(change.before, 2), round(change.after, 2)) == (1.3, 8.88)
    assert series.change_points(points, "conflict") == ()
    assert series.change_points(points[:11], "cooperation") == ()


def test_change_points_are_rare_where_nothing_changes():
    chance = np.random.default_rng(5)
    quiet = [points_of(chance.poisson(2.5, 104)) for _ in range(40)]
    false = [one for one in quiet if series.change_points(one, "cooperation")]
    assert len(false) <= 2
    doubled = [points_of([*chance.poisson(2.5, 52), *chance.poisson(6, 52)]) for _ in range(40)]
    found = [series.change_points(one, "cooperation") for one in doubled]
    near = [f for f, p in zip(found, doubled, strict=True)
            if len(f) == 1 and abs((f[0].first - p[52].first).days) <= 21]  # fmt: skip
    assert len(near) >= 34


# -- agenda ------------------------------------------------------------------------------------

BAKU = {"place": "Baku", "place_country": "AZE", "place_precision": "city"}
BAKU |= {"latitude": 40.4, "longitude": 49.9}
VIENNA = {"place": "Vienna", "place_country": "AUT", "latitude": 48.2, "longitude": 16.4}
GENEVA = {"place": "Geneva", "place_country": "CHE", "latitude": 46.2, "longitude": 6.1}


def planned(rows, parties, on, published="2024-05-04", **more):
    return rows.event(
        "CONSULT", parties, "", on, published=published, status="planned",
        is_symmetric=True, **more,
    )  # fmt: skip


def held(rows, parties, on, published="2024-05-12", kind="CONSULT", **more):
    return rows.event(kind, parties, "", on, published=published, is_symmetric=True, **more)


def judged(rows, as_of, **more):
    found = agenda.agenda(rows.db, day(as_of), **more)
    return [(a.event.parties, a.outcome, a.held.id if a.held else None) for a in found]


def test_a_meeting_that_took_place(rows):
    planned(rows, "AZE IRN", "2024-05-10", **BAKU)
    key = held(rows, "IRN AZE", "2024-05-10", **BAKU)
    (one,) = agenda.agenda(rows.db, day("2024-06-01"))
    assert (one.outcome, one.held.id) == (Outcome.TOOK_PLACE, key)
    # type 0.15, parties 0.4, persons not named 0.075, time 0.15, place 0.15
    assert one.score == 0.925


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [
        ("2024-05-04", Outcome.AHEAD),
        ("2024-05-09", Outcome.AHEAD),
        ("2024-05-12", Outcome.AWAITED),
        ("2024-05-13", Outcome.LAPSED),
    ],
)
def test_a_meeting_that_nobody_tells_of(rows, as_of, outcome):
    planned(rows, "FRA DEU", "2024-05-09")
    held(rows, "FRA ITA", "2024-05-09")
    assert judged(rows, as_of) == [(("FRA", "DEU"), outcome, None)]


def test_what_was_not_yet_published_is_not_known(rows):
    planned(rows, "AZE IRN", "2024-05-10")
    key = held(rows, "AZE IRN", "2024-05-10", published="2024-05-11")
    assert judged(rows, "2024-05-10") == [(("AZE", "IRN"), Outcome.AHEAD, None)]
    assert judged(rows, "2024-05-11") == [(("AZE", "IRN"), Outcome.TOOK_PLACE, key)]
    assert judged(rows, "2024-05-03") == []


def test_another_place_or_another_day_is_another_meeting(rows):
    planned(rows, "USA RUS", "2024-05-10", **VIENNA)
    held(rows, "USA RUS", "2024-05-10", **GENEVA)
    held(rows, "USA RUS", "2024-05-17", **VIENNA)
    held(rows, "USA RUS", "2024-05-02", **VIENNA)
    assert judged(rows, "2024-06-01") == [(("USA", "RUS"), Outcome.LAPSED, None)]


def test_a_meeting_may_be_told_as_its_agreement(rows):
    planned(rows, "ETH ERI", "2024-05-10")
    key = held(rows, "ETH ERI", "2024-05-11", kind="AGREE")
    held(rows, "ETH ERI", "2024-05-10", kind="ASSAULT")
    assert judged(rows, "2024-06-01") == [(("ETH", "ERI"), Outcome.TOOK_PLACE, key)]


def test_one_event_keeps_one_announcement(rows):
    planned(rows, "AZE IRN", "2024-05-10", **BAKU)
    planned(rows, "AZE IRN TUR", "2024-05-11")
    key = held(rows, "AZE IRN", "2024-05-10", **BAKU)
    assert judged(rows, "2024-06-01") == [
        (("AZE", "IRN"), Outcome.TOOK_PLACE, key),
        (("AZE", "IRN", "TUR"), Outcome.LAPSED, None),
    ]


def test_one_country_alone_needs_a_person_or_the_place(rows):
    planned(rows, "FRA", "2024-05-09", people=("Emmanuel Macron",))
    held(rows, "FRA ITA", "2024-05-09")
    assert judged(rows, "2024-06-01")[0][1] is Outcome.LAPSED
    key = held(rows, "FRA LBN", "2024-05-09", people=("Emmanuel Macron",))
    assert judged(rows, "2024-06-01")[0] == (("FRA",), Outcome.TOOK_PLACE, key)


def test_the_same_report_does_not_confirm_itself(rows):
    rows.document("d", "2024-05-10")
    rows.event("CONSULT", "AZE IRN", "", "2024-05-10", document="d", status="planned")
    rows.event("CONSULT", "AZE IRN", "", "2024-05-10", document="d")
    assert judged(rows, "2024-06-01") == [(("AZE", "IRN"), Outcome.LAPSED, None)]


def test_announcements_without_a_day(rows):
    planned(rows, "AZE IRN", None)
    assert judged(rows, "2024-06-30")[0][1] is Outcome.UNDATED
    assert judged(rows, "2024-06-30", period=MAY) == []
    held(rows, "AZE IRN", "2024-06-20", published="2024-06-21")
    assert judged(rows, "2024-06-30")[0][1] is Outcome.UNDATED
    key = held(rows, "AZE IRN", "2024-05-20")
    assert judged(rows, "2024-06-30") == [(("AZE", "IRN"), Outcome.TOOK_PLACE, key)]


def test_repeated_announcements_are_one_with_the_narrowest_days(rows):
    first = planned(rows, "AZE IRN", "2024-05-06", until="2024-05-12")
    second = planned(rows, "IRN AZE", "2024-05-10", published="2024-05-07", **BAKU)
    planned(rows, "IRN AZE", "2024-06-10", published="2024-05-07")
    one, later = agenda.agenda(rows.db, day("2024-05-08"))
    assert (one.event.id, [e.id for e in one.repeated]) == (first, [second])
    assert (one.start, one.end, one.place) == (day("2024-05-10"), day("2024-05-10"), "Baku")
    assert (later.start, later.repeated) == (day("2024-06-10"), ())


def test_filters_of_the_agenda(rows):
    planned(rows, "AZE IRN", "2024-05-10")
    planned(rows, "FRA DEU", "2024-07-10")
    rows.event("AID", "FRA", "LBN", "2024-05-10", published="2024-05-04", status="planned")
    parties = [a[0] for a in judged(rows, "2024-05-05", parties=("IRN",))]
    assert parties == [("AZE", "IRN")]
    assert len(judged(rows, "2024-05-05")) == 2
    assert len(judged(rows, "2024-05-05", types=())) == 3
    assert [a[0] for a in judged(rows, "2024-05-05", period=MAY)] == [("AZE", "IRN")]
    assert judged(rows, "2024-05-05", outcomes=(Outcome.LAPSED,)) == []


def test_announcements_of_some_reports(rows):
    planned(rows, "AZE IRN", None, published="2024-05-04")
    planned(rows, "AZE TUR", None, published="2024-06-04")
    june = Period(day("2024-06-01"), day("2024-06-30"))
    assert [a[0] for a in judged(rows, "2024-07-05", published=june)] == [("AZE", "TUR")]


def test_an_event_of_several_days_may_have_been_the_announced_one(rows):
    planned(rows, "AZE IRN", "2024-05-10")
    held(rows, "AZE IRN", "2024-04-01", until="2024-05-31")
    assert judged(rows, "2024-06-01")[0][1] is Outcome.LAPSED
    key = held(rows, "AZE IRN", "2024-05-06", until="2024-05-12")
    assert judged(rows, "2024-06-01")[0] == (("AZE", "IRN"), Outcome.TOOK_PLACE, key)


def test_rules_of_the_agenda():
    numbers = load_agenda_rules().matching
    parts = (numbers.type, numbers.parties, numbers.people, numbers.time, numbers.place)
    assert sum(parts) == pytest.approx(1.0)


def test_icalendar(rows):
    key = planned(rows, "AZE IRN", "2024-05-10", **BAKU)
    planned(rows, "FRA DEU", "2024-05-13", until="2024-05-19")
    planned(rows, "FRA DEU", "2025-01-01", until="2025-12-31")
    planned(rows, "FRA DEU", None)
    held(rows, "IRN AZE", "2024-05-10", **BAKU)
    found = agenda.agenda(rows.db, day("2024-05-15"))
    content = to_icalendar(found, names={"AZE": "Azerbaijan", "IRN": "Iran"})
    assert content == to_icalendar(found, names={"AZE": "Azerbaijan", "IRN": "Iran"})
    assert max(map(len, content.split(b"\r\n"))) <= 75
    meeting, week = icalendar.Calendar.from_ical(content).events
    assert meeting["UID"] == f"{key}@dragoman"
    assert meeting["SUMMARY"] == "Azerbaijan, Iran: consult (took place)"
    assert (meeting["DTSTART"].dt, meeting["DTEND"].dt) == (day("2024-05-10"), day("2024-05-11"))
    assert (meeting["STATUS"], meeting["LOCATION"]) == ("CONFIRMED", "Baku")
    assert (week["DTSTART"].dt, week["DTEND"].dt) == (day("2024-05-13"), day("2024-05-20"))
    assert (week["STATUS"], week["TRANSP"]) == ("TENTATIVE", "TRANSPARENT")


def test_words_cannot_break_a_calendar(rows):
    rows.document("d", "2024-05-04", url="javascript:alert(1)")
    rows.event(
        "CONSULT", "AZE IRN", "", "2024-05-10", document="d", status="planned",
        evidence="will meet\r\nEND:VEVENT\r\nBEGIN:VEVENT\x00\x1b[0m; a, b\\n",
        place="Baku\nATTACH:http://x",
    )  # fmt: skip
    content = to_icalendar(agenda.agenda(rows.db, day("2024-05-05")))
    (only,) = icalendar.Calendar.from_ical(content).events
    assert "END:VEVENT" in only["DESCRIPTION"]
    assert "URL" not in only
    assert "ATTACH" not in only
    assert b"\x1b" not in content
    assert b"\x00" not in content


# -- network -----------------------------------------------------------------------------------


def test_network_ties_and_filters(rows):
    rows.event("CONSULT", "IRN", "AZE TUR", "2024-05-03", is_symmetric=True)
    rows.event("ACCUSE", "IRN", "AZE", "2024-05-04")
    rows.event("AID", "FRA", "LBN", "2024-05-04")
    found = network.network(rows.db)
    assert [(e.a, e.b, e.events, e.score) for e in found.edges] == [
        ("AZE", "IRN", 2, 0.0),
        ("AZE", "TUR", 1, 2.0),
        ("FRA", "LBN", 1, 5.0),
        ("IRN", "TUR", 1, 2.0),
    ]
    assert [(n.code, n.degree, n.strength) for n in found.nodes] == [
        ("AZE", 2, 3), ("IRN", 2, 3), ("TUR", 2, 2), ("FRA", 1, 1), ("LBN", 1, 1),
    ]  # fmt: skip
    assert [n.community for n in found.nodes] == [0, 0, 0, 1, 1]
    conflict = network.network(rows.db, tie="conflict")
    assert [(e.a, e.b, e.events) for e in conflict.edges] == [("AZE", "IRN", 1)]
    assert len(network.network(rows.db, tie="cooperation").edges) == 4
    assert [e.b for e in network.network(rows.db, codes=("FRA",)).edges] == ["LBN"]
    assert [e.a for e in network.network(rows.db, least=2).edges] == ["AZE"]
    assert network.network(rows.db, types=("ACCUSE",)).edges == conflict.edges
    assert network.network(rows.db, period=Period(day("2024-06-01"))).nodes == ()
    with pytest.raises(ConfigError, match="a tie is one of cooperation, conflict, all"):
        network.network(rows.db, tie="love")


def test_communities_and_what_is_left_out():
    triangles = [("A", "B"), ("A", "C"), ("B", "C"), ("X", "Y"), ("X", "Z"), ("Y", "Z")]
    edges = [network.Edge(a, b, 5, 1.0) for a, b in triangles]
    edges.append(network.Edge("C", "X", 1, 1.0))
    found = network.of_edges(edges)
    groups = {n.code: n.community for n in found.nodes}
    assert groups == {"A": 0, "B": 0, "C": 0, "X": 1, "Y": 1, "Z": 1}
    # Two halves with 15 of 31 each within: 30/31 - 2 * (31/62)^2
    assert found.modularity == pytest.approx(30 / 31 - 0.5, abs=1e-6)
    assert found == network.of_edges(edges)
    cut = network.of_edges(edges, most=3)
    assert ({n.code for n in cut.nodes}, cut.left_out) == ({"C", "X", "A"}, 3)
    assert [(n.degree, n.strength) for n in cut.nodes] == [(3, 11), (3, 11), (2, 10)]


# -- overview ----------------------------------------------------------------------------------


def test_news_since_a_time(rows):
    rows.run("old", "2024-05-01 08:00:00")
    rows.run("new", "2024-05-02 08:00:00")
    rows.document("d1", "2024-05-01", run="old")
    rows.document("d2", "2024-05-02", run="new")
    rows.event("AID", "FRA", "LBN", "2024-05-01", document="d1")
    rows.event("AID", "FRA", "LBN", "2024-05-02", document="d2")
    rows.event("ACCUSE", "IRN", "AZE", "2024-05-02", document="d2")
    found = overview.new_since(rows.db, datetime(2024, 5, 2, 8, tzinfo=UTC))
    assert (found.documents, found.events) == (1, 2)
    assert found.by_type == (("ACCUSE", 1), ("AID", 1))
    assert overview.new_since(rows.db, datetime(2024, 5, 1)).documents == 2
    assert overview.new_since(rows.db, datetime(2024, 5, 3)).by_type == ()
    # Read in the old run, coded anew in the new one: no news.
    rows.source("d2", run="old")
    assert overview.new_since(rows.db, datetime(2024, 5, 2, 8, tzinfo=UTC)).documents == 0
    assert overview.newest_day(rows.db) == day("2024-05-02")
    latest = overview.latest_events(rows.db, limit=2)
    assert {e.document for e in latest} == {"d2"}
    assert [e.document for e in overview.latest_events(rows.db, until=day("2024-05-01"))] == ["d1"]


def test_the_latest_events_reach_back_as_far_as_need_be(rows):
    keys = [rows.event("AID", "FRA", "LBN", f"2024-0{month}-01") for month in (1, 3, 5)]
    keys.append(rows.event("AID", "FRA", "LBN", "2024-05-04"))
    undated = rows.event("AID", "FRA", "LBN", None)
    latest = [e.id for e in overview.latest_events(rows.db)]
    assert latest == [*keys[::-1], undated]
    assert [e.id for e in overview.latest_events(rows.db, limit=2)] == keys[:1:-1]
    assert [e.id for e in overview.latest_events(rows.db, until=day("2024-03-05"))] == keys[1::-1]


def test_rising_dyads(rows):
    for n in range(4):
        rows.event("ACCUSE", "IRN", "AZE", f"2024-05-{25 + n}")
    for n in range(10):
        rows.event("CONSULT", "FRA", "DEU", f"2024-05-{19 + n}", is_symmetric=True)
    for n in range(30):
        rows.event("CONSULT", "FRA", "DEU", str(day("2024-04-18") + timedelta(days=n)))
    (found,) = overview.rising_dyads(rows.db, day("2024-05-31"))
    assert (found.a, found.b, found.recent, found.past, found.conflict) == ("AZE", "IRN", 4, 0, 4)
    assert found.chance == pytest.approx((7 / 97) ** 4)
    # 4 of FRA-DEU where 36 of 90 days' events let expect 2.8: no news.
    everything = overview.rising_dyads(rows.db, day("2024-05-31"), chance=1.0)
    assert [(r.a, r.b, r.recent, r.past) for r in everything] == [
        ("AZE", "IRN", 4, 0),
        ("DEU", "FRA", 4, 36),
    ]
    assert everything[1].expected == pytest.approx(2.8)
    assert overview.rising_dyads(rows.db, day("2024-04-17")) == ()


@pytest.mark.parametrize(("least", "trials"), [(0, 5), (1, 1), (3, 10), (40, 60)])
def test_the_tail_is_exact(least, trials):
    share = Fraction(7, 97)
    exact = sum(
        comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(least, trials + 1)
    )
    assert overview.tail(least, trials, float(share)) == pytest.approx(float(exact), rel=1e-9)


def test_coming_meetings(rows):
    planned(rows, "AZE IRN", "2024-05-10")
    planned(rows, "FRA DEU", "2024-05-02")
    planned(rows, "USA RUS", "2024-12-02")
    found = overview.coming_meetings(rows.db, day("2024-05-05"))
    assert [a.event.parties for a in found] == [("AZE", "IRN")]


# -- places ------------------------------------------------------------------------------------


def test_country_values(rows):
    one = rows.event("ASSAULT", "AZE", "ARM", "2024-05-03", place_country="AZE")
    two = rows.event("CONSULT", "FRA", "ARM", "2024-05-04", place_country="ARM")
    rows.event("ASSAULT", "AZE", "ARM", "2024-05-05", place_country="AZE", status="alleged")
    again = rows.event("ASSAULT", "AZE", "ARM", "2024-05-03", place_country="AZE")
    rows.happening("h", one, again)
    rows.magnitude(one, "killed", 3, 5)
    rows.magnitude(again, "killed", 9)

    def values(**more):
        return [(v.code, v.value, v.events) for v in places.country_values(rows.db, **more)]

    assert values() == [("ARM", 1, 1), ("AZE", 1, 1)]
    assert values(measure="conflict") == [("AZE", 1, 1)]
    assert values(measure="score") == [("ARM", 2, 1), ("AZE", -8, 1)]
    assert values(measure="killed") == [("AZE", 3, 1)]
    assert values(role="recipient") == [("ARM", 2, 2)]
    assert values(role="party") == [("ARM", 2, 2), ("AZE", 1, 1), ("FRA", 1, 1)]
    assert values(role="party", period=Period(day("2024-05-04"))) == [("ARM", 1, 1), ("FRA", 1, 1)]
    assert values(types=("CONSULT",)) == [("ARM", 1, 1)]
    assert two
    with pytest.raises(ConfigError, match="a measure is one of events, cooperation"):
        values(measure="joy")
    with pytest.raises(ConfigError, match="a role is one of place, actor"):
        values(role="reader")


def test_points_are_never_countries(rows):
    baku = {"place": "Baku", "place_country": "AZE", "place_precision": "city"}
    rows.event("CONSULT", "AZE", "", "2024-05-03", latitude=40.4, longitude=49.9, **baku)
    rows.event("ACCUSE", "AZE", "", "2024-05-03", latitude=40.4, longitude=49.9, **baku)
    rows.event("ASSAULT", "AZE", "", "2024-05-03", place="Gilan", place_country="IRN",
               place_precision="admin1")  # fmt: skip
    rows.event("AID", "AZE", "", "2024-05-03", place="Iran", place_country="IRN",
               place_precision="country")  # fmt: skip
    asked = []

    def label(name, country):
        asked.append((name, country))
        return 37.2, 49.6

    city, area = places.place_points(rows.db, label=label)
    assert (city.name, city.events, city.cooperation, city.conflict) == ("Baku", 2, 1, 1)
    assert (city.latitude, city.longitude, city.is_label) == (40.4, 49.9, False)
    assert (area.name, area.precision, area.latitude, area.is_label) == (
        "Gilan", "admin1", 37.2, True,
    )  # fmt: skip
    assert asked == [("Gilan", "IRN")]
    _, bare = places.place_points(rows.db)
    assert (bare.latitude, bare.longitude, bare.is_label) == (None, None, False)


def test_arcs(rows):
    rows.event("CONSULT", "IRN", "AZE TUR", "2024-05-03", is_symmetric=True)
    rows.event("ACCUSE", "AZE", "IRN", "2024-05-04")
    found = places.arcs(rows.db)
    assert [(a.a, a.b, a.events, a.cooperation, a.conflict) for a in found] == [
        ("AZE", "IRN", 2, 1, 1),
        ("AZE", "TUR", 1, 1, 0),
        ("IRN", "TUR", 1, 1, 0),
    ]
    assert [a.b for a in places.arcs(rows.db, codes=("AZE",))] == ["IRN", "TUR"]
