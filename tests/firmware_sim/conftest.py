"""A broker and a gateway that answers, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ecoviv.station.broker import RunningBroker, start_broker
from tests.firmware_sim.gateways import AnsweringGateway, RunningGateway


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with start_broker(Path(tmp_path_factory.mktemp("broker"))) as running:
        yield running


@pytest.fixture
def gateway(broker: RunningBroker) -> Iterator[RunningGateway]:
    running = RunningGateway(broker.address, AnsweringGateway())
    yield running
    running.stop()


TERRITORY = """\
[territory]
id = "trial"
[[zones]]
id = "z"
arm = "control"
land_use = "forestry"
[[sites]]
id = "jura"
zone = "z"
latitude = 46.6
longitude = 6.1
[[devices]]
id = "sm4"
site = "jura"
sensors = ["acoustic"]
serial = "S4A03895"
timezone = "Europe/Paris"
[[devices]]
id = "tms"
site = "jura"
sensors = ["soil"]
serial = "94184102"
"""
TOMST = "".join(f"{n};2020.10.06 09:{n:02d};4;10.5;10.5;12;1257;202;0\n" for n in range(30))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A soil logger's file, a sound file and a territory."""
    (tmp_path / "data_94184102_0.csv").write_text(TOMST)
    noise = np.random.default_rng(1).normal(0, 0.1, 240_000)
    soundfile.write(tmp_path / "S4A03895_20201006_110500.wav", noise, 24_000, subtype="PCM_16")
    (tmp_path / "territory.toml").write_text(TERRITORY)
    return tmp_path
