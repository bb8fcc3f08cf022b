"""Open what a location names, and undo compression with its end and its size checked."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from dragoman.errors import InputError
from dragoman.ingest.units import Limits

_BLOCK = 65_536
#: Protocols that reach the network without the checks of ``dragoman.ingest.fetch``.
_REFUSED = ("http", "https", "ftp", "sftp", "ssh", "webhdfs", "smb", "git", "github", "jupyter")


def is_url(location: str) -> bool:
    """Tell whether a location is a URL and not a path."""
    return "://" in location or "::" in location


def globbed(location: str) -> list[str]:
    """Return the files that a pattern of an fsspec URL names, in order.

    If there are none, or the protocol is not read, the pattern itself is returned, so that
    opening it tells what is wrong.
    """
    import fsspec

    if location.partition("://")[0].lower() in _REFUSED:
        return [location]
    try:
        system, path = fsspec.core.url_to_fs(location)
        found = sorted(system.glob(path))
    except (OSError, ValueError, ImportError):
        return [location]
    return [str(system.unstrip_protocol(name)) for name in found] or [location]


@contextmanager
def open_location(location: str) -> Iterator[BinaryIO]:
    """Open a local path or an fsspec URL for reading bytes.

    Raises ``InputError`` with reason ``missing``, ``directory``, ``unreadable`` or
    ``protocol`` (web addresses are fetched by dragoman itself, other networks not at all
    unless their fsspec package is installed).
    """
    try:
        if is_url(location):
            with _fsspec(location) as stream:
                yield stream
        else:
            path = Path(location)
            if path.is_dir():
                raise InputError(location, "directory", "is a directory; name files")
            if path.exists() and not path.is_file():
                raise InputError(location, "unreadable", "is a device or pipe; name a file")
            with path.open("rb") as stream:
                yield stream
    except FileNotFoundError as error:
        raise InputError(location, "missing", "no such file") from error
    except (OSError, ValueError) as error:
        raise InputError(location, "unreadable", f"cannot be read: {error}") from error


@contextmanager
def _fsspec(location: str) -> Iterator[BinaryIO]:
    import fsspec

    for part in location.split("::"):
        protocol = part.partition("://")[0].lower()
        if protocol in _REFUSED:
            raise InputError(
                location, "protocol", f"{protocol} is not read by this way; use --fetch for pages"
            )
    try:
        opened = fsspec.open(location, "rb")
        with opened as stream:
            yield cast(BinaryIO, stream)
    except ImportError as error:
        raise InputError(location, "protocol", f"{error}") from error


class GzipStream(io.RawIOBase):
    """The content of a gzip stream of any number of members.

    Unlike the gzip of the libraries that read WARC files it raises ``InputError`` with
    reason ``truncated`` where the stream ends inside a member, ``gzip-damaged`` where a
    member is broken, and ``bomb`` where it grows beyond the limits.
    """

    def __init__(self, stream: IO[bytes], name: str, limits: Limits) -> None:
        self._stream = stream
        self._name = name
        self._limits = limits
        self._decoder = zlib.decompressobj(31)
        self._rest = b""
        self._inside = False
        self._ended = False
        self.taken = 0
        self.given = 0

    def readable(self) -> bool:
        """Tell that it is."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill ``buffer``; 0 at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._ended:
            data = self._more(len(view))
            if data:
                view[: len(data)] = data
                return len(data)
        return 0

    def _more(self, size: int) -> bytes:
        source = self._rest or self._stream.read(_BLOCK)
        self._rest = b""
        if not source:
            self._ended = True
            if self._inside:
                raise InputError(
                    self._name, "truncated", "the compressed file ends before its end; get it again"
                )
            return b""
        if not self._inside:
            stripped = source.lstrip(b"\0")  # tape blocks are padded so
            if not stripped:
                return b""
            source = stripped
            self._decoder = zlib.decompressobj(31)
            self._inside = True
        before = len(source)
        try:
            data = self._decoder.decompress(source, size)
        except zlib.error as error:
            self._ended = True
            raise InputError(
                self._name, "gzip-damaged", f"the compressed data is damaged: {error}"
            ) from error
        self._rest = self._decoder.unconsumed_tail or self._decoder.unused_data
        self.taken += before - len(self._rest)
        self.given += len(data)
        if self._decoder.eof:
            self._inside = False
        limits = self._limits
        if self.given > limits.ratio_from and self.given > limits.ratio * max(self.taken, 1):
            self._ended = True
            raise InputError(
                self._name,
                "bomb",
                f"it unpacks to more than {limits.ratio} times its size; it was left there",
            )
        return data


def gunzip(stream: IO[bytes], name: str, limits: Limits) -> io.BufferedReader:
    """Return the content of a gzip stream, buffered; see ``GzipStream``."""
    return io.BufferedReader(GzipStream(stream, name, limits), _BLOCK)


class Short:
    """A stream whose ``read`` returns what is at hand.

    A library that reads far ahead then gets the good part of a cut-off stream before the
    error.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, none at the end."""
        if isinstance(self._stream, io.BufferedReader):
            return self._stream.read1(_BLOCK if size < 0 else size)
        return self._stream.read(size)

    def close(self) -> None:
        """Do nothing: whoever opened the stream closes it."""
