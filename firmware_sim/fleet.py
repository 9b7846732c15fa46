"""All devices of a world on one line: pushed as fast as receipts allow.

1. Each message goes through one ``Sender``, which keeps it until the gateway has it on disk.
2. The tally counts distinct identities, so that "sent" has one meaning.
3. At the end the fleet waits until ingest has confirmed everything, or says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from contract import topics
from contract.bus import MqttBus
from contract.config import BrokerAddress
from contract.errors import UnreachableError
from contract.instant import SECOND, Clock, SystemClock
from contract.sender import Sender, Unconfirmed
from firmware_sim.outgoing import Outgoing

Identity = tuple[str, str, int]
"""(device, boot, sequence)"""

_SHOWN = 3
_STEP_EVERY = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the fleet is; all counts are of distinct messages."""

    sent: int
    spooled: int
    stored: int
    expected: int


@dataclass(slots=True)
class Sent:
    """What was put on the line."""

    boots: dict[tuple[str, str], int] = field(default_factory=dict)
    """(device, boot) -> number of messages: sequences 1, 2, 3 … of it."""
    unreadable: list[Identity] = field(default_factory=list)
    """Identities whose body no reader can use."""
    parts: list[Identity] = field(default_factory=list)
    """Identities that are pieces of audio files."""
    clips: int = 0
    readings: int = 0
    """Points that should be stored: readings and values of features."""
    repeated: int = 0
    """Messages that the world itself sent twice."""
    resent: int = 0
    """Messages sent again for want of a receipt."""

    @property
    def messages(self) -> int:
        """Distinct identities, parts of audio included."""
        return sum(self.boots.values())

    def identities(self) -> Iterator[Identity]:
        """Every distinct identity."""
        for (device, boot), count in self.boots.items():
            for seq in range(1, count + 1):
                yield device, boot, seq


class Sending(Protocol):
    """A world whose messages can be sent."""

    @property
    def expected_messages(self) -> int: ...

    def messages(self) -> Iterable[Outgoing]: ...


class Incomplete(UnreachableError):
    """Not everything was stored in time; ``sent`` and ``missing`` say what."""

    def __init__(self, sent: Sent, missing: list[Unconfirmed], wait_s: float) -> None:
        count = sum(boot.sent - boot.stored for boot in missing)
        shown = ", ".join(
            f"{boot.device} {boot.stored + 1}-{boot.sent} of boot {boot.boot}" for boot in missing[:_SHOWN]
        )
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        super().__init__(
            f"{count} of {sent.messages} messages were not confirmed as stored: nothing moved for"
            f" {wait_s:g} s ({shown}{more})",
            help="Check that gateway and ingest run (`ecoviv gateway doctor`), then send again",
        )
        self.sent, self.missing = sent, missing


def run_simulation(
    world: Sending,
    address: BrokerAddress,
    *,
    progress: Callable[[Progress], None] | None = None,
    wait_s: float = 60.0,
    client_id: str = "fleet",
    clock: Clock | None = None,
) -> Sent:
    """Send a world to a broker and wait until all of it is stored.

    ``Incomplete`` (exit 4) if nothing moves for ``wait_s``; ``UnreachableError`` without a broker.
    """
    clock = clock or SystemClock()
    bus = MqttBus(address, client_id, (topics.SENSOR_RECEIPT_FILTER,), window=500, clock=clock)
    bus.connect()
    try:
        return drive(world, Sender(bus, clock=clock), progress=progress, wait_s=wait_s)
    finally:
        bus.close()


def drive(
    world: Sending,
    sender: Sender,
    *,
    progress: Callable[[Progress], None] | None = None,
    wait_s: float = 60.0,
) -> Sent:
    """The same over a sender that exists."""
    sent, last = Sent(), ("", "", 0)
    watch = _Watch(sender, sent, world.expected_messages, progress, wait_s)
    for number, message in enumerate(world.messages()):
        identity = (message.device, message.boot, message.seq)
        if identity == last:
            sent.repeated += 1
        else:
            _count(sent, message)
        last = identity
        sender.send(*_addressed(message))
        if number % _STEP_EVERY == 0:
            sender.step(0)
            watch.look()
        while not sender.ready:
            sender.step(0.05)
            watch.look()
    while sender.unstored:
        sender.step(0.1)
        watch.look()
    watch.show()
    sent.resent = sender.repeats
    return sent


def _addressed(message: Outgoing) -> tuple[str, str, str, int, str, bytes]:
    return message.site, message.device, message.boot, message.seq, message.topic, message.payload


def _count(sent: Sent, message: Outgoing) -> None:
    boot = (message.device, message.boot)
    sent.boots[boot] = max(message.seq, sent.boots.get(boot, 0))
    sent.readings += message.readings
    sent.clips += message.kind == "clip"
    if not message.readable:
        sent.unreadable.append((*boot, message.seq))
    if message.kind == "audio":
        sent.parts.append((*boot, message.seq))


@dataclass(slots=True)
class _Watch:
    """Shows progress, and gives up when nothing has moved for ``wait_s``."""

    sender: Sender
    sent: Sent
    expected: int
    progress: Callable[[Progress], None] | None
    wait_s: float
    _state: tuple[int, int] = field(default=(-1, -1), init=False)
    _moved: int = field(default=0, init=False)
    _looked: int = field(default=0, init=False)

    def look(self) -> None:
        """Cheap to call often: looks five times a second."""
        now = self.sender.clock.monotonic()
        if now - self._looked < SECOND // 5:
            return
        self._looked = now
        state = self.show()
        if state != self._state:
            self._state, self._moved = state, now
        elif now - self._moved > self.wait_s * SECOND:
            raise Incomplete(self.sent, self.sender.unconfirmed(), self.wait_s)

    def show(self) -> tuple[int, int]:
        """(spooled, stored), after telling whoever wants to know."""
        sent = self.sent.messages
        spooled, stored = sent - self.sender.outstanding, sent - self.sender.unstored
        if self.progress is not None:
            self.progress(Progress(sent, spooled, stored, max(sent, self.expected)))
        return spooled, stored
