"""Turn a marked sentence into what the network reads: token ids and roles.

A role tells for every token whether it lies in the actor's, the recipient's or the act's
words. The offsets are those of ``tokenizers``, in code points of the sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from dragoman.schema import Span

#: Roles of tokens, in the order of the network's role embeddings.
NO_ROLE, ACTOR, RECIPIENT, ACT = range(4)
#: Longest input in tokens; a longer sentence is cut to a window around the marked words.
MAX_TOKENS = 128


@dataclass(frozen=True, slots=True)
class Features:
    """Token ids and roles of one sentence, both of the same length (at most 128)."""

    ids: tuple[int, ...]
    roles: tuple[int, ...]


def make_features(
    tokenizer: Tokenizer, text: str, actor: Span | None, recipient: Span | None, act: Span | None
) -> Features:
    """Tokenize ``text`` and give each token its role. Spans are offsets into ``text``."""
    encoding = tokenizer.encode(text)
    ids: list[int] = encoding.ids
    roles = [NO_ROLE] * len(ids)
    for role, span in ((ACTOR, actor), (RECIPIENT, recipient), (ACT, act)):
        if span is None:
            continue
        for index, (start, end) in enumerate(encoding.offsets):
            if end > start and start < span.end and span.start < end:
                roles[index] = role
    if len(ids) > MAX_TOKENS:
        marked = [i for i, role in enumerate(roles) if role] or [0]
        start = max(1, min(marked[0] - 16, len(ids) - MAX_TOKENS + 1))
        keep = [0, *range(start, min(len(ids) - 1, start + MAX_TOKENS - 2)), len(ids) - 1]
        ids, roles = [ids[i] for i in keep], [roles[i] for i in keep]
    return Features(tuple(ids), tuple(roles))


def pad(
    batch: Sequence[Features], padding: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return ids, roles and mask of a batch, each of shape (sentences, longest)."""
    longest = max(len(item.ids) for item in batch)
    ids = np.full((len(batch), longest), padding, dtype=np.int64)
    roles = np.zeros((len(batch), longest), dtype=np.int64)
    mask = np.zeros((len(batch), longest), dtype=np.int64)
    for row, item in enumerate(batch):
        size = len(item.ids)
        ids[row, :size] = item.ids
        roles[row, :size] = item.roles
        mask[row, :size] = 1
    return ids, roles, mask


#: Most tokens of one pack, at least as many as one sentence can have.
PACK_TOKENS = 128

Pack = dict[str, NDArray[np.int64]]


def packs(items: Sequence[Features]) -> Iterator[Pack]:
    """Lay sentences end to end, in order, in as few arrays as ``PACK_TOKENS`` allows.

    Each pack has ``ids``, ``positions``, ``roles`` and ``places``, all of shape (tokens,),
    and ``grid`` (sentences, longest); ``Network.packed`` tells what they are. What a
    sentence is packed with depends on the call's own sentences alone.
    """
    held: list[Features] = []
    size = 0
    for item in items:
        if held and size + len(item.ids) > PACK_TOKENS:
            yield _pack(held)
            held, size = [], 0
        held.append(item)
        size += len(item.ids)
    if held:
        yield _pack(held)


def _pack(items: Sequence[Features]) -> Pack:
    sizes = [len(item.ids) for item in items]
    positions = np.concatenate([np.arange(size, dtype=np.int64) for size in sizes])
    row = np.repeat(np.arange(len(items), dtype=np.int64), sizes)
    grid = np.full((len(items), max(sizes)), -1, dtype=np.int64)
    grid[row, positions] = np.arange(len(row))
    return {
        "ids": np.array([i for item in items for i in item.ids], dtype=np.int64),
        "positions": positions,
        "roles": np.array([role for item in items for role in item.roles], dtype=np.int64),
        "places": row * grid.shape[1] + positions,
        "grid": grid,
    }
