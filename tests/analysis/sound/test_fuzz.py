"""Damaged headers, a short and seeded share of ``benchmarks/faults/audio.py``."""

from __future__ import annotations

from pathlib import Path

from benchmarks.faults.audio import LEAST_ACCEPTED, try_all


def test_damaged_files_are_measured_or_refused_clearly(tmp_path: Path) -> None:
    tally = try_all(400, 7, tmp_path)
    assert tally.undeclared == []
    assert tally.accepted_share >= LEAST_ACCEPTED
