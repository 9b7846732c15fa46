"""Where others reach the broker of a station: an address of the network, and who may come in.

1. ``Door`` is what a technician chose; ``check`` says beforehand what would go wrong.
2. ``config`` is Mosquitto's file for it: only those enrolled in the folder of credentials, or
   anybody where that was asked for by name.
3. ``log_in`` gives the services of this start secrets of their own; nobody else reads them.
4. ``advice`` is what to type into a sensor.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from contract import topics
from contract.errors import ConfigurationError, UsageError
from contract.line.station import SECRETS, VISITORS, secret_file, visitor_name
from contract.places import Territory
from gateway.enrol.acl import BOUNDS, CLAIM, listeners, role_of
from gateway.enrol.credentials import enrol, read_passwords

PORT = 1883
EVERYWHERE = ("0.0.0.0", "::")
_SOMEWHERE = ("203.0.113.1", 9)
"""An address of nobody (RFC 5737): asking for the way there sends nothing."""


@dataclass(frozen=True, slots=True)
class Door:
    """One listening address."""

    address: str
    port: int = PORT
    credentials: Path | None = None
    """Folder of `ecoviv gateway enrol`; None: anybody may come in."""

    @property
    def local(self) -> str:
        """Where this machine's own services reach it."""
        return "127.0.0.1" if self.address in EVERYWHERE else self.address


def check(door: Door, territory: Territory) -> None:
    """``UsageError`` or ``ConfigurationError`` where the address is no address of this machine, the port
    is taken, or no device is enrolled."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(door.address).version == 6 else socket.AF_INET
    except ValueError as error:
        raise UsageError(
            f"--listen {door.address!r} is not an address",
            help="Write that of this machine, or 0.0.0.0 for all",
        ) from error
    if door.credentials is not None and not (
        enrolled(door.credentials, territory) or _networks(door.credentials)
    ):
        first = next(iter(territory.device_by_id), "DEVICE")
        raise ConfigurationError(
            f"No device is enrolled in {door.credentials}: nobody could log in on {door.address}",
            help=f"Call `ecoviv gateway enrol {first} --folder {door.credentials}` for each device,"
            " or for `service.network`, a network server;"
            " or add --open, and anybody on that network can write",
        )
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((door.address, door.port))
    except PermissionError as error:
        raise ConfigurationError(
            f"Port {door.port} may not be opened by this user", help="Choose one above 1023 with --port"
        ) from error
    except OSError as error:
        taken = error.errno == 98 or "in use" in str(error)
        raise ConfigurationError(
            f"Port {door.port} of {door.address} is taken, perhaps by the system's own broker"
            if taken
            else f"{door.address} is no address of this machine",
            help="Stop it (`sudo systemctl stop mosquitto`), or choose another with --port"
            if taken
            else f"Write --listen {own_address()}, or 0.0.0.0 for all its addresses",
        ) from error


def enrolled(folder: Path, territory: Territory) -> list[str]:
    """The devices of the territory that can log in, by a password or a claim code."""
    names = {name.removeprefix(CLAIM) for name in read_passwords(folder)}
    return sorted(names & set(territory.device_by_id))


def _networks(folder: Path) -> list[str]:
    """The network servers that can log in."""
    roles = {name: role_of(name) for name in read_passwords(folder)}
    return sorted(name for name, role in roles.items() if role is not None and role[0] == "network")


def config(door: Door, state: Path) -> str:
    """Mosquitto's file: a listener on ``door``; ``state`` is where the broker may keep its own."""
    user = "user root\n" if os.geteuid() == 0 else ""
    kept = [f"persistence_location {state.resolve()}/", "max_inflight_messages 200"]
    logged = ["log_type error", "log_type warning", user]
    if door.credentials is not None:
        rules = listeners(door.credentials.resolve(), f"{door.port} {door.address}")
        return rules + "\n".join([*kept, *logged])
    lines = [*BOUNDS, "set_tcp_nodelay true", f"listener {door.port} {door.address}", "allow_anonymous true"]
    return "\n".join([*lines, *kept, *logged])


def log_in(
    services: tuple[str, ...], door: Door, territory: Territory, folder: Path
) -> dict[str, dict[str, str]]:
    """Service → environment by which it logs in; new secrets, of visitors too, are files of the station's
    ``folder``, mode 0600."""
    if door.credentials is None:
        return {name: {} for name in services}
    (folder / SECRETS).mkdir(parents=True, exist_ok=True, mode=0o700)
    for visitor in VISITORS:
        _give(secret_file(folder, visitor), visitor_name(visitor), territory, door.credentials)
    out = {}
    for name in services:
        path = secret_file(folder, name)
        _give(path, f"service.{name}", territory, door.credentials)
        out[name] = {
            "ECOVIV_BROKER_USERNAME": f"service.{name}",
            "ECOVIV_BROKER_PASSWORD_FILE": str(path.resolve()),
        }
    return out


def _give(path: Path, name: str, territory: Territory, credentials: Path) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(enrol(name, territory, credentials))


def advice(door: Door, territory: Territory) -> list[str]:
    """What to type into a sensor, as sentences."""
    host = own_address() if door.address in EVERYWHERE else door.address
    first = next(
        iter(enrolled(door.credentials, territory) if door.credentials else territory.device_by_id), ""
    )
    device = territory.device_by_id.get(first)
    who = (
        "anybody may write (--open): no user name, no password"
        if door.credentials is None
        else "user name = the device's name, password as `ecoviv gateway enrol` showed it"
    )
    said = [f"Type into a sensor: host {host}, port {door.port}, MQTT 5, {who}."]
    if device is None:
        return [*said, "A network server logs in likewise, as service.network."]
    return [
        *said,
        f"For example {device.id} publishes to {topics.sensor(device.site, device.id, 'readings')}"
        f" and listens to {topics.sensor_receipt(device.site, device.id)}.",
    ]


def own_address() -> str:
    """The address of this machine on the network that it would use; 127.0.0.1 without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_SOMEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
