"""Kill services at seeded moments while the road is in use.

``Chaos.strike_if_due`` is asked again and again; each time its next moment has come it
kills one of broker, gateway and ingest, as a power cut would, and has it started again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from contract.instant import SECOND, Clock, SystemClock
from ecoviv.station.supervisor import Station

_VICTIMS = ("gateway", "ingest", "broker", "edge")


@dataclass(slots=True)
class Chaos:
    """``pause_s``: mean seconds between two kills."""

    station: Station
    seed: int
    pause_s: float = 2.0
    victims: tuple[str, ...] = _VICTIMS
    clock: Clock = field(default_factory=SystemClock)
    killed: dict[str, int] = field(default_factory=dict, init=False)
    _random: random.Random = field(init=False)
    _next: int = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._next = self.clock.monotonic() + SECOND
        self.killed = dict.fromkeys(self.victims, 0)

    def strike_if_due(self) -> str | None:
        """The name of what was killed now, if anything."""
        if self.clock.monotonic() < self._next:
            return None
        name = self._random.choice(self.victims)
        self._next = self.clock.monotonic() + int(self._random.uniform(0.5, 1.5) * self.pause_s * SECOND)
        if name == "broker":
            if self.station.broker is not None:
                self.station.broker.kill()
        else:
            process = self.station.processes[name]
            process.kill()
            process.wait()
        self.killed[name] += 1
        self.station.watch()
        return name
