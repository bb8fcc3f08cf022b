"""Near-identical reports: wire copy reprinted, edited or shortened (MinHash, banded).

The signatures come from rensa. They are cut into bands; reports that share a band are
compared by their whole signatures, so the work grows with the number of reports and not
with that of pairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from rensa import RMinHash

from dragoman.duplicates.rules import Copies

_PERMUTATIONS, _BANDS, _SEED = 128, 32, 20_240_501
_WORD = re.compile(r"[^\W_]+")
#: Shorter reports (in words) are compared by single words.
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Text:
    """A report as far as copies are concerned."""

    id: str
    text: str
    published: date | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A report of which only its signature is left.

    ``size`` is its number of distinct sequences, ``signature`` 128 little-endian uint32.
    """

    id: str
    published: date | None
    size: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Copy:
    """A report's group, and how much of all sequences it shares with the group's first."""

    document: str
    group: str
    similarity: float


def shingles(text: str) -> list[str]:
    """Return the distinct three-word sequences of ``text`` in lower case, sorted."""
    words = _WORD.findall(text.lower())
    if len(words) < _SHORT:
        return sorted(set(words))
    return sorted({" ".join(words[i : i + 3]) for i in range(len(words) - 2)})


def sign(text: str) -> tuple[int, bytes]:
    """Return the number of distinct sequences of ``text``, and its signature; 0 without words."""
    found = shingles(text)
    if not found:
        return 0, b""
    minhash = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    minhash.update(found)
    return len(found), np.asarray(minhash.digest(), dtype="<u4").tobytes()


def find_copies(texts: Iterable[Text], rules: Copies) -> list[Copy]:
    """Return the reports that have copies, with their group: the earliest one's id.

    ``texts`` may come in any order. Memory holds half a kilobyte a text.
    """
    return join_copies((Signed(t.id, t.published, *sign(t.text)) for t in texts), rules)


def join_copies(texts: Iterable[Signed], rules: Copies) -> list[Copy]:
    """Return what ``find_copies`` does, from signatures alone."""
    ids: list[str] = []
    days: list[int] = []
    sizes: list[int] = []
    rows = bytearray()
    for text in texts:
        if not text.size:
            continue
        ids.append(text.id)
        days.append(text.published.toordinal() if text.published else 0)
        sizes.append(text.size)
        rows += text.signature
    if not ids:
        return []
    order = sorted(range(len(ids)), key=ids.__getitem__)
    signatures = _Signatures(np.frombuffer(rows, dtype="<u4"), np.array(order))
    ids, days = [ids[n] for n in order], [days[n] for n in order]
    sizes = [sizes[n] for n in order]
    parents = list(range(len(ids)))
    for first, other in _candidates(signatures):
        one, two = _root(parents, first), _root(parents, other)
        if one != two and _alike(first, other, signatures, sizes, days, rules):
            parents[max(one, two)] = min(one, two)
    return _groups(ids, days, signatures, parents)


class _Signatures:
    """The signatures of texts in an order of their own, without copying them."""

    def __init__(self, numbers: np.ndarray, order: np.ndarray) -> None:
        self._rows = numbers.reshape(len(order), _PERMUTATIONS)
        self._order = order

    def band(self, number: int) -> np.ndarray:
        """Return one band of every text as one value each."""
        width = _PERMUTATIONS // _BANDS
        part = self._rows[self._order, number * width : (number + 1) * width]
        part = np.ascontiguousarray(part)
        return part.view(np.dtype((np.void, part.dtype.itemsize * width))).ravel()

    def shared(self, one: int, other: int) -> float:
        """Return the share of all sequences that two texts share, as estimated."""
        rows = self._rows
        return float((rows[self._order[one]] == rows[self._order[other]]).mean())


def _candidates(signatures: _Signatures) -> Iterable[tuple[int, int]]:
    """Yield pairs that share a band: each report with the first one of its bucket."""
    for band in range(_BANDS):
        keys = signatures.band(band)
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        first = -1
        for place in range(1, len(order)):
            if ordered[place] != ordered[place - 1]:
                first = -1
                continue
            if first < 0:
                first = int(order[place - 1])
            # Neighbours, too: the first one may be too old to be a copy.
            yield first, int(order[place])
            if int(order[place - 1]) != first:
                yield int(order[place - 1]), int(order[place])


def _alike(
    one: int,
    other: int,
    signatures: _Signatures,
    sizes: list[int],
    days: list[int],
    rules: Copies,
) -> bool:
    if days[one] and days[other] and abs(days[one] - days[other]) > rules.days_apart:
        return False
    shared = signatures.shared(one, other)
    if shared >= rules.similarity:
        return True
    both = shared / (1 + shared) * (sizes[one] + sizes[other])
    return both / min(sizes[one], sizes[other]) >= rules.containment


def _root(parents: list[int], node: int) -> int:
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


def _groups(
    ids: list[str], days: list[int], signatures: _Signatures, parents: list[int]
) -> list[Copy]:
    members: dict[int, list[int]] = {}
    for node in range(len(ids)):
        members.setdefault(_root(parents, node), []).append(node)
    found: list[Copy] = []
    for group in members.values():
        if len(group) < 2:
            continue
        first = min(group, key=lambda n: (days[n] or 10**7, ids[n]))
        for node in group:
            shared = signatures.shared(node, first)
            found.append(Copy(ids[node], ids[first], shared))
    return sorted(found, key=lambda copy: copy.document)
