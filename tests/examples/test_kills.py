"""The law of the example firmware, on a real Mosquitto, gateway and store.

What a client has reported as queued is stored exactly once, whatever is killed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults.kills import kill
from contract.reading import Readings
from ecoviv.station.supervisor import Station
from gateway.spool.status import read_status
from ingest.store import open_store
from tests.examples.sensors import Command, Fed, micropython, posix
from tests.gateway.ends import TERRITORY


@pytest.fixture
def station(mosquitto: None, tmp_path: Path) -> Iterator[Station]:
    (tmp_path / "territory.toml").write_text(TERRITORY)
    made = Station(
        tmp_path / "territory.toml", tmp_path / "state", engine="mosquitto", services=("ingest", "gateway")
    )
    made.start()
    yield made
    made.stop()


@pytest.fixture(params=["posix", "micropython"])
def command(request: pytest.FixtureRequest) -> Command:
    if request.param == "micropython":
        return micropython()
    return posix(request.getfixturevalue("posix_program"))


def wait_until_stored(station: Station, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while any(stream.waiting for stream in read_status(station.folder / "gateway").streams):
        assert time.monotonic() < deadline, read_status(station.folder / "gateway").as_lines()
        time.sleep(0.1)


def test_what_was_reported_as_queued_is_stored_exactly_once(
    command: Command, station: Station, tmp_path: Path
) -> None:
    chance = random.Random(12)
    client = Fed(command, tmp_path, station.address.port)
    client.start()
    for victim in ("client", "broker", "client", "gateway", "broker", "client", "ingest", "client"):
        client.feed(chance.uniform(0.2, 0.9))
        if victim != "client":
            kill(station, victim)
            client.feed(0.3)
            if chance.random() < 0.5:
                continue
        client.kill()
        client.start()
    client.feed(0.5)
    assert client.finish() == 0
    wait_until_stored(station)
    store = open_store(station.store, read_only=True)
    stored = [one.message for one in store.messages("readings")]
    assert all(isinstance(one, Readings) for one in stored)
    identities = [(one.boot, one.seq) for one in stored]
    reported = client.reported()
    assert len(reported) > 150
    assert len({boot for boot, _ in reported}) >= 5
    assert sorted(set(reported) - set(identities)) == []
    assert len(identities) == len(set(identities))
    values = [one.readings[0].value for one in stored if isinstance(one, Readings)]
    assert len(values) == len(set(values)), "a line became two messages"
    counts = store.counts()
    assert (counts.unreadable, counts.duplicated, counts.conflicts) == (0, 0, 0)
    assert counts.messages == len(identities)
