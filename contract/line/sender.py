"""A sender that keeps each message until the gateway has it on disk.

1. ``send`` keeps a message and hands it to the broker, at most ``window`` at a time.
2. ``receive`` reads the gateway's receipts: what is ``spooled`` is forgotten here.
3. ``tend`` hands over what waits; after a reconnection, or a silence longer than
   ``silence_s`` (doubling up to a minute), it sends again what has no receipt.
4. ``step`` is one turn of 2 and 3 for a sender that owns its bus alone.
5. Where the gateway answers less than it did before (its card was replaced), what is sent says by
   ``floor`` that what was once ``spooled`` is held no longer: else it would wait for it for ever.
6. ``unstored`` counts what ingest has not yet confirmed.  If only that confirmation is
   late, the last message is sent again: the gateway absorbs it and answers anew.
7. What was never handed over is handed over once, also where a receipt covers it already: who
   sends a world again wants it sent, pieces of sound that the gateway has let go among it.

Used by simulated devices, by the replayer and by the edge worker.  Sequences of a boot
are 1, 2, 3 …; they may be sent in any order, but each must be sent for ``spooled`` to pass it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from contract.batch import DeviceReceipt
from contract.instant import SECOND, Clock, SystemClock
from contract.line.bus import Bus, Delivery
from contract.topics import SensorTopic
from contract.wire import with_floor

_LONGEST_SILENCE_S = 60.0
_CHECK_EVERY = SECOND // 4


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Where one boot of one device stands."""

    site: str
    device: str
    boot: str
    sent: int
    """Highest sequence handed to ``send``."""
    spooled: int
    stored: int


@dataclass(slots=True)
class _Stream:
    """One boot of one device."""

    site: str
    device: str
    boot: str
    kept: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    """Sequence -> topic and payload, until spooled."""
    unsent: set[int] = field(default_factory=set)
    """Of those kept: what was not handed over yet."""
    last: tuple[str, bytes] | None = None
    """The highest message, until stored: what is asked with."""
    highest: int = 0
    spooled: int = 0
    stored: int = 0
    since: int = 0
    """When it last made progress or was sent again [monotonic ns]."""
    tries: int = 0
    forgotten: bool = False
    """The gateway has said ``spooled`` further than it says now."""

    def message(self, seq: int, topic: str, payload: bytes) -> tuple[str, bytes]:
        """Topic and payload as they go out now."""
        if self.forgotten and self.spooled:
            payload = with_floor(payload, min(seq, self.spooled + 1))
        return topic, payload


@dataclass(slots=True)
class Sender:
    """At least once until ``spooled``, over any ``Bus`` subscribed to the receipts.

    ``window``, ``window_bytes``: how much may be under way without a receipt;
    ``silence_s``: after which a message without receipt is sent again.
    """

    bus: Bus
    window: int = 1_000
    window_bytes: int = 8 * 2**20
    silence_s: float = 5.0
    clock: Clock = field(default_factory=SystemClock)
    heed: Callable[[str, str, DeviceReceipt], None] | None = None
    """Told of every receipt: site, device and what it says."""

    repeats: int = field(default=0, init=False)
    """Messages that were sent again."""
    outstanding: int = field(default=0, init=False)
    """Messages kept here, not yet spooled."""
    _bytes: int = field(default=0, init=False)
    _streams: dict[tuple[str, str, str], _Stream] = field(default_factory=dict, init=False)
    _waiting: deque[tuple[_Stream, int, int]] = field(default_factory=deque, init=False)
    """Stream, sequence and size of what has not been handed over yet."""
    _waiting_bytes: int = field(default=0, init=False)
    _connections: int = field(init=False)
    """Of the bus, when everything was last sent again."""
    _checked: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._connections = self.bus.connections

    @property
    def ready(self) -> bool:
        """There is room; a caller that waits for it keeps memory bounded."""
        return not self._waiting and self.outstanding < self.window and self._bytes < self.window_bytes

    @property
    def unstored(self) -> int:
        """Messages that ingest has not confirmed."""
        return sum(max(0, stream.highest - stream.stored) for stream in self._streams.values())

    def unconfirmed(self) -> list[Unconfirmed]:
        """Every boot with messages that ingest has not confirmed."""
        return [
            Unconfirmed(s.site, s.device, s.boot, s.highest, s.spooled, s.stored)
            for s in self._streams.values()
            if s.stored < s.highest
        ]

    def send(self, site: str, device: str, boot: str, seq: int, topic: str, payload: bytes) -> None:
        """Keep the message until spooled and hand it over as soon as the window allows."""
        stream = self._streams.get((site, device, boot))
        if stream is None:
            stream = self._streams[site, device, boot] = _Stream(site, device, boot)
        if seq > stream.highest:
            stream.highest, stream.last = seq, (topic, payload)
        if seq <= stream.spooled or seq in stream.kept:
            self.bus.publish(topic, payload)
            return
        if not stream.kept:
            stream.since = self.clock.monotonic()
        stream.kept[seq] = (topic, payload)
        stream.unsent.add(seq)
        self.outstanding += 1
        self._bytes += len(payload)
        self._waiting.append((stream, seq, len(payload)))
        self._waiting_bytes += len(payload)
        self._hand_over()

    def forget_spooled(self) -> list[tuple[str, str, str]]:
        """Drop every boot whose messages are all spooled, and name it (site, device, boot).

        For a sender whose boots end, as one boot a clip: it asks no more whether they are stored.
        """
        done = [key for key, stream in self._streams.items() if not stream.kept]
        for key in done:
            del self._streams[key]
        return done

    def receive(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Read the receipts among ``deliveries``; return the others.  Acknowledges nothing."""
        others = []
        for delivery in deliveries:
            place = delivery.place
            if isinstance(place, SensorTopic) and place.kind == "receipt":
                self._confirm(place.site, place.device, delivery.payload)
            else:
                others.append(delivery)
        return others

    def tend(self) -> None:
        """Hand over what waits and send again what has been silent for too long."""
        self._hand_over()
        now = self.clock.monotonic()
        everything = self.bus.connections != self._connections
        if not everything and now - self._checked < _CHECK_EVERY:
            return
        self._connections, self._checked = self.bus.connections, now
        for stream in self._streams.values():
            if stream.stored < stream.highest and (everything or self._silent(stream, now)):
                self._again(stream, now)

    def step(self, timeout_s: float = 0.05) -> list[Delivery]:
        """Poll, acknowledge, tend; returns what was no receipt, already acknowledged."""
        deliveries = self.bus.poll(timeout_s)
        others = self.receive(deliveries)
        self.bus.acknowledge(deliveries)
        self.tend()
        return others

    def finish(self, wait_s: float) -> bool:
        """Step until everything is stored; False if nothing moved for ``wait_s``."""
        best, since = self.unstored, self.clock.monotonic()
        while best:
            self.step(0.1)
            now, left = self.clock.monotonic(), self.unstored
            if left < best:
                best, since = left, now
            elif now - since > wait_s * SECOND:
                return False
        return True

    def _confirm(self, site: str, device: str, payload: bytes) -> None:
        try:
            receipt = DeviceReceipt.model_validate_json(payload)
        except ValidationError:
            return  # not from a gateway of this version: the message is kept and sent again
        if self.heed is not None:
            self.heed(site, device, receipt)
        stream = self._streams.get((site, device, receipt.boot))
        if stream is None:
            return
        stored = receipt.stored
        if receipt.also_stored is not None and receipt.also_stored[0] <= max(stored, stream.stored) + 1:
            stored = max(stored, receipt.also_stored[1])
        if receipt.spooled > stream.spooled or stored > stream.stored:
            stream.since, stream.tries = self.clock.monotonic(), 0
        elif receipt.spooled < stream.spooled and not stream.forgotten:
            stream.tries = 0
        stream.forgotten = receipt.spooled < stream.spooled
        for seq in range(stream.spooled + 1, min(receipt.spooled, stream.highest) + 1):
            if seq not in stream.unsent:
                self._forget(stream, seq)
        stream.spooled = max(stream.spooled, receipt.spooled)
        stream.stored = max(stream.stored, stored)
        if stream.stored >= stream.highest:
            stream.last = None

    def _forget(self, stream: _Stream, seq: int) -> None:
        kept = stream.kept.pop(seq, None)
        if kept is not None:
            self.outstanding -= 1
            self._bytes -= len(kept[1])

    def _hand_over(self) -> None:
        while self._waiting:
            full = self.outstanding - len(self._waiting) >= self.window
            if full or self._bytes - self._waiting_bytes >= self.window_bytes:
                return
            stream, seq, size = self._waiting[0]
            kept = stream.kept.get(seq)
            if kept is not None and not self.bus.publish(*stream.message(seq, *kept)):
                return
            self._waiting.popleft()
            self._waiting_bytes -= size
            stream.unsent.discard(seq)
            if seq <= stream.spooled:
                self._forget(stream, seq)

    def _silent(self, stream: _Stream, now: int) -> bool:
        patience = min(_LONGEST_SILENCE_S, self.silence_s * 2.0**stream.tries)
        return now - stream.since > patience * SECOND

    def _again(self, stream: _Stream, now: int) -> None:
        stream.since, stream.tries = now, min(stream.tries + 1, 10)
        messages = [(seq, *kept) for seq, kept in stream.kept.items() if seq not in stream.unsent]
        if not stream.kept and stream.last is not None:
            messages = [(stream.highest, *stream.last)]
        for message in messages:
            if not self.bus.publish(*stream.message(*message)):
                return
            self.repeats += 1
