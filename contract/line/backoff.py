"""When to connect again: at once after a cut, later and later while nobody answers or somebody takes over.

Two programs under one id end each other's connection for ever.  Each connects again at
once, so that they take turns several times a second; here each waits twice as long after
every takeover, until a connection has held for a while.  Mosquitto 2.0 closes without saying
why; there a row of connections that end within seconds tells it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from contract.instant import SECOND, Clock

LONGEST_S = 30.0
_FIRST_S = 0.1
_HELD = 120 * SECOND
"""A connection that lasts this long is not contested any more."""

_SHORT = 5 * SECOND
_FREE = 3
"""Short connections in a row that a bad line may have."""


@dataclass(slots=True)
class Backoff:
    """Waits of a bus between its attempts, with jitter."""

    clock: Clock
    _row: int = field(default=0, init=False)
    """Connections that were taken over, or ended within seconds, since one held."""
    _told: bool = field(default=False, init=False)
    _attempts: int = field(default=0, init=False)
    _next: int = field(default=0, init=False)
    _since: int = field(default=0, init=False)

    @property
    def left_s(self) -> float:
        """Seconds until the next attempt; 0 or less when it is due."""
        return (self._next - self.clock.monotonic()) / SECOND

    def attempt(self) -> None:
        """One begins; the next is not before the wait that this sets."""
        self._attempts += 1
        self._wait(self._attempts)

    def succeeded(self) -> None:
        """The broker let us in."""
        self._attempts, self._since = 0, self.clock.monotonic()

    def ended(self, *, taken_over: bool) -> bool:
        """A connection ended; True if it is contested and nobody has been told of this row."""
        age = self.clock.monotonic() - self._since
        if age >= _HELD:
            self._row, self._told = 0, False
        if taken_over or age < _SHORT:
            self._row += 1
        if not (taken_over or self._row > _FREE):
            return False
        self._wait(self._row + (_FREE if taken_over else 0))
        news, self._told = not self._told, True
        return news

    def _wait(self, power: int) -> None:
        wait_s = min(LONGEST_S, _FIRST_S * 2 ** min(power, 9)) * random.uniform(0.5, 1.0)
        self._next = self.clock.monotonic() + int(wait_s * SECOND)
