"""What can go wrong, as few classes; each message says what, where, and what to do."""

from __future__ import annotations


class DragomanError(Exception):
    """The base of every error that dragoman raises on purpose."""


class InputError(DragomanError):
    """A source that could not be read. ``reason`` is a short code, ``message`` a sentence."""

    def __init__(self, source: str, reason: str, message: str) -> None:
        super().__init__(f"{source}: {message} ({reason})")
        self.source = source
        self.reason = reason
        self.message = message


class StoreError(DragomanError):
    """A store that cannot be opened, read or written."""


class LockError(StoreError):
    """Another process is writing to the store; the message names it."""


class DamagedError(StoreError):
    """A file of the store is not what the manifest says; the message names the file."""


class GoldError(DragomanError):
    """A gold file that breaks the gold format; the message names file and item."""


class ConfigError(DragomanError):
    """A codebook or option that is not as it must be; the message names file and entry."""
