"""The long runs of the fault tests: killed writers and damaged files.

``python benchmarks/faults.py kills 1000`` and ``python benchmarks/faults.py mutations
1000`` print what became of them as JSON; any ``different``, ``lost`` or ``silent`` above
0 is a defect.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from crashing import series
from mutating import mutations, try_mutation
from test_faults import killed_writer


def main() -> None:
    """Run what the arguments name: kills or mutations, how many, and a seed."""
    what, count = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if what == "kills":
            print(json.dumps(series(folder, count, seed)))
            return
        store, copy = folder / "store", folder / "copy"
        store.mkdir()
        wanted = killed_writer(store / "news.duckdb")
        found: Counter[str] = Counter()
        for file, change in mutations(store / "news.duckdb", count, seed):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(store, copy)
            found[try_mutation(copy / "news.duckdb", file, change, wanted)] += 1
        print(json.dumps({"mutations": count, **found}))


if __name__ == "__main__":
    main()
