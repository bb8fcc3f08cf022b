"""The command line: ``dragoman COMMAND``.

Exit codes: 0 fine, 1 unexpected, 2 wrong usage, 3 finished but some sources were
rejected, 4 nothing could be read.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from datetime import date, datetime
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

import dragoman
from dragoman.cli_options import Json as _Json
from dragoman.cli_options import Model as _Model
from dragoman.cli_options import Prefilter as _Prefilter
from dragoman.cli_options import RulesOnly as _RulesOnly
from dragoman.cli_options import TypeModel as _TypeModel
from dragoman.errors import ConfigError, DragomanError, GoldError, InputError
from dragoman.schema import Document, Rejected, Report

if TYPE_CHECKING:
    from spacy.language import Language

    from dragoman.evaluation import Evaluation, Gold
    from dragoman.evaluation.resolution import ResolutionScores
    from dragoman.pipeline import Coder
    from dragoman.resolving.places import PlaceReading
    from dragoman.store import Run, Store

_SOME_REJECTED, _NOTHING_READ = 3, 4
#: How many reports are committed to a store at once.
_BATCH = 200
_SAMPLES = ("dev", "heldout")
_SUFFIXES = (".txt", ".html", ".htm")

app = typer.Typer(
    help="Read diplomatic and political news and write down who did what to whom.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_Published = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Day of publication."),
]
_Publisher = Annotated[str | None, typer.Option(help="Who published it.")]
_Actors = Annotated[
    list[Path] | None, typer.Option(help="Further actors: a TOML or PETRARCH file; repeatable.")
]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no results, no progress.")]
_Sources = Annotated[list[str], typer.Argument(help="Text or HTML files; '-' is standard input.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"dragoman {dragoman.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Read diplomatic and political news and write down who did what to whom."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; known errors are printed on one line."""
    try:
        app(args=list(sys.argv[1:] if arguments is None else arguments), prog_name="dragoman")
    except DragomanError as error:
        _complain(str(error))
    except BrokenPipeError:
        # The reader of our output has gone, as with '| head'.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise SystemExit(0) from None
    raise SystemExit(1)


@app.command()
def code(
    sources: _Sources,
    as_json: _Json = False,
    db: Annotated[Path | None, typer.Option(help="Add the reports to this store.")] = None,
    published: _Published = None,
    publisher: _Publisher = None,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
    prefilter: _Prefilter = False,
    actors: _Actors = None,
    quiet: _Quiet = False,
    engine: Annotated[
        str | None,
        typer.Option(help="Code any sources in many workers: 'processes' or 'ray'; with --out."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="With --engine: the folder for the coded shards.")
    ] = None,
    address: Annotated[
        str, typer.Option(help="Of the Ray cluster: 'local', 'auto' or HOST:PORT.")
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Workers of the engine; without, one a core.")
    ] = None,
    columns: Annotated[
        Path | None, typer.Option(help="With --engine: TOML with a table 'columns'.")
    ] = None,
    shard_records: Annotated[
        int, typer.Option(min=1, help="Records that a shard has at most.")
    ] = 2000,
    shard_mb: Annotated[
        float, typer.Option(min=0.001, help="MB from which JSON lines and Parquet are cut up.")
    ] = 8.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --engine: print what would be coded.")
    ] = False,
) -> None:
    """Code reports and print them; with --db also keep them.

    With --engine any source that 'ingest' reads is coded into the folder --out, which
    'load' adds to a store.
    """
    if (engine is None) != (out is None):
        raise typer.BadParameter("--engine and --out go together")
    if engine is not None and out is not None:
        from dragoman.cli_scaling import code_in_shards, settings_of

        if db is not None:
            raise typer.BadParameter("--engine writes to --out; 'dragoman load' adds it to a --db")
        day = _day(published)
        settings = settings_of(
            model, type_model, rules_only, prefilter, actors, day, publisher, columns, shard_records
        )
        raise typer.Exit(
            code_in_shards(
                sources, out, engine, address, settings, workers, shard_mb, dry_run, as_json
            )
        )
    console = _console()
    rejected: list[Rejected] = []
    done = 0
    with ExitStack() as stack:
        # Open the store first: a locked one should be told before the model is loaded.
        store = stack.enter_context(_open_store(db)) if db is not None else None
        coder = _coder(model, type_model, rules_only, actors, prefilter)
        run = _run(coder, " ".join(["code", *sources])[:200])
        results = _coded(coder, sources, _day(published), publisher, rejected)
        shown = _progress(results, len(sources), quiet or sys.stdout.isatty())
        for batch in _batched(shown, _BATCH):
            done += len(batch)
            if store is not None:
                store.add(batch, run)
            if not quiet:
                for report in batch:
                    _show(console, report, as_json)
        if store is not None:
            store.add(rejected, run)
    raise typer.Exit(_exit_code(done, rejected))


@app.command()
def explain(
    sources: _Sources,
    published: _Published = None,
    publisher: _Publisher = None,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
    actors: _Actors = None,
) -> None:
    """Print every sentence with what was found in it, and why."""
    from dragoman import render

    console, rejected, done = _console(), list[Rejected](), 0
    coder = _coder(model, type_model, rules_only, actors)
    for report in _coded(coder, sources, _day(published), publisher, rejected):
        console.print(render.explanation(report))
        done += 1
    raise typer.Exit(_exit_code(done, rejected))


@app.command()
def demo(
    db: Annotated[Path | None, typer.Option(help="Keep the store here.")] = None,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Then open the store as pages on this machine.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of the pages.")] = 8765,
) -> None:
    """Code the sample reports that come with dragoman into a new store; print a summary."""
    sources = [str(path) for half in _SAMPLES for path in _texts(_samples() / half)]
    if not sources:
        raise InputError(str(_samples()), "missing", "no sample reports are installed")
    rejected: list[Rejected] = []
    console = _console()
    with ExitStack() as stack:
        if db is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dragoman-"))
            path = Path(folder) / "demo.duckdb"
        else:
            path = db
        with _open_store(path) as store:
            coder = _coder(model, type_model, rules_only)
            run = _run(coder, "demo")
            results = _coded(coder, sources, None, None, rejected)
            for batch in _batched(_progress(results, len(sources), quiet=False), _BATCH):
                store.add(batch, run)
            store.add(rejected, run)
            _summary(console, store)
        if db is not None:
            console.print(Text(f"The store is {db}; ask it with: dragoman query --db {db} SQL"))
        if serve:
            from dragoman.cli_serve import run as open_pages
            from dragoman.cli_serve import settings_of

            settings = settings_of(path, "127.0.0.1", None, [], None, False, rules_only)
            open_pages(settings, "127.0.0.1", port)
    raise typer.Exit(_exit_code(len(sources) - len(rejected), rejected))


_evaluate = typer.Typer(
    help="Compare codings with gold; without a command and --gold the packaged samples.",
    invoke_without_command=True,
)
app.add_typer(_evaluate, name="evaluate")


@_evaluate.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    gold: Annotated[
        list[Path] | None,
        typer.Option(help="Gold file or folder of X.gold.json beside X.txt; may be repeated."),
    ] = None,
    text: Annotated[
        Path | None, typer.Option(help="The report, if it is not beside its gold file.")
    ] = None,
    actors: _Actors = None,
    as_json: _Json = False,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
) -> None:
    """Compare codings with gold files, item by item; without --gold the packaged samples."""
    if context.invoked_subcommand is not None:
        return
    from dragoman import render
    from dragoman.evaluation import evaluate as compare
    from dragoman.evaluation import load_gold

    paths = gold or [_samples() / half for half in _SAMPLES]
    golds = [file for path in paths for file in _gold_files(path)]
    if not golds:
        raise GoldError(f"no *.gold.json in {', '.join(map(str, paths))}")
    if text is not None and len(golds) != 1:
        raise typer.BadParameter("--text goes with exactly one --gold file")
    coder = _coder(model, type_model, rules_only, actors)
    cases = []
    for file in golds:
        wanted = load_gold(file)
        cases.append((wanted, _gold_report(coder, wanted, text or _text_beside(file))))
    result = compare(cases)
    if as_json:
        typer.echo(json.dumps(_evaluation_data(result), ensure_ascii=False, indent=2))
    else:
        _console().print(render.evaluation(result))


@_evaluate.command("types")
def evaluate_types(
    file: Annotated[Path, typer.Argument(help="TSV with marked_sentence and gold_root.")],
    convention: Annotated[
        str, typer.Option(help="How the file counts acts: 'table' or 'manual'.")
    ] = "table",
    as_json: _Json = False,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
) -> None:
    """Score event types on sentences with marked actor (<s>) and recipient (<t>)."""
    from dragoman import render
    from dragoman.codebook.conventions import load_conventions
    from dragoman.evaluation.types import evaluate_types as score
    from dragoman.evaluation.types import read_marked

    known = load_conventions()
    if convention not in known:
        raise typer.BadParameter(f"--convention is one of {', '.join(known)}")
    scores = score(read_marked(file), _coder(model, type_model, rules_only), known[convention])
    if as_json:
        typer.echo(json.dumps(asdict(scores), indent=2))
    else:
        _console().print(render.type_scores(scores))


_Cases = Annotated[Path, typer.Argument(help="File of cases; docs/resolution.md has the format.")]
_Failures = Annotated[bool, typer.Option("--failures", help="Also list the cases that failed.")]


@_evaluate.command("actors")
def evaluate_actors(
    file: _Cases,
    actors: _Actors = None,
    failures: _Failures = False,
    as_json: _Json = False,
    model: _Model = None,
) -> None:
    """Score country and sector of actor mentions in a TSV of cases."""
    from dragoman.evaluation import resolution

    _resolution(resolution.evaluate_actors(file, _nlp(model), actors or ()), failures, as_json)


@_evaluate.command("places")
def evaluate_places(
    file: _Cases, failures: _Failures = False, as_json: _Json = False, model: _Model = None
) -> None:
    """Score toponyms in JSON lines of cases: found, and within 161 km."""
    from dragoman.evaluation import resolution

    _resolution(resolution.evaluate_places(file, _nlp(model)), failures, as_json)


@_evaluate.command("times")
def evaluate_times(
    file: _Cases, failures: _Failures = False, as_json: _Json = False, model: _Model = None
) -> None:
    """Score the first and last day of time expressions in a TSV of cases."""
    from dragoman.evaluation import resolution

    _resolution(resolution.evaluate_times(file, _nlp(model)), failures, as_json)


def _nlp(model: str | None) -> Language:
    from dragoman.reading.parse import Parser

    return (Parser(model) if model is not None else Parser()).nlp


def _resolution(scores: ResolutionScores, failures: bool, as_json: bool) -> None:
    from dragoman import render

    if as_json:
        typer.echo(json.dumps(asdict(scores), indent=2, ensure_ascii=False))
    else:
        _console().print(render.resolution_scores(scores, failures))


@app.command()
def train(
    examples: Annotated[
        Path, typer.Option(help="Folder of example files.", exists=True, file_okay=False)
    ] = Path("training/examples"),
    config: Annotated[
        Path, typer.Option(help="Settings of the training.", exists=True, dir_okay=False)
    ] = Path("training/config.toml"),
    out: Annotated[Path, typer.Option(help="Folder for the new type model.")] = Path("type-model"),
    check: Annotated[
        bool, typer.Option("--check", help="Only check the examples, and count them.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
) -> None:
    """Train a type model from example sentences (needs the extra 'train')."""
    from dragoman.typemodel.examples import check_examples, read_examples

    if check:
        from dragoman import render

        found = check_examples(read_examples(examples))
        _console().print(render.example_check(found))
        raise typer.Exit(1 if found.alike else 0)
    try:
        from dragoman.typemodel import training
    except ImportError as error:
        raise ConfigError(f"{error}: install the extra with: pip install 'dragoman[train]'") from (
            error
        )
    made = training.train(
        training.TrainingConfig.read(config), examples, out, progress=typer.echo, threads=threads
    )
    typer.echo(f"The type model is {made}; use it with --type-model {made}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a report."""
    from dragoman.serialise import schema_text

    typer.echo(schema_text(), nl=False)


@app.command()
def who(
    phrase: Annotated[str, typer.Argument(help="A name or description of an actor.")],
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The day that counts."),
    ] = None,
    actors: _Actors = None,
    as_json: _Json = False,
    model: _Model = None,
) -> None:
    """Say which actor a phrase names, by which rules and dates of office."""
    from dragoman.resolving.actor_tables import ActorTables
    from dragoman.resolving.places import Gazetteer, PlaceResolver
    from dragoman.resolving.who import explain_phrase, explain_who

    tables, day = ActorTables.load(actors or ()), _day(on)
    places = PlaceResolver(Gazetteer.open())
    found = explain_phrase(phrase, _nlp(model), day, tables=tables, home_of=places.country_of)
    records: list[dict[str, Any]] = [one.record() for one in found]
    records = records or [dict(row) for row in explain_who(phrase, day, tables=tables)]
    if as_json and records:
        typer.echo(json.dumps(records, ensure_ascii=False, indent=2))
        return
    rows: list[dict[str, str | None]] = []
    for record in records:
        steps = record.pop("steps", [])
        rows.append({**record, "because": ("\n" + " " * 15).join(steps)})
    _show_rows(rows, phrase)


@app.command()
def where(
    phrase: Annotated[str, typer.Argument(help="A place name.")],
    country: Annotated[
        str | None, typer.Option("--context", help="ISO alpha-3 code of the setting.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Say which place a name means and why, and what else bears the name."""
    from dragoman import render
    from dragoman.resolving.places import readings_of

    readings = readings_of(phrase, country)
    if not readings:
        _nothing(phrase)
    if as_json:
        rows = [_reading_data(reading) for reading in readings]
        typer.echo(json.dumps({"name": phrase, "readings": rows}, ensure_ascii=False, indent=2))
    else:
        _console().print(render.place_readings(readings))


@app.command()
def when(
    phrase: Annotated[str, typer.Argument(help="A time such as 'last Friday'.")],
    published: _Published = None,
    as_json: _Json = False,
) -> None:
    """Say which days a phrase means in a report published on a day."""
    from dragoman.resolving.times import explain_when

    times = explain_when(phrase, _day(published))
    if not times:
        _nothing(phrase)
    rows = [_fields(time) for time in times]
    if as_json:
        typer.echo(json.dumps({"text": phrase, "times": rows}, ensure_ascii=False, indent=2))
    else:
        _show_rows(rows, phrase)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="SQL over documents, events, agenda, ...")],
    db: Annotated[Path, typer.Option(help="The store.")] = Path("news.duckdb"),
    as_json: _Json = False,
) -> None:
    """Ask a store, read-only."""
    from dragoman.cli_archive import not_linked
    from dragoman.store import Store

    with Store.open(db, read_only=True) as store:
        names, rows = store.query(sql)
        warning = not_linked(store, sql, db)
    if warning is not None:
        _complain(warning)
    if as_json:
        for row in rows:
            typer.echo(json.dumps(dict(zip(names, row, strict=True)), default=str))
        return
    _console().print(_table(names, rows))


@app.command()
def doctor(
    db: Annotated[Path | None, typer.Option(help="Verify this store, too.")] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make the store's index, or a lost manifest, anew.")
    ] = False,
) -> None:
    """Check the installation, and a store: every line says ok or what is wrong."""
    from dragoman.cli_archive import store_problems

    failed = False

    def line(name: str, problem: str | None, detail: str = "") -> None:
        nonlocal failed
        failed = failed or problem is not None
        typer.echo(f"{name:<10} {'ok' if problem is None else 'WRONG'}  {problem or detail}")

    line("python", None, sys.version.split()[0])
    line("dragoman", None, dragoman.__version__)
    try:
        coder = _coder(None)
        report = coder.code("France’s president met the chancellor of Germany on 3 May 2024.")
        problem = None if report.events else "a plain sentence gave no event"
        line("coder", problem, coder.version)
    except (DragomanError, ImportError, OSError) as error:
        line("coder", f"{error}; install dragoman again")
    samples = sum(len(_texts(_samples() / half)) for half in _SAMPLES)
    line("samples", None if samples else "none installed", f"{samples} reports")
    if db is not None:
        problems, detail = store_problems(db, repair)
        for problem in problems:
            line("store", problem)
        if not problems:
            line("store", None, detail)
    raise typer.Exit(1 if failed else 0)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"dragoman {dragoman.__version__}")


# -- reading and coding ----------------------------------------------------------------------


def _coder(
    model: str | None,
    type_model: Path | None = None,
    rules_only: bool = False,
    actors: Sequence[Path] | None = None,
    prefilter: bool = False,
) -> Coder:
    from dragoman.pipeline import Coder

    return Coder(
        model,
        type_model=type_model,
        rules_only=rules_only,
        actors=actors or (),
        prefilter=prefilter,
    )


def _open_store(path: Path) -> closing[Store]:
    from dragoman.store import Store

    return closing(Store.open(path))


def _coded(
    coder: Coder,
    sources: Sequence[str],
    published: date | None,
    publisher: str | None,
    rejected: list[Rejected],
) -> Iterator[Report]:
    """Yield the reports of ``sources``; tell and collect what is rejected."""
    from dragoman.ingest import HtmlReader, read_source

    def reject(bad: Rejected) -> None:
        rejected.append(bad)
        _complain(f"{bad.source}: {bad.message} ({bad.reason})")

    def documents() -> Iterator[Document]:
        with HtmlReader() as reader:
            for source in sources:
                try:
                    yield read_source(source, published=published, publisher=publisher, html=reader)
                except InputError as error:
                    reject(Rejected(error.source, error.reason, error.message))

    for result in coder.stream(documents()):
        if isinstance(result, Rejected):
            reject(result)
        else:
            yield result


def _run(coder: Coder, command: str) -> Run:
    from dragoman.store import Run

    return Run.begin(coder.version, command)


def _exit_code(done: int, rejected: Sequence[Rejected]) -> int:
    if not rejected:
        return 0
    return _SOME_REJECTED if done else _NOTHING_READ


# -- gold ------------------------------------------------------------------------------------


def _samples() -> Path:
    return Path(str(files("dragoman"))) / "samples"


def _texts(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)


def _gold_files(path: Path) -> list[Path]:
    return sorted(path.glob("*.gold.json")) if path.is_dir() else [path]


def _text_beside(gold: Path) -> Path:
    stem = gold.name.removesuffix(".json").removesuffix(".gold")
    for suffix in _SUFFIXES:
        if (found := gold.with_name(stem + suffix)).exists():
            return found
    raise GoldError(f"{gold}: there is no {stem}.txt or {stem}.html beside it; give --text")


def _gold_report(coder: Coder, gold: Gold, text: Path) -> Report:
    """Code a gold text; the gold's date counts only where the text has none of its own."""
    from dragoman.ingest import read_source

    return coder.code(read_source(text, published=gold.published))


def _evaluation_data(result: Evaluation) -> dict[str, Any]:
    from dragoman.evaluation.scores import Scores, outcome
    from dragoman.render import who

    def numbers(scores: Scores) -> dict[str, Any]:
        counts = scores.counts
        values = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
        intervals = {f"{k}_95": getattr(scores, k) for k in values}
        return {**values, **intervals, **asdict(counts)}

    return {
        "items": dict(result.items),
        "overall": numbers(result.overall),
        "type_only": numbers(result.type_only),
        "dyad_only": numbers(result.dyad_only),
        "by_type": {name: numbers(s) for name, s in result.by_type.items()},
        "by_status": {name: numbers(s) for name, s in result.by_status.items()},
        "documents": [
            {
                "gold": judgement.gold.file,
                "items": [
                    {"id": pair.item.id, "outcome": outcome(pair), "wrong": list(pair.wrong)}
                    for pair in judgement.pairs
                ],
                "added": [
                    {"type": e.type.value, "status": e.status.value, "who": who(e), "id": e.id}
                    for e in judgement.added
                ],
                "violations": [asdict(violation) for violation in judgement.violations],
            }
            for judgement in result.judgements
        ],
    }


# -- printing --------------------------------------------------------------------------------


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=110)


def _complain(message: str) -> None:
    print(f"dragoman: {' '.join(message.split())}", file=sys.stderr)


def _day(value: datetime | None) -> date | None:
    return value.date() if value is not None else None


def _show(console: Console, report: Report, as_json: bool) -> None:
    if as_json:
        from dragoman.serialise import to_json

        typer.echo(to_json(report))
    else:
        from dragoman import render

        console.print(render.report(report))


def _progress(reports: Iterable[Report], total: int, quiet: bool) -> Iterator[Report]:
    """Pass ``reports`` on, with a bar on standard error if that is a terminal."""
    if quiet or not sys.stderr.isatty() or total < 2:
        yield from reports
        return
    columns = (*Progress.get_default_columns(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(reports, total=total, description="coding")


def _batched(reports: Iterable[Report], size: int) -> Iterator[list[Report]]:
    iterator = iter(reports)
    while batch := list(islice(iterator, size)):
        yield batch


def _fields(value: Any) -> dict[str, str | None]:
    names = [name for name in value.__slots__ if name != "span"]
    found = {name: getattr(value, name) for name in names}
    return {name: None if v is None else str(v) for name, v in found.items()}


def _reading_data(reading: PlaceReading) -> dict[str, Any]:
    """One reading of a place name; ``point`` is a label, coordinates are the place's own."""
    place = reading.place
    names = [name for name in place.__slots__ if name != "span"]
    point = list(reading.point) if reading.point else None
    return {name: getattr(place, name) for name in names} | {
        "point": point,
        "population": reading.population,
        "score": reading.score,
    }


def _nothing(phrase: str) -> NoReturn:
    _complain(f"nothing known for {phrase!r}")
    raise typer.Exit(_NOTHING_READ)


def _show_rows(rows: Sequence[dict[str, str | None]], phrase: str) -> None:
    if not rows:
        _nothing(phrase)
    for row in rows:
        for name, value in row.items():
            if value:
                typer.echo(f"{name:<14} {value}")


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> Table:
    from dragoman.render import plain

    table = Table(title=title, title_justify="left")
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*(Text("" if value is None else plain(_cell(value))) for value in row))
    return table


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _summary(console: Console, store: Store) -> None:
    (counts,) = store.query(
        "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM events), "
        "(SELECT count(*) FROM statements), (SELECT count(*) FROM relations)"
    )[1]
    console.print(Text("{} reports: {} events, {} statements, {} relations\n".format(*counts)))
    _, rows = store.query("SELECT type, status, count(*) FROM events GROUP BY ALL")
    cells: Counter[tuple[str, str]] = Counter({(kind, status): n for kind, status, n in rows})
    statuses = [s for s in _STATUSES if any(key[1] == s for key in cells)]
    kinds = sorted({kind for kind, _ in cells})
    table = [[kind, *(cells[kind, s] or "" for s in statuses)] for kind in kinds]
    console.print(_table(["type", *statuses], table, "Events by type and status"))
    names, rows = store.query(
        "SELECT actor, recipient, sum(events) AS events, round(sum(score), 1) AS score "
        "FROM dyad_days GROUP BY ALL ORDER BY events DESC, actor, recipient LIMIT 8"
    )
    console.print(_table(names, rows, "Most frequent pairs"))
    names, rows = store.query(
        'SELECT start_date AS "from", end_date AS "to", '
        "list_distinct(list_concat(actor_countries, recipient_countries)) AS who, place, evidence "
        "FROM agenda WHERE type = 'CONSULT' LIMIT 8"
    )
    rows = [(*row[:2], sorted(row[2]), *row[3:]) for row in rows]
    console.print(_table(names, rows, "Announced meetings"))


def _register() -> None:
    """Add the commands that live in modules of their own."""
    from dragoman import cli_analysis, cli_archive, cli_exchange, cli_scaling, cli_serve

    cli_archive.register(app, _evaluate)
    cli_analysis.register(app)
    cli_serve.register(app)
    cli_exchange.register(app)
    cli_scaling.register(app)


_register()

_STATUSES = ("actual", "planned", "alleged", "denied", "hypothetical")
