"""Devices on one line: messages pushed as fast as receipts allow.

1. Each message goes through one ``Sender``, which keeps it until the gateway has it on disk.
2. ``Sent`` counts distinct identities, so that "sent" has one meaning.
3. At the end the fleet waits until ingest has confirmed everything, or says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from contract import topics
from contract.config import BrokerAddress
from contract.instant import SECOND, Clock, SystemClock
from contract.line.bus import MqttBus
from contract.line.sender import Sender
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.line.tally import Incomplete, SendingProgress, Sent

__all__ = ["Incomplete", "Sending", "SendingProgress", "Sent", "Show", "Watch", "open_line", "run_simulation"]

Show = Callable[[SendingProgress], None]

_STEP_EVERY = 20
_LOOK_EVERY = SECOND // 5
_BUS_WINDOW = 500


class Sending(Protocol):
    """A world whose messages can be sent."""

    @property
    def expected_messages(self) -> int:
        """How many there will be, about: for a progress bar."""

    def messages(self) -> Iterable[Outgoing]:
        """All of them, in the order in which they go out."""


def run_simulation(
    world: Sending,
    address: BrokerAddress,
    *,
    progress: Show | None = None,
    wait_s: float = 60.0,
    client_id: str = "fleet",
) -> Sent:
    """Send a world to a broker and wait until all of it is stored.

    ``Incomplete`` (exit 4) if nothing moves for ``wait_s``; ``UnreachableError`` without a broker.
    """
    bus = open_line(address, client_id)
    try:
        watch = Watch(Sender(bus), world.expected_messages, progress, wait_s)
        for message in world.messages():
            watch.send(message)
        return watch.finish()
    finally:
        bus.close()


def open_line(
    address: BrokerAddress, client_id: str, clock: Clock | None = None, *, wait_s: float = 10.0
) -> MqttBus:
    """A connected bus that hears the receipts of every device."""
    bus = MqttBus(
        address,
        client_id,
        (topics.SENSOR_RECEIPT_FILTER,),
        session_s=3_600,
        window=_BUS_WINDOW,
        clock=clock or SystemClock(),
    )
    bus.connect(wait_s)
    return bus


@dataclass(slots=True)
class Watch:
    """Sends, shows progress, and gives up when nothing has moved for ``wait_s``."""

    sender: Sender
    expected: int
    progress: Show | None
    wait_s: float
    sent: Sent = field(default_factory=Sent, init=False)
    _turns: int = field(default=0, init=False)
    _state: tuple[int, int] = field(default=(-1, -1), init=False)
    _moved: int = field(default=0, init=False)
    _looked: int = field(default=0, init=False)

    def send(self, message: Outgoing) -> None:
        """Hand one message over; waits while the window is full."""
        self.sent.take(message)
        self.sender.send(
            message.site, message.device, message.boot, message.seq, message.topic, message.payload
        )
        self._turns += 1
        if self._turns % _STEP_EVERY == 0:
            self.turn(0)
        while not self.sender.ready:
            self.turn(0.05)

    def finish(self) -> Sent:
        """Wait until everything is stored."""
        while self.sender.unstored:
            self.turn(0.1)
        self._show()
        self.sent.resent = self.sender.repeats
        return self.sent

    def turn(self, timeout_s: float) -> None:
        """Read receipts, send again what is due, look at the progress five times a second."""
        self.sender.step(timeout_s)
        now = self.sender.clock.monotonic()
        if now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        state = self._show()
        if state != self._state or not any((self.sender.outstanding, self.sender.unstored)):
            self._state, self._moved = state, now
        elif now - self._moved > self.wait_s * SECOND:
            self.sent.resent = self.sender.repeats
            raise Incomplete(self.sent, self.sender.unconfirmed(), self.wait_s)

    def _show(self) -> tuple[int, int]:
        """(spooled, stored), after telling whoever wants to know."""
        sent = self.sent.messages
        spooled, stored = sent - self.sender.outstanding, sent - self.sender.unstored
        if self.progress is not None:
            self.progress(SendingProgress(sent, spooled, stored, max(sent, self.expected)))
        return spooled, stored
