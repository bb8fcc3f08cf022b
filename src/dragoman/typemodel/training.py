"""Train the type model and write its artefact. Needs the ``train`` extra (torch).

The teachers, one of which is larger than what is shipped, learn from the examples first. Then
the student, which is shipped, learns the examples and what the teachers together say of them
and of variants of them; at last it is refined, in one stage or more, on these and on sentences
that nobody labelled, of which it may have its own say beside its teachers.
Everything is seeded; after every epoch a checkpoint is written, from which an interrupted run
goes on.
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
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from dragoman.codebook.ontology import load_ontology
from dragoman.errors import ConfigError
from dragoman.schema import EventType, Status
from dragoman.typemodel.artefact_writer import write_artefact
from dragoman.typemodel.bases import base_folder
from dragoman.typemodel.examples import (
    NONE,
    Example,
    data_hash,
    part,
    read_examples,
    read_plain,
)
from dragoman.typemodel.features import ACT, RECIPIENT, Features, make_features, pad
from dragoman.typemodel.network import Heads, Network
from dragoman.typemodel.variants import read_verbs, variants, with_other_verbs

TYPES = (*EventType.__members__, NONE)
STATUSES = (*(status.value for status in Status), "none")
#: Weights of the side tasks in the loss.
_ACT, _STATUS, _CONTEXT = 0.2, 0.3, 2.0
_WARMUP = 0.1
_Progress = Callable[[str], None]
_Table = TypeVar("_Table")


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How one network is trained; ``training/config.toml`` explains each entry."""

    base: tuple[str, ...]
    layers: int
    shared: int
    frozen: int
    epochs: int
    batch: int
    learning_rate: float
    layer_decay: float
    label_smoothing: float
    act_dropout: float
    recipient_dropout: float
    seed: int
    reach: int | None = None
    half: bool = False
    leave_out: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TeachingConfig:
    """What the teachers teach; ``training/config.toml`` explains each entry."""

    soft_share: float
    variants: int


@dataclass(frozen=True, slots=True)
class RefineConfig:
    """A stage of the student's refining; ``training/config.toml`` explains each entry."""

    epochs: int
    learning_rate: float
    plain: tuple[str, ...] = ()
    verbs: str | None = None
    verb_turn: int = 0
    own: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What ``training/config.toml`` holds; without teachers the student learns alone.

    ``folder`` is where the file lies; what it names is looked for there.
    """

    name: str
    validation: float
    student: FitConfig
    folder: Path
    teachers: tuple[FitConfig, ...] = ()
    teaching: TeachingConfig | None = None
    refine: tuple[RefineConfig, ...] = ()

    @classmethod
    def read(cls, path: Path) -> TrainingConfig:
        """Read the file. Raises ``ConfigError`` that names a missing or unknown entry."""
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        try:
            teaching = raw.pop("teaching", None)
            made = cls(
                student=_table(FitConfig, raw.pop("student")),
                folder=path.parent,
                teachers=tuple(_table(FitConfig, table) for table in raw.pop("teachers", [])),
                teaching=TeachingConfig(**teaching) if teaching is not None else None,
                refine=tuple(_table(RefineConfig, table) for table in raw.pop("refine", [])),
                **raw,
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"{path}: {error}") from error
        if bool(made.teachers) != (made.teaching is not None):
            raise ConfigError(f"{path}: [[teachers]] and [teaching] need each other")
        if made.refine and not made.teachers:
            raise ConfigError(f"{path}: [[refine]] needs [[teachers]]")
        return made


def _table(kind: Callable[..., _Table], table: Mapping[str, Any]) -> _Table:
    own: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return kind(**own)


@dataclass(frozen=True, slots=True)
class _Row:
    """An example as the network reads it; ``wanted`` is the teachers' type distribution.

    A variant has no labels: its type and status are -1.
    """

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
    digest = data_hash(examples)
    labels = _Labels.of(examples, load_ontology().contexts)
    held = [part(e.text) < config.validation for e in examples]
    if not any(held) or all(held):
        raise ConfigError(
            f"{folder}: of {len(examples)} examples, {sum(held)} are held out; change 'validation' "
            "or add examples"
        )
    progress(f"{len(examples)} examples, {sum(held)} of them held out; data {digest[:12]}")
    student = _Fit("student", config.student, labels, examples, held, out, progress)
    stages = [_unlabelled(config, stage, examples) for stage in config.refine]
    if config.teaching is None:
        student.run()
    else:
        made = variants(examples, config.teaching.variants, config.student.seed)
        judged = torch.zeros(len(examples) + len(made), len(TYPES))
        told = [torch.zeros(len(sentences), len(TYPES)) for sentences in stages]
        for number, settings in enumerate(config.teachers, 1):
            role = f"teacher {number}"
            teacher = _Fit(role, settings, labels, examples, held, out, progress).run()
            judged += settings.weight * teacher.judged([*examples, *made])
            for sentences, saying in zip(stages, told, strict=True):
                saying += settings.weight * teacher.says(sentences)
            del teacher
        whole = sum(settings.weight for settings in config.teachers)
        student.learn(config.teaching, judged / whole, made)
        for stage, sentences, saying in zip(config.refine, stages, told, strict=True):
            student.refine(stage, saying, whole, sentences)
    unlabelled = list(dict.fromkeys(sentence for stage in stages for sentence in stage))
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
            "unlabelled": len(unlabelled),
            "unlabelled_sha256": data_hash(unlabelled),
            "config": {k: v for k, v in asdict(config).items() if k != "folder"},
        },
    )


def _unlabelled(
    config: TrainingConfig, stage: RefineConfig, examples: Sequence[Example]
) -> list[Example]:
    """Return what only teachers label: plain sentences with and without the mark of the act,
    their variants, and examples with other verbs, of which every second has the mark."""
    assert config.teaching is not None
    out: list[Example] = []
    seed = config.student.seed
    for folder in stage.plain:
        plain = read_plain(config.folder / folder)
        out += plain
        out += [replace(sentence, act=None) for sentence in plain if sentence.act is not None]
        out += variants(plain, config.teaching.variants, seed)
    if stage.verbs is not None:
        verbs = read_verbs(config.folder / stage.verbs)
        turn = stage.verb_turn
        other = with_other_verbs(examples, verbs, seed + turn)
        out += [replace(e, act=None) if (i + turn) % 2 else e for i, e in enumerate(other)]
    return out


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
            config.shared,
            config.frozen,
            Heads(len(TYPES), len(labels.acts), len(STATUSES), len(labels.contexts)),
            config.reach,
        )
        self._tokenizer = Tokenizer.from_file(str(self.base / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._rows = [labels.row(self._tokenizer, example) for example in examples]
        self._sources = [e.source for e in examples]
        self._held = held
        self._left_out = [
            any(fnmatchcase(e.source.partition(":")[0], files) for files in config.leave_out)
            for e in examples
        ]
        learnt = [e for e, left in zip(examples, self._left_out, strict=True) if not left]
        learning = replace(config, leave_out=(), weight=1.0)
        self._key = f"{learning} {labels} {data_hash(learnt)}"
        self._role, self._config, self._progress = role, config, progress
        self._folder = out / "checkpoints"
        self._states: dict[tuple[int, ...], Tensor] = {}
        self._taught: list[_Row] = []
        #: The part that the teachers' judgement has in the loss.
        self._share = 0.0
        self._weights = self._class_weights()

    def run(self) -> _Fit:
        """Learn from the examples' own labels, from the last checkpoint if there is one."""
        rows = [
            row
            for row, held, left in zip(self._rows, self._held, self._left_out, strict=True)
            if not (held or left)
        ]
        self._train(rows, self._role, self._key, self._config.epochs, self._config.learning_rate)
        return self

    def learn(self, config: TeachingConfig, wanted: Tensor, made: Sequence[Example]) -> None:
        """Learn the labels and the type distributions ``wanted`` (n, types) of all examples,
        and those of the variants ``made``, which come after them."""
        rows = [replace(row, wanted=wanted[i]) for i, row in enumerate(self._rows)]
        self._taught = [row for row, held in zip(rows, self._held, strict=True) if not held]
        rows = self._taught + self._told(made, wanted[len(self._rows) :])
        self._share = config.soft_share
        self._key = f"{self._key} {config} {_digest(wanted)}"
        epochs, rate = self._config.epochs, self._config.learning_rate
        self._train(rows, self._role, self._key, epochs, rate)

    def refine(
        self, config: RefineConfig, told: Tensor, whole: float, unlabelled: Sequence[Example]
    ) -> None:
        """Learn what is said of ``unlabelled``, and the examples once more.

        ``told`` (n, types) is the sum of the teachers' distributions by their weights, ``whole``
        the sum of the weights.
        """
        wanted = told / whole
        if config.own:
            wanted = (told + config.own * self.says(unlabelled)) / (whole + config.own)
        rows = self._taught + self._told(unlabelled, wanted)
        self._key = f"{self._key} {config} {_digest(wanted)}"
        epochs, rate = config.epochs, config.learning_rate
        self._train(rows, f"{self._role}, refined", self._key, epochs, rate)

    def _told(self, sentences: Sequence[Example], wanted: Tensor) -> list[_Row]:
        """Return rows without labels; what was made of a held-out example is left out."""
        held = {e for e, held in zip(self._sources, self._held, strict=True) if held}
        return [
            _Row(self._features(example), -1, -1, -1, (), wanted[index])
            for index, example in enumerate(sentences)
            if example.source not in held
        ]

    def judged(self, examples: Sequence[Example]) -> Tensor:
        """Return the type distributions (n, types) of all examples and then of variants.

        Their acts are not marked. Of an example that the network did not learn from, it is
        the mean of what the network says and the label.
        """
        made = self.says([replace(example, act=None) for example in examples])
        new = [i for i, left in enumerate(self._left_out) if left]
        told = torch.tensor([self._rows[i].type for i in new], dtype=torch.long)
        made[new] = (made[new] + functional.one_hot(told, len(TYPES))) / 2
        return made

    def says(self, sentences: Sequence[Example]) -> Tensor:
        """Return the type distributions (n, types).

        What it said of a sentence is kept beside the checkpoints, so it is asked but once.
        """
        path = self._path(self._key, f"{self._role}, judged")
        rows: dict[str, int] = {}
        made = torch.zeros(0, len(TYPES))
        if path.exists():
            kept = torch.load(path, weights_only=True)
            rows, made = kept["rows"], kept["types"]
        keys = [_digest_of_marked(sentence) for sentence in sentences]
        new = {key: s for key, s in zip(keys, sentences, strict=True) if key not in rows}
        if new:
            self._progress(f"{self._role} judges {len(new)} sentences")
            with self._width():
                logits = self._logits([self._features(sentence) for sentence in new.values()])
            rows |= {key: row for row, key in enumerate(new, len(made))}
            made = torch.cat([made, logits.softmax(-1)])
            _write({"rows": rows, "types": made}, path)
        return made[[rows[key] for key in keys]]

    def _features(self, example: Example) -> Features:
        return make_features(
            self._tokenizer, example.text, example.actor, example.recipient, example.act
        )

    def _train(
        self,
        rows: Sequence[_Row],
        role: str,
        key: str,
        epochs: int,
        learning_rate: float,
    ) -> None:
        config = self._config
        path = self._path(key, role)
        optimizer = torch.optim.AdamW(
            self.network.parameter_groups(learning_rate, config.layer_decay),
            weight_decay=0.01,
            fused=True,
        )
        steps = epochs * math.ceil(len(rows) / config.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda k: min(1.0, (k + 1) / (_WARMUP * steps)) * max(0.0, 1 - k / steps),
        )
        first = self._resume(path, role, optimizer, schedule)
        if first < epochs:
            self._keep_states()
        for epoch in range(first, epochs):
            torch.manual_seed(config.seed * 1000 + epoch)
            generator = random.Random(config.seed * 1000 + epoch)
            self.network.train()
            total, begun = 0.0, time.monotonic()
            for batch in _batches(rows, config.batch, generator):
                loss = self._loss(batch, generator)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                total += float(loss.detach())
            _write(
                {
                    "network": self.network.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "epoch": epoch + 1,
                },
                path,
            )
            speed = len(rows) / (time.monotonic() - begun)
            self._progress(
                f"{role}, epoch {epoch + 1} of {epochs}: loss "
                f"{total * config.batch / len(rows):.3f}, held-out accuracy "
                f"{self.calibrate()[1]:.3f}, {speed:.0f} sentences a second"
            )

    def calibrate(self) -> tuple[float, float]:
        """Return the temperature that fits the held-out examples best, and the accuracy."""
        rows = [row for row, held in zip(self._rows, self._held, strict=True) if held]
        hidden = [_hide(r.features, ACT) if i % 2 else r.features for i, r in enumerate(rows)]
        logits, gold = self._logits(hidden), torch.tensor([row.type for row in rows])
        candidates = [0.5 + 0.05 * step for step in range(51)]
        best = min(candidates, key=lambda t: float(functional.cross_entropy(logits / t, gold)))
        return best, float((logits.argmax(-1) == gold).float().mean())

    # -- one batch -------------------------------------------------------------------------

    def _width(self) -> torch.autocast:
        """Multiply in bfloat16 where the config says so: 1.7 times as quick where a CPU can."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self._config.half)

    def _forward(self, features: Sequence[Features]) -> tuple[Tensor, ...]:
        arrays = pad(features, self.network.padding)
        ids, roles, mask = (torch.from_numpy(array) for array in arrays)
        if any(item.ids not in self._states for item in features):
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
                out[rows] = self._forward([features[i] for i in rows])[0].float()
        return out

    def _keep_states(self) -> None:
        """Compute the states of the frozen layers once."""
        if not self._config.frozen or self._states:
            return
        self._progress(f"{self._role}: {len(self._rows)} sentences through the frozen layers")
        order = sorted((row.features for row in self._rows), key=lambda f: len(f.ids))
        self.network.eval()
        with torch.no_grad(), self._width():
            for start in range(0, len(order), 64):
                batch = order[start : start + 64]
                ids, _, mask = (torch.from_numpy(a) for a in pad(batch, self.network.padding))
                states = self.network.lower(ids, mask).to(torch.float16)
                for row, item in enumerate(batch):
                    self._states[item.ids] = states[row, : len(item.ids)].clone()

    def _class_weights(self) -> Tensor:
        pairs = zip(self._rows, self._left_out, strict=True)
        counts = Counter(row.type for row, left in pairs if not left)
        even = counts.total() / len(TYPES)
        return torch.tensor([math.sqrt(even / max(1, counts[i])) for i in range(len(TYPES))])

    def _loss(self, batch: Sequence[_Row], generator: random.Random) -> Tensor:
        config, share = self._config, self._share
        seen = []
        for row in batch:
            features = row.features
            if row.type < 0:  # it was judged as it is marked
                seen.append(features)
                continue
            if generator.random() < config.act_dropout:
                features = _hide(features, ACT)
            if generator.random() < config.recipient_dropout:
                features = _hide(features, RECIPIENT)
            seen.append(features)
        with self._width():
            made = self._forward(seen)
        types, acts, statuses, contexts = (logits.float() for logits in made)
        loss = types.new_zeros(())
        if share:
            soft = torch.stack([row.wanted for row in batch if row.wanted is not None])
            loss = share * functional.cross_entropy(types, soft)
        told = torch.tensor([row.type >= 0 for row in batch])
        if not bool(told.any()):
            return loss
        part = float(told.float().mean())
        labels = [row for row in batch if row.type >= 0]
        hard = (1 - share) * functional.cross_entropy(
            types[told],
            torch.tensor([row.type for row in labels]),
            weight=self._weights,
            label_smoothing=config.label_smoothing,
        )
        act = torch.tensor([row.act for row in labels])
        if bool((act >= 0).any()):
            hard = hard + _ACT * functional.cross_entropy(acts[told], act, ignore_index=-1)
        hard = hard + _STATUS * functional.cross_entropy(
            statuses[told], torch.tensor([row.status for row in labels])
        )
        present = torch.zeros_like(contexts[told])
        for index, row in enumerate(labels):
            present[index, list(row.contexts)] = 1.0
        hard = hard + _CONTEXT * functional.binary_cross_entropy_with_logits(
            contexts[told], present
        )
        return loss + part * hard

    # -- checkpoints -----------------------------------------------------------------------

    def _path(self, key: str, role: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return self._folder / f"{digest}-{role.replace(', ', '-').replace(' ', '-')}.pt"

    def _resume(
        self,
        path: Path,
        role: str,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> int:
        """Load the checkpoint if there is one; return how many epochs are done."""
        if not path.exists():
            return 0
        saved: Mapping[str, Any] = torch.load(path, weights_only=True)
        self.network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        self._progress(f"{role}: going on after epoch {saved['epoch']}")
        return int(saved["epoch"])


def _digest_of_marked(sentence: Example) -> str:
    marked = f"{sentence.text}{sentence.actor}{sentence.recipient}{sentence.act}"
    return hashlib.sha256(marked.encode()).hexdigest()[:32]


def _digest(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()


def _write(what: object, path: Path) -> None:
    """Write a checkpoint aside first, so that an interrupted write leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".tmp")
    torch.save(what, aside)
    aside.replace(path)


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
