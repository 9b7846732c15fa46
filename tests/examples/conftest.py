"""The example firmware, built once; a broker of the kind that fields have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ecoviv.station.broker import RunningBroker, mosquitto_path, start_broker
from tests.examples.sensors import build, why_not_built


@pytest.fixture(scope="session")
def mosquitto() -> None:
    if mosquitto_path() is None:
        pytest.skip("Debian's mosquitto is not installed")


@pytest.fixture(scope="session")
def posix_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := why_not_built():
        pytest.skip(reason)
    return build(tmp_path_factory.mktemp("posix"))


@pytest.fixture
def broker(mosquitto: None, tmp_path: Path) -> Iterator[RunningBroker]:
    with start_broker(tmp_path / "broker", engine="mosquitto") as running:
        yield running
