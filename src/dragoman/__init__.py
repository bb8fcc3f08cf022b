"""dragoman: diplomatic and political news as data, every value with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Coder", "Document", "Event", "Report", "__version__"]

if TYPE_CHECKING:
    from dragoman.pipeline import Coder
    from dragoman.schema import Document, Event, Report


def __getattr__(name: str) -> Any:
    """Load the heavy parts only when they are asked for (``import dragoman`` stays quick)."""
    if name == "Coder":
        from dragoman.pipeline import Coder

        return Coder
    if name in {"Document", "Event", "Report"}:
        from dragoman import schema

        return getattr(schema, name)
    raise AttributeError(f"module 'dragoman' has no attribute '{name}'")
