"""What takes a second to load and is asked by a few pages: loaded when first wanted."""

from __future__ import annotations

import threading
from functools import cached_property

from dragoman.analysis.places import Labels
from dragoman.resolving.actor_tables import ActorTables

#: Latitude and longitude, WGS 84 degrees.
Point = tuple[float, float]


class Tables:
    """The codebook's actors, and where labels of countries and areas stand."""

    def __init__(self) -> None:
        self._guard = threading.Lock()

    def load(self) -> None:
        """Load the actors now, so that no page waits for them."""
        _ = self.actors

    @cached_property
    def actors(self) -> ActorTables:
        """The tables of names and offices."""
        with self._guard:
            return ActorTables.load()

    @cached_property
    def labels(self) -> GuardedLabels:
        """Where labels stand."""
        return GuardedLabels()


class GuardedLabels:
    """Labels for several threads: the gazetteer is for one at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._labels: Labels | None = None

    def country(self, code: str) -> Point | None:
        """Return latitude and longitude of a country's label."""
        with self._guard:
            return self._loaded().country(code)

    def area(self, name: str, country: str | None) -> Point | None:
        """Return latitude and longitude of the label of a division or region."""
        with self._guard:
            return self._loaded().area(name, country)

    def _loaded(self) -> Labels:
        if self._labels is None:
            self._labels = Labels()
        return self._labels
