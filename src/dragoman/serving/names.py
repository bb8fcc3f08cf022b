"""Names for codes: of countries and organisations, from the codebook."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

#: What the pages call the quad classes.
QUADS = {
    1: "verbal cooperation",
    2: "material cooperation",
    3: "verbal conflict",
    4: "material conflict",
}
#: How a claim is told, by the codebook's kinds of attribution.
ATTRIBUTIONS = {
    "reported": "told by the publisher",
    "said": "said by somebody",
    "claimed": "claimed by somebody",
}
#: What the pages say for a status.
STATUSES = {
    "actual": "it happened",
    "planned": "it is announced",
    "alleged": "somebody alleges it",
    "denied": "it is denied",
    "hypothetical": "it might happen",
}


@cache
def country_names() -> dict[str, str]:
    """Return code to English name of every country and organisation of the codebook."""
    folder = files("dragoman.codebook") / "actors"
    countries = tomllib.loads((folder / "countries.toml").read_text(encoding="utf-8"))
    names = {
        code: str(row["name"])
        for code, row in countries.items()
        if isinstance(row, dict) and "name" in row
    }
    bodies = tomllib.loads((folder / "organisations.toml").read_text(encoding="utf-8"))
    for row in bodies["organisations"]:
        names.setdefault(str(row["code"]), str(row["name"]))
    groups = tomllib.loads((folder / "groups.toml").read_text(encoding="utf-8"))
    for row in groups["groups"]:
        names.setdefault(str(row["country"]), str(row["name"]))
    return names


def name_of(code: str | None) -> str:
    """Return the name for a code, or the code itself."""
    return country_names().get(code or "", code or "")
