"""The whole road for minutes: sensor -> Mosquitto -> gateway -> Mosquitto -> ingest -> store, as processes.

A steady load of single messages of four readings.  A message counts as durable when a reader
of the store's file sees it: after its commit, with ``synchronous=FULL``.  Beside it, in the
same minutes, a bare SQLite file commits the same rows twenty messages at a time: what the
disk and the processor of the moment allow.  Memory and spool are watched every second.

    python -m benchmarks.road [--rate 1000] [--minutes 10] [--devices 100] [--report FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.loads.batches import PER_MESSAGE, record
from benchmarks.loads.process import started
from contract.line.bus import MqttBus
from ecoviv.station.broker import start_broker

TICK_S = 0.005


def at(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


class Bare(threading.Thread):
    """Commits what twenty messages bring, FULL, fifty times a second; how long each took [ms]."""

    def __init__(self, folder: Path, every_s: float) -> None:
        super().__init__(daemon=True)
        self.path, self.every_s, self.done = folder / "bare.db", every_s, threading.Event()
        self.took: list[float] = []

    def run(self) -> None:
        database = sqlite3.connect(self.path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE p (s INTEGER, t INTEGER, v REAL, PRIMARY KEY (s, t)) WITHOUT ROWID")
        turn = 0
        while not self.done.wait(self.every_s):
            turn += 1
            rows = [(series, turn, 1.5) for series in range(20 * PER_MESSAGE)]
            began = time.perf_counter()
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO p VALUES (?, ?, ?)", rows)
            database.execute("COMMIT")
            self.took.append(1000 * (time.perf_counter() - began))
        database.close()


class Store:
    """How many messages a reader of the file sees."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection: sqlite3.Connection | None = None
        self._open()

    def _open(self) -> None:
        if self.path.exists():
            uri = f"file:{self.path}?mode=ro"
            self.connection = sqlite3.connect(uri, uri=True, isolation_level=None)

    def count(self) -> int:
        if self.connection is None:
            self._open()
        if self.connection is None:
            return 0
        found: int = self.connection.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0]
        return found


def watched(services: dict[str, psutil.Process], spool: Path) -> dict[str, float]:
    sizes = {name: process.memory_info().rss / 2**20 for name, process in services.items()}
    files = [spool, spool.with_name(spool.name + "-wal")]
    return sizes | {"spool": sum(file.stat().st_size for file in files if file.exists()) / 2**20}


def drive(
    bus: MqttBus, store: Store, rate: int, seconds: float, devices: int, watch: Any
) -> tuple[list[float], int]:
    """Publish at ``rate`` for ``seconds``; [ms] from publish to durable, and how many never were."""
    sent: list[float] = []
    waits: list[float] = []
    began = time.perf_counter()
    total, next_watch = int(rate * seconds), 0.0
    while len(sent) < total:
        due = min(total, int((time.perf_counter() - began) * rate))
        while len(sent) < due:
            one = record(len(sent), devices, time.time_ns())
            sent.append(time.perf_counter())
            bus.publish(one.topic, one.payload)
        bus.poll(TICK_S)
        note(store, sent, waits)
        if time.perf_counter() - began >= next_watch:
            next_watch += 1
            watch(len(sent) - len(waits))
    patience = time.perf_counter() + 60
    while len(waits) < total and time.perf_counter() < patience:
        bus.poll(TICK_S)
        note(store, sent, waits)
    return waits, total - len(waits)


def note(store: Store, sent: list[float], waits: list[float]) -> None:
    count, now = store.count(), time.perf_counter()
    waits.extend(1000 * (now - went) for went in sent[len(waits) : count])


def ends(series: list[float]) -> tuple[float, float]:
    """Medians of the second and of the last tenth: the first tenth is the start."""
    tenth = max(1, len(series) // 10)
    return statistics.median(series[tenth : 2 * tenth]), statistics.median(series[-tenth:])


def by_minute(waits: list[float], bare: list[float], load: list[float]) -> list[list[float]]:
    """A row a minute, by position: all three are steady."""
    count = max(1, len(load) // 60)
    rows = []
    for minute in range(count):
        a, b, c = (
            part[len(part) * minute // count : len(part) * (minute + 1) // count]
            for part in (waits, bare, load)
        )
        rows.append([round(one, 1) for one in (at(a, 0.5), at(a, 0.99), at(b, 0.99), statistics.mean(c))])
    return rows


def lines_waiting(process: psutil.Popen) -> list[str]:
    """What the process has said on its stderr since."""
    os.set_blocking(process.stderr.fileno(), False)
    return [line for line in (process.stderr.read() or b"").decode().splitlines() if line]


def road(folder: Path, rate: int, minutes: float, devices: int) -> dict[str, Any]:
    seen: list[dict[str, float]] = []
    with start_broker(folder / "broker") as broker:
        ingest = started(folder, broker, devices)
        gateway = started(folder, broker, devices, room="gateway")
        bus, bare = MqttBus(broker.address, "sensors"), Bare(folder, 20 / rate)
        bus.connect()
        services = {"ingest": ingest, "gateway": gateway}
        spool = folder / "state" / "spool.db"

        def watch(under_way: int) -> None:
            seen.append(watched(services, spool) | {"load": os.getloadavg()[0], "under_way": under_way})

        bare.start()
        waits, lost = drive(bus, Store(folder / "process.db"), rate, 60 * minutes, devices, watch)
        bare.done.set()
        bare.join()
        bus.close()
        said = lines_waiting(gateway)
        cpu = {name: sum(process.cpu_times()[:2]) for name, process in services.items()}
        for process in services.values():
            process.terminate()
            process.wait(10)
    report: dict[str, Any] = {"rate": rate, "minutes": minutes, "messages": len(waits), "not durable": lost}
    report |= {f"road p{100 * share:g} ms": round(at(waits, share), 1) for share in (0.5, 0.9, 0.99, 0.999)}
    report |= {f"bare commit p{100 * share:g} ms": round(at(bare.took, share), 1) for share in (0.5, 0.99, 1)}
    report["by minute: road p50, p99 ms; bare commit p99 ms; load"] = by_minute(
        waits, bare.took, [one["load"] for one in seen]
    )
    report["gateway said"] = said
    for name in ("ingest", "gateway", "spool", "under_way", "load"):
        early, late = ends([one[name] for one in seen])
        report[f"{name} early, late"] = [round(early, 2), round(late, 2)]
        report[f"{name} peak"] = round(max(one[name] for one in seen), 2)
    return report | {f"{name} processor s": round(used, 1) for name, used in cpu.items()}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=int, default=1_000)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--devices", type=int, default=100)
    options.add_argument("--report", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        report = road(Path(name), asked.rate, asked.minutes, asked.devices)
    text = json.dumps(report, indent=1)
    print(text)
    if asked.report is not None:
        asked.report.write_text(text + "\n")
    return 0 if report["not durable"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
