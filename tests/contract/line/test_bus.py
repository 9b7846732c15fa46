"""The bus on real brokers, and its fake, keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.config import BrokerAddress
from contract.errors import UnreachableError
from contract.line.bus import Delivery, MqttBus
from contract.testing.memory_bus import MemoryBroker
from ecoviv.station.broker import RunningBroker, free_port, mosquitto_path, start_broker

TOPIC = "ecoviv/1/site/device/readings"


@pytest.fixture(params=["iotcore", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningBroker]:
    if request.param == "mosquitto" and mosquitto_path() is None:
        pytest.skip("mosquitto is not installed")
    with start_broker(tmp_path, engine=request.param) as running:
        yield running


def receiver(broker: RunningBroker) -> MqttBus:
    bus = MqttBus(broker.address, "receiver", ("ecoviv/1/+/+/+",))
    bus.connect()
    return bus


def sender(broker: RunningBroker) -> MqttBus:
    bus = MqttBus(broker.address, "sender")
    bus.connect()
    return bus


def collect(bus: MqttBus, count: int) -> list[Delivery]:
    found: list[Delivery] = []
    for _ in range(100):
        found += bus.poll(0.1)
        if len(found) >= count:
            break
    return found


def test_messages_arrive_in_order_and_once(broker: RunningBroker) -> None:
    receiving, sending = receiver(broker), sender(broker)
    for number in range(30):
        assert sending.publish(TOPIC, str(number).encode())
    found = collect(receiving, 30)
    receiving.acknowledge(found)
    assert [delivery.payload for delivery in found] == [str(number).encode() for number in range(30)]
    assert sending.flush(2)
    assert receiving.poll(0.2) == []
    receiving.close()
    sending.close()


def test_what_was_not_acknowledged_comes_again_after_a_reconnection(broker: RunningBroker) -> None:
    receiving, sending = receiver(broker), sender(broker)
    sending.publish(TOPIC, b"first")
    sending.publish(TOPIC, b"second")
    found = collect(receiving, 2)
    receiving.acknowledge(found[:1])
    receiving.poll(0.1)
    again = collect(receiver(broker), 1)
    assert [delivery.payload for delivery in again] == [b"second"]
    sending.close()


def test_a_lost_broker_is_found_again(broker: RunningBroker) -> None:
    receiving = receiver(broker)
    broker.kill()
    receiving.poll(0.2)
    assert not receiving.publish(TOPIC, b"nobody hears this")
    broker.restart()
    for _ in range(50):
        receiving.poll(0.1)
        if receiving.connected:
            break
    sending = sender(broker)
    sending.publish(TOPIC, b"heard")
    assert [delivery.payload for delivery in collect(receiving, 1)] == [b"heard"]
    receiving.close()
    sending.close()


def test_other_topics_are_listened_to_without_a_new_connection(broker: RunningBroker) -> None:
    receiving, sending = receiver(broker), sender(broker)
    receiving.listen(("farm/#", "ecoviv/1/+/+/+"))
    for topic in (TOPIC, "farm/1"):
        sending.publish(topic, b"1")
    assert sorted(one.topic for one in collect(receiving, 2)) == [TOPIC, "farm/1"]
    receiving.listen(("farm/#",))
    receiving.poll(0.2)
    for topic in (TOPIC, "farm/2"):
        sending.publish(topic, b"2")
    assert [one.topic for one in collect(receiving, 1)] == ["farm/2"]
    assert receiving.connections == 1
    for bus in (receiving, sending):
        bus.close()


def test_a_broker_that_is_not_there_is_named_with_the_next_step() -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match=f"127.0.0.1:{port}.*ecoviv up"):
        MqttBus(BrokerAddress(port=port), "nobody").connect(wait_s=0.2)


def test_the_fake_delivers_again_what_was_not_acknowledged() -> None:
    world = MemoryBroker()
    first = world.client("receiver", [TOPIC])
    world.client("sender").publish(TOPIC, b"one")
    world.client("sender").publish(TOPIC, b"two")
    found = first.poll(0)
    first.acknowledge(found[:1])
    assert [delivery.payload for delivery in world.client("receiver", [TOPIC]).poll(0)] == [b"two"]
