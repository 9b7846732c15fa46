"""Between the door's thread and the gateway's: what was brought, and who waits for the disk.

1. The door ``put``s the deliveries of a request and gets a ``Ticket``; None while too many wait.
2. ``DoorBus`` gives them to the gateway beside what its broker delivers.
3. When the gateway acknowledges them they are on disk: the ticket is done, and the door is woken.
4. Who has waited too long is withdrawn, as far as the gateway has not taken it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from contract import topics
from contract.line.bus import Bus, Delivery

MAX_WAITING = 32
"""Requests whose deliveries are not on disk yet."""
_CONNECTION = -1
"""Of deliveries from the door; no broker's connection has that number."""


class Brought(NamedTuple):
    """What a request brings: a message or push, and where it would have come on the broker."""

    topic: str
    payload: bytes


@dataclass(slots=True, eq=False)
class Ticket:
    """One request that waits for the disk."""

    left: int
    """Deliveries that are not on disk yet."""

    @property
    def done(self) -> bool:
        """True once all that the request brought is on disk."""
        return self.left == 0


@dataclass(slots=True)
class Box:
    """Safe for two threads; never waits for the other one."""

    wake: Callable[[], None] = lambda: None
    """Called by the gateway's thread when a ticket is done."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _waiting: deque[Delivery] = field(default_factory=deque, init=False)
    _tickets: dict[int, Ticket] = field(default_factory=dict, init=False)
    """By packet number, until it is on disk."""
    _packets: int = field(default=0, init=False)

    def put(self, brought: Sequence[Brought]) -> Ticket | None:
        """Hand over what a request brings; None while ``MAX_WAITING`` wait already."""
        with self._lock:
            if len(set(map(id, self._tickets.values()))) >= MAX_WAITING:
                return None
            ticket = Ticket(len(brought))
            for topic, payload in brought:
                self._packets += 1
                self._tickets[self._packets] = ticket
                place = topics.parse(topic)
                self._waiting.append(Delivery(topic, payload, False, _CONNECTION, self._packets, place))
            return ticket

    def take(self, limit: int) -> list[Delivery]:
        """What waits, at most ``limit``, in the order in which it came."""
        if not self._waiting:
            return []
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def on_disk(self, deliveries: Sequence[Delivery]) -> None:
        """Those of ``deliveries`` that came from here are committed."""
        ours = [one.packet for one in deliveries if one.connection == _CONNECTION]
        if not ours:
            return
        with self._lock:
            for packet in ours:
                if (ticket := self._tickets.pop(packet, None)) is not None:
                    ticket.left -= 1
        self.wake()

    def withdraw(self, ticket: Ticket) -> None:
        """Nobody waits for ``ticket`` any more: what the gateway has not taken stays away."""
        with self._lock:
            gone = {packet for packet, one in self._tickets.items() if one is ticket}
            self._waiting = deque(one for one in self._waiting if one.packet not in gone)
            for packet in gone:
                del self._tickets[packet]


@dataclass(slots=True)
class DoorBus(Bus):
    """The gateway's bus with a door beside it: what the door brings is delivered like the rest."""

    line: Bus
    box: Box

    @property
    def connections(self) -> int:  # type: ignore[override]
        """Those of the broker's line."""
        return self.line.connections

    @property
    def refusals(self) -> list[str]:  # type: ignore[override]
        """Those of the broker's line."""
        return self.line.refusals

    @property
    def packet_limit(self) -> int:  # type: ignore[override]
        """That of the broker's line."""
        return self.line.packet_limit

    def poll(self, timeout_s: float, limit: int = 50) -> list[Delivery]:
        """What both brought, the door at most half; does not wait where the door brought something."""
        brought = self.box.take(max(1, limit // 2))
        return brought + self.line.poll(0.0 if brought else timeout_s, limit - len(brought))

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """The caller has these on disk."""
        self.line.acknowledge(deliveries)
        self.box.on_disk(deliveries)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """On the broker's line."""
        return self.line.publish(topic, payload, retain=retain)

    def flush(self, timeout_s: float) -> bool:
        """On the broker's line."""
        return self.line.flush(timeout_s)

    def close(self) -> None:
        """Leave the broker's line."""
        self.line.close()
