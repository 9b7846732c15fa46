"""Power cuts: a receipt never goes out before what it promises is on the disk.

1. ``recorded`` runs broker, gateway and ingest under load, the two services with a shim
   (``journal.c``) that writes down each write, sync and packet sent, in order.
2. ``cuts`` builds, from such a journal, the disk that a power cut at some moment leaves: what
   was synced, and any part of what was not (whole, torn at a sector, or gone).
3. ``gateway_keeps`` and ``ingest_keeps`` open that disk and ask whether all that had been
   promised by then is on it.

The control is the same program with ``libeatmydata``, which makes every sync do nothing: the
question must then be answered with no, or the test sees nothing.
"""

from __future__ import annotations

import logging
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.kills import territory
from benchmarks.faults.sensors import Sensors
from contract import topics
from contract.errors import StoreError
from contract.instant import SECOND, SystemClock
from contract.line.bus import MqttBus
from contract.testing.fixed_clock import FixedClock
from ecoviv.station.broker import start_broker
from ecoviv.station.child import spawn, stop
from gateway.spool.entry import Origin
from gateway.spool.spool import Spool
from ingest.store import open_store

DEVICES = 2
_CLOCK = SystemClock()
_SECTOR = 512
_SPOOLED = re.compile(rb'ecoviv/1/s1/d(\d+)/receipt.*?"spooled":(\d+)', re.DOTALL)
_COMMITTED = re.compile(rb'ecoviv/receipt/1/gateway-1/(\w+).*?"committed":(\d+)', re.DOTALL)
Promises = dict[str, int]


@dataclass(frozen=True, slots=True)
class Act:
    """One line of a journal: ``w`` write, ``t`` truncate, ``s`` sync, ``n`` sent over a socket."""

    kind: str
    name: str
    offset: int
    content: bytes


def acts(journal: bytes) -> Iterator[Act]:
    """A journal as the shim wrote it."""
    at = 0
    while at < len(journal):
        kind, length = chr(journal[at]), struct.unpack_from("<H", journal, at + 1)[0]
        path = journal[at + 3 : at + 3 + length].decode()
        offset, size = struct.unpack_from("<qI", journal, at + 3 + length)
        start = at + 3 + length + 12
        yield Act(kind, Path(path).name, offset, journal[start : start + size])
        at = start + size


def compiled(folder: Path) -> Path | None:
    """The shim; None where there is no C compiler or no Linux."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    library, source = folder / "journal.so", Path(__file__).with_name("journal.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def sync_eater() -> Path | None:
    """Debian's libeatmydata, if it is installed."""
    return next(iter(sorted(Path("/usr/lib").glob("*/libeatmydata.so"))), None)


@dataclass(slots=True)
class Disk:
    """Files as a cut would leave them: the synced content, and what was written since."""

    synced: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Act]] = field(default_factory=dict)

    def take(self, act: Act) -> None:
        if act.kind == "s":
            for late in self.pending.pop(act.name, []):
                _apply(self.synced.setdefault(act.name, bytearray()), late)
        elif act.kind in "wt":
            self.pending.setdefault(act.name, []).append(act)

    def after_cut(self, chance: random.Random, names: Sequence[str]) -> dict[str, bytes]:
        """One of the many disks that a cut now may leave."""
        files = {}
        for name in names:
            content = bytearray(self.synced.get(name, b""))
            for late in self.pending.get(name, []):
                fate = chance.randrange(4)
                if fate < 2:
                    _apply(content, late)
                elif fate == 2 and late.kind == "w" and len(late.content) > _SECTOR:
                    whole = chance.randrange(1, len(late.content) // _SECTOR + 1) * _SECTOR
                    _apply(content, Act("w", name, late.offset, late.content[:whole]))
            files[name] = bytes(content)
        return files


def _apply(content: bytearray, act: Act) -> None:
    if act.kind == "t":
        del content[act.offset :]
        return
    content.extend(bytes(max(0, act.offset - len(content))))
    content[act.offset : act.offset + len(act.content)] = act.content


def cuts(
    journal: Sequence[Act], names: Sequence[str], promise: re.Pattern[bytes], number: int, seed: int
) -> Iterator[tuple[dict[str, bytes], Promises]]:
    """For ``number`` moments, most of them just after a promise: the disk and all promises by then."""
    chance = random.Random(seed)
    told = [
        place
        for place, act in enumerate(journal)
        if act.kind == "n" and any(int(reached) for _, reached in promise.findall(act.content))
    ]
    last = told[-1]
    moments = sorted(
        chance.choice(told) if chance.random() < 0.7 else chance.randrange(told[0], last)
        for _ in range(number)
    )  # fmt: skip
    disk, promised, place = Disk(), Promises(), 0
    for moment in moments:
        for act in journal[place : moment + 1]:
            disk.take(act)
            if act.kind == "n":
                for who, reached in promise.findall(act.content):
                    promised[who.decode()] = max(int(reached), promised.get(who.decode(), 0))
        place = max(place, moment + 1)
        yield disk.after_cut(chance, names), dict(promised)


def recorded(folder: Path, preload: Sequence[Path], seconds: float) -> dict[str, list[Act]]:
    """What gateway and ingest wrote, synced and sent in ``seconds`` of load, shims loaded before them."""
    for name in ("gateway", "store"):
        (folder / name).mkdir(parents=True)
    file = folder / "territory.toml"
    file.write_text(territory(DEVICES))
    with start_broker(folder / "broker") as broker:
        common = ["--territory", str(file), "--broker", broker.address.url]
        store = ["--store", f"sqlite:{folder / 'store' / 'store.db'}"]
        where = {"gateway": ["--state", str(folder / "gateway")], "ingest": store}
        processes = []
        try:
            for name, more in where.items():
                shim = {
                    "LD_PRELOAD": ":".join(map(str, preload)),
                    "JOURNAL_FILE": str(folder / name) + ".acts",
                }
                below = {"JOURNAL_FOLDER": str(folder / ("store" if name == "ingest" else name))}
                argv = [sys.executable, "-m", "ecoviv", name, "run", *common, *more]
                processes.append(spawn(argv, log=folder / f"{name}.log", env={**shim, **below}))
            bus = MqttBus(broker.address, "sensors", (topics.SENSOR_RECEIPT_FILTER,))
            bus.connect()
            sensors = Sensors(bus, DEVICES)
            deadline = _CLOCK.monotonic() + 60 * SECOND
            until = deadline
            while _CLOCK.monotonic() < min(until, deadline):
                sensors.step(more=True, timeout_s=0.02)
                if until == deadline and min(sensors.stored) > 0:
                    until = _CLOCK.monotonic() + int(seconds * SECOND)
            bus.close()
            if until == deadline:
                logs = [(folder / f"{name}.log").read_text() for name in where]
                raise RuntimeError(f"nothing was stored: {logs}")
        finally:
            for process in processes:
                process.kill()
                stop(process)
    return {name: list(acts((folder / f"{name}.acts").read_bytes())) for name in where}


def gateway_keeps(disk: Path, promised: Promises) -> bool:
    """True if the spool in ``disk`` is sound and answers for every message called ``spooled``."""
    spool = Spool.open(disk / "spool.db", FixedClock(0))
    try:
        kept = {who: spool.receipt(Origin("s1", f"d{who}", "b1")).spooled for who in promised}
    finally:
        spool.close()
    return not list(disk.glob("*.damaged-*")) and all(kept[who] >= number for who, number in promised.items())


def ingest_keeps(disk: Path, promised: Promises) -> bool:
    """True if the store in ``disk`` is sound and has every record called committed."""
    try:
        store = open_store(f"sqlite:{disk / 'store.db'}")
    except StoreError:
        return False
    try:
        received = {state.stream: state.received for state in store.streams()}
        sound = store.verify() == []
    except StoreError:
        return False
    finally:
        store.close()
    return sound and all(
        number == 0 or (received.get(stream, ()) and received[stream][0][1] >= number)
        for stream, number in promised.items()
    )


SERVICES = {
    "gateway": (("spool.db", "spool.db-wal"), _SPOOLED, gateway_keeps),
    "ingest": (("store.db", "store.db-wal"), _COMMITTED, ingest_keeps),
}


def broken_promises(service: str, journal: Sequence[Act], number: int, seed: int) -> tuple[int, int]:
    """(cuts after which something promised was gone, promises looked at)."""
    names, promise, keeps = SERVICES[service]
    broken = looked = 0
    with tempfile.TemporaryDirectory() as scratch:
        for place, (files, promised) in enumerate(cuts(journal, names, promise, number, seed)):
            disk = Path(scratch) / str(place)
            disk.mkdir()
            for name, content in files.items():
                (disk / name).write_bytes(content)
            broken += not keeps(disk, promised)
            looked += any(promised.values())
            shutil.rmtree(disk)
    return broken, looked


def power_cuts(number: int, seed: int, seconds: float = 5.0) -> Counter[str]:
    """``number`` cuts of each service, and twenty of the control."""
    found: Counter[str] = Counter()
    logging.getLogger("ecoviv.gateway").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        shim, eater = compiled(Path(scratch)), sync_eater()
        if shim is None:
            return Counter({"skipped: the shim needs a C compiler and Linux": 1})
        runs = {"": [shim], **({"control, libeatmydata: ": [eater, shim]} if eater else {})}
        for label, preload in runs.items():
            journals = recorded(Path(scratch) / f"run{len(preload)}", preload, seconds)
            for service, journal in journals.items():
                amount = 20 if label else number
                found[f"{label}{service}, cuts"] = amount
                found[f"{label}{service}, promise broken"] = broken_promises(service, journal, amount, seed)[
                    0
                ]
    return found


if __name__ == "__main__":
    os.nice(5)
    print(power_cuts(int(sys.argv[1]), int(sys.argv[2])))
