"""Train the type model and write its artefact. Needs the ``train`` extra (torch).

The network is the base encoder with a learnt embedding for the role of each token
(actor, recipient, act), and heads on the mean states of the sentence and of the three
spans: type, mode, status, contexts. Everything is seeded; after every epoch a checkpoint
is written, from which an interrupted run goes on.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import random
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from dragoman.codebook.frames import load_frames
from dragoman.codebook.ontology import load_ontology
from dragoman.errors import ConfigError
from dragoman.schema import EventType, Report, Span, Status
from dragoman.typemodel.examples import NONE, Example, data_hash, read_examples
from dragoman.typemodel.features import ACT, RECIPIENT, Features, make_features, pad

TYPES = (*EventType.__members__, NONE)
STATUSES = (*(status.value for status in Status), "none")
#: Weights of the side tasks in the loss, and of a context by its rarity.
_MODE, _STATUS, _CONTEXT = 0.2, 0.3, 2.0
_WARMUP = 0.1


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What ``training/config.toml`` holds; see the comments there."""

    name: str
    base: str
    layers: int
    frozen: int
    epochs: int
    batch: int
    learning_rate: float
    layer_decay: float
    label_smoothing: float
    act_dropout: float
    recipient_dropout: float
    frame_examples: bool
    validation: float
    seeds: tuple[int, ...]
    distill_weight: float

    @classmethod
    def read(cls, path: Path) -> TrainingConfig:
        """Read the file. Raises ``ConfigError`` that names a missing or unknown entry."""
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        try:
            return cls(**{**raw, "seeds": tuple(raw["seeds"])})
        except (TypeError, KeyError) as error:
            raise ConfigError(f"{path}: {error}") from error


class Network(nn.Module):
    """The encoder with roles and heads. Inputs are int64 of shape (sentences, tokens)."""

    def __init__(self, base: Path, layers: int, modes: int, contexts: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            base, attn_implementation="eager", add_pooling_layer=False
        )
        self.encoder.encoder.layer = self.encoder.encoder.layer[:layers]
        size = self.encoder.config.hidden_size
        self.role = nn.Embedding(4, size)
        nn.init.normal_(self.role.weight, std=0.02)
        self.merge = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(4 * size, size), nn.GELU(), nn.Dropout(0.1)
        )
        self.heads = nn.ModuleList(
            nn.Linear(size, width) for width in (len(TYPES), modes, len(STATUSES), contexts)
        )

    def forward(self, ids: Tensor, roles: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Return logits of types, modes, statuses and contexts."""
        words = self.encoder.get_input_embeddings()(ids) + self.role(roles)
        states = self.encoder(inputs_embeds=words, attention_mask=mask).last_hidden_state
        pooled = []
        for where in (mask, *((roles == role).long() for role in (1, 2, 3))):
            share = where.unsqueeze(-1).to(states.dtype)
            pooled.append((states * share).sum(1) / share.sum(1).clamp(min=1.0))
        merged = self.merge(torch.cat(pooled, dim=-1))
        return tuple(head(merged) for head in self.heads)


@dataclass(frozen=True, slots=True)
class _Row:
    features: Features
    type: int
    mode: int
    status: int
    contexts: tuple[int, ...]


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
    progress: Callable[[str], None] = print,
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
    base = _base_folder(config.base)
    ontology = load_ontology()
    modes = tuple(sorted({e.label for e in examples if e.mode}))
    contexts = ontology.contexts
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = [_row(tokenizer, e, modes, contexts) for e in examples]
    kept = [_bucket(e.text) < config.validation for e in examples]
    learn = [row for row, held in zip(rows, kept, strict=True) if not held]
    held_out = [row for row, held in zip(rows, kept, strict=True) if held]
    progress(f"{len(learn)} sentences to learn from, {len(held_out)} held out; data {digest[:12]}")
    run = _Run(config, base, len(modes), len(contexts), digest, out / "checkpoints", progress)
    members = [run.fit(learn, held_out, seed, None) for seed in config.seeds]
    network = members[0]
    if len(members) > 1:
        network = run.fit(learn, held_out, config.seeds[0] + 1000, _Teacher(members))
    temperature = _temperature(network, held_out, config.batch)
    accuracy = _accuracy(network, held_out, config.batch)
    progress(f"held-out accuracy {accuracy:.3f}, temperature {temperature:.2f}")
    return _export(
        network,
        out,
        tokenizer_file=base / "tokenizer.json",
        card={
            "name": config.name,
            "types": TYPES,
            "statuses": STATUSES,
            "modes": modes,
            "contexts": contexts,
            "temperature": round(temperature, 4),
            "held_out_accuracy": round(accuracy, 4),
            "examples": len(examples),
            "data_sha256": digest,
            "config": asdict(config),
        },
    )


def _base_folder(package: str) -> Path:
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise ConfigError(f"the base '{package}' is not installed: install dragoman[train]") from (
            error
        )
    assert module.__file__ is not None
    return Path(module.__file__).parent / "model"


def _bucket(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def _row(
    tokenizer: Tokenizer, example: Example, modes: Sequence[str], contexts: Sequence[str]
) -> _Row:
    return _Row(
        make_features(tokenizer, example.text, example.actor, example.recipient, example.act),
        TYPES.index(example.type),
        modes.index(example.label) if example.mode else -1,
        STATUSES.index(example.status),
        tuple(contexts.index(context) for context in example.contexts),
    )


def _hide(features: Features, role: int) -> Features:
    return replace(features, roles=tuple(0 if r == role else r for r in features.roles))


def _tensors(batch: Sequence[Features]) -> tuple[Tensor, Tensor, Tensor]:
    ids, roles, mask = pad(batch)
    return torch.from_numpy(ids), torch.from_numpy(roles), torch.from_numpy(mask)


class _Teacher:
    """The mean type distribution of several networks."""

    def __init__(self, members: Sequence[Network]) -> None:
        self._members = members

    def __call__(self, ids: Tensor, roles: Tensor, mask: Tensor) -> Tensor:
        with torch.no_grad():
            rows = [member.eval()(ids, roles, mask)[0].softmax(-1) for member in self._members]
        return torch.stack(rows).mean(0)


class _Run:
    """Fits one network after the other with the same data and settings."""

    def __init__(
        self,
        config: TrainingConfig,
        base: Path,
        modes: int,
        contexts: int,
        digest: str,
        checkpoints: Path,
        progress: Callable[[str], None],
    ) -> None:
        self._config = config
        self._base = base
        self._sizes = (modes, contexts)
        self._key = hashlib.sha256(f"{config}{digest}".encode()).hexdigest()[:16]
        self._folder = checkpoints
        self._progress = progress

    def fit(
        self,
        rows: Sequence[_Row],
        held_out: Sequence[_Row],
        seed: int,
        teacher: _Teacher | None,
    ) -> Network:
        """Train one network, from its last checkpoint if there is one."""
        config = self._config
        torch.manual_seed(seed)
        network = Network(self._base, config.layers, *self._sizes)
        optimizer = self._optimizer(network)
        steps = config.epochs * math.ceil(len(rows) / config.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda k: min(1.0, (k + 1) / (_WARMUP * steps)) * max(0.0, 1 - k / steps),
        )
        path = self._folder / f"{self._key}-{seed}.pt"
        first = 0
        if path.exists():
            saved = torch.load(path, weights_only=True)
            network.load_state_dict(saved["network"])
            optimizer.load_state_dict(saved["optimizer"])
            schedule.load_state_dict(saved["schedule"])
            first = saved["epoch"]
            self._progress(f"seed {seed}: going on after epoch {first}")
        weights = self._class_weights(rows)
        for epoch in range(first, config.epochs):
            torch.manual_seed(seed * 1000 + epoch)
            generator = random.Random(seed * 1000 + epoch)
            network.train()
            total = 0.0
            for batch in _batches(rows, config.batch, generator):
                loss = self._loss(network, batch, weights, generator, teacher)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                total += float(loss.detach())
            self._save(path, network, optimizer, schedule, epoch + 1)
            self._progress(
                f"seed {seed} epoch {epoch + 1}/{config.epochs}: "
                f"loss {total * config.batch / len(rows):.3f}, held-out accuracy "
                f"{_accuracy(network, held_out, config.batch):.3f}"
            )
        return network.eval()

    def _optimizer(self, network: Network) -> torch.optim.Optimizer:
        config = self._config
        for parameter in network.encoder.embeddings.parameters():
            parameter.requires_grad = False
        layers = network.encoder.encoder.layer
        groups: list[dict[str, Any]] = [
            {
                "params": [
                    p for name, p in network.named_parameters() if not name.startswith("encoder.")
                ],
                "lr": 3 * config.learning_rate,
            }
        ]
        for index, layer in enumerate(layers):
            if index < config.frozen:
                for parameter in layer.parameters():
                    parameter.requires_grad = False
            else:
                rate = config.learning_rate * config.layer_decay ** (len(layers) - 1 - index)
                groups.append({"params": list(layer.parameters()), "lr": rate})
        return torch.optim.AdamW(groups, weight_decay=0.01)

    @staticmethod
    def _class_weights(rows: Sequence[_Row]) -> Tensor:
        counts = Counter(row.type for row in rows)
        even = len(rows) / len(TYPES)
        return torch.tensor([math.sqrt(even / max(1, counts[i])) for i in range(len(TYPES))])

    def _loss(
        self,
        network: Network,
        batch: Sequence[_Row],
        weights: Tensor,
        generator: random.Random,
        teacher: _Teacher | None,
    ) -> Tensor:
        config = self._config
        seen = []
        for row in batch:
            features = row.features
            if generator.random() < config.act_dropout:
                features = _hide(features, ACT)
            if generator.random() < config.recipient_dropout:
                features = _hide(features, RECIPIENT)
            seen.append(features)
        inputs = _tensors(seen)
        types, modes, statuses, contexts = network(*inputs)
        gold = torch.tensor([row.type for row in batch])
        loss = functional.cross_entropy(
            types, gold, weight=weights, label_smoothing=config.label_smoothing
        )
        if teacher is not None:
            soft = functional.cross_entropy(types, teacher(*inputs))
            loss = (1 - config.distill_weight) * loss + config.distill_weight * soft
        mode = torch.tensor([row.mode for row in batch])
        if bool((mode >= 0).any()):
            loss = loss + _MODE * functional.cross_entropy(modes, mode, ignore_index=-1)
        loss = loss + _STATUS * functional.cross_entropy(
            statuses, torch.tensor([row.status for row in batch])
        )
        wanted = torch.zeros_like(contexts)
        for index, row in enumerate(batch):
            wanted[index, list(row.contexts)] = 1.0
        return loss + _CONTEXT * functional.binary_cross_entropy_with_logits(contexts, wanted)

    def _save(
        self,
        path: Path,
        network: Network,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        epoch: int,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".tmp")
        torch.save(
            {
                "network": network.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
                "epoch": epoch,
            },
            aside,
        )
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


def _logits(network: Network, rows: Sequence[_Row], size: int) -> tuple[Tensor, Tensor]:
    network.eval()
    logits: list[Tensor] = []
    gold: list[int] = []
    with torch.no_grad():
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            hidden = [_hide(r.features, ACT) if i % 2 else r.features for i, r in enumerate(batch)]
            logits.append(network(*_tensors(hidden))[0])
            gold.extend(row.type for row in batch)
    return torch.cat(logits), torch.tensor(gold)


def _accuracy(network: Network, rows: Sequence[_Row], size: int) -> float:
    logits, gold = _logits(network, rows, size)
    return float((logits.argmax(-1) == gold).float().mean())


def _temperature(network: Network, rows: Sequence[_Row], size: int) -> float:
    """Return the temperature that makes the held-out probabilities fit best."""
    logits, gold = _logits(network, rows, size)
    candidates = [0.5 + 0.05 * step for step in range(51)]
    return min(candidates, key=lambda t: float(functional.cross_entropy(logits / t, gold)))


def _export(network: Network, out: Path, *, tokenizer_file: Path, card: dict[str, Any]) -> Path:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    out.mkdir(parents=True, exist_ok=True)
    plain = out / "checkpoints" / "plain.onnx"
    plain.parent.mkdir(parents=True, exist_ok=True)
    ids = torch.randint(5, 1000, (2, 9))
    rows, tokens = torch.export.Dim("sentences", max=1024), torch.export.Dim("tokens", max=160)
    shape = {0: rows, 1: tokens}
    torch.onnx.export(
        network.eval(),
        (ids, torch.zeros_like(ids), torch.ones_like(ids)),
        str(plain),
        dynamo=True,
        external_data=False,
        input_names=["ids", "roles", "mask"],
        output_names=["types", "modes", "statuses", "contexts"],
        dynamic_shapes=(shape, shape, shape),
    )
    quantize_dynamic(plain, out / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
    shutil.copyfile(tokenizer_file, out / "tokenizer.json")
    card["sha256"] = {
        name: hashlib.sha256((out / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json")
    }
    (out / "model.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return out


__all__ = ["Network", "Span", "TrainingConfig", "frame_examples", "train"]
