"""What lies beside a store and is none of it: the copies that a server of pages reads."""

from __future__ import annotations

from pathlib import Path


def remove_copies(path: Path) -> None:
    """Remove the copies that a server made of the store at ``path``, so that nothing stays."""
    folder = pages_folder(path)
    if folder.is_dir():
        for file in folder.iterdir():
            if file.name.startswith(("index", "search")):
                file.unlink(missing_ok=True)


def pages_folder(path: Path) -> Path:
    """Return the folder in which a server keeps its copies and what its users saved."""
    return path.with_name(path.name + ".pages")
