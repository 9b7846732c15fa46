"""The loop of every service: steps, greets, waits, speaks once, leaves in order."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest

from contract.instant import SECOND
from contract.line.bus import Bus
from contract.line.service import Service, run
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker

LOG = logging.getLogger("ecoviv.ingest")


@dataclass(slots=True)
class Scripted(Service):
    """Plays one reason a step, ends when they are used up, and notes what was asked of it."""

    bus: Bus
    clock: FixedClock
    reasons: list[str]
    reconnects: frozenset[int] = frozenset()
    """Steps (0, 1 …) in which the connection is lost and comes back."""
    waiting_for: str = ""
    asked: list[str] = field(default_factory=list)
    stepped_at: list[int] = field(default_factory=list)

    @property
    def stopping(self) -> bool:
        return not self.reasons

    def step(self) -> None:
        if len(self.stepped_at) in self.reconnects:
            self.bus.reconnect()  # type: ignore[attr-defined]
        self.asked.append("step")
        self.stepped_at.append(self.clock.monotonic())
        self.waiting_for = self.reasons.pop(0)

    def greet(self) -> None:
        self.asked.append("greet")

    def close(self) -> None:
        self.asked.append("close")


def played(*reasons: str, reconnects: frozenset[int] = frozenset()) -> Scripted:
    clock = FixedClock(0)
    service = Scripted(MemoryBroker().client("it"), clock, list(reasons), reconnects)
    run(service, clock, service, LOG)
    return service


def test_it_greets_once_a_connection_and_leaves_after_the_last_step() -> None:
    service = played("", "", "", reconnects=frozenset({1}))
    assert service.asked == ["greet", "step", "step", "greet", "step", "close"]


def test_it_waits_longer_each_time_up_to_three_seconds_and_not_at_all_when_it_can_write() -> None:
    service = played(*["locked"] * 7, "", "", "locked", "")
    pairs = zip(service.stepped_at, service.stepped_at[1:], strict=False)
    waited = [(after - before) / SECOND for before, after in pairs]
    # doubled from 0.2 s and capped at 3 s; a step that could write begins anew
    assert waited == [0.2, 0.4, 0.8, 1.6, 3.0, 3.0, 3.0, 0.0, 0.0, 0.2]


def test_it_says_once_why_it_waits_and_once_that_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    played("the store is locked", "the store is locked", "the disk is full", "", "", "")
    # 0.2 + 0.4 + 0.8 s
    assert caplog.messages == ["the store is locked", "the disk is full", "it goes on, after 1.4 s"]


def test_a_service_that_never_waits_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    played("", "", "")
    assert caplog.messages == []


def test_what_the_broker_refuses_is_named_once_and_not_again(caplog: pytest.LogCaptureFixture) -> None:
    clock = FixedClock(0)
    service = Scripted(MemoryBroker().client("it"), clock, ["", "", ""])
    service.bus.refusals += ["ecoviv/up/1/north/readings: Not authorized", "ecoviv/up/1/north/health: Not"]
    run(service, clock, service, LOG)
    assert caplog.messages == [
        "the broker refuses ecoviv/up/1/north/readings: Not authorized; check the rights of this credential"
        " there"
    ]
    assert service.bus.refusals == []


def test_an_error_that_ends_the_service_is_raised_and_nothing_more_is_asked_of_it() -> None:
    clock = FixedClock(0)
    broken = Broken(MemoryBroker().client("it"), clock, [""])
    with pytest.raises(ZeroDivisionError):
        run(broken, clock, broken, LOG)
    assert broken.asked == ["greet"]


class Broken(Scripted):
    """Cannot do a step."""

    def step(self) -> None:
        _ = 1 / 0
