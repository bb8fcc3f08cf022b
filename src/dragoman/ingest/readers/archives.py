"""Zip and tar: members are read one by one from the stream, never written to disk."""

from __future__ import annotations

import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, cast

from dragoman.errors import InputError
from dragoman.ingest.context import Context
from dragoman.ingest.streams import Short
from dragoman.ingest.units import Flaw, Unit

_IGNORED = ("__MACOSX/", ".DS_Store")
_DRIVE = re.compile(r"[A-Za-z]:")
#: What a broken zip file makes the library raise: it seeks to wherever the file says.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    ValueError,
)


def units_of_zip(stream: IO[bytes], name: str, context: Context) -> Iterator[Unit | Flaw]:
    """Yield what the members of a zip file hold."""
    try:
        archive = zipfile.ZipFile(context.seekable(stream, name))
        members = archive.infolist()
    except _BROKEN as error:
        raise InputError(
            name, "zip-broken", f"the zip file is broken or cut off: {error}"
        ) from error
    context.count_members(len(members), name)
    for member in members:
        place = f"{name}!{_shown(member.filename)}"
        if member.filename.endswith("/") or _ignored(member.filename):
            continue
        if (flaw := _bad_name(member.filename, place)) is not None:
            yield flaw
            continue
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            yield Flaw(place, "archive-link", "a link, which is not followed")
            continue
        if member.flag_bits & 1:
            yield Flaw(place, "archive-locked", "the member needs a password")
            continue
        if (flaw := _bomb(member, place, context)) is not None:
            yield flaw
            continue
        try:
            with archive.open(member) as content:
                yield from context.nested(content, place)
        except _BROKEN as error:
            yield Flaw(place, "zip-broken", f"the member is broken: {error}")
        except InputError as error:
            yield _flaw(error)


def units_of_tar(stream: IO[bytes], name: str, context: Context) -> Iterator[Unit | Flaw]:
    """Yield what the members of a tar file hold."""
    try:
        with tarfile.open(fileobj=cast(IO[bytes], Short(stream)), mode="r|") as archive:
            for member in archive:
                context.count_members(1, name)
                place = f"{name}!{_shown(member.name)}"
                if member.isdir() or _ignored(member.name):
                    continue
                if (flaw := _bad_name(member.name, place)) is not None:
                    yield flaw
                elif not member.isreg():
                    yield Flaw(place, "archive-link", "a link or device, which is not followed")
                elif member.size > context.limits.nested_bytes:
                    yield Flaw(
                        place, "too-large", f"larger than {context.limits.nested_bytes:,} bytes"
                    )
                else:
                    content = archive.extractfile(member)
                    if content is None:
                        continue
                    data = content.read(member.size + 1)
                    if len(data) != member.size:
                        raise InputError(place, "truncated", "the archive ends inside this member")
                    try:
                        yield from context.nested(io.BytesIO(data), place)
                    except InputError as error:
                        yield _flaw(error)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise InputError(
            name, "tar-broken", f"the tar file is broken or cut off: {error}"
        ) from error


def _flaw(error: InputError) -> Flaw:
    """Return what is wrong inside a member; the limit of the whole source ends all of it."""
    if error.reason == "too-many-members":
        raise error
    return Flaw(error.source, error.reason, error.message)


def _bomb(member: zipfile.ZipInfo, place: str, context: Context) -> Flaw | None:
    limits = context.limits
    size, packed = member.file_size, max(member.compress_size, 1)
    if size > limits.nested_bytes:
        return Flaw(place, "too-large", f"larger than {limits.nested_bytes:,} bytes")
    if size > limits.ratio_from and size > limits.ratio * packed:
        return Flaw(place, "bomb", f"it unpacks to more than {limits.ratio} times its size")
    return None


def _bad_name(name: str, place: str) -> Flaw | None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or _DRIVE.match(name) or "\0" in name:
        return Flaw(place, "archive-path", "a name that leads out of the archive; not read")
    return None


def _ignored(name: str) -> bool:
    return name.startswith(_IGNORED) or name.endswith(_IGNORED)


def _shown(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")
