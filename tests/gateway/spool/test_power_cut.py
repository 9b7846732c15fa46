"""What a power cut leaves: only what was synced, and any part of what was not.

A shim (``benchmarks/faults/journal.c``) writes down each write and sync of a spool at work.
From its journal the disk is built as it would be found after a cut at a random moment; what
had been told by then must be on it.  The control, the same spool without syncs, must fail.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults.power import Act, Disk, acts, compiled
from contract.testing.fixed_clock import FixedClock
from gateway.spool.spool import Spool
from tests.gateway.ends import NOON
from tests.gateway.spool.test_spool import ME, numbers

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import os, sys
from pathlib import Path
from contract.testing.fixed_clock import FixedClock
from gateway.spool.entry import Entry, Origin
from gateway.spool.spool import Spool
folder, mode = Path(sys.argv[1]), sys.argv[2]
spool = Spool.open(folder / "spool.db", FixedClock(0))
spool.connection.execute(f"PRAGMA synchronous={mode}")
spool.connection.execute("PRAGMA wal_autocheckpoint=60")
me, told = Origin("s1", "soil-1", "b1"), os.open(folder / "told", os.O_WRONLY | os.O_CREAT)
for seq in range(1, 301):
    payload = b"%06d" % seq * 40
    spool.add([Entry("readings", 1, "ecoviv/1/s1/soil-1/readings", "", payload, me, seq)])
    os.pwrite(told, b"%06d" % seq, 0)
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = compiled(tmp_path_factory.mktemp("shim"))
    if library is None:
        pytest.skip("the shim needs a C compiler and Linux")
    return library


def recorded(shim: Path, folder: Path, mode: str) -> list[Act]:
    work = folder / "work"
    work.mkdir()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim),
        "JOURNAL_FOLDER": str(work),
        "JOURNAL_FILE": str(folder / "journal"),
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "-c", PROGRAM, work, mode], env=environment, check=True)
    found = list(acts((folder / "journal").read_bytes()))
    assert sum(act.name == "told" for act in found) == 300
    return found


def cut_often(journal: list[Act], folder: Path, cuts: int) -> Iterator[tuple[int, list[int], int]]:
    """For each cut: the last sequence told, the numbers on the disk, and ``spooled`` after it."""
    chance = random.Random(5)
    begin = next(place for place, act in enumerate(journal) if act.name == "told")
    moments = {chance.randrange(begin, len(journal)) for _ in range(cuts)}
    disk, told = Disk(), 0
    for place, act in enumerate(journal):
        disk.take(act)
        told = int(act.content) if act.name == "told" else told
        if place in moments:
            folder_of_cut = folder / f"cut-{place}"
            folder_of_cut.mkdir()
            for name, content in disk.after_cut(chance, ("spool.db", "spool.db-wal")).items():
                (folder_of_cut / name).write_bytes(content)
            spool = Spool.open(folder_of_cut / "spool.db", FixedClock(NOON))
            yield told, numbers(spool), spool.receipt(ME).spooled
            spool.close()


def test_what_was_told_survives_a_power_cut_at_any_moment(shim: Path, tmp_path: Path) -> None:
    for told, kept, spooled in cut_often(recorded(shim, tmp_path, "FULL"), tmp_path, 60):
        assert kept == list(range(1, len(kept) + 1))
        assert told <= len(kept) == spooled


def test_the_control_without_syncs_loses(shim: Path, tmp_path: Path) -> None:
    cuts = cut_often(recorded(shim, tmp_path, "OFF"), tmp_path, 10)
    assert any(len(kept) < told for told, kept, _ in cuts)
