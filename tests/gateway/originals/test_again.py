"""Originals that are read again: series are added, nothing is overwritten, repeats change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import topics
from contract.batch import BatchHeader, Record, encode_batch
from contract.config import load_territory
from contract.instant import MINUTE
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker
from gateway.clips import ClipRing
from gateway.intake import take_again
from gateway.service import Gateway, filters
from gateway.spool.spool import Spool
from gateway.spool.status import read_status
from ingest.retry import send_originals
from ingest.service import Ingest, batches_filter
from ingest.store import open_store
from ingest.store.protocol import Store
from tests.gateway.ends import NOON, TERRITORY

MAP = """
[[maps]]
id = "mine"
device = "soil-2"
topics = ["field/probe"]
[[maps.fields]]
path = "moisture"
quantity = "soil_moisture"
unit = "{unit}"
depth_m = 0.1
"""
SALT = """
[[maps.fields]]
path = "salt"
quantity = "soil_electrical_conductivity"
unit = "uS/cm"
depth_m = 0.1
"""


class Road:
    """A gateway and ingest on one broker in memory; the map of the gateway may change."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.broker, self.clock = folder, MemoryBroker(), FixedClock(NOON)
        self.store: Store = open_store(f"sqlite:{folder / 'store.db'}")
        self.sensor = self.broker.client("sensor", [])
        self.begin(MAP.format(unit="%"))

    def begin(self, maps: str) -> None:
        """As after a change of the territory and a restart."""
        path = self.folder / "territory.toml"
        path.write_text(TERRITORY + maps)
        places = load_territory(path)
        spool = Spool.open(self.folder / "spool.db", self.clock)
        ring = ClipRing(self.folder / "clips", spool, self.clock)
        bus = self.broker.client("gateway", filters("north", places))
        self.gateway = Gateway("north", places, bus, spool, ring, self.clock)
        line = self.broker.client("ingest", [batches_filter()])
        self.ingest = Ingest(self.store, line, places, self.clock)

    def turn(self) -> None:
        for _ in range(40):
            self.gateway.step(0)
            self.ingest.step(0)
            self.clock.advance(MINUTE)

    def retry(self) -> int:
        """What ``unreadable retry --originals`` does, on this broker."""
        sent = send_originals(self.store, self.broker.client("retry", []), None)  # type: ignore[arg-type]
        self.turn()
        return sent

    def values(self, quantity: str) -> list[tuple[int, float]]:
        (series,) = [one for one in self.store.series(device="soil-2") if one.quantity == quantity]
        points = self.store.points(series)
        return list(zip(points.time, points.value, strict=True))


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    made = Road(tmp_path)
    yield made
    made.gateway.spool.close()
    made.store.close()


def test_a_mended_map_adds_the_series_that_was_not_there_at_its_own_time(road: Road) -> None:
    """The message states no time: it stands where it was received, also when it is read again."""
    for value in (31, 32):
        road.sensor.publish("field/probe", b'{"moisture":%d,"salt":%d}' % (value, value * 10))
        road.turn()
    placed = [time for time, _ in road.values("soil_moisture")]
    assert [one.field for one in road.store.unknown_fields()] == ["salt"]
    road.gateway.spool.close()
    road.begin(MAP.format(unit="%") + SALT)
    assert road.retry() == 2
    assert road.values("soil_electrical_conductivity") == list(zip(placed, (310.0, 320.0), strict=True))
    assert [time for time, _ in road.values("soil_moisture")] == placed
    assert road.store.counts().conflicts == 0
    assert road.store.unknown_fields() == []
    assert [one.payload for one in road.store.originals()] == [
        b'{"moisture":31,"salt":310}',
        b'{"moisture":32,"salt":320}',
    ]


def test_read_again_twice_is_read_again_once(road: Road) -> None:
    road.sensor.publish("field/probe", b'{"moisture":31,"salt":310}')
    road.turn()
    road.gateway.spool.close()
    road.begin(MAP.format(unit="%") + SALT)
    road.retry()
    before = (road.store.counts().messages, road.store.counts().points, len(list(road.store.originals())))
    road.retry()
    assert (
        road.store.counts().messages,
        road.store.counts().points,
        len(list(road.store.originals())),
    ) == before


@pytest.mark.parametrize("value", [31, 32, 33, 34, 35, 36])
def test_another_value_is_a_conflict_and_never_shown(road: Road, value: int) -> None:
    """Six values, because a rank by a hash would show the new one of every second."""
    road.sensor.publish("field/probe", b'{"moisture":%d}' % value)
    road.turn()
    road.gateway.spool.close()
    road.begin(MAP.format(unit="m3/m3"))
    road.retry()
    assert [one for _, one in road.values("soil_moisture")] == [pytest.approx(value / 100)]
    assert road.store.counts().conflicts == 1


def test_devices_are_not_told_and_not_called_repeaters(road: Road) -> None:
    road.sensor.publish("field/probe", b'{"moisture":31}')
    road.turn()
    road.gateway.spool.close()
    road.begin(MAP.format(unit="%"))
    listener = road.broker.client("listener", [topics.SENSOR_RECEIPT_FILTER])
    road.turn()
    listener.acknowledge(listener.poll(0, 1_000))
    road.retry()
    assert listener.poll(0, 1_000) == []
    assert read_status(road.folder).repeats == ()


def test_what_is_sent_as_a_sensor_s_own_or_is_no_batch_is_passed_over(road: Road) -> None:
    forged = Record(1, NOON, "ecoviv/1/s1/soil-1/readings", "", b"{}")
    batch = encode_batch(BatchHeader(epoch="0" * 16, highest=1, records=1), [forged])
    assert take_again(batch, road.gateway.territory) == []
    road.sensor.publish(topics.again("north"), b"no batch")
    road.turn()
    assert road.store.counts().messages == 0
    assert road.store.counts().unreadable == 0
