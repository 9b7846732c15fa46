"""One gateway's cards, its ingest and its sensors, and the acts that may befall them.

One gateway runs at a time, from one of a few cards.  A history is a sequence of

- *take*: sensors say something; *send*: both services take some turns; *mute*: ingest is away;
- *stop*: the power goes, and the same card starts again; *drop*: the spool gives up what it holds;
- *copy*: a card as it is now is laid aside; *put back*: it takes the running card's place, as after
  a power cut that the card had lied about; *swap*: a laid-aside copy (a clone) and the running
  card change places;
- *keep* and *restore*: ingest's store is backed up, and put back.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.past.sensors import Name, Sensors, territory
from contract import topics
from contract.batch import decode_batch
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
from ingest.service import Ingest, batches_filter
from ingest.store import open_store, restore_store
from ingest.store.protocol import Store

GATEWAY = "north"
NOON = parse_instant("2026-05-01T12:00:00Z")
WEIGHTS = {
    "take": 30, "send": 30, "mute": 6, "stop": 6, "drop": 1, "copy": 5, "put_back": 4, "swap": 4,
    "keep": 3, "restore": 2,
}  # fmt: skip
"""How often each act is done."""
_MOST_CARDS = 3


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
