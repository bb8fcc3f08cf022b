"""Datelines: every wire form, and what only looks like one."""

from __future__ import annotations

from datetime import date

import pytest

from dragoman.ingest import document_from_text
from dragoman.reading import read
from dragoman.reading.dateline import read_published_line
from dragoman.reading.words import load_layout_words
from dragoman.schema import BlockKind

NEAR = date(2022, 3, 12)
REST = "ministers from both sides opened two days of border talks on Monday."


@pytest.mark.parametrize(
    ("head", "place", "day", "agency"),
    [
        ("MOSCOW, March 30 (Reuters) - ", "Moscow", date(2022, 3, 30), "Reuters"),
        ("Moscow, 30 March 2023 (TDI): ", "Moscow", date(2023, 3, 30), "TDI"),
        ("GENEVA — ", "Geneva", None, None),
        ("GENEVA (AP) — ", "Geneva", None, "AP"),
        ("GENEVA, Jan. 5 (AP) —", "Geneva", date(2022, 1, 5), "AP"),
        ("BEIRUT, Lebanon — ", "Beirut", None, None),
        ("WASHINGTON/BRUSSELS, Jan 5 (Reuters) - ", "Washington", date(2022, 1, 5), "Reuters"),
        ("ISLAMABAD: ", "Islamabad", None, None),
        ("NEW DELHI: ", "New Delhi", None, None),
        ("KYIV, Ukraine (AP) -- ", "Kyiv", None, "AP"),
        ("NAIROBI, 4 June 2021 (AFP) – ", "Nairobi", date(2021, 6, 4), "AFP"),
        ("(Xinhua) -- ", None, None, "Xinhua"),
        ("BEIJING, March 30 (Xinhua) -- ", "Beijing", date(2022, 3, 30), "Xinhua"),
        ("New Delhi [India], March 3 (ANI): ", "New Delhi", date(2022, 3, 3), "ANI"),
        ("TEHRAN, Mar. 03 (MNA) – ", "Tehran", date(2022, 3, 3), "MNA"),
        ("Tehran, March 5, IRNA – ", "Tehran", date(2022, 3, 5), "IRNA"),
        ("BERLIN, 12.03.2022\n", "Berlin", date(2022, 3, 12), None),
        ("MOSCOW, March 30. /TASS/. ", "Moscow", date(2022, 3, 30), "TASS"),
        ("WASHINGTON, D.C. — ", "Washington", None, None),
        ("UNITED NATIONS (AP) — ", "United Nations", None, "AP"),
        ("The Hague (dpa) - ", "The Hague", None, "dpa"),
        ("RIYADH – March 5, 2023: ", "Riyadh", date(2023, 3, 5), None),
        ("PARIS, March 3, 2021 - ", "Paris", date(2021, 3, 3), None),
        ("DOHA (Reuters/AFP) - ", "Doha", None, "Reuters/AFP"),
        ("LONDON, (Reuters) - ", "London", None, "Reuters"),
        ("April 5 (UPI) -- ", None, date(2022, 4, 5), "UPI"),
        ("SANA'A, Yemen — ", "Sana'a", None, None),
        ("TOKYO, Dec 31 (Kyodo) - ", "Tokyo", date(2021, 12, 31), "Kyodo"),
    ],
)
def test_wire_forms(head: str, place: str | None, day: date | None, agency: str | None) -> None:
    text = head + "Senior " + REST
    reading = read(document_from_text(text, published=NEAR))
    dateline = reading.dateline
    assert dateline is not None
    assert (dateline.place, dateline.date, dateline.agency) == (place, day, agency)
    body = [b.span.of(text) for b in reading.blocks if b.kind is BlockKind.BODY]
    assert body == ["Senior " + REST]
    if dateline.place_span is not None and place is not None:
        assert dateline.place_span.of(text).lower().startswith(place.lower())
    if dateline.agency_span is not None:
        assert dateline.agency_span.of(text) == agency
    assert reading.published == (day or NEAR)
    assert reading.published_from == ("dateline" if day else "option")


@pytest.mark.parametrize(
    "head",
    [
        "PARIS, le 5 mars - The ",
        "NATO — The alliance's ",
        "PUTIN: We will wait until ",
        "Russia — The biggest supplier — said ",
        "Iran, Russia and Syria: The three ",
        "President Putin (Russia) – He said ",
        "On March 3, 2022 - The ",
        "BREAKING: The ",
        "“We will not,” he said — and the ",
        "Russia: Moscow said the ",
        "Talks in Geneva — the third round — began as ",
        "Germany, which borders Poland - and others - said ",
    ],
)
def test_body_text_is_never_eaten(head: str) -> None:
    text = head + REST
    reading = read(document_from_text(text, published=NEAR))
    assert reading.dateline is None
    assert [b.span.of(text) for b in reading.blocks] == [text]


def test_day_without_year_and_without_any_other_date_stays_open() -> None:
    reading = read(document_from_text("ROME, May 4 (ANSA) - Senior " + REST))
    assert reading.dateline is not None
    assert reading.dateline.date is None
    assert reading.dateline.date_span is not None
    assert reading.dateline.date_span.of(reading.document.text) == "May 4"
    assert reading.published is None


def test_order_of_dates_and_publishers() -> None:
    text = "ROME, May 4, 2021 (AFP) - Senior " + REST
    document = document_from_text(
        text, published=NEAR, published_by_metadata=date(2021, 5, 6), publisher="Daily"
    )
    reading = read(document)
    assert (reading.published, reading.published_from) == (date(2021, 5, 4), "dateline")
    assert (reading.publisher, reading.publisher_from) == ("Agence France-Presse", "dateline")
    plain = document_from_text(
        "Senior " + REST, published=NEAR, published_by_metadata=date(2021, 5, 6), publisher="Daily"
    )
    reading = read(plain)
    assert (reading.published, reading.published_from) == (date(2021, 5, 6), "metadata")
    assert (reading.publisher, reading.publisher_from) == ("Daily", "metadata")


def test_dateline_below_title_and_byline() -> None:
    text = (
        "Ministers open border talks\nBy Maria Lindqvist\nOSLO, 3 May 2020 (NTB) - Senior " + REST
    )
    reading = read(document_from_text(text))
    assert [b.kind.value for b in reading.blocks] == ["title", "boilerplate", "dateline", "body"]
    assert reading.published == date(2020, 5, 3)
    assert reading.publisher == "NTB"


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Published: 30 March 2023", date(2023, 3, 30)),
        ("March 30, 2023", date(2023, 3, 30)),
        ("Thursday, March 30, 2023", date(2023, 3, 30)),
        ("Updated on 2023-03-30 14:05", date(2023, 3, 30)),
        ("Published 30 Mar 2023 10:15 GMT", date(2023, 3, 30)),
        ("Posted on: March 30th, 2023 | 10:15 am", date(2023, 3, 30)),
        ("30.03.2023", date(2023, 3, 30)),
        ("March 30, 2023 was the day of the talks", None),
        ("The two met on March 30, 2023.", None),
        ("March", None),
    ],
)
def test_published_line(line: str, day: date | None) -> None:
    assert read_published_line(line, load_layout_words(), None) == day


def test_published_line_counts_as_metadata() -> None:
    text = "Ministers open border talks\nPublished: March 30, 2023\n\nSenior " + REST
    reading = read(document_from_text(text, published=NEAR))
    assert (reading.published, reading.published_from) == (date(2023, 3, 30), "metadata")
    assert [b.kind.value for b in reading.blocks] == ["title", "boilerplate", "body"]
