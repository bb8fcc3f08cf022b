"""What a worker needs to know to code shards, and what of it decides the result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import dragoman
from dragoman.errors import ConfigError
from dragoman.ingest.context import DEFAULT_COLUMNS, Columns
from dragoman.ingest.units import Hints

#: Threads of the libraries that a worker uses: one, since there is a worker for each core.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How reports are read and coded; it travels to the workers as JSON.

    ``model``, ``type_model``, ``rules_only``, ``prefilter`` and ``actors`` are those of ``Coder``;
    ``hints`` and ``columns`` those of an ingest; ``seconds`` is the time limit for reading
    one record. A shard ends after ``records`` records or ``characters`` characters of text.
    ``factory`` (``module:function``) makes another coder than ``Coder``. Relative paths of
    sources are meant from ``directory``.
    """

    model: str | None = None
    type_model: str | None = None
    rules_only: bool = False
    prefilter: bool = False
    actors: tuple[str, ...] = ()
    hints: Hints = field(default_factory=dict)
    columns: Columns = field(default_factory=lambda: DEFAULT_COLUMNS)
    seconds: float = 20.0
    records: int = 2000
    characters: int = 16_000_000
    factory: str | None = None
    directory: str | None = None

    def to_json(self) -> str:
        """Return the settings as JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Return the settings that ``to_json`` wrote."""
        data = json.loads(text)
        return cls(**{**data, "actors": tuple(data["actors"])})

    def identity(self) -> str:
        """Return the hash of all that decides the coding of a report (16 digits).

        Versions of dragoman and of the spaCy pipeline, codebook, type model, actor files,
        hints and columns. Raises ``ConfigError`` if a file that is named cannot be read.
        """
        from dragoman.exporting.package import codebook_version
        from dragoman.reading.parse import DEFAULT_MODEL

        decides: Mapping[str, Any] = {
            "dragoman": dragoman.__version__,
            "codebook": codebook_version(),
            "parser": _installed(self.model or DEFAULT_MODEL),
            "type_model": None if self.rules_only else _type_model(self.type_model),
            "prefilter": self.prefilter,
            "actors": [_sha256(Path(path)) for path in self.actors],
            "hints": self.hints,
            "columns": self.columns,
            "factory": self.factory,
        }
        text = json.dumps(decides, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _installed(model: str) -> str:
    name = model.replace("_", "-")
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


def _type_model(folder: str | None) -> str:
    card = "model.json"  # it names the hash of every other file
    if folder is not None:
        return _sha256(Path(folder) / card)
    packaged = files("dragoman.typemodel") / "artefact" / card
    return hashlib.sha256(packaged.read_bytes()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
