"""Coverage-guided fuzzing of a reader (needs: pip install atheris).

``python benchmarks/fuzz.py TARGET -runs=1000000`` or ``-max_total_time=60``; options are
those of libFuzzer, and it starts from ``-seed=1`` unless told otherwise. Without a target
the targets are listed. Any exception but ``InputError`` and any run of more than ten
seconds is a defect; what caused it is written to ``crash-...`` or ``timeout-...``.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

try:
    import atheris
except ImportError:
    print("atheris is not installed; nothing was fuzzed (pip install atheris)", file=sys.stderr)
    raise SystemExit(0) from None

with atheris.instrument_imports(include=["dragoman", "feedparser", "warcio", "pypdf", "email"]):
    import fuzzing


def main() -> None:
    """Fuzz the target that the first argument names."""
    if len(sys.argv) < 2 or sys.argv[1] not in fuzzing.TARGETS:
        print("targets:", " ".join(fuzzing.TARGETS))
        raise SystemExit(2)
    logging.disable()
    warnings.simplefilter("ignore")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        for source, (_, seed) in fuzzing.SEEDS.items():
            if name in {"own", source}:
                (Path(folder) / source).write_bytes(seed)
        settings = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=20000", "-seed=1"]
        atheris.Setup([sys.argv[0], *settings, *sys.argv[1:], folder], fuzzing.TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
