"""Fixtures that every room's tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_path(relative: str) -> Path:
    """A file or folder of the reference data, or a skip that says what is absent."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"reference data absent: ../shared/data/{relative}")
    return path


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """``shared_data("loggers/x.csv")``: a path, or a skip with the reason."""
    return shared_path
