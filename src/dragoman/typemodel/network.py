"""The network of the type model, for training only (needs the ``train`` extra).

The lower layers of a pretrained encoder never see who is marked, so one pass of a sentence
serves all questions about it. Then a learnt vector for the role of each token (actor,
recipient, act) is added, and the upper layers go on to four heads on the state of the first
token and the mean states of the three spans. The upper layers may be narrowed to the tokens
near the marked ones, which by then know of the others. What is frozen of the lower layers is
computed once and kept between epochs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel

from dragoman.errors import ConfigError
from dragoman.typemodel.features import window

_MASKED = -1e4
_ROLES = 4


@dataclass(frozen=True, slots=True)
class Heads:
    """How many types, fine acts, statuses and contexts the heads tell apart."""

    types: int
    acts: int
    statuses: int
    contexts: int


class Network(nn.Module):
    """An encoder with roles and heads. ``ids``, ``roles`` and ``mask`` are int64, (n, tokens).

    ``layers`` of the base are kept, the lowest ``shared`` of them see no roles, and the lowest
    ``frozen`` of those (and the embeddings always) are not trained. The others see the tokens
    that lie at most ``reach`` outside the marked ones (all, if it is None). Bases of the BERT
    and the MPNet family are known; the latter's distances between tokens forbid a reach.
    """

    def __init__(
        self,
        base: Path,
        layers: int,
        shared: int,
        frozen: int,
        heads: Heads,
        reach: int | None = None,
    ) -> None:
        super().__init__()
        if not 0 <= frozen <= shared < layers:
            raise ConfigError(
                f"of {layers} layers, {shared} cannot be shared and {frozen} of them frozen"
            )
        config = json.loads((base / "config.json").read_text(encoding="utf-8"))
        self.padding = int(config.get("pad_token_id") or 0)
        encoder = AutoModel.from_pretrained(
            base, attn_implementation="eager", add_pooling_layer=False
        )
        self.embeddings = encoder.embeddings
        #: MPNet's layers share one bias by distance; BERT's have none.
        self._distance_bias = getattr(encoder.encoder, "compute_position_bias", None)
        self.layers = nn.ModuleList(encoder.encoder.layer[:layers])
        self.shared, self.frozen, self.reach = shared, frozen, reach
        if reach is not None and self._distance_bias is not None:
            raise ConfigError(f"{base}: the layers of this base cannot be narrowed by a reach")
        encoder.requires_grad_(False)
        self.layers[frozen:].requires_grad_(True)
        size = encoder.config.hidden_size
        self.role = nn.Embedding(_ROLES, size)
        nn.init.normal_(self.role.weight, std=0.1)
        with torch.no_grad():
            self.role.weight[0] = 0.0
        self.merge = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(_ROLES * size, size), nn.GELU(), nn.Dropout(0.1)
        )
        self.heads = nn.ModuleList(
            nn.Linear(size, width)
            for width in (heads.types, heads.acts, heads.statuses, heads.contexts)
        )

    def lower(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the states (n, tokens, size) that training does not change."""
        return self._through(self.layers[: self.frozen], self.embeddings(input_ids=ids), mask)

    def upper(self, states: Tensor, roles: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Return logits of types, fine acts, statuses and contexts from the lower states."""
        states = self._through(self.layers[self.frozen : self.shared], states, mask)
        if self.reach is not None:
            states, roles, mask = _narrowed(states, roles, mask, self.reach)
        states = self._through(self.layers[self.shared :], states + self.role(roles), mask)
        pooled = [states[:, 0]]
        for role in range(1, _ROLES):
            share = (roles == role).unsqueeze(-1).to(states.dtype)
            pooled.append((states * share).sum(1) / share.sum(1).clamp(min=1.0))
        merged = self.merge(torch.cat(pooled, dim=-1))
        return tuple(head(merged) for head in self.heads)

    def forward(self, ids: Tensor, roles: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Return logits of types, fine acts, statuses and contexts."""
        return self.upper(self.lower(ids, mask), roles, mask)

    def packed(
        self,
        ids: Tensor,
        positions: Tensor,
        sentence_places: Tensor,
        sentence_grid: Tensor,
        source: Tensor,
        roles: Tensor,
        places: Tensor,
        grid: Tensor,
        picked: Tensor,
        picked_places: Tensor,
        picked_grid: Tensor,
    ) -> Tensor:
        """Return the logits of many questions laid end to end, all heads side by side.

        All are int64. ``ids`` and ``positions`` (from 0 in each sentence) hold the tokens of
        the distinct sentences; ``source`` (tokens,) tells which of these each token of the
        questions is, ``roles`` its role, and ``picked`` (fewer,) which tokens of the questions
        the heads look at: the first one and the marked ones, which are all that the last layer
        is computed for. A grid (rows, longest) numbers each row's tokens, -1 where there is none,
        and places are the tokens' places in the flattened grid: only attention looks at rows of
        one length, all else is spared the padding. The result (questions, logits) is that of
        ``forward``. Only for the BERT family.
        """
        states = self.embeddings(input_ids=ids[None], position_ids=positions[None])[0]
        for layer in self.layers[: self.shared]:
            states = _packed_layer(layer, states, sentence_grid, sentence_places)
        states = states[source] + self.role(roles)
        for layer in self.layers[self.shared : -1]:
            states = _packed_layer(layer, states, grid, places)
        last = self.layers[-1]
        states = _packed_layer(last, states, grid, picked_places, (picked, picked_grid))
        index = picked_grid.clamp(min=0)
        rows, row_roles, there = states[index], roles[picked][index], picked_grid >= 0
        pooled = []
        for role in range(_ROLES):
            share = (there & (row_roles == role)).to(states.dtype)[:, None, :]
            pooled.append(((share @ rows) / share.sum(2, keepdim=True).clamp(min=1.0))[:, 0])
        merged = self.merge(torch.cat(pooled, dim=-1))
        return torch.cat([head(merged) for head in self.heads], dim=-1)

    def _through(
        self, layers: Sequence[nn.Module] | nn.ModuleList, states: Tensor, mask: Tensor
    ) -> Tensor:
        if not len(layers):
            return states
        hidden = (1.0 - mask[:, None, None, :].to(states.dtype)) * _MASKED
        extra = {}
        if self._distance_bias is not None:
            extra["position_bias"] = self._distance_bias(states)
        for layer in layers:
            made = layer(states, hidden, **extra)
            states = made[0] if isinstance(made, tuple) else made
        return states

    def parameter_groups(self, rate: float, decay: float) -> list[dict[str, object]]:
        """Return the trained parameters with their learning rates: lower layers learn slower."""
        own = [p for part in (self.role, self.merge, self.heads) for p in part.parameters()]
        groups: list[dict[str, object]] = [{"params": own, "lr": 3 * rate}]
        trained = self.layers[self.frozen :]
        last = len(trained) - 1
        for index, layer in enumerate(trained):
            groups.append(
                {"params": list(layer.parameters()), "lr": rate * decay ** (last - index)}
            )
        return groups


def _narrowed(
    states: Tensor, roles: Tensor, mask: Tensor, reach: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Leave the first token and those of each row's ``window``, in order, padded anew."""
    sizes = mask.sum(1).tolist()
    rows = [window(row[:n], reach) for row, n in zip(roles.tolist(), sizes, strict=True)]
    places = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    there = pad_sequence([torch.ones(len(row), dtype=mask.dtype) for row in rows], batch_first=True)
    wide = places[:, :, None].expand(-1, -1, states.shape[2])
    return states.gather(1, wide), roles.gather(1, places), there


def _packed_layer(
    layer: Any,
    states: Tensor,
    grid: Tensor,
    places: Tensor,
    picked: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Pass one BERT layer, only for the ``picked`` tokens if these and their grid are given.

    ``places`` belong to the grid of what is returned; see ``Network.packed``.
    """
    own, out = layer.attention.self, layer.attention.output
    hidden = (grid < 0).to(states.dtype)[:, None, None, :] * _MASKED
    asking, answering = (own.query,), (own.key, own.value)
    index = grid.clamp(min=0)
    if picked is None:
        # One product for all three spares the quantised network two roundings.
        query, key, value = _parts((*asking, *answering), states, index, own)
    else:
        (key, value) = _parts(answering, states, index, own)
        tokens, picked_grid = picked
        states = states[tokens]
        (query,) = _parts(asking, states, picked_grid.clamp(min=0), own)
    scores = query @ key.transpose(2, 3) / math.sqrt(own.attention_head_size) + hidden
    context = (scores.softmax(-1) @ value).transpose(1, 2).reshape(-1, own.all_head_size)[places]
    states = out.LayerNorm(out.dense(context) + states)
    wide = functional.gelu(layer.intermediate.dense(states))
    return layer.output.LayerNorm(layer.output.dense(wide) + states)  # type: ignore[no-any-return]


def _parts(
    projections: Sequence[Any], states: Tensor, index: Tensor, own: Any
) -> tuple[Tensor, ...]:
    """Project ``states`` and lay them in rows: (rows, heads, longest, size of a head) each."""
    weight = torch.cat([part.weight for part in projections])
    bias = torch.cat([part.bias for part in projections])
    rows = functional.linear(states, weight, bias)[index]
    shape = (*index.shape, own.num_attention_heads, own.attention_head_size)
    size = own.all_head_size
    return tuple(
        rows[..., k * size : (k + 1) * size].reshape(shape).transpose(1, 2)
        for k in range(len(projections))
    )
