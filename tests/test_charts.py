"""Charts: what is drawn, that it is drawn in the right place, and what they must never hold."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from dragoman import charts
from dragoman.analysis.agenda import Announcement, Outcome
from dragoman.analysis.network import Edge, of_edges
from dragoman.analysis.places import Arc, CountryValue, PlacePoint
from dragoman.analysis.rows import EventRow
from dragoman.analysis.series import ChangePoint, DyadSeries, Point
from dragoman.charts.projection import equal_earth
from dragoman.charts.scales import scale_of
from dragoman.charts.svg import nice_top, tag
from dragoman.charts.world import world
from rows import day

NS = {"s": "http://www.w3.org/2000/svg"}
HOSTILE = "\"><script>alert(1)</script><b style='x' onload=y>\x1b\x00"


def parse(svg):
    """Parse a chart and check what holds for all of them."""
    root = etree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    title, desc = root[0], root[1]
    assert (etree.QName(title).localname, etree.QName(desc).localname) == ("title", "desc")
    assert root.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    linked = root.xpath("boolean(.//s:a)", namespaces=NS)
    assert root.get("role") == ("group" if linked else "img")
    for node in root.iter():
        assert etree.QName(node).localname not in {"style", "script", "foreignObject", "image"}
        for name in node.attrib:
            assert not name.startswith("on")
            assert name not in {"style", "fill", "stroke", "color"}
    return root


def find(root, path):
    return root.xpath(path, namespaces=NS)


# -- series ------------------------------------------------------------------------------------


def series_of(forward, backward=None, changes=(), names=("IRN", "AZE")):
    start = day("2024-04-29")

    def points(counts):
        return tuple(
            Point(start + timedelta(7 * n), start + timedelta(7 * n + 6), good, 0, bad)
            for n, (good, bad) in enumerate(counts)
        )

    there, back = points(forward), points(backward or forward)
    return DyadSeries(*names, "week", there, back, there, tuple(changes), 0)


def test_bars_are_as_high_as_their_counts():
    root = parse(charts.series_chart(series_of([(4, 0), (0, 0), (1, 2)], [(0, 1), (0, 0), (2, 0)])))
    bars = find(root, ".//s:g[@class='bar']/s:rect")
    shown = [(b.get("class"), float(b.get("height")), float(b.get("y"))) for b in bars]
    unit = shown[0][1] / 4
    assert [(kind, round(high / unit)) for kind, high, _ in shown] == [
        ("cooperation", 4), ("cooperation", 1), ("conflict", 2),
        ("conflict", 1), ("cooperation", 2),
    ]  # fmt: skip
    zero = shown[0][2] + shown[0][1]
    assert shown[1][2] + shown[1][1] == pytest.approx(zero, abs=0.02)
    assert shown[2][2] == pytest.approx(zero, abs=0.02)
    titles = [t.text for t in find(root, ".//s:g[@class='bar']/s:title")]
    assert titles[1] == "IRN → AZE, 2024-05-13 to 2024-05-19: 1 cooperation, 2 conflict"
    assert [t.text for t in find(root, ".//s:text[@class='panel-title']")] == [
        "IRN → AZE",
        "AZE → IRN",
    ]


def test_steps_lead_to_their_events():
    told = []

    def link(first, last):
        told.append((first, last))
        return f"/events?since={first}&until={last}"

    root = parse(charts.series_chart(series_of([(1, 0), (0, 0)]), link=link))
    (one, _) = find(root, ".//s:a")
    assert one.get("href") == "/events?since=2024-04-29&until=2024-05-05"
    assert one.get("aria-label").startswith("IRN → AZE, 2024-04-29")
    assert told == [(day("2024-04-29"), day("2024-05-05"))] * 2


def test_change_points_are_marked_at_their_step():
    change = ChangePoint("conflict", day("2024-05-13"), 1.0, 4.5)
    root = parse(charts.series_chart(series_of([(1, 1), (1, 1), (1, 4), (1, 5)], changes=[change])))
    (mark,) = find(root, ".//s:g[@class='change-of-conflict']")
    assert mark[0].text == "conflict changes on 2024-05-13: from 1.00 to 4.50 events a week"
    at = float(re.match(r"M([\d.]+) ", mark[1].get("d"))[1])
    assert at == pytest.approx(56 + 2 * (720 - 56 - 10) / 4, abs=0.01)


def test_long_series_are_areas():
    long = series_of([(1, 2)] * 300)
    svg = charts.series_chart(long)
    root = parse(svg)
    assert find(root, ".//s:g[@class='bar']") == []
    assert len(find(root, ".//s:path[@class='cooperation']")) == 2
    assert len(svg) < 4000


def test_an_empty_series_says_so():
    root = parse(charts.series_chart(series_of([])))
    assert find(root, "./s:desc")[0].text == "There are no dated events."
    assert [t.text for t in find(root, ".//s:text[@class='empty']")] == ["no dated events"]


def test_the_table_has_the_same_data():
    change = ChangePoint("conflict", day("2024-05-06"), 1.0, 4.5)
    table = charts.series_table(series_of([(4, 0), (0, 0), (1, 2)], changes=[change]))
    assert table.rows == (
        ("2024-04-29 to 2024-05-05", "4", "0", "4", "0", ""),
        ("2024-05-06 to 2024-05-12", "0", "0", "0", "0", "conflict 1.00 → 4.50"),
        ("2024-05-13 to 2024-05-19", "1", "2", "1", "2", ""),
    )
    text = charts.figure(charts.series_chart(series_of([(4, 0)])), table)
    assert text.startswith('<figure class="chart-box"><svg')
    assert text.count("<tr>") == 4


# -- the map -----------------------------------------------------------------------------------


def test_equal_earth():
    assert equal_earth(0, 0) == (0, 0)
    # The extents of the published projection (d3-geo gives the same).
    assert equal_earth(180, 0)[0] == pytest.approx(2.7066297, abs=1e-6)
    assert equal_earth(0, 90)[1] == pytest.approx(1.3173628, abs=1e-6)


@given(st.floats(-179, 179), st.floats(-89, 89))
def test_equal_earth_keeps_areas(longitude, latitude):
    step = 1e-4
    (x1, y1), (x2, y2) = (equal_earth(longitude + d, latitude) for d in (-step, step))
    (x3, y3), (x4, y4) = (equal_earth(longitude, latitude + d) for d in (-step, step))
    area = ((x2 - x1) * (y4 - y3) - (x4 - x3) * (y2 - y1)) / math.radians(2 * step) ** 2
    assert area == pytest.approx(math.cos(math.radians(latitude)), rel=1e-4, abs=1e-6)


def area_of(ring):
    places = [equal_earth(*point) for point in ring]
    pairs = zip(places, places[1:] + places[:1], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2 * 6371.0**2


def test_the_countries_have_about_their_areas():
    def area(shape):
        # Holes run the other way round.
        return abs(sum(area_of(ring) for ring in shape.rings))

    by_code = {shape.code: shape for shape in world() if shape.code}
    # Thousands of square kilometres, as the countries give them.
    known = {"RUS": 17098, "BRA": 8516, "DZA": 2382, "FRA": 632, "ZAF": 1221, "FJI": 18}
    for code, size in known.items():
        assert area(by_code[code]) / 1000 == pytest.approx(size, rel=0.12), code
    land = sum(area(shape) for shape in world()) / 1e6
    assert land == pytest.approx(135, rel=0.02)
    assert len(by_code) == len([s for s in world() if s.code]) > 230
    assert {"XKX", "PSE", "TWN", "SGP", "VAT"} <= set(by_code)
    for shape in world():
        for ring in shape.rings:
            assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)
            assert all(abs(a[0] - b[0]) < 180 for a, b in pairwise(ring))


def label_of(code):
    return {"IRN": (32.0, 53.0), "AZE": (40.5, 47.5), "TUV": (-8.5, 179.2)}.get(code)


def test_countries_are_coloured_and_small_ones_get_a_square():
    values = [CountryValue("IRN", 9, 9), CountryValue("SGP", 2, 2)]
    root = parse(
        charts.map_chart(values, title="Events", names={"IRN": "Iran"}, link=lambda c: f"/c/{c}")
    )
    (iran,) = find(root, ".//s:a[@href='/c/IRN']/s:path")
    assert (iran.get("class"), iran[0].text) == ("land c2", "Iran: 9 events")
    squares = find(root, ".//s:rect[@class='land c1 tiny']")
    assert [s[0].text for s in squares] == [
        "Singapore: 2 events (the whole country, too small to draw)"
    ]
    assert len(find(root, ".//s:path[@class='land']")) > 200
    legend = [t.text for t in find(root, ".//s:g[@class='legend']/s:text")]
    assert legend == ["events: 2", "9"]


def test_what_has_no_outline_is_drawn_by_its_label_or_told_of():
    values = [CountryValue("TUV", 3, 3), CountryValue("UNO", 2, 2)]
    root = parse(charts.map_chart(values, title="Events", label_of=label_of))
    assert [s[0].text for s in find(root, ".//s:rect[contains(@class, 'tiny')]")] == [
        "TUV: 3 events (the whole country, too small to draw)"
    ]
    assert "Not on the map: UNO." in find(root, "./s:desc")[0].text
    bare = parse(charts.map_chart(values, title="Events"))
    assert "Not on the map: TUV, UNO." in find(bare, "./s:desc")[0].text


def test_marks_show_the_precision_and_a_country_is_no_point():
    points = [
        PlacePoint("Natanz", "IRN", "site", 33.7, 51.7, False, 1, 1, 0),
        PlacePoint("Tabriz", "IRN", "city", 38.1, 46.3, False, 70, 1, 0),
        PlacePoint("Gilan", "IRN", "admin1", 37.2, 49.6, True, 1, 1, 0),
        PlacePoint("Nowhere", "IRN", "region", None, None, False, 1, 1, 0),
        PlacePoint("Iran", "IRN", "country", 32.0, 53.0, True, 1, 1, 0),
    ]
    root = parse(charts.map_chart((), points, title="Places"))
    marks = find(root, ".//s:g[@class='marks']/s:g")
    assert [[c.get("class") for c in m if c.get("class")] for m in marks] == [
        ["mark site s1", "mark dot"],
        ["mark city s4"],
        ["mark area s1"],
    ]
    assert [m[0].text for m in marks] == [
        "Natanz: 1 event (exact site)",
        "Tabriz: 70 events (town)",
        "Gilan: 1 event (somewhere in this admin1)",
    ]
    assert "3 places; 2 more have no place on the map." in find(root, "./s:desc")[0].text
    x, y = (float(marks[1][1].get(name)) for name in ("cx", "cy"))
    east, north = equal_earth(46.3, 38.1)
    scale = 960 / (2 * equal_earth(180, 0)[0])
    assert x == pytest.approx(480 + east * scale, abs=0.02)
    assert y == pytest.approx((equal_earth(0, 84)[1] - north) * scale, abs=0.1)
    table = charts.points_table(points)
    assert [row[3] for row in table.rows] == [
        "33.70, 51.70", "38.10, 46.30", "37.20, 49.60 (label)", "", "32.00, 53.00 (label)",
    ]  # fmt: skip


def test_arcs_go_from_label_to_label():
    arcs = [Arc("IRN", "AZE", 3, 1, 2), Arc("IRN", "XXX", 3, 1, 2)]
    root = parse(charts.map_chart((), (), arcs, title="Dyads", label_of=label_of))
    (arc,) = find(root, ".//s:g[@class='arcs']/s:path")
    assert arc.get("class") == "arc conflict w4"
    assert arc[0].text == "IRN and AZE: 1 cooperation, 2 conflict"
    assert find(parse(charts.map_chart((), (), arcs, title="Dyads")), ".//s:g[@class='arcs']") == []


def test_focus_shows_a_part_of_the_world():
    everywhere = charts.map_chart(title="World")
    near = charts.map_chart(title="Caucasus", focus=("ARM", "AZE"))
    assert len(near) < len(everywhere) / 4
    root = parse(near)
    names = {t.text for t in find(root, ".//s:path[@class='land']/s:title")}
    assert {"Armenia", "Azerbaijan", "Georgia"} <= names
    assert "Brazil" not in names
    assert parse(charts.map_chart(title="x", focus=("XXX",))) is not None


@given(st.lists(st.integers(1, 10**7), min_size=1), st.lists(st.floats(-10, 10)))
def test_scales_hold_every_value_in_few_classes(counts, scores):
    for values in (counts, [*counts, *scores, -1.0]):
        scale = scale_of(values)
        assert 1 <= len(scale.classes) <= 7
        for value in values:
            name = scale.name_of(value)
            (held,) = [one for one in scale.classes if one.name == name]
            assert held.low <= value <= held.high


def test_scales_of_few_values_and_of_both_signs():
    assert [(c.name, c.words) for c in scale_of([7, 2, 2]).classes] == [("c1", "2"), ("c2", "7")]
    scale = scale_of([-9, -1, 0, 0.5, 3])
    assert [c.name for c in scale.classes] == ["n3", "n1", "z", "p1"]
    assert scale_of([]).classes == ()


# -- network and calendar ----------------------------------------------------------------------


def test_network_nodes_keep_apart_and_within_the_frame():
    codes = [f"{a}{b}X" for a in "ABCDE" for b in "FGHIJ"]
    edges = [Edge(codes[i], codes[(i * 7 + 3) % 24], 1 + i % 5, float(i - 12)) for i in range(24)]
    edges = [e for e in edges if e.a != e.b]
    edges.append(Edge("FJI", "TON", 1, 1.0))
    net = of_edges(edges)
    svg = charts.network_chart(net, {"FJI": "Fiji"}, link=lambda code: f"/country/{code}")
    assert svg == charts.network_chart(net, {"FJI": "Fiji"}, link=lambda code: f"/country/{code}")
    root = parse(svg)
    discs = [
        tuple(float(c.get(name)) for name in ("cx", "cy", "r"))
        for c in find(root, ".//s:g[@class='nodes']//s:circle")
    ]
    assert len(discs) == len(net.nodes)
    wide, high = map(float, root.get("viewBox").split()[2:])
    for n, (x, y, r) in enumerate(discs):
        assert r <= x <= wide - r + 1
        assert r <= y <= high - r
        for x2, y2, r2 in discs[n + 1 :]:
            assert math.hypot(x - x2, y - y2) >= r + r2 - 1
    hrefs = {a.get("href") for a in find(root, ".//s:a")}
    assert "/country/FJI" in hrefs
    assert len(find(root, ".//s:g[@class='ties']/s:path")) == len(edges)


def test_an_empty_network_says_so():
    root = parse(charts.network_chart(of_edges([])))
    assert [t.text for t in find(root, ".//s:text[@class='empty']")] == ["no ties"]


def announcement(parties, first, last, outcome):
    event = EventRow(
        "e1", "d1", "CONSULT", "meet", 1, 2.0, "planned", False, True, parties, (), (),
        first, last, "day", None, None, None, None, None, (), None, "words", 0.9,
        None, None, "a.txt", None,
    )  # fmt: skip
    return Announcement(event, (), outcome, None, 0.0)


def test_a_month_of_the_agenda():
    def one(number, days, outcome, *parties):
        first = date(2024, 5, number)
        return announcement(parties, first, first + timedelta(days=days - 1), outcome)

    found = [
        one(9, 1, Outcome.TOOK_PLACE, "AZE", "IRN"),
        *(one(20, 1, Outcome.AHEAD, code) for code in ("FRA", "DEU", "ITA", "ESP")),
        one(30, 4, Outcome.LAPSED, "USA"),
        one(1, 31, Outcome.AHEAD, "BRA"),
    ]
    svg = charts.calendar_chart(found, 2024, 5, today=day("2024-05-15"), link=lambda a: "/d/1")
    root = parse(svg)
    dates = [t.text for t in find(root, ".//s:text[@class='date']")]
    assert dates == [str(n) for n in range(1, 32)]
    entries = find(root, ".//s:g[starts-with(@class, 'entry')]")
    assert [e[0].text for e in entries] == [
        "2024-05-09: AZE, IRN, CONSULT/meet, took place",
        "2024-05-20: FRA, CONSULT/meet, ahead",
        "2024-05-20: DEU, CONSULT/meet, ahead",
        "2024-05-30: USA, CONSULT/meet, lapsed",
        "2024-05-31: USA, CONSULT/meet, lapsed",
    ]
    assert [t.text for t in find(root, ".//s:text[@class='more']")] == ["+2 more"]
    assert entries[0].get("class") == "entry took-place"
    assert [t.text for t in find(entries[0], "s:text")] == ["● AZE IRN", "● AZE+"]
    # The first of May 2024 is a Wednesday: the third column.
    first = find(root, ".//s:rect[contains(@class, 'day')]")[0]
    assert float(first.get("x")) == pytest.approx(1 + 2 * 103)
    assert len(find(root, ".//s:rect[@class='today']")) == 1
    table = charts.calendar_table(found, 2024, 5, {"BRA": "Brazil"})
    assert len(table.rows) == 7
    assert table.rows[-1][:3] == ("2024-05-01 to 2024-05-31", "ahead", "Brazil")


# -- safety ------------------------------------------------------------------------------------


def test_words_of_reports_stay_words():
    names = {"IRN": HOSTILE, "AZE": HOSTILE}
    point = PlacePoint(HOSTILE, "IRN", "city", 38.1, 46.3, False, 1, 1, 0)
    for svg in (
        charts.series_chart(series_of([(1, 2)]), names),
        charts.map_chart([CountryValue("IRN", 1, 1)], [point], [Arc("IRN", "AZE", 1, 1, 0)],
                         title=HOSTILE, measure=HOSTILE, names=names, label_of=label_of),
        charts.network_chart(of_edges([Edge("IRN", HOSTILE, 1, 1.0)]), names),
        charts.calendar_chart(
            [announcement((HOSTILE,), day("2024-05-02"), day("2024-05-02"), Outcome.AHEAD)], 2024, 5
        ),
    ):  # fmt: skip
        root = parse(svg)
        assert "<script" not in svg
        assert any("<script>alert(1)</script>" in (n.text or "") for n in root.iter())
    table = charts.network_table(of_edges([Edge("IRN", HOSTILE, 1, 1.0)]), names)
    assert "<script" not in charts.figure(svg, table)


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("script", {}),
        ("style", {}),
        ("rect", {"style": "fill:red"}),
        ("rect", {"onclick": "x"}),
        ("a", {"href": "javascript:alert(1)"}),
        ("a", {"href": "//evil.example/x"}),
        ("a", {"href": "data:text/html,x"}),
    ],
)
def test_tag_refuses_what_a_policy_forbids(name, attributes):
    with pytest.raises(ValueError, match="a chart"):
        tag(name, attributes)


@pytest.mark.parametrize(("value", "top"), [(1, 1), (3, 4), (5, 5), (6, 10), (41, 50), (999, 1000)])
def test_nice_tops(value, top):
    assert nice_top(value) == top


def test_every_colour_class_has_a_colour_in_both_themes():
    css = (files("dragoman.charts") / "charts.css").read_text(encoding="utf-8")
    light, dark = re.findall(r':root\[data-theme="\w+"\] \{(.*?)\}', css, flags=re.DOTALL)
    names = set(re.findall(r"(--chart-[\w-]+):", light))
    assert names == set(re.findall(r"(--chart-[\w-]+):", dark))
    assert set(re.findall(r"var\((--chart-[\w-]+)\)", css)) <= names
    for plain in [f"c{n}" for n in range(1, 6)] + [f"k{n}" for n in range(8)]:
        assert f".{plain} {{" in css


def _luminance(colour):
    full = colour if len(colour) == 7 else "#" + "".join(c * 2 for c in colour[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_contrast(theme):
    """WCAG 2.2: 4.5 for text on its ground, 3 for marks."""
    css = (files("dragoman.charts") / "charts.css").read_text(encoding="utf-8")
    block = re.search(rf':root\[data-theme="{theme}"\] \{{(.*?)\}}', css, flags=re.DOTALL)[1]
    colours = dict(re.findall(r"--chart-([\w-]+): (#\w+)", block))

    def contrast(one, other):
        high, low = sorted((_luminance(colours[one]), _luminance(colours[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for text in ("text", "quiet"):
        assert contrast(text, "ground") >= 4.5, text
    for ground in (*(f"k{n}" for n in range(8)), "sea"):
        assert contrast("text", ground) >= 4.5, ground
    for mark in ("good", "bad", "change", "mark"):
        assert contrast(mark, "ground") >= 3, mark
