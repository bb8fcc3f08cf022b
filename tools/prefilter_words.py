"""Make codebook/prefilter.tsv: the words that tell political from other news.

    python tools/prefilter_words.py

A logistic regression on the words of sentences: those of training/examples that report an act
against those of training/other, both kinds with the same weight altogether. Needs the ``train``
extra. Words of fewer than three sentences are left out, and those whose weight is next to 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dragoman.reading.prefilter import sentences_of, words_of
from dragoman.typemodel.examples import NONE, part, read_examples

ROOT = Path(__file__).parents[1]
#: Which share of the examples is not learned, to measure on.
HELD = 0.06
_LEAST, _SMALL = 3, 0.02
#: Steps of Adam, their rate, and what large weights cost.
_STEPS, _RATE, _DECAY = 150, 0.05, 1e-4


def read_other(path: Path, kind: str = "") -> list[str]:
    """Return the texts of a file of other news whose line with their kind holds ``kind``."""
    texts = []
    for piece in path.read_text(encoding="utf-8").split("\n---"):
        lines = [line for line in piece.strip().splitlines() if not line.startswith("## ")]
        if lines and kind in lines[0]:
            texts.append("\n".join(lines[1:]))
    return texts


def main() -> None:
    """Learn and write."""
    told = {e.text for e in read_examples(ROOT / "training/examples") if e.type != NONE}
    acts = [text for text in sorted(told) if part(text) >= HELD]
    others = [
        sentence
        for path in sorted((ROOT / "training/other").glob("*.txt"))
        for text in read_other(path)
        for sentence in sentences_of(text)
    ]
    bias, weights = learned(acts, others)
    lines = [
        "# Made by tools/prefilter_words.py: word, weight. Above 0: of sentences that report",
        f"# a political act ({len(acts)}); below: of other news ({len(others)} sentences).",
        f"(bias)\t{bias:.3f}",
        *(f"{word}\t{weight:.3f}" for word, weight in weights.items() if abs(weight) >= _SMALL),
    ]
    target = ROOT / "src/dragoman/codebook/prefilter.tsv"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines) - 3} words: {target}")


def learned(acts: Sequence[str], others: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Return the bias, and the weights by word in the order of the alphabet."""
    import torch

    torch.manual_seed(0)
    counts = Counter(word for sentence in (*acts, *others) for word in words_of(sentence))
    places = {w: i for i, w in enumerate(sorted(w for w, n in counts.items() if n >= _LEAST))}
    ids: list[int] = []
    starts: list[int] = []
    for sentence in (*acts, *others):
        starts.append(len(ids))
        ids += sorted(places[word] for word in words_of(sentence) if word in places)
    bags, offsets = torch.tensor(ids), torch.tensor(starts)
    wanted = torch.tensor([1.0] * len(acts) + [0.0] * len(others))
    shares = torch.tensor([0.5 / len(acts)] * len(acts) + [0.5 / len(others)] * len(others))
    layer = torch.nn.EmbeddingBag(len(places), 1, mode="sum")
    torch.nn.init.zeros_(layer.weight)
    bias = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([layer.weight, bias], lr=_RATE)
    for _ in range(_STEPS):
        scores = layer(bags, offsets)[:, 0] + bias
        losses = torch.nn.functional.binary_cross_entropy_with_logits(
            scores, wanted, reduction="none"
        )
        loss = (losses * shares).sum() + _DECAY * layer.weight.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    numbers = layer.weight.detach()[:, 0].tolist()
    return float(bias.detach()), {word: numbers[place] for word, place in places.items()}


if __name__ == "__main__":
    main()
