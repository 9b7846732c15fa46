"""A gateway, an ingest and honest sensors, all real, while hostile speakers speak.

Each turn honest sensors say a few messages, speakers of ``hostile.speakers`` say theirs, in any order, and
the services take turns; sometimes ingest is away or the gateway's connection breaks.  Beside the speakers

- *retained copies* of what the honest said, some with a ``floor``, are delivered to the gateway as a broker
  does after a subscription;
- *receipts from the past* come again to the gateway, and such of openings that never were.

Three of ten honest messages do not come through the first time; a sensor repeats each until it is told
``spooled``.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.hostile.speakers import HONEST, LOUD, SPEAKERS, Said
from contract import topics
from contract.batch import DeviceReceipt, Receipt
from contract.instant import MINUTE, SECOND, format_instant, parse_instant
from contract.line.bus import Delivery
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker, MemoryBus
from gateway.clips import ClipRing
from gateway.service import Gateway, filters
from gateway.spool.spool import Spool
from ingest.service import Ingest, batches_filter
from ingest.store import open_store
from ingest.store.protocol import Store

GATEWAY = "north"
NOON = parse_instant("2026-05-01T12:00:00Z")
TURNS = 12
Name = tuple[str, str, int]
"""(device, boot, sequence)"""


def territory() -> Territory:
    """One site, its honest sensors, and the enrolled one that is none."""
    zones = [{"id": "z", "arm": "control", "land_use": "forestry"}]
    sites = [{"id": "s1", "zone": "z", "latitude": 1.0, "longitude": 1.0}]
    devices = [{"id": name, "site": "s1", "sensors": ["soil"]} for name in (LOUD, *HONEST)]
    return Territory.model_validate({"id": "t", "zones": zones, "sites": sites, "devices": devices})


@dataclass(slots=True)
class Siege:
    """One road, and everybody on it."""

    folder: Path
    chance: random.Random
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    said: dict[Name, Said] = field(default_factory=dict)
    """By the honest."""
    times: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in HONEST})
    """Of their readings, by device [ns UTC]."""
    spooled: Counter[tuple[str, str]] = field(default_factory=Counter)
    stored: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    """What the honest were told of messages that could not be read."""
    hostile: Counter[str] = field(default_factory=Counter)
    boots: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HONEST, 1))
    receipts: list[Said] = field(default_factory=list)
    """Of ingest, as they went by."""
    speaking: MemoryBus = field(init=False)
    gateway: Gateway = field(init=False)
    store: Store = field(init=False)
    ingest: Ingest = field(init=False)
    heard: MemoryBus = field(init=False)
    spy: MemoryBus = field(init=False)

    def __post_init__(self) -> None:
        places = territory()
        spool = Spool.open(self.folder / "spool.db", self.clock, cap_bytes=2**28)
        ring = ClipRing(self.folder / "clips", spool, self.clock, cap_bytes=2**22)
        bus = self.broker.client("gateway", filters(GATEWAY))
        self.gateway = Gateway(GATEWAY, places, bus, spool, ring, self.clock)
        self.store = open_store(self.store_url)
        self.ingest = Ingest(self.store, self.broker.client("ingest", [batches_filter()]), places, self.clock)
        self.heard = self.broker.client("honest", [topics.SENSOR_RECEIPT_FILTER])
        self.spy = self.broker.client("spy", [topics.receipt_filter(GATEWAY)])
        self.speaking = self.broker.client("speakers")

    @property
    def store_url(self) -> str:
        """As a command takes it."""
        return f"sqlite:{self.folder / 'store.db'}"

    def run(self) -> None:
        """All turns, then time for everything that can still arrive."""
        for _ in range(TURNS):
            kinds = self.chance.sample(list(SPEAKERS), 3)
            others = [(kind, one) for kind in kinds for one in SPEAKERS[kind](self.chance)]
            everything = [*others, *(("", one) for one in self._honest() if self.chance.random() < 0.7)]
            self.chance.shuffle(everything)
            for kind, one in everything:
                self.hostile[kind] += 1
                self.speaking.publish(*one)
            self._retained()
            self._past_receipts()
            if self.chance.random() < 0.3:
                self.broker.clients[self.chance.choice(("gateway", "ingest"))].reconnect()
            self._turn(self.chance.randint(1, 4), with_ingest=self.chance.random() < 0.8)
        for _ in range(100):
            for one in self._untold():
                self.speaking.publish(*one)
            self.clock.advance(20 * SECOND)
            self._turn(4)
            if self.stored == self.spooled == self.wanted():
                break
        self.hostile.pop("", None)

    def close(self) -> None:
        """Release both files."""
        self.gateway.spool.close()
        self.store.close()

    def wanted(self) -> Counter[tuple[str, str]]:
        """The last number that each boot of the honest gave out."""
        wanted: Counter[tuple[str, str]] = Counter()
        for device, boot, seq in self.said:
            wanted[device, boot] = max(wanted[device, boot], seq)
        return wanted

    def _honest(self) -> list[Said]:
        """News of each honest sensor, and again what it was not told of."""
        again = self._untold()
        for device in HONEST:
            if self.chance.random() < 0.1:
                self.boots[device] += 1
            boot = f"b{self.boots[device]}"
            first = 1 + sum(1 for name in self.said if name[:2] == (device, boot))
            for seq in range(first, first + self.chance.randint(1, 6)):
                time = self._next_time(device)
                self.said[device, boot, seq] = (
                    topics.sensor("s1", device, "readings"),
                    (
                        f'{{"v":1,"kind":"readings","site":"s1","device":"{device}","boot":"{boot}","seq":{seq},'
                        f'"time":"{format_instant(time)}","clock":"gps","readings":'
                        f'[{{"quantity":"soil_temperature","value":12.5,"depth_m":0.1}}]}}'
                    ).encode(),
                )
                again.append(self.said[device, boot, seq])
        return again

    def _next_time(self, device: str) -> int:
        """A minute after its last, and never later than now: a backlog that is caught up with."""
        known = self.times[device]
        known.append(known[-1] + MINUTE if known else NOON - 1_000 * MINUTE)
        return known[-1]

    def _untold(self) -> list[Said]:
        return [said for (*boot, seq), said in self.said.items() if seq > self.spooled[boot[0], boot[1]]]

    def _retained(self) -> None:
        """As after a subscription: what was said comes again, marked, also with a ``floor``; and junk."""
        bus = self.broker.clients["gateway"]
        for name, (topic, payload) in self.chance.sample(list(self.said.items()), min(6, len(self.said))):
            floor = b'"floor":%d,"seq"' % self.chance.choice((name[2], 2**53 - 1))
            loud = topics.sensor("s1", LOUD, "readings"), payload[: self.chance.randrange(len(payload))]
            for where, body in ((topic, payload), (topic, payload.replace(b'"seq"', floor)), loud):
                self.hostile["retained copies"] += 1
                bus.packets += 1
                place = topics.parse(where)
                bus.waiting.append(Delivery(where, body, True, bus.connections, bus.packets, place))

    def _past_receipts(self) -> None:
        """Receipts that were right once, and one of an opening that never was."""
        old = self.chance.sample(self.receipts, min(4, len(self.receipts)))
        never = Receipt(epoch=f"{self.chance.getrandbits(64):016x}", committed=2**62, missing=([1, 2**62],))
        old.append((topics.receipt(GATEWAY, "readings"), never.model_dump_json().encode()))
        old.append((topics.receipt(GATEWAY, "readings"), b'{"committed":"9"}'))
        for one in old:
            self.hostile["receipts from the past"] += 1
            self.speaking.publish(*one)

    def _turn(self, times: int, *, with_ingest: bool = True) -> None:
        for _ in range(times):
            while self.gateway.step(0.0):
                pass
            while with_ingest and self.ingest.step(0.0):
                pass
            self.clock.advance(SECOND)
        self.gateway.step(0.0)
        self._listen()

    def _listen(self) -> None:
        """What sensors are told; and what receipts of ingest go by."""
        for delivery in self.spy.poll(0.0, 100_000):
            self.spy.acknowledge([delivery])
            if len(self.receipts) < 200:
                self.receipts.append((delivery.topic, delivery.payload))
        for delivery in self.heard.poll(0.0, 100_000):
            self.heard.acknowledge([delivery])
            device = delivery.topic.split("/")[3]
            if device in HONEST and delivery.topic.split("/")[2] == "s1":
                told = DeviceReceipt.model_validate_json(delivery.payload)
                self.refused += [f"{device} {told.boot}: {one}" for one in told.refused]
                key = (device, told.boot)
                self.spooled[key] = max(self.spooled[key], told.spooled)
                self.stored[key] = max(self.stored[key], told.stored)
