"""What the promises survive: the long versions, one line of a JSONL file for each round.

    python -m benchmarks.chaos [FAULT …] [--record chaos.jsonl] [--seed 1] [--NUMBER …]

Faults, all of them if none is named; each is described where it is made:

- *kills* (``faults.kills``), *network* and *lossy* (``faults.net``), *store* (``faults.store``);
- *power* (``faults.power``), *torn* (``faults.torn.spool``), *torn-store* (``faults.torn.store``);
- *past* (``faults.past.laws``): cards copied, cloned and put back; *fair* (``faults.fair``): one
  sensor floods a full spool; *hostile* (``faults.hostile.laws``): speakers of nonsense and forgeries;
- *clock* (``faults.clock``), *bytes* (``faults.damage``), *disk*: a tmpfs of 8 to 64 MiB below
  a spool with a larger cap, where the drops must be counted exactly (root).

The kills can be broken off and taken up again: rounds in the record are not done again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.faults.clock import wrong_clocks
from benchmarks.faults.damage.run import fuzz
from benchmarks.faults.fair import fair
from benchmarks.faults.hostile.laws import hostile
from benchmarks.faults.kills import rounds, summed
from benchmarks.faults.line import absent
from benchmarks.faults.nest import Nest
from benchmarks.faults.net import cuts, slow
from benchmarks.faults.past.laws import past
from benchmarks.faults.power import power_cuts
from benchmarks.faults.store import KINDS, slow_store
from benchmarks.faults.torn.spool import torn
from benchmarks.faults.torn.store import torn_store
from contract.errors import StoreError
from contract.testing.fixed_clock import FixedClock
from gateway.spool.entry import Entry
from gateway.spool.spool import Spool
from gateway.spool.status import read_status

Found = Iterator[dict[str, Any]]
_LINES = ((0.01, 5.0), (0.05, 50.0), (0.2, 20.0))
"""(loss of packets, mean delay [ms])"""
_TAKEN = 50_000
_EACH = 50
NUMBERS = {
    "gateway": 1_000, "ingest": 1_000, "broker": 100, "cuts": 200, "seconds": 60, "power-cuts": 500,
    "images": 5_000, "store-images": 500, "messages": 100_000, "payloads": 1_000_000,
    "histories": 10_000, "floods": 100, "sieges": 100,
}  # fmt: skip


def kills(asked: argparse.Namespace) -> Found:
    """Rounds of about fifty kills, and their sum."""
    wanted = {name: getattr(asked, name) for name in ("gateway", "ingest", "broker")}
    yield summed(list(rounds(wanted, asked.seed, asked.record.with_suffix(".kills.jsonl"))))


def network(asked: argparse.Namespace) -> Found:
    """Lines cut, fifty times in a round."""
    if why := absent():
        yield {"skipped": why}
        return
    for number in range(-(-asked.cuts // _EACH)):
        with Nest() as nest, tempfile.TemporaryDirectory() as folder:
            found = cuts(nest, Path(folder), min(_EACH, asked.cuts - number * _EACH), asked.seed + number)
        yield {"seed": asked.seed + number, **found}


def lossy(asked: argparse.Namespace) -> Found:
    """Lines that lose packets and are late."""
    if why := absent():
        yield {"skipped": why}
        return
    for loss, delay in _LINES:
        with Nest() as nest, tempfile.TemporaryDirectory() as folder:
            yield slow(nest, Path(folder), asked.seconds, asked.seed, loss=loss, delay_ms=delay)


def store(asked: argparse.Namespace) -> Found:
    """A store that takes nothing for a while."""
    for kind in KINDS:
        with Nest() as nest, tempfile.TemporaryDirectory() as folder:
            yield slow_store(nest, Path(folder), kind, asked.seconds)


def disk(_: argparse.Namespace) -> Found:
    """A spool on disks smaller than its cap."""
    for size in (8, 16, 32, 64):
        yield {"MiB": size, **full_disk(size)}


def full_disk(mebibytes: int) -> dict[str, object]:
    """50,000 messages of 1 kB for a spool with a cap of 256 MiB on a tmpfs of ``mebibytes``."""
    with tempfile.TemporaryDirectory() as scratch:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", scratch]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            return {"skipped": "a tmpfs cannot be mounted here"}
        try:
            spool = Spool.open(Path(scratch) / "spool.db", FixedClock(0), cap_bytes=256 * 2**20)
            taken = refused = 0
            while taken < _TAKEN and refused < _TAKEN:
                try:
                    spool.add([Entry("readings", 1, "t", "", b"x" * 1_000) for _ in range(100)])
                    taken += 100
                except StoreError:
                    refused += 100
            kept = sum(1 for _ in spool.batch("readings", 1, 10**9, limit=10**9, max_bytes=10**12))
            dropped = read_status(Path(scratch)).counters.get("dropped_readings", 0)
            spool.close()
        finally:
            subprocess.run(["umount", "-l", scratch], check=True)
        unaccounted = taken - kept - dropped
        return {
            "taken": taken, "refused": refused, "kept": kept, "dropped": dropped, "unaccounted": unaccounted
        }  # fmt: skip


FAULTS: dict[str, Callable[[argparse.Namespace], Found]] = {
    "kills": kills,
    "network": network,
    "lossy": lossy,
    "store": store,
    "power": lambda asked: iter([dict(power_cuts(asked.power_cuts, asked.seed))]),
    "torn": lambda asked: iter([dict(torn(asked.images, asked.seed))]),
    "torn-store": lambda asked: iter([dict(torn_store(asked.store_images, asked.seed))]),
    "clock": lambda asked: iter(
        [{"messages": wrong_clocks(asked.messages, asked.seed).messages, "differ": 0}]
    ),
    "bytes": lambda asked: fuzz(asked.payloads, asked.seed),
    "disk": disk,
    "past": lambda asked: past(asked.histories, asked.seed),
    "fair": lambda asked: fair(asked.floods, asked.seed),
    "hostile": lambda asked: hostile(asked.sieges, asked.seed),
}


def main() -> None:
    """Do what was asked, and write down each round as it ends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faults", nargs="*", choices=[*FAULTS, []], default=[])
    parser.add_argument("--record", type=Path, default=Path("chaos.jsonl"))
    parser.add_argument("--seed", type=int, default=1)
    for name, number in NUMBERS.items():
        parser.add_argument(f"--{name}", type=int, default=number)
    asked = parser.parse_args()
    for name in asked.faults or FAULTS:
        for found in FAULTS[name](asked):
            line = json.dumps({"fault": name, **found})
            with asked.record.open("a") as stream:
                stream.write(line + "\n")
            print(line, flush=True)


if __name__ == "__main__":
    main()
