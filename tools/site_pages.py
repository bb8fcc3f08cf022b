"""The pages of the site that are made of data: a hook of mkdocs.

``ontology.md`` is written from ``codebook/plover.toml`` and the examples of the frames;
``known-errors.md`` takes the measured scores from the README, so that they stand in one place.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_CODEBOOK = ROOT / "src" / "dragoman" / "codebook"
_QUAD = {
    1: "verbal cooperation",
    2: "material cooperation",
    3: "verbal conflict",
    4: "material conflict",
}
#: Examples that a type or mode shows.
_SHOWN = 4


def on_files(files: Any, config: Any) -> Any:
    """Add the generated page to the files of the site."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, "ontology.md", content=ontology()))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Put the README's table of scores in the place of its marker."""
    return markdown.replace("<!-- scores -->", scores())


def scores() -> str:
    """Return the section 'How well' of the README, with links as they are on the site."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("\n## How well\n", 1)[1].split("\n## ", 1)[0]
    return section.replace("](docs/", "](").strip()


def ontology() -> str:
    """Return the codebook's types, modes, contexts and sectors as Markdown."""
    data = tomllib.loads((_CODEBOOK / "plover.toml").read_text(encoding="utf-8"))
    examples = _examples()
    lines = [
        "# Types, modes, contexts and sectors",
        "",
        "Made of `codebook/plover.toml` and the examples of the frames in `codebook/predicates/`;",
        "a test codes every example. The terms are those of the PLOVER manual, draft 0.8.",
    ]
    for name, entry in data["types"].items():
        recipient = "needed" if entry["recipient_required"] else "not needed"
        lines += [
            "",
            f"## {name}",
            "",
            entry["definition"],
            "",
            f"Quad class {entry['quad']} ({_QUAD[entry['quad']]}); score {entry['score']}; a "
            f"recipient is {recipient}; CAMEO root {entry['cameo_root']}.",
            "",
            *_quoted(examples[name, None]),
        ]
        modes = entry.get("modes", {})
        if modes:
            lines += ["", "| mode | score | what | example |", "|---|---|---|---|"]
        for mode, row in modes.items():
            example = next(iter(examples[name, mode]), "")
            score = row.get("score", "none")
            lines.append(f"| {mode} | {score} | {_cell(row['gloss'])} | {_cell(example)} |")
    lines += ["", "## Contexts", "", "| context | what |", "|---|---|"]
    lines += [f"| {name} | {_cell(row['gloss'])} |" for name, row in data["contexts"].items()]
    lines += ["", "## Sectors", "", "| code | who |", "|---|---|"]
    lines += [f"| {code} | {_cell(gloss)} |" for code, gloss in data["sectors"].items()]
    return "\n".join(lines) + "\n"


def _examples() -> dict[tuple[str, str | None], list[str]]:
    """Return examples by type and mode, one per word, shortest first."""
    found: dict[tuple[str, str | None], dict[str, str]] = defaultdict(dict)
    for path in sorted((_CODEBOOK / "predicates").glob("*.toml")):
        for frame in tomllib.loads(path.read_text(encoding="utf-8")).get("frame", []):
            words = found[frame["type"], frame.get("mode")]
            words.setdefault(frame["lemma"], frame["example"])
    by_length = defaultdict(list)
    for key, words in found.items():
        by_length[key] = sorted(words.values(), key=lambda example: (len(example), example))
    return by_length


def _quoted(examples: list[str]) -> list[str]:
    return [f"- {example}" for example in examples[:_SHOWN]]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
