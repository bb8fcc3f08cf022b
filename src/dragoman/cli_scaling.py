"""The commands of large runs: ``code --engine`` and ``load``."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.errors import ConfigError

if TYPE_CHECKING:
    from dragoman.scaling import Settings, Summary
    from dragoman.scaling.engine import Engine
    from dragoman.scaling.running import Reports

_SOME_REJECTED, _NOTHING_READ = 3, 4
ENGINES = ("processes", "ray")


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(load)


def settings_of(
    model: str | None,
    type_model: Path | None,
    rules_only: bool,
    prefilter: bool,
    actors: list[Path] | None,
    published: date | None,
    publisher: str | None,
    columns: Path | None,
    records: int,
) -> Settings:
    """Return the settings of workers from the options of ``code``. Raises ``ConfigError``."""
    from dragoman.archive.sources import read_columns, user_hints
    from dragoman.scaling import Settings

    return Settings(
        model=model,
        type_model=None if type_model is None else str(type_model.resolve()),
        rules_only=rules_only,
        prefilter=prefilter,
        actors=tuple(str(path.resolve()) for path in actors or ()),
        hints=user_hints(published, publisher),
        columns=read_columns(columns),
        records=records,
    )


def engine_of(name: str, address: str) -> Engine:
    """Return the engine that an option names. Raises ``ConfigError``."""
    if name == "processes":
        from dragoman.scaling.processes import Processes

        return Processes()
    if name == "ray":
        from dragoman.scaling.ray_engine import RayActors

        return RayActors(address)
    raise ConfigError(f"there is no engine {name!r}: it is one of {', '.join(ENGINES)}")


def code_in_shards(
    sources: list[str],
    folder: Path,
    engine: str,
    address: str,
    settings: Settings,
    workers: int | None,
    megabytes: float,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Code ``sources`` into ``folder``, print what was done, and return the exit code."""
    from dragoman.scaling import code_sources
    from dragoman.scaling.running import planned

    stretch = int(megabytes * 1_000_000)
    made = engine_of(engine, address)
    if dry_run:
        for group, done in planned(sources, folder, settings, stretch=stretch):
            first, size = group.pieces[0].location, sum(p.size for p in group.pieces)
            more = f" and {len(group.pieces) - 1} more" if len(group.pieces) > 1 else ""
            state = "done" if done else "to do"
            typer.echo(f"{group.place:06d}  {state:<6}{size / 1e6:10.1f} MB  {first}{more}")
        return 0
    summary = code_sources(
        sources, folder, settings, made, workers=workers, stretch=stretch, tell=_Teller()
    )
    _print(summary, folder, as_json)
    if not summary.rejected:
        return 0
    return _SOME_REJECTED if summary.reports or summary.documents else _NOTHING_READ


def load(
    folder: Annotated[Path, typer.Argument(help="What 'dragoman code --engine' wrote.")],
    db: Annotated[Path, typer.Option(help="The store.")] = Path("news.duckdb"),
    partial: Annotated[
        bool, typer.Option("--partial", help="Load what there is of a run that is not finished.")
    ] = False,
    no_link: Annotated[
        bool, typer.Option("--no-link", help="Do not look for copies and happenings at the end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Add a folder of coded shards to a store; loading again adds nothing."""
    from dragoman.scaling import load as work
    from dragoman.store import Store

    with Store.open(db) as store:
        found = work(folder, store, partial=partial, with_links=not no_link)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    added = found.added
    typer.echo(
        f"{found.shards} shards: {added.added} added, {added.replaced} replaced, "
        f"{added.rejected} rejected"
    )
    if found.linked is not None:
        linked = found.linked
        typer.echo(
            f"{linked.copies} reports in {linked.groups} groups of copies; "
            f"{linked.events} events tell of {linked.happenings} happenings"
        )


class _Teller:
    """Tells on standard error which workers died, and on a terminal how it goes on."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._reports = 0

    def __call__(self, news: Reports) -> None:
        from dragoman.scaling.engine import Died, Waiting
        from dragoman.scaling.manifest import Entry

        match news:
            case Died(worker, how):
                self._say(f"worker {worker} died ({how}); its shard is tried again")
            case Waiting(seconds):
                self._say(f"no worker is ready after {seconds:.0f} s: does the cluster have CPUs?")
            case Entry():
                self._reports += news.reports
                if sys.stderr.isatty():
                    rate = self._reports / max(time.monotonic() - self._start, 0.001)
                    self._say(
                        f"shard {news.id}: {news.reports} reports, {news.events} events; "
                        f"{rate:.1f} reports a second"
                    )

    @staticmethod
    def _say(message: str) -> None:
        typer.echo(f"dragoman: {message}", err=True)


def _print(summary: Summary, folder: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(summary)))
        return
    rejected = sum(summary.rejected.values())
    typer.echo(
        f"{summary.shards} shards ({summary.coded} coded now): {summary.reports} reports, "
        f"{summary.events} events, {rejected} rejected; {summary.deaths} workers died"
    )
    typer.echo(f"output {summary.digest}; add it to a store: dragoman load {folder} --db FILE")
