"""Torn writes: images of a spool, cut or changed as a failing card would; each opened again.

Two files are taken from a spool in use: one whose latest commits lie in the write-ahead
log, one whose log has been brought home.  For each image it is asked what a gateway makes
of it:

- *log* cut short or overwritten: what is kept must be a prefix of the commits;
- *main file* cut short or overwritten: every message is there unchanged, or told to be
  damaged, or the file was set aside and what could be read was taken over.

*silent* counts what is neither: it must be 0.
"""

from __future__ import annotations

import logging
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from contract.errors import StoreError
from contract.instant import parse_instant
from contract.testing.fixed_clock import FixedClock
from gateway.spool.entry import Entry, Origin
from gateway.spool.spool import Spool

_NOW = parse_instant("2026-05-01T12:00:00Z")
_COMMITS, _EACH = 40, 10
_ME = Origin("s1", "soil-1", "b1")
_FILLS = (bytes(512), b"\xff" * 512, bytes(range(256)) * 2)


def _entry(seq: int) -> Entry:
    return Entry("readings", _NOW + seq, "ecoviv/1/s1/soil-1/readings", "", b"%06d" % seq * 60, _ME, seq)


def _make(folder: Path, *, home: bool) -> dict[str, bytes]:
    """The bytes of the main file and the log of a spool in use."""
    spool = Spool.open(folder / "spool.db", FixedClock(_NOW))
    for commit in range(_COMMITS):
        spool.add([_entry(commit * _EACH + index + 1) for index in range(_EACH)])
    if home:
        spool.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    image = {name: (folder / name).read_bytes() for name in ("spool.db", "spool.db-wal")}
    spool.close()
    return image


def damaged(image: bytes, chance: random.Random) -> bytes:
    """Cut short, or one to four sectors overwritten."""
    if chance.random() < 0.3:
        return image[: chance.randrange(len(image))]
    changed = bytearray(image)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(max(1, len(image) // 512)) * 512
        changed[at : at + 512] = chance.choice(_FILLS)[: len(changed) - at]
    return bytes(changed)


def _judge(folder: Path, in_log: bool) -> str:
    try:
        spool = Spool.open(folder / "spool.db", FixedClock(_NOW))
    except StoreError:
        return "refused with a reason"
    records = spool.batch("readings", 1, 10**6, limit=10**6, max_bytes=10**9)
    highest, spooled = spool.highest["readings"], spool.receipt(_ME).spooled
    spool.close()
    wanted = {_entry(seq).payload for seq in range(1, _COMMITS * _EACH + 1)}
    if any(not record.reason and record.payload not in wanted for record in records):
        return "silent: changed bytes"
    if list(folder.glob("*.damaged-*")):
        return "set aside"
    numbers = [record.number for record in records]
    if numbers != list(range(1, highest + 1)) or spooled > highest:
        return "silent: a gap"
    if in_log:
        return "prefix kept" if highest % _EACH == 0 else "silent: half a commit"
    if highest != _COMMITS * _EACH:
        return "silent: commits gone"
    return "told to be damaged" if any(record.reason for record in records) else "nothing hit"


def torn(images: int, seed: int) -> Counter[str]:
    """What became of ``images`` images of each kind."""
    logging.getLogger("ecoviv.gateway").setLevel(logging.CRITICAL)
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        for kind in ("log", "main"):
            source = base / kind
            source.mkdir()
            image = _make(source, home=kind == "main")
            target = "spool.db-wal" if kind == "log" else "spool.db"
            for number in range(images):
                folder = base / f"{kind}-{number}"
                folder.mkdir()
                for name, content in image.items():
                    hit = damaged(content, chance) if name == target else content
                    (folder / name).write_bytes(hit)
                found[f"{kind}: {_judge(folder, kind == 'log')}"] += 1
                shutil.rmtree(folder)
    return found
