"""Events in notebooks: rich display, data frames and plots.

    from dragoman.notebook import Events

    events = Events.of_store("news.duckdb", since=date(2024, 5, 1))
    events.to_polars()
    events.plot_dyad("USA", "IRN")

Data frames need pandas or polars, plots Altair: ``pip install 'dragoman[notebook]'``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from dragoman.exporting.formats import optional
from dragoman.exporting.selecting import Number, Party, Row, Selection, Source, Telling, check
from dragoman.exporting.tables import batched, record, schema
from dragoman.schema import Actor, Report
from dragoman.store.rows import speakers_of

if TYPE_CHECKING:
    import altair
    import pandas
    import polars

__all__ = ["Events"]

#: Events that a notebook shows of a longer result.
_SHOWN = 20


class Events:
    """Events of a store or of reports, with the columns of ``dragoman export parquet``.

    Make one with ``of_store`` or ``of_reports``. Nothing is read before it is asked for.
    """

    def __init__(self, rows: Callable[[], Iterator[Row]]) -> None:
        self._rows = rows

    @classmethod
    def of_store(
        cls,
        path: str | Path,
        *,
        since: date | None = None,
        until: date | None = None,
        where: str | None = None,
    ) -> Events:
        """Return the events of a store from ``since`` to ``until`` that fulfil ``where``.

        ``where`` is SQL over the view ``events``. The store is open only while it is read.
        Raises ``StoreError`` if there is no store or the condition is none.
        """
        from dragoman.store import Store

        selection = Selection(since, until, where)
        with Store.open(Path(path), read_only=True) as store:
            check(Source(store, selection))

        def rows() -> Iterator[Row]:
            with Store.open(Path(path), read_only=True) as store:
                yield from Source(store, selection).rows()

        return cls(rows)

    @classmethod
    def of_reports(cls, reports: Iterable[Report]) -> Events:
        """Return the events of coded reports. They are not compared, so each one leads."""
        kept = tuple(reports)
        return cls(lambda: (row for report in kept for row in _rows(report)))

    def __iter__(self) -> Iterator[Row]:
        return self._rows()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{len(self)} events>"

    def _repr_html_(self) -> str:
        from dragoman.notebook.html import rows_html

        return rows_html(islice(self, _SHOWN), len(self))

    # -- data frames -----------------------------------------------------------------------

    def to_arrow(self) -> pa.Table:
        """Return the events as an Arrow table, one row each (docs/formats.md, Parquet)."""
        batches = batched(record(row) for row in self)
        tables = [pa.Table.from_pylist(batch, schema=schema()) for batch in batches]
        return pa.concat_tables(tables) if tables else schema().empty_table()

    def to_polars(self) -> polars.DataFrame:
        """Return the events as a polars data frame."""
        frame: polars.DataFrame = optional("polars", "notebook").from_arrow(self.to_arrow())
        return frame

    def to_pandas(self) -> pandas.DataFrame:
        """Return the events as a pandas data frame."""
        optional("pandas", "notebook")
        frame: pandas.DataFrame = self.to_arrow().to_pandas()
        return frame

    # -- plots -----------------------------------------------------------------------------

    def plot_dyad(self, one: str, other: str, *, by: str = "month") -> altair.Chart:
        """Return bars of cooperation (up) and conflict (down) between two codes over time.

        ``by`` is day, week, month or year. What counts is what ``dyad_days`` counts.
        """
        from dragoman.notebook.plots import plot_dyad

        return plot_dyad(self, one, other, by)

    def plot_network(self, *, most: int = 40) -> altair.LayerChart:
        """Return the network of the ``most`` parties with most acts, with a fixed layout."""
        from dragoman.notebook.plots import plot_network

        return plot_network(self, most)

    def plot_map(self) -> altair.LayerChart:
        """Return the events that have a point on a map, without tiles from the network."""
        from dragoman.notebook.plots import plot_map

        return plot_map(self)


def _rows(report: Report) -> Iterator[Row]:
    document, reading = report.document, report.reading
    for event in report.events:
        when, where, told = event.when, event.where, event.attribution
        start = when.start if when else None
        first = event.mentions[0] if event.mentions else None
        yield Row(
            id=event.id,
            document=document.id,
            day=start or reading.published,
            type=event.type.value,
            mode=event.mode,
            cameo=event.cameo,
            quad=event.quad,
            score=event.score,
            contexts=list(event.contexts),
            status=event.status.value,
            background=event.background,
            is_symmetric=event.symmetric,
            start_date=start,
            end_date=when.end if when else None,
            date_precision=when.precision.value if when else None,
            date_text=when.text if when else None,
            place=where.name if where else None,
            place_country=where.country if where else None,
            place_admin1=where.admin1 if where else None,
            place_precision=where.precision.value if where else None,
            latitude=where.latitude if where else None,
            longitude=where.longitude if where else None,
            geonames_id=where.geonames_id if where else None,
            attribution=told.kind if told else None,
            publisher=told.publisher if told else reading.publisher,
            confidence=event.confidence,
            evidence=first.evidence.of(document.text) if first else None,
            title=document.title,
            url=document.url,
            published=reading.published,
            language=reading.language,
            length=len(document.text),
            coder=report.coder,
            run="",
            added=datetime(1970, 1, 1, tzinfo=UTC),
            happening=None,
            is_lead=True,
            told=len(event.mentions),
            reports=1,
            origins=1,
            actors=[_party(a) for a in event.actors],
            recipients=[_party(a) for a in event.recipients],
            speakers=[_party(a) for a in speakers_of(told)],
            tellings=[
                Telling(
                    m.sentence,
                    m.predicate.start,
                    m.predicate.end,
                    m.evidence.start,
                    m.evidence.end,
                    m.evidence.of(document.text),
                )
                for m in event.mentions
            ],
            numbers=[Number(m.kind, m.low, m.high, m.unit) for m in event.magnitudes],
        )


def _party(actor: Actor) -> Party:
    return Party(
        actor.name,
        actor.country,
        actor.sector,
        actor.role,
        actor.person,
        actor.organisation,
        actor.span.start,
        actor.span.end,
    )
