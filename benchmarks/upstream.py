"""What one site sends upstream in a day, without clips, in bytes.

A weather station that speaks every minute, soil probes every ten, a detector that listens all
day and speaks every minute, all indices of one minute in ten, health every quarter of an hour.
The day is played second by second through the gateway, its spool and ingest into a store; only
the network between them is left out: each message counts as in ``gateway.upstream.budget``.

    python -m benchmarks.upstream [--seed 1]

Exit code 1 above 5 MB, or if a message of the day is not in the store.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from analysis.sound.measure.profiles import PROFILES
from contract import topics
from contract.batch import STREAMS
from contract.instant import MINUTE, SECOND, parse_instant, to_datetime
from contract.places import Territory
from contract.reading import Detection, Detections, Excerpt, Features, Health, Model, Reading, Readings
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker, MemoryBus
from contract.wire import WireMessage, encode
from gateway.clips import ClipRing
from gateway.service import Gateway, filters
from gateway.spool.spool import Spool
from gateway.upstream.budget import OVERHEAD_BYTES
from ingest.service import Ingest
from ingest.store import open_store

START = parse_instant("2026-05-01T00:00:00Z")
BOUND_MB = 5.0
WEATHER = (
    ("air_temperature", 14.0, 0.1), ("relative_humidity", 70.0, 0.1), ("air_pressure", 1012.0, 0.1),
    ("wind_speed", 2.0, 0.1), ("wind_from_direction", 180.0, 1.0), ("wind_gust", 4.0, 0.1),
    ("shortwave_radiation", 300.0, 1.0), ("precipitation_amount", 0.0, 0.2),
)  # fmt: skip
"""(quantity, about, resolution)"""
DEPTHS = (0.1, 0.3, 0.6)
MODEL = Model(id="birdnet", version="2.4", threshold=0.1)
SPECIES = [f"Avis species{number:02}" for number in range(40)]
DEFAULT = [one.id for name in ("ecoviv-1", "maad-1.5.2") for one in PROFILES[name].definitions.values()]


class Site:
    """Its four devices, and what each has said."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.said: defaultdict[str, int] = defaultdict(int)

    def minute(self, number: int) -> Iterator[WireMessage]:
        """What is said in minute ``number`` of the day."""
        now = START + number * MINUTE
        yield self._weather(now)
        yield from self._heard(now, number)
        if number % 10 == 0:
            yield self._soil(now)
        if number % 15 == 0:
            for device in ("air", "ground", "mic"):
                yield Health(**self._head(device, now), battery_voltage=3.9, free_mb=812.0, queued=0)

    def _head(self, device: str, now: int) -> dict[str, Any]:
        self.said[device] += 1
        return {
            "site": "s1", "device": device, "boot": "b7f3", "seq": self.said[device],
            "time": to_datetime(now), "clock": "ntp", "uptime_ms": (now - START) // 1_000_000 + 1,
            "firmware": "1.4.0",
        }  # fmt: skip

    def _weather(self, now: int) -> Readings:
        readings = tuple(
            Reading(quantity=name, value=self._at(about, step), period_s=60.0, method="mean")
            for name, about, step in WEATHER
        )
        return Readings(**self._head("air", now), readings=readings)

    def _soil(self, now: int) -> Readings:
        readings = tuple(
            Reading(quantity=name, value=self._at(about, step), depth_m=depth)
            for depth in DEPTHS
            for name, about, step in (("soil_temperature", 11.0, 0.01), ("soil_moisture", 0.3, 0.001))
        )
        return Readings(**self._head("ground", now), readings=readings)

    def _heard(self, now: int, number: int) -> Iterator[WireMessage]:
        excerpt = Excerpt(start=to_datetime(now - MINUTE), duration_s=60.0, valid_s=60.0)
        heard = tuple(
            Detection(
                taxon=str(self.chance.choice(SPECIES)),
                score=round(float(self.chance.uniform(0.1, 1)), 4),
                offset_s=float(3 * self.chance.integers(20)),
                duration_s=3.0,
            )
            for _ in range(self.chance.poisson(4.0))
        )
        head = self._head("mic", now)
        yield Detections(**head, excerpt=excerpt, model=MODEL, detections=heard)
        if number % 10 == 0:
            values = {name: float(self.chance.normal()) for name in DEFAULT}
            yield Features(**self._head("mic", now), excerpt=excerpt, values=values)

    def _at(self, about: float, step: float) -> float:
        return round(round((about + self.chance.normal(0, 20 * step)) / step) * step, 4)


def territory() -> Territory:
    """One site with three devices."""
    sensors = {"air": "weather", "ground": "soil", "mic": "acoustic"}
    return Territory.model_validate(
        {
            "id": "bench",
            "zones": [{"id": "z", "arm": "control", "land_use": "forestry"}],
            "sites": [{"id": "s1", "zone": "z", "latitude": 45, "longitude": 5}],
            "devices": [{"id": name, "site": "s1", "sensors": [kind]} for name, kind in sensors.items()],
        }
    )


def day(folder: Path, seed: int) -> tuple[dict[str, int], int, int]:
    """(bytes by stream and downward, messages sent, messages in the store)."""
    clock, broker, places = FixedClock(START), MemoryBroker(), territory()
    spool = Spool.open(folder / "spool.db", clock, cap_bytes=2**26)
    ring = ClipRing(folder / "clips", spool, clock, cap_bytes=2**20)
    gateway = Gateway("gw", places, broker.client("gateway", filters("gw")), spool, ring, clock)
    store = open_store(f"sqlite:{folder / 'store.db'}")
    ingest = Ingest(store, broker.client("ingest", (topics.UP_FILTER,)), places, clock)
    sensors = broker.client("sensors")
    heard = {name: broker.client(name, (topics.up("gw", name),)) for name in STREAMS}
    heard["receipts, downward"] = broker.client("down", (topics.receipt_filter("gw"),))
    spent: dict[str, int] = defaultdict(int)
    site, sent = Site(seed), 0
    for second in range(86_400 + 60):
        if second < 86_400 and second % 60 == 0:
            for message in site.minute(second // 60):
                sensors.publish(topics.sensor("s1", message.device, message.kind), encode(message))
                sent += 1
        gateway.step(0)
        while ingest.step(0):
            gateway.step(0)
        _count(heard, spent)
        clock.advance(SECOND)
    stored = store.counts().messages
    store.close()
    spool.close()
    return spent, sent, stored


def _count(heard: dict[str, MemoryBus], spent: dict[str, int]) -> None:
    for name, bus in heard.items():
        deliveries = bus.poll(0, 1_000)
        spent[name] += sum(len(one.payload) + OVERHEAD_BYTES for one in deliveries)
        bus.acknowledge(deliveries)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    with tempfile.TemporaryDirectory() as name:
        spent, sent, stored = day(Path(name), options.parse_args().seed)
    up = sum(spent[name] for name in STREAMS) / 1e6
    print("| of a day | MB |\n|---|---|")
    for name, amount in spent.items():
        print(f"| {name} | {amount / 1e6:.2f} |")
    print(f"| all upstream (bound {BOUND_MB:g}) | {up:.2f} |")
    print(f"\n{sent:,} messages sent, {stored:,} in the store")
    return 0 if up <= BOUND_MB and stored == sent else 1


if __name__ == "__main__":
    sys.exit(main())
