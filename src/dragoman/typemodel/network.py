"""The network of the type model, for training only (needs the ``train`` extra).

A pretrained encoder is cut in two: ``lower`` turns token ids into states and never sees
who is marked, ``upper`` adds a learnt vector for the role of each token (actor, recipient,
act) and goes on to four heads on the mean states of the sentence and of the three spans.
The lower part is frozen, so its states can be kept between epochs.
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
from transformers import AutoModel

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

    ``layers`` of the base are kept, the lowest ``frozen`` of them (and the embeddings
    always) are not trained. Bases of the BERT and the MPNet family are known.
    """

    def __init__(self, base: Path, layers: int, frozen: int, heads: Heads) -> None:
        super().__init__()
        config = json.loads((base / "config.json").read_text(encoding="utf-8"))
        self.padding = int(config.get("pad_token_id") or 0)
        encoder = AutoModel.from_pretrained(
            base, attn_implementation="eager", add_pooling_layer=False
        )
        self.embeddings = encoder.embeddings
        #: MPNet's layers share one bias by distance; BERT's have none.
        self._distance_bias = getattr(encoder.encoder, "compute_position_bias", None)
        self.below = nn.ModuleList(encoder.encoder.layer[:frozen])
        self.above = nn.ModuleList(encoder.encoder.layer[frozen:layers])
        encoder.requires_grad_(False)
        self.above.requires_grad_(True)
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
        """Return the states (n, tokens, size) that do not depend on the roles."""
        return self._through(self.below, self.embeddings(input_ids=ids), mask)

    def upper(self, states: Tensor, roles: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Return logits of types, fine acts, statuses and contexts from the lower states."""
        states = self._through(self.above, states + self.role(roles), mask)
        pooled = []
        for where in (mask, *((roles == role).long() for role in range(1, _ROLES))):
            share = where.unsqueeze(-1).to(states.dtype)
            pooled.append((states * share).sum(1) / share.sum(1).clamp(min=1.0))
        merged = self.merge(torch.cat(pooled, dim=-1))
        return tuple(head(merged) for head in self.heads)

    def forward(self, ids: Tensor, roles: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Return logits of types, fine acts, statuses and contexts."""
        return self.upper(self.lower(ids, mask), roles, mask)

    def packed(
        self, ids: Tensor, positions: Tensor, roles: Tensor, places: Tensor, grid: Tensor
    ) -> Tensor:
        """Return the logits of many sentences laid end to end, all heads side by side.

        ``ids``, ``positions`` (from 0 in each sentence) and ``roles`` are int64 of shape
        (tokens,). ``grid`` (sentences, longest) numbers each sentence's tokens, -1 where there
        is none, and ``places`` (tokens,) are the tokens' places in the flattened grid: only
        attention looks at rows of one length, all else is spared the padding. The result
        (sentences, logits) is that of ``forward``. Only for the BERT family.
        """
        states = self.embeddings(input_ids=ids[None], position_ids=positions[None])[0]
        there = grid >= 0
        index = grid.clamp(min=0)
        hidden = (1.0 - there.to(states.dtype))[:, None, None, :] * _MASKED
        for layer in self.below:
            states = self._packed_layer(layer, states, index, hidden, places)
        states = states + self.role(roles)
        for layer in self.above:
            states = self._packed_layer(layer, states, index, hidden, places)
        rows, row_roles = states[index], roles[index]
        pooled = []
        for where in (there, *(there & (row_roles == role) for role in range(1, _ROLES))):
            share = where.to(states.dtype)[:, None, :]
            pooled.append(((share @ rows) / share.sum(2, keepdim=True).clamp(min=1.0))[:, 0])
        merged = self.merge(torch.cat(pooled, dim=-1))
        return torch.cat([head(merged) for head in self.heads], dim=-1)

    @staticmethod
    def _packed_layer(
        layer: Any, states: Tensor, index: Tensor, hidden: Tensor, places: Tensor
    ) -> Tensor:
        """Pass one BERT layer; see ``packed``."""
        own, out = layer.attention.self, layer.attention.output
        three = (own.query, own.key, own.value)
        weight = torch.cat([part.weight for part in three])
        bias = torch.cat([part.bias for part in three])
        rows = functional.linear(states, weight, bias)[index]
        sentences, longest = index.shape
        size = weight.shape[1]
        shape = (sentences, longest, own.num_attention_heads, own.attention_head_size)
        query, key, value = (
            rows[..., k * size : (k + 1) * size].reshape(shape).transpose(1, 2) for k in range(3)
        )
        scores = query @ key.transpose(2, 3) / math.sqrt(own.attention_head_size) + hidden
        context = (scores.softmax(-1) @ value).transpose(1, 2).reshape(-1, size)[places]
        states = out.LayerNorm(out.dense(context) + states)
        wide = functional.gelu(layer.intermediate.dense(states))
        return layer.output.LayerNorm(layer.output.dense(wide) + states)  # type: ignore[no-any-return]

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
        last = len(self.above) - 1
        for index, layer in enumerate(self.above):
            groups.append(
                {"params": list(layer.parameters()), "lr": rate * decay ** (last - index)}
            )
        return groups
