"""What somebody who may write upstream could do to ingest, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract import topics
from contract.batch import BatchHeader, Drop, Receipt, Record, encode_batch
from contract.instant import SECOND, SystemClock
from contract.reading import Flag
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker
from ingest.ledger import ledger, silences
from ingest.retry import retry
from ingest.rules.check import examine
from ingest.service import Ingest, batches_filter
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import put
from ingest.store.testing.messages import NOON, arrival, readings, territory, unreadable
from ingest.values import Arrival


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


def test_who_may_only_write_uplinks_makes_no_gap_for_anybody(tmp_path: Path) -> None:
    """Bytes on a network's topic that carry the identity of a device of ours."""
    store = SqliteStore(tmp_path / "store.db")
    forged = b'{"v":1,"kind":"joy","site":"s1","device":"d1","boot":"b1","seq":9007199254740991}'
    uplink = Record(1, NOON, "application/1/device/ffff/event/up", "no decoder", forged)
    put(store, [Arrival(uplink, None, "no decoder", Flag(0)), arrival(2, readings(1))])
    assert list(silences(store.boots())) == []
    assert store.counts().unreadable == 1
    store.close()


@pytest.mark.parametrize("place", ["x9/d1", "s1/d1-x", "s1/d7"])
def test_only_a_device_s_own_topic_uses_up_its_numbers(tmp_path: Path, place: str) -> None:
    """What is unreadable on a topic of d1 at a site where it is not, or of nobody, names d1's last number."""
    store = SqliteStore(tmp_path / "store.db")
    forged = b'{"v":1,"kind":"joy","site":"s1","device":"d1","boot":"b1","seq":9007199254740991}'
    alien, own = f"ecoviv/1/{place}/readings", "ecoviv/1/s1/d1/readings"
    said = [Record(1, NOON, alien, why, forged) for why in ("", "nobody knows it")]
    records = [*said, Record(2, NOON, own, "", forged.replace(b"9007199254740991", b"3"))]
    put(store, [examine(record, territory()) for record in records])
    assert [(o.device, o.highest, o.absent) for o in silences(store.boots())] == [("d1", 3, 2)]
    store.close()


def test_a_record_of_a_gateway_s_wrong_year_stops_nothing(tmp_path: Path) -> None:
    """Three records, the second taken in a year that no store can hold: 2^62 ns end in 2116."""
    broker, store = MemoryBroker(), SqliteStore(tmp_path / "store.db")
    ingest = Ingest(store, broker.client("ingest", (batches_filter(),)), territory(), FixedClock(NOON))
    gateway = broker.client("gw", (topics.receipt_filter("gw"),))
    records = [arrival(number, readings(number)).record for number in (1, 2, 3)]
    records[1] = records[1]._replace(received=2**62 + 1)
    header = BatchHeader(epoch="a" * 16, highest=3, records=3)
    gateway.publish(topics.up("gw", "readings"), encode_batch(header, records))
    assert ingest.step() == 1
    (answer,) = gateway.poll(0.0)
    assert Receipt.model_validate_json(answer.payload).committed == 3
    assert [(sent.message.seq) for sent in store.messages("readings")] == [1, 3]
    (kept,) = store.unreadable()
    assert kept.payload == records[1].payload
    assert retry(store, territory()) == 1, "its bytes are sound: it can be had all the same"
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
