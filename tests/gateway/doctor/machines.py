"""Faults of the machine below a gateway, staged: its disk, and the broker's certificate."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from gateway.certificates import x509
from gateway.doctor import disk
from tests.gateway.doctor.stages import Stage


def _disk(on: Stage, **changed: int) -> None:
    """The machine says so of every disk: no test may fill one, or mount it anew."""
    names = (
        "f_bsize",
        "f_frsize",
        "f_blocks",
        "f_bfree",
        "f_bavail",
        "f_files",
        "f_ffree",
        "f_favail",
        "f_flag",
    )
    real = os.statvfs(on.bench.folder)
    told = {name: getattr(real, name) for name in names} | changed
    room = os.statvfs_result((*told.values(), real.f_namemax))
    on.patch.setattr(disk.os, "statvfs", lambda _: room)


def disk_full(on: Stage) -> None:
    _disk(on, f_frsize=4096, f_blocks=10**6, f_bavail=2_000)


def disk_nearly_full(on: Stage) -> None:
    _disk(on, f_frsize=4096, f_blocks=10**6, f_bavail=45_000)


def no_more_files(on: Stage) -> None:
    _disk(on, f_files=10**6, f_favail=0)


def card_read_only(on: Stage) -> None:
    _disk(on, f_flag=os.ST_RDONLY)


def certificate_ended(on: Stage) -> None:
    """Of the broker, made in 2020 for as long as any."""
    began = datetime(2020, 1, 1, tzinfo=UTC)
    authority, key = x509.make_authority("field", began)
    request, _ = x509.make_request("localhost")
    signed = x509.Authority.read(authority.encode(), key.encode()).certify("localhost", request, began)
    folder = on.bench.folder.parent
    (folder / "server.crt").write_text(signed.text)
    on.config = folder / "mosquitto.conf"
    on.config.write_text(f"listener {on.address.port}\nallow_anonymous false\ncertfile {folder}/server.crt\n")
