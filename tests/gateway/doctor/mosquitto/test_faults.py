"""Faults of an enrolled broker and of its files, on a real Mosquitto, named by the whole doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract import topics
from contract.config import BrokerAddress
from contract.instant import DAY, Clock, SystemClock
from contract.places import Territory
from gateway.certificates import authority
from gateway.clips import ClipRing
from gateway.doctor.checks import examine
from gateway.enrol.credentials import enrol
from gateway.service import Gateway, filters
from gateway.spool.spool import Spool
from tests.gateway.doctor.mosquitto.test_checks import OldClient
from tests.gateway.ends import reading
from tests.gateway.guard import Guard, connected, start_guard


class Later(SystemClock):
    """800 days from now: certificates count for 825."""

    def now(self) -> int:
        return super().now() + 800 * DAY


@dataclass(slots=True)
class Site:
    """A gateway's folder and an enrolled broker that may still be changed before it starts."""

    folder: Path
    work: Path
    territory: Territory
    words: dict[str, str]
    clock: Clock
    guards: list[Guard]
    gateway: str = "north"

    @property
    def state(self) -> Path:
        return self.work / "state"

    def start(self, *, more: str = "log_type all\n") -> Guard:
        guard = start_guard(self.folder, self.work, more=more)
        self.guards.append(guard)
        return guard

    def change(self, line: str, other: str) -> None:
        conf = self.folder / "ecoviv.conf"
        text = conf.read_text()
        assert line in text
        conf.write_text(text.replace(line, other))

    def doctor(self, guard: Guard) -> BrokerAddress:
        return guard.plain("service.doctor", self.words["service.doctor"])


def wrong_password(on: Site) -> BrokerAddress:
    return on.start().plain("service.doctor", "guessed")


def mqtt_to_a_tls_port(on: Site) -> BrokerAddress:
    guard = on.start()
    return on.doctor(guard).model_copy(update={"port": guard.ports["8883"]})


def mqtts_to_a_plain_port(on: Site) -> BrokerAddress:
    guard = on.start()
    return on.doctor(guard).model_copy(update={"tls": True, "ca_file": on.folder / "ca.crt"})


def unknown_authority(on: Site) -> BrokerAddress:
    guard = on.start()
    other = on.work / "other"
    authority.server_certificate(other, ["127.0.0.1"])
    name = "service.doctor"
    return guard.tls(name, on.words[name]).model_copy(update={"ca_file": other / "ca.crt"})


def another_host(on: Site) -> BrokerAddress:
    authority.server_certificate(on.folder, ["gateway.local"])
    name = "service.doctor"
    return on.start().tls(name, on.words[name])


def no_rights(on: Site) -> BrokerAddress:
    """The credential of a sensor may not write a status but its own."""
    return on.start().plain("soil-1", on.words["soil-1"])


def small_packets(on: Site) -> BrokerAddress:
    on.change("max_packet_size 2097152", "max_packet_size 20000")
    return on.doctor(on.start())


def short_queue(on: Site) -> BrokerAddress:
    on.change("max_queued_messages 100000", "max_queued_messages 1000")
    return on.doctor(on.start())


def memory_without_bound(on: Site) -> BrokerAddress:
    on.change("memory_limit 268435456", "")
    return on.doctor(on.start())


def certificate_ends(on: Site) -> BrokerAddress:
    on.clock = Later()
    return on.doctor(on.start())


def key_for_everybody(on: Site) -> BrokerAddress:
    (on.folder / "server.key").chmod(0o644)
    return on.doctor(on.start())


def no_log(on: Site) -> BrokerAddress:
    return on.doctor(on.start(more="log_type error\n"))


def an_old_client(on: Site) -> BrokerAddress:
    guard = on.start()
    OldClient(guard, "soil-1", on.words["soil-1"]).close()
    return on.doctor(guard)


def refused_topic(on: Site) -> BrokerAddress:
    guard = on.start()
    device = connected(guard.plain("soil-1", on.words["soil-1"]), "soil-1")
    device.publish(topics.sensor("s2", "soil-1", "readings"), reading(1, site="s2"))
    assert device.flush(5)
    device.close()
    return on.doctor(guard)


def another_credential(on: Site) -> BrokerAddress:
    """A gateway that runs as south with the credential of north: nothing that it says goes up."""
    guard = on.start()
    address = guard.plain("gateway.north", on.words["gateway.north"])
    bus = connected(address, "gateway-south", *filters("south", on.territory))
    on.state.mkdir(mode=0o700)
    spool = Spool.open(on.state / "spool.db", on.clock)
    gateway = Gateway(
        "south", on.territory, bus, spool, ClipRing(on.state / "clips", spool, on.clock), on.clock
    )
    device = connected(guard.plain("soil-1", on.words["soil-1"]), "soil-1")
    for seq in range(1, 40):
        device.publish(topics.sensor("s1", "soil-1", "readings"), reading(seq))
        assert device.flush(5)
        gateway.step(0.05)
        gateway._repeat_at = 0
    for one in (device, gateway):
        one.close()
    spool.close()
    on.gateway = ""
    return on.doctor(guard)


FAULTS: dict[str, tuple[Callable[[Site], BrokerAddress], str, str, str]] = {
    "a wrong password": (wrong_password, "broker login", "fail", "ECOVIV_BROKER_PASSWORD_FILE"),
    "mqtt:// to a TLS port": (mqtt_to_a_tls_port, "broker TLS", "fail", "Write mqtts://127.0.0.1"),
    "mqtts:// to a plain port": (mqtts_to_a_plain_port, "broker TLS", "fail", "port with TLS (8883"),
    "an unknown authority": (unknown_authority, "broker certificate", "fail", "ECOVIV_BROKER_CA_FILE"),
    "a certificate of another host": (another_host, "broker certificate", "fail", "enrol with --host"),
    "no rights": (no_rights, "broker round trip", "fail", "read and write ecoviv/status"),
    "small packets": (small_packets, "broker packets", "warn", "max_packet_size 2097152"),
    "a short queue": (short_queue, "broker queue", "warn", "max_queued_messages 100000"),
    "memory without bound": (memory_without_bound, "broker memory", "warn", "memory_limit 268435456"),
    "a certificate ends": (certificate_ends, "broker file", "warn", "Enrol with --host again"),
    "a key for everybody": (key_for_everybody, "broker file", "warn", "chmod 600"),
    "no log": (no_log, "MQTT versions", "unknown", "log_dest file"),
    "MQTT 3.1.1": (an_old_client, "sensor s1/soil-1", "warn", "MQTT 5"),
    "a refused topic": (refused_topic, "broker refusals soil-1", "warn", "Correct the site or device"),
    "another's credential": (another_credential, "gateway rights", "fail", "--id that its credential names"),
}  # fmt: skip


@pytest.fixture
def site(territory: Territory, tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "broker"
    authority.server_certificate(folder, ["127.0.0.1"])
    words = {name: enrol(name, territory, folder) for name in ("service.doctor", "gateway.north", "soil-1")}
    on = Site(folder, tmp_path, territory, words, SystemClock(), [])
    yield on
    for guard in on.guards:
        guard.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_broker_is_named_with_the_next_thing_to_do(site: Site, fault: str) -> None:
    """The filter: paho leaves the socket of a handshake that failed to the collector."""
    prepare, name, level, step = FAULTS[fault]
    address = prepare(site)
    found = examine(site.gateway, site.territory, site.state, address, site.clock, site.work / "test.conf")
    named = [one for one in found if one.name == name and one.level != "ok"]
    assert named, (
        f"not named; found {[(one.name, one.level, one.text) for one in found if one.level != 'ok']}"
    )
    assert (named[0].level, step in named[0].next) == (level, True), named
