"""The whole road with real processes: replay is the same road, and kills lose nothing."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from benchmarks.faults.kills import kill
from benchmarks.faults.nest import Nest
from contract.instant import DAY, HOUR
from ecoviv.demo.balance import strike
from ecoviv.station.broker import Engine, mosquitto_path
from ecoviv.station.child import spawn
from ecoviv.station.supervisor import Station
from firmware_sim.line.fleet import run_simulation
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.native import header_line, message_line
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World
from gateway.spool.status import read_status
from ingest.ledger import ledger
from ingest.store import open_store

ROOT = Path(__file__).resolve().parents[1]


def ecoviv(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "ecoviv", *arguments], cwd=ROOT, capture_output=True, timeout=200
    )
    assert done.returncode == 0 or not check, done.stderr.decode()
    return done


@pytest.fixture
def stations(tmp_path: Path) -> Iterator[list[Station]]:
    started: list[Station] = []
    yield started
    for station in started:
        station.stop()


def start(
    stations: list[Station],
    world: World,
    folder: Path,
    engine: Engine | None = None,
    nest: Nest | None = None,
) -> Station:
    folder.mkdir()
    territory = folder / "territory.toml"
    territory.write_text(world.territory_toml())
    station = Station(territory, folder / "state", engine=engine, spawner=nest.spawn if nest else spawn)
    stations.append(station)
    station.start()
    return station


def wait_until_heard(station: Station, clips: int, seconds: float = 60) -> None:
    """Until the edge worker has answered for every clip and all is stored."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = read_status(station.folder / "gateway")
        if status.clips_heard == clips and not any(stream.waiting for stream in status.streams):
            return
        time.sleep(0.1)
    pytest.fail(f"after {seconds} s: {read_status(station.folder / 'gateway').as_lines()}")


def answers(station: Station) -> bytes:
    """Everything that analysis says of a store: series with flags and effort, and indicators."""
    places = ["--store", station.store, "--territory", str(station.territory), "--json"]
    queried = ecoviv("query", *places).stdout.replace(station.store.encode(), b"STORE")
    return queried + ecoviv("indicators", "compute", *places).stdout.replace(station.store.encode(), b"STORE")


def test_a_recorded_day_replayed_gives_the_same_bytes(tmp_path: Path, stations: list[Station]) -> None:
    world = World(
        5, "recovery", Scale(restored=1, control=1, reference=0, before=1, after=1, days=12, clips=4)
    )
    live = start(stations, world, tmp_path / "live")
    recording = tmp_path / "day.recording"
    recorder = subprocess.Popen(
        [sys.executable, "-m", "ecoviv", "record", str(recording), "--sound", "--broker", live.address.url],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    while not recording.exists():
        time.sleep(0.05)
    time.sleep(0.5)
    run_simulation(world, live.address)
    wait_until_heard(live, 4)
    time.sleep(1)
    recorder.terminate()
    recorder.wait(10)
    said = answers(live)
    assert len(said) > 100_000
    assert len(recording.read_bytes().splitlines()) > 1_000
    for speed in ("60", "max"):
        again = start(stations, world, tmp_path / speed)
        ecoviv("replay", str(recording), "--broker", again.address.url, "--speed", speed)
        wait_until_heard(again, 4)
        assert answers(again) == said


def play(messages: list[Outgoing], path: Path) -> None:
    """A recording whose times are the world's."""
    lines = [message_line(message.instant, message.topic, message.payload) for message in messages]
    path.write_bytes(header_line(messages[0].instant, "simulated") + b"".join(lines))


@pytest.fixture
def nest() -> Iterator[Nest]:
    if sys.platform != "linux":
        pytest.skip("services that start in a moment take Linux")
    with Nest() as made:
        yield made


@pytest.mark.parametrize("engine", ["iotcore", "mosquitto"])
def test_kills_of_every_service_and_the_broker_lose_nothing_and_double_nothing(
    tmp_path: Path, nest: Nest, stations: list[Station], engine: Engine
) -> None:
    if engine == "mosquitto" and mosquitto_path() is None:
        pytest.skip("mosquitto is not installed")
    world = World(
        3, "recovery", Scale(restored=6, control=6, reference=2, before=1, after=1, days=2, clips=12)
    )
    first = next(world.messages()).instant
    messages = list(takewhile(lambda message: message.instant < first + 3 * DAY, world.messages()))
    clips = sum(message.kind == "clip" for message in messages)
    recording = tmp_path / "days.recording"
    play(messages, recording)
    station = start(stations, world, tmp_path / "road", engine, nest)
    speed = (messages[-1].instant - first) / HOUR * 3600 / 25
    replay = subprocess.Popen(
        [sys.executable, "-m", "ecoviv", "replay", str(recording)]
        + ["--broker", station.address.url, "--speed", f"{speed:.0f}"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    chance = random.Random(7)
    victims = ["gateway"] * 30 + ["ingest"] * 30 + ["broker"] * 10 + ["edge"] * 10
    chance.shuffle(victims)
    for name in victims:
        time.sleep(chance.uniform(0.1, 0.5))
        kill(station, name)
    _, said = replay.communicate(timeout=120)
    assert replay.returncode == 0, said.decode()
    wait_until_heard(station, clips)
    store = open_store(station.store, read_only=True)
    sent = {(m.device, m.boot, m.seq) for m in messages if m.kind != "audio"}
    balance = strike(sent, store)
    gaps = [line for line in ledger(store.streams()) if line.missing]
    store.close()
    assert balance.lost == 0
    assert balance.duplicated == 0
    assert balance.stored + balance.unreadable == len(sent)
    assert balance.edge == 2 * clips, "indices, and seconds of voice"
    assert gaps == []
