"""A small territory, a bench, a real broker and the gateway as a process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.config import load_territory
from contract.places import Territory
from ecoviv.station.broker import RunningBroker, mosquitto_path, start_broker
from tests.gateway.ends import (
    GATEWAY,
    PROGRAM,
    TERRITORY,
    Bench,
    Process,
    make_bench,
)


@pytest.fixture(scope="session")
def territory_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("territory") / "territory.toml"
    path.write_text(TERRITORY)
    return path


@pytest.fixture(scope="session")
def territory(territory_file: Path) -> Territory:
    return load_territory(territory_file)


@pytest.fixture
def bench(tmp_path: Path, territory: Territory) -> Iterator[Bench]:
    yield from make_bench(tmp_path, territory, 64 * 2**20)


@pytest.fixture
def small_bench(tmp_path: Path, territory: Territory) -> Iterator[Bench]:
    """A spool of 1 MiB."""
    yield from make_bench(tmp_path, territory, 2**20)


@pytest.fixture(params=["iotcore", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningBroker]:
    if request.param == "mosquitto" and mosquitto_path() is None:
        pytest.skip("Debian's mosquitto is not installed")
    with start_broker(tmp_path / "broker", engine=request.param) as running:
        yield running


@pytest.fixture
def gateway_process(
    broker: RunningBroker, territory_file: Path, tmp_path: Path
) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def make(*more: str) -> Process:
        argv = [
            sys.executable,
            "-c",
            PROGRAM,
            "gateway",
            "run",
            "--territory",
            str(territory_file),
            "--state",
            str(tmp_path / "state"),
            "--broker",
            broker.address.url,
            "--id",
            GATEWAY,
            *more,
        ]
        started.append(Process(argv, tmp_path / "gateway.log"))
        return started[-1]

    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    yield make
    for process in started:
        if process.process is not None and process.process.poll() is None:
            process.kill()
