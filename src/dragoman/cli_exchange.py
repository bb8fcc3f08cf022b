"""The commands that exchange events with others: export."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.errors import ConfigError

if TYPE_CHECKING:
    from dragoman.store import Store

_Db = Annotated[Path, typer.Option(help="The store.")]
_DEFAULT = Path("news.duckdb")
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
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
