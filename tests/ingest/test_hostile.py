"""What somebody who may write upstream could do to ingest, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract import topics
from contract.batch import BatchHeader, Drop, Record, encode_batch
from contract.instant import SECOND, SystemClock
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker
from ingest.ledger import ledger, silences
from ingest.service import Ingest, batches_filter
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import put
from ingest.store.testing.messages import NOON, arrival, readings, territory, unreadable


def test_made_up_gateways_and_streams_fill_no_ledger(tmp_path: Path) -> None:
    broker, store = MemoryBroker(), SqliteStore(tmp_path / "store.db")
    ingest = Ingest(store, broker.client("ingest", (batches_filter(),)), territory(), FixedClock(NOON))
    stranger = broker.client("stranger", ())
    beat = encode_batch(BatchHeader(epoch="a" * 16, highest=9, records=0), [])
    for gateway, stream in (
        ("gw", "gossip"),
        ("Gw", "health"),
        ("a b", "health"),
        ("x" * 90, "health"),
        ("gw", ""),
    ):
        stranger.publish(topics.up(gateway, stream), beat)
    assert ingest.step() == 5
    assert list(store.streams()) == []
    assert store.counts().unreadable == 5, "kept, with the reason"
    store.close()


def test_nobody_makes_a_gap_for_another_device(tmp_path: Path) -> None:
    """An unreadable message of d1 that names d2 and a number of its choice."""
    store = SqliteStore(tmp_path / "store.db")
    forged = b'{"v":1,"kind":"joy","site":"s1","device":"d2","boot":"b1","seq":1000000}'
    put(store, [unreadable(1, forged), arrival(2, readings(1))])
    assert [(one.device, one.boot) for one in silences(store.boots())] == [("d1", "b1")]
    store.close()


@pytest.mark.parametrize(
    "topic",
    ["application/7/device/70b3/event/up", "v3/app/devices/x/up", "birdnet", "ecoviv/1/s1"],
)
def test_on_a_foreign_topic_nobody_uses_up_numbers(tmp_path: Path, topic: str) -> None:
    """Who may only write uplinks names a device and the last of all numbers."""
    store = SqliteStore(tmp_path / "store.db")
    forged = b'{"v":1,"kind":"joy","site":"s1","device":"d1","boot":"b1","seq":9007199254740991}'
    strange = unreadable(1, forged)
    put(store, [strange._replace(record=strange.record._replace(topic=topic)), arrival(2, readings(1))])
    assert list(silences(store.boots())) == []
    assert store.counts().unreadable == 1, "kept all the same"
    store.close()


def test_a_forged_heartbeat_is_a_claim_until_a_record_comes(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    put(store, [arrival(1, readings(1)), arrival(2, readings(2))])
    for number in range(5):
        claim = BatchHeader(epoch=f"{number:016x}", highest=2**62, records=0)
        store.commit("gw", "readings", claim, [])
    lines = ledger(store.streams())
    assert [line.missing for line in lines] == [0] * 6
    assert [line.waiting for line in lines] == [0] + [2**62] * 5, "and is shown as such"
    store.close()


@pytest.mark.parametrize("step", [1, 2])
def test_made_up_drops_cost_no_time_beyond_their_number(tmp_path: Path, step: int) -> None:
    """10 headers of 2,000 ranges, side by side (merged) or apart (kept)."""
    store = SqliteStore(tmp_path / "store.db")
    started = SystemClock().monotonic()
    for turn in range(10):
        first = 1 + turn * 2_000 * step
        dropped = tuple(Drop(first=n, last=n, reason="x") for n in range(first, first + 2_000 * step, step))
        store.commit("gw", "readings", BatchHeader(epoch="a" * 16, highest=9, records=0, dropped=dropped), [])
    assert SystemClock().monotonic() - started < 30 * SECOND
    (state,) = store.streams()
    assert len(state.dropped) == (1 if step == 1 else 20_000)
    store.close()


def test_a_record_of_a_topic_without_end_is_kept(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    broker = MemoryBroker()
    ingest = Ingest(store, broker.client("ingest", (batches_filter(),)), territory(), FixedClock(NOON))
    record = Record(1, NOON, "ecoviv/1/" + "x/" * 20_000, "", b"\0" * 10)
    header = BatchHeader(epoch="a" * 16, highest=1, records=1)
    broker.client("gw", ()).publish(topics.up("gw", "readings"), encode_batch(header, [record]))
    assert ingest.step() == 1
    assert store.counts().unreadable == 1
    store.close()
