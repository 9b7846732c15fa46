"""What the broker's own files say: queue, listeners, secrets, lists, and old versions of MQTT.

Only on the broker's machine, and as a user who may read them; otherwise each answer is
``unknown``, never ``ok``.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from contract.errors import EcoVivError
from contract.instant import DAY, Clock, format_instant, from_datetime
from contract.places import Territory
from gateway.doctor.diagnosis import Diagnosis
from gateway.doctor.mosquitto.config import BrokerConfig, find_config
from gateway.doctor.mosquitto.log import read_log

_STOCK_QUEUE = 1_000
"""Of Mosquitto 2.0, where the file says nothing."""
_ENOUGH = 10_000
_CONTESTED = 3
"""Takeovers in the log; one may be a program that came back before its old connection was missed."""
_SOON = 30 * DAY
_BOUND = {"max_queued_bytes": 64 * 2**20, "memory_limit": 256 * 2**20}
"""What `ecoviv gateway enrol` writes [bytes]."""


def check_mosquitto(
    named: Path | None, port: int, local: bool, territory: Territory, clock: Clock
) -> Iterator[Diagnosis]:
    """Diagnoses about the Mosquitto that listens at ``port`` of this machine."""
    if named is None and not local:
        yield Diagnosis(
            "broker files", "unknown", "the broker is on another machine: queue, files and log are not seen",
            "Run the doctor there too",
        )  # fmt: skip
        return
    try:
        config = find_config(named, port)
    except OSError as error:
        yield Diagnosis(
            "broker files", "unknown", f"{named} cannot be read ({error.strerror})", "Call it with sudo"
        )
        return
    if config is None:
        yield Diagnosis(
            "broker files", "unknown", f"no configuration of a Mosquitto at port {port} is found",
            "Name it with --broker-config",
        )  # fmt: skip
        return
    yield check_queue(config)
    yield check_memory(config)
    yield from check_identities(config)
    yield from check_listeners(config)
    yield from check_files(config, clock)
    yield from check_versions(config, territory)


def check_queue(config: BrokerConfig) -> Diagnosis:
    """Beyond its queue the broker drops what a gateway that is away should get, without a word."""
    count, size = config.number("max_queued_messages", _STOCK_QUEUE), config.number("max_queued_bytes", 0)
    text = "without limit" if count == 0 else f"at most {count} messages"
    if size:
        text += f" and {size} bytes"
    text = f"for a gateway that is away or slow the broker keeps {text}"
    if count == 0 or count >= _ENOUGH:
        return Diagnosis("broker queue", "ok", text)
    return Diagnosis(
        "broker queue", "warn", f"{text} and drops the rest silently",
        f"Write max_queued_messages 100000 into {config.path} and restart the broker",
    )  # fmt: skip


def check_memory(config: BrokerConfig) -> Diagnosis:
    """Without bounds one sensor fills the machine's memory while a gateway is away or slow."""
    missing = [name for name in ("max_queued_bytes", "memory_limit") if not config.number(name, 0)]
    if not missing:
        limit = config.number("memory_limit", 0)
        return Diagnosis("broker memory", "ok", f"the broker takes at most {limit} bytes of memory")
    return Diagnosis(
        "broker memory", "warn", "the broker's memory has no bound: one sensor can fill this machine",
        f"Write {' and '.join(f'{name} {_BOUND[name]}' for name in missing)} into {config.path} and restart"
        " the broker",
    )  # fmt: skip


def check_identities(config: BrokerConfig) -> Iterator[Diagnosis]:
    """Whether who may log in may also reach what waits for another, by its client id or by a share."""
    named = [one for one in config.listeners if not (one.local and config.anonymous(one))]
    free = [one.port for one in named if one.options.get("use_username_as_clientid") != "true"]
    if free:
        yield Diagnosis(
            "broker client ids", "warn", f"at port {', '.join(map(str, free))} a client chooses its own id: a"
            " sensor that takes a gateway's deletes what waits for it",
            "Write use_username_as_clientid true below each listener, give every connection a user name of"
            " its own, let the gateways empty their queues and restart the broker",
        )  # fmt: skip
    elif named:
        yield Diagnosis(
            "broker client ids", "ok", "the user's name is the client id: nobody reaches another's session"
        )
    if named:
        yield Diagnosis(
            "broker shares", "ok", "whoever logs in may join a shared subscription whose name is known, and"
            " batches are lost to it; `ecoviv ingest run --share FILE` keeps the name secret",
        )  # fmt: skip


def check_listeners(config: BrokerConfig) -> Iterator[Diagnosis]:
    """Of each port: who reaches it, and who is let in."""
    for listener in config.listeners:
        name = f"broker port {listener.port}"
        if listener.local:
            yield Diagnosis(name, "ok", f"listens on this machine only ({listener.address})")
            continue
        where = listener.address or "every interface (0.0.0.0)"
        if config.anonymous(listener):
            yield Diagnosis(
                name, "fail", f"listens on {where} and lets anybody in without a name: anybody can write"
                " false readings, and make a gateway forget messages by a forged receipt",
                "Set allow_anonymous false; `ecoviv gateway enrol` writes the files",
            )  # fmt: skip
        elif not listener.tls:
            yield Diagnosis(
                name, "warn", f"listens on {where} without TLS: names and passwords can be read on the way",
                f"Write `listener {listener.port} 127.0.0.1`, and give devices the TLS port",
            )  # fmt: skip
        elif listener.options.get("require_certificate") == "true" and "crlfile" not in listener.options:
            yield Diagnosis(
                name, "warn", "asks for certificates but knows no list of revoked ones",
                "Enrol anybody again: this writes the list and the line crlfile; then restart the broker",
            )  # fmt: skip
        else:
            yield Diagnosis(name, "ok", f"listens on {where} with TLS and asks who speaks")


def check_files(config: BrokerConfig, clock: Clock) -> Iterator[Diagnosis]:
    """Secrets that others can read; certificates and lists that end soon, or are not there."""
    for kind in ("keyfile", "password_file", "acl_file", "psk_file"):
        for value in config.of_all(kind):
            yield from _check_mode(Path(value), kind)
    for value in config.of_all("cafile"):
        yield from _check_mode(Path(value).with_name("ca.key"), "authority's key")
    for kind in ("certfile", "crlfile"):
        for value in config.of_all(kind):
            yield from _check_end(Path(value), kind, clock)


def check_versions(config: BrokerConfig, territory: Territory) -> Iterator[Diagnosis]:
    """Devices whose last connection was not MQTT 5: what is refused to them vanishes silently."""
    logged = config.options.get("connection_messages") != "false" and (
        not config.log_types or config.log_types & {"all", "notice"}
    )
    if not config.log_files or not logged:
        yield Diagnosis(
            "MQTT versions", "unknown", "the broker writes no file that names its clients' versions of MQTT",
            "Write `log_dest file /var/log/mosquitto/mosquitto.log` into its configuration, and no log_type"
            " but notice or more",
        )  # fmt: skip
        return
    try:
        found = read_log(config.log_files[-1])
    except OSError as error:
        text = f"{config.log_files[-1]} cannot be read ({error.strerror})"
        yield Diagnosis("MQTT versions", "unknown", text, "Call it with sudo")
        return
    seen = [device for device in territory.devices if device.id in found.versions]
    for device in seen:
        if found.versions[device.id] != "5":
            yield Diagnosis(
                f"sensor {device.site}/{device.id}", "warn",
                f"speaks MQTT {found.versions[device.id]}: a message that the broker refuses is dropped"
                " and acknowledged all the same",
                "Set its firmware to MQTT 5 and let it read the reason codes; until then compare what it"
                " sent with `ecoviv ingest ledger`",
            )  # fmt: skip
    for client, names in sorted(found.names.items()):
        if len(names) > 1:
            yield Diagnosis(
                f"client {client}", "warn", f"{', '.join(sorted(names)[:5])} log in under the one client id"
                f" {client} and so end each other's session",
                "Give each its own client id; if one of them has no business there, revoke it",
            )  # fmt: skip
    for client, (count, places) in sorted(found.taken.items()):
        if count >= _CONTESTED and len(found.names[client]) == 1:
            yield Diagnosis(
                f"client {client}", "warn", f"two take turns under this one name: {count} times one ended the"
                f" other's connection, the last from {' and '.join(dict.fromkeys(places))}",
                "Stop one of them, or enrol a name of its own for it",
            )  # fmt: skip
    for name, (count, topic) in sorted(found.denied.items()):
        yield Diagnosis(
            f"broker refusals {name}", "warn", f"{count} messages were refused, the last to {topic}",
            "Correct the site or device in its firmware, or enrol it under its name in the territory",
        )  # fmt: skip
    if not any(found.versions[device.id] != "5" for device in seen):
        text = f"{len(seen)} of {len(territory.devices)} devices logged in as themselves, all with MQTT 5"
        yield Diagnosis("MQTT versions", "ok" if seen else "unknown", text, "" if seen else _NOBODY)


_NOBODY = "Ask again when devices have connected with the names of the territory (`ecoviv gateway enrol`)"


def _check_mode(path: Path, kind: str) -> Iterator[Diagnosis]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if kind != "authority's key":
            yield Diagnosis(
                "broker file", "fail", f"the {kind} {path} is not there", "Enrol again, then restart"
            )
        return
    except OSError as error:
        yield Diagnosis("broker file", "unknown", f"{path}: {error.strerror}", "Call it with sudo")
        return
    others = stat.S_IRWXG | stat.S_IRWXO if "key" in kind else stat.S_IRWXO | stat.S_IWGRP
    if mode & others:
        yield Diagnosis(
            "broker file",
            "warn",
            f"the {kind} {path} is open to others ({stat.filemode(mode)})",
            f"chmod 600 {path}",
        )


def _check_end(path: Path, kind: str, clock: Clock) -> Iterator[Diagnosis]:
    try:
        end = from_datetime(_end_of(path, kind))
    except OSError as error:
        yield Diagnosis("broker file", "unknown", f"{path}: {error.strerror}", "Call it with sudo")
        return
    except EcoVivError as error:
        yield Diagnosis("broker file", "unknown", f"{path}: {error.message}", error.help)
        return
    day = format_instant(end)
    if end < clock.now():
        yield Diagnosis(
            "broker file", "fail", f"{path} ended on {day}: nobody gets in", "Enrol with --host again"
        )
    elif end < clock.now() + _SOON:
        yield Diagnosis(
            "broker file", "warn", f"{path} ends on {day}", "Enrol with --host again before that day"
        )


def _end_of(path: Path, kind: str) -> datetime:
    """``ConfigurationError`` where ``cryptography`` is not installed, as on a gateway that enrols nobody."""
    from gateway.certificates import x509

    if kind == "crlfile":
        return x509.end_of_list(path.read_bytes())
    return x509.read_certificate(path.read_bytes()).ends
