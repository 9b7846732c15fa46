"""No honest sensor ends below its share of a full spool, and the harness would see it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from benchmarks.faults.fair import fair, one_flood
from gateway.spool import room


def test_no_honest_sensor_ends_below_its_share() -> None:
    *broken, total = fair(8, seed=1)
    assert broken == []
    assert total["honest"] > 1_000
    assert total["dropped"] > 1_000


def test_shares_that_nobody_counts_in_bytes_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: the oldest first, here as everybody giving in the order of names."""

    def by_name(held: Mapping[room.Sender, int], wanted: int) -> list[tuple[room.Sender, int]]:
        return sorted(((sender, wanted) for sender in held), reverse=True)

    monkeypatch.setattr(room, "excess", by_name)
    assert any("of a share of" in sentence for seed in (1, 2, 3) for sentence in one_flood(seed)[0])
