"""Ingest: receive, check, write, acknowledge, answer; in that order, in one thread.

1. ``step`` polls the bus for batches from gateways.
2. Each batch is unpacked and each record examined; bytes that are no batch are kept as
   unreadable and stop nothing.
3. Everything of a chunk is written in one transaction, whatever number of streams it is of; when
   the store is busy the step ends there and the next one tries again, without reading more from
   the network.
4. Only then are the deliveries acknowledged, in order, and receipts sent to the gateways.
   Whatever dies before that is delivered or sent again, and absorbed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contract import topics
from contract.batch import STREAMS, BatchHeader, Drop, Earlier, Receipt, decode_batch
from contract.errors import UnreadableMessage
from contract.instant import Clock
from contract.line.bus import Bus, Delivery
from contract.line.service import Service
from contract.places import SLUG_PATTERN, Territory
from contract.topics import UpTopic
from ingest.rules.check import examine
from ingest.store.protocol import Store, StoreBusy
from ingest.values import Arrival, Portion, Progress, Stray

POLL_LIMIT = 50
CHUNK_BYTES = 2 * 2**20
"""Payload bytes written in one go: what bounds memory under a backlog."""
CHUNK_RECORDS = 5_000
_SLUG = re.compile(SLUG_PATTERN)


def batches_filter(share: str = "") -> str:
    """What a worker subscribes to; workers of the same ``share`` divide the batches (``ingest.share``).

    Without it every worker takes everything, which is never wrong: repeats are absorbed.
    The embedded iotcore 0.4 breaks when the last worker of a share leaves.
    """
    return topics.shared(share, topics.UP_FILTER) if share else topics.UP_FILTER


@dataclass(slots=True)
class _Group:
    """What one chunk holds of one stream and epoch, said by one opening of its gateway's spool."""

    latest: BatchHeader
    """A heartbeat, without records, asks for everything up to it."""
    highest: int = 0
    dropped: dict[tuple[int, int], Drop] = field(default_factory=dict)
    earlier: dict[str, Earlier] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)

    def take(self, header: BatchHeader) -> None:
        """One more batch of the same."""
        self.latest = header
        self.highest = max(self.highest, header.highest)
        self.dropped.update(((drop.first, drop.last), drop) for drop in header.dropped)
        self.earlier.update((one.epoch, one) for one in header.earlier)

    def header(self) -> BatchHeader:
        """What all of them say together."""
        told = {"highest": self.highest, "dropped": tuple(self.dropped.values())}
        return self.latest.model_copy(update={**told, "earlier": tuple(self.earlier.values())})


@dataclass(slots=True)
class Chunk:
    """Deliveries that are written together."""

    deliveries: list[Delivery] = field(default_factory=list)
    groups: dict[tuple[str, str, str, str], _Group] = field(default_factory=dict)
    unreadable: list[tuple[Delivery, str]] = field(default_factory=list)
    size: int = 0
    records: int = 0


@dataclass(slots=True)
class Ingest(Service):
    """One worker.  Several may run, on one subscription and one store."""

    store: Store
    bus: Bus
    territory: Territory
    clock: Clock
    id: str = field(default_factory=lambda: secrets.token_hex(8), init=False)
    """Of this process, in its receipts."""
    waiting_for: str = field(default="", init=False)
    """Why the last step could not write; empty when it could."""
    _waiting: list[Delivery] = field(default_factory=list, init=False)
    _described: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._describe()

    def step(self, timeout_s: float = 0.5) -> int:
        """Take what has arrived, write it, answer.  The number of deliveries dealt with."""
        self.waiting_for = ""
        if not self._described:
            self._describe()
        if not self._waiting:
            self._waiting = self.bus.poll(timeout_s, POLL_LIMIT)
        done = 0
        for chunk in chunks(self._waiting, self.territory):
            try:
                receipts = self._write(chunk)
            except StoreBusy as error:
                self.waiting_for = str(error)
                break
            self.bus.acknowledge(chunk.deliveries)
            done += len(chunk.deliveries)
            for topic, receipt in receipts:
                self.bus.publish(topic, receipt.model_dump_json(exclude_defaults=True).encode())
        del self._waiting[:done]
        return done

    def adopt(self, territory: Territory) -> None:
        """What is examined from now on is judged by ``territory``."""
        self.territory, self._described = territory, False

    def _describe(self) -> None:
        try:
            self.store.describe({device.id: device.cadence_s for device in self.territory.devices})
            self._described = True
        except StoreBusy as error:
            self.waiting_for = str(error)

    def _write(self, chunk: Chunk) -> list[tuple[str, Receipt]]:
        now = self.clock.now()
        strays = [Stray(one.topic, one.payload, reason, now) for one, reason in chunk.unreadable]
        portions = [
            Portion(gateway, stream, group.header(), group.arrivals)
            for (gateway, stream, _, _), group in chunk.groups.items()
        ]
        progress = self.store.commit_all(portions, strays)
        return [
            (topics.receipt(one.gateway, one.stream), _receipt(one.header, reached, self.id))
            for one, reached in zip(portions, progress, strict=True)
        ]


def chunks(deliveries: Sequence[Delivery], territory: Territory) -> Iterator[Chunk]:
    """``deliveries`` unpacked and examined, in portions of bounded size, in order."""
    chunk = Chunk()
    for delivery in deliveries:
        _add(chunk, delivery, territory)
        if chunk.size >= CHUNK_BYTES or chunk.records >= CHUNK_RECORDS:
            yield chunk
            chunk = Chunk()
    if chunk.deliveries:
        yield chunk


def _add(chunk: Chunk, delivery: Delivery, territory: Territory) -> None:
    chunk.deliveries.append(delivery)
    source = delivery.place
    if not isinstance(source, UpTopic) or source.stream not in STREAMS or not _SLUG.match(source.gateway):
        chunk.unreadable.append((delivery, "not on the topic of a gateway's stream"))
        return
    try:
        batch = decode_batch(delivery.payload)
    except UnreadableMessage as error:
        chunk.unreadable.append((delivery, error.message))
        return
    header = batch.header
    group = chunk.groups.setdefault(
        (source.gateway, source.stream, header.epoch, header.opening), _Group(header)
    )
    group.take(header)
    group.arrivals += [examine(record, territory) for record in batch.records]
    chunk.records += len(batch.records)
    chunk.size += sum(len(record.payload) for record in batch.records)


def _receipt(header: BatchHeader, progress: Progress, worker: str) -> Receipt:
    return Receipt(
        epoch=header.epoch,
        committed=progress.committed,
        missing=tuple([first, last] for first, last in progress.missing),
        opening=header.opening,
        worker=worker,
    )
