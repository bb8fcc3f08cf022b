"""Fetching: never into the private network, within limits, politely."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import sources as make
from dragoman.archive.following import Follower
from dragoman.archive.ingesting import Ingest
from dragoman.archive.politeness import Polite
from dragoman.archive.watching import Feed, Watch, read_feeds
from dragoman.errors import ConfigError, InputError
from dragoman.ingest.fetch import Fetcher, FetchLimits, is_public
from dragoman.ingest.pool import Pool
from dragoman.store import Run, Store


class Site:
    """A local server: path to (status, headers, body); counts what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.seen_headers: list[dict[str, str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.seen_headers.append(dict(self.headers))
                status, headers, body = site.pages.get(self.path, (404, {}, b"none"))
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    if name != "X-Slow":
                        self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    for i in range(0, len(body), 50):
                        self.wfile.write(body[i : i + 50])
                        if "X-Slow" in headers:
                            self.wfile.flush()
                            time.sleep(0.3)
                except OSError:
                    return

            def log_message(self, *arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site():
    opened = Site()
    yield opened
    opened.close()


def reason(fetcher: Fetcher | Polite, url: str) -> str:
    with pytest.raises(InputError) as error:
        fetcher.get(url)
    return error.value.reason


PRIVATE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.0.1",
    "192.0.2.5", "198.18.0.1", "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd12:3456::1", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
    "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:db8::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "100::1", "not an address", "",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "1.1.1.1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address):
    assert not is_public(address)
    resolved: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        resolved.append(host)
        return ["93.184.216.34", address]

    assert reason(Fetcher(resolver=resolver), "http://news.example/a") == "private-address"
    assert resolved == ["news.example"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]",
     "[::ffff:127.0.0.1]", "0", "LOCALHOST", "127.0.0.1.", "①②⑦.0.0.1"],
)  # fmt: skip
def test_other_spellings_of_this_machine(site, host):
    port = site.server.server_port
    # On the real port it is refused for the port, on port 80 for the address.
    assert reason(Fetcher(), f"http://{host}:{port}/") in {"port", "unreachable"}
    assert reason(Fetcher(), f"http://{host}/") in {"private-address", "unreachable"}
    assert site.asked == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://news.example/a", "address"),
        ("file:///etc/passwd", "address"),
        ("gopher://news.example:70/1", "address"),
        ("javascript:alert(1)", "address"),
        ("http:///a", "address"),
        ("http://user:secret@news.example/", "address"),
        ("http://news.example\\@127.0.0.1/", "address"),
        ("http://news.example/a\r\nHost: x", "address"),
        ("http://news.example:22/", "port"),
        ("http://news.example:99999/", "address"),
        ("http://[::1/", "address"),
        ("//news.example/a", "address"),
    ],
)
def test_addresses_that_are_not_fetched(url, expected):
    assert reason(Fetcher(resolver=lambda host, port: ["93.184.216.34"]), url) == expected


def test_a_name_that_changes_its_address_is_resolved_once(site):
    """DNS rebinding: the second answer would be private, but nobody asks again."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    site.pages["/a"] = (200, {}, b"Talks.")
    fetcher = Fetcher(allow_private=True, resolver=lambda host, port: next(answers))
    response = fetcher.get(f"http://news.example:{site.server.server_port}/a")
    assert response.data == b"Talks."
    assert site.seen_headers[0]["Host"] == f"news.example:{site.server.server_port}"


def test_a_redirect_into_the_private_network_is_refused(site):
    port = site.server.server_port
    site.pages["/a"] = (302, {"Location": "http://169.254.169.254/latest/meta-data"}, b"")
    fetcher = Fetcher(resolver=lambda host, port: ["127.0.0.1"])
    fetcher._allow = True  # the first host may be reached, as if it were public
    parts = fetcher._check(f"http://news.example:{port}/a", "x")
    status, headers, _ = fetcher._once(parts, "x", {}, time.monotonic() + 5)
    assert status == 302
    fetcher._allow = False
    fetcher._resolve = lambda host, port: [host]
    assert reason(fetcher, headers["location"]) == "private-address"


def test_redirects(site):
    site.pages["/a"] = (301, {"Location": "/b"}, b"")
    site.pages["/b"] = (200, {}, b"Talks.")
    site.pages["/round"] = (302, {"Location": "/round"}, b"")
    site.pages["/file"] = (302, {"Location": "file:///etc/passwd"}, b"")
    fetcher = Fetcher(allow_private=True)
    assert fetcher.get(site.url + "/a").url == site.url + "/b"
    assert reason(fetcher, site.url + "/round") == "redirects"
    assert site.asked.count("/round") == 6
    assert reason(fetcher, site.url + "/file") == "address"


def test_limits(site):
    site.pages["/large"] = (200, {}, bytes(200_000))
    site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(50_000_000)))
    site.pages["/gzip"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"Talks."))
    site.pages["/cut"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"Talks." * 99)[:-9])
    site.pages["/short"] = (200, {"Content-Length": "100", "Connection": "close"}, b"Talks.")
    site.pages["/slow"] = (200, {"X-Slow": "1"}, b"Talks. " * 100)
    site.pages["/br"] = (200, {"Content-Encoding": "br"}, b"x")
    site.pages["/gone"] = (410, {}, b"")
    fetcher = Fetcher(FetchLimits(seconds=1.0, bytes=100_000), allow_private=True)
    assert fetcher.get(site.url + "/gzip").data == b"Talks."
    for path, expected in {
        "/large": "too-large",
        "/bomb": "bomb",
        "/cut": "truncated",
        "/br": "http-broken",
        "/gone": "http-status",
    }.items():
        assert reason(fetcher, site.url + path) == expected, path
    assert reason(fetcher, site.url + "/short") in {"truncated", "http-broken", "hang"}
    start = time.monotonic()
    assert reason(fetcher, site.url + "/slow") == "hang"
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"",
    ],
)
def test_a_server_that_sends_a_byte_now_and_then(start):
    """A limit of the socket begins anew with every byte; that of the fetch does not."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(start)
                for _ in range(100):
                    connection.sendall(b"0")
                    time.sleep(0.1)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        fetcher = Fetcher(FetchLimits(seconds=0.6), allow_private=True)
        begun = time.monotonic()
        assert reason(fetcher, f"http://127.0.0.1:{server.getsockname()[1]}/") == "hang"
        assert time.monotonic() - begun < 2
        thread.join(5)
    assert not thread.is_alive()


def test_a_host_name_in_other_letters(site):
    port = site.server.server_port
    resolved: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        resolved.append(host)
        return ["127.0.0.1"]

    site.pages["/a"] = (200, {}, b"Talks.")
    fetcher = Fetcher(allow_private=True, resolver=resolver)
    assert fetcher.get(f"http://zürich.example:{port}/a").data == b"Talks."
    assert resolved == ["xn--zrich-kva.example"]
    assert site.seen_headers[-1]["Host"] == f"xn--zrich-kva.example:{port}"


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def polite(clock: Clock, delay: float = 2.0) -> Polite:
    fetcher = Fetcher(FetchLimits(seconds=5), allow_private=True)
    return Polite(fetcher, delay=delay, clock=clock, sleep=clock.sleep)


def test_robots_txt_and_delay(site):
    rules = b"User-agent: *\nDisallow: /private\nCrawl-delay: 7\n"
    site.pages["/robots.txt"] = (200, {}, rules)
    site.pages["/a"] = (200, {}, b"Talks.")
    clock = Clock()
    getter = polite(clock)
    getter.get(site.url + "/a")
    getter.get(site.url + "/a")
    assert clock.slept == [7.0, 7.0]
    assert reason(getter, site.url + "/private/b") == "robots"
    assert site.asked == ["/robots.txt", "/a", "/a"]
    assert site.seen_headers[0]["User-Agent"].startswith("dragoman/")


def test_a_host_in_trouble_rests_longer_and_longer(site):
    site.pages["/a"] = (503, {}, b"")
    clock = Clock()
    getter = polite(clock)
    assert reason(getter, site.url + "/a") == "http-status"
    assert reason(getter, site.url + "/a") == "resting"
    clock.now += 33
    assert reason(getter, site.url + "/a") == "http-status"
    clock.now += 33
    assert reason(getter, site.url + "/a") == "resting"
    clock.now += 33
    site.pages["/a"] = (200, {}, b"Talks.")
    assert getter.get(site.url + "/a").data == b"Talks."
    assert site.asked == ["/robots.txt", "/a", "/a", "/a"]


def test_no_robots_txt_for_an_error_of_the_server(site):
    site.pages["/robots.txt"] = (500, {}, b"")
    site.pages["/a"] = (200, {}, b"Talks.")
    assert reason(polite(Clock()), site.url + "/a") == "http-status"
    assert site.asked == ["/robots.txt"]


@pytest.fixture
def watch(site, tmp_path):
    """Return a function that makes a watch of the site's feed."""
    path = tmp_path / "news.duckdb"
    clock = Clock()
    with ExitStack() as stack:
        pool = stack.enter_context(Pool())

        def ingest(store: Store, follower: Follower | None) -> Ingest:
            return Ingest(store, pool, None, Run.begin("not coded", "watch"), fetch=follower)

        def make_watch(**options: object) -> Watch:
            feed = Feed(site.url + "/feed.xml", interval=100.0, **options)  # type: ignore[arg-type]
            return Watch(
                [feed],
                polite(clock, 0.0),
                lambda: Store.open(path),
                ingest,
                tmp_path / "state.json",
                clock=clock,
            )

        make_watch.path, make_watch.clock = path, clock  # type: ignore[attr-defined]
        yield make_watch


def test_watching_a_feed(site, watch):
    first, second = (f"{site.url}/{name}.html" for name in ("one", "two"))
    site.pages["/feed.xml"] = (200, {"ETag": '"1"'}, make.rss(("One", first, "In short.")))
    site.pages["/one.html"] = (200, {}, make.page())
    watching = watch()
    done = watching.round()
    assert (done.asked, done.added, done.failed) == (1, 1, [])
    with Store.open(watch.path, read_only=True) as store:
        # The page is the report; what the feed says of it is not a second one.
        assert store.query("SELECT source FROM documents")[1] == [(first,)]
    # Not due, then unchanged: the server is asked with what it said last.
    assert watching.round().asked == 0
    watch.clock.now += 101
    watching = watch()  # what is remembered outlives the process
    assert (watching.round().unchanged, site.asked.count("/one.html")) == (1, 1)
    # A new entry: only its page is fetched.
    watch.clock.now += 101
    site.pages["/feed.xml"] = (
        200, {"ETag": '"2"'}, make.rss(("One", first, "In short."), ("Two", second, "Short."))
    )  # fmt: skip
    site.pages["/two.html"] = (200, {}, make.page(make.STORY + " They met twice."))
    done = watching.round()
    assert done.added == 1
    assert site.asked.count("/one.html") == 1
    # Other words in the feed about a page that is there are no new version of it.
    watch.clock.now += 101
    site.pages["/feed.xml"] = (200, {}, make.rss(("One", first, "In other words.")))
    assert watching.round().added == 0


def test_what_a_feed_says_counts_where_its_page_cannot_be_had(site, watch):
    urls = [f"{site.url}/{name}.html" for name in ("late", "film")]
    site.pages["/feed.xml"] = (
        200, {}, make.rss(("Late", urls[0], "Peru met Chile."), ("Film", urls[1], "A film."))
    )  # fmt: skip
    site.pages["/film.html"] = (200, {}, b"<html><body><div></div></body></html>")
    watching = watch()
    assert watching.round().added == 2
    with Store.open(watch.path, read_only=True) as store:
        assert store.query("SELECT text FROM documents ORDER BY 1")[1] == [
            ("A film.",), ("Peru met Chile.",)
        ]  # fmt: skip
        found = store.query("SELECT source, reason FROM rejected ORDER BY 2")[1]
        assert found == [(urls[1], "html-without-text"), (urls[0], "http-status")]
    # When the page comes after all, it is the newer version, and is rejected no more.
    watch.clock.now += 101
    site.pages["/late.html"] = (200, {}, make.page())
    assert watching.round().added == 1
    with Store.open(watch.path, read_only=True) as store:
        sql = "SELECT source FROM documents WHERE superseded_by IS NULL ORDER BY 1"
        assert store.query(sql)[1] == [(site.url + "/feed.xml#2",), (urls[0],)]
        assert store.query("SELECT source FROM rejected")[1] == [(urls[1],)]


def test_a_page_is_fetched_once_whatever_came_of_it(site, watch):
    """A link that leads elsewhere, and a page without text, are not asked for at every round."""
    moved, film = f"{site.url}/moved", f"{site.url}/film"
    site.pages["/feed.xml"] = (200, {}, make.rss(("One", moved, ""), ("Two", film, "")))
    site.pages["/moved"] = (302, {"Location": "/one.html"}, b"")
    site.pages["/one.html"] = (200, {}, make.page())
    site.pages["/film"] = (200, {}, b"<html><body><div></div></body></html>")
    watching = watch()
    for _ in range(3):
        watching.round()
        watch.clock.now += 101
    asked = [site.asked.count(path) for path in ("/feed.xml", "/moved", "/one.html", "/film")]
    assert asked == [3, 1, 1, 1]


def test_a_feed_in_trouble_waits_longer(site, watch):
    watching = watch()
    assert [bad.reason for bad in watching.round().failed] == ["http-status"]
    assert 190 < watching.due_in() <= 200
    watch.clock.now += 201
    watching.round()
    assert 390 < watching.due_in() <= 400


def test_a_feed_without_full_text(site, watch):
    site.pages["/feed.xml"] = (200, {}, make.rss(("One", site.url + "/one.html", make.STORY)))
    watching = watch(full_text=False, publisher="Mine")
    assert watching.round().added == 1
    assert "/one.html" not in site.asked
    with Store.open(watch.path, read_only=True) as store:
        assert store.query("SELECT publisher FROM documents")[1] == [("Mine",)]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no .*feed"),
        ("[[feed]]\nurl = 'ftp://x'", "feed 1: url"),
        ("[[feed]]\nurl = 'https://x.example'\nevery = 3", "feed 1 has 'every'"),
        ("[[feed]]\nurl = 'https://x.example'\ninterval = 3", "60 seconds"),
        ("[[feed]]\nurl = 'https://x.example'\ninterval = true", "interval is wrong"),
        ("[[feed]", "feeds.toml"),
    ],
)
def test_feeds_files(tmp_path, text, wrong):
    path = tmp_path / "feeds.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=wrong):
        read_feeds(path)
