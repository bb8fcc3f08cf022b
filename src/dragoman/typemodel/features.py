"""Turn a marked sentence into what the network reads: token ids and roles.

A role tells for every token whether it lies in the actor's, the recipient's or the act's
words. The offsets are those of ``tokenizers``, in code points of the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
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
