"""The commands of the archive: ingest, watch, recode, retry, link, forget, diff, digest."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files as resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli_options import Json as _Json
from dragoman.cli_options import Model as _Model
from dragoman.cli_options import Prefilter as _Prefilter
from dragoman.cli_options import RulesOnly as _RulesOnly
from dragoman.cli_options import TypeModel as _TypeModel
from dragoman.errors import DamagedError
from dragoman.schema import Rejected

if TYPE_CHECKING:
    from dragoman.archive import Summary
    from dragoman.archive.linking import Linked
    from dragoman.archive.politeness import Polite
    from dragoman.ingest.pool import Job
    from dragoman.ingest.units import Limits
    from dragoman.pipeline import Coder
    from dragoman.store import Run, Store

_SOME_REJECTED, _NOTHING_READ = 3, 4

_Db = Annotated[Path, typer.Option(help="The store.")]
_DEFAULT = Path("news.duckdb")
_Private = Annotated[
    bool,
    typer.Option("--allow-private", help="Also fetch from private addresses and any port."),
]
_NoLink = Annotated[
    bool, typer.Option("--no-link", help="Do not look for copies and happenings at the end.")
]
_Seconds = Annotated[
    float, typer.Option(min=0.1, help="Time limit for reading one record, in seconds.")
]


def register(app: typer.Typer, evaluate: typer.Typer) -> None:
    """Add the commands to ``app`` and the measures to ``evaluate``."""
    for command in (ingest, watch, recode, retry, link, forget, diff, digest):
        app.command()(command)
    evaluate.command("duplicates")(evaluate_duplicates)


def ingest(
    sources: Annotated[
        list[str],
        typer.Argument(help="Files of any format, folders, globs, fsspec URLs; '-' is stdin."),
    ],
    db: _Db = _DEFAULT,
    no_code: Annotated[
        bool, typer.Option("--no-code", help="Keep the reports; code them later with recode.")
    ] = False,
    columns: Annotated[
        Path | None, typer.Option(help="TOML with a table 'columns', for JSON lines, CSV, Parquet.")
    ] = None,
    published: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Day of publication."),
    ] = None,
    publisher: Annotated[str | None, typer.Option(help="Who published it.")] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch web addresses and what feeds and lists link to.")
    ] = False,
    allow_private: _Private = False,
    refetch: Annotated[
        bool,
        typer.Option("--refetch", help="With --fetch: also what was fetched before, for changes."),
    ] = False,
    no_link: _NoLink = False,
    seconds: _Seconds = 20.0,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
    prefilter: _Prefilter = False,
    as_json: _Json = False,
) -> None:
    """Add reports from any source to a store; what it has is not read again."""
    from dragoman.archive import sources as naming

    if refetch and not fetch:
        raise typer.BadParameter("--refetch goes with --fetch")
    mapping = naming.read_columns(columns)
    hints = naming.user_hints(published.date() if published else None, publisher)
    with ExitStack() as stack:
        # Open the store first: a locked one should be told before the model is loaded.
        store = stack.enter_context(_open(db))
        coder = None if no_code else _coder(model, type_model, rules_only, prefilter)
        polite = _polite(allow_private) if fetch else None
        work = _Work(stack, store, coder, "ingest", seconds, polite, refetch)
        pages = [source for source in sources if naming.web_address(source)]
        files = [source for source in sources if not naming.web_address(source)]
        summary = work.run(
            [
                *naming.jobs(naming.locations(files), hints, mapping),
                *naming.address_jobs(pages, hints),
            ]
        )
        if not no_link:
            _link_if_needed(store)
        waiting = _waiting(store) if coder is not None else 0
    _report(summary, as_json)
    if waiting and not as_json:
        _complain(f"{waiting} older reports are not coded: dragoman recode --db {db}")
    raise typer.Exit(_exit_code(summary))


def watch(
    feeds: Annotated[Path, typer.Argument(help="TOML with tables 'feed'; docs/archive.md.")],
    db: _Db = _DEFAULT,
    once: Annotated[bool, typer.Option("--once", help="Ask every feed that is due, and end.")] = (
        False
    ),
    delay: Annotated[
        float, typer.Option(min=0.0, help="Seconds between two fetches from one host.")
    ] = 2.0,
    allow_private: _Private = False,
    no_code: Annotated[bool, typer.Option("--no-code", help="Do not code the reports.")] = False,
    seconds: _Seconds = 20.0,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
    prefilter: _Prefilter = False,
) -> None:
    """Ask feeds again and again, and add what is new; stop it with Ctrl-C."""
    from dragoman.archive import Ingest
    from dragoman.archive.following import Follower
    from dragoman.archive.watching import Watch, read_feeds, rounds
    from dragoman.ingest.pool import Pool
    from dragoman.ingest.units import Limits

    found = read_feeds(feeds, shortest=0.0 if allow_private else 60.0)
    polite = _polite(allow_private, delay)
    state = db.with_name(db.name + ".watch.json")
    failed = False
    # SIGTERM ends it like Ctrl-C: between two commits.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    _open(db).close()
    coder = None if no_code else _coder(model, type_model, rules_only, prefilter)
    with Pool(Limits(seconds=seconds)) as pool:

        def ingest(store: Store, follower: Follower | None) -> Ingest:
            run = _run(coder, "watch")
            return Ingest(store, pool, coder, run, fetch=follower, tell=_tell)

        watching = Watch(found, polite, lambda: _open(db), ingest, state)
        try:
            for done in rounds(watching, time.sleep, once=once):
                failed = bool(done.failed)
                for rejected in done.failed:
                    _tell(rejected)
                if done.added:
                    with _open(db) as store:
                        _link(store)
                if done.asked:
                    typer.echo(
                        f"{done.asked} feeds asked, {done.unchanged} unchanged, "
                        f"{done.added} reports added"
                    )
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
    raise typer.Exit(_SOME_REJECTED if failed and once else 0)


def link(db: _Db = _DEFAULT, as_json: _Json = False) -> None:
    """Find copies and merge mentions of one happening anew, in all current reports."""
    with _open(db) as store:
        found = _link(store)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        typer.echo(
            f"{found.copies} reports in {found.groups} groups of copies; "
            f"{found.events} events tell of {found.happenings} happenings"
        )


def evaluate_duplicates(
    files: Annotated[
        list[Path] | None, typer.Argument(help="TOML of clusters; without, the packaged halves.")
    ] = None,
    as_json: _Json = False,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
) -> None:
    """Score the merging of reports against gold clusters (B-cubed)."""
    from dragoman.duplicates.evaluating import evaluate_duplicates as score

    folder = Path(str(resources("dragoman"))) / "samples" / "duplicates"
    coder = _coder(model, type_model, rules_only)
    for path in files or sorted(folder.glob("*.toml")):
        found = score([path], coder)
        if as_json:
            typer.echo(json.dumps({"file": path.name, **asdict(found)}, ensure_ascii=False))
            continue
        typer.echo(
            f"{path.name}: {found.reports} reports, {found.clusters} clusters, "
            f"{found.predicted} found; B-cubed precision {found.precision:.3f}, "
            f"recall {found.recall:.3f}, F1 {found.f1:.3f}"
        )
        for line in found.wrong:
            typer.echo(f"  {line}")


def recode(
    db: _Db = _DEFAULT,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what this version has coded already.")
    ] = False,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
    prefilter: _Prefilter = False,
    no_link: _NoLink = False,
    as_json: _Json = False,
) -> None:
    """Code what is not coded, or by another version; older codings stay to compare."""
    from dragoman.archive.recoding import recode as work
    from dragoman.store import Run

    with _open(db) as store:
        coder = _coder(model, type_model, rules_only, prefilter)
        run = Run.begin(coder.version, "recode")
        teller = _Teller()
        summary = work(store, coder, run, everything=everything, tell=teller)
        teller.close(db)
        if not no_link:
            _link_if_needed(store)
    _report(summary, as_json)
    raise typer.Exit(_exit_code(summary))


def retry(
    db: _Db = _DEFAULT,
    columns: Annotated[
        Path | None, typer.Option(help="TOML with a table 'columns', for rows that lacked a text.")
    ] = None,
    no_code: Annotated[bool, typer.Option("--no-code", help="Do not code the reports.")] = False,
    seconds: _Seconds = 60.0,
    model: _Model = None,
    type_model: _TypeModel = None,
    rules_only: _RulesOnly = False,
    prefilter: _Prefilter = False,
    no_link: _NoLink = False,
    as_json: _Json = False,
) -> None:
    """Read again what was set aside: from its kept bytes, or else from its source."""
    from dragoman.archive import sources as naming
    from dragoman.archive.recoding import jobs_of_set_aside, settle, unread

    mapping = None if columns is None else naming.read_columns(columns)
    with ExitStack() as stack:
        store = stack.enter_context(_open(db))
        coder = None if no_code else _coder(model, type_model, rules_only, prefilter)
        work = _Work(stack, store, coder, "retry", seconds)
        before = unread(store, mapping)
        summary = work.run(jobs_of_set_aside(store, mapping), retry=True)
        settle(store, work.begun, before, summary)
        if not no_link:
            _link_if_needed(store)
    _report(summary, as_json)
    raise typer.Exit(_exit_code(summary))


def forget(
    db: _Db = _DEFAULT,
    document: Annotated[list[str] | None, typer.Option(help="Id of a document.")] = None,
    url: Annotated[list[str] | None, typer.Option(help="Address of a report.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Where it was read; * and ? stand for anything.")
    ] = None,
    publisher: Annotated[list[str] | None, typer.Option(help="Name of a publisher.")] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="Words, such as a name, anywhere in a report.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove reports for good, and keep only hashes so that they do not come back."""
    from dragoman.store import Run, Selection

    select = Selection(*(tuple(v or ()) for v in (document, url, source, publisher, text)))
    if select == Selection():
        raise typer.BadParameter("name what to forget: --document, --url, --source, ...")
    if not yes:
        typer.confirm(f"Remove the reports from {db}? This cannot be undone", abort=True)
    with _open(db) as store:
        gone = store.forget(select, Run.begin("", "forget"))
        _link_if_needed(store)
    typer.echo(
        f"forgot {gone.documents} reports and {gone.rejected} records that were set aside; "
        f"{gone.segments} segments were written anew. Copies and backups are not touched."
    )
    if not (gone.documents or gone.rejected):
        raise typer.Exit(_NOTHING_READ)


def diff(
    run1: Annotated[str | None, typer.Argument(help="A run; without both, the last two.")] = None,
    run2: Annotated[str | None, typer.Argument(help="A later run.")] = None,
    db: _Db = _DEFAULT,
    as_json: _Json = False,
) -> None:
    """Say how the codings differ between two runs: events added, removed, changed."""
    from dragoman.archive.comparing import differences, newest_runs
    from dragoman.store import Store

    counts: Counter[str] = Counter()
    with Store.open(db, read_only=True) as store:
        if run1 is None or run2 is None:
            run1, run2 = newest_runs(store)
        for found in differences(store, run1, run2):
            counts[f"{'documents' if found.event is None else 'events'} {found.what}"] += 1
            if as_json:
                typer.echo(json.dumps(asdict(found), ensure_ascii=False))
            elif found.event is None:
                typer.echo(f"{found.what:<8} {found.document}")
            else:
                where = f"{found.document} {found.event}"
                field = f" {found.field}" if found.field else ""
                typer.echo(f"{found.what:<8} {where}{field}: {found.before} -> {found.after}")
    if not as_json:
        told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
        typer.echo(f"{run1} -> {run2}: {told or 'no difference'}")


def digest(
    db: _Db = _DEFAULT,
    out: Annotated[Path | None, typer.Option(help="Also write the canonical export here.")] = None,
) -> None:
    """Print the SHA-256 of the canonical export: equal stores have equal sums."""
    from dragoman.archive.comparing import canonical_digest, canonical_lines
    from dragoman.store import Store

    with Store.open(db, read_only=True) as store:
        if out is not None:
            with out.open("w", encoding="utf-8", errors="surrogatepass") as file:
                file.writelines(line + "\n" for line in canonical_lines(store))
        typer.echo(canonical_digest(store))


def store_problems(db: Path, repair: bool) -> tuple[Sequence[str], str]:
    """Verify a store, mending it first if ``repair``; return problems and a summary."""
    from dragoman.archive.mending import mend
    from dragoman.store import Store

    done = ""
    if repair:
        done = "".join(f"; {what}" for what in mend(db))
        with Store.open(db) as store:
            _link_if_needed(store)
    try:
        with Store.open(db, read_only=True) as store:
            found = store.verify()
    except DamagedError as error:
        return [str(error)], ""
    return found.problems, f"{found.segments} segments, {found.records} records{done}"


class _Work:
    """An ingest with its pool of workers."""

    def __init__(
        self,
        stack: ExitStack,
        store: Store,
        coder: Coder | None,
        command: str,
        seconds: float,
        polite: Polite | None = None,
        refetch: bool = False,
    ) -> None:
        from dragoman.archive import Ingest
        from dragoman.archive.following import Follower
        from dragoman.archive.watching import known_in
        from dragoman.ingest.pool import Pool
        from dragoman.ingest.units import Limits

        limits: Limits = Limits(seconds=seconds)
        pool = stack.enter_context(Pool(limits))
        self.begun = run = _run(coder, command)
        follower: Follower | None = None
        if polite is not None:
            known = (lambda url: False) if refetch else known_in(store)
            follower = Follower(polite.get, known=known)
        self._teller = _Teller()
        self._ingest = Ingest(store, pool, coder, run, fetch=follower, tell=self._teller)
        self._db = store.path

    def run(self, jobs: Iterable[Job], *, retry: bool = False) -> Summary:
        """Read ``jobs``, and tell what is rejected."""
        summary = self._ingest.run(jobs, retry=retry)
        self._teller.close(self._db)
        return summary


def _run(coder: Coder | None, command: str) -> Run:
    from dragoman.store import Run

    return Run.begin(coder.version if coder is not None else "not coded", command)


def _coder(
    model: str | None, type_model: Path | None, rules_only: bool, prefilter: bool = False
) -> Coder:
    # By way of the main module, where tests and other commands find it too.
    from dragoman import cli

    if model is None and type_model is None and not rules_only and not prefilter:
        return cli._coder(model)
    return cli._coder(model, type_model, rules_only, prefilter=prefilter)


def _polite(allow_private: bool, delay: float = 2.0) -> Polite:
    from dragoman.archive.politeness import Polite
    from dragoman.ingest.fetch import Fetcher

    return Polite(Fetcher(allow_private=allow_private), delay=delay)


def _link(store: Store) -> Linked:
    from dragoman.archive.linking import link as work

    return work(store)


def _link_if_needed(store: Store) -> None:
    from dragoman.archive.linking import is_linked

    if not is_linked(store):
        _link(store)


def not_linked(store: Store, sql: str, db: Path) -> str | None:
    """Return a warning if ``sql`` asks for what linking gives, and the store lacks it."""
    from dragoman.archive.linking import is_linked

    views = ("copies", "happenings", "contradictions", "dyad_days", "agenda")
    if not any(view in sql.lower() for view in views) or is_linked(store):
        return None
    return (
        f"copies and happenings are not up to date, so one may count twice: dragoman link --db {db}"
    )


def _open(path: Path) -> Store:
    from dragoman.store import Store

    return Store.open(path)


def _waiting(store: Store) -> int:
    _, rows = store.query("SELECT count(*) FROM documents WHERE coder IS NULL")
    return int(rows[0][0])


def _tell(rejected: Rejected) -> None:
    _complain(f"{rejected.source}: {rejected.message} ({rejected.reason})")


class _Teller:
    """Tells what is rejected on standard error, up to a number; all of it is in the store."""

    def __init__(self, most: int = 100) -> None:
        self._left = most

    def __call__(self, rejected: Rejected) -> None:
        self._left -= 1
        if self._left >= 0:
            _tell(rejected)

    def close(self, db: Path) -> None:
        """Say how many were not told."""
        if self._left < 0:
            sql = "SELECT source, reason FROM rejected"
            _complain(f'and {-self._left} more: dragoman query --db {db} "{sql}"')


def _complain(message: str) -> None:
    typer.echo(f"dragoman: {' '.join(message.split())}", err=True)


def _report(summary: Summary, as_json: bool) -> None:
    added = summary.added
    numbers = {
        "added": added.added,
        "replaced": added.replaced,
        "unchanged": added.unchanged,
        "rejected": added.rejected,
        "known": summary.known,
        "forgotten": added.forgotten,
    }
    if as_json:
        typer.echo(json.dumps(numbers))
    else:
        typer.echo(", ".join(f"{count} {name}" for name, count in numbers.items()))


def _exit_code(summary: Summary) -> int:
    if not summary.rejected:
        return 0
    return _SOME_REJECTED if summary.documents or summary.known else _NOTHING_READ
