"""What the service promises, on a bus without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract import topics
from contract.batch import BatchHeader, Record, encode_batch
from contract.instant import MINUTE, to_datetime
from contract.reading import Flag
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker, MemoryBus
from contract.wire import WireMessage
from ingest.service import Ingest, batches_filter
from ingest.store.protocol import StoreBusy
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import TEMPERATURE
from ingest.store.testing.messages import EPOCH, NOON, health, readings, record, territory
from tests.ingest.stand_in import GatewayStandIn


@dataclass
class Road:
    """Ingest on a memory bus, and what it needs."""

    broker: MemoryBroker
    store: SqliteStore
    bus: MemoryBus
    ingest: Ingest

    def gateway(self, records: list[Record], name: str = "gw") -> GatewayStandIn:
        return GatewayStandIn(self.broker.client(name, (topics.receipt_filter(name),)), records, name)

    def restart(self) -> None:
        """As if the process had died: what was not acknowledged comes again."""
        self.bus = self.broker.client("ingest-1", (batches_filter("ingest"),))
        self.ingest = Ingest(self.store, self.bus, territory(), FixedClock(NOON))


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    broker, store = MemoryBroker(), SqliteStore(tmp_path / "store.db")
    bus = broker.client("ingest-1", (batches_filter("ingest"),))
    yield Road(broker, store, bus, Ingest(store, bus, territory(), FixedClock(NOON)))
    store.close()


def records(*messages: WireMessage) -> list[Record]:
    return [record(number, message) for number, message in enumerate(messages, 1)]


def test_a_batch_is_stored_and_answered(road: Road) -> None:
    gateway = road.gateway(records(readings(1, 10.0), readings(2, 11.0)))
    gateway.send(1, 2)
    assert road.ingest.step() == 1
    gateway.listen()
    assert gateway.done
    assert list(road.store.points(TEMPERATURE).value) == [10.0, 11.0]
    assert road.bus.unacknowledged == {}


def test_the_receipt_never_precedes_the_commit(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = road.gateway(records(readings(1)))
    gateway.send(1, 1)

    def fails(*_: object) -> None:
        raise StoreBusy("The store is locked", help="Waiting")

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "commit_all", fails)
        assert road.ingest.step() == 0
        assert "locked" in road.ingest.waiting_for
        gateway.send(1, 1)
        assert road.ingest.step() == 0
        assert len(road.bus.waiting) == 1, "back-pressure: nothing more is read"
    gateway.listen()
    assert gateway.receipts == []
    assert len(road.bus.unacknowledged) == 1
    assert road.ingest.step() == 1
    gateway.listen()
    assert gateway.done
    assert road.ingest.waiting_for == ""


def test_many_gateways_and_junk_cost_one_commit_together(road: Road) -> None:
    """A commit waits for the disk; a hundred gateways in small batches must not wait a hundred times."""
    gateways = [road.gateway([record(1, readings(n))], f"gw{n}") for n in range(1, 41)]
    for gateway in gateways:
        gateway.send(1, 1)
    stranger = road.broker.client("stranger", ())
    for gateway, payload in (("gw1", b"junk"), ("gw2", b"rubbish")):
        stranger.publish(topics.up(gateway, "readings"), payload)
    said: list[str] = []
    road.store._writing.connection.set_trace_callback(said.append)
    assert road.ingest.step() == 42
    assert said.count("COMMIT") == 1
    for gateway in gateways:
        gateway.listen()
    assert all(gateway.done for gateway in gateways)
    assert (road.store.counts().messages, road.store.counts().unreadable) == (40, 2)


def test_a_store_that_is_busy_at_the_start_is_waited_for_and_told_the_cadences_later(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, int | None]] = []
    describe = SqliteStore.describe

    def fails(*_: object) -> None:
        raise StoreBusy("The store is locked", help="Waiting")

    def notes(store: SqliteStore, cadences: dict[str, int | None]) -> None:
        told.append(cadences)
        describe(store, cadences)

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "describe", fails)
        road.restart()
        road.ingest.step()
        assert "locked" in road.ingest.waiting_for
    monkeypatch.setattr(SqliteStore, "describe", notes)
    road.ingest.step()
    road.ingest.step()
    assert road.ingest.waiting_for == ""
    assert told == [{device.id: device.cadence_s for device in territory().devices}]


def test_what_was_not_acknowledged_comes_again_and_is_absorbed(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = road.gateway(records(readings(1), readings(2)))
    gateway.send(1, 2)
    with monkeypatch.context() as patched:
        patched.setattr(MemoryBus, "acknowledge", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            road.ingest.step()
    road.restart()
    assert road.ingest.step() == 1
    gateway.listen()
    assert gateway.done
    counts = road.store.counts()
    assert (counts.messages, counts.repeats, counts.duplicated) == (2, 2, 0)


def test_a_lost_batch_is_asked_for_again(road: Road) -> None:
    gateway = road.gateway(records(*(readings(n) for n in range(1, 7))))
    gateway.send(1, 2)
    gateway.send(5, 6)
    road.ingest.step()
    gateway.listen()
    assert (gateway.committed, gateway.missing) == (2, ((3, 4),))
    gateway.send(3, 4)
    road.ingest.step()
    gateway.listen()
    assert gateway.done


def test_a_heartbeat_reveals_a_lost_tail(road: Road) -> None:
    gateway = road.gateway(records(readings(1), readings(2), readings(3)))
    gateway.send(1, 1)
    gateway.heartbeat()
    road.ingest.step()
    gateway.listen()
    assert (gateway.committed, gateway.missing) == (1, ((2, 3),))


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (record(1, readings(1))._replace(payload=b"{"), "not JSON"),
        (
            record(1, readings(1))._replace(reason="no site for sensor 7", payload=b"?"),
            "no site for sensor 7",
        ),
        (record(1, readings(1))._replace(payload=b'{"v":2,"kind":"readings"}'), "version"),
        (record(1, readings(1, device="d9")), "device 'd9' is not in the territory"),
        (record(1, readings(1, site="s2")), "device 'd1' is at site 's1' in the territory, not 's2'"),
        (
            record(1, readings(1))._replace(topic=topics.sensor("s1", "d2", "readings")),
            "topic of s1/d2/readings",
        ),
        (record(1, readings(1))._replace(topic=topics.sensor("s1", "d1", "health")), "topic of s1/d1/health"),
    ],
)
def test_the_unreadable_is_kept_with_its_reason_and_stops_nothing(
    road: Road, sent: Record, reason: str
) -> None:
    gateway = road.gateway([sent, record(2, readings(2))])
    gateway.send(1, 2)
    road.ingest.step()
    gateway.listen()
    assert gateway.done
    (kept,) = road.store.unreadable()
    assert reason in kept.reason
    assert (kept.payload, kept.topic) == (sent.payload, sent.topic)
    assert road.store.counts().points == 1


def test_a_foreign_topic_is_believed_if_the_territory_knows_the_device(road: Road) -> None:
    gateway = road.gateway([record(1, readings(1))._replace(topic="application/7/device/70b3d5/event/up")])
    gateway.send(1, 1)
    road.ingest.step()
    assert road.store.counts().points == 1


@pytest.mark.parametrize(
    "payload",
    [b"junk", b"EVB\x01" + b"\xff" * 40, encode_batch(BatchHeader(epoch=EPOCH, highest=1, records=1), [])],
)
def test_bytes_that_are_no_batch_are_kept_and_stop_nothing(road: Road, payload: bytes) -> None:
    gateway = road.gateway(records(readings(1)))
    gateway.bus.publish(topics.up("gw", "readings"), payload)
    gateway.send(1, 1)
    road.ingest.step()
    gateway.listen()
    assert gateway.done
    (kept,) = road.store.unreadable()
    assert kept.payload == payload


def test_a_clock_a_year_late_is_no_fault_but_1970_is(road: Road) -> None:
    late = record(1, readings(1, 1.0, time=to_datetime(NOON - 365 * 1440 * MINUTE)), received=NOON)
    reset = record(2, readings(2, 2.0, time=to_datetime(MINUTE)), received=NOON)
    gateway = road.gateway([late, reset])
    gateway.send(1, 2)
    road.ingest.step()
    points = road.store.points(TEMPERATURE)
    assert list(zip(points.value, points.flags, strict=True)) == [(2.0, Flag.CLOCK), (1.0, Flag.GAP)]


def test_of_two_batches_in_one_portion_the_highest_number_counts_whichever_came_last(road: Road) -> None:
    # of numbers up to 6 the last two come first; the batch behind them was made when there were two
    sent = records(*(readings(n) for n in range(1, 7)))
    gateway = road.gateway(sent)
    for highest, batch in ((6, sent[4:]), (2, sent[:2])):
        header = BatchHeader(epoch=EPOCH, highest=highest, records=len(batch))
        gateway.bus.publish(topics.up("gw", "readings"), encode_batch(header, batch))
    assert road.ingest.step() == 2
    (state,) = road.store.streams()
    assert state.highest == 6


def test_several_gateways_and_streams_in_one_step(road: Road) -> None:
    one, two = road.gateway(records(readings(1))), road.gateway(records(readings(2)), "gw2")
    well = GatewayStandIn(one.bus, records(health(3)), "gw", "health")
    for gateway in (one, two, well):
        gateway.send(1, 1)
    assert road.ingest.step() == 3
    kept = [one.bus.waiting.copy(), two.bus.waiting.copy()]
    assert [len(queue) for queue in kept] == [2, 1]
    assert road.store.counts().messages == 3
    assert {(state.gateway, state.stream) for state in road.store.streams()} == {
        ("gw", "readings"), ("gw2", "readings"), ("gw", "health"),
    }  # fmt: skip


def test_a_backlog_is_written_in_portions(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.service.CHUNK_RECORDS", 4)
    gateway = road.gateway(records(*(readings(n) for n in range(1, 21))))
    for first in range(1, 21, 2):
        gateway.send(first, first + 1)
    assert road.ingest.step() == 10
    gateway.listen()
    assert [receipt.committed for receipt in gateway.receipts] == [4, 8, 12, 16, 20]
