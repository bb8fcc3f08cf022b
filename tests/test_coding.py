"""Sentences and what the coder must read in them: status, embedding, participants."""

from __future__ import annotations

from datetime import date

import pytest

from dragoman import Coder
from dragoman.ingest import document_from_text
from dragoman.schema import Event, Report

PUBLISHED = date(2024, 6, 12)

# (sentence, [(type, actors, recipients, status)]): every event of the sentence, and no other.
STATUS = [
    # actual
    ("Peru's foreign minister met her Chilean counterpart in Arica on Tuesday.",
     [("CONSULT", "PER CHL", "", "actual")]),
    ("Kenyan police arrested two Ugandan activists at the airport.",
     [("COERCE", "KEN", "UGA", "actual")]),
    # planned
    ("The presidents of Kenya and Somalia will meet in Nairobi next week.",
     [("CONSULT", "KEN SOM", "", "planned")]),
    ("Norway said it would send generators to Ukraine.", [("AID", "NOR", "UKR", "planned")]),
    ("The Indian prime minister is expected to visit Nepal in August.",
     [("CONSULT", "IND", "NPL", "planned")]),
    # an agreement to act is one event, the act under it none
    ("Germany agreed to send tanks to Ukraine.", [("AGREE", "DEU", "UKR", "actual")]),
    ("Japan promised to give Vietnam patrol boats.", [("AGREE", "JPN", "VNM", "actual")]),
    # refusals, demands and threats take their act over as well
    ("Serbia refused to meet the Kosovo delegation.", [("REJECT", "SRB", "XKX", "actual")]),
    ("France urged Niger to release the ambassador.", [("REQUEST", "FRA", "NER", "actual")]),
    ("China threatened to impose sanctions on Lithuania.",
     [("THREATEN", "CHN", "LTU", "actual")]),
    # accusation: the act itself is alleged
    ("Ethiopia accused Eritrea of shelling a border town.",
     [("ACCUSE", "ETH", "ERI", "actual"), ("ASSAULT", "ERI", "", "alleged")]),
    ("A Turkish drone allegedly attacked Kurdish fighters in Syria.",
     [("ASSAULT", "TUR", "SYR", "alleged")]),
    # denied and negated
    ("Rwanda did not attack Congolese soldiers.", [("ASSAULT", "RWA", "COD", "denied")]),
    ("Belarus denied attacking Lithuania.", [("ASSAULT", "BLR", "LTU", "denied")]),
    # hypothetical acts are marked; wishes and aims are no events
    ("Egypt could attack Ethiopia.", [("ASSAULT", "EGY", "ETH", "hypothetical")]),
    ("Egypt has to apologise to Chad, it said.", [("CONCEDE", "EGY", "TCD", "hypothetical")]),
    ("Egypt had to apologise to Chad.", [("CONCEDE", "EGY", "TCD", "actual")]),
    ("Morocco wants to meet Spain.", []),
    ("The plan reflects a desire to attack Spain.", []),
    # passives and participles
    ("A Polish diplomat was expelled by Belarus on Friday.",
     [("SANCTION", "BLR", "POL", "actual")]),
    ("Two Israeli soldiers were killed by Hezbollah near the border.",
     [("ASSAULT", "LBN", "ISR", "actual")]),
    # no political act
    ("Brazil beat Croatia 2-0 in the friendly on Saturday.", []),
    ("Heavy rain is expected across Italy and France this weekend.", []),
]  # fmt: skip


def events(coder: Coder, text: str) -> tuple[Event, ...]:
    result = next(coder.stream([document_from_text(text, published=PUBLISHED)]))
    assert isinstance(result, Report)
    return result.events


def outline(event: Event) -> tuple[str, str, str, str]:
    actors = " ".join(dict.fromkeys(a.country or "" for a in event.actors)).strip()
    recipients = " ".join(dict.fromkeys(a.country or "" for a in event.recipients)).strip()
    if event.symmetric:
        actors, recipients = f"{actors} {recipients}".strip(), ""
    return event.type.value, actors, recipients, event.status.value


@pytest.mark.parametrize(("sentence", "expected"), STATUS, ids=[s[:50] for s, _ in STATUS])
def test_status(coder: Coder, sentence: str, expected: list[tuple[str, str, str, str]]) -> None:
    found = sorted(outline(event) for event in events(coder, sentence))
    wanted = sorted((t, " ".join(a.split()), " ".join(r.split()), s) for t, a, r, s in expected)
    assert [(t, set(a.split()), r, s) for t, a, r, s in found] == [
        (t, set(a.split()), r, s) for t, a, r, s in wanted
    ]


@pytest.mark.parametrize("day", ["", "on Monday "])
def test_a_day_does_not_stand_in_the_place_of_the_recipient(coder: Coder, day: str) -> None:
    told = (
        f"Canada {day}imposed sanctions on seven Haitian businessmen.",
        (f"Canada imposed sanctions on Haiti {day}".strip() + "."),
    )
    for text in told:
        (event,) = events(coder, text)
        assert outline(event) == ("SANCTION", "CAN", "HTI", "actual")


def test_casualties_belong_to_the_attack(coder: Coder) -> None:
    text = "A bomb attack on the Kenyan embassy in Mogadishu killed three guards and wounded nine."
    (event,) = events(coder, text)
    assert event.type == "ASSAULT"
    assert {m.kind: m.low for m in event.magnitudes} == {"killed": 3.0, "injured": 9.0}
    assert event.where is not None
    assert event.where.name == "Mogadishu"
    assert {a.country for a in event.recipients} == {"KEN"}
    assert not event.actors


def test_toll_of_an_alleged_attack_is_not_the_accuser_s(coder: Coder) -> None:
    text = "Peru accused Chile of shelling a village in Tacna on Monday, killing three people."
    found = {event.type.value: event for event in events(coder, text)}
    assert set(found) == {"ACCUSE", "ASSAULT"}
    attack = found["ASSAULT"]
    assert attack.status == "alleged"
    assert {a.country for a in attack.actors} == {"CHL"}
    assert {m.kind: m.low for m in attack.magnitudes} == {"killed": 3.0}


def test_every_value_quotes_the_text(coder: Coder) -> None:
    text = (
        "LIMA, June 11 (Sample Wire) - Peru’s president met Chile’s foreign minister on Monday "
        "in Lima 🤝, officials said.\r\n\r\nThe two countries also signed a trade agreement."
    )
    result = next(coder.stream([document_from_text(text, published=PUBLISHED)]))
    assert isinstance(result, Report)
    meeting = result.events[0]
    assert meeting.mentions[0].predicate.of(text) == "met"
    assert meeting.when is not None
    assert meeting.when.span.of(text) in {"on Monday", "Monday"}
    assert (meeting.when.start, meeting.when.end) == (date(2024, 6, 10), date(2024, 6, 10))
    assert meeting.where is not None
    assert meeting.where.span.of(text) == "Lima"
    quoted = [a.span.of(text) for a in (*meeting.actors, *meeting.recipients)]
    assert any("president" in words for words in quoted)
    assert any("Chile" in words for words in quoted)
    for event in result.events:
        for reason in event.reasons:
            if reason.span is not None:
                assert reason.span.of(text).strip()


def test_told_twice_is_one_event_with_two_mentions(coder: Coder) -> None:
    text = (
        "VIENNA, June 11 (Sample Wire) - Austria's chancellor met the Hungarian prime minister "
        "in Vienna on Monday.\n\nThe meeting lasted two hours, officials said."
    )
    meetings = [e for e in events(coder, text) if e.type == "CONSULT"]
    assert len(meetings) == 1
    assert len(meetings[0].mentions) == 2


def test_past_tense_parsed_as_adjective_is_mended(coder: Coder) -> None:
    (event,) = events(coder, "The Swiss government hosted talks between Armenia and Azerbaijan.")
    assert outline(event) == ("CONSULT", "CHE", "ARM AZE", "actual")


def test_first_person_in_a_quotation_is_the_speaker(coder: Coder) -> None:
    (event,) = events(coder, '"We condemn Chile," Peru\'s president said on Monday.')
    assert outline(event) == ("ACCUSE", "PER", "CHL", "actual")


def test_dead_of_an_accident_are_no_assault(coder: Coder) -> None:
    assert events(coder, "An earthquake killed 40 people in Peru on Monday.") == ()


def test_same_input_gives_same_output(coder: Coder) -> None:
    text = "Peru's foreign minister met her Chilean counterpart in Arica on Tuesday."
    assert events(coder, text) == events(coder, text)
