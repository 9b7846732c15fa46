"""Credentials: who may speak on the broker, and of what.

1. ``enrol`` gives a device (or one of our services) a new password, shown once; the folder
   keeps only its salted hash, in Mosquitto's own format.
2. The rights follow from the territory: a device writes its own kinds under its own site
   and reads its own receipt, nothing else; service topics are for services.
3. The listener file binds the plain port to this machine.  With a certificate
   (``gateway.authority``) two TLS ports are opened: 8883 asks for a password, 8884 for a
   certificate.
4. Everything is written again as a whole, so that it can be repeated; ``revoke`` takes a
   name out of passwords and rights.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from contract import topics
from contract.errors import ConfigurationError, UnknownName
from contract.places import Device, Territory
from contract.reading import KINDS
from gateway.formats import FORMATS

SERVICES = ("service.gateway", "service.ingest", "service.edge")
"""With a dot, which no device's name can have."""
_ITERATIONS = 101
"""What mosquitto_passwd 2.0 uses; the passwords are random, 160 bits long."""


def enrol(name: str, territory: Territory, folder: Path) -> str:
    """A new password for the device or service ``name``; what it had before is void."""
    if name not in SERVICES and name not in territory.device_by_id:
        raise UnknownName(
            f"{name!r} is neither a device of the territory nor a service",
            help=f"Add it to the territory file, or use one of {', '.join(SERVICES)}",
        )
    password = secrets.token_urlsafe(20)
    known = {**read_passwords(folder), name: hash_password(password, os.urandom(12))}
    write_files(known, territory, folder)
    return password


def revoke(name: str, territory: Territory, folder: Path) -> None:
    """Take every right from ``name``; the broker must reload its files afterwards."""
    known = read_passwords(folder)
    if name not in known:
        raise UnknownName(
            f"{name!r} has no credential in {folder}",
            help=f"Enrolled are: {', '.join(sorted(known)) or 'none'}",
        )
    del known[name]
    write_files(known, territory, folder)


def hash_password(password: str, salt: bytes) -> str:
    """Mosquitto's ``$7$``: PBKDF2 with SHA-512."""
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS, 64)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def read_passwords(folder: Path) -> dict[str, str]:
    """Name → hash of everybody enrolled in ``folder``."""
    path = folder / "passwords"
    if not path.exists():
        return {}
    lines = [line.partition(":") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {name: hashed for name, _, hashed in lines}


def write_files(known: dict[str, str], territory: Territory, folder: Path) -> None:
    """``passwords``, ``acl`` and ``ecoviv.conf``, each replaced as a whole."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(folder / "passwords", "".join(f"{name}:{hashed}\n" for name, hashed in known.items()))
        write_secret(folder / "acl", rights(sorted(known), territory))
        write_secret(folder / "ecoviv.conf", listeners(folder.resolve()))
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be written: {error}", help="Choose another with --folder, or correct its rights"
        ) from error


def write_secret(path: Path, text: str) -> None:
    """Written beside, then renamed; nobody else may read it at any moment."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(beside, owner.st_uid, owner.st_gid)
    beside.replace(path)


def rights(names: Iterable[str], territory: Territory) -> str:
    """The ACL file: who is not named has no right at all."""
    blocks = ["# Written by `ecoviv gateway enrol`: changes made here by hand are lost.\n"]
    for name in names:
        device = territory.device_by_id.get(name)
        lines = _device_rights(device) if device else _service_rights(name) if name in SERVICES else []
        blocks.append("\n".join([f"user {name}", *(f"topic {line}" for line in lines)]) + "\n")
    return "\n".join(blocks)


def _device_rights(device: Device) -> list[str]:
    kinds = [f"write {topics.sensor(device.site, device.id, kind)}" for kind in KINDS]
    return [
        *kinds,
        f"write {topics.audio(device.site, device.id, '+')}",
        f"read {topics.sensor_receipt(device.site, device.id)}",
        f"write {topics.status(device.id)}",
    ]


def _service_rights(name: str) -> list[str]:
    foreign = [f"read {filter_}" for form in FORMATS.values() for filter_ in form.filters]
    status = f"readwrite {topics.STATUS_FILTER}"
    return {
        "service.gateway": [
            *foreign,
            f"read {topics.receipt('+', '+')}",
            f"write {topics.up('+', '+')}",
            f"write {topics.SENSOR_RECEIPT_FILTER}",
            f"write {topics.LOCAL_CLIP}",
            status,
        ],
        "service.ingest": [f"read {topics.UP_FILTER}", f"write {topics.receipt('+', '+')}", status],
        "service.edge": [
            f"read {topics.LOCAL_CLIP}",
            *(f"write {topics.sensor('+', '+', kind)}" for kind in ("features", "detections", "health")),
            f"read {topics.SENSOR_RECEIPT_FILTER}",
            status,
        ],
    }[name]


def listeners(folder: Path) -> str:
    """The Mosquitto file to include; nobody without a name, the plain port on this machine only."""
    lines = [
        "# Written by `ecoviv gateway enrol`.  Include it: `include_dir` or mosquitto -c",
        "per_listener_settings false",
        "allow_anonymous false",
        f"password_file {folder / 'passwords'}",
        f"acl_file {folder / 'acl'}",
        "max_packet_size 2097152",
        "max_queued_messages 100000",
        "set_tcp_nodelay true",
        "persistence true",
        "autosave_interval 60",
        "listener 1883 127.0.0.1",
    ]
    if (folder / "server.crt").exists():
        lines += [
            "listener 8883",
            f"cafile {folder / 'ca.crt'}",
            f"certfile {folder / 'server.crt'}",
            f"keyfile {folder / 'server.key'}",
            "tls_version tlsv1.2",
            "listener 8884",
            f"cafile {folder / 'ca.crt'}",
            f"certfile {folder / 'server.crt'}",
            f"keyfile {folder / 'server.key'}",
            "tls_version tlsv1.2",
            "require_certificate true",
            "use_identity_as_username true",
        ]
    return "\n".join(lines) + "\n"
