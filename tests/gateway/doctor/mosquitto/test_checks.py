"""What the doctor says of a broker is what that broker does: each shown on a real Mosquitto."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.instant import DAY, SystemClock
from contract.places import Territory
from ecoviv.station.broker import mosquitto_path
from gateway.certificates import authority
from gateway.doctor.broker import is_here
from gateway.doctor.diagnosis import Diagnosis
from gateway.doctor.mosquitto.checks import (
    check_files,
    check_listeners,
    check_mosquitto,
    check_queue,
    check_versions,
)
from gateway.doctor.mosquitto.config import BrokerConfig, find_config, read_config
from gateway.enrol.credentials import enrol
from gateway.service import filters
from tests.gateway.ends import GATEWAY, reading
from tests.gateway.guard import Guard, connected, start_guard

CLOCK = SystemClock()


@pytest.fixture
def folder(territory: Territory, tmp_path: Path) -> Path:
    """Files as ``enrol`` writes them."""
    authority.server_certificate(tmp_path / "broker", ["127.0.0.1"])
    enrol("service.gateway", territory, tmp_path / "broker")
    return tmp_path / "broker"


def config_of(guard: Guard) -> BrokerConfig:
    """Found without being named: by the process that listens at the port."""
    found = find_config(None, guard.ports["1883"])
    assert found is not None
    return found


def levels(diagnoses: Iterator[Diagnosis]) -> dict[str, str]:
    return {diagnosis.name: diagnosis.level for diagnosis in diagnoses}


@pytest.mark.parametrize(("line", "level"), [("", "warn"), ("max_queued_messages 100000", "ok")])
def test_a_short_queue_is_named_and_loses_a_burst(
    folder: Path, territory: Territory, tmp_path: Path, line: str, level: str
) -> None:
    """3,000 messages while the gateway is away; Mosquitto 2.0 keeps 1,000 unless told otherwise."""
    conf = folder / "ecoviv.conf"
    conf.write_text(conf.read_text().replace("max_queued_messages 100000", line))
    words = {name: enrol_only(name, territory, folder, conf) for name in ("service.gateway", "soil-1")}
    guard = start_guard(folder, tmp_path)
    diagnosis = check_queue(config_of(guard))
    gateway = connected(guard.plain("service.gateway", words["service.gateway"]), "gw", *filters(GATEWAY))
    gateway.close()
    device = connected(guard.plain("soil-1", words["soil-1"]), "soil-1")
    for seq in range(1, 3_001):
        device.publish(topics.sensor("s1", "soil-1", "readings"), reading(seq))
        if seq % 100 == 0:
            device.flush(5)
    assert device.flush(5), "every one was acknowledged"
    gateway = connected(guard.plain("service.gateway", words["service.gateway"]), "gw", *filters(GATEWAY))
    heard = 0
    while deliveries := gateway.poll(1.0):
        heard += len(deliveries)
        gateway.acknowledge(deliveries)
    for bus in (device, gateway):
        bus.close()
    guard.stop()
    assert diagnosis.level == level
    assert (heard == 3_000) == (level == "ok")
    assert ("1000 messages" in diagnosis.text) == (level == "warn")


def enrol_only(name: str, territory: Territory, folder: Path, conf: Path) -> str:
    """A password, with ``conf`` left as the test wrote it."""
    text = conf.read_text()
    password = enrol(name, territory, folder)
    conf.write_text(text)
    return password


class OldClient:
    """A device that speaks MQTT 3.1.1."""

    def __init__(self, guard: Guard, name: str, password: str) -> None:
        self.done = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, "old", protocol=paho.MQTTv311)
        self.client.username_pw_set(name, password)
        self.client.on_connect = self.client.on_publish = lambda *_: self.done.set()
        self.client.connect("127.0.0.1", guard.ports["1883"])
        self.client.loop_start()
        assert self.done.wait(5)

    def say(self, topic: str) -> bool:
        """Whether the broker acknowledged."""
        self.done.clear()
        self.client.publish(topic, b"lost", qos=1)
        return self.done.wait(5)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_a_device_on_3_1_1_is_named_and_what_it_loses_too(
    folder: Path, territory: Territory, tmp_path: Path
) -> None:
    password = enrol("soil-1", territory, folder)
    guard = start_guard(folder, tmp_path, more="log_type all\n")
    config = config_of(guard)
    assert levels(check_versions(config, territory)) == {"MQTT versions": "unknown"}, "nobody came yet"
    old = OldClient(guard, "soil-1", password)
    assert old.say(topics.sensor("s2", "soil-2", "readings")), "refused, and acknowledged all the same"
    old.close()
    threading.Event().wait(0.3)
    diagnoses = {diagnosis.name: diagnosis for diagnosis in check_versions(config, territory)}
    assert diagnoses["sensor s1/soil-1"].level == "warn"
    assert "speaks MQTT 3.1.1" in diagnoses["sensor s1/soil-1"].text
    assert diagnoses["broker refusals soil-1"].text.startswith(
        "1 messages were refused, the last to ecoviv/1/s2"
    )
    connected(guard.plain("soil-1", password), "new").close()
    assert levels(check_versions(config, territory))["MQTT versions"] == "ok", "it was updated since"
    guard.stop()


@pytest.mark.parametrize("more", ["log_type error\n", "connection_messages false\n"])
def test_versions_are_unknown_where_the_broker_does_not_log_them(
    folder: Path, territory: Territory, tmp_path: Path, more: str
) -> None:
    password = enrol("soil-1", territory, folder)
    guard = start_guard(folder, tmp_path, more=more)
    OldClient(guard, "soil-1", password).close()
    assert levels(check_versions(config_of(guard), territory)) == {"MQTT versions": "unknown"}
    guard.stop()


def test_the_files_that_enrol_writes_leave_nothing_to_say(
    folder: Path, territory: Territory, tmp_path: Path
) -> None:
    guard = start_guard(folder, tmp_path)
    diagnoses = list(check_mosquitto(None, guard.ports["1883"], is_here(guard.plain()), territory, CLOCK))
    guard.stop()
    assert {diagnosis.level for diagnosis in diagnoses if diagnosis.name != "MQTT versions"} == {"ok"}
    written = {
        diagnosis.name: diagnosis for diagnosis in check_listeners(read_config(folder / "ecoviv.conf"))
    }
    assert [(name, one.level) for name, one in written.items()] == [
        ("broker port 1883", "ok"),
        ("broker port 8883", "ok"),
        ("broker port 8884", "ok"),
    ]
    assert "every interface" in written["broker port 8883"].text


@pytest.mark.parametrize(
    ("file", "mode", "kind"),
    [
        ("server.key", 0o640, "keyfile"),
        ("passwords", 0o644, "password_file"),
        ("ca.key", 0o604, "authority's key"),
        ("acl", 0o666, "acl_file"),
    ],
)
def test_weak_modes_are_named(folder: Path, file: str, mode: int, kind: str) -> None:
    (folder / file).chmod(mode)
    diagnoses = list(check_files(read_config(folder / "ecoviv.conf"), CLOCK))
    assert {(one.level, one.next) for one in diagnoses} == {("warn", f"chmod 600 {folder / file}")}
    assert all(kind in one.text for one in diagnoses)


def test_files_that_are_missing_or_end_soon_are_named(folder: Path) -> None:
    config = read_config(folder / "ecoviv.conf")

    class Later(SystemClock):
        def now(self) -> int:
            return super().now() + 800 * DAY

    ends = list(check_files(config, Later()))
    assert [(diagnosis.level, "server.crt" in diagnosis.text) for diagnosis in ends] == [("warn", True)]
    (folder / "passwords").unlink()
    assert {diagnosis.level for diagnosis in check_files(config, CLOCK)} == {"fail"}


def test_listeners_are_judged_one_by_one(tmp_path: Path) -> None:
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(
        "per_listener_settings true\nlistener 1883 127.0.0.1\nallow_anonymous true\n"
        "listener 1884\nallow_anonymous true\nlistener 1885 0.0.0.0\nallow_anonymous false\n"
        "listener 8884\ncertfile x\nrequire_certificate true\n"
    )
    found = levels(check_listeners(read_config(conf)))
    assert list(found.values()) == ["ok", "fail", "warn", "warn"]
    conf.write_text("# only a comment\n")
    (only,) = check_listeners(read_config(conf))
    assert (only.name, only.level) == ("broker port 1883", "ok")


def test_a_broker_elsewhere_is_unknown_not_well(territory: Territory, tmp_path: Path) -> None:
    for named, local in ((None, False), (tmp_path, True), (None, True)):
        (diagnosis,) = check_mosquitto(named, 1, local, territory, CLOCK)
        assert diagnosis.level == "unknown"
        assert diagnosis.next


def test_a_configuration_named_from_its_own_folder_is_found(folder: Path, tmp_path: Path) -> None:
    guard = start_guard(folder, tmp_path)
    guard.stop()
    here = subprocess.Popen(
        [mosquitto_path() or "", "-c", "test.conf"], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            found = find_config(None, guard.ports["1883"])
            if found is not None:
                break
            threading.Event().wait(0.05)
        assert found is not None
        assert found.path == tmp_path / "test.conf"
    finally:
        here.terminate()
        here.wait()


def test_two_clients_of_one_name_are_one_device(folder: Path, territory: Territory, tmp_path: Path) -> None:
    """The latest connection counts, by user name, not by client id."""
    password = enrol("soil-1", territory, folder)
    guard = start_guard(folder, tmp_path)
    connected(guard.plain("soil-1", password), "anything").close()
    OldClient(guard, "soil-1", password).close()
    assert "sensor s1/soil-1" in levels(check_versions(config_of(guard), territory))
    guard.stop()
