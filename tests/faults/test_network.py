"""Lines that are cut, lose packets and are late: all that was said is stored once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults.line import absent
from benchmarks.faults.nest import Nest
from benchmarks.faults.net import cuts, slow


@pytest.fixture(scope="module")
def nest() -> Iterator[Nest]:
    if why := absent():
        pytest.skip(why)
    with Nest() as made:
        yield made


def test_cut_lines_lose_nothing(nest: Nest, tmp_path: Path) -> None:
    found = cuts(nest, tmp_path, 12, seed=1, longest_s=1.5)
    assert found["sent"] > 500
    assert [found[name] for name in ("lost", "twice", "points absent", "ledger gaps")] == [0, 0, 0, 0]


def test_lost_and_late_packets_lose_no_message(nest: Nest, tmp_path: Path) -> None:
    found = slow(nest, tmp_path, 2.0, seed=1, loss=0.05, delay_ms=20)
    assert found["sent"] > 100
    assert [found[name] for name in ("lost", "twice", "points absent", "ledger gaps")] == [0, 0, 0, 0]
