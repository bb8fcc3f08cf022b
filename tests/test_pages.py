"""The pages in a real browser: read, filtered, corrected; nothing foreign runs or is asked."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from browser import find_browser, served
from dragoman.store import Run, Store
from hostile import PAYLOADS, hostile_report
from reports import rich_report

playwright = pytest.importorskip("playwright.sync_api")

RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")
REPORT = rich_report(1)
DOCUMENT = f"/documents/{REPORT.document.id}"
ADDRESSES = {
    "overview": "/",
    "events": "/events",
    "filtered": "/events?type=ASSAULT&q=village",
    "nothing": "/events?q=nowhere",
    "reader": f"{DOCUMENT}?event={REPORT.events[0].id}",
    "map": "/map?points=1&arcs=1",
    "dyads": "/dyads",
    "dyad": "/dyads/BRA/KEN",
    "network": "/network",
    "agenda": "/agenda",
    "dossiers": "/dossiers",
    "dossier": "/dossiers/country/PER",
    "corrections": "/corrections",
    "saved": "/saved",
    "help": "/help",
    "missing": "/documents/nope",
}
#: What every page needs to be used without seeing it, and with the keyboard.
CHECK = """() => {
  const wrong = [];
  const name = (e) => (e.getAttribute("aria-label") || e.textContent || e.title || "").trim()
    || (e.labels && [...e.labels].map((l) => l.textContent).join("").trim());
  for (const e of document.querySelectorAll("a[href], button, input, select, summary")) {
    if (e.type === "hidden" || !e.checkVisibility()) continue;
    if (!name(e)) wrong.push("no name: " + e.outerHTML.slice(0, 90));
    if (e.tabIndex < 0) wrong.push("not reached by keyboard: " + e.outerHTML.slice(0, 90));
  }
  for (const e of document.querySelectorAll("svg")) {
    if (!e.closest("[aria-hidden=true]") && !e.getAttribute("role") && !e.closest("svg svg"))
      wrong.push("picture without a role: " + e.outerHTML.slice(0, 60));
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  if (!document.documentElement.lang) wrong.push("no language");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((i) => i === id).length > 1) wrong.push("id " + id);
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) wrong.push("wider than the window by " + over);
  return wrong;
}"""
#: The contrast of every visible text with what is behind it (WCAG 2.2, 1.4.3: AA).
CONTRAST = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const parse = (text) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0.9) return colour;
    }
    return [255, 255, 255, 1];
  };
  const wrong = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || e.closest("svg, .hidden, option, template") || !e.checkVisibility())
      continue;
    const style = getComputedStyle(e);
    const [one, other] = [light(parse(style.color)), light(ground(e))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5))
      wrong.add(`${ratio.toFixed(2)} ${e.tagName}.${e.className} ${node.data.trim().slice(0, 20)}`);
  }
  return [...wrong];
}"""


@pytest.fixture(scope="module")
def chromium():
    path = find_browser()
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory, chromium):
    path = tmp_path_factory.mktemp("pages") / "news.duckdb"
    with Store.open(path) as store:
        store.add([rich_report(number) for number in range(1, 5)], RUN)
    with served(path) as found:
        yield found


class Watched:
    """A page that notes what goes wrong: errors, messages, requests elsewhere."""

    def __init__(self, context, address):
        self.address = address
        self.wrong = []
        self.page = context.new_page()
        self.page.set_default_timeout(8_000)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: self.wrong.append(f"dialog {dialog.message}"))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def _console(self, message):
        missing = "404 (Not Found)" in message.text or "400 (Bad Request)" in message.text
        if message.type in {"error", "warning"} and not missing:
            self.wrong.append(message.text)

    def _request(self, request):
        if not request.url.startswith(self.address + "/"):
            self.wrong.append(f"asked {request.url}")

    def open(self, path):
        self.page.goto(self.address + path, wait_until="load")
        return self.page


@pytest.fixture
def watched(chromium, address):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = Watched(context, address)
    yield page
    context.close()
    assert page.wrong == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_every_page_can_be_read(chromium, address, width, scheme):
    context = chromium.new_context(viewport={"width": width, "height": 850}, color_scheme=scheme)
    watched = Watched(context, address)
    folder = os.environ.get("DRAGOMAN_SCREENSHOTS")
    wrong = {}
    for name, path in ADDRESSES.items():
        page = watched.open(path)
        found = [*page.evaluate(CHECK), *page.evaluate(CONTRAST)]
        if found:
            wrong[name] = found
        picture = page.screenshot()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 5_000
        if folder:
            Path(folder, f"{name}-{width}-{scheme}.png").write_bytes(picture)
    context.close()
    assert wrong == {}
    assert watched.wrong == []


def test_filters_are_links_and_stay_in_the_address(watched):
    page = watched.open("/events")
    assert page.locator("h1").inner_text() == "16 events"
    page.get_by_role("link", name=re.compile("^ASSAULT 4")).click()
    page.wait_for_url("**/events?type=ASSAULT")
    assert page.locator("h1").inner_text() == "4 events"
    page.get_by_label("Search the reports").fill("shell village")
    page.keyboard.press("Enter")
    page.wait_for_url("**/events?q=shell+village")
    assert page.locator("mark").first.inner_text() == "shelling"
    page.get_by_role("link", name="Remove the search for shell village").click()
    page.wait_for_url("**/events?")
    page.get_by_label("Sort").select_option(label="most conflictual")
    page.wait_for_url("**sort=score")


def test_keys_lead_through_the_table(watched):
    page = watched.open("/events")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("tr.at").count() == 1
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/**")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/agenda")
    page.keyboard.press("?")
    page.wait_for_url("**/help")


def test_a_search_is_saved_and_removed(watched):
    page = watched.open("/events?type=CONSULT")
    page.get_by_text("Save search").click()
    page.get_by_label("Name").fill("Talks")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/saved")
    row = page.get_by_role("row", name=re.compile("Talks"))
    assert "8" in row.inner_text()
    page.get_by_role("button", name="Remove Talks").click()
    page.get_by_text("Nothing is saved yet").wait_for()


def test_the_theme_is_chosen_and_kept(watched):
    page = watched.open("/events")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Change between light and dark").click()
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert before != after
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == after


def test_a_value_shows_its_words_and_its_rule(watched):
    page = watched.open(DOCUMENT)
    card = page.locator(".card").filter(has_text="ACCUSE")
    card.get_by_role("link").first.click()
    assert page.locator(".text .r-act").all_inner_texts() == ["accused"]
    assert page.locator(".text .r-recipient").first.inner_text() == "Chile"
    first = page.locator(f"#{REPORT.events[0].id}")
    first.get_by_role("link").first.click()
    first.get_by_text("CONSULT · visit").click()
    assert "meet.verb" in first.locator(".why").first.inner_text()
    first.locator("q").first.click()
    assert page.locator(".flash").inner_text() == "met"
    page.locator(".text .sp", has_text="shelling").first.click()
    assert page.locator(".card.on").get_attribute("aria-label").startswith("ASSAULT")


def test_a_statement_and_a_relation_are_corrected_rejected_and_added(chromium, tmp_path):
    path = tmp_path / "own.duckdb"
    with Store.open(path) as store:
        store.add([rich_report(1)], RUN)
    with served(path) as address:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        watched = Watched(context, address)
        page = watched.open(DOCUMENT)
        said = page.get_by_label("Statements")
        said.get_by_role("button", name="Correct").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Stance").select_option("critical")
        with page.expect_navigation():
            dialog.get_by_role("button", name="Save").click()
        assert "critical" in said.inner_text()
        assert "corrected" in said.inner_text()
        assert "stance is critical" in page.locator("#corrections").inner_text()
        standing = page.get_by_label("Relations")
        with page.expect_navigation():
            standing.get_by_role("button", name="Reject").click()
        assert "None was found" in standing.inner_text()
        standing.get_by_role("button", name="Add relation").click()
        assert "Select the words" in page.get_by_role("alert").inner_text()
        page.evaluate(
            """() => {
              const piece = document.querySelector("#text > span:last-child");
              getSelection().selectAllChildren(piece);
            }"""
        )
        standing.get_by_role("button", name="Add relation").click()
        dialog.get_by_label("Label").select_option("rivalry")
        for side, code in (("From", "PER"), ("To", "CHL")):
            group = dialog.get_by_role("group", name=side)
            group.get_by_role("button").click()
            group.get_by_label("Country").fill(code)
        with page.expect_navigation():
            dialog.get_by_role("button", name="Save").click()
        assert "rivalry" in standing.inner_text()
        context.close()
        assert watched.wrong == []


def test_an_event_is_corrected_rejected_and_added(chromium, tmp_path):
    path = tmp_path / "own.duckdb"
    with Store.open(path) as store:
        store.add([rich_report(1)], RUN)
    with served(path) as address:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        watched = Watched(context, address)
        page = watched.open(DOCUMENT)
        first = page.locator(f"#{REPORT.events[0].id}")
        first.get_by_role("button", name="Correct").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Type").select_option("AGREE")
        dialog.get_by_label("Status").select_option("planned")
        dialog.get_by_label("Country").first.fill("PRY")
        dialog.get_by_label("First day").fill("2024-06-09")
        dialog.get_by_role("button", name="Save").click()
        assert "before the start" in dialog.get_by_role("alert").inner_text()
        dialog.get_by_label("Last day").fill("2024-06-10")
        dialog.get_by_label("Note").fill("the date was wrong")
        with page.expect_navigation():
            dialog.get_by_role("button", name="Save").click()
        assert "corrected" in first.inner_text()
        assert "AGREE" in first.inner_text()
        assert "PRY" in first.inner_text()
        assert "2024-06-09 to 2024-06-10" in first.inner_text()
        assert "the date was wrong" in page.locator("#corrections").inner_text()

        with page.expect_navigation():
            page.locator(".card").filter(has_text="ACCUSE").get_by_role(
                "button", name="Reject"
            ).click()
        assert page.locator(".card").count() == 3

        # The apostrophe before these words is one code point and more than one byte.
        page.evaluate(
            """() => {
              const piece = [...document.querySelectorAll(".text > span")]
                .find((e) => e.textContent.includes("Kenya voiced"));
              const node = piece.firstChild, at = node.data.indexOf("Kenya");
              const last = [...document.querySelectorAll(".text > span")]
                .filter((e) => e.textContent.includes("concern")).pop().lastChild;
              const range = document.createRange();
              range.setStart(node, at);
              range.setEnd(last, last.data.indexOf("concern") + 7);
              getSelection().removeAllRanges();
              getSelection().addRange(range);
            }"""
        )
        page.get_by_role("button", name="Add event from these words").click()
        assert dialog.locator("blockquote").inner_text() == "Kenya voiced concern"
        dialog.get_by_label("Type").select_option("REQUEST")
        dialog.get_by_role("button", name="Add actor").click()
        dialog.get_by_label("Name").first.fill("Kenya")
        dialog.get_by_label("Country").first.fill("ken")
        with page.expect_navigation():
            dialog.get_by_role("button", name="Save").click()
        added = page.locator(".card").filter(has_text="REQUEST")
        assert "Kenya (KEN)" in added.inner_text()
        with page.expect_navigation():
            page.get_by_role("button", name="Mark as read").click()
        assert "counts as gold" in page.locator("main").inner_text()
        context.close()
        assert [w for w in watched.wrong if "400" not in w] == []
    with Store.open(path, read_only=True) as store:
        rows = store.query("SELECT type, evidence FROM events WHERE confidence = 1 ORDER BY type")
        assert rows[1] == [
            ("AGREE", REPORT.events[0].mentions[0].evidence.of(REPORT.document.text)),
            ("REQUEST", "Kenya voiced concern"),
        ]
        assert [r[0] for r in store.query("SELECT kind FROM corrections ORDER BY made, kind")[1]]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_menu_of_downloads_fits_and_gives_files(chromium, address, width):
    context = chromium.new_context(viewport={"width": width, "height": 900})
    watched = Watched(context, address)
    page = watched.open("/events?type=CONSULT")
    page.get_by_text("Download", exact=True).click()
    link = page.get_by_role("link", name="gdelt GDELT 2.0 events")
    assert link.is_visible()
    assert [*page.evaluate(CHECK), *page.evaluate(CONTRAST)] == []
    with page.expect_download() as found:
        link.click()
    assert found.value.suggested_filename == "events-gdelt.zip"
    assert Path(found.value.path()).read_bytes().startswith(b"PK")
    assert watched.wrong == []
    context.close()


def in_month(number):
    """Return a report whose meeting was in a month of 2023."""
    report = rich_report(number)
    met, *others = report.events
    day = date(2023, number, 10)
    met = replace(met, when=replace(met.when, start=day, end=day))
    return replace(report, events=(met, *others))


def test_the_time_brush_of_the_map(chromium, tmp_path):
    path = tmp_path / "brush.duckdb"
    with Store.open(path) as store:
        store.add([in_month(number) for number in range(1, 11)], RUN)
    with served(path) as address:
        for width in (1280, 390):
            context = chromium.new_context(viewport={"width": width, "height": 900})
            watched = Watched(context, address)
            page = watched.open("/map?measure=events")
            brush = page.get_by_role("group", name="Time")
            brush.wait_for()
            assert brush.get_by_role("status").inner_text() == "Jan 2023 to Oct 2023"
            low = page.get_by_role("slider", name="From month")
            high = page.get_by_role("slider", name="To month")
            # With keys the fields follow, and Enter asks.
            low.focus()
            low.press("ArrowRight")
            low.press("ArrowRight")
            assert low.get_attribute("aria-valuetext") == "Mar 2023"
            assert page.get_by_label("From", exact=True).input_value() == "2023-03-01"
            assert page.get_by_label("To", exact=True).input_value() == ""
            high.focus()
            high.press("ArrowLeft")
            with page.expect_navigation():
                high.press("Enter")
            assert "after=2023-03-01&before=2023-09-30" in page.url
            brush.wait_for()
            assert brush.get_by_role("status").inner_text() == "Mar 2023 to Sep 2023"
            # The handles stop at each other; at its end a handle leaves the period open.
            low.focus()
            low.press("End")
            assert page.get_by_label("From", exact=True).input_value() == "2023-09-01"
            low.press("Home")
            assert page.get_by_label("From", exact=True).input_value() == ""
            # A pointer drags a handle, and asks when it lets go.
            box = high.bounding_box()
            at = box["y"] + box["height"] / 2
            page.mouse.move(box["x"] + box["width"] * 8 / 9 - 1, at)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] * 4 / 9, at, steps=5)
            with page.expect_navigation():
                page.mouse.up()
            assert re.search(r"after=&before=2023-0[45]-3[01]", page.url), page.url
            assert page.evaluate(CHECK) == []
            assert watched.wrong == []
            if folder := os.environ.get("DRAGOMAN_SCREENSHOTS"):
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    page.screenshot(path=Path(folder) / f"brush-{width}-{scheme}.png")
            context.close()


def test_no_script_of_a_report_ever_runs(chromium, tmp_path):
    path = tmp_path / "hostile.duckdb"
    with Store.open(path) as store:
        reports = [hostile_report(number, 6) for number in range(0, len(PAYLOADS), 6)]
        store.add(reports, RUN)
    with served(path) as address:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        watched = Watched(context, address)
        pages = [
            "/", "/events", "/events?sort=day", "/map?points=1&arcs=1", "/network", "/agenda",
            "/dyads/IRN/AZE", "/dossiers", "/dossiers/country/IRN", "/corrections",
            "/events?place=<script>top.xss=1</script>", "/events?q=<img src=x onerror=top.xss=1>",
        ]  # fmt: skip
        pages += [f"/documents/{r.document.id}?event={r.events[0].id}" for r in reports]
        ran = "window.xss === undefined && top.xss === undefined"
        for place in pages:
            page = watched.open(place)
            page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
            page.evaluate("document.querySelectorAll('[tabindex],input').forEach((e) => e.focus())")
            assert page.evaluate(ran), place
        context.close()
        assert watched.wrong == []
