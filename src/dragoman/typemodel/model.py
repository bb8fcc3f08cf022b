"""Run the type model: an ONNX network that names the act between two marked actors.

The artefact is a folder with ``model.onnx`` (int8), ``tokenizer.json`` and ``model.json``
(labels, temperature, checksums, the hash of the examples that it learnt from). Loading
refuses a file whose SHA-256 is not the recorded one. No torch, no network, no pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from dragoman.errors import ConfigError
from dragoman.schema import Span
from dragoman.typemodel.examples import NONE, split_label
from dragoman.typemodel.features import LAYOUT, MAX_TOKENS, Pack, mark_roles, packs


@dataclass(frozen=True, slots=True)
class Query:
    """A sentence with the spans (offsets into ``text``) of actor, recipient and act."""

    text: str
    actor: Span | None
    recipient: Span | None = None
    act: Span | None = None


class Probabilities(Mapping[str, float]):
    """One row of a head's output by label; a number is read only when it is asked for."""

    __slots__ = ("_columns", "_row")

    def __init__(self, columns: Mapping[str, int], row: NDArray[np.float32]) -> None:
        """``columns`` tell for each label where in ``row`` (labels,) it stands."""
        self._columns, self._row = columns, row

    def __getitem__(self, label: str) -> float:
        return float(self._row[self._columns[label]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@cache
def _acts_of(kind: str, labels: tuple[str, ...]) -> tuple[tuple[str, str | None, str | None], ...]:
    """Return the fine acts of a type: label, mode and CAMEO code."""
    split = ((label, *split_label(label)) for label in labels)
    return tuple((label, mode, code) for label, own, mode, code in split if own == kind)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Calibrated probabilities of one query.

    ``types`` has the 16 PLOVER types and ``NONE`` and sums to 1; so do ``statuses``, and
    ``acts``, which are the types by mode and CAMEO code (``SANCTION/discontinue:163``);
    ``contexts`` are independent of each other.
    """

    types: Mapping[str, float]
    acts: Mapping[str, float]
    statuses: Mapping[str, float]
    contexts: Mapping[str, float]

    @property
    def type(self) -> str:
        """The most probable type, ``NONE`` included."""
        return max(self.types, key=self.types.__getitem__)

    @property
    def status(self) -> str:
        """The most probable status."""
        return max(self.statuses, key=self.statuses.__getitem__)

    def modes(self, kind: str) -> dict[str, float]:
        """Return the probabilities of a type's modes, given that it is this type."""
        whole = self.types[kind] or 1.0
        out: dict[str, float] = {}
        for label, mode, _ in _acts_of(kind, tuple(self.acts)):
            if mode is not None:
                out[mode] = out.get(mode, 0.0) + self.acts[label] / whole
        return out

    def cameo(self, kind: str) -> str | None:
        """Return the CAMEO code that is more probable than not for a type, if there is one."""
        for label, _, code in _acts_of(kind, tuple(self.acts)):
            if code is not None and self.acts[label] > 0.5 * self.types[kind]:
                return code
        return None


def mean_verdict(first: Verdict, second: Verdict) -> Verdict:
    """Return the mean of two verdicts of one model."""
    heads = zip(
        (first.types, first.acts, first.statuses, first.contexts),
        (second.types, second.acts, second.statuses, second.contexts),
        strict=True,
    )
    return Verdict(*({label: (a[label] + b[label]) / 2 for label in a} for a, b in heads))


class TypeModel:
    """The loaded network. Make one and keep it; ``judge`` may be called from one thread."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Load an artefact. Raises ``ConfigError`` that names the file that is wrong."""
        try:
            card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            for name, recorded in card["sha256"].items():
                found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
                if found != recorded:
                    raise ConfigError(
                        f"{folder / name}: its SHA-256 is {found[:12]}…, not {recorded[:12]}… "
                        "as model.json says; the type model is damaged or was changed"
                    )
            if card.get("layout") != LAYOUT:
                raise ConfigError(
                    f"{folder}: the type model was made by another version of dragoman; "
                    "train it anew (dragoman train)"
                )
            self._types: list[str] = card["types"]
            self._statuses: list[str] = card["statuses"]
            self._acts: list[str] = card["acts"]
            self._contexts: list[str] = card["contexts"]
            #: The type's column of each fine act; a type without any stands for itself.
            self._type_of = [self._types.index(split_label(act)[0]) for act in self._acts]
            self._membership = np.zeros((len(self._types), len(self._acts)))
            self._membership[self._type_of, range(len(self._acts))] = 1.0
            self._bare = sorted(set(range(len(self._types))) - set(self._type_of))
            fine = [self._types[column] for column in self._bare] + self._acts
            self._columns = [
                {label: column for column, label in enumerate(labels)}
                for labels in (self._types, fine, self._statuses, self._contexts)
            ]
            #: Where the heads' columns part.
            self._edges = np.cumsum([len(self._types), len(self._acts), len(self._statuses)])
            self._temperature = float(card["temperature"])
            self._reach: int | None = card["reach"]
            self.name = str(card["name"])
            self.card: Mapping[str, object] = card
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, KeyError, ValueError) as error:
            raise ConfigError(f"{folder}: no usable type model ({error})") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            # See artefact_writer: the loader would fuse it, too.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
        #: A network none of whose layers is shared does not ask where sentences lie.
        self._inputs = [entry.name for entry in self._session.get_inputs()]

    @classmethod
    def default(cls, *, threads: int = 1) -> TypeModel:
        """Load the artefact that comes with the package."""
        with as_file(files("dragoman.typemodel") / "artefact") as folder:
            return cls(folder, threads=threads)

    def judge(self, queries: Sequence[Query]) -> list[Verdict]:
        """Return one verdict per query, in order.

        Numbers inside the network are rounded by what is judged together, so judge the
        queries of one report, and only these, in one call: its verdicts then never depend
        on other reports.
        """
        if not queries:
            return []
        encodings = {text: self._tokenizer.encode(text) for text in {q.text for q in queries}}
        made = [mark_roles(encodings[q.text], q.actor, q.recipient, q.act) for q in queries]
        # Questions about one sentence come together, so that they share its lower layers.
        order = sorted(range(len(made)), key=lambda index: (len(made[index].ids), made[index].ids))
        rows = [self._logits(pack) for pack in packs([made[i] for i in order], self._reach)]
        by_place = dict(zip(order, self._verdicts(np.concatenate(rows)), strict=True))
        return [by_place[index] for index in range(len(made))]

    def _logits(self, pack: Pack) -> NDArray[np.float32]:
        made = self._session.run(["logits"], {name: pack[name] for name in self._inputs})
        return np.asarray(made[0], dtype=np.float32)

    def _verdicts(self, logits: NDArray[np.float32]) -> list[Verdict]:
        types, acts, statuses, contexts = np.split(logits, self._edges, axis=1)
        type_rows = _softmax(types / self._temperature)
        # Of each type's probability, its fine acts get their shares.
        shares = np.exp(acts - acts.max(axis=-1, keepdims=True), dtype=np.float64)
        act_rows = shares / (shares @ self._membership.T)[:, self._type_of]
        act_rows *= type_rows[:, self._type_of]
        heads = (
            type_rows,
            np.concatenate([type_rows[:, self._bare], act_rows], axis=1),
            _softmax(statuses),
            1 / (1 + np.exp(-contexts)),
        )
        return [
            Verdict(*map(Probabilities, self._columns, rows)) for rows in zip(*heads, strict=True)
        ]


def _softmax(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)  # type: ignore[no-any-return]


__all__ = ["MAX_TOKENS", "NONE", "Query", "TypeModel", "Verdict", "mean_verdict"]
