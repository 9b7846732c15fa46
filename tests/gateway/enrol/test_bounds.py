"""One enrolled sensor cannot fill the broker's memory: real Mosquitto with the written files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from contract import topics
from contract.line.bus import MqttBus
from contract.places import Territory
from gateway.enrol.credentials import enrol
from gateway.service import filters
from tests.gateway.ends import GATEWAY, reading
from tests.gateway.guard import Guard, connected, start_guard

BIG = bytes(1_900_000)
FLOOD = 400
"""Times 1.9 MB: three times what the broker may take."""
LIMIT = 300 * 2**20
"""[bytes]  256 MiB of the file, and what the program itself needs."""
NAMES = ("service.gateway", "soil-1", "soil-2")


@pytest.fixture
def guard(territory: Territory, tmp_path: Path) -> Iterator[tuple[Guard, dict[str, str]]]:
    words = {name: enrol(name, territory, tmp_path / "broker") for name in NAMES}
    running = start_guard(tmp_path / "broker", tmp_path)
    yield running, words
    running.stop()


def flood(thief: MqttBus, topic: str, *, retain: bool) -> None:
    """Each to a topic of its own, where the ``topic`` has a place for it; refused and cut off or not."""
    for number in range(FLOOD):
        name = topic.replace("+", hashlib.sha256(b"%d" % number).hexdigest())
        thief.publish(name, BIG, retain=retain)
        if number % 5 == 4:
            thief.flush(0.5)


@pytest.mark.parametrize("retain", [False, True])
def test_a_flood_leaves_the_broker_s_memory_bounded(
    guard: tuple[Guard, dict[str, str]], retain: bool
) -> None:
    """The gateway is away and everything waits for it, or is retained."""
    running, words = guard
    with closing(
        connected(running.plain("service.gateway", words["service.gateway"]), "g", *filters(GATEWAY))
    ):
        pass
    with closing(connected(running.plain("soil-1", words["soil-1"]), "x")) as thief:
        flood(thief, topics.audio("s1", "soil-1", "+"), retain=retain)
        assert psutil.Process(running.process.pid).memory_info().rss < LIMIT
    assert running.process.poll() is None, "it still runs"


def test_after_a_flood_the_others_are_heard(guard: tuple[Guard, dict[str, str]]) -> None:
    running, words = guard
    gateway = running.plain("service.gateway", words["service.gateway"])
    connected(gateway, "g", *filters(GATEWAY)).close()
    with closing(connected(running.plain("soil-1", words["soil-1"]), "x")) as thief:
        flood(thief, topics.sensor("s1", "soil-1", "readings"), retain=False)
    with closing(connected(gateway, "g", *filters(GATEWAY))) as back:
        while waiting := back.poll(1.0):
            back.acknowledge(waiting)
        with closing(connected(running.plain("soil-2", words["soil-2"]), "y")) as honest:
            said = reading(1, device="soil-2", site="s2")
            honest.publish(topics.sensor("s2", "soil-2", "readings"), said)
            assert honest.flush(5)
        assert [delivery.payload for delivery in back.poll(2.0)] == [said]


def test_a_gateway_that_asks_for_nothing_retained_gets_nothing(guard: tuple[Guard, dict[str, str]]) -> None:
    """Neither at its first connection nor at the next; live messages come, retained or not."""
    running, words = guard
    address, topic = running.plain("service.gateway", words["service.gateway"]), "readings"
    with closing(connected(running.plain("soil-1", words["soil-1"]), "x")) as device:
        device.publish(topics.sensor("s1", "soil-1", topic), reading(1), retain=True)
        assert device.flush(3)
        for seq in (2, 3):
            with closing(MqttBus(address, "g", filters(GATEWAY), retained=False)) as gateway:
                gateway.connect(3)
                assert gateway.poll(0.5) == []
                device.publish(topics.sensor("s1", "soil-1", topic), reading(seq), retain=True)
                assert device.flush(3)
                heard = gateway.poll(2)
                gateway.acknowledge(heard)
                assert [(one.payload, one.retained) for one in heard] == [(reading(seq), False)]
        with closing(MqttBus(address, "g", filters(GATEWAY), session_s=0)) as asking:
            asking.connect(3)
            assert [one.retained for one in asking.poll(2)] == [True]
