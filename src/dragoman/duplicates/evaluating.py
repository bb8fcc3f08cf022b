"""Score the merging of reports against gold clusters: B-cubed precision, recall and F1.

B-cubed (Bagga and Baldwin 1998): for each report, which share of the reports in its
predicted cluster are of its gold cluster (precision), and the other way round (recall);
both averaged over the reports.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dragoman.archive.ingesting import code_all
from dragoman.archive.linking import link
from dragoman.errors import GoldError
from dragoman.ingest.files import document_from_text
from dragoman.schema import Document, Report
from dragoman.store import Run, Store

if TYPE_CHECKING:
    from dragoman.pipeline import Coder


@dataclass(frozen=True, slots=True)
class GoldReport:
    """One report and the name of its cluster."""

    cluster: str
    document: Document


@dataclass(frozen=True, slots=True)
class DuplicateScores:
    """B-cubed scores, and the clusters that were not found as they are."""

    reports: int
    clusters: int
    predicted: int
    precision: float
    recall: float
    f1: float
    wrong: tuple[str, ...]


def read_clusters(path: Path) -> list[GoldReport]:
    """Read gold clusters: ``[[cluster]]`` with name and ``[[cluster.report]]``.

    A report has text, published (a day) and publisher, and may have url. Raises
    ``GoldError`` that names file and cluster.
    """
    try:
        clusters = list(tomllib.loads(path.read_text(encoding="utf-8"))["cluster"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GoldError(f"{path}: {error!r}: it must hold [[cluster]] tables") from error
    found: list[GoldReport] = []
    for cluster in clusters:
        for number, report in enumerate(cluster.get("report", ()), start=1):
            where = f"{path}: {cluster.get('name')}: report {number}"
            try:
                text, published = report["text"], report["published"]
                publisher = report.get("publisher")
            except KeyError as error:
                raise GoldError(f"{where} has no {error}") from error
            if not isinstance(published, date):
                raise GoldError(f"{where}: published must be a day")
            document = document_from_text(
                text,
                source=f"{cluster['name']}#{number}",
                publisher=publisher,
                url=report.get("url"),
                published_by_metadata=published,
            )
            found.append(GoldReport(cluster["name"], document))
    keys = Counter(report.document.id for report in found)
    if twice := [r.document.source for r in found if keys[r.document.id] > 1]:
        raise GoldError(f"{path}: the same report twice: {', '.join(twice)}")
    return found


def predict(documents: Sequence[Document], coder: Coder) -> dict[str, str]:
    """Return the happening that each document mainly tells of, by document id.

    That is the happening of its events that most reports tell of, the first told if
    there are several; a copy goes with its original. A report without an event and
    without a copy stands alone.
    """
    items = [
        result if isinstance(result, Report) else document
        for document, result in zip(documents, code_all(coder, documents), strict=True)
    ]
    with (
        TemporaryDirectory(prefix="dragoman-") as folder,
        Store.open(Path(folder) / "gold.duckdb") as store,
    ):
        store.add(items, Run.begin(coder.version, "evaluate duplicates"))
        link(store)
        _, rows = store.query(
            "SELECT h.document, h.happening, count(*) OVER (PARTITION BY h.happening) AS size "
            "FROM store.happening_events h JOIN store.events e ON e.id = h.event_id "
            "ORDER BY h.document, size DESC, e.position"
        )
        _, copies = store.query("SELECT document, copy_group FROM copies")
    main: dict[str, str] = {}
    for document, happening, _ in rows:
        main.setdefault(document, happening)
    groups = dict(copies)
    found: dict[str, str] = {}
    for document in documents:
        leader = groups.get(document.id, document.id)
        found[document.id] = main.get(leader) or main.get(document.id) or leader
    return found


def b_cubed(gold: Sequence[str], predicted: Sequence[str]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of ``predicted`` cluster names against ``gold``."""
    pairs = Counter(zip(gold, predicted, strict=True))
    in_gold, in_predicted = Counter(gold), Counter(predicted)
    total = len(gold)
    precision = sum(n * n / in_predicted[p] for (_, p), n in pairs.items()) / total
    recall = sum(n * n / in_gold[g] for (g, _), n in pairs.items()) / total
    return precision, recall, 2 * precision * recall / (precision + recall)


def evaluate_duplicates(paths: Sequence[Path], coder: Coder) -> DuplicateScores:
    """Score the clusters of all ``paths`` together. Raises ``GoldError``."""
    reports = [report for path in paths for report in read_clusters(path)]
    if not reports:
        raise GoldError(f"no clusters in {', '.join(map(str, paths))}")
    found = predict([report.document for report in reports], coder)
    gold = [report.cluster for report in reports]
    predicted = [found[report.document.id] for report in reports]
    precision, recall, f1 = b_cubed(gold, predicted)
    return DuplicateScores(
        len(reports),
        len(set(gold)),
        len(set(predicted)),
        precision,
        recall,
        f1,
        tuple(_wrong(gold, predicted)),
    )


def _wrong(gold: Sequence[str], predicted: Sequence[str]) -> list[str]:
    members: dict[str, set[str]] = {}
    names: dict[str, set[str]] = {}
    for wanted, found in zip(gold, predicted, strict=True):
        members.setdefault(wanted, set()).add(found)
        names.setdefault(found, set()).add(wanted)
    told = [f"{name}: split in {len(found)}" for name, found in members.items() if len(found) > 1]
    told += [f"merged: {', '.join(sorted(wanted))}" for wanted in names.values() if len(wanted) > 1]
    return told
