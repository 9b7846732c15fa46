"""The process on real brokers: ready, steady, killed, finished."""

from __future__ import annotations

import importlib.util
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import topics
from contract.instant import SECOND, SystemClock
from contract.line.bus import MqttBus
from ecoviv.station.broker import Engine, RunningBroker, mosquitto_path, start_broker
from ecoviv.station.child import spawn, stop
from ingest.store import open_store
from ingest.store.testing.messages import readings, record
from tests.ingest.stand_in import GatewayStandIn

PROGRAM = "import typer; from ingest.cli import register; app = typer.Typer(); register(app); app()"
TERRITORY = """
[territory]
id = "demo"
zones = [{id = "meadow", arm = "control", land_use = "agriculture"}]
sites = [{id = "s1", zone = "meadow", latitude = 45, longitude = 3}]
devices = [{id = "d1", site = "s1", sensors = ["weather"], cadence_s = 60}]
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, "ingest", *arguments]


def run_ingest(
    folder: Path, broker: RunningBroker, identity: str = "ingest-1", *more: str
) -> subprocess.Popen[bytes]:
    """The service, once it says that it is ready."""
    territory = folder / "territory.toml"
    territory.write_text(TERRITORY)
    where = ("--territory", str(territory), "--store", f"sqlite:{folder / 'store.db'}")
    log = folder / f"{identity}.log"
    log.write_text("")
    process = spawn(command("run", *where, "--broker", broker.address.url, "--id", identity, *more), log=log)
    ready = f"ingest {identity} ready on mqtt://127.0.0.1:"
    pause = threading.Event()
    for _ in range(200):
        if ready in log.read_text():
            return process
        assert process.poll() is None, log.read_text()
        pause.wait(0.05)
    raise AssertionError(f"not ready: {log.read_text()}")


def gateway_on(broker: RunningBroker, count: int) -> GatewayStandIn:
    bus = MqttBus(broker.address, "gw", (topics.receipt_filter("gw"),))
    bus.connect()
    return GatewayStandIn(bus, [record(n, readings(n, float(n % 30))) for n in range(1, count + 1)])


def deliver(gateway: GatewayStandIn, size: int, wait_s: float) -> None:
    """Send everything, again what no receipt came for, until it is committed."""
    clock = SystemClock()
    deadline = clock.monotonic() + int(wait_s * SECOND)
    while not gateway.done:
        assert clock.monotonic() < deadline, f"only {gateway.committed} of {len(gateway.records)} committed"
        first = gateway.committed + 1
        for start in range(first, min(first + 10 * size, len(gateway.records) + 1), size):
            gateway.send(start, start + size - 1)
        aim = min(first + 10 * size - 1, len(gateway.records))
        while gateway.committed < aim and gateway.listen(0.5):
            pass


@pytest.fixture(params=["iotcore", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningBroker]:
    engine: Engine = request.param
    if engine == "mosquitto" and mosquitto_path() is None:
        pytest.skip("Debian's mosquitto is not installed")
    if engine == "iotcore" and importlib.util.find_spec("iotcore") is None:
        pytest.skip("iotcore is not installed")
    with start_broker(tmp_path / "broker", engine=engine) as running:
        yield running


def test_killed_at_random_moments_it_loses_nothing_and_stores_nothing_twice(
    broker: RunningBroker, tmp_path: Path
) -> None:
    count, kills = 12_000, 10
    gateway = gateway_on(broker, count)
    chance, pause = random.Random(5), threading.Event()
    process = run_ingest(tmp_path, broker)
    try:
        for _ in range(kills):
            for first in range(gateway.committed + 1, gateway.committed + 1001, 100):
                gateway.send(first, first + 99)
            pause.wait(chance.uniform(0, 0.15))
            process.kill()
            process.wait()
            process = run_ingest(tmp_path, broker)
            gateway.listen()
        deliver(gateway, 100, 60)
    finally:
        stop(process)
        gateway.bus.close()
    store = open_store(f"sqlite:{tmp_path / 'store.db'}", read_only=True)
    counts = store.counts()
    assert (counts.messages, counts.points, counts.duplicated, counts.conflicts) == (count, count, 0, 0)
    assert store.verify() == []
    store.close()


def test_the_broker_may_die_too(broker: RunningBroker, tmp_path: Path) -> None:
    gateway = gateway_on(broker, 3_000)
    process = run_ingest(tmp_path, broker)
    gateway.send(1, 100)
    broker.kill()
    broker.restart()
    try:
        deliver(gateway, 100, 60)
    finally:
        stop(process)
        gateway.bus.close()
    store = open_store(f"sqlite:{tmp_path / 'store.db'}", read_only=True)
    assert (store.counts().messages, store.counts().duplicated) == (3_000, 0)
    store.close()


def test_two_workers_share_the_work(broker: RunningBroker, tmp_path: Path) -> None:
    workers = [
        run_ingest(tmp_path, broker, name, "--share", str(tmp_path / "share"))
        for name in ("ingest-1", "ingest-2")
    ]
    gateway = gateway_on(broker, 5_000)
    try:
        deliver(gateway, 50, 60)
    finally:
        for worker in workers:
            stop(worker)
        gateway.bus.close()
    store = open_store(f"sqlite:{tmp_path / 'store.db'}", read_only=True)
    counts = store.counts()
    assert (counts.messages, counts.points, counts.duplicated) == (5_000, 5_000, 0)
    store.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_ends_in_order_when_told(tmp_path: Path, number: int, code: int) -> None:
    with start_broker(tmp_path / "broker", engine="iotcore") as running:
        process = run_ingest(tmp_path, running)
        process.send_signal(number)
        assert process.wait(10) == code


def test_while_the_store_is_locked_it_says_so_once_and_then_that_it_goes_on(tmp_path: Path) -> None:
    with start_broker(tmp_path / "broker", engine="iotcore") as running:
        process = run_ingest(tmp_path, running)
        gateway = gateway_on(running, 100)
        other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            gateway.send(1, 100)
            log, clock = tmp_path / "ingest-1.log", SystemClock()
            deadline = clock.monotonic() + 60 * SECOND
            while "locked" not in log.read_text():
                assert clock.monotonic() < deadline, log.read_text()
                clock.sleep(0.05)
            assert not gateway.listen(1.0)
            other.execute("ROLLBACK")
            deliver(gateway, 100, 60)
        finally:
            other.close()
            stop(process)
            gateway.bus.close()
    _ready, waits, goes_on = log.read_text().splitlines()
    assert waits.startswith("ingest ingest-1: ")
    assert goes_on.startswith("ingest ingest-1: it goes on, after ")
