"""A spool of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.testing.fixed_clock import FixedClock
from gateway.spool.spool import Spool
from tests.gateway.ends import NOON


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Empty, of the usual cap; the test closes it."""
    return Spool.open(tmp_path / "spool.db", FixedClock(NOON))
