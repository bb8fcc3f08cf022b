"""How fast the pages answer over a store of generated events.

    python benchmarks/pages.py --events 1000000

makes a store in a temporary folder (straight into the index: the segments stay empty, since
coding a million events is not what is measured), opens the application over it and asks each
address, first cold and then with other values. Prints milliseconds per answer; the 95th
percentile is over the values, none of which has been asked before. What the server asks ahead
of its readers when it starts is asked ahead here. With --browser, each kind of page is opened
in headless Chromium over HTTP, at addresses that nobody asked for before.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import uvicorn
from starlette.testclient import TestClient

from dragoman.resolving.actor_tables import ActorTables
from dragoman.serving import Settings, make_app
from dragoman.serving.app import warm
from dragoman.serving.library import Library
from dragoman.store import Run, Store

#: 200 countries, the first of them much more often than the last.
CODES = tuple(sorted(ActorTables.load().countries))[:200]
_DOCUMENTS = """
INSERT INTO store.documents (id, source, title, url, publisher, language, published, text, coder,
  run, digest)
SELECT 'd' || lpad(hex(n), 16, '0'), 'generated-' || n || '.txt',
  'Report ' || n || ' on ' || w[1 + (hash(n) % 40)::INT], NULL,
  'Publisher ' || (hash(n + 1) % 60), 'en', DATE '2014-01-01' + (hash(n // 8 + 2) % 4300)::INT,
  array_to_string(list_transform(range(120),
    lambda i: w[1 + (pow((hash(n * 131 + i) % 10000) / 10000.0, 2) * 400)::INT]), ' '),
  'generated', 'run', 'x'
FROM range($documents) t(n), (SELECT list('word' || chr(97 + (v % 26)::INT) || v) AS w
  FROM range(402) s(v))
"""
#: Every fourth five events in a row tell of one happening: what they say is that of the first.
_TOLD = "CASE WHEN hash(n // 5) % 4 = 0 THEN n // 5 * 5 ELSE n END"
#: What happened did so in the week before the report, what is announced comes within 45 days.
_EVENTS = """
INSERT INTO store.events BY NAME
WITH codes AS (SELECT {codes} AS c),
kinds AS (SELECT ['CONSULT', 'SUPPORT', 'AGREE', 'CONCEDE', 'COOPERATE', 'AID', 'RETREAT',
  'REQUEST', 'ACCUSE', 'REJECT', 'THREATEN', 'PROTEST', 'SANCTION', 'MOBILIZE', 'COERCE',
  'ASSAULT'] AS k, [1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4] AS q)
SELECT 'e' || lpad(hex(hash(n)), 16, '0') AS id, 'd' || lpad(hex(n // 4), 16, '0') AS document,
  (n % 4)::INT AS position, k[1 + (hash(t + 1) % 16)::INT] AS type,
  q[1 + (hash(t + 1) % 16)::INT] AS quad, '010' AS cameo,
  (hash(t + 2) % 200) / 10.0 - 10 AS score, []::VARCHAR[] AS contexts,
  (['actual', 'actual', 'actual', 'planned', 'alleged', 'denied'])
    [1 + (hash(CASE WHEN hash(n + 20) % 20 = 0 THEN n ELSE t END + 3) % 6)::INT] AS status,
  hash(t + 4) % 9 = 0 AS background, hash(t + 1) % 16 = 0 AS is_symmetric,
  [c[1 + (pow((hash(t + 5) % 10000) / 10000.0, 2) * 199)::INT]]
    || CASE WHEN hash(t + 6) % 5 = 0 THEN [c[1 + (hash(t + 7) % 200)::INT]] ELSE [] END
    AS actor_countries,
  CASE WHEN hash(t + 8) % 6 = 0 THEN []
    ELSE [c[1 + (pow((hash(t + 9) % 10000) / 10000.0, 2) * 199)::INT]] END AS recipient_countries,
  CASE WHEN hash(t + 10) % 12 = 0 THEN NULL
    ELSE DATE '2014-01-01' + (hash(t // 32 + 2) % 4300)::INT
      + CASE WHEN status = 'planned' THEN 1 + (hash(t + 11) % 45)::INT
        ELSE -(hash(t + 11) % 7)::INT END
    END AS start_date,
  start_date AS end_date, 'day' AS date_precision, 'on Monday' AS date_text,
  CASE WHEN hash(t + 12) % 3 = 0 THEN NULL ELSE 'Place ' || (hash(t + 13) % 3000) END AS place,
  CASE WHEN place IS NULL THEN NULL ELSE c[1 + (hash(t + 13) % 200)::INT] END AS place_country,
  'city' AS place_precision, (hash(t + 13) % 120)::DOUBLE - 60 AS latitude,
  (hash(t + 14) % 360)::DOUBLE - 180 AS longitude,
  (['reported', 'said', 'claimed'])[1 + (hash(n + 15) % 3)::INT] AS attribution,
  CASE WHEN hash(n + 15) % 3 = 0 THEN [] ELSE ['Speaker ' || (hash(n + 16) % 900)] END AS speakers,
  'Publisher ' || (hash(n // 4 + 1) % 60) AS publisher, (hash(n + 17) % 100) / 100.0 AS confidence,
  'The words of generated event number ' || n || ', which say who did what to whom' AS evidence
FROM (SELECT n, {told} AS t FROM range($events) r(n)), codes, kinds
""".replace("{told}", _TOLD).replace("{codes}", str(list(CODES)))
#: A third of the actors are persons, some of them much more often than others.
_ACTORS = """
INSERT INTO store.actors BY NAME
SELECT id AS event_id, document, role, 0 AS position, 'The government of ' || code AS name,
  code AS country, (['GOV', 'GOV', 'MIL', 'COP', 'CVL', 'REB'])[1 + (hash(id || role) % 6)::INT]
    AS sector,
  CASE WHEN hash(id || code) % 3 = 0 THEN 'Person ' || code || ' ' ||
    (pow((hash(code || id || role) % 10000) / 10000.0, 2) * 30)::INT END AS person,
  CASE WHEN person IS NOT NULL THEN 'foreign minister' END AS office,
  0 AS span_start, 5 AS span_end
FROM (SELECT id, document, 'actor' AS role, unnest(actor_countries) AS code FROM store.events
  UNION ALL SELECT id, document, 'recipient', unnest(recipient_countries) FROM store.events
  UNION ALL SELECT id, document, 'speaker', actor_countries[1] FROM store.events
    WHERE len(speakers) > 0)
"""
_CODES = f"(SELECT {list(CODES)} AS c)"
#: Two statements in three reports, and two relations in five: more than the sample reports have.
_STATEMENTS = f"""
INSERT INTO store.statements BY NAME
SELECT document || '-s' || n AS id, document, n AS position,
  (['concerned', 'hopeful', 'critical', 'supportive', 'doubtful'])[1 + (hash(n, document) % 5)::INT]
    AS stance,
  ['Person ' || speaker || ' ' || (hash(document) % 30)] AS speakers,
  [speaker] AS speaker_countries,
  [c[1 + (pow((hash(document, n + 9) % 10000) / 10000.0, 2) * 199)::INT]] AS about,
  'the words of the topic' AS topic, 'voiced what it thinks of ' || document AS evidence,
  0.7 AS confidence
FROM (SELECT d.id AS document, r.n,
    c[1 + (pow((hash(d.id, r.n) % 10000) / 10000.0, 2) * 199)::INT] AS speaker, c
  FROM store.documents d, range(2) r(n), {_CODES} WHERE hash(d.id, r.n + 7) % 3 = 0)
"""
_RELATIONS = f"""
INSERT INTO store.relations BY NAME
SELECT id || '-r1' AS id, id AS document, 0 AS position,
  (['tension', 'ties', 'dispute', 'alliance', 'rivalry'])[1 + (hash(id) % 5)::INT] AS label,
  CASE WHEN hash(id, 1) % 4 = 0 THEN 'trade' END AS sector,
  [c[1 + (pow((hash(id, 2) % 10000) / 10000.0, 2) * 199)::INT],
   c[1 + (pow((hash(id, 3) % 10000) / 10000.0, 2) * 199)::INT]] AS sides,
  []::VARCHAR[] AS source, []::VARCHAR[] AS target, []::VARCHAR[] AS because_of,
  publisher, 'what stands between the two in ' || id AS evidence, 0.7 AS confidence
FROM store.documents, {_CODES} WHERE hash(id, 4) % 5 < 2
"""
#: As 'dragoman link' leaves them: every event but background is in a happening.
_HAPPENINGS = f"""
INSERT INTO store.happening_events
WITH told AS (
  SELECT n, {_TOLD} AS t, 'e' || lpad(hex(hash(n)), 16, '0') AS id FROM range($events) r(n)
)
SELECT 'h' || lpad(hex(hash(t.t)), 16, '0'), e.id, e.document, e.document, t.n = t.t
FROM told t JOIN store.events e ON e.id = t.id WHERE NOT e.background ORDER BY t.n
"""
_COPIES = """
INSERT INTO store.copies
SELECT id, 'g' || (hash(id) % 20000), 0.95, id FROM store.documents WHERE hash(id, 5) % 6 = 0
"""
_MAGNITUDES = """
INSERT INTO store.magnitudes BY NAME
SELECT id AS event_id, document, 0 AS position, 'killed' AS kind,
  (hash(id) % 12)::DOUBLE AS low, (hash(id) % 12)::DOUBLE AS high, 'people' AS unit
FROM store.events WHERE type IN ('ASSAULT', 'COERCE') AND hash(id, 1) % 2 = 0
"""
_MENTIONS = """
INSERT INTO store.mentions BY NAME
SELECT id AS event_id, document, 0 AS position, position AS sentence, 20 AS predicate_start,
  26 AS predicate_end, 0 AS evidence_start, 60 AS evidence_end, evidence
FROM store.events
"""


def make_store(path: Path, events: int) -> None:
    """Make a store at ``path`` whose index holds ``events`` generated events."""
    with Store.open(path) as store:
        store.add([], Run("run", datetime(2024, 1, 1, tzinfo=UTC), "generated", ""))
    with duckdb.connect(str(path)) as db:
        db.execute(_DOCUMENTS, {"documents": events // 4 + 1})
        db.execute(_EVENTS, {"events": events})
        db.execute("INSERT INTO store.runs VALUES ('run', '2024-01-01', 'generated', '')")
        for sql in (_ACTORS, _STATEMENTS, _RELATIONS, _COPIES, _MAGNITUDES, _MENTIONS):
            db.execute(sql)
        db.execute(_HAPPENINGS, {"events": events})


def questions() -> dict[str, list[str]]:
    """Return the addresses, by what they show; each list has one kind with many values."""
    codes = CODES
    types = ("CONSULT", "ACCUSE", "ASSAULT", "SUPPORT", "AGREE")
    return {
        "events, no filter": ["/events", "/events?sort=-published", "/events?sort=-confidence"],
        "one type": [f"/events?type={kind}" for kind in types],
        "one actor": [f"/events?actor={codes[n]}" for n in range(0, 40, 2)],
        "dyad": [f"/events?dyad={codes[n]}-{codes[n + 1]}" for n in range(0, 40, 2)],
        "type, actor and year": [
            f"/events?type={types[n % 5]}&actor={codes[n]}&after={2014 + n % 10}-01-01"
            f"&before={2014 + n % 10}-12-31"
            for n in range(20)
        ],
        "source and status": [
            f"/events?source=Publisher+{n}&status=planned" for n in range(0, 40, 2)
        ],
        "word in 1 of 7 reports": [
            f"/events?q=word{chr(97 + n % 26)}{n}" for n in range(360, 400, 2)
        ],
        "two such words": [
            f"/events?q=word{chr(97 + n % 26)}{n}+word{chr(98 + n % 26)}{n + 1}"
            for n in range(362, 400, 4)
        ],
        "sorted by score": [f"/events?sort=score&actor={codes[n]}" for n in range(1, 40, 2)],
        "overview": ["/"],
        "map": [f"/map?after={2014 + n}-01-01&before={2014 + n}-12-31" for n in range(8)],
        "dyad page": [f"/dyads/{codes[n]}/{codes[n + 1]}" for n in range(0, 16, 2)],
        "network of a year": [
            f"/network?after={2014 + n}-01-01&before={2014 + n}-12-31" for n in range(6)
        ],
        "agenda": ["/agenda", *(f"/agenda?party={code}" for code in codes[:6])],
        "country dossier": [f"/dossiers/country/{code}" for code in codes[1:7]],
        "person dossier": [f"/dossiers/person/Person%20{code}%201" for code in codes[1:7]],
        "each happening once": [f"/events?once=1&actor={codes[n]}" for n in range(0, 40, 4)],
        "API, a page": [f"/api/events?actor={codes[n]}&status=actual" for n in range(0, 40, 2)],
    }


def main() -> None:
    """Make the store, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--db", type=Path, help="keep the store here, or use the one that is")
    parser.add_argument("--browser", help="path of a Chromium: measure first paint in it, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        path = options.db or Path(folder) / "generated.duckdb"
        if not path.exists():
            started = time.perf_counter()
            make_store(path, options.events)
            print(f"store made in {time.perf_counter() - started:.0f} s")
        started = time.perf_counter()
        library = Library(path)
        print(f"copied and prepared in {time.perf_counter() - started:.1f} s", flush=True)
        started = time.perf_counter()
        library._fill_search()
        print(f"search index in {time.perf_counter() - started:.0f} s", flush=True)
        app = make_app(library, Settings(path, hosts=frozenset({"testserver"}), watch=False))
        started = time.perf_counter()
        warm(app)
        print(f"asked ahead in {time.perf_counter() - started:.1f} s", flush=True)
        with TestClient(app) as client:
            ask(client)
        if options.browser:
            paint(path, options.browser)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{memory:.0f} MiB at most")


def ask(client: TestClient) -> None:
    """Ask every question and print its times; 'cpu' is the median time of all threads."""
    client.get("/help")
    heads = ("first", "median", "95 %", "cpu", "again")
    print(f"{'':24} " + " ".join(f"{head:>8}" for head in heads) + "   ms", flush=True)
    for name, addresses in questions().items():
        times, work = [], []
        for address in addresses:
            started, spent = time.perf_counter(), time.process_time()
            answer = client.get(address)
            times.append(1000 * (time.perf_counter() - started))
            work.append(1000 * (time.process_time() - spent))
            assert answer.status_code == 200, answer.text
        started = time.perf_counter()
        client.get(addresses[-1])
        again = 1000 * (time.perf_counter() - started)
        late = sorted(times)[int(0.95 * (len(times) - 1))]
        row = (times[0], statistics.median(times), late, statistics.median(work), again)
        print(f"{name:24} " + " ".join(f"{value:8.0f}" for value in row), flush=True)


#: A page of each kind for the browser, which nothing above asked for.
PAINTED = (
    "/", "/events", "/events?type=PROTEST", f"/events?actor={CODES[29]}", "/events?q=wordv385",
    "/map", "/map?points=1&arcs=1", "/dyads", f"/dyads/{CODES[16]}/{CODES[17]}",
    "/network?after=2023-01-01",
    "/agenda", "/dossiers", f"/dossiers/country/{CODES[0]}",
    f"/dossiers/person/Person%20{CODES[0]}%200", "/saved", "/corrections", "/help",
)  # fmt: skip


def paint(path: Path, chromium: str) -> None:
    """Print when each page is first painted, in milliseconds from its start, cold and again."""
    from playwright.sync_api import sync_playwright

    app = make_app(Library(path), Settings(path, watch=False))
    warm(app)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/static/mark.svg")
        print(f"{'first paint':32} {'answer':>8} {'paint':>8} {'again':>8}   ms")
        for address in PAINTED:
            times = []
            for _ in range(2):
                page.goto(f"http://127.0.0.1:{port}{address}")
                while not page.evaluate(
                    "() => performance.getEntriesByName('first-contentful-paint').length"
                ):
                    page.wait_for_timeout(20)
                times.append(
                    page.evaluate(
                        """() => [performance.getEntriesByType("navigation")[0].responseStart,
                        performance.getEntriesByName("first-contentful-paint")[0].startTime]"""
                    )
                )
            (answer, first), (_, again) = times
            print(f"{address[:32]:32} {answer:8.0f} {first:8.0f} {again:8.0f}", flush=True)
        browser.close()
    server.should_exit = True
    thread.join(timeout=20)


if __name__ == "__main__":
    main()
