"""Ingest and a real store that are given damaged batches, and what must be in it afterwards.

What is expected is worked out beside it: each record is a message or a dead letter, bytes that
are no batch are a dead letter as a whole, each delivery is acknowledged, each batch has its receipt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from contract import topics, wire
from contract.batch import Batch, Receipt, decode_batch
from contract.errors import UnreadableMessage
from contract.line.bus import Delivery
from contract.places import Territory
from contract.reading import KINDS
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker
from ingest.ledger import ledger
from ingest.rules.check import examine
from ingest.rules.ranges import runs
from ingest.service import Ingest, chunks
from ingest.store.sqlite.store import SqliteStore

UP = topics.up("north", "readings")
NOW = 1_777_700_000 * 10**9


class Lost(Exception):
    """Something that was given is nowhere."""


def unpacked(payload: bytes, places: Territory) -> bool:
    """As ingest does it, without a store: True if it is a batch.  Every record has its verdict."""
    (chunk,) = chunks([Delivery(UP, payload, False, 1, 1, topics.parse(UP))], places)
    arrivals = [arrival for group in chunk.groups.values() for arrival in group.arrivals]
    if any((arrival.message is None) != bool(arrival.reason) for arrival in arrivals):
        raise Lost("a record is neither a message nor has it a reason")
    if chunk.unreadable:
        ((delivery, reason),) = chunk.unreadable
        if not reason or delivery.payload != payload:
            raise Lost("bytes that are no batch are not kept whole, with their reason")
        return False
    if len(arrivals) != chunk.records or len(chunk.groups) != 1:
        raise Lost("a batch has other records than it was taken apart into")
    return True


class Memory:
    """One worker on one store in ``folder``."""

    def __init__(self, folder: Path, places: Territory) -> None:
        broker = MemoryBroker()
        self._places = places
        self._bus = broker.client("ingest", [topics.UP_FILTER])
        self._gateway = broker.client("north", [topics.receipt_filter("north")])
        self._store = SqliteStore(folder / "store.db")
        self._ingest = Ingest(self._store, self._bus, places, FixedClock(NOW))
        self._letters: set[tuple[str, bytes]] = set()
        self._messages: set[bytes] = set()
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)
        self.tally: Counter[str] = Counter()

    def give(self, payload: bytes) -> bool:
        """Through ingest into the store; True if it was a batch."""
        batch = _batch(payload)
        self._expect(payload, batch)
        self._gateway.publish(UP, payload)
        if self._ingest.step(0.0) != 1 or self._bus.unacknowledged:
            raise Lost(f"a delivery was not dealt with: {self._ingest.waiting_for}")
        receipts = [Receipt.model_validate_json(one.payload) for one in self._gateway.poll(0)]
        if [one.epoch for one in receipts] != ([batch.header.epoch] if batch else []):
            raise Lost("a batch has no receipt, or has one that is not its own")
        return batch is not None

    def balance(self) -> Counter[str]:
        """What is in the store, compared with what was given; ``Lost`` says what differs."""
        letters = {(one.topic, one.payload) for one in self._store.unreadable()}
        messages = {wire.encode(sent.message) for kind in KINDS for sent in self._store.messages(kind)}
        numbers = {one.epoch: list(one.received) for one in self._store.streams() if one.received}
        if letters != self._letters:
            raise Lost(f"{len(letters ^ self._letters)} dead letters are not those that were given")
        if messages != self._messages:
            raise Lost(f"{len(messages ^ self._messages)} messages are not those that were given")
        if numbers != {epoch: runs(given) for epoch, given in self._numbers.items()}:
            raise Lost("the numbers on disk are not those that were given")
        self._read_all()
        return self.tally

    def close(self) -> None:
        self._store.close()

    def _expect(self, payload: bytes, batch: Batch | None) -> None:
        if batch is None:
            self._letters.add((UP, payload))
            self.tally["bytes that are no batch"] += 1
            return
        for record in batch.records:
            self._numbers[batch.header.epoch].add(record.number)
            if examine(record, self._places).message is None:
                self._letters.add((record.topic, record.payload))
                self.tally["records kept as dead letters"] += 1
            else:
                self._messages.add(wire.encode(wire.decode(record.payload)))
                self.tally["records stored, repeats among them"] += 1

    def _read_all(self) -> None:
        """Nothing that was stored may make reading fail, or be there twice."""
        faults, counts = self._store.verify(), self._store.counts()
        if faults or counts.duplicated:
            raise Lost(f"the store is not in order: {faults}, {counts.duplicated} points twice")
        list(self._store.detections()), list(self._store.efforts()), list(self._store.boots())
        list(ledger(self._store.streams()))


def _batch(payload: bytes) -> Batch | None:
    try:
        return decode_batch(payload)
    except UnreadableMessage:
        return None
