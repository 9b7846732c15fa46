"""At the cap the oldest of the lowest priority goes, and every one is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.testing.fixed_clock import FixedClock
from gateway.spool.entry import Origin
from gateway.spool.spool import Spool
from gateway.spool.status import read_status
from tests.gateway.ends import NOON, Bench, reading, say
from tests.gateway.spool.test_spool import ME, entry, numbers


def test_at_the_cap_the_oldest_of_the_lowest_priority_goes_and_every_one_is_counted(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2**20)
    other = Origin("s1", "soil-1", "b2")
    spool.add([entry(seq, stream="health", size=500) for seq in range(1, 101)])
    for start in range(1, 5_001, 50):
        spool.add([entry(seq, size=500, origin=other) for seq in range(start, start + 50)])
    left = numbers(spool)
    gone = spool.highest["readings"] - len(left)
    assert gone > 0
    assert len(numbers(spool, "health")) == 100
    assert left == list(range(gone + 1, 5_001))
    assert [(drop.first, drop.last) for drop in spool.drops(spool.openings["readings"][0])] == [(1, gone)]
    assert read_status(tmp_path).counters["dropped_readings"] == gone
    assert (tmp_path / "spool.db").stat().st_size <= 2**20
    spool.close()


def test_a_flood_from_one_device_costs_the_others_nothing(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2**20)
    quiet = Origin("s2", "soil-2", "b1")
    for start in range(1, 8_001, 50):
        flood = [entry(seq, size=500) for seq in range(start, start + 50)]
        spool.add([*flood, entry(start // 50 + 1, size=500, origin=quiet)])
    spool.add([], {("readings", spool.epoch): 0})
    (left,) = spool.connection.execute(
        "SELECT count(*) FROM records JOIN senders ON senders.id=sender WHERE site='s2'"
    ).fetchone()
    gone = {
        n
        for drop in spool.drops(spool.openings["readings"][0], 10_000)
        for n in range(drop.first, drop.last + 1)
    }
    assert left == 160
    assert spool.receipt(quiet).spooled == 160
    assert len(gone) == 8_160 - len(numbers(spool)) == read_status(tmp_path).counters["dropped_readings"]
    assert gone.isdisjoint(numbers(spool))
    spool.close()


@pytest.mark.parametrize(("more", "first_gone"), [(0, 1), (1, 501)])
def test_a_device_loses_its_own_first_only_beyond_half_of_the_spool(
    tmp_path: Path, more: int, first_gone: int
) -> None:
    """500 messages of s2, then as many of s1, or one more: half is nobody's flood."""
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=4 * 2**20)
    spool.add([entry(seq, size=500, origin=Origin("s2", "soil-2", "b1")) for seq in range(1, 501)])
    spool.add([entry(seq, size=500) for seq in range(1, 501 + more)])
    spool.room.cap_pages = 150
    spool.add([entry(502, stream="health")])
    (drop,) = spool.drops(spool.openings["readings"][0])
    assert (drop.first, drop.last - drop.first < 500) == (first_gone, True)
    spool.close()


def test_what_was_given_up_is_never_called_stored(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2**20)
    for start in range(1, 5_001, 50):
        spool.add([entry(seq, size=500) for seq in range(start, start + 50)])
    spool.add([], {("readings", spool.epoch): 5_000})
    assert spool.receipt(ME).model_dump(exclude_defaults=True) == {
        "boot": "b1",
        "spooled": 5_000,
        "stored": 0,
    }
    assert spool.drops(spool.openings["readings"][0]) == ()
    spool.close()


def test_the_road_goes_on_over_what_was_dropped(small_bench: Bench) -> None:
    bench = small_bench
    bench.ingest.mute = True
    for seq in range(1, 5_001):
        say(bench.sensor, reading(seq, value=seq / 7))
        if seq % 50 == 0:
            bench.gateway.step(0)
            bench.ingest.step()
    bench.ingest.mute = False
    for _ in range(40):
        bench.clock.advance(2 * 10**9)
        bench.turn(3)
    dropped = sum(len(gone) for gone in bench.ingest.dropped.values())
    counted = read_status(bench.folder).counters["dropped_readings"]
    kept = set(bench.ingest.payloads())
    assert dropped == counted > 0
    assert len(kept) >= 5_000 - dropped
    assert [s.waiting for s in read_status(bench.folder).streams] == [0, 0, 0, 0]
