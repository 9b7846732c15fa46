"""A station that lets sensors of the network in: only those enrolled, or anybody where that was asked for."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.config import load_territory
from contract.errors import ConfigurationError, UnreachableError, UsageError
from contract.line.station import find_broker
from ecoviv.station.broker import free_port, mosquitto_path, start_broker
from ecoviv.station.door import Door, advice, check, enrolled, own_address
from ecoviv.station.supervisor import Station
from gateway.enrol.credentials import enrol

ROOT = Path(__file__).resolve().parents[3]
NETWORK = "127.0.0.2"
"""Stands for an address of the network: no other machine reaches it, and it is not 127.0.0.1."""

needs_mosquitto = pytest.mark.skipif(mosquitto_path() is None, reason="mosquitto is not installed")


@pytest.fixture
def territory(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "ecoviv" / "example" / "territory.toml", tmp_path / "territory.toml"))


def publishes(port: int, topic: str, *login: str) -> bool:
    """mosquitto_pub with QoS 1 in MQTT 5 says whether the broker took it."""
    where = ("-h", NETWORK, "-p", str(port), "-V", "5", "-q", "1", "-t", topic)
    done = subprocess.run(
        ["mosquitto_pub", *where, "-m", "x", *login],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return done.returncode == 0 and "failed" not in done.stderr and "not authori" not in done.stderr.lower()


@pytest.fixture
def station(territory: Path, tmp_path: Path) -> Iterator[tuple[Station, str]]:
    """A running station with one enrolled device, and the device's password."""
    places, folder = load_territory(territory), tmp_path / "broker"
    name = next(iter(places.device_by_id))
    password = enrol(name, places, folder)
    door = Door(NETWORK, free_port(), folder)
    check(door, places)
    made = Station(territory, tmp_path / "state", door=door, services=("ingest", "gateway"))
    made.start()
    try:
        yield made, password
    finally:
        made.stop()


@needs_mosquitto
def test_who_is_enrolled_comes_in_and_nobody_else(station: tuple[Station, str], territory: Path) -> None:
    running, password = station
    door, places = running.door, load_territory(territory)
    assert door is not None
    device = next(iter(places.device_by_id.values()))
    topic = f"ecoviv/1/{device.site}/{device.id}/readings"
    assert publishes(door.port, topic, "-u", device.id, "-P", password)
    assert not publishes(door.port, topic)
    assert not publishes(door.port, topic, "-u", device.id, "-P", "guessed")
    assert not publishes(door.port, "ecoviv/1/elsewhere/other/readings", "-u", device.id, "-P", password)


@needs_mosquitto
def test_secrets_are_files_of_this_user_and_nowhere_else(station: tuple[Station, str]) -> None:
    running, _ = station
    files = sorted((running.folder / "secrets").iterdir())
    names = ("doctor", "gateway", "ingest", "replay")
    assert [file.name for file in files] == [f"{name}.password" for name in names]
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600
        secret = file.read_text()
        for process in running.processes.values():
            assert secret not in Path(f"/proc/{process.pid}/cmdline").read_text()
            assert secret not in Path(f"/proc/{process.pid}/environ").read_text()
        assert all(secret not in log.read_text() for log in (running.folder / "log").iterdir())


@needs_mosquitto
def test_visitors_of_this_user_come_in_with_their_own_rights(
    station: tuple[Station, str],
) -> None:
    running, _ = station
    assert running.door is not None
    topic = "ecoviv/1/n1/n1-soil/readings"
    for visitor, may in (("replay", True), ("doctor", False)):
        found = find_broker(None, visitor, state=running.folder / "gateway")
        assert found.url == running.address.url
        login = ("-u", found.username, "-P", found.secret() or "")
        assert publishes(running.door.port, topic, *login) is may
    running.stop()
    assert find_broker(None, "replay", state=running.folder / "gateway").username == ""


@needs_mosquitto
def test_a_device_enrolled_meanwhile_comes_in_after_the_next_look(
    station: tuple[Station, str], territory: Path
) -> None:
    running, _ = station
    assert running.door is not None
    assert running.door.credentials is not None
    places = load_territory(territory)
    late = list(places.device_by_id.values())[1]
    password = enrol(late.id, places, running.door.credentials)
    assert running.watch() == []
    topic = f"ecoviv/1/{late.site}/{late.id}/readings"
    deadline = time.monotonic() + 10
    while not publishes(running.door.port, topic, "-u", late.id, "-P", password):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_without_an_enrolled_device_nothing_is_opened(territory: Path, tmp_path: Path) -> None:
    places = load_territory(territory)
    with pytest.raises(ConfigurationError, match="No device is enrolled") as caught:
        check(Door(NETWORK, free_port(), tmp_path / "broker"), places)
    assert "--open" in caught.value.help
    enrol("service.gateway", places, tmp_path / "broker")
    assert enrolled(tmp_path / "broker", places) == []
    with pytest.raises(ConfigurationError, match="No device is enrolled"):
        check(Door(NETWORK, free_port(), tmp_path / "broker"), places)
    enrol("service.network", places, tmp_path / "broker")
    door = Door(NETWORK, free_port(), tmp_path / "broker")
    check(door, places)  # a territory of LoRaWAN devices alone
    assert "service.network" in " ".join(advice(door, places))


def test_a_taken_port_and_a_foreign_address_are_named(territory: Path) -> None:
    places = load_territory(territory)
    with socket.socket() as other:
        other.bind((NETWORK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} of {NETWORK} is taken"):
            check(Door(NETWORK, port), places)
    with pytest.raises(ConfigurationError, match="no address of this machine"):
        check(Door("203.0.113.7", free_port()), places)
    with pytest.raises(UsageError, match="not an address"):
        check(Door("gateway.local"), places)


def test_the_embedded_broker_stays_on_this_machine(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="Only Mosquitto"):
        start_broker(tmp_path, engine="iotcore", door=Door(NETWORK, free_port()))


def test_the_advice_names_host_port_topic_and_who_may(territory: Path, tmp_path: Path) -> None:
    places = load_territory(territory)
    device = places.device_by_id["n1-soil"]
    enrol(device.id, places, tmp_path)
    closed = " ".join(advice(Door("0.0.0.0", 1883, tmp_path), places))
    for wanted in (own_address(), "1883", f"ecoviv/1/{device.site}/{device.id}/readings", "enrol"):
        assert wanted in closed
    assert "anybody may write" in " ".join(advice(Door("0.0.0.0", 1883), places))


def test_the_command_refuses_an_open_broker_on_the_network_with_exit_3(
    territory: Path, tmp_path: Path
) -> None:
    door = ("--listen", NETWORK, "--port", str(free_port()))
    done = subprocess.run(
        [sys.executable, "-m", "ecoviv", "up", str(territory), *door],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"},
    )  # fmt: skip
    assert done.returncode == 3
    assert "No device is enrolled" in done.stderr
    assert "Traceback" not in done.stderr
