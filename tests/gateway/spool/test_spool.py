"""The spool keeps what it took, numbers it once, and says honestly what it gave up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import StoreError
from contract.testing.fixed_clock import FixedClock
from gateway.spool.entry import Entry, Origin
from gateway.spool.spool import Spool
from gateway.spool.status import read_status
from tests.gateway.ends import NOON

ME = Origin("s1", "soil-1", "b1")


def entry(seq: int, *, stream: str = "readings", size: int = 50, origin: Origin = ME) -> Entry:
    topic = f"ecoviv/1/{origin.site}/{origin.device}/readings"
    return Entry(stream, NOON + seq, topic, "", b"%08d" % seq + b"x" * (size - 8), origin, seq)


def numbers(spool: Spool, stream: str = "readings") -> list[int]:
    return [r.number for r in spool.batch(stream, 1, 10**9, limit=10**6, max_bytes=10**9)]


def test_numbers_run_by_stream_and_are_never_used_again(spool: Spool) -> None:
    spool.add([entry(1), entry(2), entry(3, stream="health")])
    spool.add([], {("readings", spool.epoch): 2})
    spool.close()
    again = Spool.open(spool.path, FixedClock(NOON))
    again.add([entry(4)])
    assert (numbers(again), numbers(again, "health")) == ([3], [1])
    assert [one.epoch for one in again.openings["readings"]] == [spool.epoch, again.epoch]
    assert [one.highest for one in again.openings["readings"]] == [2, 1]
    again.close()


def test_records_come_back_byte_for_byte(spool: Spool) -> None:
    spool.add([entry(1), entry(2)])
    first, second = spool.batch("readings", 1, 2, limit=10, max_bytes=10**6)
    assert (first.payload, first.topic, first.received) == (entry(1).payload, entry(1).topic, NOON + 1)
    assert second.number == 2
    spool.close()


def test_a_batch_keeps_to_its_limits_but_never_starves(spool: Spool) -> None:
    spool.add([entry(seq, size=1_000) for seq in range(1, 11)])
    assert len(spool.batch("readings", 1, 10, limit=3, max_bytes=10**6)) == 3
    assert len(spool.batch("readings", 1, 10, limit=10, max_bytes=2_500)) == 2
    assert len(spool.batch("readings", 1, 10, limit=10, max_bytes=10)) == 1
    spool.close()


def test_stored_stops_below_the_lowest_message_still_waiting(spool: Spool) -> None:
    """seq 1 readings, 2 health, 3 readings: confirming the readings leaves 2 waiting."""
    spool.add([entry(1), entry(2, stream="health"), entry(3)])
    assert spool.receipt(ME).model_dump(exclude_defaults=True) == {"boot": "b1", "spooled": 3, "stored": 0}
    assert spool.add([], {("readings", spool.epoch): 2}) == {ME}
    assert spool.receipt(ME).stored == 1
    spool.add([], {("health", spool.epoch): 1})
    assert spool.receipt(ME).stored == 3
    spool.close()


def test_spooled_stops_at_a_gap_and_survives_reopening(spool: Spool) -> None:
    spool.add([entry(1), entry(3)])
    spool.close()
    again = Spool.open(spool.path, FixedClock(NOON))
    assert again.receipt(ME).spooled == 1
    again.add([entry(2)])
    assert again.receipt(ME).spooled == 3
    again.close()


@pytest.mark.parametrize("damage", ["header", "middle", "short"])
def test_a_damaged_file_is_set_aside_and_work_goes_on(tmp_path: Path, damage: str) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON))
    for start in range(1, 2_001, 50):
        spool.add([entry(seq, size=500) for seq in range(start, start + 50)])
    spool.close()
    whole = spool.path.read_bytes()
    half = len(whole) // 2
    spool.path.write_bytes(
        {
            "header": b"\0" * 4096 + whole[4096:],
            "middle": whole[:half] + b"\xaa" * 8192 + whole[half + 8192 :],
            "short": whole[:half],
        }[damage]
    )
    again = Spool.open(spool.path, FixedClock(NOON))
    again.add([entry(1)])
    assert again.epoch != spool.epoch
    assert (tmp_path / "spool.db.damaged-20260501T120000Z").exists()
    assert read_status(tmp_path).counters["spools_set_aside"] == 1
    again.close()


def test_a_changed_byte_inside_a_message_is_noticed(tmp_path: Path) -> None:
    """SQLite's own check finds nothing wrong with such a file."""
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON))
    spool.add([entry(seq, size=500) for seq in range(1, 4)])
    spool.close()
    whole = spool.path.read_bytes()
    at = whole.index(b"00000002xxx") + 100
    spool.path.write_bytes(whole[:at] + b"\0" + whole[at + 1 :])
    again = Spool.open(spool.path, FixedClock(NOON))
    records = again.batch("readings", 1, 3, limit=9, max_bytes=10**6)
    assert [bool(record.reason) for record in records] == [False, True, False]
    assert "other bytes than were written" in records[1].reason
    again.close()


def test_sequences_that_do_not_match_their_checksum_condemn_the_file(spool: Spool) -> None:
    spool.add([entry(1)])
    spool.connection.execute("UPDATE senders SET contiguous=500")
    spool.close()
    again = Spool.open(spool.path, FixedClock(NOON))
    assert again.epoch != spool.epoch
    assert again.receipt(ME).spooled == 1
    assert numbers(again) == [1]
    again.close()


def test_what_a_damaged_file_still_holds_is_taken_over(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON))
    for start in range(1, 2_001, 50):
        spool.add([entry(seq, size=500) for seq in range(start, start + 50)])
    spool.close()
    whole = spool.path.read_bytes()
    half = len(whole) // 2
    spool.path.write_bytes(whole[:half] + b"\xaa" * 8192 + whole[half + 8192 :])
    again = Spool.open(spool.path, FixedClock(NOON))
    kept = {r.payload for r in again.batch("readings", 1, 10**9, limit=10**6, max_bytes=10**9)}
    assert kept < {entry(seq, size=500).payload for seq in range(1, 2_001)}
    assert len(kept) > 1_900
    again.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 10**9), zero=st.booleans())
def test_a_torn_wal_leaves_a_prefix_of_the_commits(
    tmp_path_factory: pytest.TempPathFactory, cut: int, zero: bool
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    spool = Spool.open(folder / "spool.db", FixedClock(NOON))
    for seq in range(1, 31):
        spool.add([entry(seq)])
    main, wal = spool.path.read_bytes(), spool.path.with_name("spool.db-wal").read_bytes()
    spool.close()
    torn = folder / "torn"
    torn.mkdir()
    at = cut % len(wal)
    (torn / "spool.db").write_bytes(main)
    (torn / "spool.db-wal").write_bytes(wal[:at] + (b"\0" * (len(wal) - at) if zero else b""))
    again = Spool.open(torn / "spool.db", FixedClock(NOON))
    kept = numbers(again)
    assert kept == list(range(1, len(kept) + 1))
    assert again.highest["readings"] == len(kept)
    assert again.receipt(ME).spooled == len(kept)
    again.close()


def test_a_spool_of_a_newer_version_is_left_alone(spool: Spool) -> None:
    spool.connection.execute("PRAGMA user_version=99")
    spool.close()
    with pytest.raises(StoreError, match="newer version"):
        Spool.open(spool.path, FixedClock(NOON))
    assert spool.path.exists()


def test_a_refusing_disk_writes_nothing_and_says_so(spool: Spool) -> None:
    other = sqlite3.connect(spool.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    spool.connection.execute("PRAGMA busy_timeout=0")
    with pytest.raises(StoreError, match="does not take messages"):
        spool.add([entry(1)])
    other.execute("ROLLBACK")
    other.close()
    spool.add([entry(1)])
    assert numbers(spool) == [1]
    spool.close()


def test_what_lies_below_a_floor_is_waited_for_no_longer_and_never_called_stored(spool: Spool) -> None:
    """A new card meets a device in the middle of its boot: 1 … 40 were told ``spooled`` by the old one."""
    spool.add([entry(42), entry(43)])
    assert spool.receipt(ME).spooled == 0
    spool.add([entry(41)._replace(floor=41)])
    told = spool.receipt(ME)
    assert (told.spooled, told.stored, told.also_stored) == (43, 0, None)
    spool.add([], {("readings", spool.epoch): 2})
    assert spool.receipt(ME).also_stored is None, "41 came last and waits"
    spool.add([entry(44)], {("readings", spool.epoch): 3})
    told = spool.receipt(ME)
    assert (told.spooled, told.stored, told.also_stored) == (44, 0, (41, 43))
    spool.close()
    again = Spool.open(spool.path, FixedClock(NOON))
    assert again.receipt(ME) == told
    again.close()


def test_a_floor_above_its_own_message_gives_up_no_more_than_what_lies_below_the_message(
    spool: Spool,
) -> None:
    spool.add([entry(5)._replace(floor=2**53 - 1)])
    spool.add([entry(7)])
    assert spool.receipt(ME).spooled == 5
    spool.close()
