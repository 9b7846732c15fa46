"""The fake clock keeps what a clock promises, and waiting on it takes no time."""

from __future__ import annotations

import pytest

from contract.instant import SECOND, Clock, SystemClock
from contract.testing.fixed_clock import FixedClock

NOON = 1_777_636_800 * SECOND


def test_sleeping_on_a_fixed_clock_moves_both_its_readings() -> None:
    clock = FixedClock(NOON)
    clock.sleep(2.5)
    assert (clock.now(), clock.monotonic()) == (NOON + 2_500_000_000, 2_500_000_000)


@pytest.mark.parametrize("clock", [FixedClock(NOON), SystemClock()], ids=["fixed", "system"])
def test_what_is_already_due_is_not_waited_for_and_no_clock_goes_back(clock: Clock) -> None:
    before = clock.monotonic()
    clock.sleep(-3.0)
    assert 0 <= clock.monotonic() - before < SECOND


def test_the_machine_s_clock_sleeps_as_long_as_it_is_told() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.05)
    assert clock.monotonic() - before >= SECOND // 20
