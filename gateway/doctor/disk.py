"""The gateway's folder and the disk below it: is it private, writable, large enough?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.doctor.diagnosis import Diagnosis

_MIB = 2**20
CLIPS_FOLDER = "clips"
"""In the folder of a gateway."""


def check_privacy(state: Path) -> Iterator[Diagnosis]:
    """Sound and readings are for the gateway's user only; the ring besides for the edge worker."""
    if state.exists() and state.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Diagnosis(
            "state folder", "warn", f"other users of this machine can look into {state}, where sound is kept",
            f"chmod 700 {state}",
        )  # fmt: skip
    clips = state / CLIPS_FOLDER
    if clips.is_dir() and clips.stat().st_mode & stat.S_IRWXO:
        yield Diagnosis(
            "ring", "fail", f"any user of this machine can look into {clips}, where sound waits to be heard",
            f"chmod o-rwx {clips}",
        )  # fmt: skip


def check_disk(state: Path) -> Diagnosis:
    """``fail`` where nothing can be written or below 100 MiB, ``warn`` below 1 GiB or 5 % of the disk."""
    folder = state if state.exists() else state.parent
    room = os.statvfs(folder)
    if room.f_flag & os.ST_RDONLY:
        return Diagnosis(
            "disk", "fail", f"the disk below {folder} is read-only: systems do that to a card that fails",
            "Copy the folder while it can be read, fit another card, and start the gateway on it",
        )  # fmt: skip
    if not os.access(folder, os.W_OK):
        return Diagnosis("disk", "fail", f"{folder} is not writable", "Correct its rights, or its owner")
    if room.f_files and not room.f_favail:
        return Diagnosis(
            "disk", "fail", "it holds as many files as it can, whatever room is free",
            "Remove files that nobody needs, or format a card with more inodes",
        )  # fmt: skip
    free, share = free_bytes(state), room.f_bavail / max(room.f_blocks, 1)
    text = f"{free // _MIB} MiB free ({share:.0%})"
    if free < 100 * _MIB:
        return Diagnosis(
            "disk", "fail", text, "Free room or fit a larger card: messages will soon not be taken"
        )
    if free < 1024 * _MIB or share < 0.05:
        return Diagnosis("disk", "warn", text, "Lower --clips-mb, or fit a larger card")
    return Diagnosis("disk", "ok", text)


def free_bytes(state: Path) -> int:
    """What the disk under ``state`` still has [bytes], for one who is not root."""
    room = os.statvfs(state if state.exists() else state.parent)
    return room.f_bavail * room.f_frsize
