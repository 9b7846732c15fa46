"""A gap that will never close is given up, and no other."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.instant import SECOND, SystemClock
from gateway.spool.spool import Spool
from gateway.spool.watch.patience import APART, REPEATS
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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(2, 6), st.integers(0, 60)), max_size=25))
def test_what_the_broker_retains_never_closes_a_gap(
    tmp_path_factory: pytest.TempPathFactory, copies: list[tuple[int, int]]
) -> None:
    """Its copies come at every connection; 1 was never sent, so nothing may be called spooled."""
    spool, now = Spool.open(tmp_path_factory.mktemp("spool") / "spool.db", SystemClock()), NOON
    for seq, pause in copies:
        now += pause * SECOND
        spool.add([entry(seq)._replace(received=now, retained=True)])
    assert spool.receipt(ME).spooled == 0
    spool.add([entry(1)])
    spool.close()


def test_copies_of_the_broker_do_not_count_among_a_sensor_s_own_repeats(spool: Spool) -> None:
    """Two of the sensor's three repeats, and any number of copies between them."""
    for repeat in range(REPEATS):
        now = NOON + repeat * APART
        spool.add([entry(2)._replace(received=now)])
        spool.add([entry(2)._replace(received=now + APART // 2, retained=True) for _ in range(5)])
    assert spool.receipt(ME).spooled == 0
    spool.add([entry(2)._replace(received=NOON + REPEATS * APART)])
    assert spool.receipt(ME).spooled == 2
    spool.close()
