"""The packaged sample reports, which several benchmarks read."""

from __future__ import annotations

from importlib.resources import files


def sample_texts() -> list[str]:
    """Return the texts of both halves, each by name."""
    return [
        item.read_text(encoding="utf-8")
        for half in ("dev", "heldout")
        for item in sorted((files("dragoman") / "samples" / half).iterdir(), key=lambda i: i.name)
        if item.name.endswith(".txt")
    ]
