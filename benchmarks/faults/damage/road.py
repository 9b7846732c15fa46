"""Damaged payloads on their way: intake, spool, batches; and damaged batches on theirs.

Every payload must become an entry that holds its bytes.  The entries go into a real spool, five
hundred a commit, come out again in batches, and these must be read as they were written; clips
are joined and announced.  One group in four and one damaged batch in ten go through ingest into
a real store as well.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.faults.damage.changes import changed
from benchmarks.faults.damage.good import Spoken
from benchmarks.faults.damage.memory import NOW, Lost, Memory, unpacked
from contract import topics, wire
from contract.batch import STREAMS, BatchHeader, Record, decode_batch, encode_batch
from contract.instant import SECOND
from contract.line.bus import Delivery
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker
from gateway.clips import ClipRing
from gateway.formats.secrets import blanked
from gateway.intake import HEAD_BYTES, MAX_KEPT_BYTES, UNSEARCHED, take, take_foreign
from gateway.spool.entry import Entry
from gateway.spool.spool import Spool
from gateway.upstream.batch_size import MAX_BYTES_A_BATCH
from gateway.upstream.packing import MAX_RECORDS_A_BATCH

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GROUP = 500
_TO_STORE = 4
_BATCH_TO_STORE = 10
_GROUPS_A_SPOOL = 20
_RECORDS = 8
_EPOCH = "0" * 16
_MAGIC_BYTES = 4


class Road:
    """A gateway's inside and an ingest, renewed after every ten thousand payloads."""

    def __init__(self, places: Territory) -> None:
        self._places = places
        self._entries: list[Entry] = []
        self._for_store: list[bytes] = []
        self._groups = self._batches = 0
        self.tally: Counter[str] = Counter()
        self._begin()

    def say(self, topic: str, payload: bytes) -> bool:
        """A sensor says ``payload``; True if it could be read."""
        delivery = Delivery(topic, payload, False, 1, 1, topics.parse(topic))
        if isinstance(delivery.place, topics.SensorTopic):
            entry = take(delivery, delivery.place, NOW, self._places)
        else:
            entry, payload = take_foreign(delivery, NOW, self._places)[0], blanked(payload)
        if not _holds(entry, payload):
            raise Lost("an entry does not hold the bytes that came")
        self._entries.append(entry)
        return not entry.reason

    def batch(self, payload: bytes) -> bool:
        """A gateway sends ``payload``; True if it is a batch."""
        self._batches += 1
        if self._batches % _BATCH_TO_STORE == 0:
            self._for_store.append(payload)
        return unpacked(payload, self._places)

    def tend(self) -> None:
        """The work on disks that is due."""
        while self._for_store:
            self._memory.give(self._for_store.pop())
        if len(self._entries) >= _GROUP:
            self._spool_or_renew()

    def close(self) -> None:
        """Spool what is left, compare the store."""
        try:
            if self._entries:
                self._spool_or_renew()
        finally:
            self._end()

    def _begin(self) -> None:
        self._folder = TemporaryDirectory()
        folder, self._clock = Path(self._folder.name), FixedClock(NOW)
        self._spool = Spool.open(folder / "spool.db", self._clock)
        self._ring = ClipRing(folder / "clips", self._spool, self._clock)
        self._bus = MemoryBroker().client("north")
        self._memory = Memory(folder, self._places)

    def _end(self) -> None:
        try:
            self.tally += self._memory.balance()
        finally:
            self._close()

    def _close(self) -> None:
        self._spool.close()
        self._memory.close()
        self._folder.cleanup()

    def _spool_or_renew(self) -> None:
        """What fails must not fail again with the next group."""
        try:
            self._spool_group()
        except Exception:
            self._close()
            self._begin()
            raise
        if self._groups % _GROUPS_A_SPOOL == 0:
            try:
                self._end()
            finally:
                self._begin()

    def _spool_group(self) -> None:
        entries, self._entries = self._entries, []
        self._spool.add(entries)
        spooled = [one for entry in entries for one in (entry, entry.beside) if one is not None]
        to_store = self._groups % _TO_STORE == 0
        for stream in STREAMS:
            given = [entry for entry in spooled if entry.stream == stream]
            if self._sent(stream, to_store) != [(one.topic, one.payload) for one in given]:
                raise Lost(f"the batches of {stream} do not hold what was spooled")
            self.tally["entries through the spool"] += len(given)
        self._ring.noticed(entries)
        self._ring.join()
        self._ring.announce(self._bus)
        self._clock.advance(SECOND)
        self._spool.add([], {(stream, self._spool.epoch): self._spool.highest[stream] for stream in STREAMS})
        self._groups += 1

    def _sent(self, stream: str, to_store: bool) -> list[tuple[str, bytes]]:
        """What ingest reads in the batches of ``stream``, made as the gateway makes them."""
        out: list[tuple[str, bytes]] = []
        highest = self._spool.highest[stream]
        opening = self._spool.opening(stream, self._spool.epoch)
        done = opening.committed if opening else 0
        while records := self._spool.batch(
            stream, done + 1 + len(out), highest,
            limit=MAX_RECORDS_A_BATCH, max_bytes=MAX_BYTES_A_BATCH,
        ):  # fmt: skip
            header = BatchHeader(epoch=self._spool.epoch, highest=highest, records=len(records))
            payload = encode_batch(header, records)
            out += [(record.topic, record.payload) for record in decode_batch(payload).records]
            if to_store and not self._memory.give(payload):
                raise Lost("ingest cannot read a gateway's batch")
        return out


def _holds(entry: Entry, payload: bytes) -> bool:
    part = entry.part
    if part is not None:
        return part.content == payload or wire.encode_part(part) == payload
    if entry.reason:
        return entry.payload == payload[: HEAD_BYTES if UNSEARCHED in entry.reason else MAX_KEPT_BYTES]
    return entry.payload == payload or wire.decode(entry.payload).kind in ("readings", "detections")


def whole(spoken: Spoken, chance: random.Random) -> bytes:
    """A valid batch."""
    return _framed([chance.choice(spoken) for _ in range(_RECORDS)], chance)


def of_damaged_records(spoken: Spoken, chance: random.Random) -> bytes:
    """A valid batch whose records are damaged: what a gateway that checks nothing would send."""
    chosen = [chance.choice(spoken) for _ in range(_RECORDS)]
    return _framed([(topic, changed(payload, chance)) for topic, payload in chosen], chance)


def damaged_inside(spoken: Spoken, chance: random.Random) -> bytes:
    """Damaged before it was compressed: header and frames are reached."""
    good = whole(spoken, chance)
    inside = changed(zstd.decompress(good[_MAGIC_BYTES:]), chance)
    return good[:_MAGIC_BYTES] + zstd.compress(inside, 3)


def _framed(chosen: Spoken, chance: random.Random) -> bytes:
    first = chance.randrange(1, 10**6)
    records = [
        Record(first + place, NOW, topic, "" if place % 4 else "nobody knows it: één", payload)
        for place, (topic, payload) in enumerate(chosen)
    ]
    return encode_batch(BatchHeader(epoch=_EPOCH, highest=first + len(chosen), records=len(chosen)), records)
