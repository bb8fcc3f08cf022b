"""Options that several modules of commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str | None, typer.Option(help="An installed spaCy pipeline.")]
TypeModel = Annotated[
    Path | None, typer.Option(help="The folder of another type model than the packaged one.")
]
RulesOnly = Annotated[
    bool, typer.Option("--rules-only", help="Let the codebook alone decide; no type model.")
]
Prefilter = Annotated[
    bool,
    typer.Option("--prefilter", help="Do not parse what its words tell is no political news."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
