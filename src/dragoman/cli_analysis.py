"""The commands of the analysis: dyad, agenda, dossier, network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dragoman.cli_options import Json as _Json
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.analysis import Connection, EventRow, Period
    from dragoman.analysis.dossier import Dossier
    from dragoman.resolving.actor_tables import ActorTables

_NOTHING_READ = 4

_Db = Annotated[Path, typer.Option(help="The store.")]
_DEFAULT = Path("news.duckdb")
_Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day that counts."),
]
_Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last day that counts."),
]
_AsOf = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        help="The day from which it is seen; without it today.",
    ),
]
_Types = Annotated[list[str] | None, typer.Option("--type", help="A PLOVER type; repeatable.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    for command in (dyad, agenda, dossier, network):
        app.command()(command)


def dyad(
    a: Annotated[str, typer.Argument(help="A country or organisation: a code or a name.")],
    b: Annotated[str, typer.Argument(help="The other one.")],
    db: _Db = _DEFAULT,
    by: Annotated[str, typer.Option(help="Length of a step: day, week or month.")] = "month",
    since: _Since = None,
    until: _Until = None,
    limit: Annotated[int, typer.Option(min=0, help="How many events to print.")] = 20,
    as_json: _Json = False,
) -> None:
    """Show how two deal with each other: series, change points, third parties, events."""
    from dragoman.analysis import series
    from dragoman.analysis.rows import STEPS

    step = _choice(by, STEPS, "--by")
    period = _period(since, until)
    with _reading(db) as cursor:
        one, other = _codes(cursor, (a, b))
        found = series.dyad_series(cursor, one, other, step=step, period=period)
        told = series.dyad_events(cursor, one, other, period=period, limit=limit)
        third = series.third_parties(cursor, one, other, period=period)
        said = series.stances(cursor, one, other, period=period)
        standing = series.relations_between(cursor, one, other)
    if as_json:
        data = {
            "series": found,
            "events": told,
            "third_parties": third,
            "stances": said,
            "relations": standing,
        }
        _print_json(data)
        return
    if not any(point.events for point in found.both) and not (said or standing):
        dated = f"; {found.undated} have no day" if found.undated else ""
        _nothing(f"no event of {one} and {other} in {db}{dated}")
    console = _console()
    shown = [
        (p.first, p.cooperation, p.conflict, q.cooperation, q.conflict)
        for p, q in zip(found.forward, found.backward, strict=True)
        if p.events or q.events
    ]
    heads = (step, f"{one}>{other} coop.", "conflict", f"{other}>{one} coop.", "conflict")
    console.print(_table(heads, shown, f"{one} and {other} by {step}; empty steps left out"))
    for change in found.changes:
        console.print(
            Text(
                f"{change.measure} changes on {change.first}: from {change.before:.2f} to "
                f"{change.after:.2f} events a {step}"
            )
        )
    if third:
        parties = [(t.code, t.events, t.cooperation, t.conflict) for t in third]
        console.print(_table(("with", "events", "cooperation", "conflict"), parties))
    if said:
        taken = [
            (s.stance, s.speaker, s.about, len(s.statements), s.statements[0].evidence)
            for s in said
        ]
        console.print(_table(("stance", "of", "about", "reports", "latest"), taken))
    if standing:
        console.print(
            _table(
                ("relation", "claimed", "words"),
                [(r.label, r.published, r.evidence) for r in standing],
            )
        )
    console.print(_events_table(told))
    if found.undated:
        console.print(Text(f"{found.undated} more events are not dated to a week or better"))


def agenda(
    db: _Db = _DEFAULT,
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="Who takes part: code or name; repeatable.")
    ] = None,
    types: _Types = None,
    all_types: Annotated[
        bool, typer.Option("--all", help="All announced acts, not meetings only.")
    ] = False,
    as_of: _AsOf = None,
    since: _Since = None,
    until: _Until = None,
    ics: Annotated[Path | None, typer.Option(help="Also write iCalendar; '-' prints it.")] = None,
    as_json: _Json = False,
) -> None:
    """Show announced meetings: which took place, which lapsed, which are ahead."""
    from dragoman.analysis.agenda import MEETINGS
    from dragoman.analysis.agenda import agenda as announcements
    from dragoman.analysis.calendars import to_icalendar
    from dragoman.analysis.subjects import code_names

    kinds = () if all_types else tuple(kind.upper() for kind in types or MEETINGS)
    tables = _tables()
    with _reading(db) as cursor:
        found = announcements(
            cursor,
            _day(as_of) or _today(),
            period=_period(since, until),
            parties=_codes(cursor, with_ or (), tables),
            types=kinds,
        )
    if ics is not None:
        _write(ics, to_icalendar(found, names=code_names(tables)))
    if as_json:
        _print_json([{**_plain(one), "start": one.start, "end": one.end} for one in found])
    elif ics is None or str(ics) != "-":
        if not found:
            _nothing(f"nothing is announced in {db} that fits")
        rows = [
            (
                one.start,
                one.end if one.end != one.start else None,
                one.outcome.value,
                ", ".join(one.event.parties),
                one.event.act,
                one.place,
                one.event.evidence,
                f"{one.held.start}: {one.held.evidence}" if one.held else None,
            )
            for one in found
        ]
        heads = ("from", "to", "outcome", "who", "act", "place", "announced", "took place")
        _console().print(_table(heads, rows))


def dossier(
    name: Annotated[
        str, typer.Argument(help="A country, person or organisation; else an issue's words.")
    ],
    db: _Db = _DEFAULT,
    kind: Annotated[
        str | None, typer.Option(help="country, person, organisation or issue.")
    ] = None,
    as_of: _AsOf = None,
    since: _Since = None,
    until: _Until = None,
    limit: Annotated[int, typer.Option(min=1, help="Entries of each list.")] = 50,
    markdown: Annotated[Path | None, typer.Option(help="Write Markdown; '-' prints it.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to print; '-' prints it.")] = None,
    as_json: _Json = False,
) -> None:
    """Put together what a store tells of a country, person, organisation or issue."""
    from dragoman.analysis.dossier import dossier as collect
    from dragoman.analysis.dossier_text import to_html, to_markdown
    from dragoman.analysis.subjects import Kind, code_names, find_subject

    wanted = Kind(_choice(kind, [k.value for k in Kind], "--kind")) if kind else None
    tables = _tables()
    with _reading(db) as cursor:
        subject = find_subject(cursor, name, tables, wanted)
        found = collect(
            cursor,
            subject,
            tables,
            _day(as_of) or _today(),
            period=_period(since, until),
            limit=limit,
        )
        names = code_names(tables)
        figures = _figures(cursor, found, names) if html is not None else ()
    if markdown is not None:
        _write(markdown, to_markdown(found, names).encode())
    if html is not None:
        _write(html, to_html(found, names, figures).encode())
    if as_json:
        _print_json(found)
    elif markdown is None and html is None:
        _console().print(Text(to_markdown(found, names)))
    if not found.reports:
        _nothing(f"no report in {db} tells of {name!r} ({subject.kind.value})")


def network(
    db: _Db = _DEFAULT,
    tie: Annotated[str, typer.Option(help="cooperation, conflict or all.")] = "all",
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="Only ties of these; repeatable.")
    ] = None,
    types: _Types = None,
    since: _Since = None,
    until: _Until = None,
    least: Annotated[int, typer.Option(min=1, help="Events that a tie has at least.")] = 1,
    most: Annotated[int, typer.Option(min=1, help="How many nodes to keep.")] = 60,
    as_json: _Json = False,
) -> None:
    """Show who deals with whom in a period, with degrees and communities."""
    from dragoman.analysis import network as networks

    wanted = _choice(tie, ("cooperation", "conflict", "all"), "--tie")
    with _reading(db) as cursor:
        found = networks.network(
            cursor,
            tie=wanted,
            period=_period(since, until),
            codes=_codes(cursor, with_ or ()),
            types=tuple(kind.upper() for kind in types or ()),
            least=least,
            most=most,
        )
    if as_json:
        _print_json(found)
        return
    if not found.nodes:
        _nothing(f"no ties of {wanted} in {db} that fit" if wanted != "all" else f"no ties in {db}")
    console = _console()
    nodes = [(n.code, n.degree, n.strength, n.community) for n in found.nodes]
    console.print(_table(("who", "degree", "events", "community"), nodes))
    ties = [(e.a, e.b, e.events, round(e.score, 1)) for e in found.edges]
    console.print(_table(("", "with", "events", "score"), ties))
    if found.left_out:
        console.print(Text(f"{found.left_out} weaker ones are left out (--most)"))


# -- helpers -----------------------------------------------------------------------------------


def _figures(cursor: Connection, found: Dossier, names: Mapping[str, str]) -> Sequence[str]:
    """Draw how the subject of a dossier deals with its first counterpart, by month."""
    from dragoman.analysis.series import dyad_series
    from dragoman.charts import series_chart

    code = found.subject.code
    if code is None or not found.counterparts:
        return ()
    other = found.counterparts[0].code
    series = dyad_series(cursor, code, other, step="month", period=found.period)
    return (series_chart(series, names),) if series.both else ()


@contextmanager
def _reading(db: Path) -> Iterator[Connection]:
    """Open a store for reading; warn if copies and happenings are not up to date."""
    from dragoman.cli_archive import not_linked
    from dragoman.store import Store

    with Store.open(db, read_only=True) as store:
        if (warning := not_linked(store, "happenings", db)) is not None:
            print(f"dragoman: {warning}", file=sys.stderr)
        with closing(store.cursor()) as cursor:
            yield cursor


@cache
def _tables() -> ActorTables:
    from dragoman.resolving.actor_tables import ActorTables

    return ActorTables.load()


def _codes(
    cursor: Connection, names: Sequence[str], tables: ActorTables | None = None
) -> tuple[str, ...]:
    """Return the codes of countries and organisations given by code or name."""
    from dragoman.analysis.subjects import find_subject

    found = []
    for name in names:
        if len(name) == 3 and name.isupper():
            found.append(name)
            continue
        tables = tables or _tables()
        subject = find_subject(cursor, name, tables)
        if subject.code is None:
            raise typer.BadParameter(f"{name!r} is no country or organisation with a code")
        found.append(subject.code)
    return tuple(found)


def _choice(value: str, known: Sequence[str], option: str) -> Any:
    if value not in known:
        raise typer.BadParameter(f"{option} is one of {', '.join(known)}, not {value!r}")
    return value


def _period(since: datetime | None, until: datetime | None) -> Period:
    from dragoman.analysis import Period

    if since is not None and until is not None and until < since:
        raise typer.BadParameter("--until is before --since")
    return Period(_day(since), _day(until))


def _day(value: datetime | None) -> date | None:
    return value.date() if value is not None else None


def _today() -> date:
    return datetime.now(UTC).date()


def _write(path: Path, content: bytes) -> None:
    if str(path) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(str(path), "unwritable", f"cannot be written: {error.strerror}") from error


def _nothing(message: str) -> NoReturn:
    print(f"dragoman: {message}", file=sys.stderr)
    raise typer.Exit(_NOTHING_READ)


def _plain(value: Any) -> Any:
    """Return dataclasses as mappings, for JSON."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _print_json(value: Any) -> None:
    if isinstance(value, dict):
        value = {key: _listed(one) for key, one in value.items()}
    typer.echo(json.dumps(_listed(value), default=str, ensure_ascii=False, indent=2))


def _listed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return _plain(value)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=140)


def _events_table(told: Iterable[EventRow]) -> Table:
    rows = [
        (
            e.start,
            ", ".join(e.actors),
            ", ".join(e.recipients),
            e.act,
            e.place,
            e.said_by,
            e.evidence,
        )
        for e in told
    ]
    return _table(("day", "actor", "recipient", "act", "place", "according to", "words"), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> Table:
    from dragoman.render import plain

    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*(Text("" if value is None else plain(str(value))) for value in row))
    return table
