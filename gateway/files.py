"""The broker's files: changed by one program at a time, replaced as a whole, read by their owner only."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.errors import ConfigurationError


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Alone with the broker's files, until the block ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / ".lock").open("a")
    except OSError as error:
        raise unwritable(folder, error) from error
    with lock:
        if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ConfigurationError(
                f"Others may write in {folder}, and so give themselves any right", help=f"chmod 700 {folder}"
            )
        (folder / ".lock").chmod(0o600)
        give_to_owner(folder / ".lock", folder)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_lines(path: Path) -> list[str]:
    """The lines of one of our files that are not empty; ``ConfigurationError`` if it is none of ours."""
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise not_ours(path, str(error)) from error


def not_ours(path: Path, reason: str) -> ConfigurationError:
    """The error for a broker's file whose content is not what we write."""
    return ConfigurationError(
        f"{path} cannot be used: {reason}", help="Restore a copy, or give an empty folder and enrol all again"
    )


def unwritable(folder: Path, error: OSError) -> ConfigurationError:
    """The error for a folder in which nothing can be written."""
    return ConfigurationError(
        f"{folder} cannot be written: {error}", help="Choose another with --folder, or correct its rights"
    )


def write_secret(path: Path, text: str) -> None:
    """Written beside, then renamed; nobody else may read it at any moment."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    give_to_owner(beside, path.parent)
    beside.replace(path)


def give_to_owner(path: Path, folder: Path) -> None:
    """Written by root, the broker's files must still belong to the broker, who owns ``folder``."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
