"""Keep reports: append-only Parquet segments, and a DuckDB index that can be rebuilt."""

from dragoman.ingest.units import Seen, SetAside, Settled
from dragoman.store.forget import Forgotten, Selection
from dragoman.store.records import Run
from dragoman.store.store import Added, Store, Verification

__all__ = [
    "Added",
    "Forgotten",
    "Run",
    "Seen",
    "Selection",
    "SetAside",
    "Settled",
    "Store",
    "Verification",
]
