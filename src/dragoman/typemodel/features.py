"""Turn a marked sentence into what the network reads: token ids and roles.

A role tells for every token whether it lies in the actor's, the recipient's or the act's
words. The offsets are those of ``tokenizers``, in code points of the sentence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

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
    return mark_roles(tokenizer.encode(text), actor, recipient, act)


def mark_roles(
    encoding: Encoding, actor: Span | None, recipient: Span | None, act: Span | None
) -> Features:
    """Give each token of a tokenized text its role. Spans are offsets into the text."""
    ids: list[int] = encoding.ids
    offsets: list[tuple[int, int]] = encoding.offsets
    roles = [NO_ROLE] * len(ids)
    for role, span in ((ACTOR, actor), (RECIPIENT, recipient), (ACT, act)):
        if span is None:
            continue
        # Tokens stand in the order of the text, those that stand for no words at its ends.
        first = bisect_right(offsets, span.start, 1, len(ids) - 1, key=itemgetter(1))
        for index in range(first, len(ids) - 1):
            if offsets[index][0] >= span.end:
                break
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


def window(roles: Sequence[int], reach: int | None) -> Sequence[int]:
    """Return the places of the first token and of those at most ``reach`` outside the marked ones.

    The first one stands for the whole sentence. All are returned if ``reach`` is None or no
    token is marked.
    """
    marked = [place for place, role in enumerate(roles) if role != NO_ROLE]
    if reach is None or not marked:
        return range(len(roles))
    return (0, *range(max(1, marked[0] - reach), min(len(roles), marked[-1] + reach + 1)))


#: Which arrays a pack has; the artefact records it, since another layout's fits no network.
LAYOUT = 3
#: Most tokens of one pack, at least as many as one sentence can have.
PACK_TOKENS = 256

Pack = dict[str, NDArray[np.int64]]


def packs(items: Sequence[Features], reach: int | None = None) -> Iterator[Pack]:
    """Lay questions end to end, in order, in as few arrays as ``PACK_TOKENS`` allows.

    Questions about the same sentence have its tokens once, if they come one after the other.
    Of each question, the tokens of its ``window`` (all, if ``reach`` is None) are laid down.
    ``Network.packed`` tells what the arrays are. What a question is packed with depends on the
    call's own questions alone.
    """
    held: list[Features] = []
    size = 0
    for item in items:
        if held and size + len(item.ids) > PACK_TOKENS:
            yield _pack(held, reach)
            held, size = [], 0
        held.append(item)
        size += len(item.ids)
    if held:
        yield _pack(held, reach)


def _pack(items: Sequence[Features], reach: int | None) -> Pack:
    starts: dict[tuple[int, ...], int] = {}
    tokens: list[int] = []
    for item in items:
        if item.ids not in starts:
            starts[item.ids] = len(tokens)
            tokens.extend(item.ids)
    positions, sentence_places, sentence_grid = _rows([len(ids) for ids in starts])
    kept = [window(item.roles, reach) for item in items]
    where, places, grid = _rows([len(own) for own in kept])
    pairs = list(zip(items, kept, strict=True))
    roles = np.array([item.roles[i] for item, own in pairs for i in own], dtype=np.int64)
    source = np.array([starts[item.ids] + i for item, own in pairs for i in own], dtype=np.int64)
    picked = np.flatnonzero((roles != NO_ROLE) | (where == 0))
    counts = np.bincount(places[picked] // grid.shape[1], minlength=len(items))
    _, picked_places, picked_grid = _rows(counts.tolist())
    return {
        "ids": np.array(tokens, dtype=np.int64),
        "positions": positions,
        "sentence_places": sentence_places,
        "sentence_grid": sentence_grid,
        "source": source,
        "roles": roles,
        "places": places,
        "grid": grid,
        "picked": picked.astype(np.int64),
        "picked_places": picked_places,
        "picked_grid": picked_grid,
    }


def _rows(
    sizes: Sequence[int],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return for rows laid end to end each token's position in its row, its place in the
    flattened grid, and the grid (rows, longest) with the tokens' numbers, -1 where none is."""
    positions = np.concatenate([np.arange(size, dtype=np.int64) for size in sizes])
    row = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    grid = np.full((len(sizes), max(sizes)), -1, dtype=np.int64)
    grid[row, positions] = np.arange(len(row))
    return positions, row * grid.shape[1] + positions, grid
