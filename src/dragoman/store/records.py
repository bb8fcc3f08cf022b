"""What a store keeps: the records of the segments, the truth of a store.

A record is one coded report, one report that is not coded, one record of a source that
was read or set aside, one correction by a person, or the mark of something read after all
or forgotten: as text, with a key and a digest that decide whether the store has it already.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from dragoman.ingest.files import document_dict
from dragoman.ingest.units import Seen, SetAside, Settled
from dragoman.schema import Document, OutsideEvent, Rejected, Report
from dragoman.serialise import to_dict
from dragoman.store.corrections import Correction


@dataclass(frozen=True, slots=True)
class Run:
    """One call of the program that adds to a store. ``started`` is in UTC."""

    id: str
    started: datetime
    coder: str
    command: str

    @classmethod
    def begin(cls, coder: str, command: str = "") -> Run:
        """Return a new run that starts now."""
        now = datetime.now(UTC).replace(microsecond=0)
        return cls(uuid4().hex[:12], now, coder, command)

    def to_json(self) -> str:
        """Return the run as JSON text."""
        return json.dumps(
            {
                "id": self.id,
                "started": self.started.isoformat(),
                "coder": self.coder,
                "command": self.command,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Run:
        """Return the run that ``to_json`` wrote."""
        data = json.loads(text)
        started = datetime.fromisoformat(data["started"])
        return cls(data["id"], started, data["coder"], data["command"])


#: What ``Store.add`` takes.
Item = Report | Document | Rejected | Seen | SetAside | Settled | Correction | OutsideEvent


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a segment.

    ``kind`` is ``report``, ``document`` (not coded), ``rejected``, ``source``,
    ``settled`` (no longer rejected), ``correction``, ``outside`` (an event of another data
    set) or ``forgotten``.
    """

    kind: str
    key: str
    digest: str
    run: str
    json: str

    @classmethod
    def of(cls, item: Item, run: Run) -> Record:
        """Return the record of ``item``.

        The key of a report is its document's id. Its digest leaves out where the
        document was read from, so that the same content read again is the same record.
        """
        match item:
            case Rejected():
                text = _text(asdict(item))
                digest = _digest(text)
                return cls("rejected", "r" + digest[:16], digest, run.id, text)
            case SetAside():
                text = _text({**asdict(item.rejected), "unit": item.to_unit()})
                return cls("rejected", rejected_key(item.key), "", run.id, text)
            case Seen():
                text = _text({"source": item.source, "documents": item.documents})
                return cls("source", item.key, "", run.id, text)
            case Settled():
                return cls("settled", item.key, "", run.id, "{}")
            case Correction():
                return cls("correction", item.id, "", run.id, _text(item.to_dict()))
            case OutsideEvent():
                data = json.loads(json.dumps(asdict(item), default=str))
                digest = _digest(_text(data, without={"source", "line"}))
                return cls("outside", item.key, digest, run.id, _text(data))
            case Document():
                data = document_dict(item)
                digest = _digest(_text(data, without={"source", "url"}))
                return cls("document", item.id, digest, run.id, _text(data))
        full = to_dict(item)
        document = {k: v for k, v in full["document"].items() if k not in {"source", "url"}}
        digest = _digest(json.dumps({**full, "document": document}, sort_keys=True))
        return cls("report", item.document.id, digest, run.id, _text(full))

    @classmethod
    def forgotten(cls, key: str, run: Run) -> Record:
        """Return the mark that ``key`` (a document's id or a source's hash) is forgotten."""
        return cls("forgotten", key, "", run.id, "{}")


def rejected_key(source_key: str) -> str:
    """Return the key of what was set aside under the hash ``source_key``."""
    return "r" + source_key


def _text(data: dict[str, Any], without: set[str] | None = None) -> str:
    kept = {k: v for k, v in data.items() if k not in without} if without else data
    return json.dumps(kept, ensure_ascii=False, sort_keys=without is not None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
