"""The whole gateway as a process on a real broker."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from contract import topics
from contract.batch import ClipNotice, DeviceReceipt
from contract.broker import RunningBroker
from contract.instant import SECOND, SystemClock

from .conftest import Process, StandIn, client, clip_messages, features, reading, say

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


def test_kill_at_any_moment_loses_nothing(
    broker: RunningBroker, gateway_process: Callable[..., Process]
) -> None:
    """Sensors keep a message until ``spooled``; what is spooled reaches ingest: law of both legs."""
    chance = random.Random(7)
    process = gateway_process()
    process.start()
    ingest = StandIn(client(broker, "ingest", topics.UP_FILTER))
    sensor = client(broker, "sensor", topics.sensor_receipt("s1", "soil-1"))
    total, next_seq, spooled, stored, kills = 3_000, 1, 0, 0, 0
    kill_at = CLOCK.monotonic() + SECOND // 5
    resend_at = CLOCK.monotonic() + 2 * SECOND
    deadline = CLOCK.monotonic() + 60 * SECOND
    while stored < total and CLOCK.monotonic() < deadline:
        for _ in range(20):
            if next_seq <= min(total, 400 * (kills + 1)) and next_seq - spooled < 300:
                say(sensor, reading(next_seq))
                next_seq += 1
        ingest.step(0.002)
        deliveries = sensor.poll(0.002)
        sensor.acknowledge(deliveries)
        for delivery in deliveries:
            receipt = DeviceReceipt.model_validate_json(delivery.payload)
            spooled, stored = max(spooled, receipt.spooled), max(stored, receipt.stored)
        if CLOCK.monotonic() > resend_at:
            resend_at = CLOCK.monotonic() + 2 * SECOND
            next_seq = spooled + 1
        if kills < 8 and CLOCK.monotonic() > kill_at:
            process.kill()
            process.start()
            kills += 1
            kill_at = CLOCK.monotonic() + int(chance.uniform(0.02, 0.4) * SECOND)
    assert (stored, kills) == (total, 8)
    assert set(ingest.payloads()) == {reading(seq) for seq in range(1, total + 1)}
    assert process.end() == 0
    for bus in (ingest.bus, sensor):
        bus.close()
