"""Honest sensors beside one that floods a full spool: no honest one ends below its share.

A flood is random in what it sends (``KINDS``, one or a mixture), in how much of it and how large, in
the honest sensors' number and what they say; nobody confirms anything, so the spool stays full.
Afterwards a share is what is held divided by all that hold something, and two laws must hold:

1. An honest sensor lost nothing, or holds at least its share, less the largest of its own messages.
2. What was taken is here, or was counted as dropped.

Shared with what it proves: what a row takes in bytes (``gateway.spool.room``).
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract import topics, wire
from contract.instant import SECOND, parse_instant
from contract.line.bus import Delivery
from contract.places import Territory
from contract.reading import AudioPart
from contract.testing.fixed_clock import FixedClock
from gateway.intake import take, take_foreign
from gateway.spool.entry import Entry
from gateway.spool.room import ORIGIN_BYTES
from gateway.spool.spool import Spool
from gateway.spool.status import read_status

NOON = parse_instant("2026-05-01T12:00:00Z")
LOUD = "d0"
_CAP = 2 * 2**20
_TURNS = 60
Said = tuple[str, bytes]
"""(topic, payload)"""


def territory(devices: int) -> Territory:
    """One site with d0, which floods, and honest d1 …"""
    zones = [{"id": "z", "arm": "control", "land_use": "forestry"}]
    sites = [{"id": "s1", "zone": "z", "latitude": 1.0, "longitude": 1.0}]
    known = [{"id": f"d{number}", "site": "s1", "sensors": ["soil"]} for number in range(devices)]
    return Territory.model_validate({"id": "t", "zones": zones, "sites": sites, "devices": known})


def message(kind: str, device: str, boot: str, seq: int, size: int, site: str = "s1") -> Said:
    """A message of ``kind``, of about ``size`` bytes; fields that nobody knows are tolerated."""
    bodies = {
        "readings": '"readings":[{"quantity":"soil_temperature","value":12.5,"depth_m":0.1}]',
        "health": '"uptime_ms":5',
        "detections": '"excerpt":{"start":"2026-05-01T04:00:00Z","duration_s":3,"valid_s":3},'
        '"model":{"id":"x","version":"1","threshold":0.5},"detections":[]',
    }
    text = (
        f'{{"v":1,"kind":"{kind}","site":"{site}","device":"{device}","boot":"{boot}","seq":{seq},'
        f'"time":"2026-05-01T12:00:00Z","clock":"gps",{bodies[kind]},"more":"{"x" * size}"}}'
    )
    return topics.sensor(site, device, kind), text.encode()


def stray(boot: str, seq: int, size: int) -> Said:
    """A piece of a clip that nobody announced."""
    part = AudioPart(boot, seq, f"{seq:064x}", 0, 9, bytes(size))
    return topics.audio("s1", LOUD, part.sha256), wire.encode_part(part)


KINDS: dict[str, Callable[[int, int], Said]] = {
    "large": lambda seq, size: message("readings", LOUD, "f", seq, size),
    "health": lambda seq, size: message("health", LOUD, "f", seq, size),
    "findings": lambda seq, size: message("detections", LOUD, "f", seq, size),
    "unreadable": lambda seq, size: (topics.sensor("s1", LOUD, "readings"), b"%d" % seq + b"?" * size),
    "stray": lambda seq, size: stray("f", seq, size),
    "boots": lambda seq, size: message("readings", LOUD, f"f{seq}", 1, size),
    "made up": lambda seq, size: message("readings", LOUD, "f", seq, size, site=f"x{seq}"),
    "foreign": lambda seq, size: (f"application/{seq}/event/up", b"?" * size),
}


@dataclass(slots=True)
class Flood:
    """One full spool."""

    spool: Spool
    chance: random.Random
    devices: int
    kinds: list[str]
    size: int
    """Of a message of the flood [bytes]."""
    said: Counter[str] = field(default_factory=Counter)
    largest: Counter[str] = field(default_factory=Counter)
    places: Territory = field(init=False)

    def __post_init__(self) -> None:
        self.places = territory(self.devices)

    def run(self) -> None:
        """All turns: honest ones say a little, the flood about a twentieth of the cap each time."""
        seq = 0
        for _ in range(_TURNS):
            said = [self._honest(f"d{number}") for number in range(1, self.devices)]
            for _ in range(max(1, _CAP // 20 // (self.size + 400))):
                seq += 1
                said.append(KINDS[self.chance.choice(self.kinds)](seq, self.size))
            self.chance.shuffle(said)
            self.spool.add([entry for one in said for entry in _taken(*one, self.places)])

    def _honest(self, device: str) -> Said:
        kind = self.chance.choice(("readings", "readings", "readings", "health", "detections"))
        self.said[device] += 1
        said = message(kind, device, "b", self.said[device], self.chance.randint(10, 400))
        self.largest[device] = max(self.largest[device], len(said[1]) + len(said[0]) + 100)
        return said

    def faults(self) -> list[str]:
        """What breaks a law, a sentence each."""
        run, size = self.spool.connection.execute, f"sum(bytes + {ORIGIN_BYTES})"
        held = dict(run(f"SELECT device, {size} FROM senders WHERE NOT stranger GROUP BY device"))
        strange = run(f"SELECT {size} FROM senders WHERE stranger").fetchone()[0] or 0
        share = (sum(held.values()) + strange) / len(held)
        left = dict(
            run("SELECT device, count(*) FROM records JOIN senders ON senders.id=sender GROUP BY device")
        )
        return [
            f"{device} holds {held.get(device, 0)} of a share of {share:.0f} and lost"
            f" {said - left.get(device, 0)} of {said}"
            for device, said in self.said.items()
            if left.get(device, 0) < said and held.get(device, 0) < share - self.largest[device]
        ]


def _taken(topic: str, payload: bytes, places: Territory) -> list[Entry]:
    place = topics.parse(topic)
    delivery = Delivery(topic, payload, False, 1, 1, place)
    if isinstance(place, topics.SensorTopic):
        return [take(delivery, place, NOON, places)]
    return take_foreign(delivery, NOON, places)


def one_flood(seed: int) -> tuple[list[str], Counter[str]]:
    """(what broke a law; counts of what was said, kept and dropped) of one full spool."""
    chance = random.Random(seed)
    kinds = chance.sample(list(KINDS), chance.choice((1, 1, 2, 3)))
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool.open(Path(folder) / "spool.db", FixedClock(NOON + SECOND), cap_bytes=_CAP)
        size = chance.choice((100, 1_000, 10_000, 60_000))
        flood = Flood(spool, chance, chance.randint(2, 20), kinds, size)
        flood.run()
        found = [f"{'+'.join(kinds)} of {size} bytes: {fault}" for fault in flood.faults()]
        counters = read_status(Path(folder)).counters
        kept = spool.connection.execute("SELECT count(*) FROM records").fetchone()[0]
        dropped = sum(counters.get(f"dropped_{stream}", 0) for stream in ("health", "findings", "readings"))
        taken = sum(spool.highest.values())
        if taken != kept + dropped:
            found.append(f"{taken} taken, {kept} kept and {dropped} dropped")
        spool.close()
    dropped += counters.get("dropped_audio", 0)
    return found, Counter(honest=flood.said.total(), kept=kept, dropped=dropped)


def fair(floods: int, seed: int) -> Iterator[dict[str, Any]]:
    """Many floods; each that breaks a law by itself, and their sum."""
    total: Counter[str] = Counter()
    broken = 0
    for number in range(seed, seed + floods):
        found, counts = one_flood(number)
        total += counts
        if found:
            broken += 1
            yield {"seed": number, "broken": found}
    yield {"floods": floods, "seed": seed, "broken": broken, **total}
