"""The web application without a browser: who may ask, what is answered, what is kept."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
import sqlite3
import threading
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.routing import APIRoute
from icalendar import Calendar
from starlette.testclient import TestClient

from dragoman.cli_serve import settings_of
from dragoman.errors import ConfigError
from dragoman.evaluation.gold import load_gold
from dragoman.exporting import formats
from dragoman.serving import (
    Settings,
    analysis_api,
    api,
    changes,
    downloads,
    exports,
    feeds,
    make_app,
    pages,
    reader,
    subjects,
    views,
)
from dragoman.serving.downloads import cell
from dragoman.serving.filters import Filter, FilterError
from dragoman.serving.library import Library
from dragoman.serving.rendering import safe_link
from dragoman.serving.search import Search, highlighted, match_of
from dragoman.serving.security import POLICY
from dragoman.store import Run, Selection, Store
from hostile import PAYLOADS, URLS, hostile_report
from reports import rich_report

RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
TOKEN = "a-token-of-some-length"
PAGES = (
    "/",
    "/events",
    "/events?q=shelling&type=ASSAULT&sort=score",
    "/map?points=1&arcs=1",
    "/network",
    "/agenda?kind=everything",
    "/dyads",
    "/dyads/BRA/KEN",
    "/dossiers",
    "/dossiers/country/PER",
    "/saved",
    "/corrections",
    "/help",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("serving") / "news.duckdb"
    with Store.open(path) as store:
        store.add([rich_report(number) for number in range(1, 8)], RUN)
    return path


def client_of(path, **settings):
    hosts = frozenset({"testserver", "127.0.0.1", "localhost"})
    settings = {"hosts": hosts, "author": "Ana", "watch": False, "rules_only": True, **settings}
    library = Library(path)
    library._fill_search()
    app = make_app(library, Settings(path, **settings))
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(path):
    with client_of(path) as opened:
        yield opened


@pytest.fixture
def own(tmp_path):
    """A store that a test may write to."""
    path = tmp_path / "own.duckdb"
    with Store.open(path) as store:
        store.add([rich_report(1), rich_report(2)], RUN)
    with client_of(path) as opened:
        opened.path = path
        yield opened


def routes():
    """Every address of the application with its methods."""
    parts = (analysis_api, api, changes, downloads, exports, feeds, pages, reader, subjects, views)
    return [r for part in parts for r in part.router.routes if isinstance(r, APIRoute)]


# -- who may ask -----------------------------------------------------------------------------


@pytest.mark.parametrize("address", [*PAGES, "/nowhere", "/api/nowhere", "/static/app.css"])
def test_every_answer_forbids_what_is_not_ours(client, address):
    answer = client.get(address, headers={"accept": "text/html"})
    assert answer.headers["content-security-policy"] == POLICY
    assert "'unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("address", PAGES)
def test_pages_hold_no_script_style_or_address_of_others(client, address):
    answer = client.get(address, headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)", answer.text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text)


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "", "10.0.0.1:8765"])
def test_another_host_name_is_refused_everywhere(client, host):
    for address in (*PAGES, "/api/events", "/static/app.css", "/login"):
        assert client.get(address, headers={"host": host}).status_code == 421


def test_a_token_is_asked_of_everything_but_the_login(path):
    with client_of(path, token=TOKEN) as client:
        asked = [route for route in routes() if route.path != "/login"]
        assert len(asked) > 30
        for route in asked:
            address = re.sub(r"\{[^}]*\}", "x", route.path)
            for method in route.methods:
                answer = client.request(method, address, follow_redirects=False)
                assert answer.status_code in {401, 303}, (method, address)
                if answer.status_code == 303:
                    assert answer.headers["location"].startswith("/login?next=")
        wrong = {"authorization": "Bearer a-token-of-some-lengti"}
        assert client.get("/api/events", headers=wrong).status_code == 401
        right = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/events", headers=right).status_code == 200
        assert client.get("/api/agenda.ics", auth=("any", TOKEN)).status_code == 200
        assert client.get("/api/agenda.ics", auth=("any", "x")).status_code == 401


def test_login_gives_a_session_and_a_name(path):
    with client_of(path, token=TOKEN) as client:
        form = {"token": "wrong", "name": "Ben", "next": "/events?type=AID"}
        assert client.post("/login", data=form).status_code == 403
        form["token"] = TOKEN
        answer = client.post("/login", data=form, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/events?type=AID")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert client.get("/events").status_code == 200
        for outside in ("//evil.example", "https://evil.example", "/\\evil.example", "x"):
            form["next"] = outside
            answer = client.post("/login", data=form, follow_redirects=False)
            assert answer.headers["location"] == "/"
        for _ in range(12):
            last = client.post("/login", data={**form, "token": "wrong"})
        assert last.status_code == 429


def test_a_forged_session_is_none(path):
    with client_of(path, token=TOKEN) as client:
        client.post("/login", data={"token": TOKEN})
        body, _, mark = client.cookies["dragoman_session"].strip('"').partition(".")
        for cookie in (f"{body}.{'0' * 64}", f"{body[:-2]}.{mark}", "x", "..", "é"):
            headers = {"cookie": f"dragoman_session={cookie}".encode()}
            client.cookies.clear()
            assert client.get("/events", headers=headers, follow_redirects=False).status_code == 303


WRITES = (
    ("/api/documents/{}/corrections", {"json": {"kind": "reviewed"}}),
    ("/saved", {"data": {"name": "x", "query": ""}}),
    ("/saved/abc/remove", {"data": {}}),
)


@pytest.mark.parametrize(("address", "body"), WRITES)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://testserver"},  # ours, but without the token of the page
        {"origin": "http://testserver", "x-csrf-token": "0" * 64},
        {"cookie": "dragoman_session=x"},
    ],
)
def test_writes_come_from_our_own_pages(own, address, body, headers):
    before = own.get("/api/status").json()
    address = address.format(rich_report(1).document.id)
    assert own.post(address, headers=headers, **body).status_code == 403
    assert own.get("/api/status").json() == before
    assert own.get("/api/searches").json() == []


def test_every_unsafe_route_checks_who_writes():
    from dragoman.serving.security import check_write

    unchecked = set()
    for route in routes():
        if route.methods - {"GET", "HEAD"}:
            calls = {dependency.call for dependency in route.dependant.dependencies}
            if check_write not in calls:
                unchecked.add(route.path)
    assert unchecked == {"/login", "/logout", "/api/code"}


def test_read_only_takes_nothing(path):
    with client_of(path, read_only=True) as client:
        for address, body in WRITES:
            answer = client.post(address.format("x"), **body)
            assert answer.status_code == 403
            assert "--read-only" in answer.json()["detail"]
        document = client.get(f"/documents/{rich_report(1).document.id}")
        assert "data-correct" not in document.text


def test_a_body_has_a_limit(client):
    headers = {"content-type": "application/json"}
    assert client.post("/api/code", content=b"x" * 1_000_001, headers=headers).status_code == 413

    def chunks():
        for _ in range(30):
            yield b"x" * 50_000

    answer = client.post("/api/code", content=chunks(), headers=headers)
    assert answer.status_code == 413


# -- what is asked ---------------------------------------------------------------------------


def test_a_filter_and_its_address_are_one():
    pairs = [
        ("q", "  two   words "),
        ("type", "CONSULT"),
        ("type", "AID"),
        ("dyad", "irn-aze"),
        ("after", "2024-01-02"),
        ("sort", "score"),
        ("unknown", "x"),
    ]
    wanted = Filter.parse(pairs)
    assert wanted.query() == (
        "q=two+words&type=AID&type=CONSULT&dyad=AZE-IRN&after=2024-01-02&sort=score"
    )
    assert Filter.parse(wanted.pairs()) == wanted
    assert wanted.toggled("type", "AID").chosen("type") == ("CONSULT",)
    assert wanted.sorted_by("score").descending


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("type", "WAR")], "type is one of"),
        ([("sort", "-nothing")], "sort is one of"),
        ([("after", "soon")], "after is a day"),
        ([("after", "2024-02-02"), ("before", "2024-01-01")], "earlier"),
        ([("dyad", "IRN")], "a dyad is"),
        ([("place", "a\0b")], "character"),
        ([("q", "x" * 501)], "too long"),
        ([("actor", "IRN")] * 41, "at most 40"),
        ([("background", "maybe")], "background"),
    ],
)
def test_what_cannot_be_asked_is_told(client, pairs, message):
    with pytest.raises(FilterError, match=message):
        Filter.parse(pairs)
    answer = client.get("/api/events", params=pairs)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    page = client.get("/events", params=pairs, headers={"accept": "text/html"})
    assert page.status_code == 400
    assert 'href="/events"' in page.text


def test_values_are_never_sql(client):
    everything = client.get("/api/events").json()["total"]
    for text in ("'", "' OR '1'='1", "'); DROP TABLE pages.rows; --", '"', "\\", "%", "$1", "?"):
        for name in ("place", "source", "actor", "speaker", "attribution", "q", "country"):
            answer = client.get("/api/events", params={name: text})
            assert answer.status_code == 200
            assert name == "q" or answer.json()["total"] == 0
    assert client.get("/api/events").json()["total"] == everything == 28


def test_facets_count_what_choosing_them_gives(client):
    chosen = {"status": "actual", "actor": "PER"}
    facets = client.get("/api/facets", params=chosen).json()
    assert {v["value"]: v["count"] for v in facets["status"]} == {"actual": 7}
    assert {v["value"] for v in facets["actor"]} == {"BRA", "PER"}
    for name, values in facets.items():
        for value in values:
            params = [p for p in chosen.items() if p[0] != name] + [(name, value["value"])]
            assert client.get("/api/events", params=params).json()["total"] == value["count"], name


@pytest.mark.parametrize("sort", ["-day", "day", "-published", "score", "-confidence", "type"])
def test_pages_of_the_table_hold_each_event_once(client, sort):
    seen = []
    address = f"/api/events?sort={sort}&limit=5"
    while address:
        answer = client.get(address).json()
        seen += answer["events"]
        address = answer["next"]
    assert len(seen) == len({e["id"] for e in seen}) == 28
    key = sort.removeprefix("-")
    values = [e[key] or "" for e in seen] if key in {"day", "published"} else [e[key] for e in seen]
    assert values == sorted(values, reverse=sort.startswith("-"))
    for cursor in ("x", "bnVsbA", "W10", "WyIyMDI0LTAxLTAxIiwgMV0", "é"):
        assert client.get("/api/events", params={"cursor": cursor}).status_code == 400


def test_search_finds_words_in_any_form_and_marks_them(client):
    found = client.get("/events", params={"q": "shell village"}).text
    assert "<mark>shelling</mark>" in found
    assert "<mark>village</mark>" in found
    assert client.get("/api/events", params={"q": "shelling -village"}).json()["total"] == 0
    assert client.get("/api/events", params={"q": '"foreign minister"'}).json()["total"] == 28
    assert client.get("/api/events", params={"q": '"minister foreign"'}).json()["total"] == 0
    for odd in ('"', "AND", "NEAR(", "*", "a:b", "(", "-x", "OR", '"" OR x', "^x", "col : x"):
        assert client.get("/api/events", params={"q": odd}).status_code == 200


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ("two words", '"two" AND "words"'),
        ('"two words" begin*', '"two words" AND "begin"*'),
        ("this OR that other", '("this" OR "that") AND "other"'),
        ("yes -no", '"yes" NOT "no"'),
        ("-no", None),
        ("!?", None),
    ],
)
def test_what_is_typed_becomes_a_search(query, match):
    assert match_of(query) == match


def test_search_survives_every_expression(tmp_path):
    search = Search(tmp_path / "s.sqlite")
    search.add([("d1", None, "the minister’s visit to Köln"), ("d2", "A title", "nothing else")])
    ids = dict(search.places())
    assert [ids[place] for place in search.find(match_of("koln") or "")] == ["d1"]
    assert [ids[place] for place in search.find(match_of("title") or "")] == ["d2"]
    assert search.last() == max(ids)
    assert highlighted(match_of("köln") or "", ["in Köln today"]) == ["in \x02Köln\x03 today"]
    for payload in PAYLOADS:
        match = match_of(payload)
        assert match is None or isinstance(search.find(match), list)
    with pytest.raises(sqlite3.OperationalError):
        search.find('"unclosed')


# -- what is answered ------------------------------------------------------------------------


def test_downloads_hold_what_the_table_shows(client, tmp_path):
    params = {"type": "CONSULT", "sort": "day"}
    total = client.get("/api/events", params=params).json()["total"]
    rows = list(csv.DictReader(io.StringIO(client.get("/events.csv", params=params).text)))
    assert len(rows) == total == 14
    assert {row["type"] for row in rows} == {"CONSULT"}
    lines = client.get("/events.jsonl", params=params).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in rows]
    file = tmp_path / "events.parquet"
    file.write_bytes(client.get("/events.parquet", params=params).content)
    assert pq.read_table(file)["id"].to_pylist() == [row["id"] for row in rows]
    assert client.get("/events.csv", params={"q": "nowhere"}).text.startswith("id,document")
    assert client.get("/events.exe").status_code == 422


@pytest.mark.parametrize("name", list(formats()))
def test_every_format_holds_what_the_filter_lets_through(client, name):
    answer = client.get(f"/exports/{name}.zip", params={"type": "CONSULT", "q": "visit OR met"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    whole = zipfile.ZipFile(io.BytesIO(answer.content))
    assert whole.testzip() is None
    file, beside, readme = whole.namelist()
    assert file == f"events{formats()[name].suffix}"
    assert readme == "README.txt"
    content = whole.read(file)
    about = json.loads(whole.read(beside))
    (resource,) = about["resources"]
    assert resource["bytes"] == len(content)
    assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert about["selection"]["where"] == "q=visit+OR+met&type=CONSULT"
    told = whole.read(readme).decode()
    assert f"Records: {about['records']}" in told
    assert all(f"{reason}: {count}" in told for reason, count in about["left_out"].items())
    assert about["records"] or about["left_out"], "the filter lets events through"
    page = client.get("/events").text
    assert f'href="/exports/{name}.zip?' in page
    assert formats()[name].summary in html.unescape(page)


def test_an_export_has_the_events_of_the_table_and_no_others(client):
    params = {"type": "CONSULT"}
    wanted = {row["id"] for row in client.get("/api/events", params=params).json()["events"]}
    whole = zipfile.ZipFile(io.BytesIO(client.get("/exports/jsonl.zip", params=params).content))
    rows = [json.loads(line) for line in whole.read("events.jsonl").splitlines()]
    assert {row["event_id"] for row in rows} == wanted
    assert len(rows) == len(wanted) == 14
    table = zipfile.ZipFile(io.BytesIO(client.get("/exports/parquet.zip", params=params).content))
    read = pq.read_table(io.BytesIO(table.read("events.parquet")))
    assert read["event_id"].to_pylist() == [row["event_id"] for row in rows]
    again = client.get("/exports/parquet.zip", params=params).content
    assert again == client.get("/exports/parquet.zip", params=params).content
    assert client.get("/exports/nope.zip").status_code == 404
    assert client.get("/exports/csv.zip", params={"after": "soon"}).status_code == 400


def test_an_export_that_fails_is_an_error_and_frees_its_place(client, monkeypatch):
    form = replace(formats()["rdf"], write=lambda source, file: 1 // 0)
    monkeypatch.setattr(exports, "formats", lambda: {"rdf": form})
    for _ in range(4):
        assert client.get("/exports/rdf.zip").status_code == 500
    monkeypatch.undo()
    assert client.get("/exports/rdf.zip").status_code == 200


def test_no_more_exports_at_once_than_it_takes(client, monkeypatch):
    monkeypatch.setattr(exports, "_running", threading.BoundedSemaphore(1))
    assert exports._running.acquire()
    assert client.get("/exports/csv.zip").status_code == 503
    exports._running.release()
    assert client.get("/exports/csv.zip").status_code == 200


@pytest.mark.parametrize(
    "sort", ["-day", "day", "-published", "score", "-score", "type", "-confidence"]
)
def test_downloads_are_sorted_part_by_part(client, monkeypatch, sort):
    def ids(form):
        return [row["id"] for row in csv.DictReader(io.StringIO(client.get(form).text))]

    address = f"/events.csv?sort={sort}"
    whole = ids(address)
    monkeypatch.setattr("dragoman.serving.downloads._PART", 3)
    assert ids(address) == whole
    assert len(set(whole)) == len(whole) == client.get("/api/events").json()["total"]
    first = client.get("/api/events", params={"sort": sort, "limit": 20}).json()["events"]
    assert [row["id"] for row in first] == whole[:20]


@pytest.mark.parametrize("start", "=+-@\t\r")
def test_no_cell_is_a_formula(start):
    def read(value, kind):
        sql = f"SELECT {cell('v', kind)} FROM (SELECT CAST($value AS {kind}) AS v)"
        ((text,),) = duckdb.execute(sql, {"value": value}).fetchall()
        ((found,),) = csv.reader(io.StringIO(text, newline=""))
        return found

    assert read(f"{start}cmd", "VARCHAR") == f"'{start}cmd"
    assert read(f'{start}say "a, b"', "VARCHAR") == f'\'{start}say "a, b"'
    assert read(-2.5, "DOUBLE") == "-2.5"
    assert read([f"{start}a", "b"], "VARCHAR[]") == f"'{start}a;b"
    assert read(True, "BOOLEAN") == "True"
    assert read('a "word",\r\nand a line', "VARCHAR") == 'a "word",\r\nand a line'


def test_a_report_with_its_corrections(client):
    report = rich_report(3)
    answer = client.get(f"/api/documents/{report.document.id}").json()
    assert answer["report"]["document"]["text"] == report.document.text
    assert [e["id"] for e in answer["report"]["events"]] == [
        e.id for e in sorted(report.events, key=lambda e: [x.id for x in report.events].index(e.id))
    ]
    assert answer["corrections"] == []
    page = client.get(f"/documents/{report.document.id}?event={report.events[0].id}").text
    shown = re.search(r'<div class="text"[^>]*>(.*?)</div>', page, re.S)
    assert html.unescape(re.sub(r"<[^>]+>", "", shown[1])).strip() == report.document.text.strip()
    assert re.search(r'class="[^"]*r-act[^"]*"[^>]*>met<', page)
    assert client.get("/documents/nope", headers={"accept": "text/html"}).status_code == 404


def test_dyads_agenda_and_network(client):
    series = client.get("/api/dyads/bra/ken/series", params={"by": "week"}).json()
    assert sum(p["verbal_cooperation"] for p in series["both"]) == 7
    assert client.get("/api/dyads/BRA/BRA/series").status_code == 400
    calendar = Calendar.from_ical(client.get("/api/agenda.ics").content)
    entries = list(calendar.walk("VEVENT"))
    assert entries
    assert "Ghana" in str(entries[0]["summary"])
    assert client.get("/api/agenda", params={"party": "GHA"}).json()[0]["start"] == "2024-05-06"
    codes = {node["code"] for node in client.get("/api/network").json()["nodes"]}
    assert codes == {"BRA", "KEN"}


def test_posted_texts_are_coded_and_not_kept(client):
    text = "France's president met the chancellor of Germany in Rome on 3 May 2024."
    answer = client.post("/api/code", json={"text": text, "published": "2024-05-04"})
    assert answer.status_code == 200
    assert [e["type"] for e in answer.json()["events"]] == ["CONSULT"]
    assert client.get("/api/status").json()["reports"] == 7
    assert client.post("/api/code", json={"text": " "}).status_code == 400
    assert client.post("/api/code", content=b"text", headers={}).status_code == 422
    assert client.post("/api/code", json={"text": "x" * 100_001}).status_code == 422


def test_progress_is_told_as_server_sent_events(client):
    answer = client.get("/api/progress", params={"seconds": 0})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert json.loads(answer.text.split("data: ")[1])["reports"] == 7


def test_a_store_in_use_is_seen(path):
    library = Library(path)
    try:
        from dragoman.serving.library import progress

        assert progress(library)["writer"] is None
        with Store.open(path):
            assert "is writing since" in progress(library)["writer"]
    finally:
        library.close()


# -- what is kept ----------------------------------------------------------------------------


def corrected(client, report, body, **more):
    """Send a correction as a program does; a browser's needs the token of its page."""
    client.cookies.clear()
    return client.post(f"/api/documents/{report.document.id}/corrections", json=body, **more)


def test_a_correction_is_seen_everywhere_and_in_the_store(own):
    report = rich_report(1)
    event = report.events[0]
    body = {
        "kind": "set",
        "event": event.id,
        "values": {
            "type": "ACCUSE",
            "actors": [{"name": "Peru", "country": "PER"}],
            "where": {"name": "Nairobi", "country": None},
        },
        "note": "wrong",
    }
    answer = corrected(own, report, body)
    assert answer.status_code == 201
    key = answer.json()["id"]
    (found,) = [
        e
        for e in own.get("/api/events", params={"corrected": 1}).json()["events"]
        if e["id"] == event.id
    ]
    assert (found["type"], found["actors"], found["confidence"]) == ("ACCUSE", ["PER"], 1.0)
    assert (found["place"], found["place_country"]) == ("Nairobi", "KEN")
    assert found["latitude"] == pytest.approx(-1.28, abs=0.1)
    assert "corrected by Ana" in own.get(f"/documents/{report.document.id}").text
    assert "Ana" in own.get("/corrections").text
    with Store.open(own.path, read_only=True) as store:
        assert store.query("SELECT type FROM events WHERE id = ?", [event.id])[1] == [("ACCUSE",)]
        assert store.verify().problems == ()
    assert corrected(own, report, {"kind": "withdraw", "event": key}).status_code == 201
    assert own.get("/api/events", params={"corrected": 1}).json()["total"] == 0
    gone = corrected(own, report, {"kind": "withdraw", "event": "cnone"})
    assert gone.status_code == 404


def test_statements_are_corrected_over_the_api_by_our_pages_only(own):
    report = rich_report(1)
    (said,), (standing,) = report.statements, report.relations
    body = {"kind": "set", "about": "statement", "event": said.id, "values": {"stance": "hopeful"}}
    foreign = own.post(
        f"/api/documents/{report.document.id}/corrections",
        json=body,
        headers={"sec-fetch-site": "cross-site", "origin": "http://elsewhere.example"},
    )
    assert foreign.status_code == 403
    assert corrected(own, report, body).status_code == 201
    gone = {"kind": "reject", "about": "relation", "event": standing.id}
    assert corrected(own, report, gone).status_code == 201
    shown = own.get(f"/api/documents/{report.document.id}").json()["report"]
    assert [one["stance"] for one in shown["statements"]] == ["hopeful"]
    assert shown["relations"] == []
    told = own.get("/corrections").text
    assert "stance is hopeful" in told
    assert "rejected: tension is no relation here" in told
    gold = own.get(f"/api/documents/{report.document.id}/gold").json()
    assert [i["stance"] for i in gold["items"] if i["kind"] == "statement"] == ["hopeful"]
    assert [one["kind"] for one in gold["must_not"]] == ["relation"]
    wrong = {**body, "values": {"stance": "angry"}}
    answer = corrected(own, report, wrong)
    assert answer.status_code == 400
    assert "is no stance" in answer.json()["detail"]


def test_a_happening_stays_when_its_leading_event_is_rejected(tmp_path):
    path = tmp_path / "linked.duckdb"
    told = [rich_report(number) for number in (1, 2, 3)]
    keys = [report.events[0].id for report in told]
    with Store.open(path) as store:
        store.add(told, RUN)
        for number, (key, report) in enumerate(zip(keys, told, strict=True)):
            line = pa.Table.from_pylist(
                [
                    {
                        "happening": "h",
                        "event_id": key,
                        "document": report.document.id,
                        "origin": report.document.id,
                        "is_lead": number == 0,
                    }
                ]
            )
            store.fill([("INSERT INTO store.happening_events BY NAME SELECT * FROM batch", line)])

    def shown():
        rows = client.get("/api/events", params={"once": 1, "limit": 100}).json()["events"]
        return [key for key in keys if key in {row["id"] for row in rows}]

    with client_of(path) as client:
        assert shown() == keys[:1]
        answer = corrected(client, told[0], {"kind": "reject", "event": keys[0]})
        assert answer.status_code == 201
        assert shown() == keys[1:2], "the next telling stands for the happening"
        assert corrected(client, told[1], {"kind": "reject", "event": keys[1]}).status_code == 201
        assert shown() == keys[2:]
        gone = {"kind": "withdraw", "event": answer.json()["id"]}
        assert corrected(client, told[0], gone).status_code == 201
        assert shown() == keys[:1], "the first telling is back, and leads"
    with Store.open(path, read_only=True) as store:
        assert store.query("SELECT event_id FROM store.happening_events WHERE is_lead")[1] == [
            (keys[0],)
        ]


def test_rejecting_adding_and_gold(own, tmp_path):
    report = rich_report(1)
    event = report.events[1]
    assert corrected(own, report, {"kind": "reject", "event": event.id}).status_code == 201
    start = report.document.text.index("Kenya voiced")
    add = {
        "kind": "add",
        "values": {"type": "SUPPORT", "actors": [{"name": "Kenya", "country": "KEN"}]},
        "span": {"start": start, "end": start + len("Kenya voiced concern")},
    }
    assert corrected(own, report, add).status_code == 201
    events = own.get(f"/api/documents/{report.document.id}").json()["report"]["events"]
    assert event.id not in {e["id"] for e in events}
    assert [e["actors"][0]["country"] for e in events if e["type"] == "SUPPORT"] == ["KEN"]
    assert corrected(own, report, {"kind": "reviewed"}).status_code == 201
    gold = own.get(f"/api/documents/{report.document.id}/gold").json()
    assert gold["reviewed"] is True
    assert "SUPPORT" in {item["types"][0] for item in gold["items"] if "types" in item}
    from dragoman.evaluation.correcting import write_gold

    with Store.open(own.path, read_only=True) as store:
        assert write_gold(store, tmp_path / "gold") == [report.document.id]
    loaded = load_gold(tmp_path / "gold" / f"{report.document.id}.gold.json")
    assert "Kenya voiced concern" in [item.evidence for item in loaded.items]
    text = (tmp_path / "gold" / f"{report.document.id}.txt").read_text(encoding="utf-8")
    assert text == report.document.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "set", "event": "enone", "values": {"type": "AID"}}, 400),
        ({"kind": "set", "values": {}}, 400),
        ({"kind": "add", "values": {"type": "AID"}}, 400),
        ({"kind": "add", "values": {"type": "AID"}, "span": {"start": 5, "end": 2}}, 400),
        ({"kind": "add", "values": {"type": "AID"}, "span": {"start": 0, "end": 99999}}, 400),
        ({"kind": "burn"}, 422),
        ({"kind": "reject", "event": "e", "extra": 1}, 422),
        ([], 422),
    ],
)
def test_wrong_corrections_are_told(own, body, status):
    answer = corrected(own, rich_report(1), body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    missing = own.post("/api/documents/dnone/corrections", json={"kind": "reviewed"})
    assert missing.status_code == 404


def test_a_correction_waits_for_the_writer_and_then_tells(own, monkeypatch):
    monkeypatch.setattr("dragoman.serving.library.PATIENCE", 0.3)
    with Store.open(own.path):
        answer = corrected(own, rich_report(1), {"kind": "reviewed"})
    assert answer.status_code == 503
    assert "was not kept" in answer.json()["detail"]
    assert corrected(own, rich_report(1), {"kind": "reviewed"}).status_code == 201


def csrf_of(client):
    page = client.get("/events").text
    return re.search(r'name="csrf" content="([0-9a-f]+)"', page)[1]


def test_saved_searches_and_their_feed(own):
    form = {"name": "Talks <b>", "query": "type=CONSULT&sort=score", "csrf": csrf_of(own)}
    assert own.post("/saved", data=form, headers={"origin": "http://testserver"}).status_code == 200
    (search,) = own.get("/api/searches").json()
    assert (search["name"], search["query"]) == ("Talks <b>", "type=CONSULT&sort=score")
    feed = ET.fromstring(own.get(search["atom"]).content)
    names = {"a": "http://www.w3.org/2005/Atom"}
    assert feed.findtext("a:title", namespaces=names) == "dragoman: Talks <b>"
    entries = feed.findall("a:entry", names)
    assert len(entries) == 4
    assert len({entry.findtext("a:id", namespaces=names) for entry in entries}) == 4
    assert {e.find("a:category", names).get("term") for e in entries} == {"CONSULT"}
    assert "Talks &lt;b&gt;" in own.get("/saved").text
    answer = own.post(f"/saved/{search['id']}/remove", data={"csrf": form["csrf"]})
    assert answer.status_code == 200
    assert own.get("/api/searches").json() == []
    assert own.get(search["atom"]).status_code == 404


def test_the_pages_follow_the_store(own):
    library = own.app.state.library
    with Store.open(own.path) as store:
        store.add([rich_report(5)], RUN)
    assert library.refresh()
    assert own.get("/api/status").json()["reports"] == 3
    assert own.get("/api/events", params={"q": '"report 5"'}).json()["total"] == 4
    with Store.open(own.path) as store:
        store.add([replace(rich_report(5), coder="later", events=())], RUN)
    assert library.refresh()
    assert own.get("/api/events").json()["total"] == 8
    assert not library.refresh()


def test_a_store_that_is_being_written_to_is_shown(tmp_path):
    path = tmp_path / "busy.duckdb"

    def count():
        return library.rows("SELECT count(*) AS n FROM pages.rows")[0]["n"]

    with Store.open(path) as store:
        store.add([rich_report(1)], RUN)
        library = Library(path)
        assert count() == 4
        store.add([rich_report(2)], RUN)
        assert library.refresh()
        assert count() == 8
    library.refresh()
    assert count() == 8
    assert library.rows("SELECT count(*) AS n FROM pages.reports") == [{"n": 2}]
    library.close()
    again = Library(path)
    assert len(list(again.folder.glob("index-*.duckdb"))) == 1
    again.close()


def test_what_is_forgotten_leaves_the_pages(own):
    report = rich_report(2)
    with Store.open(own.path) as store:
        store.forget(Selection(documents=(report.document.id,)), RUN)
    assert own.app.state.library.refresh()
    assert own.get(f"/api/documents/{report.document.id}").status_code == 404
    assert own.get("/api/events", params={"q": '"report 2"'}).json()["total"] == 0
    folder = own.app.state.library.folder
    left = b"".join(f.read_bytes() for f in folder.iterdir() if f.name.startswith(("index", "sea")))
    assert b"Report 1." in left
    assert b"Report 2." not in left


# -- hostile reports -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "news.duckdb"
    with Store.open(path) as store:
        store.add([hostile_report(number) for number in range(len(PAYLOADS))], RUN)
    with client_of(path) as opened:
        yield opened


def test_no_word_of_a_report_becomes_markup(hostile):
    addresses = [*PAGES, "/dossiers/country/IRN", "/dyads/IRN/AZE", "/events?q=met"]
    addresses += [f"/documents/{hostile_report(n).document.id}" for n in range(len(PAYLOADS))]
    handler = re.compile(r"<[a-z][^>\"]*(?:\"[^\"]*\"[^>\"]*)*\son[a-z]+=", re.I)
    for address in addresses:
        answer = hostile.get(address, headers={"accept": "text/html"})
        assert answer.status_code == 200, address
        assert not re.search(r"<(?:img|iframe|object|embed|base|style|video|audio|math)\b",
                             answer.text, re.I), address  # fmt: skip
        assert not re.search(r"<script(?! src=\"/static/)", answer.text, re.I), address
        assert not handler.search(answer.text), address
        assert not re.search(r"href=\"\s*(?:javascript|data|vbscript|file):", answer.text, re.I)


@pytest.mark.parametrize("url", URLS)
def test_only_web_addresses_are_links(url):
    assert safe_link(url) is None
    assert safe_link("https://example.org/a?b=c") == "https://example.org/a?b=c"


# -- the command -----------------------------------------------------------------------------


def settings(path, host, token=None, names=()):
    return settings_of(path, host, token, list(names), "Ana", False, False)


def test_another_address_gets_a_token_and_its_names(tmp_path, capsys):
    local = settings(tmp_path, "127.0.0.1")
    assert (local.token, local.hosts) == (None, frozenset({"127.0.0.1", "localhost", "::1"}))
    other = settings(tmp_path, "192.0.2.7")
    assert len(other.token) >= 32
    assert other.token in capsys.readouterr().err
    assert "192.0.2.7" in other.hosts
    assert settings(tmp_path, "192.0.2.7", "t" * 16).token == "t" * 16
    with pytest.raises(ConfigError, match="at least 16"):
        settings(tmp_path, "192.0.2.7", "short")
    with pytest.raises(ConfigError, match="--allow-host"):
        settings(tmp_path, "0.0.0.0")
    assert "news.example" in settings(tmp_path, "0.0.0.0", names=["News.example"]).hosts


def test_a_missing_store_is_told(tmp_path, capsys):
    from dragoman.cli import main

    with pytest.raises(SystemExit) as stopped:
        main(["serve", "--db", str(tmp_path / "none.duckdb")])
    assert stopped.value.code == 1
    assert "there is no store at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_asked_ahead_is_kept_until_the_reports_change(own):
    library = own.app.state.library
    with library.keeping():
        assert library.cached("ahead", lambda: 1) == 1
    for number in range(1000):
        library.cached(("other", number), lambda: 0)
    assert library.cached("ahead", lambda: 2) == 1
    assert library.remembered("ahead") == 1
    assert library.remembered(("other", 0)) is None
    report = rich_report(1)
    body = {"kind": "reject", "event": report.events[0].id}
    assert corrected(own, report, body).status_code == 201
    assert library.cached("ahead", lambda: 3) == 3
