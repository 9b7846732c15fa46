"""Claim codes: what a technician types on a device, so that it gets a credential of its own.

1. ``offer`` makes a code of twelve letters for one device, counting for some hours.  The
   broker's files keep its salted hash (as the password of ``claim.DEVICE``, who may do
   nothing but present it) and its end.
2. The device logs in with the code and sends a secret that it made itself, or the request
   for a certificate of a key that it made itself; ``redeem`` puts it into force and the
   code out of it, in one change of the files.  No lasting secret ever comes down.
3. ``expire`` takes codes out whose time is over.

What the device had before counts until the code is used.  Twelve letters of 32 are 60
bits: nobody guesses them in a day, on the broker or from a stolen file.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.errors import ConfigurationError, UnknownName
from contract.instant import HOUR, SECOND, Clock, format_instant, parse_instant
from contract.places import Territory
from gateway.certificates.authority import check_request, sign_request
from gateway.enrol.acl import CLAIM
from gateway.enrol.credentials import hash_password, read_passwords, revoke_and_list, write_files
from gateway.files import changing, read_lines, write_secret

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U, which gloves and sun confuse."""
LENGTH = 12
_ENDS = "claims"


@dataclass(frozen=True, slots=True)
class Claim:
    """A code that was made just now; it cannot be shown again."""

    device: str
    code: str
    ends: int
    """[ns UTC]"""

    @property
    def shown(self) -> str:
        """In groups of four, for a person."""
        return "-".join(self.code[at : at + 4] for at in range(0, LENGTH, 4))


class Redemption(BaseModel):
    """What a device sends with its code: one of the two."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    password: Annotated[str, Field(min_length=20, max_length=200, pattern=r"^[!-~]+$")] | None = None
    request: Annotated[str, Field(max_length=8_192)] | None = None
    """PKCS#10, PEM, for CN = the device's name."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.password is None) == (self.request is None):
            raise ValueError("send either password or request")
        return self


def normal(typed: str) -> str:
    """What a person typed, as it was printed: capitals, no hyphens, O for 0, I and L for 1."""
    code = "".join(typed.split()).replace("-", "").upper()
    return code.translate(str.maketrans("OIL", "011"))


def offer(device: str, territory: Territory, folder: Path, clock: Clock, hours: float) -> Claim:
    """A new code for ``device``; an earlier one that was not used is void."""
    if device not in territory.device_by_id:
        raise UnknownName(f"{device!r} is not a device of the territory", help="Add it to the territory file")
    if not (folder / "server.crt").exists():
        raise ConfigurationError(
            f"The broker of {folder} has no certificate: a code would travel in clear",
            help="Give its name once with --host, and load its files into the broker",
        )
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    claim = Claim(device, code, (clock.now() + int(hours * HOUR)) // SECOND * SECOND)
    with changing(folder):
        known = read_passwords(folder)
        known[CLAIM + device] = hash_password(code, os.urandom(12))
        _write_ends(folder, {**read_ends(folder), device: claim.ends})
        write_files(known, territory, folder)
    return claim


def redeem(device: str, sent: Redemption, territory: Territory, folder: Path, clock: Clock) -> str:
    """Put the device's own secret into force, once; its certificate (PEM), or empty for a password.

    ``UnknownName`` if the device has no code that counts.
    """
    with changing(folder):
        known, ends = read_passwords(folder), read_ends(folder)
        if CLAIM + device not in known or ends.get(device, 0) <= clock.now():
            raise UnknownName(
                f"No claim code of {device!r} counts now", help="Make another with `enrol --claim`"
            )
        if sent.request is not None:
            check_request(device, sent.request)
        revoke_and_list(folder, device, clock)
        certificate = sign_request(folder, device, sent.request) if sent.request is not None else ""
        known[device] = hash_password(sent.password or secrets.token_urlsafe(20), os.urandom(12))
        del known[CLAIM + device], ends[device]
        _write_ends(folder, ends)
        write_files(known, territory, folder)
    return certificate


def expire(territory: Territory, folder: Path, clock: Clock) -> list[str]:
    """Devices whose code counted until now, and was not used."""
    if all(end > clock.now() for end in read_ends(folder).values()):
        return []
    with changing(folder):
        ends, known = read_ends(folder), read_passwords(folder)
        over = [device for device, end in ends.items() if end <= clock.now()]
        for device in over:
            known.pop(CLAIM + device, None)
            del ends[device]
        _write_ends(folder, ends)
        write_files(known, territory, folder)
    return over


def read_ends(folder: Path) -> dict[str, int]:
    """Device → until when its code counts [ns UTC]."""
    path = folder / _ENDS
    if not path.exists():
        return {}
    lines = [line.partition(" ") for line in read_lines(path)]
    return {device: parse_instant(end) for device, _, end in lines}


def _write_ends(folder: Path, ends: dict[str, int]) -> None:
    write_secret(folder / _ENDS, "".join(f"{device} {format_instant(end)}\n" for device, end in ends.items()))
