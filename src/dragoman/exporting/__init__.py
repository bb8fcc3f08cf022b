"""Events in the files that the field works with: one registry of formats, one function.

``export(store, "gdelt", path, Selection(since=date(2024, 1, 1)))`` writes the file and,
beside it, its data package. Everything streams: memory does not grow with the store,
apart from what DuckDB sorts, which it spills to disk. The same store gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, partial
from pathlib import Path
from typing import IO, Any

from dragoman.errors import ConfigError, StoreError
from dragoman.exporting.formats import Column, Format, Writer
from dragoman.exporting.selecting import Selection, Source, check
from dragoman.store import Store

__all__ = ["Column", "Exported", "Format", "Selection", "Source", "export", "formats"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What one export wrote; ``left_out`` counts by reason what the format could not hold."""

    path: Path | None
    package: Path | None
    records: int
    left_out: dict[str, int]


@cache
def formats() -> dict[str, Format]:
    """Return every format by its name, in the order of the documents."""
    from dragoman.exporting import (
        calendar,
        gdelt,
        geo,
        icews,
        network,
        panel,
        petrarch,
        polecat,
        rdf,
        spans,
        stix,
        tables,
    )

    modules: tuple[Any, ...] = (
        tables,
        gdelt,
        icews,
        polecat,
        petrarch,
        panel,
        geo,
        network,
        calendar,
        rdf,
        spans,
        stix,
    )
    return {found.name: found for module in modules for found in module.FORMATS}


def format_named(name: str) -> Format:
    """Return a format. Raises ``ConfigError`` that lists what there is."""
    known = formats()
    if name in known:
        return known[name]
    near = get_close_matches(name, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ConfigError(f"there is no format {name!r}{hint} Formats: {', '.join(known)}")


def export(
    store: Store,
    name: str,
    out: Path | IO[bytes],
    selection: Selection | None = None,
    *,
    countries: tuple[str, ...] = (),
) -> Exported:
    """Write the events of ``selection`` in the format ``name`` to ``out``.

    A file is written aside and renamed when it is whole; its data package lies beside it
    as NAME.datapackage.json. A stream gets no package. ``countries`` narrows a panel to
    those states. Raises ``ConfigError`` for an unknown format or a missing library,
    ``StoreError`` for a condition that is none or a file that cannot be written.
    """
    chosen = format_named(name)
    write: Writer = chosen.write
    if countries:
        if not name.startswith("panel"):
            raise ConfigError(f"countries narrow a panel, not {name!r}: use a condition instead")
        write = partial(chosen.write, countries=countries)  # type: ignore[call-arg]
    source = Source(store, selection or Selection())
    check(source)
    if not isinstance(out, Path):
        records = write(source, out)
        return Exported(None, None, records, dict(source.left_out))
    from dragoman.exporting.package import package, write_package

    aside = out.with_name(out.name + ".part")
    try:
        with aside.open("wb") as file:
            records = write(source, file)
        aside.replace(out)
        beside = write_package(out, package(out, chosen, source, records))
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)
    return Exported(out, beside, records, dict(source.left_out))
