"""Bytes to documents: encodings, pages, and what is refused."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dragoman.errors import InputError
from dragoman.ingest import HtmlReader, document_from_text, read_source
from dragoman.ingest.encodings import decode
from dragoman.ingest.files import document_id
from dragoman.ingest.html import looks_like_html
from dragoman.ingest.html_worker import json_ld_date

WESTERN = (
    "The envoy of Türkiye met the minister in São Paulo on Monday. “We will sign,” he said – "
    "and the café meeting went on. Côte d’Ivoire sent an observer to the talks in Düsseldorf."
)
LATIN = "The envoy met President Muñoz in Bogotá. The café talks in Düsseldorf went on. "
RUSSIAN = (
    "Министр иностранных дел России встретился в Москве с министром иностранных дел Ирана. "
    "Стороны обсудили сотрудничество двух стран и положение в регионе. Переговоры прошли "
    "в тёплой обстановке, сообщило министерство в понедельник."
)
CHINESE = (
    "中国外交部长星期一在北京会见了俄罗斯外交部长。双方讨论了两国关系和地区局势。"
    "两国同意加强经济合作，并将于下个月签署协议。发言人说，会谈是友好的。"
)
PAGE = """<!DOCTYPE html><html lang="en"><head>
<title>Lima and Quito sign border pact - Andes Post</title>
<meta property="og:site_name" content="Andes Post">
<meta property="og:title" content="Lima and Quito sign border pact">
<link rel="canonical" href="https://andespost.example/world/pact">
<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle",
"headline":"Lima and Quito sign border pact","datePublished":"2021-06-04T08:00:00+02:00"}</script>
</head><body><nav><a href="/">Home</a><a href="/w">World</a></nav><article>
<h1>Lima and Quito sign border pact</h1>
<p>Peru and Ecuador signed a border agreement on Friday after two years of talks in Lima.</p>
<p>The foreign ministers of the two countries praised the deal, which opens three crossings.</p>
<p>Chile, which had mediated, said it would send observers to the first of them in July.</p>
</article><footer>Copyright 2021 Andes Post</footer></body></html>"""


@pytest.fixture(scope="module")
def reader() -> Iterator[HtmlReader]:
    with HtmlReader() as made:
        yield made


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (WESTERN, "utf-8"),
        (WESTERN, "utf-8-sig"),
        (WESTERN, "utf-16"),
        (WESTERN, "utf-16-le"),
        (WESTERN, "utf-16-be"),
        (WESTERN, "utf-32"),
        (WESTERN, "cp1252"),
        (LATIN, "latin-1"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "utf-8"),
        (CHINESE, "gb18030"),
    ],
)
def test_encodings(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "a.txt") == text


def test_utf16_of_the_other_end_with_mark() -> None:
    assert decode(b"\xfe\xff" + WESTERN.encode("utf-16-be"), "a.txt") == WESTERN


def test_few_damaged_bytes_do_not_change_the_encoding() -> None:
    data = WESTERN.encode() + b" end \xff of text"
    assert decode(data, "a.txt") == WESTERN + " end \ufffd of text"


def test_crlf_stays() -> None:
    assert decode(b"One.\r\nTwo.\r\n", "a.txt") == "One.\r\nTwo.\r\n"


def test_single_nul_is_text() -> None:
    data = b"The two sides met." + b"\0" + b" They signed."
    assert decode(data, "a.txt") == "The two sides met.\0 They signed."


def test_lone_surrogate_is_replaced_one_for_one() -> None:
    assert document_from_text("Oslo \ud83d met Riga.").text == "Oslo \ufffd met Riga."


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", b" \n\t\r\n ", "empty"),
        ("dots.txt", b"... -- ...", "empty"),
        ("image.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "binary"),
        ("report.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "binary"),
        ("noise.txt", bytes(range(1, 32)) * 40, "binary"),
        ("zeros.txt", b"\0" * 500, "binary"),
    ],
)
def test_refused_files(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_source(file)
    assert caught.value.reason == reason
    assert caught.value.source == str(file)


def test_missing_and_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_source(tmp_path / "none.txt")
    assert caught.value.reason == "missing"
    with pytest.raises(InputError) as caught:
        read_source(tmp_path)
    assert caught.value.reason == "directory"


def test_too_large(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("word " * 100)
    with pytest.raises(InputError) as caught:
        read_source(file, limit_bytes=499)
    assert caught.value.reason == "too-large"
    assert read_source(file, limit_bytes=500).text == "word " * 100


def test_standard_input_and_options() -> None:
    document = read_source(
        "-",
        stdin=io.BytesIO("Oslo and Riga signed.".encode("utf-16")),
        published=date(2020, 2, 3),
        publisher="Fjord Wire",
    )
    assert document.text == "Oslo and Riga signed."
    assert document.source == "-"
    assert document.published_by_option == date(2020, 2, 3)
    assert document.publisher == "Fjord Wire"


def test_id_depends_on_words_and_address_alone() -> None:
    plain = document_id("Oslo met Riga.\n\nThey signed.")
    assert plain == document_id("Oslo  met Riga.\r\nThey signed.\n")
    assert len(plain) == 17
    assert plain[0] == "d"
    assert plain != document_id("Oslo met Riga. They agreed.")
    one = document_id("a", "https://News.example/x/?utm_source=rss&id=4#top")
    assert one == document_id("a", "https://news.example/x?id=4")
    assert one != document_id("a", "https://news.example/x?id=5")


def test_long_single_line() -> None:
    text = "The ministers met. " * 60_000
    assert document_from_text(text).text == text


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        (PAGE, "x.txt", True),
        ("<div><p>Lima met Quito.</p>", "page.html", True),
        ("Lima met Quito.", "page.html", False),
        ("<b>Lima</b> met Quito.", "a.txt", False),
        ("Trade is < 5% and > 3% of output.", "a.txt", False),
    ],
)
def test_looks_like_html(text: str, source: str, expected: bool) -> None:
    assert looks_like_html(text, source) is expected


def test_page(tmp_path: Path, reader: HtmlReader) -> None:
    file = tmp_path / "pact.html"
    file.write_text(PAGE)
    document = read_source(file, html=reader)
    assert "signed a border agreement on Friday" in document.text
    assert "Copyright" not in document.text
    assert document.title == "Lima and Quito sign border pact"
    assert document.published_by_metadata == date(2021, 6, 4)
    assert document.publisher == "Andes Post"
    assert document.language == "en"
    assert document.url == "https://andespost.example/world/pact"


def test_page_by_content_without_suffix(reader: HtmlReader) -> None:
    document = read_source("-", stdin=io.BytesIO(PAGE.encode()), html=reader, publisher="Other")
    assert document.publisher == "Other"


def test_broken_page(reader: HtmlReader) -> None:
    broken = (
        "<html><body><div><p>Kenya recalled its ambassador to Somalia on Tuesday over a dispute."
        "<p>Somalia said it <b>regretted the decision & would respond.<div></span></p>"
        "<table><tr><td><p>The two countries share a border</html"
    )
    assert "Kenya recalled its ambassador" in reader.read(broken).text


def test_page_without_text(reader: HtmlReader) -> None:
    with pytest.raises(InputError) as caught:
        reader.read("<html><head><script>var a = 1;</script></head><body></body></html>")
    assert caught.value.reason == "html-without-text"


def test_slow_page_is_killed_and_the_reader_lives_on() -> None:
    with HtmlReader(seconds=0.02) as quick:
        with pytest.raises(InputError) as caught:
            quick.read("<html><body>" + "<div><p>word word" * 40_000)
        assert caught.value.reason == "html-hang"
        quick._seconds = 30
        assert "border agreement" in quick.read(PAGE).text


def test_reader_serves_threads(reader: HtmlReader) -> None:
    found: list[str | None] = []

    def work() -> None:
        found.append(reader.read(PAGE).title)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Lima and Quito sign border pact"] * 4


def test_json_ld_date_of_the_article_counts_first() -> None:
    page = (
        '<script type="application/ld+json">[{"@type":"WebPage","datePublished":"2019-01-01"},'
        '{"@graph":[{"@type":"NewsArticle","datePublished":"2020-05-06T23:30:00Z"}]}]</script>'
        '<script type="application/ld+json">{broken</script>'
    )
    assert json_ld_date(page, date(2022, 1, 1)) == date(2020, 5, 6)
    assert json_ld_date(page, date(2019, 6, 1)) == date(2019, 1, 1)
    assert json_ld_date("<p>none</p>", date(2022, 1, 1)) is None
