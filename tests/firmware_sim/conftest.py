"""A broker and a gateway that answers, for the tests of this room."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.broker import RunningBroker, start_broker

sys.path.insert(0, str(Path(__file__).parent))

from firmware_sim_line import AnsweringGateway, RunningGateway


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with start_broker(Path(tmp_path_factory.mktemp("broker"))) as running:
        yield running


@pytest.fixture
def gateway(broker: RunningBroker) -> Iterator[RunningGateway]:
    running = RunningGateway(broker.address, AnsweringGateway())
    yield running
    running.stop()
