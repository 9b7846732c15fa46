"""Sensors as they should be: each keeps what it said until the gateway says ``spooled``.

What a sensor says follows from its number and the sequence (``benchmarks.loads.batches``), so
that keeping means only to remember a number, and any reader can tell what must be there.

    python -m benchmarks.faults.sensors BROKER COUNT FIRST LAST FILE

speaks for the devices FIRST … LAST of COUNT until SIGTERM, then says nothing new but goes on
until all is stored, and leaves its highest sequences in FILE.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.loads.batches import record
from contract import topics
from contract.batch import DeviceReceipt
from contract.config import broker_address
from contract.instant import SECOND, SystemClock
from contract.line.bus import MqttBus
from contract.line.service import Stopper

OUTSTANDING = 100
_RESEND = 2 * SECOND
_AT_ONCE = 4


def zeros() -> list[int]:
    return []


@dataclass(slots=True)
class Sensors:
    """Those of ``count`` that ``own`` names (else all), on one connection."""

    bus: MqttBus
    count: int
    own: tuple[int, ...] = ()
    sent: list[int] = field(default_factory=zeros)
    spooled: list[int] = field(default_factory=zeros)
    stored: list[int] = field(default_factory=zeros)
    highest: list[int] = field(default_factory=zeros)
    again_at: int = 0
    clock: SystemClock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        for numbers in (self.sent, self.spooled, self.stored, self.highest):
            numbers.extend([0] * self.count)
        self.own = self.own or tuple(range(self.count))

    @property
    def done(self) -> bool:
        """True if all that was said is on ingest's disk, as far as the receipts tell."""
        return self.stored == self.highest

    def step(self, *, more: bool, timeout_s: float = 0.005) -> None:
        """Say a little, hear the receipts; ``more``: also what was never said before."""
        if self.clock.monotonic() > self.again_at and self.bus.unconfirmed < OUTSTANDING:
            self.again_at = self.clock.monotonic() + _RESEND
            self.sent = list(self.spooled)
        for device in self.own:
            goal = self.spooled[device] + OUTSTANDING if more else self.highest[device]
            for seq in range(self.sent[device] + 1, min(goal, self.sent[device] + _AT_ONCE) + 1):
                one = record((seq - 1) * self.count + device, self.count)
                self.bus.publish(one.topic, one.payload)
                self.sent[device] = seq
                self.highest[device] = max(self.highest[device], seq)
        deliveries = self.bus.poll(timeout_s)
        self.bus.acknowledge(deliveries)
        for delivery in deliveries:
            place = delivery.place
            if isinstance(place, topics.SensorTopic):
                receipt, device = DeviceReceipt.model_validate_json(delivery.payload), int(place.device[1:])
                if device not in self.own:
                    continue
                self.spooled[device] = max(self.spooled[device], receipt.spooled)
                self.stored[device] = max(self.stored[device], receipt.stored)


def main() -> None:
    """Sensors as a process of their own."""
    broker, count, first, last, file = sys.argv[1:]
    stopper, own = Stopper(), tuple(range(int(first), int(last) + 1))
    bus = MqttBus(broker_address(broker), f"sensors-{first}", (topics.SENSOR_RECEIPT_FILTER,))
    bus.connect()
    sensors = Sensors(bus, int(count), own)
    while not stopper.stopping:
        sensors.step(more=True, timeout_s=0.02)
    while not sensors.done:
        sensors.step(more=False, timeout_s=0.02)
    Path(file).write_text(json.dumps(sensors.highest))
    bus.close()


if __name__ == "__main__":
    main()
