"""A clock that is wrong by a zone is named; a message that is merely late never is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.instant import AHEAD, DAY, HOUR, MINUTE, SECOND
from contract.testing.fixed_clock import FixedClock
from gateway.spool.entry import Entry
from gateway.spool.sequences import Sequences
from gateway.spool.spool import Spool
from gateway.spool.status import read_status
from gateway.spool.watch.clocks import NOTE, QUARTER, ClockOffset, Clocks, load_offsets
from tests.gateway.ends import NOON
from tests.gateway.spool.test_spool import ME, entry


def told(seq: int, said: int | None, received: int) -> Entry:
    return entry(seq)._replace(said=said, received=received)


def heard(*entries: Entry) -> list[ClockOffset]:
    """Whose clock was wrong after any of these messages of one boot, as it was said last."""
    clocks, sequences, wrong = Clocks(), Sequences(), list[ClockOffset]()
    for one in entries:
        clocks.hear(one, sequences)
        sequences.receive(one.seq)
        wrong = load_offsets(clocks.notes().get(NOTE, "")) or wrong
    return wrong


@given(
    st.integers(-12 * 4, 14 * 4).filter(bool),
    st.lists(st.integers(0, 50 * SECOND), min_size=3, max_size=8),
    st.integers(5, 60),
)
def test_times_of_any_wrong_zone_are_named_with_their_distance(
    quarters: int, delays: list[int], cadence_min: int
) -> None:
    """Zones lie 12 h behind to 14 h ahead of UTC, in quarters of an hour (IANA tz)."""
    said = [NOON + n * cadence_min * MINUTE for n in range(len(delays))]
    late = [told(n + 1, at + quarters * QUARTER, at + delays[n]) for n, at in enumerate(said)]
    if late[-1].received - late[0].received >= 10 * MINUTE:
        (one,) = heard(*late)
        assert (one.zone, one.wrong) == (quarters * QUARTER, True)


@given(st.integers(1, 60), st.integers(1, 600), st.integers(2, 200), st.integers(0, 30 * 24), st.booleans())
def test_a_backlog_is_never_a_wrong_clock(
    cadence_min: int, pause_s: int, count: int, age_h: int, newest_first: bool
) -> None:
    """Sent at least twice as fast as it was made, in either order, however long it waited."""
    pause = min(pause_s * SECOND, cadence_min * MINUTE // 2)
    said = [NOON + n * cadence_min * MINUTE for n in range(count)]
    start = said[-1] + age_h * HOUR
    order = reversed(said) if newest_first else said
    assert heard(*(told(n + 1, at, start + n * pause) for n, at in enumerate(order))) == []


@pytest.mark.parametrize(
    ("ahead", "zone"),
    [(AHEAD, None), (AHEAD + 1, 0), (37 * MINUTE, 0), (2 * HOUR, 2 * HOUR), (20 * HOUR, 0), (40 * DAY, 0)],
)
def test_one_message_from_the_future_is_enough(ahead: int, zone: int | None) -> None:
    """Nothing comes before it was said; up to two minutes are nobody's fault."""
    assert [one.zone for one in heard(told(1, NOON + ahead, NOON))] == ([] if zone is None else [zone])


def test_repeats_copies_of_the_broker_and_messages_without_time_tell_nothing() -> None:
    first = told(1, NOON, NOON)
    copies = [told(2 + n, NOON, NOON + HOUR + n * 5 * MINUTE) for n in range(5)]
    copies = [one._replace(said=one.received - HOUR, retained=True) for one in copies]
    again = [told(1, NOON + 9 * HOUR, NOON) for _ in range(5)]
    silent = [told(9 + n, None, NOON + n * HOUR) for n in range(5)]
    assert heard(first, *copies, *again, *silent) == []


def test_who_is_wrong_is_known_after_a_restart_and_forgotten_once_right(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON))
    spool.add([told(1, NOON + 2 * HOUR, NOON)])
    spool.close()
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON))
    spool.add([told(2, NOON + 3 * HOUR, NOON + HOUR)])
    (one,) = read_status(tmp_path).clocks
    assert (one.site, one.device, one.zone, one.since, one.times) == (*ME[:2], 2 * HOUR, NOON, 2)
    spool.add([told(3, NOON + 2 * HOUR, NOON + 2 * HOUR)])
    assert read_status(tmp_path).clocks == ()
    spool.close()
