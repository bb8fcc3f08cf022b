"""How much memory a writer's index takes: little at first, and more where that is too little."""

from __future__ import annotations

import os

import duckdb

#: What the index of a writer begins with, in MB, and the threads that share it. DuckDB
#: itself would keep the blocks that it has read until four fifths of the machine are full.
WRITING, THREADS = 96, 2


def lacks_memory(error: duckdb.Error) -> bool:
    """Tell whether ``error`` is for want of memory.

    In a commit or a checkpoint DuckDB raises other errors for it, which name the limit.
    """
    if isinstance(error, duckdb.OutOfMemoryException):
        return True
    return "memory_limit" in str(error) and not isinstance(error, duckdb.ProgrammingError)


def more_than(limit: int) -> int | None:
    """Return twice ``limit`` (MB), at most four fifths of the machine; ``None`` at the end."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    most = machine * 4 // 5
    return min(2 * limit, most) if limit < most else None
