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


STATIONS = ("ecoviv", "examples", "faults", "gateway", "ingest", "test_clip_road.py", "test_flow.py")
"""Folders and files of tests that start brokers and services, and measure time and memory."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where two processes share the suite, stations stay in one of them: they would slow each other down.

    Every other file stays whole, so that its fixtures are made once.
    """
    here = Path(__file__).parent
    for item in items:
        parts = item.path.relative_to(here).parts
        item.add_marker(pytest.mark.xdist_group("stations" if parts[0] in STATIONS else "/".join(parts)))
