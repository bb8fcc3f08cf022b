"""What lies beside a store and is none of it: copies that a server reads, what DuckDB spills."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path


def remove_copies(path: Path) -> None:
    """Remove the copies that a server made of the store at ``path``, so that nothing stays."""
    folder = pages_folder(path)
    if folder.is_dir():
        for file in folder.iterdir():
            if not file.name.startswith(("index", "search")):
                continue
            if file.is_dir() and not file.is_symlink():
                with suppress(FileNotFoundError):  # the server removes it itself
                    shutil.rmtree(file)
            else:
                file.unlink(missing_ok=True)


def pages_folder(path: Path) -> Path:
    """Return the folder in which a server keeps its copies and what its users saved."""
    return path.with_name(path.name + ".pages")


def spill_folder(path: Path) -> Path:
    """Return the folder into which the writer of the index at ``path`` spills."""
    return path.with_name(path.name + ".tmp")


def remove_spill(path: Path) -> None:
    """Remove what a killed writer spilled; DuckDB itself removes it when it is closed.

    Only who alone has the index at ``path`` open, and has not spilled yet, may call it.
    """
    folder = spill_folder(path)
    if folder.is_dir():
        for file in folder.glob("duckdb_temp_*"):
            file.unlink(missing_ok=True)
        with suppress(OSError):  # files of others are in it
            folder.rmdir()
