"""The ingest process on a real broker: its delay under a steady load, its peak of memory."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

from benchmarks.loads.batches import EPOCH, batches, record
from contract import topics
from contract.batch import BatchHeader, Receipt, encode_batch
from contract.line.bus import MqttBus
from ecoviv.station.broker import RunningBroker, start_broker


def started(folder: Path, broker: RunningBroker, devices: int, *, room: str = "ingest") -> psutil.Popen:
    """``ecoviv ingest run`` or ``ecoviv gateway run`` at work; it has said that it is ready."""
    zones, sites = (
        '[{id = "z", arm = "control", land_use = "forestry"}]',
        "[{id = 's1', zone = 'z', latitude = 1, longitude = 1}]",
    )
    named = ", ".join(f'{{id = "d{n}", site = "s1", sensors = ["weather"]}}' for n in range(devices))
    head = f'[territory]\nid = "bench"\nzones = {zones}\nsites = {sites}\ndevices = [{named}]\n'
    (folder / "territory.toml").write_text(head)
    program = f"import typer; from {room}.cli import register; app = typer.Typer(); register(app); app()"
    where = {
        "ingest": ["--store", f"sqlite:{folder / 'process.db'}"],
        "gateway": ["--state", str(folder / "state"), "--id", "gw"],
    }[room]
    both = ["--territory", str(folder / "territory.toml"), "--broker", broker.address.url]
    process = psutil.Popen(
        [sys.executable, "-c", program, room, "run", *both, *where], stderr=subprocess.PIPE
    )
    print(process.stderr.readline().decode().strip(), file=sys.stderr)
    return process


def delay(folder: Path, seconds: int) -> list[float]:
    """Milliseconds from publish to receipt, 1,000 messages a second in batches of 20."""
    with start_broker(folder / "delay") as broker:
        process = started(folder, broker, 100)
        bus = MqttBus(broker.address, "gw", (topics.receipt_filter("gw"),))
        bus.connect()
        sent: list[float] = []
        heard: list[float] = []
        began = time.perf_counter()
        for turn in range(seconds * 50):
            first, total = turn * 20, (turn + 1) * 20
            records = [record(number, 100) for number in range(first, total)]
            payload = encode_batch(BatchHeader(epoch=EPOCH, highest=total, records=20), records)
            sent.append(time.perf_counter())
            bus.publish(topics.up("gw", "readings"), payload)
            due = began + (turn + 1) * 0.02
            while (left := due - time.perf_counter()) > 0 or len(heard) < len(sent) - 500:
                _note(bus, heard, min(max(left, 0), 0.002))
        end = time.perf_counter() + 30
        while len(heard) < len(sent) and time.perf_counter() < end:
            _note(bus, heard, 0.01)
        bus.close()
        process.terminate()
        process.wait(10)
    return [1000 * (came - went) for went, came in zip(sent, heard, strict=True)]


def _note(bus: MqttBus, heard: list[float], wait_s: float) -> None:
    deliveries = bus.poll(wait_s)
    now = time.perf_counter()
    for delivery in deliveries:
        committed = Receipt.model_validate_json(delivery.payload).committed
        heard.extend([now] * (committed // 20 - len(heard)))
    bus.acknowledge(deliveries)


def memory(folder: Path) -> float:
    """Peak resident MB with a backlog of 250,000 messages of 1,000 devices."""
    payloads = batches(250_000, 1_000)
    peak = [0.0]
    with start_broker(folder / "memory") as broker:
        process = started(folder, broker, 1_000)
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                peak[0] = max(peak[0], process.memory_info().rss / 2**20)

        watcher = threading.Thread(target=watch)
        watcher.start()
        bus = MqttBus(broker.address, "gw", (topics.receipt_filter("gw"),))
        bus.connect()
        committed = 0
        sent = iter(payloads)
        for payload in sent:
            bus.publish(topics.up("gw", "readings"), payload)
        while committed < 250_000:
            deliveries = bus.poll(10)
            assert deliveries, f"stopped at {committed}"
            committed = max(
                committed, *(Receipt.model_validate_json(d.payload).committed for d in deliveries)
            )
            bus.acknowledge(deliveries)
        done.set()
        watcher.join()
        bus.close()
        process.terminate()
        process.wait(10)
    return peak[0]
