"""A device that was taken over: it harms nobody but itself; real Mosquitto, the gateway as a process."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from contract import topics
from contract.batch import DeviceReceipt
from contract.instant import SECOND, SystemClock
from contract.line.bus import MqttBus
from contract.places import Territory
from gateway.certificates import authority
from gateway.enrol.credentials import enrol
from gateway.spool.status import read_status
from tests.gateway.ends import PROGRAM, Process, reading
from tests.gateway.guard import Guard, connected, start_guard

MESSAGES = 400
CLOCK = SystemClock()


def hostile(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of what no honest sensor sends; all under topics that the device may write."""
    topic = topics.sensor("s1", "soil-1", "readings")
    one = '{"quantity":"soil_temperature","value":1,"depth_m":0.1}'
    head = '{"v":1,"kind":"readings","site":"s1","device":"soil-1","boot":"b%d","seq":%d,'
    while True:
        named = head % (chance.randrange(10**6), chance.choice((1, 2**53, 10**19)))
        for text in (
            named + '"readings":[' + ",".join([one] * 4_000) + "]}",
            named + '"x":' + "[" * 100_000,
            named + '"x":"' + "\\u0000" * 2_000 + '"}',
            named + '"readings":[' + one.replace("1,", "1" + "0" * 4_000 + ",") + "]}",
            named + '"readings":[' + one + "]}",
            "{" * 50_000,
        ):
            yield topic, text.encode()
        yield topic, chance.randbytes(1_000)
        yield topics.sensor("s1", "soil-1", "clip"), b"\0" * 400_000
        yield topics.audio("s1", "soil-1", "../../../etc/passwd"), b"EVA\x01\x02b1" + chance.randbytes(500)
        yield topics.audio("s1", "soil-1", "%s" * 20), b""


@pytest.fixture
def guard(territory: Territory, tmp_path: Path) -> Iterator[Guard]:
    authority.server_certificate(tmp_path / "broker", ["127.0.0.1"])
    words = {
        name: enrol(name, territory, tmp_path / "broker") for name in ("service.gateway", "soil-1", "soil-2")
    }
    (tmp_path / "words").write_text(json.dumps(words))
    running = start_guard(tmp_path / "broker", tmp_path)
    yield running
    running.stop()


def test_a_flood_of_nonsense_neither_stops_the_gateway_nor_the_others(
    guard: Guard, territory_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = json.loads((tmp_path / "words").read_text())
    monkeypatch.setenv("ECOVIV_BROKER_USERNAME", "service.gateway")
    monkeypatch.setenv("ECOVIV_BROKER_PASSWORD", words["service.gateway"])
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    process = Process(
        [
            sys.executable, "-c", PROGRAM, "gateway", "run", "--territory", str(territory_file),
            "--state", str(tmp_path / "state"), "--broker", guard.plain().url, "--id", "north",
        ],
        tmp_path / "gateway.log",
    )  # fmt: skip
    process.start()
    thief = connected(guard.plain("soil-1", words["soil-1"]), "thief")
    quiet = connected(guard.plain("soil-2", words["soil-2"]), "quiet", topics.sensor_receipt("s2", "soil-2"))
    nonsense, spooled, slowest = hostile(random.Random(5)), 0, 0
    for seq in range(1, 21):
        for _ in range(MESSAGES // 20):
            thief.publish(*next(nonsense))
        thief.publish(
            topics.sensor("s2", "soil-2", "readings"), reading(seq, device="soil-2", site="s2", value=9)
        )
        assert thief.flush(30)
        quiet.publish(
            topics.sensor("s2", "soil-2", "readings"), reading(seq, device="soil-2", site="s2", value=seq)
        )
        asked = CLOCK.monotonic()
        spooled = until_spooled(quiet, seq, spooled)
        slowest = max(slowest, CLOCK.monotonic() - asked)
    assert process.process is not None
    memory = psutil.Process(process.process.pid).memory_info().rss
    assert process.end() == 0
    for bus in (thief, quiet):
        bus.close()
    assert spooled == 20
    assert slowest < 30 * SECOND
    assert memory < 150 * 2**20
    assert sum("soil-2" in refusal for refusal in thief.refusals) == 20, "it may not speak for the other"
    status = read_status(tmp_path / "state")
    assert {device for _, device in status.last_heard} == {"soil-1", "soil-2"}
    assert not list(tmp_path.glob("state/*damaged*"))


def until_spooled(bus: MqttBus, seq: int, spooled: int) -> int:
    deadline = CLOCK.monotonic() + 60 * SECOND
    while spooled < seq and CLOCK.monotonic() < deadline:
        deliveries = bus.poll(0.2)
        bus.acknowledge(deliveries)
        for delivery in deliveries:
            spooled = max(spooled, DeviceReceipt.model_validate_json(delivery.payload).spooled)
    return spooled
