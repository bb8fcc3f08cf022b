"""Newsletters: a mailbox file, and one message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import IO

from dragoman.errors import InputError
from dragoman.ingest.around import around
from dragoman.ingest.context import Context
from dragoman.ingest.encodings import decode
from dragoman.ingest.readers import html
from dragoman.ingest.readers.letter import Letter, own_words
from dragoman.ingest.units import Flaw, Found, Hints, Limits, Unit, clean, day

_QUOTED = re.compile(rb"^>(>*From )", re.M)
_LINE = 1_000_000


def units(stream: IO[bytes], name: str, context: Context) -> Iterator[Unit | Flaw]:
    """Yield the messages of a mailbox: they are parted by lines that begin with 'From '."""
    number = 0
    size = 0
    lines: list[bytes] = []
    blank = True
    while True:
        line = stream.readline(_LINE)
        if not line or (blank and line.startswith(b"From ")):
            if lines:
                yield _message(lines, size, f"{name}#{number}", context)
            if not line:
                return
            number += 1
            lines, size = [b""], 0
        elif lines:
            size += len(line)
            if size <= context.limits.unit_bytes:
                lines.append(line)
        blank = not line.strip()


def _message(lines: list[bytes], size: int, name: str, context: Context) -> Unit | Flaw:
    if size > context.limits.unit_bytes:
        limit = context.limits.unit_bytes
        return Flaw(
            name, "too-large", f"a message larger than {limit:,} bytes", b"".join(lines[:9])
        )
    return Unit(name, "mail", _QUOTED.sub(rb"\1", b"".join(lines)), context.hints)


def parse(unit: Unit, limits: Limits) -> Iterator[Found]:
    """Yield the text of a message; its HTML part counts if there is no plain one."""
    if unit.data.count(b"\n--") > 4 * limits.mail_parts:
        raise InputError(unit.name, "too-large", f"more than {limits.mail_parts} parts")
    try:
        message = message_from_bytes(unit.data, policy=default)
        subject, sender, sent = (_header(message, field) for field in ("Subject", "From", "Date"))
        parts = [part for part in message.walk() if not part.is_multipart()]
    except (
        MessageError,
        ValueError,
        LookupError,
        IndexError,
        AttributeError,
        RecursionError,
    ) as error:
        raise InputError(unit.name, "mail-broken", f"the message is broken: {error}") from error
    if len(parts) > limits.mail_parts:
        raise InputError(unit.name, "too-large", f"more than {limits.mail_parts} parts")
    name, address = parseaddr(sender)
    told = clean({"title": subject, "publisher": name or address, "published": day(sent)})
    hints = {**told, **unit.hints}
    plain = [_text(part, unit.name) for part in parts if _kind(part) == "text/plain"]
    letter = own_words("\n".join(plain))
    if any(character.isalnum() for character in letter.text):
        yield Found(letter.text, {**told, **_forwarded(letter), **unit.hints})
        return
    pages = [_text(part, unit.name) for part in parts if _kind(part) == "text/html"]
    if not pages:
        raise InputError(unit.name, "no-text", "the message holds no text")
    try:
        found = html.page("\n".join(pages), unit)
        yield Found(around("mail").without(found.text), hints)
    except InputError:
        yield Found(around("mail").without(html.fragment_text("\n".join(pages))), hints)


def _header(message: EmailMessage, field: str) -> str:
    """Return a header as text; a time or zone beyond every clock as it was sent."""
    try:
        return str(message.get(field) or "")
    except OverflowError:
        return next(str(v) for k, v in message.raw_items() if k.lower() == field.lower())


def _forwarded(letter: Letter) -> Hints:
    name, address = parseaddr(letter.sender or "")
    publisher = name or address or letter.sender
    sent = day(letter.sent) if letter.sent else None
    return clean({"title": letter.subject, "publisher": publisher, "published": sent})


def _kind(part: EmailMessage) -> str:
    if part.get_content_disposition() == "attachment":
        return ""
    return part.get_content_type()


def _text(part: EmailMessage, name: str) -> str:
    try:
        content = part.get_content()
    except (LookupError, ValueError, KeyError):
        content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return decode(content, name) if content.strip() else ""
    return str(content)
