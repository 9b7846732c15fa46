"""Two of one id do not end each other for ever, and say so once: laws on a clock, and real Mosquitto."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract.line.backoff import LONGEST_S, Backoff
from contract.line.bus import MqttBus
from contract.testing.fixed_clock import FixedClock
from ecoviv.station.broker import RunningBroker, mosquitto_path, start_broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    if mosquitto_path() is None:
        pytest.skip("mosquitto is not installed")
    with start_broker(tmp_path, engine="mosquitto") as running:
        yield running


def waits(
    backoff: Backoff, clock: FixedClock, count: int, held_s: int, *, taken_over: bool = True
) -> list[float]:
    """Seconds waited after each of ``count`` takeovers of connections that held ``held_s``."""
    found = []
    for _ in range(count):
        backoff.attempt()
        backoff.succeeded()
        clock.sleep(held_s)
        backoff.ended(taken_over=taken_over)
        found.append(backoff.left_s)
        clock.sleep(backoff.left_s)
    return found


def test_each_takeover_waits_longer_than_the_one_before_last_up_to_half_a_minute() -> None:
    """Doubling, times 0.5 to 1: over two steps at least twice as long, until the longest wait."""
    clock = FixedClock(0)
    found = waits(Backoff(clock), clock, 12, 1)
    assert all(
        later >= 2 * earlier or later >= LONGEST_S / 2
        for earlier, later in zip(found, found[2:], strict=False)
    )
    assert max(found) <= LONGEST_S
    assert min(found[6:]) >= LONGEST_S / 2


def test_a_takeover_after_a_long_connection_is_the_first_again() -> None:
    clock = FixedClock(0)
    assert max(waits(Backoff(clock), clock, 12, 600)) <= 2.0


def test_a_cut_is_mended_at_once() -> None:
    clock = FixedClock(0)
    backoff = Backoff(clock)
    assert backoff.left_s <= 0
    waits(backoff, clock, 5, 1)
    backoff.attempt()
    backoff.succeeded()
    backoff.attempt()
    assert backoff.left_s <= 0.2


def test_a_bad_line_waits_only_after_a_row_of_short_connections() -> None:
    """Without a word from the broker; connections of six seconds are no such row."""
    clock = FixedClock(0)
    found = waits(Backoff(clock), clock, 10, 1, taken_over=False)
    assert max(found[:3]) <= 0.2
    assert min(found[3:]) > 0.2
    assert max(waits(Backoff(clock), clock, 30, 6, taken_over=False)) <= 0.2


def test_two_of_one_id_take_turns_slowly_and_each_says_so_once(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """Ten seconds; at a takeover every 0.2 s, as without waits, it were 50 connections."""
    caplog.set_level(logging.WARNING, "ecoviv.line")
    with closing(MqttBus(broker.address, "twin")) as one, closing(MqttBus(broker.address, "twin")) as other:
        one.connect()
        other.connect()
        for _ in range(50):
            one.poll(0.1)
            other.poll(0.1)
        assert 3 <= one.connections + other.connections <= 20
    told = [record.getMessage() for record in caplog.records]
    assert len(told) in (1, 2), "each at most once"
    assert all("twin" in text and f"{broker.address.host}:{broker.address.port}" in text for text in told)
