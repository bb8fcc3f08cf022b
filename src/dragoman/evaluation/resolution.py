"""Score who, where and when on files of cases (see docs/resolution.md for the formats).

``actors``: TSV with text, context, date, country, sector and, where the text stands several
times in the context, occurrence (1 by default). ``places``: JSON lines with
text, published and toponyms (name, lat, lon, country). ``times``: TSV with text, context,
published, start, end. Every context is read as the coder reads a report.
"""

from __future__ import annotations

import csv
import json
import math
import random
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Token

from dragoman.errors import InputError
from dragoman.resolving.actors import ActorResolver, ActorTables
from dragoman.resolving.places import Gazetteer, PlaceResolver
from dragoman.resolving.times import TimeResolver
from dragoman.schema import Span

#: Two points are the same place within this distance, in kilometres (100 miles).
NEAR = 161.0
_EARTH = 6371.0
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many were right, with a 95% bootstrap interval of the share."""

    name: str
    right: int
    total: int
    interval: tuple[float, float]

    @property
    def share(self) -> float:
        """The share that was right, 0 if there were no cases."""
        return self.right / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class ResolutionScores:
    """Rates of one file, further figures by name, and the cases that failed."""

    rates: tuple[Rate, ...]
    figures: Mapping[str, float]
    failures: tuple[str, ...]


def evaluate_actors(
    path: Path,
    nlp: Language,
    extra: Sequence[Path] = (),
    cache: Path | None = None,
    seed: int = 1,
) -> ResolutionScores:
    """Score country and sector of actor mentions. Raises ``InputError`` with file and line."""
    rows = _table(path, ("text", "context", "date", "country", "sector"))
    places = PlaceResolver(Gazetteer.open(cache))
    resolver = ActorResolver(ActorTables.load(extra), places.country_of)
    countries, sectors, failures = [], [], []
    seconds = 0.0
    for (line, row), doc in zip(rows, _parsed(nlp, rows), strict=True):
        span = _span_of(row["text"], row["context"], path, line, row.get("occurrence") or "1")
        start = time.perf_counter()
        people = resolver.open(doc, published=_date(row["date"], path, line))
        head = _head(doc, span)
        found = people.of(head) if head is not None else ()
        seconds += time.perf_counter() - start
        actor = found[0] if found else None
        country = actor.country if actor else None
        sector = actor.sector if actor else None
        countries.append(country == (row["country"] or None))
        sectors.append(sector == (row["sector"] or None))
        if not (countries[-1] and sectors[-1]):
            failures.append(
                f"line {line}: {row['text']!r} {row['country']} {row['sector']}, "
                f"found {country} {sector}"
            )
    rates = (_rate("country", countries, seed), _rate("sector", sectors, seed))
    return ResolutionScores(rates, _speed(seconds, len(rows)), tuple(failures))


def evaluate_times(path: Path, nlp: Language, seed: int = 1) -> ResolutionScores:
    """Score time expressions: right if first and last day are. Raises ``InputError``."""
    rows = _table(path, ("text", "context", "published", "start", "end"))
    resolver = TimeResolver()
    right, found_any, failures = [], [], []
    seconds = 0.0
    for (line, row), doc in zip(rows, _parsed(nlp, rows), strict=True):
        span = _span_of(row["text"], row["context"], path, line)
        wanted = (_end(row["start"], path, line), _end(row["end"], path, line))
        start = time.perf_counter()
        mentions = resolver.find(doc, _date(row["published"], path, line))
        seconds += time.perf_counter() - start
        intervals = [m.interval for m in mentions if _overlap(m.interval.span, span)]
        found_any.append(bool(intervals))
        right.append(any((i.start, i.end) == wanted for i in intervals))
        if not right[-1]:
            got = "; ".join(f"{i.start} to {i.end}" for i in intervals) or "nothing"
            context = f"{row['text']!r} ({row['published']})"
            failures.append(f"line {line}: {context} {wanted[0]} to {wanted[1]}, found {got}")
    rates = (_rate("value", right, seed), _rate("found", found_any, seed))
    return ResolutionScores(rates, _speed(seconds, len(rows)), tuple(failures))


def evaluate_places(
    path: Path, nlp: Language, cache: Path | None = None, seed: int = 1
) -> ResolutionScores:
    """Score toponyms: found, and within 161 km where found. Raises ``InputError``."""
    rows = _lines(path)
    resolver = PlaceResolver(Gazetteer.open(cache))
    found, near, distances, failures = [], [], [], []
    added, seconds = 0, 0.0
    docs = nlp.pipe((row["text"] for _, row in rows), batch_size=_BATCH)
    for (line, row), doc in zip(rows, docs, strict=True):
        start = time.perf_counter()
        mentions = resolver.open(doc).mentions
        seconds += time.perf_counter() - start
        points = [mention for mention in mentions if mention.point is not None]
        used: set[int] = set()
        position = 0
        for toponym in row["toponyms"]:
            at = row["text"].find(toponym["name"], position)
            if at < 0:
                raise InputError(
                    str(path), "span", f"line {line}: {toponym['name']!r} is not in the text"
                )
            position = at + len(toponym["name"])
            match = next((m for m in points if _overlap(m.place.span, Span(at, position))), None)
            found.append(match is not None)
            if match is None:
                failures.append(f"line {line}: {toponym['name']!r} not found")
                continue
            used.add(id(match))
            assert match.point is not None
            distance = _distance(match.point, float(toponym["lat"]), float(toponym["lon"]))
            distances.append(distance)
            near.append(distance <= NEAR)
            if distance > NEAR:
                name, country = toponym["name"], match.place.country
                failures.append(f"line {line}: {name!r} {distance:.0f} km off ({country})")
        strays = [m.place.name for m in points if id(m) not in used]
        added += len(strays)
        if strays:
            failures.append(f"line {line}: no case has {', '.join(strays)}")
    rates = (_rate("found", found, seed), _rate("within 161 km of those found", near, seed))
    figures = {
        "mean error, km": sum(distances) / len(distances) if distances else 0.0,
        "median error, km": sorted(distances)[len(distances) // 2] if distances else 0.0,
        "points that no case has": float(added),
        **_speed(seconds, len(rows)),
    }
    return ResolutionScores(rates, figures, tuple(failures))


# -- reading ---------------------------------------------------------------------------------


def _table(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    rows = []
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(str(path), "columns", f"the columns {', '.join(missing)} are missing")
        for row in reader:
            if None in row or any(row[name] is None for name in columns):
                raise InputError(
                    str(path),
                    "columns",
                    f"line {reader.line_num}: {len(columns)} fields are needed",
                )
            rows.append((reader.line_num, row))
    return rows


def _lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
            for toponym in row["toponyms"]:
                float(toponym["lat"]), float(toponym["lon"]), str(toponym["name"])
            str(row["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(str(path), "json", f"line {line}: {error!r}") from error
        rows.append((line, row))
    return rows


def _parsed(nlp: Language, rows: Sequence[tuple[int, dict[str, str]]]) -> Iterable[Doc]:
    return nlp.pipe((row["context"] for _, row in rows), batch_size=_BATCH)


def _date(text: str, path: Path, line: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(str(path), "date", f"line {line}: {error}") from error


def _end(text: str, path: Path, line: int) -> date | None:
    """Return an end of an interval; an empty field is an open end."""
    return _date(text, path, line) if text else None


def _span_of(words: str, text: str, path: Path, line: int, occurrence: str = "1") -> Span:
    """Return where whole words stand in a text for the n-th time, counted from 1."""
    found = list(re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text))
    if not occurrence.isdecimal() or not 1 <= int(occurrence) <= len(found):
        raise InputError(
            str(path),
            "span",
            f"line {line}: {words!r} is not in the context (occurrence {occurrence})",
        )
    return Span(*found[int(occurrence) - 1].span())


def _head(doc: Doc, span: Span) -> Token | None:
    """Return the word of a span that the others hang on."""
    inside = [t for t in doc if t.idx < span.end and span.start < t.idx + len(t) and not t.is_space]
    own = {token.i for token in inside}
    return next((t for t in inside if t.head.i not in own or t.head.i == t.i), None)


def _overlap(first: Span, second: Span) -> bool:
    return first.start < second.end and second.start < first.end


# -- figures ---------------------------------------------------------------------------------


def _rate(name: str, values: Sequence[bool], seed: int) -> Rate:
    generator = random.Random(seed)
    draws = sorted(
        sum(generator.choices(values, k=len(values))) / len(values) if values else 0.0
        for _ in range(500)
    )
    return Rate(name, sum(values), len(values), (draws[12], draws[486]))


def _speed(seconds: float, cases: int) -> dict[str, float]:
    return {"milliseconds per case, after parsing": 1000 * seconds / max(1, cases)}


def _distance(point: tuple[float, float], latitude: float, longitude: float) -> float:
    """Return the great-circle distance in kilometres (haversine, sphere of 6,371 km)."""
    one, two = math.radians(point[0]), math.radians(latitude)
    across = math.radians(longitude - point[1])
    share = (
        math.sin((two - one) / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(across / 2) ** 2
    )
    return 2 * _EARTH * math.asin(math.sqrt(share))
