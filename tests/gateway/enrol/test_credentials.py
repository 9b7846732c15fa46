"""A device may say what it is and no more: shown on a real Mosquitto with the written files."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from contract import topics
from contract.config import BrokerAddress
from contract.errors import ConfigurationError, UnknownName, UnreachableError
from contract.instant import SystemClock
from contract.places import Territory
from gateway.certificates import authority
from gateway.enrol.acl import SERVICES
from gateway.enrol.claims import offer
from gateway.enrol.credentials import enrol, hash_password, read_passwords, revoke
from gateway.service import filters
from tests.gateway.ends import GATEWAY, reading, say
from tests.gateway.guard import connected, start_guard


def test_the_hash_is_mosquitto_s_own() -> None:
    """Written by mosquitto_passwd 2.0.11 for the password ``secret``."""
    salt = base64.b64decode("ee+RCgW/TTllVsdl")
    assert hash_password("secret", salt) == (
        "$7$101$ee+RCgW/TTllVsdl$0ZXstFF1GG7RhijFFvQcZ0zcHBs4uKdYneaTzQUe/4xUFIMyMAPFQ/NTAEn53U03koHnhNrA"
        "SHF606W0F6qrHw=="
    )


def test_only_known_names_are_enrolled(territory: Territory, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="neither a device"):
        enrol("soil-77", territory, tmp_path)
    with pytest.raises(UnknownName, match="no credential"):
        revoke("soil-1", territory, tmp_path)


def test_files_are_for_their_owner_only_and_hold_no_password(territory: Territory, tmp_path: Path) -> None:
    password = enrol("soil-1", territory, tmp_path / "broker")
    for path in (tmp_path / "broker").iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert password not in path.read_text()


def test_enrolling_again_replaces_and_revoking_removes(territory: Territory, tmp_path: Path) -> None:
    enrol("soil-1", territory, tmp_path)
    first = read_passwords(tmp_path)["soil-1"]
    enrol("mic-1", territory, tmp_path)
    enrol("soil-1", territory, tmp_path)
    assert read_passwords(tmp_path)["soil-1"] != first
    revoke("soil-1", territory, tmp_path)
    assert list(read_passwords(tmp_path)) == ["mic-1"]
    assert "soil-1" not in (tmp_path / "acl").read_text()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("passwords", b"\xff\xfe"),
        ("passwords", b"soil-1\n"),
        ("passwords", b"soil-1:secret\n"),
        ("claims", b"soil-1\n"),
        ("claims", b"\x80 x\n"),
        ("issued", b"\xff\n"),
        ("issued", b"V\tx\n"),
        ("ca.key", b"no key\n"),
    ],
)
def test_files_that_are_none_of_ours_are_told_not_used(
    territory: Territory, tmp_path: Path, file: str, content: bytes
) -> None:
    authority.server_certificate(tmp_path, ["gateway.local"])
    (tmp_path / file).write_bytes(content)
    everything = (
        lambda: offer("soil-1", territory, tmp_path, SystemClock(), 1),
        lambda: enrol("soil-1", territory, tmp_path),
        lambda: authority.client_certificate(tmp_path, "soil-1"),
    )
    failures = 0
    for step in everything:
        try:
            step()
        except ConfigurationError:
            failures += 1
    assert failures
    assert (tmp_path / file).read_bytes().startswith(content)


def test_a_folder_where_others_may_write_is_refused(territory: Territory, tmp_path: Path) -> None:
    for mode in (0o770, 0o707):
        tmp_path.chmod(mode)
        with pytest.raises(ConfigurationError, match="Others may write"):
            enrol("soil-1", territory, tmp_path)
    tmp_path.chmod(0o750)
    enrol("soil-1", territory, tmp_path)


def test_two_that_enrol_at_once_lose_nobody(territory_file: Path, tmp_path: Path) -> None:
    """Each in a process of its own, ten times."""
    program = (
        "import sys; from pathlib import Path; from contract.config import load_territory as load;"
        "from gateway.enrol.credentials import enrol; where = load(Path(sys.argv[1]));"
        "[enrol(sys.argv[3], where, Path(sys.argv[2])) for _ in range(10)]"
    )
    names = ["soil-1", "soil-2", "mic-1", "air-1"]
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(territory_file), str(tmp_path), name])
        for name in names
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    assert sorted(read_passwords(tmp_path)) == sorted(names)


@pytest.fixture
def guarded(territory: Territory, tmp_path: Path) -> Iterator[dict[str, BrokerAddress]]:
    """Mosquitto with the written files; addresses with the credentials of several."""
    folder = tmp_path / "broker"
    authority.server_certificate(folder, ["127.0.0.1"])
    names = ("soil-1", "soil-2", *SERVICES, "gateway.south")
    passwords = {name: enrol(name, territory, folder) for name in names}
    crt, key = authority.client_certificate(folder, "soil-1")
    guard = start_guard(folder, tmp_path)
    yield {
        **{name: guard.plain(name, password) for name, password in passwords.items()},
        "tls": guard.tls("soil-1", passwords["soil-1"]),
        "certificate": guard.by_certificate(crt, key),
        "nobody": guard.plain(),
    }
    guard.stop()


def test_nobody_comes_in_without_a_name(guarded: dict[str, BrokerAddress]) -> None:
    with pytest.raises(UnreachableError, match=r"refused: Not authorized"):
        connected(guarded["nobody"], "x")
    wrong = guarded["soil-1"].model_copy(update={"password": SecretStr("guess")})
    with pytest.raises(UnreachableError, match=r"refused: Not authorized"):
        connected(wrong, "x")


@pytest.mark.parametrize("way", ["soil-1", "tls", "certificate"])
def test_a_device_speaks_for_itself_and_for_nobody_else(guarded: dict[str, BrokerAddress], way: str) -> None:
    gateway = connected(guarded["service.gateway"], "gateway", *filters(GATEWAY))
    device = connected(guarded[way], "device", topics.sensor_receipt("s1", "soil-1"))
    say(device, reading(1))
    device.flush(3)
    assert device.refusals == []
    for topic in (
        topics.sensor("s2", "soil-2", "readings"),
        topics.sensor("s2", "soil-1", "readings"),
        topics.sensor_receipt("s1", "soil-1"),
        topics.up(GATEWAY, "readings"),
        topics.receipt(GATEWAY, "readings"),
        topics.LOCAL_CLIP,
    ):
        device.publish(topic, b"forged")
        device.flush(3)
        (refusal,) = device.refusals
        assert refusal.lower().endswith("not authorized")
        device.refusals.clear()
    assert [delivery.payload for delivery in gateway.poll(1)] == [reading(1)]
    gateway.publish(topics.sensor_receipt("s1", "soil-1"), b"receipt")
    gateway.flush(3)
    heard = [delivery.payload for delivery in device.poll(1)]
    assert heard == [b"receipt"]
    for bus in (device, gateway):
        bus.close()


def test_a_gateway_speaks_for_no_other_gateway(guarded: dict[str, BrokerAddress]) -> None:
    """With a credential of its own; a forged heartbeat or receipt would harm the other's stream."""
    ingest = connected(guarded["service.ingest"], "ingest", topics.UP_FILTER)
    south = connected(guarded["gateway.south"], "south", *filters("south"), *filters("north"))
    for topic in (
        topics.up("south", "readings"),
        topics.up("north", "readings"),
        topics.receipt("south", "readings"),
    ):
        south.publish(topic, b"batch")
    south.flush(3)
    assert [refusal.partition(":")[0] for refusal in south.refusals] == [
        topics.up("north", "readings"),
        topics.receipt("south", "readings"),
    ]
    assert [delivery.topic for delivery in ingest.poll(1)] == [topics.up("south", "readings")]
    for gateway in ("north", "south"):
        ingest.publish(topics.receipt(gateway, "readings"), gateway.encode())
    ingest.flush(3)
    assert [delivery.payload for delivery in south.poll(1)] == [b"south"]
    for bus in (south, ingest):
        bus.close()


def test_a_network_server_writes_its_uplinks_and_nothing_else(guarded: dict[str, BrokerAddress]) -> None:
    gateway = connected(guarded["service.gateway"], "gateway", *filters(GATEWAY))
    network = connected(guarded["service.network"], "chirpstack")
    uplinks = ["application/7/device/0102030405060708/event/up", "v3/app@ttn/devices/soil/up", "birdnet"]
    for topic in (*uplinks, topics.sensor("s1", "soil-1", "readings"), topics.up(GATEWAY, "readings")):
        network.publish(topic, b"uplink")
    network.flush(3)
    assert len(network.refusals) == 2
    assert [delivery.topic for delivery in gateway.poll(1)] == uplinks
    for bus in (network, gateway):
        bus.close()


def test_services_reach_what_they_need(guarded: dict[str, BrokerAddress]) -> None:
    ingest = connected(guarded["service.ingest"], "ingest", topics.UP_FILTER)
    edge = connected(guarded["service.edge"], "edge", topics.LOCAL_CLIP)
    gateway = connected(guarded["service.gateway"], "gateway", *filters(GATEWAY))
    gateway.publish(topics.up(GATEWAY, "readings"), b"batch")
    gateway.publish(topics.LOCAL_CLIP, b"clip")
    gateway.flush(3)
    assert [delivery.payload for delivery in ingest.poll(1)] == [b"batch"]
    assert [delivery.payload for delivery in edge.poll(1)] == [b"clip"]
    ingest.publish(topics.receipt(GATEWAY, "readings"), b"committed")
    edge.publish(topics.sensor("s1", "mic-1", "features"), b"features")
    edge.publish(topics.sensor("s1", "mic-1", "readings"), b"forged")
    ingest.flush(3)
    edge.flush(3)
    assert len(edge.refusals) == 1
    heard: list[bytes] = []
    for _ in range(4):
        heard += [delivery.payload for delivery in gateway.poll(0.3)]
    assert sorted(heard) == [b"committed", b"features"]
    for bus in (edge, ingest, gateway):
        bus.close()
