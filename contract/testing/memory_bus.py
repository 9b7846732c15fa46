"""A bus without a network: the fake of ``contract.line.bus.Bus``, for tests of logic.

It keeps the promises of the real one: at least once, order of each sender, delivery
again of what was not acknowledged when a client comes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.line.bus import Delivery
from contract.topics import matches, parse


@dataclass(slots=True)
class MemoryBroker:
    """Where the clients of one test meet."""

    clients: dict[str, MemoryBus] = field(default_factory=dict)

    def client(self, name: str, filters: Sequence[str] = ()) -> MemoryBus:
        """A client; under a known name its unacknowledged deliveries come again."""
        waiting: deque[Delivery] = deque()
        if name in self.clients:
            old = self.clients[name]
            waiting.extend([*old.unacknowledged.values(), *old.waiting])
        self.clients[name] = MemoryBus(self, tuple(filters), waiting)
        return self.clients[name]


@dataclass(slots=True)
class MemoryBus:
    """One client of a ``MemoryBroker``."""

    broker: MemoryBroker
    filters: tuple[str, ...]
    waiting: deque[Delivery]
    unacknowledged: dict[int, Delivery] = field(default_factory=dict)
    packets: int = 0
    """Delivered to this client so far."""
    connections: int = 1
    refusals: list[str] = field(default_factory=list)
    """A memory broker refuses nobody; a test may put refusals here."""
    packet_limit: int = 0
    """A memory broker takes any size; a test may state another."""

    def reconnect(self) -> None:
        """As after a lost connection: what was not acknowledged comes again, and first."""
        self.connections += 1
        again = [one._replace(connection=self.connections) for one in self.unacknowledged.values()]
        self.unacknowledged.clear()
        self.waiting.extendleft(reversed(again))

    def poll(self, timeout_s: float, limit: int = 50) -> list[Delivery]:
        """What has arrived, at most ``limit``; never waits."""
        taken = [self.waiting.popleft() for _ in range(min(limit, len(self.waiting)))]
        self.unacknowledged.update((delivery.packet, delivery) for delivery in taken)
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Those of this connection come no more."""
        for delivery in deliveries:
            if delivery.connection == self.connections:
                self.unacknowledged.pop(delivery.packet, None)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """To every client that listens, at once."""
        for client in self.broker.clients.values():
            if any(matches(name, topic) for name in client.filters):
                client.packets += 1
                client.waiting.append(
                    Delivery(topic, payload, False, client.connections, client.packets, parse(topic))
                )
        return True

    def flush(self, timeout_s: float) -> bool:
        """Everything was handed over when it was published."""
        return True

    def close(self) -> None:
        """Hear nothing more."""
        self.filters = ()
