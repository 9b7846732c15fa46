"""The order of the service: first the disk, then the broker, then the sensor."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import topics
from contract.batch import LATEST, DeviceReceipt
from contract.instant import SECOND
from contract.line.bus import Bus, Delivery
from contract.places import Territory
from gateway.spool.entry import Origin
from gateway.spool.origins import BOOTS_ALIVE
from gateway.spool.status import read_status
from tests.gateway.ends import NOON, Bench, clip_messages, features, reading, say, taken


@dataclass(slots=True)
class Witness:
    """A bus that looks at the disk, from another connection, at each thing the gateway says."""

    bus: Bus
    spool: Path
    acknowledged: int = 0
    told: int = 0
    early: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def poll(self, timeout_s: float, limit: int = 50) -> list[Delivery]:
        return self.bus.poll(timeout_s, limit)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        sensors = [d.place for d in deliveries if isinstance(d.place, topics.SensorTopic)]
        spoken = [place for place in sensors if place.kind != "receipt"]
        self.acknowledged += len(spoken)
        if self.on_disk() < self.acknowledged:
            self.early.append(f"acknowledged {self.acknowledged}")
        self.bus.acknowledge(deliveries)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        if topic.endswith("/receipt"):
            self.told = DeviceReceipt.model_validate_json(payload).spooled
            if self.on_disk() < self.told:
                self.early.append(f"told {self.told}")
        return self.bus.publish(topic, payload, retain=retain)

    def close(self) -> None:
        self.bus.close()

    def on_disk(self) -> int:
        connection = sqlite3.connect(f"{self.spool.as_uri()}?mode=ro", uri=True)
        (highest,) = connection.execute("SELECT sum(highest) FROM streams").fetchone()
        connection.close()
        return int(highest)


def test_nothing_is_acknowledged_or_told_before_it_is_on_disk(bench: Bench) -> None:
    witness = Witness(bench.gateway.bus, bench.folder / "spool.db")
    bench.gateway.bus = witness
    for seq in range(1, 501):
        say(bench.sensor, reading(seq))
        if seq % 7 == 0:
            bench.turn(1)
    bench.turn(10)
    assert (witness.acknowledged, witness.told, witness.early) == (500, 500, [])
    assert bench.gateway.spool.connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert bench.gateway.spool.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_the_disk_refuses_is_not_acknowledged_and_comes_again(bench: Bench) -> None:
    other = sqlite3.connect(bench.folder / "spool.db", isolation_level=None)
    bench.gateway.spool.connection.execute("PRAGMA busy_timeout=0")
    other.execute("BEGIN IMMEDIATE")
    say(bench.sensor, reading(1))
    bench.turn(2)
    assert len(bench.gateway.bus.unacknowledged) == 1  # type: ignore[attr-defined]
    assert bench.heard() == {}
    other.execute("ROLLBACK")
    other.close()
    bench.turn()
    assert bench.gateway.bus.unacknowledged == {}  # type: ignore[attr-defined]
    assert bench.heard() == {"b1": (1, 1)}
    assert bench.ingest.payloads() == [reading(1)]


def told(bench: Bench) -> int:
    """Receipts that have come since the last look."""
    deliveries = bench.sensor.poll(0, 100_000)
    bench.sensor.acknowledge(deliveries)
    return len(deliveries)


def test_past_boots_that_were_told_everything_are_not_told_again(bench: Bench) -> None:
    """1,000 boots within two minutes: each is told, then only the device's latest, for they may be alive."""
    for boot in range(1_000):
        say(bench.sensor, reading(1, boot=f"b{boot}"))
        if boot % 100 == 99:
            bench.turn(3)
    bench.turn(10)
    assert told(bench) >= 1_000
    for _ in range(4):
        bench.clock.advance(15 * SECOND)
        bench.gateway.step(0)
    again = told(bench)
    assert 1 <= again <= 4 * BOOTS_ALIVE
    assert bench.gateway.spool.receipt(Origin("s1", "soil-1", "b7")).stored == 1


def test_a_past_boot_is_told_what_changes_and_everybody_after_a_new_connection(bench: Bench) -> None:
    bench.ingest.mute = True
    for boot in range(50):
        say(bench.sensor, reading(1, boot=f"b{boot}"))
    bench.turn(5)
    assert set(bench.heard().values()) == {(1, 0)}
    bench.ingest.mute = False
    for _ in range(30):
        bench.clock.advance(SECOND)
        bench.turn(1)
    assert bench.heard() == {f"b{boot}": (1, 1) for boot in range(50)}
    bench.gateway.greet()
    bench.turn(2)
    assert set(bench.heard()) == {f"b{boot}" for boot in range(50)}


@pytest.mark.parametrize("wrong", [-1, 2**62 + 1, 2**64])
def test_a_clock_that_was_wrong_once_blocks_nothing(bench: Bench, wrong: int) -> None:
    """Before 1970, after 2116, after 2262 where 64 bits end."""
    bench.clock.instant = wrong
    say(bench.sensor, reading(1))
    bench.gateway.step(0)
    bench.clock.instant = NOON
    say(bench.sensor, reading(2))
    bench.turn(10)
    assert bench.heard()["b1"] == (2, 2)
    assert bench.ingest.payloads() == [reading(1), reading(2)]
    assert all(not record.reason for _, batch in bench.ingest.batches for record in batch.records)


def test_what_an_earlier_version_took_at_a_wrong_time_is_clamped_as_it_leaves(bench: Bench) -> None:
    topic = topics.sensor("s1", "soil-1", "readings")
    delivery = Delivery(topic, reading(1), False, 1, 1, topics.parse(topic))
    entry = taken(delivery, LATEST + 9, bench.territory)
    bench.gateway.spool.add([entry])
    (record,) = bench.gateway.spool.batch("readings", 1, 1, limit=1, max_bytes=1_000)
    assert (record.received, record.reason) == (LATEST, "")


def test_the_gateway_does_not_take_its_own_receipts_for_messages(bench: Bench) -> None:
    say(bench.sensor, reading(1))
    bench.turn(10)
    assert read_status(bench.folder).counters == {"messages": 1}


_SHA, _MANIFEST, _PARTS = clip_messages(random.Random(0).randbytes(1_500))
_VALID = [
    (topics.sensor("s1", "soil-1", "readings"), reading(1)),
    (topics.sensor("s1", "mic-1", "clip"), _MANIFEST),
    (topics.sensor("s1", "mic-1", "features"), features(_SHA)),
    (topics.audio("s1", "mic-1", _SHA), _PARTS[0]),
]


@settings(max_examples=300, deadline=None)
@given(
    valid=st.sampled_from(_VALID),
    topic=st.one_of(st.none(), st.text(max_size=60)),
    cut=st.integers(0, 1_600),
    changes=st.lists(st.tuples(st.integers(0, 1_600), st.integers(0, 255)), max_size=4),
    tail=st.binary(max_size=20),
)
def test_no_bytes_on_any_topic_break_the_intake(
    territory: Territory,
    valid: tuple[str, bytes],
    topic: str | None,
    cut: int,
    changes: list[tuple[int, int]],
    tail: bytes,
) -> None:
    payload = bytearray(valid[1][:cut] + tail)
    for at, byte in changes:
        if payload:
            payload[at % len(payload)] = byte
    name = topic or valid[0]
    entry = taken(Delivery(name, bytes(payload), False, 1, 1, topics.parse(name)), NOON, territory)
    assert entry.stream or entry.part is not None
    assert entry.reason or entry.origin is not None
