"""How fast ingest is, beside its limit and its peers, in one run, taken in turn.

1. *limit*: bare SQLite, WAL, FULL, the very rows that ingest writes, in its portions.
2. *ingest*: batches of a gateway -> read, checked, committed -> receipt, in one process.
3. *plain loop*: json.loads, no checks, the same points, committed FULL a batch at a time.
4. *drain*: ``mosquitto_sub`` taking the same batches from Mosquitto (if it is there).
5. *delay*: a steady 1,000 messages a second through a real broker; published -> receipt.
6. *memory*: the process's peak with a backlog of a million readings of 1,000 devices.

    python -m benchmarks.ingest [--rounds 5] [--messages 40000] [--delay-seconds 20]
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.ingest_load import PER_MESSAGE, batches, territory
from benchmarks.ingest_process import delay, memory
from contract import topics
from contract.batch import Receipt, decode_batch
from contract.broker import mosquitto_path, start_broker
from contract.bus import MqttBus
from contract.instant import SystemClock
from contract.memory_bus import MemoryBroker
from contract.places import Territory
from ingest.service import CHUNK_RECORDS, Ingest
from ingest.store.sqlite import SqliteStore


def ours(folder: Path, payloads: list[bytes], devices: int) -> float:
    """Readings a second."""
    gc.set_threshold(100_000, 50, 100)
    broker = MemoryBroker()
    bus, gateway = (
        broker.client("ingest", (topics.UP_FILTER,)),
        broker.client("gw", (topics.receipt_filter("gw"),)),
    )
    store = SqliteStore(folder / "ours.db")
    service = Ingest(store, bus, Territory.model_validate(territory(devices)), SystemClock())
    for payload in payloads:
        gateway.publish(topics.up("gw", "readings"), payload)
    began = time.perf_counter()
    while service.step(0):
        pass
    seconds = time.perf_counter() - began
    committed = Receipt.model_validate_json(gateway.poll(0, 10_000)[-1].payload).committed
    points = store.counts().points
    store.close()
    assert points == committed * PER_MESSAGE, (points, committed)
    return points / seconds


def written_rows(folder: Path, payloads: list[bytes], devices: int) -> dict[str, list[tuple[object, ...]]]:
    """What ingest writes for ``payloads``, read back from a store that it wrote."""
    ours(folder, payloads, devices)
    connection = sqlite3.connect(folder / "ours.db")
    rows = {
        "points": connection.execute("SELECT * FROM points ORDER BY message_id").fetchall(),
        "messages": connection.execute("SELECT * FROM messages ORDER BY id").fetchall(),
        "blocks": connection.execute("SELECT * FROM blocks").fetchall(),
    }
    connection.close()
    (folder / "ours.db").unlink()
    return rows


def limit(folder: Path, rows: dict[str, list[tuple[object, ...]]]) -> float:
    store = SqliteStore(folder / "limit.db")
    store.close()
    connection = sqlite3.connect(folder / "limit.db", isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    portion = CHUNK_RECORDS * PER_MESSAGE
    began = time.perf_counter()
    for first in range(0, len(rows["points"]), portion):
        connection.execute("BEGIN IMMEDIATE")
        for table, share in (("points", portion), ("messages", portion // PER_MESSAGE)):
            at = first * share // portion
            part = rows[table][at : at + share]
            marks = ", ".join("?" * len(part[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING", part)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return len(rows["points"]) / seconds


def plain(folder: Path, payloads: list[bytes]) -> float:
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE points (device, quantity, time, value, PRIMARY KEY (device, quantity, time))"
    )
    count = 0
    began = time.perf_counter()
    for payload in payloads:
        rows = []
        for one in decode_batch(payload).records:
            message = json.loads(one.payload)
            for reading in message["readings"]:
                rows.append((message["device"], reading["quantity"], message["time"], reading["value"]))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR IGNORE INTO points VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        count += len(rows)
    seconds = time.perf_counter() - began
    connection.close()
    return count / seconds


def drain(folder: Path, payloads: list[bytes], count: int) -> float | None:
    """Messages a second that ``mosquitto_sub`` takes, unpacked or not."""
    if mosquitto_path() is None or shutil.which("mosquitto_sub") is None:
        return None
    with start_broker(folder / "drain", engine="mosquitto") as broker:
        listen = [
            "mosquitto_sub",
            "-p",
            str(broker.address.port),
            "-q",
            "1",
            "-t",
            "#",
            "-C",
            str(len(payloads)),
        ]
        with subprocess.Popen(listen, stdout=subprocess.DEVNULL) as process:
            time.sleep(0.3)
            bus = MqttBus(broker.address, "pub")
            bus.connect()
            began = time.perf_counter()
            for payload in payloads:
                bus.publish("a", payload)
            bus.flush(60)
            process.wait(60)
            seconds = time.perf_counter() - began
            bus.close()
    return count * PER_MESSAGE / seconds


def in_turn(rounds: int, runs: dict[str, Callable[[Path], float]]) -> dict[str, float]:
    """The median of each, all taken ``rounds`` times one after the other."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            with tempfile.TemporaryDirectory() as folder:
                found[name].append(run(Path(folder)))
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--messages", type=int, default=40_000)
    options.add_argument("--delay-seconds", type=int, default=20)
    chosen = options.parse_args()
    payloads = batches(chosen.messages, 100)
    with tempfile.TemporaryDirectory() as name:
        rows = written_rows(Path(name), payloads, 100)
    rates = in_turn(
        chosen.rounds,
        {
            "bare SQLite, the same rows": lambda folder: limit(folder, rows),
            "ingest leg": lambda folder: ours(folder, payloads, 100),
            "plain json.loads + SQLite loop": lambda folder: plain(folder, payloads),
            "mosquitto_sub, draining": lambda folder: drain(folder, payloads, chosen.messages) or 0.0,
        },
    )
    top = rates["bare SQLite, the same rows"]
    print("| leg | readings/s (median) | of the limit |\n|---|---|---|")
    for leg, rate in rates.items():
        print(f"| {leg} | {rate:,.0f} | {rate / top:.2f} |")
    with tempfile.TemporaryDirectory() as name:
        waits = sorted(delay(Path(name), chosen.delay_seconds))
    print(f"\npublished to receipt at 1,000 messages/s: p50 {waits[len(waits) // 2]:.1f} ms,"
          f" p99 {waits[int(len(waits) * 0.99)]:.1f} ms (limit 20)")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        print(
            f"peak with a million readings of 1,000 devices waiting: {memory(Path(name)):.0f} MB (limit 150)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
