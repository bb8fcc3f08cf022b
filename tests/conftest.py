"""Shared objects that take seconds to load."""

from __future__ import annotations

import pytest

from dragoman import Coder


@pytest.fixture(scope="session")
def coder() -> Coder:
    """One coder by rules only: tests of the rules should not hang on the type model."""
    return Coder(rules_only=True)


@pytest.fixture(scope="session")
def full_coder() -> Coder:
    """The coder as users have it, with the packaged type model."""
    return Coder()
