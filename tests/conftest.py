"""Shared objects that take seconds to load."""

from __future__ import annotations

import pytest

from dragoman import Coder


@pytest.fixture(scope="session")
def coder() -> Coder:
    """One coder for all tests: loading it takes about two seconds."""
    return Coder()
