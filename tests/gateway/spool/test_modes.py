"""A spool is not every user's to read."""

from __future__ import annotations

import os
from pathlib import Path

from contract.testing.fixed_clock import FixedClock
from gateway.spool.file import open_database


def test_a_new_spool_and_its_folder_are_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        connection, _ = open_database(tmp_path / "state" / "spool.db", 2**24, FixedClock(0))
    finally:
        os.umask(before)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "state").iterdir()}
    connection.close()
    assert set(modes.values()) == {"0o640"}
    assert oct((tmp_path / "state").stat().st_mode & 0o777) == "0o750"
