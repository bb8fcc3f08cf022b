from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from dragoman.errors import GoldError
from dragoman.evaluation import evaluate, load_gold
from dragoman.evaluation.gold import gold_from, locate
from dragoman.evaluation.matching import match
from dragoman.evaluation.scores import Counts, judge, outcome
from dragoman.schema import Block, BlockKind, EventType, Span, Status, TimeInterval
from reports import TEXT, actor, event, report, rich_report, span

MEETING = {
    "id": "G1",
    "kind": "event",
    "types": ["CONSULT"],
    "actors": ["KEN"],
    "recipients": ["BRA"],
    "symmetric": True,
    "status": "actual",
    "date": ["2024-05-03", "2024-05-03"],
    "place": {"name": "lisbon", "country": "PRT"},
    "contexts": ["diplomatic"],
    "evidence": "Brazil's foreign  minister met his Kenyan counterpart",
}
ACCUSE = {
    "id": "G2",
    "kind": "event",
    "types": ["ACCUSE"],
    "actors": ["PER"],
    "recipients": ["CHL"],
    "evidence": "Peru accused Chile",
}
SHELLING = {
    "id": "G3",
    "kind": "event",
    "types": ["ASSAULT", "COERCE"],
    "actors": ["CHL"],
    "recipients": [],
    "status": "alleged",
    "killed": 3,
    "attributed_to": ["PER"],
    "evidence": "shelling a village near Arica, killing three people",
}
PLANNED = {
    "id": "G4",
    "kind": "event",
    "types": ["CONSULT"],
    "actors": ["GHA", "TGO"],
    "symmetric": True,
    "status": "planned",
    "evidence": "The presidents of Ghana and Togo will meet",
}
CONCERN = {
    "id": "G5",
    "kind": "statement",
    "stance": "concerned",
    "speaker_country": "KEN",
    "about": ["CHL", "PER"],
    "evidence": "Kenya voiced concern",
}
TENSION = {
    "id": "G6",
    "kind": "relation",
    "label": "tension",
    "between": ["CHL", "PER"],
    "evidence": "tensions between Peru and Chile",
}
ALL = [MEETING, ACCUSE, SHELLING, PLANNED, CONCERN, TENSION]


def gold(*items, **more):
    return gold_from({"items": list(items), **more}, "x.gold.json")


def one(item, coded):
    """Return outcome and wrong keys of a gold with one item."""
    (pair,) = match(gold(item), coded)
    return outcome(pair), pair.wrong


def test_everything_right():
    result = evaluate([(gold(*ALL), rich_report())])
    assert result.items == {"found": 6, "added": 0, "violations": 0}
    assert result.overall.counts == Counts(true=4, predicted=4, gold=4)
    assert result.overall.f1 == (1.0, 1.0)
    assert result.by_type["CONSULT"].counts == Counts(2, 2, 2)
    assert result.by_status["alleged"].counts == Counts(1, 1, 1)


def test_nothing_predicted():
    result = evaluate([(gold(*ALL), report())])
    assert result.items == {"missed": 6, "added": 0, "violations": 0}
    assert result.overall.counts == Counts(0, 0, 4)
    assert (result.overall.counts.precision, result.overall.counts.f1) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("item", "change", "wrong"),
    [
        (MEETING, {"actors": ["KEN", "FRA"]}, ("actors", "recipients")),
        (MEETING, {"status": "planned"}, ("status",)),
        (MEETING, {"background": True}, ("background",)),
        (MEETING, {"background": False}, ()),
        (MEETING, {"date": None}, ("date",)),
        (MEETING, {"date": ["2024-05-01", "2024-05-04"]}, ()),
        (MEETING, {"date": ["2024-05-04", "2024-05-04"]}, ("date",)),
        (MEETING, {"date": "2024-05-03"}, ()),
        (MEETING, {"date": [None, "2024-05-04"]}, ()),
        (MEETING, {"place": {"name": "Greater Lisbon", "country": "PRT"}}, ()),
        (MEETING, {"place": {"name": "Porto", "country": "PRT"}}, ("place",)),
        (MEETING, {"place": {"name": "Lisbon", "country": "ESP"}}, ("place",)),
        (MEETING, {"place": None}, ("place",)),
        (MEETING, {"actor_sector": "GOV"}, ()),
        (MEETING, {"actor_sector": "MIL"}, ("actor_sector",)),
        (MEETING, {"recipient_sector": "LEG"}, ("recipient_sector",)),
        (MEETING, {"contexts": ["military"]}, ("contexts",)),
        (MEETING, {"people": ["Ana Silva"]}, ("people",)),
        (MEETING, {"attributed_to": []}, ()),
        (SHELLING, {"killed": 4}, ("killed",)),
        (SHELLING, {"injured": None}, ()),
        (SHELLING, {"arrested": 1}, ("arrested",)),
        (SHELLING, {"recipients": ["PER"]}, ("recipients",)),
        (SHELLING, {"attributed_to": ["CHL"]}, ("attributed_to",)),
        (SHELLING, {"date": None, "place": None}, ()),
        (PLANNED, {"date": ["2024-05-06", "2024-05-12"]}, ()),
        (CONCERN, {"stance": "hopeful"}, ("stance",)),
        (CONCERN, {"speaker_country": "BRA"}, ("speaker_country",)),
        (CONCERN, {"about": ["PER"]}, ("about",)),
        (TENSION, {"label": "ties"}, ("label",)),
        (TENSION, {"between": ["PER"]}, ("between",)),
        (TENSION, {"because_of": "BRA", "sector": "energy"}, ("because_of", "sector")),
    ],
)
def test_values(item, change, wrong):
    expected = "wrong values" if wrong else "found"
    found, keys = one({**item, **change}, rich_report())
    assert (found, set(keys)) == (expected, set(wrong))


def test_people_are_known_by_surname():
    minister = replace(actor("BRA", "Brazil’s foreign minister"), person="José da Silva")
    met = event(EventType.CONSULT, "met his Kenyan counterpart", "met", actors=(minister,))
    item = {**MEETING, "people": ["Jose Silva"], "actors": ["BRA"], "recipients": []}
    del item["date"], item["place"], item["contexts"]
    assert one(item, report(events=(met,))) == ("found", ())


def test_an_open_interval_is_not_within_days():
    met = rich_report().events[0]
    when = TimeInterval(None, date(2024, 5, 3), met.when.precision, "", met.when.span)
    assert one(MEETING, report(events=(replace(met, when=when),))) == ("wrong values", ("date",))


def test_two_events_in_the_same_words_go_to_their_own_items():
    coded = rich_report()
    (first, second) = match(gold(SHELLING, ACCUSE), coded)
    assert (first.found.type, second.found.type) == (EventType.ASSAULT, EventType.ACCUSE)
    assert one({**ACCUSE, "types": ["REQUEST"]}, coded) == ("wrong values", ("types",))


def test_each_event_answers_one_item():
    twice = {**ACCUSE, "id": "again"}
    pairs = match(gold(ACCUSE, twice), rich_report())
    assert [outcome(pair) for pair in pairs] == ["found", "missed"]


def test_added_events_count_against_precision():
    coded = rich_report()
    judgement = judge(gold(MEETING, ACCUSE), coded)
    assert [e.type.value for e in judgement.added] == ["ASSAULT", "CONSULT"]
    counts = evaluate([(gold(MEETING, ACCUSE), coded)]).overall.counts
    assert (counts.precision, counts.recall) == (0.5, 1.0)
    assert counts.f1 == pytest.approx(2 / 3)


def test_hypothetical_events_are_not_scored():
    maybe = replace(rich_report().events[0], status=Status.HYPOTHETICAL)
    result = evaluate([(gold(), report(events=(maybe,)))])
    assert result.items == {"added": 0, "violations": 0}
    assert result.overall.counts == Counts()
    supposed = gold({**MEETING, "status": "hypothetical"})
    assert evaluate([(supposed, report())]).overall.counts == Counts()


def test_partial_scores():
    wrong_type = replace(rich_report().events[1], type=EventType.REJECT)
    wrong_dyad = replace(rich_report().events[0], recipients=())
    result = evaluate([(gold(MEETING, ACCUSE), report(events=(wrong_dyad, wrong_type)))])
    assert result.overall.counts == Counts(0, 2, 2)
    assert result.type_only.counts == Counts(1, 2, 2)
    assert result.dyad_only.counts == Counts(1, 2, 2)
    assert result.by_type["ACCUSE"].counts == Counts(0, 0, 1)
    assert result.by_type["REJECT"].counts == Counts(0, 1, 0)


def test_must_not():
    words = {"id": "N1", "evidence": "his Kenyan counterpart on Friday"}
    inside = {"id": "N2", "evidence": "foreign minister met his Kenyan counterpart"}
    judgement = judge(gold(must_not=[words, inside]), rich_report())
    assert [(v.id, v.found) for v in judgement.violations] == [("N2", "CONSULT actual")]
    denied = replace(rich_report().events[0], status=Status.DENIED)
    assert judge(gold(must_not=[inside]), report(events=(denied,))).violations == ()


def test_a_teaser_must_not_be_the_title():
    teaser = "LISBON, 4 May 2024"
    coded = report()
    title = Block(BlockKind.TITLE, Span(0, 30))
    titled = replace(coded, reading=replace(coded.reading, blocks=(title,)))
    entry = {"must_not": [{"id": "N1", "evidence": teaser}]}
    listed = gold(document={"boilerplate": [teaser]}, **entry)
    assert [v.found for v in judge(listed, titled).violations] == ["title"]
    assert judge(gold(**entry), titled).violations == ()
    assert judge(listed, coded).violations == ()


def test_intervals_come_from_documents_and_a_seed():
    good = (gold(MEETING), report(events=(rich_report().events[0],)))
    bad = (gold(MEETING), report())
    first = evaluate([good, bad] * 4)
    assert first == evaluate([good, bad] * 4)
    assert first.overall.counts.recall == 0.5
    low, high = first.overall.recall
    assert 0.0 < low < 0.5 < high < 1.0


def test_evidence_is_found_whatever_the_quotes_and_spaces():
    assert locate("brazil's\n foreign", TEXT) == (span("Brazil’s foreign"),)
    assert locate("Peru", TEXT) == (span("Peru"), Span(273, 277))
    assert locate("  ", TEXT) == ()
    assert locate("France", TEXT) == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "'items'"),
        ({"items": [3]}, "item 1: not an object"),
        ({"items": [{"id": "G9", "kind": "act"}]}, "item G9: kind 'act'"),
        ({"items": [{**ACCUSE, "evidence": ""}]}, "item G2: evidence"),
        ({"items": [{**ACCUSE, "types": ["MEET"]}]}, "item G2: 'MEET' is no PLOVER type"),
        ({"items": [{**ACCUSE, "types": []}]}, "item G2: an event needs types"),
        ({"items": [{**ACCUSE, "status": "past"}]}, "item G2: status 'past'"),
        ({"items": [{**ACCUSE, "date": ["2024-13-01", None]}]}, "item G2: '2024-13-01' is no date"),
        ({"items": [{**ACCUSE, "date": 5}]}, "item G2: date must be"),
        ({"items": [{**ACCUSE, "actors": "PER"}]}, "item G2: actors must be a list"),
        ({"items": [{**ACCUSE, "killed": "two"}]}, "item G2: killed must be a number"),
        ({"items": [{**ACCUSE, "place": "Lima"}]}, "item G2: place must be an object"),
        ({"items": [ACCUSE, ACCUSE]}, "item G2: the id is used twice"),
        ({"items": [], "must_not": [{"id": "N1"}]}, "must_not 1: evidence"),
    ],
)
def test_errors_name_file_and_item(tmp_path, data, message):
    path = tmp_path / "x.gold.json"
    path.write_text(json.dumps(data))
    with pytest.raises(GoldError) as error:
        load_gold(path)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_evidence_that_is_not_in_the_text():
    with pytest.raises(GoldError, match=r"x\.gold\.json: item G2: the evidence is not in the text"):
        match(gold({**ACCUSE, "evidence": "no such words"}), report())


def test_a_missing_or_broken_file(tmp_path):
    with pytest.raises(GoldError, match="No such file"):
        load_gold(tmp_path / "none.gold.json")
    (tmp_path / "b.gold.json").write_text("{")
    with pytest.raises(GoldError, match="not JSON"):
        load_gold(tmp_path / "b.gold.json")
