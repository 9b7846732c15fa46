"""The table of origins stays bounded, whatever names and boots are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.testing.fixed_clock import FixedClock
from gateway.spool.entry import Entry, Origin
from gateway.spool.origins import BOOTS_KEPT, ROWS_KEPT, forget_old
from gateway.spool.spool import Spool
from tests.gateway.ends import NOON

QUIET = Origin("s2", "soil-2", "b1")


def entry(seq: int, origin: Origin, received: int) -> Entry:
    return Entry("readings", received, "ecoviv/1/s1/soil-1/readings", "", b"x" * 50, origin, seq)


def rows(spool: Spool) -> int:
    (count,) = spool.connection.execute("SELECT count(*) FROM senders").fetchone()
    return int(count)


@pytest.mark.parametrize("cap", [2**20, 64 * 2**20])
def test_a_sensor_that_restarts_without_end_keeps_few_rows(tmp_path: Path, cap: int) -> None:
    """One message a boot, 10,400 boots, each confirmed: 20 in a transaction."""
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=cap)
    spool.add([entry(1, QUIET, NOON), entry(2, QUIET, NOON)])
    most = 0
    for turn in range(520):
        boots = [Origin("s1", "soil-1", f"b{turn}-{n}") for n in range(20)]
        spool.add(
            [entry(1, boot, NOON + turn) for boot in boots],
            {("readings", spool.epoch): spool.highest["readings"]},
        )
        assert all(spool.receipt(boot).spooled == 1 for boot in boots)
        most = max(most, rows(spool))
    spool.add([], {("readings", spool.epoch): spool.highest["readings"]})
    assert most <= 10_022
    assert spool.receipt(QUIET).model_dump(exclude_defaults=True) == {"boot": "b1", "spooled": 2, "stored": 2}
    spool.close()
    again = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=cap)
    again.add([entry(3, QUIET, NOON)])
    assert rows(again) <= BOOTS_KEPT + 1
    assert again.receipt(QUIET).spooled == 3
    assert not list(tmp_path.glob("*damaged*"))
    again.close()


def test_names_made_up_without_end_leave_the_latest(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON))
    spool.add([entry(1, Origin("s1", f"x-{n}", "b1"), NOON + n) for n in range(30)])
    waiting = spool.highest["readings"]
    assert forget_old(spool.connection, rows_kept=10) == set(), "their messages are still here"
    spool.add([], {("readings", spool.epoch): waiting})
    gone = forget_old(spool.connection, rows_kept=10)
    assert gone == {("s1", f"x-{n}", "b1") for n in range(20)}
    assert ROWS_KEPT >= 10_000, "more than any gateway has sensors"
    spool.close()


def test_a_boot_that_was_forgotten_is_heard_again_as_new(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON))
    old = Origin("s1", "soil-1", "b-old")
    spool.add([entry(1, old, NOON), entry(2, old, NOON)])
    spool.add([], {("readings", spool.epoch): 2})
    spool.add([entry(1, Origin("s1", "soil-1", "b-new"), NOON + 1)])
    assert forget_old(spool.connection, boots_kept=1) == {("s1", "soil-1", "b-old")}
    spool.close()
    again = Spool.open(tmp_path / "spool.db", FixedClock(NOON))
    again.add([entry(1, old, NOON + 2), entry(2, old, NOON + 2)])
    assert again.receipt(old).spooled == 2
    again.close()
