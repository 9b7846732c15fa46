"""A spool from the past: cards copied, cloned, put back, and stores restored, in random histories.

One gateway runs at a time, from one of a few cards.  A history is a sequence of

- *take*: sensors say something; *send*: both services take some turns; *mute*: ingest is away;
- *stop*: the power goes, and the same card starts again; *drop*: the spool gives up what it holds;
- *copy*: a card as it is now is laid aside; *put back*: it takes the running card's place, as after
  a power cut that the card had lied about; *swap*: a laid-aside copy (a clone) and the running
  card change places;
- *keep* and *restore*: ingest's store is backed up, and put back.

Afterwards everything is given time, and two laws must hold:

1. No message that its sensor was told is ``stored`` is absent from the store; after a restore of
   the store the ledger names at least as many numbers as are absent, of those that some card still
   knows to have given out.  (Of numbers that stood only on a card that was destroyed, and in a store
   that was put back to before them, nobody knows any more.)
2. A message that its sensor was told is ``spooled`` is in the store, in a counted drop, on a card,
   or was only on a card that was destroyed; then the ledger names its number, if that had been told.

Shared with what it proves: one process, a broker that loses nothing, SQLite that keeps its promises.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract import topics
from contract.batch import DeviceReceipt, decode_batch
from contract.instant import SECOND, parse_instant
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker, MemoryBus
from contract.wire import decode
from gateway.clips import ClipRing
from gateway.service import Gateway, filters
from gateway.spool.entry import Origin
from gateway.spool.records import number_of, stream_of
from gateway.spool.spool import Spool
from ingest.ledger import LedgerLine, ledger
from ingest.service import Ingest, batches_filter
from ingest.store import open_store, restore_store
from ingest.store.protocol import Store

GATEWAY = "north"
DEVICES = ("d0", "d1", "d2")
NOON = parse_instant("2026-05-01T12:00:00Z")
_WEIGHTS = {
    "take": 30, "send": 30, "mute": 6, "stop": 6, "drop": 1, "copy": 5, "put_back": 4, "swap": 4,
    "keep": 3, "restore": 2,
}  # fmt: skip
_MOST_CARDS = 3
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


@dataclass(slots=True)
class History:
    """One gateway's cards, its ingest, and its sensors."""

    folder: Path
    chance: random.Random
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    places: Territory = field(default_factory=territory)
    aside: list[Path] = field(default_factory=list)
    """Cards that are not in the gateway."""
    backups: list[Path] = field(default_factory=list)
    restored: bool = False
    muted: bool = False
    cards: int = 0
    gone: dict[Name, tuple[str, str, int]] = field(default_factory=dict)
    """Messages given up, or on a card when it was destroyed: (epoch, stream, number)."""
    card: Path = field(init=False)
    gateway: Gateway = field(init=False)
    store: Store = field(init=False)
    ingest: Ingest = field(init=False)
    sensors: Sensors = field(init=False)
    sent: dict[Name, tuple[str, str, int]] = field(default_factory=dict)
    """(epoch, stream, number) under which a message went up last."""
    spy: MemoryBus = field(init=False)

    def __post_init__(self) -> None:
        self.card = self._new_card()
        self.spy = self.broker.client("spy", [topics.UP_FILTER])
        self.sensors = Sensors(self.broker.client("sensors", [topics.SENSOR_RECEIPT_FILTER]))
        self._start()
        self._open_store()

    def act(self, name: str) -> None:
        """One step of the history."""
        getattr(self, f"_{name}")()
        self.sensors.listen()
        self._watch()

    def settle(self) -> None:
        """Time enough for everything that can still arrive, and for every card to be heard."""
        self.muted = False
        for card in [None, *self.aside]:
            if card is not None:
                self._change_to(card)
            for _ in range(25):
                self.clock.advance(10 * SECOND)
                self._turn(2)
        self.sensors.listen()
        self._watch()

    def close(self) -> None:
        """Release both files."""
        self.gateway.spool.close()
        self.store.close()

    def given_out(self) -> dict[tuple[str, str], int]:
        """(epoch, stream) → the highest number that some card knows to have given out."""
        highest: dict[tuple[str, str], int] = {}
        self.gateway.spool.close()
        for card in [self.card, *self.aside]:
            spool = Spool.open(card / "spool.db", self.clock, cap_bytes=2**24)
            for one in (one for known in spool.openings.values() for one in known):
                key = (one.epoch, one.stream)
                highest[key] = max(one.highest, highest.get(key, 0))
            spool.close()
        self._start()
        return highest

    def _watch(self) -> None:
        while deliveries := self.spy.poll(0.0, 1_000):
            self.spy.acknowledge(deliveries)
            for delivery in deliveries:
                batch = decode_batch(delivery.payload)
                for record in batch.records:
                    message = decode(record.payload)
                    name = (message.device, message.boot, message.seq)
                    stream = delivery.topic.split("/")[4]
                    self.sent[name] = (batch.header.epoch, stream, record.number)

    def held(self) -> set[Name]:
        """Messages that some card still holds."""
        self.gateway.spool.close()
        found = set()
        for card in [self.card, *self.aside]:
            found |= set(self._records(card))
        self._start()
        return found

    def in_store(self) -> set[Name]:
        """Messages that ingest has."""
        return {
            (sent.message.device, sent.message.boot, sent.message.seq)
            for sent in self.store.messages("readings")
        }

    def _take(self) -> None:
        self.sensors.speak(self.chance)
        self.gateway.step(0.0)

    def _send(self) -> None:
        self._turn(self.chance.randint(1, 5))

    def _mute(self) -> None:
        self.muted = not self.muted

    def _stop(self) -> None:
        self.gateway.spool.close()
        self._start()

    def _drop(self) -> None:
        before, room = self._rows(self.gateway.spool), self.gateway.spool.room
        losers: set[Origin] = set()
        self.gateway.spool.connection.execute("BEGIN IMMEDIATE")
        room.give_up(self.chance.randint(1, 2_000), losers)
        self.gateway.spool.connection.execute("COMMIT")
        self.gateway.spool._origins.clear()
        left = self._rows(self.gateway.spool)
        self.gone |= {name: where for name, where in before.items() if name not in left}

    def _copy(self) -> None:
        if len(self.aside) < _MOST_CARDS:
            self.gateway.spool.close()
            self.aside.append(self._new_card(self.card))
            self._start()

    def _put_back(self) -> None:
        if self.aside:
            self.gateway.spool.close()
            kept = {name for card in self.aside for name in self._records(card)}
            gone = self._records(self.card)
            self.gone |= {name: where for name, where in gone.items() if name not in kept}
            shutil.rmtree(self.card)
            self.card = self.aside.pop(self.chance.randrange(len(self.aside)))
            self._start()

    def _swap(self) -> None:
        if self.aside:
            self._change_to(self.chance.choice(self.aside))

    def _keep(self) -> None:
        backup = self.folder / f"backup-{len(self.backups)}"
        self.store.backup(backup)
        self.backups.append(backup)

    def _restore(self) -> None:
        if self.backups:
            self.store.close()
            for file in self.folder.glob("store.db*"):
                file.unlink()
            restore_store(self.chance.choice(self.backups), f"sqlite:{self.folder / 'store.db'}")
            self.restored = True
            self._open_store()

    def _turn(self, times: int) -> None:
        for _ in range(times):
            self.gateway.step(0.0)
            if not self.muted:
                self.ingest.step(0.0)
            self.clock.advance(SECOND // 2)
        self.gateway.step(0.0)

    def _change_to(self, card: Path) -> None:
        self.gateway.spool.close()
        self.aside[self.aside.index(card)] = self.card
        self.card = card
        self._start()

    def _new_card(self, like: Path | None = None) -> Path:
        self.cards += 1
        card = self.folder / f"card-{self.cards}"
        if like is None:
            card.mkdir()
        else:
            shutil.copytree(like, card)
        return card

    def _start(self) -> None:
        spool = Spool.open(self.card / "spool.db", self.clock, cap_bytes=2**24)
        ring = ClipRing(self.card / "clips", spool, self.clock, cap_bytes=2**20)
        bus = self.broker.client("gateway", filters(GATEWAY))
        self.gateway = Gateway(GATEWAY, self.places, bus, spool, ring, self.clock)

    def _open_store(self) -> None:
        self.store = open_store(f"sqlite:{self.folder / 'store.db'}")
        bus = self.broker.client("ingest", [batches_filter()])
        self.ingest = Ingest(self.store, bus, self.places, self.clock)

    def _records(self, card: Path) -> dict[Name, tuple[str, str, int]]:
        spool = Spool.open(card / "spool.db", self.clock, cap_bytes=2**24)
        try:
            return self._rows(spool)
        finally:
            spool.close()

    @staticmethod
    def _rows(spool: Spool) -> dict[Name, tuple[str, str, int]]:
        rows = spool.connection.execute(
            "SELECT records.id, device, boot, seq FROM records JOIN senders ON senders.id=sender"
        ).fetchall()
        found = {}
        for identity, *name in rows:
            stream, number = stream_of(identity), number_of(identity)
            of = next(one for one in reversed(spool.openings[stream]) if one.base < number)
            found[tuple(name)] = (of.epoch, stream, number - of.base)
        return found


def faults_of(history: History) -> list[str]:
    """What breaks a law, a sentence each."""
    lines = ledger(history.store.streams())
    have, held = history.in_store(), history.held()
    named = sum(line.missing + line.dropped for line in lines)
    dropped = sum(line.dropped for line in lines)
    found = []
    unsafe = history.sensors.names(history.sensors.stored) - have
    if unsafe and not history.restored:
        found.append(f"{len(unsafe)} were told stored and are absent: {sorted(unsafe)[:3]}")
    known = history.given_out()
    unsafe = {name for name in unsafe if _is_known(history.sent.get(name), known)}
    if len(unsafe) > named:
        found.append(f"{len(unsafe)} were told stored and are absent, the ledger names {named}")
    nowhere = history.sensors.names(history.sensors.spooled) - have - held
    unnamed = {name for name in nowhere if not _is_named(history.gone.get(name), lines)}
    if not history.restored and len(unnamed) > dropped:
        found.append(
            f"{len(unnamed)} were told spooled and are nowhere, {dropped} drops: {sorted(unnamed)[:3]}"
        )
    return found


def _is_known(where: tuple[str, str, int] | None, known: dict[tuple[str, str], int]) -> bool:
    """Whether some card knows that this number was given out."""
    return where is not None and where[2] <= known.get(where[:2], 0)


def _is_named(where: tuple[str, str, int] | None, lines: list[LedgerLine]) -> bool:
    """True for a message of a destroyed card whose number was never told, or stands in the ledger."""
    if where is None:
        return False
    epoch, stream, number = where
    for line in lines:
        if (line.epoch, line.stream) == (epoch, stream) and number <= line.sent:
            spans = [*line.gaps, *((first, last) for first, last, _ in line.drops)]
            return any(first <= number <= last for first, last in spans)
    return True


def one_history(seed: int, steps: int = 40) -> tuple[list[str], Counter[str]]:
    """(what broke a law, how often each act was done) of one history."""
    chance = random.Random(seed)
    acts = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=steps)
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), chance)
        try:
            for name in acts:
                history.act(name)
            history.settle()
            return faults_of(history), Counter(acts)
        finally:
            history.close()


def past(histories: int, seed: int) -> Iterator[dict[str, Any]]:
    """Many histories; each that breaks a law by itself, and their sum."""
    total: Counter[str] = Counter()
    broken = 0
    for number in range(histories):
        found, acts = one_history(seed + number)
        total += acts
        if found:
            broken += 1
            yield {"seed": seed + number, "broken": found}
    yield {"histories": histories, "seed": seed, "steps": total.total(), "broken": broken, **total}
