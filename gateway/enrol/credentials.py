"""Credentials: who may speak on the broker, and of what.

1. ``enrol`` gives a device (or one of our services) a new password, shown once; the folder
   keeps only its salted hash, in Mosquitto's own format.  What it had before is void.
2. ``revoke`` takes a name out of passwords and rights and puts its certificates on the
   list of those that the broker refuses.
3. Rights and listeners follow from the territory (``gateway.enrol.acl``); everything is
   written again as a whole, so that it can be repeated.  Two programs that write at the
   same time wait for each other.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path

from contract.errors import UnknownName
from contract.instant import Clock, SystemClock
from contract.places import Territory
from gateway.certificates.revocation import LIST, revoke_certificates, write_list
from gateway.enrol.acl import CLAIM, DESK, ROLES, SERVICES, listeners, rights, role_of
from gateway.files import changing, not_ours, read_lines, unwritable, write_secret

_ITERATIONS = 101
"""What mosquitto_passwd 2.0 uses; the passwords are random, 160 bits long."""


def enrol(name: str, territory: Territory, folder: Path, clock: Clock | None = None) -> str:
    """A new password for the device or service ``name``; what it had before is void."""
    if name not in territory.device_by_id and role_of(name) is None:
        raise UnknownName(
            f"{name!r} is neither a device of the territory nor a service",
            help=f"Add it to the territory file, or use one of {', '.join(SERVICES)};"
            f" where several of a role share the broker, ROLE.ID, such as {ROLES[0]}.north",
        )
    password = secrets.token_urlsafe(20)
    with changing(folder):
        known = read_passwords(folder)
        known.pop(CLAIM + name, None)
        known[name] = hash_password(password, os.urandom(12))
        revoke_and_list(folder, name, clock or SystemClock())
        write_files(known, territory, folder)
    return password


def enrol_desk(territory: Territory, folder: Path) -> str:
    """A new password for the desk that answers claims; it lives no longer than the desk."""
    password = secrets.token_urlsafe(20)
    with changing(folder):
        known = read_passwords(folder)
        known[DESK] = hash_password(password, os.urandom(12))
        write_files(known, territory, folder)
    return password


def revoke(name: str, territory: Territory, folder: Path, clock: Clock | None = None) -> None:
    """Take every right from ``name``; the broker must reload its files afterwards."""
    with changing(folder):
        known = read_passwords(folder)
        held = [known.pop(one, None) for one in (name, CLAIM + name)]
        if not any([*held, revoke_and_list(folder, name, clock or SystemClock())]):
            raise UnknownName(
                f"{name!r} has no credential in {folder}",
                help=f"Enrolled are: {', '.join(sorted(known)) or 'none'}",
            )
        write_files(known, territory, folder)


def revoke_and_list(folder: Path, name: str, clock: Clock) -> int:
    """How many certificates of ``name`` the broker refuses from its next reload on."""
    found = revoke_certificates(folder, name, clock)
    if found:
        write_list(folder)
    return found


def hash_password(password: str, salt: bytes) -> str:
    """Mosquitto's ``$7$``: PBKDF2 with SHA-512."""
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS, 64)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def read_passwords(folder: Path) -> dict[str, str]:
    """Name → hash of everybody enrolled in ``folder``."""
    path = folder / "passwords"
    if not path.exists():
        return {}
    lines = [line.partition(":") for line in read_lines(path)]
    if any(not (name and hashed.startswith("$")) for name, _, hashed in lines):
        raise not_ours(path, "it has a line that is no name and hash")
    return {name: hashed for name, _, hashed in lines}


def write_files(known: dict[str, str], territory: Territory, folder: Path) -> None:
    """``passwords``, ``acl``, ``revoked.crl`` and ``ecoviv.conf``, each replaced as a whole."""
    try:
        if not (folder / LIST).exists():
            write_list(folder)
        write_secret(folder / "passwords", "".join(f"{name}:{hashed}\n" for name, hashed in known.items()))
        write_secret(folder / "acl", rights(sorted(known), territory))
        write_secret(folder / "ecoviv.conf", listeners(folder.resolve()))
    except OSError as error:
        raise unwritable(folder, error) from error
