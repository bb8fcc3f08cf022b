"""Reports for people: what was found, and why.

Everything is built from ``rich`` renderables without markup, so that the words of a
report are never taken for colours, and control characters never reach the terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dragoman.evaluation.resolution import ResolutionScores
from dragoman.evaluation.scores import Evaluation, Judgement, Scores, outcome
from dragoman.evaluation.types import TypeScores
from dragoman.resolving.places import PlaceReading
from dragoman.schema import (
    Actor,
    Attribution,
    Event,
    Magnitude,
    Reason,
    Relation,
    Report,
    Span,
    Statement,
    TimeInterval,
)
from dragoman.typemodel.examples import Check

_STATUS = {
    "actual": "green",
    "planned": "cyan",
    "alleged": "yellow",
    "denied": "red",
    "hypothetical": "dim",
}
_OUTCOME = {"found": "green", "wrong values": "yellow", "missed": "red"}
_SPANS = {
    "predicate": "bold yellow",
    "actor": "bold green",
    "recipient": "bold magenta",
    "when": "bold cyan",
    "where": "bold blue",
    "number": "bold red",
}


def plain(text: str) -> str:
    """Return ``text`` on one line, without control and direction characters."""
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in text)
    return " ".join(kept.split())


def report(coded: Report) -> RenderableType:
    """Return one report as a block: a header, then events, statements and relations."""
    parts: list[RenderableType] = [_header(coded)]
    if coded.events:
        parts.append(_events(coded))
    if coded.statements or coded.relations:
        parts.append(_standing(coded))
    if len(parts) == 1:
        parts.append(Padding(Text("nothing found", style="dim"), (0, 0, 0, 2)))
    return Group(*parts, Text(""))


def explanation(coded: Report) -> RenderableType:
    """Return every sentence with its spans marked, and the reason for each value."""
    parts: list[RenderableType] = [_header(coded), _legend()]
    text = coded.document.text
    for number, sentence in enumerate(coded.sentences):
        parts.append(Text.assemble((f"{number + 1:>3} ", "dim"), _marked(coded, sentence)))
        for event in coded.events:
            if any(mention.sentence == number for mention in event.mentions):
                title = f"{event.status.value} {_act(event)}: {who(event)}"
                parts.append(_reasons(title, event.reasons, text))
        for statement in coded.statements:
            if statement.mention.sentence == number:
                parts.append(_reasons(_statement(statement), statement.reasons, text))
        for relation in coded.relations:
            if relation.mention.sentence == number:
                parts.append(_reasons(_relation(relation), relation.reasons, text))
    return Group(*parts, Text(""))


def evaluation(result: Evaluation) -> RenderableType:
    """Return the judgement of every gold item, then the totals."""
    parts: list[RenderableType] = [_judgement(judgement) for judgement in result.judgements]
    items = result.items
    total = sum(items[key] for key in _OUTCOME)
    parts.append(
        Text(
            f"{total} gold items: {items['found']} found, {items['wrong values']} found with "
            f"wrong values, {items['missed']} missed; {items['added']} events wrongly added, "
            f"{items['violations']} violations of must_not\n"
        )
    )
    table = Table(title="Events (95 % bootstrap intervals over documents)", title_justify="left")
    table.add_column("")
    for name in ("precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for name in ("true", "predicted", "gold"):
        table.add_column(name, justify="right")
    _score_row(table, "type, actors, recipients, status", result.overall)
    _score_row(table, "type only", result.type_only)
    _score_row(table, "actors and recipients only", result.dyad_only)
    for scores in (result.by_type, result.by_status):
        table.add_section()
        for name, score in scores.items():
            _score_row(table, name, score)
    return Group(*parts, table)


def type_scores(scores: TypeScores) -> RenderableType:
    """Return the scores of marked sentences: totals, classes, and the commonest confusions."""

    def line(name: str, value: float, interval: tuple[float, float]) -> str:
        return f"{name} {value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"

    table = Table(title="Classes", title_justify="left")
    table.add_column("type")
    for name in ("precision", "recall", "F1", "gold"):
        table.add_column(name, justify="right")
    for row in scores.classes:
        table.add_row(
            row.name, *(f"{v:.2f}" for v in (row.precision, row.recall, row.f1)), str(row.support)
        )
    confusions = ", ".join(f"{gold}→{got} {n}" for gold, got, n in scores.confusion[:15])
    return Group(
        Text(
            f"{scores.sentences} sentences, {scores.coded} coded, "
            f"{scores.sentences_per_second:.0f} sentences a second; 95 % bootstrap intervals"
        ),
        Text(line("accuracy", scores.accuracy, scores.accuracy_interval)),
        Text(line("macro-F1", scores.macro_f1, scores.macro_f1_interval)),
        Text(line("quad class accuracy", scores.quad_accuracy, scores.quad_interval)),
        table,
        Text(f"confusions: {confusions}"),
    )


def resolution_scores(scores: ResolutionScores, failures: bool) -> RenderableType:
    """Return the rates of one file of cases, and on demand the cases that failed."""
    lines = [
        Text(
            f"{rate.name}: {rate.share:.3f} [{rate.interval[0]:.3f}, {rate.interval[1]:.3f}] "
            f"({rate.right} of {rate.total})"
        )
        for rate in scores.rates
    ]
    lines += [Text(f"{name}: {value:.2f}") for name, value in scores.figures.items()]
    if failures:
        lines += [Text(plain(failure)) for failure in scores.failures]
    return Group(*lines)


def place_readings(readings: Sequence[PlaceReading]) -> RenderableType:
    """Return what a place name means, then the other bearers of the name."""
    best = readings[0].place
    lines = [
        Text(f"{name:<14} {plain(str(value))}")
        for name in ("name", "precision", "country", "admin1", "latitude", "longitude",
                     "geonames_id", "rule")
        if (value := getattr(best, name)) is not None
    ]  # fmt: skip
    point = readings[0].point
    if best.latitude is None and point is not None:
        lines.append(Text(f"{'label at':<14} {point[0]:.2f}, {point[1]:.2f} (not a location)"))
    table = Table("score", "country", "admin1", "precision", "people", "point", "rule")
    for reading in readings:
        place = reading.place
        table.add_row(
            "table" if reading.score is None else f"{reading.score:.2f}",
            place.country or "",
            plain(place.admin1 or ""),
            place.precision.value,
            "" if reading.population is None else f"{reading.population:,}",
            "" if reading.point is None else f"{reading.point[0]:.2f}, {reading.point[1]:.2f}",
            place.rule,
        )
    return Group(*lines, table)


def example_check(check: Check) -> RenderableType:
    """Return what the check of training examples found: counts, and pairs too alike."""

    def counts(title: str, rows: Mapping[str, int]) -> Text:
        return Text(f"{title}: " + ", ".join(f"{name} {n}" for name, n in sorted(rows.items())))

    alike = [Text(f"too alike ({share:.2f}): {a} and {b}") for a, b, share in check.alike]
    return Group(
        Text(f"{sum(check.counts.values())} examples"),
        counts("types", check.counts),
        counts("modes", check.modes),
        counts("statuses", check.statuses),
        counts("contexts", check.contexts),
        Text(f"imbalance: the largest type has {check.imbalance:.1f} times the smallest's number"),
        *alike,
    )


def who(event: Event) -> str:
    """Return actors and recipients on one line."""
    left, right = _cast(event.actors), _cast(event.recipients)
    if not right:
        return left or "?"
    return f"{left or '?'} {'↔' if event.symmetric else '→'} {right}"


def when(interval: TimeInterval | None) -> str:
    """Return the days of an interval, empty if there is none."""
    if interval is None:
        return ""
    if interval.start == interval.end:
        return _day(interval.start)
    return f"{_day(interval.start)} to {_day(interval.end)}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else "…"


def _cast(actors: Sequence[Actor]) -> str:
    return ", ".join(_actor(actor) for actor in actors)


def _actor(actor: Actor) -> str:
    code = " ".join(part for part in (actor.country, actor.sector) if part)
    name = plain(actor.person or actor.name)
    return f"{code} ({name})" if code else name


def _act(event: Event) -> str:
    mode = f"/{event.mode}" if event.mode else ""
    return f"{event.type.value}{mode}"


def _numbers(magnitudes: Iterable[Magnitude]) -> str:
    out = []
    for magnitude in magnitudes:
        amount = f"{magnitude.low:,.0f}"
        if magnitude.high is None:
            amount += "+"
        elif magnitude.high != magnitude.low:
            amount += f"-{magnitude.high:,.0f}"
        unit = "" if magnitude.unit == "people" else f" {magnitude.unit}"
        out.append(f"{magnitude.kind} {amount}{unit}")
    return ", ".join(out)


def _source(attribution: Attribution | None) -> str:
    if attribution is None:
        return ""
    own = _cast(attribution.speakers) or plain(attribution.publisher or "")
    inner = _source(attribution.inner)
    return f"{own}, citing {inner}" if own and inner else own or inner


def _header(coded: Report) -> Text:
    reading = coded.reading
    title = plain(coded.document.title or coded.document.source)
    facts = []
    if reading.dateline and reading.dateline.place:
        facts.append(plain(reading.dateline.place))
    if reading.published:
        facts.append(reading.published.isoformat())
    if reading.publisher:
        facts.append(plain(reading.publisher))
    return Text.assemble((title, "bold"), *(f" · {fact}" for fact in facts))


def _events(coded: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for event in coded.events:
        status = event.status.value + (" (background)" if event.background else "")
        where = ""
        if event.where:
            where = ", ".join(p for p in (plain(event.where.name), event.where.country) if p)
        source = _source(event.attribution)
        facts = [when(event.when), where, _numbers(event.magnitudes)]
        facts.append(f"according to {source}" if source else "")
        lines: list[RenderableType] = [Text(who(event))]
        if any(facts):
            lines.append(Text(" · ".join(fact for fact in facts if fact)))
        if event.mentions:
            words = plain(event.mentions[0].evidence.of(coded.document.text))
            lines.append(Text(f"“{words}”", style="dim italic"))
        table.add_row(
            Text("  " + status, style=_STATUS[event.status.value]),
            Text(_act(event), style="bold"),
            Group(*lines),
        )
    return table


def _standing(coded: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    text = coded.document.text
    rows = [("statement", _statement(s), s.mention.evidence) for s in coded.statements]
    rows += [("relation", _relation(r), r.mention.evidence) for r in coded.relations]
    for kind, line, evidence in rows:
        words = Text(f"“{plain(evidence.of(text))}”", style="dim italic")
        table.add_row(Text("  " + kind, style="blue"), Group(Text(line), words))
    return table


def _statement(statement: Statement) -> str:
    about = f" about {_cast(statement.about)}" if statement.about else ""
    return f"{_cast(statement.speakers) or '?'}: {statement.stance}{about}"


def _relation(relation: Relation) -> str:
    if relation.source or relation.target:
        sides = f"{_cast(relation.source) or '?'} → {_cast(relation.target) or '?'}"
    else:
        sides = _cast(relation.sides) or "?"
    because = f" because of {_cast(relation.because_of)}" if relation.because_of else ""
    sector = f" ({relation.sector})" if relation.sector else ""
    return f"{relation.label}{sector}: {sides}{because}"


def _legend() -> Text:
    legend = Text("marked: ", style="dim")
    for name, style in _SPANS.items():
        legend.append(name, style=style)
        legend.append(" ")
    return legend


def _marked(coded: Report, sentence: Span) -> Text:
    words = sentence.of(coded.document.text)
    # One blank per control character, so that the offsets stay.
    marked = Text("".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in words))
    for event in coded.events:
        spans = [("actor", actor.span) for actor in event.actors]
        spans += [("recipient", actor.span) for actor in event.recipients]
        spans += [("when", event.when.span)] if event.when else []
        spans += [("where", event.where.span)] if event.where else []
        spans += [("number", magnitude.span) for magnitude in event.magnitudes]
        spans += [("predicate", mention.predicate) for mention in event.mentions]
        for kind, span in spans:
            if span.start < sentence.end and span.end > sentence.start:
                start = max(span.start - sentence.start, 0)
                marked.stylize(_SPANS[kind], start, span.end - sentence.start)
    return marked


def _reasons(title: str, reasons: Iterable[Reason], text: str) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_row(Text(title, style="bold"))
    for reason in reasons:
        words = f' "{plain(reason.span.of(text))}"' if reason.span else ""
        table.add_row(Text(f"  {reason.field} ← {plain(reason.rule)}{words}", style="dim"))
    return Padding(table, (0, 0, 0, 6))


def _judgement(judgement: Judgement) -> RenderableType:
    table = Table(title=judgement.gold.file, title_justify="left", expand=True)
    table.add_column("item", no_wrap=True)
    table.add_column("gold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("wrong")
    table.add_column("evidence", ratio=1)
    for pair in judgement.pairs:
        label = "/".join(pair.item.types) or pair.item.kind
        result = outcome(pair)
        table.add_row(
            Text(pair.item.id),
            Text(label),
            Text(result, style=_OUTCOME[result]),
            Text(", ".join(pair.wrong)),
            Text(plain(pair.item.evidence)),
        )
    text = judgement.report.document.text
    for event in judgement.added:
        words = plain(event.mentions[0].evidence.of(text)) if event.mentions else ""
        act = f"{event.status.value} {_act(event)}: {who(event)}"
        table.add_row(Text("-"), Text(act), Text("added", style="red"), Text(""), Text(words))
    for violation in judgement.violations:
        table.add_row(
            Text(violation.id),
            Text(violation.found),
            Text("violation", style="red"),
            Text(""),
            Text(plain(violation.evidence)),
        )
    return Group(table, Text(""))


def _score_row(table: Table, name: str, scores: Scores) -> None:
    counts = scores.counts
    cells = [
        f"{value:.3f} [{low:.3f}, {high:.3f}]"
        for value, (low, high) in (
            (counts.precision, scores.precision),
            (counts.recall, scores.recall),
            (counts.f1, scores.f1),
        )
    ]
    numbers = (counts.true, counts.predicted, counts.gold)
    table.add_row(Text(name), *(Text(c) for c in cells), *(Text(str(n)) for n in numbers))
