"""Every frame of the lexicon codes its own example sentence."""

from __future__ import annotations

from datetime import date

import pytest

from dragoman import Coder
from dragoman.codebook.frames import Frame, FrameTable, load_frames
from dragoman.ingest import document_from_text
from dragoman.schema import Actor, Report

FRAMES: FrameTable = load_frames()
#: Examples have no date of their own; expectations hold on this one.
PUBLISHED = date(2024, 6, 12)


@pytest.fixture(scope="module")
def reports(coder: Coder) -> dict[str, Report]:
    documents = [document_from_text(f.example, published=PUBLISHED) for f in FRAMES.frames]
    out: dict[str, Report] = {}
    for frame, result in zip(FRAMES.frames, coder.stream(documents), strict=True):
        assert isinstance(result, Report), f"{frame.id}: {result}"
        out[frame.id] = result
    return out


def countries(actors: tuple[Actor, ...]) -> set[str]:
    return {a.country or a.organisation or "" for a in actors} - {""}


def differences(frame: Frame, report: Report) -> list[str]:
    """Return what keeps each output from meeting the frame's expectation."""
    out: list[str] = []
    expect = frame.expect
    actors, recipients = set(expect.get("actor", [])), set(expect.get("recipient", []))
    about = set(expect.get("about", []))
    if frame.kind == "event":
        for event in report.events:
            got = (countries(event.actors), countries(event.recipients))
            same = (
                got[0] | got[1] == actors | recipients
                if event.symmetric or frame.symmetric
                else got == (actors, recipients)
            )
            status = expect.get("status", "actual")
            if event.type is frame.type and same and event.status == status:
                return []
            out.append(f"{event.type} {got[0]} -> {got[1]} {event.status}")
    elif frame.kind == "statement":
        for statement in report.statements:
            got = (countries(statement.speakers), countries(statement.about))
            if statement.stance == frame.stance and got[0] == actors and about <= got[1]:
                return []
            out.append(f"{statement.stance} {got[0]} about {got[1]}")
    else:
        ends = set().union(*(set(v) for v in expect.values() if isinstance(v, list)))
        for relation in report.relations:
            named = countries((*relation.sides, *relation.source, *relation.target))
            if relation.label == frame.label and named == ends - set(expect.get("because_of", [])):
                return []
            out.append(f"{relation.label} {named}")
    return out or ["nothing found"]


@pytest.mark.parametrize("frame", FRAMES.frames, ids=lambda frame: frame.id)
def test_example_is_coded(frame: Frame, reports: dict[str, Report]) -> None:
    found = differences(frame, reports[frame.id])
    assert not found, f"{frame.example}\n  expected {frame.expect}\n  found {found}"


def test_lexicon_is_large_enough() -> None:
    events = [frame for frame in FRAMES.frames if frame.kind == "event"]
    assert len(events) >= 600
    assert len({frame.type for frame in events}) == 16
    assert len({frame.example for frame in FRAMES.frames}) == len(FRAMES.frames)
