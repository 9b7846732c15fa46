"""The tables of originals: the message as its gateway read it, what it gave, what nobody understood of it.

Made beside the tables of the file's schema: an earlier program passes over them.  The same bytes of
one topic and receipt are one original; read again, it is told anew what it gave.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contract.batch import Gave, Record
from contract.errors import StoreError
from ingest.foreign import Original, UnknownField
from ingest.store.sqlite.originals.packing import Packer, unpacked
from ingest.values import Arrival

_TABLES = (
    "CREATE TABLE IF NOT EXISTS original_sources (id INTEGER PRIMARY KEY, topic TEXT NOT NULL,"
    " site TEXT NOT NULL, device TEXT NOT NULL, boot TEXT NOT NULL, fields TEXT NOT NULL,"
    " UNIQUE (topic, site, device, boot, fields))",
    "CREATE TABLE IF NOT EXISTS originals (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE,"
    " source_id INTEGER NOT NULL, seq INTEGER NOT NULL, received INTEGER NOT NULL,"
    " stream_id INTEGER NOT NULL, like_id INTEGER, payload BLOB NOT NULL)",
)
_ROWS = (
    "SELECT o.id, o.digest, o.received, s.topic, s.site, s.device, s.boot, o.seq, s.fields,"
    " coalesce(g.gateway, ''), o.payload, m.payload"
    " FROM originals o JOIN original_sources s ON s.id=o.source_id LEFT JOIN streams g ON g.id=o.stream_id"
    " LEFT JOIN originals m ON m.id=o.like_id WHERE ?1 IS NULL OR s.device=?1 ORDER BY o.id"
)
_COUNTED = (
    "SELECT s.site, s.device, s.fields, count(*), min(o.received), max(o.received)"
    " FROM originals o JOIN original_sources s ON s.id=o.source_id WHERE s.fields<>'[]' GROUP BY s.id"
)


@dataclass(slots=True)
class Originals:
    """Those of one connection."""

    connection: sqlite3.Connection
    _packer: Packer = field(default_factory=Packer)

    def make(self) -> None:
        """The tables, where they are not there yet."""
        for statement in _TABLES:
            self.connection.execute(statement)

    def forget(self) -> None:
        """After a rollback, or when another worker has written."""
        self._packer.forget()

    def keep(self, stream_id: int, arrivals: Sequence[Arrival]) -> set[int]:
        """Those of ``arrivals`` that are originals and are not known, by number of their record."""
        fresh = set[int]()
        for arrival in arrivals:
            gave = gave_of(arrival)
            if gave is not None and self._keep(stream_id, arrival.record, gave):
                fresh.add(arrival.record.number)
        return fresh

    def _keep(self, stream_id: int, record: Record, gave: Gave) -> bool:
        source = (record.topic, gave.site, gave.device, gave.boot, json.dumps(gave.not_understood))
        run, digest = self.connection.execute, _digest(record.topic, record.received, record.payload)
        run(
            "INSERT INTO original_sources (topic, site, device, boot, fields) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            source,
        )
        (source_id,) = run(
            "SELECT id FROM original_sources WHERE (topic, site, device, boot, fields)=(?, ?, ?, ?, ?)",
            source,
        ).fetchone()
        told = run("UPDATE originals SET source_id=?, seq=? WHERE digest=?", (source_id, gave.seq, digest))
        if told.rowcount:
            return False
        (following,) = run("SELECT coalesce(max(id), 0) + 1 FROM originals").fetchone()
        like_id, packed = self._packer.pack((gave.site, gave.device), following, record.payload)
        run(
            "INSERT INTO originals VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (following, digest, source_id, gave.seq, record.received, stream_id, like_id, packed),
        )
        return True

    def listed(self, device: str | None) -> Iterator[Original]:
        """In the order of arrival; of ``device`` alone, where it is given."""
        for one, _digest_of in self._rows(device):
            yield one

    def unknown_fields(self) -> list[UnknownField]:
        """By device and name."""
        if not self._there():
            return []
        found: dict[tuple[str, str, str], tuple[int, int, int]] = {}
        for site, device, fields, count, first, last in self.connection.execute(_COUNTED):
            for name in json.loads(fields):
                times, since, until = found.get((site, device, name), (0, first, last))
                found[site, device, name] = (times + count, min(since, first), max(until, last))
        return [UnknownField(*who, *told) for who, told in sorted(found.items())]

    def faults(self) -> Iterator[str]:
        """What is wrong with them, a sentence each."""
        wrong = 0
        try:
            for one, digest in self._rows(None):
                wrong += _digest(one.topic, one.received, one.payload) != digest
        except StoreError as error:
            yield str(error)
        if wrong:
            yield f"{wrong} originals are not what was received: their SHA-256 differs"

    def _rows(self, device: str | None) -> Iterator[tuple[Original, bytes]]:
        if not self._there():
            return
        for row in self.connection.execute(_ROWS, (device,)):
            number, digest, received, topic, site, device_of, boot, seq, fields, gateway, packed, model = row
            payload = unpacked(packed, None if model is None else unpacked(model, None))
            names = tuple(json.loads(fields))
            one = Original(number, received, topic, site, device_of, boot, seq, names, gateway, payload)
            yield one, digest

    def _there(self) -> bool:
        """False in a store that was never written since there are originals."""
        found = self.connection.execute("SELECT 1 FROM sqlite_master WHERE name='originals'").fetchone()
        return found is not None


def gave_of(arrival: Arrival) -> Gave | None:
    """What an original gave; None for what is no original."""
    return Gave.parse(arrival.reason) if arrival.message is None else None


def _digest(topic: str, received: int, payload: bytes) -> bytes:
    return hashlib.sha256(b"%s\0%d\0%s" % (topic.encode(), received, payload)).digest()[:16]
