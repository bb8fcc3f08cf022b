"""Every format that ingest reads, and what becomes of what it cannot read."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sources as make
from dragoman.archive.sources import jobs, locations, read_columns, user_hints
from dragoman.errors import ConfigError, InputError
from dragoman.ingest.context import DEFAULT_COLUMNS
from dragoman.ingest.pool import Item, Job, Pool
from dragoman.ingest.readers import feed
from dragoman.ingest.readers.pdf import joined, unwrap, without_running_heads
from dragoman.ingest.units import Limits, Unit, day
from dragoman.store import Run, Store
from reports import rich_report

STORY = make.STORY
LIMITS = Limits(
    seconds=6, unit_bytes=2_000_000, nested_bytes=4_000_000, ratio_from=1_000_000, members=50
)


@pytest.fixture(scope="module")
def pool():
    with Pool(LIMITS) as opened:
        yield opened


@pytest.fixture
def read(pool):
    """Return a function that reads bytes under a name and gives the outcomes."""

    def call(name: str, data: bytes, columns=DEFAULT_COLUMNS, **hints: str):
        job = Job((Item(name, data),), hints, columns)
        return list(pool.outcomes([job], lambda keys: set()))

    return call


def documents(outcomes):
    return [document for outcome in outcomes for document in outcome.documents]


def reasons(outcomes):
    return [(o.source, o.aside.rejected.reason) for o in outcomes if o.aside is not None]


def parquet(**columns: list[str]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def table(delimiter: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([["headline", "content", "date"], ["Talks", STORY, "2024-05-04"]])
    return out.getvalue().encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", STORY.encode()),
        ("a.txt.gz", make.gzipped(STORY.encode())),
        ("a.html", make.page()),
        ("a", make.page()),
        ("a.eml", make.mail()),
        ("a", make.mail()),
        ("a.eml", make.mail(html=True)),
        ("a.eml", make.mail(attach=b"%PDF-1.4")),
        ("a.mbox", make.mbox(STORY)),
        ("a.xml", make.newsml()),
        ("a.xml", make.nitf()),
        ("a.xml", make.rss(("Talks", "https://times.example/1", STORY))),
        ("a.atom", make.atom()),
        ("a.warc.gz", make.warc(make.page())),
        ("a.warc", make.warc(make.page(), packed=False)),
        ("a.jsonl", make.rows(STORY)),
        ("a.jsonl.gz", make.gzipped(make.rows(STORY))),
        ("a.json", b"[" + make.rows(STORY) + b"]"),
        ("a.json", make.rows(STORY)),
        ("a.csv", table(",")),
        ("a.csv", table(";")),
        ("a.tsv", table("\t")),
        ("a.parquet", parquet(content=[STORY], date=["2024-05-04"])),
        ("a.zip", make.zipped(**{"in/a.txt": STORY.encode()})),
        ("a.zip", make.zipped(**{"a.jsonl": make.rows(STORY)})),
        ("a.tar", make.tarred(**{"a.html": make.page()})),
        ("a.tar.gz", make.gzipped(make.tarred(**{"a.mbox": make.mbox(STORY)}))),
        ("a.pdf", make.pdf(*STORY.replace(", and", "\n, and").split("\n"))),
    ],
)
def test_formats(read, name, data):
    outcomes = read(name, data)
    assert reasons(outcomes) == []
    (document,) = documents(outcomes)
    words = " ".join(document.text.split()).replace(" , and", ", and")
    assert words.removeprefix("Ministers meet in Nairobi ") == " ".join(STORY.split())
    assert document.source.startswith(name)
    if not name.startswith("a.txt") and name not in {"a.zip"}:
        assert document.published_by_metadata == date(2024, 5, 4)


def test_what_a_source_says_about_a_report(read):
    told = {}
    for name, data in {
        "page": make.page(),
        "mail": make.mail(),
        "newsml": make.newsml(),
        "nitf": make.nitf(),
        "rss": make.rss(("Talks &amp; trade", "https://times.example/1", STORY)),
        "warc": make.warc(make.page()),
    }.items():
        (document,) = documents(read(name, data))
        told[name] = (document.title, document.publisher, document.url, document.language)
    assert told == {
        "page": ("Ministers meet in Nairobi", "Sample Times", None, "en"),
        "mail": ("Ministers meet", "Sample Desk", None, None),
        "newsml": ("Talks open", "Sample Agency", None, "en"),
        "nitf": ("Talks open", "Sample Agency", None, None),
        "rss": ("Talks & trade", "Sample Times", "https://times.example/1", "en"),
        "warc": ("Ministers meet in Nairobi", "Sample Times", "https://sample.example/1", "en"),
    }


def test_the_users_day_and_publisher(read):
    hints = user_hints(date(2024, 5, 1), "Mine")
    (document,) = documents(read("a.html", make.page(), **hints))
    assert (document.published_by_option, document.publisher) == (date(2024, 5, 1), "Mine")


def test_columns_of_the_user(read, tmp_path):
    path = tmp_path / "columns.toml"
    path.write_text('[columns]\ntext = "doc.words"\ntitle = ["kop", "titel"]\n')
    columns = read_columns(path)
    line = json.dumps({"doc": {"words": STORY}, "titel": "Talks", "link": "https://x.example/1"})
    (document,) = documents(read("a.jsonl", line.encode(), columns))
    assert (document.text, document.title, document.url) == (STORY, "Talks", "https://x.example/1")
    assert reasons(read("a.jsonl", line.encode())) == [("a.jsonl#1", "no-text-column")]
    path.write_text("[columns]\nbody = 3\n")
    with pytest.raises(ConfigError, match="'body'"):
        read_columns(path)
    path.write_text("[columns]\ntext = 3\n")
    with pytest.raises(ConfigError, match="text must be"):
        read_columns(path)


@pytest.mark.parametrize(
    ("name", "data", "links"),
    [
        ("a.xml", make.sitemap("https://x.example/1", "https://x.example/2"), 2),
        ("a.txt", b"https://x.example/1\n\nhttp://x.example/2\n", 2),
        ("list.urls", b"# ours\nhttps://x.example/1\n", 1),
        ("a.xml", make.rss(("Talks", "https://times.example/1", STORY)), 1),
    ],
)
def test_links(read, name, data, links):
    (outcome,) = read(name, data)
    assert len(outcome.links) == links


def test_no_address_of_a_long_list_is_lost(read):
    lines = [f"https://x.example/{n}" for n in range(25_000)]
    outcomes = read("a.urls", "\n".join(lines).encode())
    assert [outcome.source for outcome in outcomes] == ["a.urls", "a.urls#10001", "a.urls#20001"]
    assert [link.url for outcome in outcomes for link in outcome.links] == lines
    long = make.sitemap(*(f"https://x.example/{n}" for n in range(LIMITS.links + 1)))
    assert reasons(read("a.xml", long)) == [("a.xml", "too-large")]


def test_a_broken_record_costs_only_itself(read):
    good, bad = make.rows(STORY), b'{"body": "x\n'
    outcomes = read("a.jsonl", good + bad + b"[1]\n" + good)
    assert reasons(outcomes) == [("a.jsonl#2", "json-broken"), ("a.jsonl#3", "json-broken")]
    assert len(documents(outcomes)) == 2
    assert outcomes[1].aside.data == bad.strip()


@pytest.mark.parametrize("cut", [3, 40, 200])
@pytest.mark.parametrize("packed", [True, False])
def test_a_cut_off_archive_is_told(read, cut, packed):
    whole = make.warc(
        make.page(), make.page(STORY + " Two."), make.page(STORY + " 3."), packed=packed
    )
    outcomes = read("a.warc", whole[:-cut] if packed else whole[: -cut - 4])
    # Cut inside the checksum, the last page is whole; the cut is told all the same.
    assert len(documents(outcomes)) == (3 if packed and cut == 3 else 2)
    assert [reason for _, reason in reasons(outcomes)] == ["truncated"]


@pytest.mark.parametrize("size", [15, 100, 200])
def test_a_cut_off_file_is_no_report(read, size):
    data = make.gzipped(STORY.encode())[:size]
    assert reasons(read("a.txt.gz", data)) == [("a.txt.gz", "truncated")]
    assert [r for _, r in reasons(read("a.gz", data[:-5] + b"\xff" * 5))] != []


def test_every_cut_of_every_format_ends_well(read):
    """A source that ends anywhere gives reports or reasons, never an error of the reader."""
    whole = {
        "a.zip": make.zipped(a=STORY.encode(), b=make.page()),
        "a.tar": make.tarred(a=STORY.encode(), b=make.page()),
        "a.pdf": make.pdf(STORY),
        "a.parquet": parquet(content=[STORY]),
        "a.xml": make.newsml(),
        "b.xml": make.rss(("Talks", "https://times.example/1", STORY)),
        "a.mbox": make.mbox(STORY, STORY),
        "a.csv": table(","),
        "a.warc.gz": make.warc(make.page()),
    }
    for name, data in whole.items():
        for cut in range(1, 10):
            outcomes = read(name, data[: len(data) * cut // 10])
            assert outcomes, (name, cut)
            broken = [reason for _, reason in reasons(outcomes) if reason in {"broken", "crash"}]
            assert broken == [], (name, cut)


def bomb(size: int) -> bytes:
    return gzip.compress(bytes(size), mtime=0)


def zip_with(name: str, data: bytes = b"The minister met the envoy.", mode: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<rss><channel><item><title>&b;</title></item></channel></rss>"
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE newsItem [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    b"<newsItem><inlineXML><p>&x;</p></inlineXML></newsItem>"
)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("bomb.txt.gz", bomb(30_000_000), "bomb"),
        ("bomb.jsonl.gz", bomb(30_000_000), "bomb"),
        ("bomb.warc.gz", gzip.compress(b"WARC/1.0\r\n" + bytes(30_000_000)), "bomb"),
        ("bomb.zip", zip_with("a.txt", bytes(3_000_000)), "bomb"),
        ("large.zip", zip_with("a.txt", bytes(5_000_000)), "too-large"),
        ("deep.gz", gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"x"))))
         , "nested-too-deep"),
        ("many.zip", make.zipped(**{f"{n}.txt": b"Talks." for n in range(51)}), "too-many-members"),
        ("up.zip", zip_with("../../etc/passwd"), "archive-path"),
        ("root.zip", zip_with("/etc/passwd"), "archive-path"),
        ("drive.zip", zip_with("C:\\x\\y"), "archive-path"),
        ("link.zip", zip_with("a", b"/etc/passwd", 0o120777), "archive-link"),
        ("laughs.xml", LAUGHS, "xml-entities"),
        ("laughs16.xml", LAUGHS.decode().encode("utf-16"), "xml-entities"),
        ("outside.xml", OUTSIDE, "xml-entities"),
        ("broken.xml", make.newsml()[:-30], "xml-broken"),
        ("killed.xml", make.newsml(status="stat:canceled"), "withdrawn"),
        ("line.txt", b"talks " * 400_000, "too-large"),
        ("line.jsonl", b'{"text": "' + b"talks " * 400_000 + b'"}\n', "too-large"),
        ("deep.jsonl", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json-broken"),
        ("empty.txt", b"  \n", "empty"),
        ("nul.bin", bytes(5000), "binary"),
        ("noise.bin", bytes(range(256)) * 40, "binary"),
        ("locked.pdf", b"%PDF-1.4\ngarbage", "pdf-broken"),
        ("picture.pdf", make.pdf(), "pdf-without-text"),
        ("x.xz", b"\xfd7zXZ\x00 and more", "binary"),
        ("row.csv", b"text,title\nTalks,a,b,c\n", "csv-broken"),
        ("none.html", b"<html><body><div></div></body></html>", "html-without-text"),
    ],
)  # fmt: skip
def test_hostile_and_broken_sources_are_set_aside(read, name, data, reason):
    outcomes = read(name, data)
    assert documents(outcomes) == []
    assert [found for _, found in reasons(outcomes)] == [reason]
    # The next source is read all the same.
    assert len(documents(read("a.txt", STORY.encode()))) == 1


def test_members_are_counted_over_archives_in_one_another(read):
    inner = make.zipped(**{f"{n}.txt": b"Talks %d." % n for n in range(20)})
    outcomes = read("a.zip", make.zipped(**{f"{n}.zip": inner for n in range(3)}))
    assert reasons(outcomes) == [("a.zip!2.zip", "too-many-members")]
    assert len(documents(outcomes)) == 40
    # The next source begins anew.
    assert len(read("b.zip", inner)) == 20


def test_a_record_that_the_crawler_cut_off_is_no_report(read):
    data = make.warc(make.page(), make.page(make.STORY + " They met twice."), packed=False)
    first, mark, second = data.partition(b"WARC/1.0\r\n" if data[:8] == b"WARC/1.0" else b"WARC/")
    assert (first, mark) == (b"", b"WARC/1.0\r\n")
    outcomes = read("a.warc", mark + b"WARC-Truncated: length\r\n" + second)
    assert reasons(outcomes) == [("a.warc#1", "truncated")]
    assert len(documents(outcomes)) == 1


AROUND = (
    "<div><p>We and our 80 partners use cookies to store information.</p></div><article><h1>Talks"
    "</h1><p>{}</p><p>{}</p><p>Subscribe to continue reading</p><p>You’ve reached your limit of "
    "free articles. Already a subscriber? Log in.</p><p>Sign up to our weekly letter.</p></article>"
)


def test_walls_of_payment_and_banners_are_no_text(read):
    said = [
        "Peru met Chile in Lima on Friday; both ministers subscribe to one text, they said.",
        "The minister said that sites which use cookies will need a licence from the regulator.",
    ]
    page = f"<html><head><title>Talks</title></head><body>{AROUND.format(*said)}</body></html>"
    (document,) = documents(read("a.html", page.encode()))
    assert document.text.split("\n")[-2:] == said
    # A page that is nothing but a wall is no report.
    wall = "<html><body><article><p>Subscribe to continue reading.</p></article></body></html>"
    assert reasons(read("b.html", wall.encode())) == [("b.html", "html-without-text")]


FORWARDED = """Worth a look.

---------- Forwarded message ---------
From: Balkan Brief <brief@bb.example>
Date: Fri, 3 May 2024 at 08:00
Subject: Serbia and Croatia
To: Desk <desk@sample.example>

Serbia summoned the ambassador of Croatia on Friday <https://t.example/x?u=1>.

Read more: https://t.example/y?u=1
You are receiving this because you asked for it.
"""
ANSWER = """Croatia denied it today.

On Fri, 3 May 2024, Balkan Brief
<brief@bb.example> wrote:

> Serbia summoned the ambassador of Croatia.
>> And more.
-- 
Jane Doe, Desk
"""


@pytest.mark.parametrize(
    ("body", "text", "told"),
    [
        (FORWARDED, "Serbia summoned the ambassador of Croatia on Friday.",
         ("Serbia and Croatia", "Balkan Brief", date(2024, 5, 3))),
        (ANSWER, "Croatia denied it today.", ("Ministers meet", "Sample Desk", date(2024, 5, 4))),
        ("Peru said on Monday:\nChile wrote:\nno.", "Peru said on Monday:\nChile wrote:\nno.",
         ("Ministers meet", "Sample Desk", date(2024, 5, 4))),
    ],
)  # fmt: skip
def test_a_message_says_its_own_words(read, body, text, told):
    (document,) = documents(read("a.eml", make.mail(body)))
    assert document.text == text
    assert (document.title, document.publisher, document.published_by_metadata) == told


@pytest.mark.parametrize("clock", ["10:00:00 +99999999999999", "99999999999999999999:00:00 +0000"])
def test_a_time_beyond_every_clock_does_not_cost_the_message(read, clock):
    data = make.mail().replace(b"10:00:00 +0000", clock.encode())
    assert clock.encode() in data
    (document,) = documents(read("a.eml", data))
    assert document.text == documents(read("a.eml", make.mail()))[0].text
    assert document.published_by_metadata == date(2024, 5, 4)


def test_running_heads_of_a_pdf_and_parted_words():
    places = ("Lima", "Oslo", "Riga")
    body = [
        f"Envoys in {place} held nego-\ntiations in {place} on Friday, and the" for place in places
    ]
    pages = [
        f"Ministry of Foreign Affairs\n{n}\n\n{words}\nRelease 14/2024 - {n} of 3\n"
        for n, words in enumerate(body, start=1)
    ]
    assert without_running_heads(pages) == body
    first = "Envoys in Lima held negotiations in Lima on Friday, and the"
    assert joined([unwrap(body[0]), "two agreed.", "Then they left."]) == (
        f"{first} two agreed.\nThen they left."
    )
    alone = ["Talks open.\nPeru met Chile."]
    assert without_running_heads(alone) == alone


def test_a_json_feed(read):
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "Sample Times", "language": "en",
        "items": [
            {"id": "1", "url": "https://times.example/1", "title": "Talks",
             "content_html": f"<p>{STORY}</p>", "date_published": "2024-05-04T10:00:00Z",
             "authors": [{"name": "Jane Doe"}]},
            "broken",
            {"id": "2", "content_text": "Peru met Chile."},
        ],
    }  # fmt: skip
    (outcome,) = read("feed", json.dumps(feed).encode())
    first, second = outcome.documents
    assert (first.title, first.author, first.publisher) == ("Talks", "Jane Doe", "Sample Times")
    assert (first.published_by_metadata, second.text) == (date(2024, 5, 4), "Peru met Chile.")
    assert [link.url for link in outcome.links] == ["https://times.example/1"]


def test_who_wrote_it(read):
    row = json.dumps({"text": STORY, "authors": ["Jane Doe", "John Roe"]}).encode()
    head = b"<title>T</title>"
    page = make.page().replace(b"<title>", b'<meta name="author" content="Jane Doe"><title>')
    assert head not in page
    agency = make.newsml().replace(b"<headline>", b"<by>By Jane Doe</by><headline>")
    data = {"a.jsonl": row, "a.html": page, "a.xml": agency, "a.txt": STORY.encode()}
    found = [documents(read(name, content))[0].author for name, content in data.items()]
    assert found == ["Jane Doe, John Roe", "Jane Doe", "Jane Doe", None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-04T10:00:00Z", "2024-05-04"),
        ("20240504", "2024-05-04"),
        ("2024/5/4", "2024-05-04"),
        ("2024.05.04", "2024-05-04"),
        ("4.5.2024", "2024-05-04"),
        ("04/05/2024", None),
        ("24/05/2024", "2024-05-24"),
        ("05/24/2024", "2024-05-24"),
        ("5/5/2024", "2024-05-05"),
        ("4 May 2024", "2024-05-04"),
        ("Saturday, 4th May, 2024 10:00", "2024-05-04"),
        ("May 4, 2024", "2024-05-04"),
        ("Sept. 14 2023", "2023-09-14"),
        ("04-May-2024", "2024-05-04"),
        ("31/02/2024", None),
        ("2024/13/45", None),
        ("soon", None),
    ],
)
def test_days_as_people_write_them(text, expected):
    assert day(text, date(2025, 1, 1)) == expected


def test_odd_characters_are_kept_and_lone_surrogates_replaced(read):
    text = "Talks\0 in \u202eOslo\u202c met Riga."
    (document,) = documents(read("a.txt", text.encode()))
    assert document.text == text
    (row,) = documents(read("a.jsonl", b'{"text": "Oslo \\ud83d met Riga."}'))
    assert row.text == "Oslo \ufffd met Riga."


def test_a_damaged_character_does_not_cost_the_report(read):
    text = b"Peru met Chile in Lima on Friday, and both ministers praised the " * 5
    (document,) = documents(read("a.txt", text + b"\xed\xa0\x80 talks."))
    assert document.text == text.decode() + "\ufffd\ufffd\ufffd talks."


def test_known_units_are_not_parsed(pool):
    job = Job((Item("a.jsonl", make.rows(STORY, STORY + " More.")),))
    first, second = pool.outcomes([job], lambda keys: set())
    again = list(pool.outcomes([job], lambda keys: {first.key}))
    assert [outcome.known for outcome in again] == [True, False]
    assert again[1] == second


def test_the_key_of_a_unit_depends_on_what_decides_its_outcome(read):
    keys = {
        read("a.txt", STORY.encode())[0].key,
        read("a.txt", STORY.encode(), publisher="Mine")[0].key,
        read("a.eml", STORY.encode())[0].key,
    }
    assert len(keys) == 3
    assert read("b.txt", STORY.encode())[0].key in keys


SLOW = b"<html><body>" + b"<p>a" * 400_000 + b"</body></html>"


def test_a_page_that_hangs_costs_only_itself():
    with Pool(replace(LIMITS, seconds=1.5, ratio=10**6)) as pool:
        members = {"a.txt": STORY.encode(), "slow.html": SLOW, "z.txt": STORY.encode() + b" End."}
        (job,) = [Job((Item("a.zip", make.zipped(**members)), Item("b.txt", STORY.encode())))]
        outcomes = list(pool.outcomes([job], lambda keys: set()))
    assert reasons(outcomes) == [("a.zip!slow.html", "hang")]
    assert len(documents(outcomes)) == 3
    (lost,) = [outcome.aside for outcome in outcomes if outcome.aside]
    assert lost.format == "html"
    assert lost.data is None  # larger than what is kept


def test_a_page_that_fills_the_memory_costs_only_itself():
    limits = replace(LIMITS, memory_bytes=400_000_000, unit_bytes=20_000_000, seconds=20)
    with Pool(limits) as pool:
        page = b"<html><body>" + b"<b><i x=1>" * 1_500_000 + b"</body></html>"
        job = Job((Item("big.html", page), Item("b.txt", STORY.encode())))
        outcomes = list(pool.outcomes([job], lambda keys: set()))
    assert len(documents(outcomes)) == 1
    ((_, reason),) = reasons(outcomes)
    assert reason in {"too-large", "crash", "html-without-text", "hang"}


def test_locations(tmp_path, monkeypatch):
    for name in ("b/2.txt", "b/1.txt", "b/.hidden", "b/.git/config", "a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Talks.")
    monkeypatch.chdir(tmp_path)
    assert list(locations(["b", "*.txt", "none.txt", "s3://x/y"])) == [
        "b/1.txt", "b/2.txt", "a.txt", "none.txt", "s3://x/y",
    ]  # fmt: skip
    assert list(locations(["*.none"])) == ["*.none"]  # told as missing, not passed over
    made = list(jobs(["b/1.txt", "none.txt"], {}, DEFAULT_COLUMNS))
    assert [item.name for job in made for item in job.items] == ["b/1.txt", "none.txt"]


def test_a_store_is_no_source(tmp_path, monkeypatch):
    with Store.open(tmp_path / "news.duckdb") as store:
        store.add([rich_report(1)], Run.begin("test"))
    (tmp_path / "news.duckdb.watch.json").write_text("{}")
    (tmp_path / "a.txt").write_text("Talks.")
    (tmp_path / "b.segments").mkdir()
    (tmp_path / "b.segments" / "c.txt").write_text("Talks.")
    monkeypatch.chdir(tmp_path)
    assert list(locations(["."])) == ["./a.txt", "./b.segments/c.txt"]
    assert list(locations(["*"])) == ["a.txt"]
    assert list(locations(["news.duckdb.segments/*"])) == []
    assert list(locations(["news.duckdb"])) == ["news.duckdb"]  # what the user names is tried


def test_standard_input_has_a_limit(monkeypatch):
    data = io.BytesIO(bytes(200_000_001))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=data))
    with pytest.raises(InputError, match="save it as a file"):
        list(jobs(["-"], {}, DEFAULT_COLUMNS))


@pytest.mark.parametrize("name", ["2024-05-04T10:00.txt", "5: talks.txt", ".", "a/./b"])
def test_harmless_names_of_members(read, name):
    assert len(documents(read("a.zip", zip_with(name)))) == 1


def test_members_packed_in_other_ways(read):
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("a.txt", STORY * 20)
            archive.writestr("b.txt", STORY)
        data = bytearray(out.getvalue())
        assert len(documents(read("a.zip", bytes(data)))) == 2
        data[60:120] = bytes(60)  # inside the first member
        outcomes = read("a.zip", bytes(data))
        assert [source for source, _ in reasons(outcomes)] == ["a.zip!a.txt"]
        assert len(documents(outcomes)) == 1


def test_a_member_without_a_name(read):
    """Found by fuzzing: it cost the rest of the archive."""
    data = make.zipped(a=b"Talks.", b=STORY.encode())
    entry = data.index(b"PK\1\2")
    name = entry + 46
    assert data[name : name + 1] == b"a"
    end = data.index(b"PK\5\6")
    size = int.from_bytes(data[end + 12 : end + 16], "little") - 1
    data = (
        data[: entry + 28] + bytes(2) + data[entry + 30 : name] + data[name + 1 : end + 12]
        + size.to_bytes(4, "little") + data[end + 16 :]
    )  # fmt: skip
    outcomes = read("a.zip", data)
    assert reasons(outcomes) == [("a.zip!", "zip-broken")]
    assert len(documents(outcomes)) == 1


def test_a_broken_page_tree(read):
    """Found by fuzzing: the library meets what it does not expect in many ways."""
    data = make.pdf(STORY).replace(b"/Parent 2 0 R", b"/Parent 9 0 R")
    data = data.replace(b"/MediaBox[0 0 612 792]", b"").replace(b"/Resources", b"/Resourcez")
    assert reasons(read("a.pdf", data)) == [("a.pdf", "pdf-broken")]


def test_a_web_archive_without_an_address(read):
    whole = make.warc(make.page(), packed=False)
    data = re.sub(rb"WARC-Target-URI: [^\r]*\r\n", b"", whole)
    assert reasons(read("a.warc", data)) == [("a.warc#1", "warc-broken")]


def test_a_feed_with_empty_entries(read):
    """Found by fuzzing: an entry whose text only begins cost the whole feed."""
    data = make.atom().replace(b"<entry>", b"<entry><title/><content src='x'/></entry><entry>")
    assert len(documents(read("a.xml", data))) == 1


def test_a_feed_is_never_the_name_of_a_file(tmp_path, monkeypatch):
    # The library opens what it is given as a name first, if there is such a file.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "<rss>").write_bytes(make.rss(("Secret", "https://x.example/1", STORY)))
    with pytest.raises(InputError):
        list(feed.parse(Unit("a.xml", "feed", b"<rss>"), LIMITS))


def test_urls_of_file_systems(pool, tmp_path):
    (tmp_path / "a.txt").write_text(STORY)
    names = [
        f"file://{tmp_path}/a.txt",
        f"file://{tmp_path}/none.txt",
        "http://127.0.0.1:9/a",
        "simplecache::https://127.0.0.1/a",
        "nosuch://a/b",
        str(tmp_path),
        "/dev/zero",
    ]
    job = Job(tuple(Item(name) for name in names))
    outcomes = list(pool.outcomes([job], lambda keys: set()))
    assert len(documents(outcomes)) == 1
    assert [reason for _, reason in reasons(outcomes)] == [
        "missing", "protocol", "protocol", "unreadable", "directory", "unreadable",
    ]  # fmt: skip
