"""Hostile speakers cost the honest nothing, and the harness would see it."""

from __future__ import annotations

import logging

import pytest

from benchmarks.faults.hostile.laws import hostile, one_siege
from benchmarks.faults.hostile.speakers import SPEAKERS
from contract.line.bus import Delivery
from contract.places import Territory
from contract.topics import SensorTopic
from gateway import service
from gateway.intake import take
from gateway.spool.entry import Entry


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What the services say of it, thousands of times, is not looked at here."""
    caplog.set_level(logging.CRITICAL, "ecoviv")


def test_hostile_speakers_cost_the_honest_nothing() -> None:
    *broken, total = hostile(2, seed=3)
    assert broken == []
    assert total["honest"] > 200
    assert all(total[kind] for kind in (*SPEAKERS, "retained copies", "receipts from the past"))


def test_numbers_that_others_name_are_seen_as_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: any sensor's topic, whether or not its device stands there."""
    monkeypatch.setattr(Territory, "misplaced", lambda *_: "")
    assert any("said to be absent" in sentence for sentence in one_siege(1)[0])


def test_what_a_terminal_obeys_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract.terminal.safe", lambda text: text)
    assert any("prints" in sentence for sentence in one_siege(1)[0])


def test_a_retained_copy_that_is_believed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its floor says that the sensor holds nothing any more below the last of all numbers."""

    def believed(delivery: Delivery, place: SensorTopic, received: int, territory: Territory) -> Entry:
        return take(delivery._replace(retained=False), place, received, territory)

    monkeypatch.setattr(service, "take", believed)
    assert any("was told spooled" in sentence for sentence in one_siege(1)[0])
