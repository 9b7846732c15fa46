"""What a power cut leaves: only what was synced, and any part of what was not.

A shim writes down each write and sync of a spool at work.  From its journal the disk is
built as it would be found after a cut at a random moment; what had been told by then must
be on it.  The control, the same spool without syncs, must fail: so the test can see.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.instant import FixedClock
from gateway.spool import Spool

from .ends import NOON
from .test_spool import ME, numbers

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, sys
from pathlib import Path
from contract.instant import FixedClock
from gateway.entry import Entry, Sender
from gateway.spool import Spool
folder, mode = Path(sys.argv[1]), sys.argv[2]
spool = Spool.open(folder / "spool.db", FixedClock(0))
spool.connection.execute(f"PRAGMA synchronous={mode}")
spool.connection.execute("PRAGMA wal_autocheckpoint=60")
me, told = Sender("s1", "soil-1", "b1"), os.open(folder / "told", os.O_WRONLY | os.O_CREAT)
for seq in range(1, 301):
    payload = b"%06d" % seq * 40
    spool.add([Entry("readings", 1, "ecoviv/1/s1/soil-1/readings", "", payload, me, seq)])
    os.pwrite(told, b"%06d" % seq, 0)
"""


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the journal: ``w`` write, ``t`` truncate, ``s`` sync."""

    kind: str
    name: str
    offset: int
    content: bytes


def acts(journal: bytes) -> Iterator[Act]:
    at = 0
    while at < len(journal):
        kind, length = chr(journal[at]), struct.unpack_from("<H", journal, at + 1)[0]
        path = journal[at + 3 : at + 3 + length].decode()
        offset, size = struct.unpack_from("<qI", journal, at + 3 + length)
        start = at + 3 + length + 12
        yield Act(kind, Path(path).name, offset, journal[start : start + size])
        at = start + size


def disk_after_cut(journal: list[Act], chance: random.Random) -> tuple[dict[str, bytes], int]:
    """Main file and log as a cut after ``journal`` leaves them, and the last sequence told by then."""
    files: dict[str, bytearray] = {}
    pending: dict[str, list[Act]] = {}
    told = 0
    for act in journal:
        if act.name == "told":
            told = int(act.content)
        elif act.kind == "s":
            for late in pending.pop(act.name, []):
                _apply(files.setdefault(act.name, bytearray()), late)
        else:
            pending.setdefault(act.name, []).append(act)
    for name, unsynced in pending.items():
        for late in unsynced:
            if chance.random() < 0.5:
                _apply(files.setdefault(name, bytearray()), late)
    return {name: bytes(files[name]) for name in ("spool.db", "spool.db-wal")}, told


def _apply(content: bytearray, act: Act) -> None:
    if act.kind == "t":
        del content[act.offset :]
        return
    content.extend(bytes(max(0, act.offset - len(content))))
    content[act.offset : act.offset + len(act.content)] = act.content


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("the shim needs a C compiler and Linux")
    library = tmp_path_factory.mktemp("shim") / "journal.so"
    source = Path(__file__).parent / "shim" / "journal.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
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
    for cut in range(cuts):
        files, told = disk_after_cut(journal[: chance.randrange(begin, len(journal))], chance)
        disk = folder / f"cut-{cut}"
        disk.mkdir()
        for name, content in files.items():
            (disk / name).write_bytes(content)
        spool = Spool.open(disk / "spool.db", FixedClock(NOON))
        yield told, numbers(spool), spool.receipt(ME).spooled
        spool.close()


def test_what_was_told_survives_a_power_cut_at_any_moment(shim: Path, tmp_path: Path) -> None:
    for told, kept, spooled in cut_often(recorded(shim, tmp_path, "FULL"), tmp_path, 60):
        assert kept == list(range(1, len(kept) + 1))
        assert told <= len(kept) == spooled


def test_the_control_without_syncs_loses(shim: Path, tmp_path: Path) -> None:
    cuts = cut_often(recorded(shim, tmp_path, "OFF"), tmp_path, 10)
    assert any(len(kept) < told for told, kept, _ in cuts)
