"""A running service works by the territory file as it is now; by the old one while the new is broken."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from contract.instant import SECOND, parse_instant
from contract.line.bus import Bus
from contract.line.service import Service, Stopper, run
from contract.line.territory import TOLD, TerritoryInForce, version_of
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker

LOG = logging.getLogger("ecoviv.ingest")
EXAMPLE = files("ecoviv").joinpath("example/territory.toml").read_bytes()
MOVED = EXAMPLE.replace(b'site = "n1"\nsensors = ["soil"]', b'site = "s1"\nsensors = ["soil"]')
BROKEN = EXAMPLE.replace(b"cadence_s = 900", b"cadence_s = -900")
NOON = parse_instant("2026-05-01T12:00:00Z")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "territory.toml"
    found.write_bytes(EXAMPLE)
    return found


def in_force(path: Path, clock: FixedClock) -> TerritoryInForce:
    return TerritoryInForce(path, clock, LOG, path.parent / TOLD)


def told(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((path.parent / TOLD).read_text())
    return found


def site(territory: Territory | None) -> str:
    return "" if territory is None else territory.device_by_id["n1-soil"].site


def test_a_changed_file_is_in_force_within_two_seconds(path: Path) -> None:
    clock = FixedClock(NOON)
    kept = in_force(path, clock)
    assert told(path) == {
        "version": version_of(EXAMPLE), "read": "2026-05-01T12:00:00Z", "file": str(path), "broken": "",
    }  # fmt: skip
    path.write_bytes(MOVED)
    clock.advance(1 * SECOND)
    assert kept.look() is None, "not asked so soon again"
    clock.advance(1 * SECOND)
    assert site(kept.look()) == "s1"
    assert (told(path)["version"], told(path)["read"]) == (version_of(MOVED), "2026-05-01T12:00:02Z")
    clock.advance(60 * SECOND)
    assert kept.look() is None, "nothing changed since"


def test_a_broken_file_leaves_the_old_one_in_force_and_is_said_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FixedClock(NOON)
    kept = in_force(path, clock)
    path.write_bytes(BROKEN)
    for _ in range(3):
        clock.advance(5 * SECOND)
        assert kept.look() is None
    assert site(kept.territory) == "n1"
    (sentence,) = caplog.messages
    assert "devices.0.cadence_s" in sentence
    assert f"it goes on by version {version_of(EXAMPLE)}" in sentence
    assert "devices.0.cadence_s" in told(path)["broken"]
    path.write_bytes(MOVED)
    clock.advance(5 * SECOND)
    assert site(kept.look()) == "s1"
    assert told(path)["broken"] == ""


def test_a_file_that_is_gone_for_a_moment_changes_nothing(path: Path) -> None:
    clock = FixedClock(NOON)
    kept = in_force(path, clock)
    path.unlink()
    clock.advance(5 * SECOND)
    assert kept.look() is None
    path.write_bytes(EXAMPLE)
    clock.advance(5 * SECOND)
    assert kept.look() is None
    assert told(path)["broken"] == ""
    assert kept.version == version_of(EXAMPLE)


def test_without_a_readable_file_no_service_begins(path: Path) -> None:
    path.write_bytes(BROKEN)
    with pytest.raises(ConfigurationError, match="cadence_s"):
        in_force(path, FixedClock(NOON))


@dataclass(slots=True)
class Listening(Service):
    """Sends itself a signal in its first step, and stops after the third."""

    bus: Bus
    number: int
    adopted: list[str] = field(default_factory=list)
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        os.kill(os.getpid(), self.number if self.steps == 1 else signal.SIGTERM * (self.steps == 3))

    def adopt(self, territory: Territory) -> None:
        self.adopted.append(site(territory))


@pytest.fixture
def stopper() -> Iterator[Stopper]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield Stopper()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_hang_up_makes_a_service_read_at_once_and_go_on(path: Path, stopper: Stopper) -> None:
    clock = FixedClock(NOON)
    kept = in_force(path, clock)
    stopper.reload_by(kept.ask)
    path.write_bytes(MOVED)
    service = Listening(MemoryBroker().client("it"), signal.SIGHUP)
    run(service, clock, stopper, LOG, kept)
    assert (service.adopted, service.steps) == (["s1"], 3), "by its clock no time has gone"


def test_who_reads_nothing_again_still_stops_when_hung_up(path: Path, stopper: Stopper) -> None:
    service = Listening(MemoryBroker().client("it"), signal.SIGHUP)
    run(service, FixedClock(NOON), stopper, LOG)
    assert service.steps == 1
