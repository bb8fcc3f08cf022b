"""What a store keeps: the records of the segments, the truth of a store.

A record is one coded report or one rejected source, as text, with a key and a digest
that decide whether the store has it already.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from dragoman.schema import Rejected, Report
from dragoman.serialise import to_dict


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


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a segment. ``kind`` is ``report`` or ``rejected``."""

    kind: str
    key: str
    digest: str
    run: str
    json: str

    @classmethod
    def of(cls, item: Report | Rejected, run: Run) -> Record:
        """Return the record of ``item``.

        The key of a report is its document's id. Its digest leaves out where the
        document was read from, so that the same content read again is the same record.
        """
        if isinstance(item, Rejected):
            data = {"source": item.source, "reason": item.reason, "message": item.message}
            text = json.dumps(data, ensure_ascii=False)
            digest = _digest(text)
            return cls("rejected", "r" + digest[:16], digest, run.id, text)
        full = to_dict(item)
        document = {k: v for k, v in full["document"].items() if k not in {"source", "url"}}
        digest = _digest(json.dumps({**full, "document": document}, sort_keys=True))
        text = json.dumps(full, ensure_ascii=False)
        return cls("report", item.document.id, digest, run.id, text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
