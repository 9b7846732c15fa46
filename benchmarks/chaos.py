"""What the promises survive: kills under load, torn writes, a full disk.  A table at the end.

1. *kills*: broker, gateway, edge worker and ingest as processes; eight sensors that keep
   each message until ``spooled``; gateway, ingest and broker killed at seeded moments,
   and the broker stopped for up to eight seconds, as a line that is cut (*line*).
   Then: sent = stored + unreadable, nothing twice, and the loss ledger agrees.
2. *torn writes*: ``benchmarks.chaos_torn``.
3. *bytes*: ``benchmarks.chaos_bytes``.
4. *full disk*: a tmpfs smaller than the spool's cap; the drops are counted exactly (root).

    python -m benchmarks.chaos [--gateway 30] [--ingest 30] [--broker 10] [--images 500]
                               [--line 5] [--payloads 100000]
                               [--seed 1] [--engine mosquitto|iotcore]
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos_bytes import fuzz
from benchmarks.chaos_torn import torn
from benchmarks.ingest_load import record
from contract import topics
from contract.batch import DeviceReceipt
from contract.broker import Engine, find_engine
from contract.bus import MqttBus
from contract.instant import FixedClock
from ecoviv.supervisor import Station
from gateway.entry import Entry
from gateway.spool import Spool
from gateway.spool_status import read_status
from ingest.store import open_store

DEVICES = 8
_OUTSTANDING = 100
_RESEND_S = 2.0
_TERRITORY = (
    '[territory]\nid="bench"\n[[zones]]\nid="z"\narm="control"\nland_use="forestry"\n[[sites]]\nid="s1"\n'
    + (
        'zone="z"\nlatitude=1\nlongitude=1\n'
        + "".join(f'[[devices]]\nid="d{n}"\nsite="s1"\nsensors=["weather"]\n' for n in range(DEVICES))
    )
)


@dataclass(slots=True)
class Sensors:
    """Eight of them on one connection; each keeps what is not ``spooled``."""

    bus: MqttBus
    sent: list[int] = field(default_factory=lambda: [0] * DEVICES)
    spooled: list[int] = field(default_factory=lambda: [0] * DEVICES)
    stored: list[int] = field(default_factory=lambda: [0] * DEVICES)
    again_at: float = 0.0
    highest: list[int] = field(default_factory=lambda: [0] * DEVICES)

    def step(self, *, more: bool) -> None:
        if time.monotonic() > self.again_at:
            self.again_at = time.monotonic() + _RESEND_S
            self.sent = list(self.spooled)
        for device in range(DEVICES):
            goal = self.spooled[device] + _OUTSTANDING if more else self.highest[device]
            for seq in range(self.sent[device] + 1, min(goal, self.sent[device] + 4) + 1):
                one = record((seq - 1) * DEVICES + device, DEVICES)
                self.bus.publish(one.topic, one.payload)
                self.sent[device] = seq
                self.highest[device] = max(self.highest[device], seq)
        deliveries = self.bus.poll(0.005)
        self.bus.acknowledge(deliveries)
        for delivery in deliveries:
            place = topics.parse_sensor(delivery.topic)
            if place is not None:
                receipt, device = DeviceReceipt.model_validate_json(delivery.payload), int(place.device[1:])
                self.spooled[device] = max(self.spooled[device], receipt.spooled)
                self.stored[device] = max(self.stored[device], receipt.stored)


def kills(engine: Engine, counts: dict[str, int], seed: int) -> dict[str, object]:
    chance = random.Random(seed)
    victims = [name for name, count in counts.items() for _ in range(count)]
    chance.shuffle(victims)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "territory.toml").write_text(_TERRITORY)
        station = Station(folder / "territory.toml", folder / "state", engine=engine)
        station.start()
        try:
            bus = MqttBus(station.address, "sensors", (topics.SENSOR_RECEIPT_FILTER,))
            bus.connect()
            sensors = Sensors(bus)
            for victim in victims:
                until = time.monotonic() + chance.uniform(0.2, 2.5)
                while time.monotonic() < until:
                    sensors.step(more=True)
                _kill(station, victim, chance)
            deadline = time.monotonic() + 120
            while sensors.stored != sensors.highest and time.monotonic() < deadline:
                sensors.step(more=False)
            bus.close()
        finally:
            station.stop()
        ledger = subprocess.run(
            [sys.executable, "-m", "ecoviv", "ingest", "ledger", "--store", station.store],
            capture_output=True, check=False,
        )  # fmt: skip
        store = open_store(station.store)
        found = store.counts()
        store.close()
        sent = sum(sensors.highest)
        return {
            "kills": dict(counts), "sent": sent, "lost": sent - found.messages - found.unreadable,
            "twice": found.duplicated, "absorbed": found.repeats, "ledger exit": ledger.returncode,
        }  # fmt: skip


def _kill(station: Station, victim: str, chance: random.Random) -> None:
    if victim == "line":
        assert station.broker is not None
        station.broker.process.send_signal(signal.SIGSTOP)
        time.sleep(chance.choice([0.1, 0.5, 2.0, 8.0]))
        station.broker.process.send_signal(signal.SIGCONT)
        return
    if victim == "broker":
        assert station.broker is not None
        station.broker.kill()
        station.broker.restart()
        return
    station.processes[victim].kill()
    station.processes[victim].wait()
    station.launch(victim)


def full_disk() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as scratch:
        mount = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", scratch], capture_output=True, check=False
        )
        if mount.returncode:
            return {"skipped": "a tmpfs cannot be mounted here"}
        try:
            spool = Spool.open(Path(scratch) / "spool.db", FixedClock(0), cap_bytes=256 * 2**20)
            for start in range(0, 50_000, 100):
                spool.add([Entry("readings", 1, "t", "", b"x" * 1_000) for _ in range(start, start + 100)])
            kept = sum(1 for _ in spool.batch("readings", 1, 10**9, limit=10**9, max_bytes=10**12))
            dropped = read_status(Path(scratch)).counters["dropped_readings"]
            spool.close()
        finally:
            subprocess.run(["umount", "-l", scratch], check=True)
        return {"taken": 50_000, "kept": kept, "dropped": dropped, "unaccounted": 50_000 - kept - dropped}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, number in (
        ("gateway", 30),
        ("ingest", 30),
        ("broker", 10),
        ("line", 5),
        ("images", 500),
        ("payloads", 100_000),
        ("seed", 1),
    ):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--engine", default=find_engine())
    asked = parser.parse_args()
    counts = {name: getattr(asked, name) for name in ("gateway", "ingest", "broker", "line")}
    print(f"| fault | seed {asked.seed}, {asked.engine} |\n|---|---|", flush=True)
    print(f"| kills under load | {_said(kills(asked.engine, counts, asked.seed))} |", flush=True)
    print(
        f"| torn writes, {asked.images} images each | {_said(dict(torn(asked.images, asked.seed)))} |",
        flush=True,
    )
    print(f"| {asked.payloads:,} changed payloads | {_said(fuzz(asked.payloads, asked.seed))} |", flush=True)
    print(f"| disk full | {_said(full_disk())} |")


def _said(found: dict[str, object] | dict[str, int]) -> str:
    return "; ".join(f"{name} {value}" for name, value in found.items())


if __name__ == "__main__":
    main()
