"""The whole gateway as a process on a real broker."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract import topics
from contract.batch import ClipNotice, DeviceReceipt
from contract.instant import SECOND, SystemClock
from contract.line.bus import MqttBus
from ecoviv.station.broker import RunningBroker
from tests.gateway.ends import Process, StandIn, client, clip_messages, features, reading, say

CLOCK = SystemClock()


def test_a_reading_is_spooled_forwarded_and_stored(
    broker: RunningBroker, gateway_process: Callable[..., Process]
) -> None:
    process = gateway_process()
    process.start()
    ingest = StandIn(client(broker, "ingest", topics.UP_FILTER))
    sensor = client(broker, "sensor", topics.sensor_receipt("s1", "soil-1"))
    sent = [reading(seq) for seq in range(1, 301)]
    for payload in sent:
        say(sensor, payload)
    stored = 0
    deadline = CLOCK.monotonic() + 20 * SECOND
    while stored < 300 and CLOCK.monotonic() < deadline:
        ingest.step(0.01)
        deliveries = sensor.poll(0.01)
        sensor.acknowledge(deliveries)
        for delivery in deliveries:
            receipt = DeviceReceipt.model_validate_json(delivery.payload)
            assert receipt.stored <= receipt.spooled
            stored = receipt.stored
    assert stored == 300
    assert ingest.payloads() == sent
    assert process.end() == 0
    for bus in (ingest.bus, sensor):
        bus.close()


def test_a_clip_is_joined_announced_and_heard(
    broker: RunningBroker, gateway_process: Callable[..., Process]
) -> None:
    process = gateway_process()
    process.start()
    edge = client(broker, "edge", topics.LOCAL_CLIP)
    sensor = client(broker, "sensor")
    sound = random.Random(1).randbytes(200_000)
    sha256, manifest, parts = clip_messages(sound, piece=65_536)
    for part in reversed(parts):
        sensor.publish(topics.audio("s1", "mic-1", sha256), part)
    say(sensor, manifest, device="mic-1", kind="clip")
    notices = []
    deadline = CLOCK.monotonic() + 20 * SECOND
    while not notices and CLOCK.monotonic() < deadline:
        sensor.poll(0.01)
        notices = edge.poll(0.05)
    notice = ClipNotice.model_validate_json(notices[0].payload)
    assert Path(notice.path).read_bytes() == sound
    say(edge, features(sha256), device="mic-1", kind="features")
    edge.flush(5)
    assert process.end() == 0
    for bus in (edge, sensor):
        bus.close()


@dataclass(slots=True)
class Traffic:
    """A sensor that keeps each message until ``spooled``, and the far end; both watched."""

    sensor: MqttBus
    ingest: StandIn
    total: int
    allowed: int
    spooled: int = 0
    stored: int = 0
    _next: int = 1
    _resend_at: int = 0

    def step(self) -> None:
        if CLOCK.monotonic() > self._resend_at:
            self._resend_at = CLOCK.monotonic() + SECOND
            self._next = self.spooled + 1
        for _ in range(20):
            if self._next <= min(self.total, self.allowed) and self._next - self.spooled < 300:
                say(self.sensor, reading(self._next))
                self._next += 1
        self.ingest.step(0.002)
        deliveries = self.sensor.poll(0.002)
        self.sensor.acknowledge(deliveries)
        for delivery in deliveries:
            receipt = DeviceReceipt.model_validate_json(delivery.payload)
            assert receipt.stored <= receipt.spooled
            self.spooled, self.stored = max(self.spooled, receipt.spooled), max(self.stored, receipt.stored)

    def until_stored(self, number: int, seconds: int) -> None:
        deadline = CLOCK.monotonic() + seconds * SECOND
        while self.stored < number and CLOCK.monotonic() < deadline:
            self.step()
        assert self.stored >= number

    def close(self) -> None:
        self.sensor.close()
        self.ingest.bus.close()


def traffic(broker: RunningBroker, total: int) -> Traffic:
    ingest = StandIn(client(broker, "ingest", topics.UP_FILTER))
    return Traffic(client(broker, "sensor", topics.sensor_receipt("s1", "soil-1")), ingest, total, total)


def test_kill_at_any_moment_loses_nothing(
    broker: RunningBroker, gateway_process: Callable[..., Process]
) -> None:
    """Sensors keep a message until ``spooled``; what is spooled reaches ingest: law of both legs."""
    chance = random.Random(7)
    process = gateway_process()
    process.start()
    road = traffic(broker, 3_500)
    for kill in range(8):
        road.allowed = 400 * (kill + 1)
        until = CLOCK.monotonic() + int(chance.uniform(0.02, 0.4) * SECOND)
        while CLOCK.monotonic() < until:
            road.step()
        process.kill()
        process.start()
    road.allowed = road.total
    road.until_stored(road.total, 40)
    assert set(road.ingest.payloads()) == {reading(seq) for seq in range(1, road.total + 1)}
    assert process.end() == 0
    road.close()


def test_a_dying_broker_loses_nothing(broker: RunningBroker, gateway_process: Callable[..., Process]) -> None:
    process = gateway_process()
    process.start()
    road = traffic(broker, 2_000)
    for kill in range(3):
        road.allowed = 600 * (kill + 1)
        until = CLOCK.monotonic() + SECOND // 3
        while CLOCK.monotonic() < until:
            road.step()
        broker.kill()
        broker.restart()
    road.allowed = road.total
    road.until_stored(road.total, 60)
    assert set(road.ingest.payloads()) == {reading(seq) for seq in range(1, road.total + 1)}
    assert process.end() == 0
    road.close()
