"""Train the type model and write its artefact. Needs the ``train`` extra (torch).

A large teacher, of which only the upper layers are trained, learns from the examples first;
the small student, which is shipped, learns from the examples and from the teacher's
judgement of them. Everything is seeded; after every epoch a checkpoint is written, from
which an interrupted run goes on.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from dragoman.codebook.frames import load_frames
from dragoman.codebook.ontology import load_ontology
from dragoman.errors import ConfigError
from dragoman.schema import EventType, Report, Status
from dragoman.typemodel.artefact_writer import write_artefact
from dragoman.typemodel.bases import base_folder
from dragoman.typemodel.examples import NONE, Example, data_hash, read_examples
from dragoman.typemodel.features import ACT, RECIPIENT, Features, make_features, pad
from dragoman.typemodel.network import Heads, Network

TYPES = (*EventType.__members__, NONE)
STATUSES = (*(status.value for status in Status), "none")
#: Weights of the side tasks in the loss.
_ACT, _STATUS, _CONTEXT = 0.2, 0.3, 2.0
_WARMUP = 0.1
_Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How one network is trained; ``training/config.toml`` explains each entry."""

    base: tuple[str, ...]
    layers: int
    frozen: int
    epochs: int
    batch: int
    learning_rate: float
    layer_decay: float
    label_smoothing: float
    act_dropout: float
    recipient_dropout: float
    seed: int
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What ``training/config.toml`` holds; without ``teacher`` the student learns alone."""

    name: str
    frame_examples: bool
    validation: float
    distill_weight: float
    student: FitConfig
    teacher: FitConfig | None = None

    @classmethod
    def read(cls, path: Path) -> TrainingConfig:
        """Read the file. Raises ``ConfigError`` that names a missing or unknown entry."""
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        try:
            for role in ("student", "teacher"):
                if role in raw:
                    lists = ("base", "leave_out")
                    own: dict[str, Any] = {
                        k: tuple(v) if k in lists else v for k, v in raw[role].items()
                    }
                    raw[role] = FitConfig(**own)
            return cls(**raw)
        except (TypeError, KeyError) as error:
            raise ConfigError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class _Row:
    """An example as the network reads it; ``wanted`` is the teacher's type distribution."""

    features: Features
    type: int
    act: int
    status: int
    contexts: tuple[int, ...]
    wanted: Tensor | None = None


@dataclass(frozen=True, slots=True)
class _Labels:
    acts: tuple[str, ...]
    contexts: tuple[str, ...]

    @classmethod
    def of(cls, examples: Sequence[Example], contexts: tuple[str, ...]) -> _Labels:
        """Collect the fine acts; a type whose acts differ by code alone is one of them."""
        acts = {e.label for e in examples if e.mode or e.cameo}
        acts |= {e.type for e in examples if e.cameo and not e.mode}
        return cls(tuple(sorted(acts)), contexts)

    def row(self, tokenizer: Tokenizer, example: Example) -> _Row:
        return _Row(
            make_features(tokenizer, example.text, example.actor, example.recipient, example.act),
            TYPES.index(example.type),
            self.acts.index(example.label) if example.label in self.acts else -1,
            STATUSES.index(example.status),
            tuple(self.contexts.index(context) for context in example.contexts),
        )


def frame_examples() -> list[Example]:
    """Return the lexicon's own examples, with the spans that the rules find in them."""
    from dragoman.ingest import document_from_text
    from dragoman.pipeline import Coder

    frames = [f for f in load_frames().frames if f.kind == "event" and f.example]
    coder = Coder(rules_only=True)
    out: list[Example] = []
    documents = [document_from_text(frame.example) for frame in frames]
    for frame, report in zip(frames, coder.stream(documents), strict=True):
        if not isinstance(report, Report):
            continue
        for event in report.events:
            if event.type is frame.type and event.actors and event.recipients:
                out.append(
                    Example(
                        report.document.text,
                        event.actors[0].span,
                        event.recipients[0].span,
                        event.mentions[0].predicate,
                        event.type.value,
                        frame.mode,
                        event.status.value,
                        (),
                        f"frame {frame.id}",
                    )
                )
                break
    return out


def train(
    config: TrainingConfig,
    folder: Path,
    out: Path,
    *,
    progress: _Progress = print,
    threads: int = 2,
) -> Path:
    """Train on the examples of ``folder`` and write the artefact to ``out``.

    Checkpoints lie in ``out/checkpoints``; a second call with the same config and examples
    goes on from the last finished epoch. Returns ``out``. Raises ``ConfigError``.
    """
    torch.set_num_threads(threads)
    examples = read_examples(folder)
    if config.frame_examples:
        examples += frame_examples()
    digest = data_hash(examples)
    labels = _Labels.of(examples, load_ontology().contexts)
    held = [_bucket(e.text) < config.validation for e in examples]
    progress(f"{len(examples)} examples, {sum(held)} of them held out; data {digest[:12]}")
    wanted: list[Tensor] | None = None
    if config.teacher is not None:
        teacher = _Fit("teacher", config.teacher, labels, examples, held, out, progress)
        wanted = teacher.run(None, 0.0).judgements(progress)
        del teacher
    student = _Fit("student", config.student, labels, examples, held, out, progress)
    student.run(wanted, config.distill_weight if wanted is not None else 0.0)
    temperature, accuracy = student.calibrate()
    progress(f"held-out accuracy {accuracy:.3f}, temperature {temperature:.2f}")
    return write_artefact(
        student.network,
        out,
        tokenizer_file=student.base / "tokenizer.json",
        card={
            "name": config.name,
            "types": TYPES,
            "acts": labels.acts,
            "statuses": STATUSES,
            "contexts": labels.contexts,
            "temperature": round(temperature, 4),
            "held_out_accuracy": round(accuracy, 4),
            "examples": len(examples),
            "data_sha256": digest,
            "config": asdict(config),
        },
    )


def _bucket(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def _hide(features: Features, role: int) -> Features:
    return replace(features, roles=tuple(0 if r == role else r for r in features.roles))


class _Fit:
    """One network and the rows that it learns from."""

    def __init__(
        self,
        role: str,
        config: FitConfig,
        labels: _Labels,
        examples: Sequence[Example],
        held: Sequence[bool],
        out: Path,
        progress: _Progress,
    ) -> None:
        torch.manual_seed(config.seed)
        self.base = base_folder(config.base)
        self.network = Network(
            self.base,
            config.layers,
            config.frozen,
            Heads(len(TYPES), len(labels.acts), len(STATUSES), len(labels.contexts)),
        )
        tokenizer = Tokenizer.from_file(str(self.base / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._rows = [labels.row(tokenizer, example) for example in examples]
        self._held = held
        self._left_out = [e.source.partition(":")[0] in config.leave_out for e in examples]
        learnt = [e for e, left in zip(examples, self._left_out, strict=True) if not left]
        key = f"{config} {labels} {data_hash(learnt)}"
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        self._role, self._config, self._progress = role, config, progress
        self._path = out / "checkpoints" / f"{digest}-{role}.pt"
        self._states: dict[tuple[int, ...], Tensor] = {}
        self._weights = self._class_weights()

    def run(self, wanted: Sequence[Tensor] | None, share: float) -> _Fit:
        """Train, from the last checkpoint if there is one.

        ``wanted`` are the teacher's type distributions of all examples; their part in the
        loss is ``share``.
        """
        config = self._config
        rows = [
            row if wanted is None else replace(row, wanted=wanted[index])
            for index, row in enumerate(self._rows)
            if not self._held[index] and not self._left_out[index]
        ]
        optimizer = torch.optim.AdamW(
            self.network.parameter_groups(config.learning_rate, config.layer_decay),
            weight_decay=0.01,
        )
        steps = config.epochs * math.ceil(len(rows) / config.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda k: min(1.0, (k + 1) / (_WARMUP * steps)) * max(0.0, 1 - k / steps),
        )
        first = self._resume(optimizer, schedule)
        if first < config.epochs:
            self._keep_states()
        for epoch in range(first, config.epochs):
            torch.manual_seed(config.seed * 1000 + epoch)
            generator = random.Random(config.seed * 1000 + epoch)
            self.network.train()
            total, begun = 0.0, time.monotonic()
            for batch in _batches(rows, config.batch, generator):
                loss = self._loss(batch, generator, share)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                total += float(loss.detach())
            self._save(optimizer, schedule, epoch + 1)
            speed = len(rows) / (time.monotonic() - begun)
            self._progress(
                f"{self._role}, epoch {epoch + 1} of {config.epochs}: loss "
                f"{total * config.batch / len(rows):.3f}, held-out accuracy "
                f"{self.calibrate()[1]:.3f}, {speed:.0f} sentences a second"
            )
        return self

    def judgements(self, progress: _Progress) -> list[Tensor]:
        """Return the type distribution of every example, its act not marked."""
        self._keep_states()
        progress(f"{self._role} judges {len(self._rows)} sentences")
        return list(self._logits([_hide(r.features, ACT) for r in self._rows]).softmax(-1))

    def calibrate(self) -> tuple[float, float]:
        """Return the temperature that fits the held-out examples best, and the accuracy."""
        rows = [row for row, held in zip(self._rows, self._held, strict=True) if held]
        hidden = [_hide(r.features, ACT) if i % 2 else r.features for i, r in enumerate(rows)]
        logits, gold = self._logits(hidden), torch.tensor([row.type for row in rows])
        candidates = [0.5 + 0.05 * step for step in range(51)]
        best = min(candidates, key=lambda t: float(functional.cross_entropy(logits / t, gold)))
        return best, float((logits.argmax(-1) == gold).float().mean())

    # -- one batch -------------------------------------------------------------------------

    def _forward(self, features: Sequence[Features]) -> tuple[Tensor, ...]:
        arrays = pad(features, self.network.padding)
        ids, roles, mask = (torch.from_numpy(array) for array in arrays)
        if not self._config.frozen:
            return self.network(ids, roles, mask)  # type: ignore[no-any-return]
        known = [self._states[item.ids] for item in features]
        states = torch.zeros(*ids.shape, known[0].shape[-1])
        for row, own in enumerate(known):
            states[row, : len(own)] = own
        return self.network.upper(states, roles, mask)

    def _logits(self, features: Sequence[Features]) -> Tensor:
        """Return the type logits (n, types) in the order of ``features``."""
        self.network.eval()
        order = sorted(range(len(features)), key=lambda i: len(features[i].ids))
        out = torch.zeros(len(features), len(TYPES))
        with torch.no_grad():
            for start in range(0, len(order), 64):
                rows = order[start : start + 64]
                out[rows] = self._forward([features[i] for i in rows])[0]
        return out

    def _keep_states(self) -> None:
        """Compute the states of the frozen layers once."""
        if not self._config.frozen or self._states:
            return
        self._progress(f"{self._role}: {len(self._rows)} sentences through the frozen layers")
        order = sorted((row.features for row in self._rows), key=lambda f: len(f.ids))
        self.network.eval()
        with torch.no_grad():
            for start in range(0, len(order), 64):
                batch = order[start : start + 64]
                ids, _, mask = (torch.from_numpy(a) for a in pad(batch, self.network.padding))
                states = self.network.lower(ids, mask).to(torch.float16)
                for row, item in enumerate(batch):
                    self._states[item.ids] = states[row, : len(item.ids)].clone()

    def _class_weights(self) -> Tensor:
        counts = Counter(row.type for row in self._rows)
        even = len(self._rows) / len(TYPES)
        return torch.tensor([math.sqrt(even / max(1, counts[i])) for i in range(len(TYPES))])

    def _loss(self, batch: Sequence[_Row], generator: random.Random, share: float) -> Tensor:
        config = self._config
        seen = []
        for row in batch:
            features = row.features
            if generator.random() < config.act_dropout:
                features = _hide(features, ACT)
            if generator.random() < config.recipient_dropout:
                features = _hide(features, RECIPIENT)
            seen.append(features)
        types, acts, statuses, contexts = self._forward(seen)
        loss = functional.cross_entropy(
            types,
            torch.tensor([row.type for row in batch]),
            weight=self._weights,
            label_smoothing=config.label_smoothing,
        )
        if share:
            soft = torch.stack([row.wanted for row in batch if row.wanted is not None])
            loss = (1 - share) * loss + share * functional.cross_entropy(types, soft)
        act = torch.tensor([row.act for row in batch])
        if bool((act >= 0).any()):
            loss = loss + _ACT * functional.cross_entropy(acts, act, ignore_index=-1)
        loss = loss + _STATUS * functional.cross_entropy(
            statuses, torch.tensor([row.status for row in batch])
        )
        present = torch.zeros_like(contexts)
        for index, row in enumerate(batch):
            present[index, list(row.contexts)] = 1.0
        return loss + _CONTEXT * functional.binary_cross_entropy_with_logits(contexts, present)

    # -- checkpoints -----------------------------------------------------------------------

    def _save(
        self,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        epoch: int,
    ) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(".tmp")
        torch.save(
            {
                "network": self.network.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
                "epoch": epoch,
            },
            aside,
        )
        aside.replace(self._path)

    def _resume(
        self,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> int:
        """Load the checkpoint if there is one; return how many epochs are done."""
        if not self._path.exists():
            return 0
        saved: Mapping[str, Any] = torch.load(self._path, weights_only=True)
        self.network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        self._progress(f"{self._role}: going on after epoch {saved['epoch']}")
        return int(saved["epoch"])


def _batches(rows: Sequence[_Row], size: int, generator: random.Random) -> list[list[_Row]]:
    """Shuffle, then batch sentences of like length within runs of twenty batches."""
    order = list(range(len(rows)))
    generator.shuffle(order)
    out: list[list[_Row]] = []
    for start in range(0, len(order), size * 20):
        run = sorted(order[start : start + size * 20], key=lambda i: len(rows[i].features.ids))
        out.extend([rows[i] for i in run[k : k + size]] for k in range(0, len(run), size))
    generator.shuffle(out)
    return out
