"""A spool from the past loses nothing that was promised, and the harness would see it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from benchmarks.faults.past.laws import one_history, past
from contract.instant import Clock
from gateway.spool.spool import Spool


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What the services say of it, thousands of times, is not looked at here."""
    caplog.set_level(logging.CRITICAL, "ecoviv")


def test_cards_copied_cloned_and_put_back_lose_nothing_that_was_promised() -> None:
    *broken, total = past(25, seed=1)
    assert broken == []
    assert total["steps"] == 25 * 40
    assert min(total[act] for act in ("copy", "put_back", "swap", "restore", "stop", "drop")) > 0


def test_one_epoch_a_card_is_seen_to_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: the epoch is the card's, and a card from the past gives its numbers out again."""
    sound = Spool.open.__func__  # type: ignore[attr-defined]

    def of_the_card(cls: type[Spool], path: Path, clock: Clock, *, cap_bytes: int = 256 * 2**20) -> Spool:
        spool: Spool = sound(cls, path, clock, cap_bytes=cap_bytes)
        spool.epoch = next((one.epoch for known in spool.openings.values() for one in known), spool.epoch)
        return spool

    monkeypatch.setattr(Spool, "open", classmethod(of_the_card))
    found = [sentence for seed in (20, 21, 25) for sentence in one_history(seed)[0]]
    assert any("are nowhere" in sentence or "are absent" in sentence for sentence in found)
