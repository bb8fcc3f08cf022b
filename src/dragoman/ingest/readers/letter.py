"""What a message says itself: without quotations, signature, and the letter's own footer.

Of a message that only forwards another one, that one is the report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dragoman.ingest.around import around

_LINE_END = re.compile(r"\r?\n")
# These see one line without the spaces around it.
_FORWARDED = re.compile(
    r"(?:-{2,40}\s?(?:forwarded message|original message|forwarded by .{1,80}?)\s?-{2,40}"
    r"|begin forwarded message:)\Z",
    re.I,
)
_FIELD = re.compile(r"\*?(from|date|sent|subject|to|cc|reply-to)\*?\s?:\*?\s?(.{0,500})\Z", re.I)
_WROTE = re.compile(
    r"(?:on|le|am|el)\b.{1,200}(?:wrote|writes|a écrit|schrieb|escribió)\s?:\Z", re.I
)
_ONLY_ADDRESS = re.compile(r"(?:[^:]{1,40}:\s{0,9})?https?://\S+\Z")
_ADDRESS = re.compile(r"[ \t]{0,3}[<(\[][ \t]{0,3}https?://[^\s<>()\[\]]{1,2000}[ \t]{0,3}[>)\]]")
#: So many words before a forwarded message are a cover note and no report.
_NOTE = 40


@dataclass(frozen=True, slots=True)
class Letter:
    """A message's own words, and what the head of a forwarded message says of them."""

    text: str
    sender: str | None = None
    sent: str | None = None
    subject: str | None = None


def own_words(text: str) -> Letter:
    """Return what a plain-text message says itself."""
    lines = _LINE_END.split(text)
    start = next((n for n, line in enumerate(lines) if _FORWARDED.match(line.strip())), None)
    if start is None:
        return Letter(_kept(lines))
    before = _kept(lines[:start])
    fields: dict[str, str] = {}
    at = start + 1
    while at < len(lines) and (not lines[at].strip() or _FIELD.match(lines[at].strip())):
        if (found := _FIELD.match(lines[at].strip())) is not None:
            fields.setdefault(found[1].lower(), found[2].strip())
        elif fields:
            break
        at += 1
    after = _kept(lines[at:])
    if len(before.split()) > _NOTE or not any(c.isalnum() for c in after):
        return Letter(before)  # an answer above what it answers
    return Letter(
        after, fields.get("from"), fields.get("date") or fields.get("sent"), fields.get("subject")
    )


def _kept(lines: list[str]) -> str:
    phrases = around("mail")
    kept: list[str] = []
    for number, line in enumerate(lines):
        if line.rstrip() == "--" or line == "-- ":
            break  # the signature (RFC 3676, 4.3)
        if line.lstrip().startswith(">"):
            _drop_introduction(kept)
            continue
        if _WROTE.match(line.strip()) and _quoted_after(lines, number):
            continue
        if _ONLY_ADDRESS.match(line.strip()) or phrases.is_around(line):
            continue
        kept.append(_ADDRESS.sub("", line))
    return "\n".join(kept).strip("\n")


def _drop_introduction(kept: list[str]) -> None:
    """Drop 'On ..., X wrote:' before a quotation, also where it runs over two lines."""
    while kept and not kept[-1].strip():
        kept.pop()
    for count in (1, 2):
        if len(kept) >= count and _WROTE.match(" ".join(line.strip() for line in kept[-count:])):
            del kept[-count:]
            return


def _quoted_after(lines: list[str], number: int) -> bool:
    following = (line for line in lines[number + 1 :] if line.strip())
    return next(following, ">").lstrip().startswith(">")
