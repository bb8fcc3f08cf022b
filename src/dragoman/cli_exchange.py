"""The commands that exchange events with others: export, import, compare."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli_options import Json as _Json
from dragoman.errors import ConfigError, InputError
from dragoman.schema import Rejected

if TYPE_CHECKING:
    from dragoman.store import Store

_Db = Annotated[Path, typer.Option(help="The store.")]
_DEFAULT = Path("news.duckdb")
_SOME_REJECTED, _NOTHING_READ = 3, 4
_Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day."),
]
_Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last day, included."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(export)
    app.command("import")(import_events)
    app.command()(compare)


def export(
    name: Annotated[
        str, typer.Argument(metavar="FORMAT", help="'list' prints the formats; docs/formats.md.")
    ],
    db: _Db = _DEFAULT,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; '-' is standard output.")
    ] = None,
    since: _Since = None,
    until: _Until = None,
    where: Annotated[
        str | None, typer.Option(help="SQL condition over the view events: \"type = 'AID'\".")
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option(help="A state of a panel, as FRA; repeatable.")
    ] = None,
    columns: Annotated[
        bool, typer.Option("--columns", help="Print the format's columns, and write nothing.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Write events as a file of another tool, with a data package that tells what it is."""
    from dragoman.exporting import Selection, format_named, formats
    from dragoman.exporting import export as write
    from dragoman.store import Store

    if name == "list":
        for known in formats().values():
            typer.echo(f"{known.name:<15} {known.suffix:<13} {known.summary}")
        return
    try:
        found = format_named(name)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error
    if columns:
        for column in found.columns:
            typer.echo(f"{column.name}\t{column.type}\t{column.meaning}")
        return
    if out is None:
        raise typer.BadParameter("--out names the file to write; '-' is standard output")
    selection = Selection(_day(since), _day(until), where)
    with Store.open(db, read_only=True) as store:
        _warn_if_not_linked(store, db)
        target = sys.stdout.buffer if str(out) == "-" else out
        done = write(store, name, target, selection, countries=tuple(country or ()))
    if as_json and done.path is not None:
        told = {"file": str(done.path), "package": str(done.package), "records": done.records}
        typer.echo(json.dumps({**told, "left_out": done.left_out}, ensure_ascii=False))
        return
    left = ", ".join(f"{count} {reason}" for reason, count in sorted(done.left_out.items()))
    typer.echo(
        f"{done.records} records{f'; left out: {left}' if left else ''}", err=done.path is None
    )


def import_events(
    data_set: Annotated[
        str, typer.Argument(metavar="DATASET", help="gdelt, icews, polecat or acled.")
    ],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Files, plain, gzip or zip.")
    ],
    db: _Db = _DEFAULT,
    as_json: _Json = False,
) -> None:
    """Bring events of another data set into a store, beside its own and apart from them."""
    from dragoman.importing import DATA_SETS
    from dragoman.importing import import_events as bring
    from dragoman.store import Store

    if data_set not in DATA_SETS:
        raise typer.BadParameter(f"DATASET is one of {', '.join(DATA_SETS)}")
    failed = read = bad = 0
    with Store.open(db) as store:
        for path in files:
            try:
                done = bring(store, data_set, path, tell=_tell)
            except InputError as error:
                _tell(Rejected(error.source, error.reason, error.message))
                failed += 1
                continue
            read += done.events
            bad += done.bad
            told = {
                "file": str(path),
                "run": done.run.id,
                "events": done.events,
                "added": done.added.added,
                "replaced": done.added.replaced,
                "bad": done.bad,
            }
            if as_json:
                typer.echo(json.dumps(told, ensure_ascii=False))
            else:
                typer.echo(
                    f"{path}: {done.events} events, {done.added.added} added, "
                    f"{done.added.replaced} replaced, {done.bad} bad rows set aside "
                    f"(run {done.run.id})"
                )
    if failed or bad:
        raise typer.Exit(_SOME_REJECTED if read else _NOTHING_READ)


def compare(
    db: _Db = _DEFAULT,
    a: Annotated[
        str | None, typer.Option(help="A run, a data set, 'own' (the default) or 'outside'.")
    ] = None,
    b: Annotated[
        str | None, typer.Option(help="A run, a data set, 'own' or 'outside' (the default).")
    ] = None,
    count: Annotated[
        str, typer.Option(help="events, verbal_cooperation, ... material_conflict.")
    ] = "events",
    top: Annotated[int, typer.Option(min=0, help="How many dyads to print.")] = 10,
    out: Annotated[
        Path | None, typer.Option(help="Also write every dyad and month as CSV.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Say how far two series of events agree, by dyad and month; docs/formats.md."""
    from dragoman.exporting.formats import columns
    from dragoman.exporting.tables import write_csv
    from dragoman.importing import agreement as agreeing
    from dragoman.store import Store

    if count not in agreeing.COUNTS:
        raise typer.BadParameter(f"--count is one of {', '.join(agreeing.COUNTS)}")
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(db, read_only=True))
        one = agreeing.side(store, a, default="own")
        other = agreeing.side(store, b, default="outside")
        found = agreeing.agreement(store, one, other, count)
        dyads = list(islice(agreeing.by_dyad(store, one, other, count), top))
        if out is not None:
            layout = columns(
                """
                month | date | first day of the month
                actor | string | code
                recipient | string | code
                a | integer | events of the first series
                b | integer | events of the second series
                a_score | number | sum of its scores
                b_score | number | sum of its scores
                """
            )
            with out.open("wb") as file:
                write_csv(agreeing.cells(store, one, other, count), layout, file)
    if as_json:
        data = {**asdict(found), "jaccard": found.jaccard, "by_dyad": [asdict(d) for d in dyads]}
        typer.echo(json.dumps(data, default=str))
        return
    typer.echo(
        f"{found.a} and {found.b}, {count}: {found.first} to {found.last}, {found.dyads} dyads, "
        f"{found.months} months\n"
        f"  events               {found.a_events} and {found.b_events}\n"
        f"  months with events   {found.both} in both of {found.either} in either "
        f"({_real(found.jaccard)})\n"
        f"  correlation          {_real(found.correlation)}, of logarithms "
        f"{_real(found.log_correlation)}, of scores {_real(found.score_correlation)}"
    )
    for dyad in dyads:
        typer.echo(
            f"  {dyad.actor} → {dyad.recipient:<6} {dyad.a_events:>7} {dyad.b_events:>7}   "
            f"months {dyad.both} of {dyad.either}, correlation {_real(dyad.correlation)}"
        )


def _real(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _tell(rejected: Rejected) -> None:
    words = f"{rejected.source}: {rejected.message} ({rejected.reason})"
    typer.echo(f"dragoman: {' '.join(words.split())}", err=True)


def _day(value: datetime | None) -> date | None:
    return value.date() if value is not None else None


def _warn_if_not_linked(store: Store, db: Path) -> None:
    from dragoman.archive.linking import is_linked

    if not is_linked(store):
        typer.echo(
            "dragoman: copies and happenings are not up to date, so one may count twice: "
            f"dragoman link --db {db}",
            err=True,
        )
