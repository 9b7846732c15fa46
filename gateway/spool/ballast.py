"""A file that only takes up room, so that there is some to free when the disk is full.

A full disk refuses even to delete: a database must write to delete.  Letting go of the
ballast gives it the room to do so.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

BALLAST_BYTES = 3 * 2**20
_WORTH_IT = 4


@dataclass(frozen=True, slots=True)
class Ballast:
    """The ballast beside the file ``beside``."""

    beside: Path

    @property
    def path(self) -> Path:
        return self.beside.with_name("ballast")

    def free_bytes(self) -> int:
        """What the disk still has."""
        room = os.statvfs(self.beside.parent)
        return room.f_bavail * room.f_frsize

    def take(self, free_bytes: int) -> None:
        """Lay it down if it is missing and the disk can spare it."""
        if free_bytes < _WORTH_IT * BALLAST_BYTES or self.path.exists():
            return
        try:
            with self.path.open("wb") as stream:
                for _ in range(BALLAST_BYTES // 65_536):
                    stream.write(bytes(65_536))
        except OSError:
            self.release()

    def release(self) -> None:
        self.path.unlink(missing_ok=True)
