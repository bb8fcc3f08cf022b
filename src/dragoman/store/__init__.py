"""Keep reports: append-only Parquet segments, and a DuckDB index that can be rebuilt."""

from dragoman.store.records import Run
from dragoman.store.store import Added, Store, Verification

__all__ = ["Added", "Run", "Store", "Verification"]
