"""Write the tables of columns into docs/formats.md, from the formats themselves.

    python tools/formats_document.py

A table stands between '<!-- columns NAME -->' and '<!-- end -->'; a test compares them.
"""

from __future__ import annotations

import re
from pathlib import Path

from dragoman.exporting import formats

DOCUMENT = Path(__file__).parents[1] / "docs" / "formats.md"
_BLOCK = re.compile(r"<!-- columns (\S+) -->\n.*?<!-- end -->", re.S)


def table(name: str) -> str:
    """Return the columns of a format as a Markdown table."""
    lines = ["| # | column | type | meaning |", "|---|---|---|---|"]
    for number, column in enumerate(formats()[name].columns, 1):
        meaning = column.meaning.replace("|", "\\|")
        lines.append(f"| {number} | `{column.name}` | {column.type} | {meaning} |")
    return "\n".join(lines)


def filled(text: str) -> str:
    """Return ``text`` with every table as the formats have it."""
    return _BLOCK.sub(lambda m: f"<!-- columns {m[1]} -->\n{table(m[1])}\n<!-- end -->", text)


if __name__ == "__main__":
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
