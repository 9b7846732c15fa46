"""Kills under load: gateway, ingest and broker, at seeded moments, again and again.

A run is made of *rounds*; each is a station of its own, of which about fifty processes are
killed while eight sensors send as fast as they may.  After each round it is asked:

- *lost*: what was sent and is neither stored nor kept as unreadable, by counting messages, and
  again by reading every series;
- *twice*: points of which there is more than one, by both ways;
- whether the loss ledger agrees (exit 0).

Each round is one line of a JSONL file, with its seed; what is there already is not done again.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.faults.nest import Nest
from benchmarks.faults.sensors import Sensors
from contract import topics
from contract.instant import SECOND, SystemClock
from contract.line.bus import MqttBus
from ecoviv.station.broker import Engine
from ecoviv.station.supervisor import Station
from ingest.ledger import ledger
from ingest.store import open_store

DEVICES = 8
_DRAIN = 120 * SECOND
_EARLY = 0.1
"""Share of the kills that hit a service while it starts."""
_CLOCK = SystemClock()


def territory(devices: int) -> str:
    """One site with ``devices`` weather stations d0, d1, …"""
    zone = '[territory]\nid="bench"\n[[zones]]\nid="z"\narm="control"\nland_use="forestry"\n'
    site = '[[sites]]\nid="s1"\nzone="z"\nlatitude=1\nlongitude=1\n'
    each = "".join(f'[[devices]]\nid="d{n}"\nsite="s1"\nsensors=["weather"]\n' for n in range(devices))
    return zone + site + each


def round_of_kills(
    nest: Nest, folder: Path, counts: dict[str, int], seed: int, engine: Engine | None = None
) -> dict[str, Any]:
    """Kill each victim as often as ``counts`` says, under load; the balance afterwards."""
    chance = random.Random(seed)
    victims = [name for name, count in counts.items() for _ in range(count)]
    chance.shuffle(victims)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "territory.toml").write_text(territory(DEVICES))
    station = Station(folder / "territory.toml", folder / "state", engine=engine, spawner=nest.spawn)
    began = _CLOCK.monotonic()
    station.start()
    try:
        bus = MqttBus(station.address, "sensors", (topics.SENSOR_RECEIPT_FILTER,))
        bus.connect()
        sensors = Sensors(bus, DEVICES)
        for victim in victims:
            if chance.random() >= _EARLY:
                _until_ready(station, victim, sensors)
            _work(sensors, chance.uniform(0.0, 0.5))
            kill(station, victim)
        took = (_CLOCK.monotonic() - began) / SECOND
        deadline = _CLOCK.monotonic() + _DRAIN
        while not sensors.done and _CLOCK.monotonic() < deadline:
            sensors.step(more=False)
        bus.close()
    finally:
        station.stop()
    return {
        "seed": seed, "engine": station.broker.engine if station.broker else "", "kills": counts,
        "seconds": round(took, 1), **balance(station.store, sensors.highest),
    }  # fmt: skip


def balance(store_url: str, highest: list[int], *, points: bool = True) -> dict[str, Any]:
    """What of the sequences 1 … ``highest`` of each device is in the store, counted in two ways.

    ``points``: False where the points lie elsewhere.
    """
    store = open_store(store_url, read_only=True)
    try:
        found, sent = store.counts(), sum(highest)
        twice, absent = found.duplicated, 0
        for series in store.series() if points else ():
            times = store.points(series).time
            twice += len(times) - len(set(times))
            absent += highest[int(series.device[1:])] - len(set(times))
        lines = ledger(store.streams())
    finally:
        store.close()
    return {
        "sent": sent, "lost": sent - found.messages - found.unreadable, "twice": twice,
        "points absent": absent, "absorbed": found.repeats,
        "ledger gaps": sum(1 for line in lines if line.missing),
        "dropped by the cap": sum(line.dropped for line in lines),
    }  # fmt: skip


def _work(sensors: Sensors, seconds: float) -> None:
    until = _CLOCK.monotonic() + int(seconds * SECOND)
    while _CLOCK.monotonic() < until:
        sensors.step(more=True)


def _until_ready(station: Station, victim: str, sensors: Sensors) -> None:
    """Work on until the victim has said that it is ready, so that the kill hits it at work."""
    deadline = _CLOCK.monotonic() + 20 * SECOND
    while victim != "broker" and _CLOCK.monotonic() < deadline:
        if " ready on " in station.log(victim).read_text(errors="replace"):
            return
        assert station.processes[victim].poll() is None, station.log(victim).read_text()
        _work(sensors, 0.02)


def kill(station: Station, victim: str) -> None:
    """``kill -9`` of a service or the broker, and a new start."""
    if victim == "broker":
        assert station.broker is not None
        station.broker.kill()
        station.broker.restart()
        return
    station.processes[victim].kill()
    station.processes[victim].wait()
    station.launch(victim)


def rounds(wanted: dict[str, int], seed: int, record: Path, each: int = 24) -> Iterator[dict[str, Any]]:
    """Rounds until each victim was killed as often as ``wanted``; lines of ``record`` count."""
    done = read(record)
    yield from done
    killed: Counter[str] = Counter()
    for line in done:
        killed.update(line["kills"])
    number = max((line["seed"] for line in done), default=seed - 1) + 1
    with Nest() as nest:
        while left := {name: count - killed[name] for name, count in wanted.items() if count > killed[name]}:
            most = max(left.values())
            counts = {name: min(count, -(-count * each // most)) for name, count in left.items()}
            with tempfile.TemporaryDirectory() as folder:
                line = round_of_kills(nest, Path(folder), counts, number)
            with record.open("a") as stream:
                stream.write(json.dumps(line) + "\n")
            killed.update(counts)
            number += 1
            yield line


def read(record: Path) -> list[dict[str, Any]]:
    """The rounds that are done already."""
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def summed(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """All rounds as one."""
    kills: Counter[str] = Counter()
    for line in lines:
        kills.update(line["kills"])
    names = ("sent", "lost", "twice", "points absent", "absorbed", "ledger gaps")
    return {"rounds": len(lines), "kills": dict(kills), **{n: sum(line[n] for line in lines) for n in names}}
