"""Sensors of a small territory that count what they said and what they were told."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from contract import topics
from contract.batch import DeviceReceipt
from contract.places import Territory
from contract.testing.memory_bus import MemoryBus

DEVICES = ("d0", "d1", "d2")
Name = tuple[str, str, int]
"""(device, boot, sequence)"""


def territory() -> Territory:
    """One site with the devices of the histories."""
    zones = [{"id": "z", "arm": "control", "land_use": "forestry"}]
    sites = [{"id": "s1", "zone": "z", "latitude": 1.0, "longitude": 1.0}]
    devices = [{"id": name, "site": "s1", "sensors": ["soil"]} for name in DEVICES]
    return Territory.model_validate({"id": "t", "zones": zones, "sites": sites, "devices": devices})


@dataclass(slots=True)
class Sensors:
    """Count what each sensor said, and what it was told."""

    bus: MemoryBus
    boots: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DEVICES, 1))
    said: Counter[tuple[str, str]] = field(default_factory=Counter)
    spooled: Counter[tuple[str, str]] = field(default_factory=Counter)
    stored: Counter[tuple[str, str]] = field(default_factory=Counter)

    def speak(self, chance: random.Random) -> None:
        """A few messages of one sensor, which sometimes starts anew."""
        device = chance.choice(DEVICES)
        self.boots[device] += chance.random() < 0.1
        boot = f"b{self.boots[device]}"
        for _ in range(chance.randint(1, 12)):
            self.said[device, boot] += 1
            text = (
                f'{{"v":1,"kind":"readings","site":"s1","device":"{device}","boot":"{boot}",'
                f'"seq":{self.said[device, boot]},"time":"2026-05-01T12:00:00Z","clock":"gps",'
                f'"readings":[{{"quantity":"soil_temperature","value":12.5,"depth_m":0.1}}]}}'
            )
            self.bus.publish(topics.sensor("s1", device, "readings"), text.encode())

    def listen(self) -> None:
        """Take the receipts that have come."""
        while deliveries := self.bus.poll(0.0, 1_000):
            self.bus.acknowledge(deliveries)
            for delivery in deliveries:
                receipt = DeviceReceipt.model_validate_json(delivery.payload)
                boot = (delivery.topic.split("/")[3], receipt.boot)
                self.spooled[boot] = max(self.spooled[boot], receipt.spooled)
                self.stored[boot] = max(self.stored[boot], receipt.stored)

    @staticmethod
    def names(told: Counter[tuple[str, str]]) -> set[Name]:
        """Every message up to the highest number told."""
        return {(*boot, seq) for boot, highest in told.items() for seq in range(1, highest + 1)}
