"""The way to the broker, step by step: name, port, log-in, round trip; who else may; who is there.

Each step is asked only if the one before succeeded, so the first ``fail`` is the cause.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract import topics
from contract.config import BrokerAddress
from contract.errors import UnreachableError
from contract.instant import SECOND, Clock
from contract.line.bus import Delivery, MqttBus
from contract.reading import PART_BYTES
from contract.topics import SensorTopic
from gateway.doctor.diagnosis import Diagnosis
from gateway.doctor.greeting import check_greeting

_WAIT_S = 5.0
_PART_PACKET = PART_BYTES + 1_024
"""The largest packet of a sensor: a piece of sound, its head and its topic [bytes]."""


@dataclass(slots=True)
class Seen:
    """What the broker told a newcomer."""

    asked: bool = False
    online: dict[str, bool] = field(default_factory=dict)
    """Client → whether it says that it is there."""
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Client → what else it says of itself, of those that are there."""
    retained: set[tuple[str, str]] = field(default_factory=set)
    """(site, device) of whom the broker keeps a message for every newcomer."""

    def hear(self, deliveries: list[Delivery]) -> None:
        """Statuses, and what is retained of sensors."""
        for one in deliveries:
            client = one.topic.removeprefix(_STATUS)
            if client != one.topic:
                status = _status_of(one.payload)
                self.online[client] = status.pop("online", False) is True
                self.said[client] = status if self.online[client] else {}
            elif one.retained and isinstance(one.place, SensorTopic) and one.place.kind != "receipt":
                self.retained.add((one.place.site, one.place.device))


def _status_of(payload: bytes) -> dict[str, Any]:
    """A status as it was said; empty where it is none."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_STATUS = topics.STATUS_FILTER.removesuffix("+")


def check_broker(
    address: BrokerAddress, gateway: str, clock: Clock, seen: Seen | None = None
) -> Iterator[Diagnosis]:
    """Name, port, log-in and round trip up to the first failure; then who else may come in.

    ``seen`` is told who is there.
    """
    try:
        places = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        yield Diagnosis(
            "broker name",
            "fail",
            f"{address.host} is not found ({error})",
            "Correct --broker, or check the DNS",
        )
        return
    try:
        socket.create_connection((address.host, address.port), timeout=_WAIT_S).close()
    except OSError as error:
        yield Diagnosis(
            "broker port", "fail", f"{address.host}:{address.port} does not answer ({error})",
            "Start the broker there, or check cable, Wi-Fi and firewall",
        )  # fmt: skip
        return
    yield from _check_login(address, gateway, clock, Seen() if seen is None else seen)
    yield from _check_openness(address, all(_is_loopback(place) for place in places))


def is_here(address: BrokerAddress) -> bool:
    """Whether the address means this machine and no other."""
    try:
        places = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(_is_loopback(place) for place in places)


def _is_loopback(place: tuple[Any, ...]) -> bool:
    return ipaddress.ip_address(place[4][0]).is_loopback


def _check_login(address: BrokerAddress, gateway: str, clock: Clock, seen: Seen) -> Iterator[Diagnosis]:
    name = f"doctor-{gateway or 'here'}-{secrets.token_hex(3)}"
    own = topics.status(name)
    try:
        bus = MqttBus(address, name, (topics.STATUS_FILTER, topics.SENSOR_FILTER), passing=True, clock=clock)
        bus.connect(_WAIT_S)
    except (UnreachableError, OSError) as error:
        text = error.message if isinstance(error, UnreachableError) else f"a certificate or key: {error}"
        causes = list(check_greeting(address, text)) if isinstance(error, UnreachableError) else []
        if causes:
            yield from causes
            return
        yield Diagnosis(
            "broker login", "fail", text,
            "Check ECOVIV_BROKER_USERNAME, ECOVIV_BROKER_PASSWORD_FILE and the certificates; the doctor needs"
            " a name of its own: enrol service.doctor",
        )  # fmt: skip
        return
    started = clock.monotonic()
    bus.publish(own, b'{"online":true}')
    came_back = False
    while not came_back and clock.monotonic() < started + _WAIT_S * SECOND:
        deliveries = bus.poll(0.2)
        bus.acknowledge(deliveries)
        seen.hear(deliveries)
        came_back = any(delivery.topic == own for delivery in deliveries)
    took = (clock.monotonic() - started) / 1e6
    refused = "; ".join(bus.refusals)
    limit = bus.packet_limit
    bus.close()
    seen.asked = came_back
    if 0 < limit < _PART_PACKET:
        yield Diagnosis(
            "broker packets", "warn", f"{address.url} takes packets of at most {limit} bytes; a piece of"
            f" sound has up to {_PART_PACKET}, and a large message is set aside",
            "Write max_packet_size 2097152 into the broker's file and restart it",
        )  # fmt: skip
    if came_back:
        yield Diagnosis("broker", "ok", f"{address.url} answers in {took:.0f} ms")
        return
    yield Diagnosis(
        "broker round trip", "fail", f"a message to {own} does not come back {refused}".strip(),
        "Let the gateway's credential read and write ecoviv/status/1/# in the broker's ACL",
    )  # fmt: skip


def _check_openness(address: BrokerAddress, local: bool) -> Iterator[Diagnosis]:
    exposed = not local or _listens_everywhere(address.port)
    if not exposed:
        return
    if not address.tls:
        yield Diagnosis(
            "broker encryption", "warn", f"{address.url} can be reached from the network without TLS",
            "Add a TLS listener and write mqtts://…, or bind the plain one to 127.0.0.1",
        )  # fmt: skip
    if _accepts_anybody(address):
        yield Diagnosis(
            "broker access", "fail", "the broker can be reached from the network and accepts anybody without"
            " a name: anybody can write false readings and make this gateway forget messages",
            "Set allow_anonymous false; `ecoviv gateway enrol` gives each device its own credential",
        )  # fmt: skip


def _accepts_anybody(address: BrokerAddress) -> bool:
    nobody = {"username": "", "password": None, "cert_file": None, "key_file": None}
    stranger = address.model_copy(update=nobody)
    try:
        bus = MqttBus(stranger, f"doctor-{secrets.token_hex(3)}", passing=True)
        bus.connect(_WAIT_S)
    except (UnreachableError, OSError):
        return False
    bus.close()
    return True


def _listens_everywhere(port: int) -> bool:
    """Whether a socket of this machine listens on every interface at ``port`` (Linux only)."""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            host, _, number = columns[1].partition(":")
            if columns[3] == "0A" and int(number, 16) == port and not int(host, 16):
                return True
    return False


def check_retained(seen: Seen) -> Iterator[Diagnosis]:
    """Sensors whose messages the broker keeps: each newcomer hears an old one as if it were new."""
    for site, device in sorted(seen.retained):
        yield Diagnosis(
            f"retained {site}/{device}", "warn", "the broker keeps a message of it for every newcomer",
            "Switch the retain flag off in its firmware; then publish an empty retained message on its topic",
        )  # fmt: skip


def check_secrets(address: BrokerAddress) -> Iterator[Diagnosis]:
    """Keys and passwords that others can read."""
    named = os.environ.get("ECOVIV_BROKER_PASSWORD_FILE", "")
    for path in (address.key_file, Path(named) if named else None):
        if path is not None and path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Diagnosis("secret file", "warn", f"{path} can be read by others", f"chmod 600 {path}")
