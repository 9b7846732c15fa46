"""A gap that will never close is given up, and no other."""

from __future__ import annotations

import pytest

from contract.instant import SECOND
from gateway.spool.patience import APART, REPEATS
from gateway.spool.spool import Spool
from tests.gateway.ends import NOON
from tests.gateway.spool.test_spool import ME, entry


def test_a_sensor_that_never_sends_a_gap_again_is_freed_from_it(spool: Spool) -> None:
    """After a new card: 1 … 4 were confirmed by the old one; the sensor repeats 5 and 6 only."""
    for repeat in range(4):
        now = NOON + repeat * 15 * SECOND
        spool.add([entry(seq)._replace(received=now) for seq in (5, 6)])
    assert spool.receipt(ME).spooled == 6
    spool.close()


def test_hasty_repeats_do_not_close_a_gap(spool: Spool) -> None:
    spool.add([entry(2) for _ in range(50)])
    assert spool.receipt(ME).spooled == 0
    spool.close()


@pytest.mark.parametrize(("pause", "spooled"), [(APART, 2), (APART - 1, 0)])
def test_repeats_count_from_the_full_pause_on(spool: Spool, pause: int, spooled: int) -> None:
    """A message and its repeats, each a full pause after the one before; 1 ns less is too hasty."""
    for repeat in range(1 + REPEATS):
        spool.add([entry(2)._replace(received=NOON + repeat * pause)])
    assert spool.receipt(ME).spooled == spooled
    spool.close()


def test_a_gap_that_is_being_filled_from_above_stays_open(spool: Spool) -> None:
    for cycle, seq in enumerate([4, 4, 3, 4, 3, 2, 3]):
        spool.add([entry(seq)._replace(received=NOON + cycle * 15 * SECOND)])
    assert spool.receipt(ME).spooled == 0
    spool.add([entry(1)])
    assert spool.receipt(ME).spooled == 4
    spool.close()
