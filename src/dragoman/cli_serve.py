"""The commands of the web application: serve and gold."""

from __future__ import annotations

import getpass
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.errors import ConfigError

if TYPE_CHECKING:
    from dragoman.serving.settings import Settings

_NOTHING = 4
_DEFAULT = Path("news.duckdb")
_Db = Annotated[Path, typer.Option(help="The store.")]
#: An address that means every one of this machine's.
_ANY = frozenset({"0.0.0.0", "::"})


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    for command in (serve, gold):
        app.command()(command)


def serve(
    db: _Db = _DEFAULT,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="DRAGOMAN_TOKEN",
            help="What readers must know; made and printed if --host is not this machine alone.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A further name under which the server may be asked; repeatable."),
    ] = None,
    author: Annotated[str | None, typer.Option(help="Who signs corrections.")] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Take no corrections, keep no searches.")
    ] = False,
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="Code posted texts without the type model.")
    ] = False,
) -> None:
    """Open a store as pages and as an API, on this machine only unless told otherwise."""
    settings = settings_of(db, host, token, allow_host or [], author, read_only, rules_only)
    run(settings, host, port)


def gold(
    db: _Db = _DEFAULT,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("gold"),
    everything: Annotated[
        bool, typer.Option("--all", help="Also reports that were corrected but not read whole.")
    ] = False,
) -> None:
    """Write corrected reports as gold files with their texts, for 'dragoman evaluate --gold'."""
    from dragoman.evaluation.correcting import write_gold
    from dragoman.store import Store

    with Store.open(db, read_only=True) as store:
        written = write_gold(store, out, everything=everything)
    if not written:
        typer.echo(
            "dragoman: no report has been marked as read; mark one in 'dragoman serve', or give "
            "--all for every report with a correction",
            err=True,
        )
        raise typer.Exit(_NOTHING)
    typer.echo(f"{len(written)} reports: {out}")


def settings_of(
    db: Path,
    host: str,
    token: str | None,
    names: list[str],
    author: str | None,
    read_only: bool,
    rules_only: bool,
) -> Settings:
    """Return the settings; an address that others can reach gets a token."""
    from dragoman.serving.settings import LOOPBACK, Settings

    if token is not None and len(token) < 16:
        raise ConfigError("--token must have at least 16 characters; leave it out to get one")
    local = host in LOOPBACK
    if host in _ANY and not names:
        raise ConfigError(
            f"--host {host} listens on every address: also give --allow-host NAME, the name or "
            "address that readers type"
        )
    if not local and token is None:
        token = secrets.token_urlsafe(24)
        typer.echo(f"The token is {token}", err=True)
    known = {name.lower() for name in names} | (set() if host in _ANY else {host.lower()})
    return Settings(
        db=db,
        hosts=frozenset(known | LOOPBACK),
        token=token,
        author=author or os.environ.get("DRAGOMAN_AUTHOR") or _user(),
        read_only=read_only,
        rules_only=rules_only,
    )


def run(settings: Settings, host: str, port: int) -> None:
    """Serve until interrupted."""
    from dragoman.serving import serve as start

    start(settings, host, port, lambda line: typer.echo(line, err=True))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "analyst"
