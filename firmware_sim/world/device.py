"""A device: it starts, counts, keeps its own time and puts its name on what it says.

1. ``start`` gives it a new boot id and begins its sequence again at 1.
2. ``head`` stamps a message: site, device, boot, next sequence, its own time, uptime.
3. Its clock runs a little fast; after a start without time it says 1970 until it is set.
4. ``battery_voltage`` falls through the season.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from contract.instant import DAY, SECOND, to_datetime
from contract.places import Sensor
from contract.reading import ClockSource

FIRMWARE, UPDATED_FIRMWARE = "sim-1.0", "sim-2.0"
CLOCK_OF: dict[Sensor, ClockSource] = {"acoustic": "gps", "soil": "rtc", "weather": "ntp"}

_PPM_FAST = 1.0
"""At most this, so that a spring's drift stays below two seconds."""


class Head(TypedDict):
    """The envelope of a message."""

    site: str
    device: str
    boot: str
    seq: int
    time: datetime
    clock: ClockSource
    uptime_ms: int
    firmware: str


@dataclass(slots=True)
class SimulatedDevice:
    """One instrument, while it runs."""

    seed: int
    site: str
    name: str
    sensor: Sensor
    firmware: str = FIRMWARE
    boots: int = 0
    boot: str = ""
    seq: int = 0
    started: int = 0
    """[ns UTC]"""
    set_at: int = 0
    """When its clock was set; before that it counts from 1970 [ns UTC]."""
    _ppm: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"{self.seed}|{self.name}".encode()).digest()
        self._ppm = 0.0 if self.sensor == "acoustic" else _PPM_FAST * digest[0] / 255

    def start(self, instant: int, *, set_at: int | None = None) -> None:
        """Begin a boot; without time until ``set_at`` if that is given."""
        self.boots += 1
        digest = hashlib.sha256(f"{self.seed}|{self.name}|{self.boots}".encode()).hexdigest()
        self.boot = f"{self.boots}-{digest[:10]}"
        self.seq, self.started, self.set_at = 0, instant, instant if set_at is None else set_at

    def own_time(self, instant: int) -> int:
        """What its clock says, to the second [ns]."""
        if instant < self.set_at:
            return (instant - self.started) // SECOND * SECOND
        fast = int((instant - self.started) * self._ppm * 1e-6)
        return (instant + fast) // SECOND * SECOND

    def head(self, instant: int) -> Head:
        """The envelope of its next message."""
        self.seq += 1
        return Head(
            site=self.site,
            device=self.name,
            boot=self.boot,
            seq=self.seq,
            time=to_datetime(self.own_time(instant)),
            clock=CLOCK_OF[self.sensor] if instant >= self.set_at else "none",
            uptime_ms=(instant - self.started) // 1_000_000,
            firmware=self.firmware,
        )

    def battery_voltage(self, instant: int) -> float:
        """From 4.15 V, falling 15 mV a day [V]."""
        return round(4.15 - 0.015 * (instant - self.started) / DAY, 3)
