"""A coder for tests of large runs: quick, and deadly where a report says so."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from crashing import StubCoder
from dragoman.schema import Document, Rejected, Report


class DeadlyCoder:
    """Gives every report the events of a constructed one, at no cost.

    A report with POISON kills its process, one with DROWSY sleeps for ever, one with
    SLOWLY takes a fifth of a second.
    """

    version = "deadly"

    def __init__(self) -> None:
        self._stub = StubCoder()

    def stream(self, documents: Sequence[Document]) -> Iterator[Report | Rejected]:
        for document in documents:
            if "POISON" in document.text:
                os.kill(os.getpid(), signal.SIGKILL)
            if "DROWSY" in document.text:
                time.sleep(3600)
            if "SLOWLY" in document.text:
                time.sleep(0.2)
            if "FOREIGN" in document.text:
                yield Rejected(document.source, "not-english", "it is not English")
                continue
            (report,) = self._stub.stream([document])
            yield replace(report, coder=self.version)


class FailingCoder:
    """Cannot be loaded."""

    def __init__(self) -> None:
        raise OSError("no model here")
