"""How fast both legs are, beside their limits and their peers, in one run, taken in turn.

*Ingest leg*: batches of a gateway -> read, checked, committed -> receipt, against bare SQLite,
a plain loop over the same batches, and influxdb-client used a message at a time.  *Sensor
leg*: single messages waiting at Mosquitto -> spooled, against a plain paho + SQLite loop and
``mosquitto_sub``, which reads and forgets.  A share is the median of the shares of each round,
because the machine may change between rounds.  Then the delay under a steady load, beside what
a bare commit takes in the same seconds, and the peak of memory under a backlog.

    python -m benchmarks.ingest [--rounds 5] [--messages 40000] [--sensor-messages 20000]
        [--naive-messages 1000] [--delay-seconds 20] [--road-minutes 0]

The load is a formula of the message's number (``benchmarks.loads.batches``): nothing is drawn.
``python -m benchmarks.road`` drives the whole road for minutes; ``--road-minutes`` adds it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import gateway
from benchmarks.loads.batches import PER_MESSAGE, batches, territory
from benchmarks.loads.peers import Rows, limit, naive, naive_is_possible, plain
from benchmarks.loads.process import delay, memory
from benchmarks.road import Bare, at, road
from contract import topics
from contract.batch import Receipt
from contract.instant import SystemClock
from contract.places import Territory
from contract.testing.memory_bus import MemoryBroker
from ecoviv.station.broker import RunningBroker, mosquitto_path, start_broker
from ingest.service import Ingest
from ingest.store.sqlite.store import SqliteStore

Rates = dict[str, list[float]]
BARE, OURS, NAIVE = "bare SQLite, the same rows", "ingest leg", "paho + influxdb-client, one by one"
BEST = "bare SQLite, sorted, many a statement"
SENSOR, LOOP, DRAIN = "sensor leg", "plain paho + SQLite loop", "mosquitto_sub, draining"


def ours(folder: Path, payloads: list[bytes], devices: int, spent: list[float]) -> float:
    """Readings a second; ``spent`` gets the processor's microseconds a reading."""
    gc.set_threshold(100_000, 50, 100)
    broker = MemoryBroker()
    bus, sender = (
        broker.client("ingest", (topics.UP_FILTER,)),
        broker.client("gw", (topics.receipt_filter("gw"),)),
    )
    store = SqliteStore(folder / "ours.db")
    service = Ingest(store, bus, Territory.model_validate(territory(devices)), SystemClock())
    for payload in payloads:
        sender.publish(topics.up("gw", "readings"), payload)
    began, busy = time.perf_counter(), time.process_time()
    while service.step(0):
        pass
    seconds = time.perf_counter() - began
    busy = time.process_time() - busy
    committed = Receipt.model_validate_json(sender.poll(0, 10_000)[-1].payload).committed
    points = store.counts().points
    store.close()
    assert points == committed * PER_MESSAGE, (points, committed)
    spent.append(1e6 * busy / points)
    return points / seconds


def written_rows(folder: Path, payloads: list[bytes], devices: int) -> Rows:
    """What ingest writes for ``payloads``, read back from a store that it wrote."""
    ours(folder, payloads, devices, [])
    connection = sqlite3.connect(folder / "ours.db")
    rows = {
        "points": connection.execute("SELECT * FROM points ORDER BY message_id").fetchall(),
        "messages": connection.execute("SELECT * FROM messages ORDER BY id").fetchall(),
    }
    connection.close()
    (folder / "ours.db").unlink()
    return rows


def drained(
    contender: Callable[[RunningBroker, Path, int], float], client_id: str, messages: int, folder: Path
) -> float:
    """Readings a second of what drains a session of single messages on Mosquitto."""
    with start_broker(folder / "broker", engine="mosquitto") as broker:
        gateway.prepare(broker, client_id, messages)
        return PER_MESSAGE * contender(broker, folder, messages)


def in_turn(rounds: int, runs: dict[str, Callable[[Path], float]]) -> Rates:
    """What each came to in every round, all taken one after the other in each."""
    found: Rates = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            with tempfile.TemporaryDirectory() as folder:
                found[name].append(run(Path(folder)))
    return found


def share(rates: Rates, one: str, other: str) -> float:
    return statistics.median(a / b for a, b in zip(rates[one], rates[other], strict=True))


def print_rates(rates: Rates) -> None:
    print("| | readings/s, median | lowest … highest | of the bare store |\n|---|---|---|---|")
    for name, found in rates.items():
        span = f"{min(found):,.0f} … {max(found):,.0f}"
        print(f"| {name} | {statistics.median(found):,.0f} | {span} | {share(rates, name, BARE):.3f} |")
    bounds = [(OURS, BARE, 0.5), (OURS, NAIVE, 30), (SENSOR, LOOP, 2.5), (SENSOR, DRAIN, 0.08)]
    print("\n| share, median of rounds | found | bound | |\n|---|---|---|---|")
    for one, other, bound in bounds:
        if one in rates and other in rates:
            found = share(rates, one, other)
            kept = "kept" if found >= bound else "MISSED"
            print(f"| {one} / {other} | {found:.2f} | ≥ {bound} | {kept} |")


def print_spent(spent: Rates) -> None:
    """What a busy machine disturbs least: processor time, without the waiting for the disk."""
    shares = [bare / own for bare, own in zip(spent[BARE], spent[OURS], strict=True)]
    least = {name: min(found) for name, found in spent.items()}
    print("\nprocessor time a reading, lowest of the rounds:")
    for name, value in least.items():
        print(f"{name}: {value:.2f} µs")
    best, middle = least[BARE] / least[OURS], statistics.median(shares)
    print(f"share of the bare store: {best:.2f}, median of rounds {middle:.2f}")


def contenders(chosen: argparse.Namespace, spent: Rates) -> dict[str, Callable[[Path], float]]:
    payloads = batches(chosen.messages, 100)
    with tempfile.TemporaryDirectory() as name:
        rows = written_rows(Path(name), payloads, 100)
    runs: dict[str, Callable[[Path], float]] = {
        BARE: partial(limit, rows=rows, spent=spent[BARE]),
        OURS: partial(ours, payloads=payloads, devices=100, spent=spent[OURS]),
        BEST: partial(limit, rows=rows, spent=spent[BEST], best=True),
        "json.loads + SQLite over batches": lambda folder: plain(folder, payloads),
    }
    if mosquitto_path() is None or shutil.which("mosquitto_sub") is None:
        print("without Debian's mosquitto and mosquitto-clients there is no sensor leg", file=sys.stderr)
        return runs
    count = chosen.sensor_messages
    if count == 0:
        return runs
    runs[SENSOR] = partial(drained, gateway.ours, "ours", count)
    runs[LOOP] = partial(drained, gateway.plain_loop, "plain", count)
    runs[DRAIN] = partial(drained, gateway.subscriber, "sub", count)
    if naive_is_possible():
        runs[NAIVE] = partial(drained, naive, "naive", chosen.naive_messages)
    return runs


def print_delay(seconds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        bare = Bare(Path(name), 0.02)
        bare.start()
        waits = delay(Path(name), seconds)
        bare.done.set()
        bare.join()
    middle, worst = at(waits, 0.5), at(waits, 0.99)
    print(f"\npublished to receipt at 1,000 messages/s: p50 {middle:.1f} ms, p99 {worst:.1f} ms (bound 20)")
    middle, worst = at(bare.took, 0.5), at(bare.took, 0.99)
    print(f"a bare commit of the same rows beside it: p50 {middle:.1f} ms, p99 {worst:.1f} ms")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--messages", type=int, default=40_000)
    options.add_argument("--sensor-messages", type=int, default=20_000, help="0: the ingest leg only")
    options.add_argument("--naive-messages", type=int, default=1_000)
    options.add_argument("--delay-seconds", type=int, default=20)
    options.add_argument("--road-minutes", type=float, default=0)
    chosen = options.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start\n")
    spent: Rates = {BARE: [], OURS: [], BEST: []}
    print_rates(in_turn(chosen.rounds, contenders(chosen, spent)))
    print_spent(spent)
    print_delay(chosen.delay_seconds)
    with tempfile.TemporaryDirectory() as name:
        peak = memory(Path(name))
    print(f"peak with a million readings of 1,000 devices waiting: {peak:.0f} MB (bound 150)")
    if chosen.road_minutes:
        with tempfile.TemporaryDirectory() as name:
            print(json.dumps(road(Path(name), 1_000, chosen.road_minutes, 100), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
