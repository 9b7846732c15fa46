"""The spool: what the gateway took and ingest has not confirmed, on disk, safe from power cuts.

1. ``add`` writes one poll's worth of entries in one transaction: records with the next
   numbers of their streams, sequences heard, audio parts, clips heard, counters; and
   forgets what ingest has confirmed.  When it returns, all of it survives a power cut.
2. ``batch`` gives records to send; ``drops`` tells upstream what had to be given up.
3. ``receipt`` tells a sensor what is ``spooled`` and what is ``stored``.
4. At the cap the oldest of the lowest priority goes first (``gateway.spool.room``), counted.

Numbers are never used again within an epoch, also not after deletion or a restart.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from contract.batch import STREAMS, DeviceReceipt, Drop, Record
from contract.errors import StoreError
from contract.instant import Clock
from gateway.spool.checksum import damage, legible, of_record, of_sender
from gateway.spool.clips import insert_sound
from gateway.spool.entry import Entry, Origin
from gateway.spool.epoch import readable, renew_epoch, take_over_sound
from gateway.spool.file import MIN_CAP_BYTES, PAGE_BYTES, open_database
from gateway.spool.ids import first_id, number_of
from gateway.spool.patience import Patience
from gateway.spool.room import Room
from gateway.spool.sequences import Sequences

MAX_CACHED_SENDERS = 20_000
_FULL_TRIES = 5


@dataclass(slots=True)
class _Known:
    """A sender's row."""

    id: int
    heard: Sequences
    last: int
    lost: int | None
    """Lowest sequence given up at the cap: ``stored`` never passes it."""

    def row(self, sender: Origin) -> tuple[int, str, str, str, int, str, int, int | None, int]:
        heard, islands = self.heard.contiguous, self.heard.dump()
        check = of_sender(heard, islands)
        return self.id, sender.site, sender.device, sender.boot, heard, islands, self.last, self.lost, check


@dataclass(slots=True)
class _Change:
    """What one transaction does to the numbers in memory; kept only if it commits."""

    highest: dict[str, int]
    next_sender: int
    senders: dict[Origin, _Known] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)
    touched: set[Origin] = field(default_factory=set)


@dataclass(slots=True)
class Spool:
    """One gateway's spool; one thread.  Made by :meth:`open`."""

    path: Path
    connection: sqlite3.Connection
    room: Room
    epoch: str
    highest: dict[str, int]
    committed: dict[str, int]
    _senders: dict[Origin, _Known] = field(default_factory=dict)
    _next_sender: int = 1
    _notes: dict[str, str] = field(default_factory=dict)
    _patience: Patience = field(default_factory=Patience)

    @classmethod
    def open(cls, path: Path, clock: Clock, *, cap_bytes: int = 256 * 2**20) -> Self:
        """The spool in the file ``path``, made or repaired as needed; ``StoreError`` if impossible."""
        connection, damaged = open_database(path, cap_bytes, clock)
        (epoch,) = connection.execute("SELECT value FROM settings WHERE name='epoch'").fetchone()
        rows = connection.execute("SELECT stream, highest, committed FROM streams").fetchall()
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM senders").fetchone()
        spool = cls(
            path,
            connection,
            Room(connection, path, max(cap_bytes, MIN_CAP_BYTES) // PAGE_BYTES),
            epoch,
            {stream: highest for stream, highest, _ in rows},
            {stream: committed for stream, _, committed in rows},
            _next_sender=last + 1,
        )
        if damaged is not None:
            for entries in readable(damaged):
                spool.add(entries)
            take_over_sound(damaged, connection)
        return spool

    def add(self, entries: Sequence[Entry], confirmed: Mapping[str, int] | None = None) -> set[Origin]:
        """Commit ``entries``; forget each stream up to its ``confirmed`` number.

        Returns the senders whose receipts may have changed.  ``StoreError`` if the disk
        does not take it: nothing was written then, and nothing may be acknowledged.
        """
        need = sum(len(entry.payload) + 400 for entry in entries)
        for attempt in range(_FULL_TRIES):
            change = _Change(dict(self.highest), self._next_sender)
            try:
                self._transact(change, entries, confirmed or {}, need * (1 + attempt))
            except sqlite3.Error as error:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                self._senders.clear()
                if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_FULL or attempt == _FULL_TRIES - 1:
                    raise _refused(self.path, error) from error
                self.room.relieve()
                continue
            self._accept(change, confirmed or {})
            return change.touched
        return set()

    def batch(self, stream: str, first: int, last: int, *, limit: int, max_bytes: int) -> list[Record]:
        """Records of ``stream`` numbered first … last that are still here, within limits."""
        rows = self.connection.execute(
            "SELECT id, received, topic, reason, payload, checksum FROM records"
            " WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
            (first_id(stream) + first, first_id(stream) + last, limit),
        )
        records: list[Record] = []
        size = 0
        for identity, received, topic, reason, payload, checksum in rows:
            if of_record(received, topic, reason, payload) != checksum:
                received, topic, payload = legible(received, topic, payload)
                reason = damage(reason)
            size += len(payload) + len(topic) + len(reason) + 32
            if records and size > max_bytes:
                break
            records.append(Record(number_of(identity), received, topic, reason, payload))
        rows.close()
        return records

    def drops(self, stream: str, limit: int = 100) -> tuple[Drop, ...]:
        """What was given up in ``stream`` and ingest has not heard of yet."""
        rows = self.connection.execute(
            "SELECT first, last, reason FROM dropped WHERE stream=? ORDER BY first LIMIT ?", (stream, limit)
        )
        return tuple(Drop(first=first, last=last, reason=reason) for first, last, reason in rows)

    def receipt(self, sender: Origin) -> DeviceReceipt:
        """What ``sender`` may forget, and what is on ingest's disk."""
        known = self._known(sender, None)
        (waiting,) = self.connection.execute(
            "SELECT min(seq) FROM records WHERE sender=?", (known.id,)
        ).fetchone()
        limits = [known.heard.contiguous]
        limits += [bound - 1 for bound in (waiting, known.lost) if bound is not None]
        return DeviceReceipt(boot=sender.boot, spooled=known.heard.contiguous, stored=max(0, min(limits)))

    def recent(self, since: int, limit: int = 5_000) -> list[Origin]:
        """Senders heard since ``since`` [ns UTC], latest first."""
        rows = self.connection.execute(
            "SELECT site, device, boot FROM senders WHERE last>=? ORDER BY last DESC LIMIT ?", (since, limit)
        )
        return [Origin(*row) for row in rows]

    def setting(self, name: str) -> str:
        """What was noted under ``name``; empty if nothing was."""
        row = self.connection.execute("SELECT value FROM settings WHERE name=?", (name,)).fetchone()
        return row[0] if row else ""

    def note(self, name: str, value: str) -> None:
        """Keep ``value`` with the next transaction: for what may be a little out of date."""
        self._notes[name] = value

    def renew_epoch(self) -> None:
        """Begin a new epoch and number what is here from 1: for a spool copied back from the past."""
        self.epoch, self.highest = renew_epoch(self.connection)
        self.committed = dict.fromkeys(STREAMS, 0)

    def close(self) -> None:
        self.connection.close()

    def _transact(
        self, change: _Change, entries: Sequence[Entry], confirmed: Mapping[str, int], need: int
    ) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for stream, number in confirmed.items():
            self._forget(change, stream, number)
        lost = self.room.make(need) if entries else ()
        for sender in lost:
            self._senders.pop(Origin(*sender), None)
        self._insert(change, entries)
        self.connection.executemany(
            "UPDATE streams SET highest=?, committed=max(committed, ?) WHERE stream=?",
            [(change.highest[stream], confirmed.get(stream, 0), stream) for stream in STREAMS],
        )
        self.connection.executemany(_COUNT, change.counters.items())
        self.connection.executemany("INSERT OR REPLACE INTO settings VALUES(?, ?)", self._notes.items())
        self.connection.execute("COMMIT")

    def _insert(self, change: _Change, entries: Iterable[Entry]) -> None:
        records: list[tuple[int, int, str, str, bytes, int | None, int, int]] = []
        for entry in entries:
            known = None
            if entry.sender is not None:
                known = self._known(entry.sender, change)
                if self._patience.gap_is_final(entry.sender, known.heard, entry.seq, entry.received):
                    change.counters["sequences_skipped"] += known.heard.skip_gap()
                known.heard.hear(entry.seq)
                known.last = max(known.last, entry.received)
            if entry.stream:
                number = change.highest[entry.stream] = change.highest[entry.stream] + 1
                identity = first_id(entry.stream) + number
                owner = known.id if known else None
                told = (entry.received, entry.topic, entry.reason, entry.payload)
                records.append((identity, *told, owner, entry.seq, of_record(*told)))
            change.counters["unreadable" if entry.reason else "parts" if entry.part else "messages"] += 1
        self.connection.executemany("INSERT INTO records VALUES(?,?,?,?,?,?,?,?)", records)
        self.connection.executemany(
            _SENDER,
            [known.row(sender) for sender, known in change.senders.items()],
        )
        insert_sound(
            self.connection, [entry for entry in entries if entry.part or entry.manifest or entry.heard_clip]
        )

    def _forget(self, change: _Change, stream: str, number: int) -> None:
        base = first_id(stream)
        span = (base + 1, base + number)
        rows = self.connection.execute(
            "SELECT DISTINCT site, device, boot FROM records JOIN senders ON senders.id=sender"
            " WHERE records.id BETWEEN ? AND ?",
            span,
        )
        change.touched.update(Origin(*row) for row in rows)
        self.connection.execute("DELETE FROM records WHERE id BETWEEN ? AND ?", span)
        self.connection.execute("DELETE FROM dropped WHERE stream=? AND last<=?", (stream, number))

    def _known(self, sender: Origin, change: _Change | None) -> _Known:
        """The sender's state: to read, or a copy of it to change within ``change``."""
        if change is not None and sender in change.senders:
            return change.senders[sender]
        known = self._senders.get(sender)
        if known is None:
            row = self.connection.execute(
                "SELECT id, contiguous, islands, last, lost FROM senders"
                " WHERE site=? AND device=? AND boot=?",
                (sender.site, sender.device, sender.boot),
            ).fetchone()
            known = _Known(row[0], Sequences.load(row[1], row[2]), row[3], row[4]) if row else None
        if change is None:
            return known or _Known(0, Sequences(), 0, None)
        if known is None:
            known = _Known(change.next_sender, Sequences(), 0, None)
            change.next_sender += 1
        copy = _Known(known.id, known.heard.copy(), known.last, known.lost)
        change.senders[sender] = copy
        change.touched.add(sender)
        return copy

    def _accept(self, change: _Change, confirmed: Mapping[str, int]) -> None:
        self._notes.clear()
        self.highest, self._next_sender = change.highest, change.next_sender
        for stream, number in confirmed.items():
            self.committed[stream] = max(self.committed[stream], number)
        if len(self._senders) > MAX_CACHED_SENDERS:
            self._senders.clear()
        self._senders.update(change.senders)


_COUNT = "INSERT INTO counters VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value=value+excluded.value"
_SENDER = (
    "INSERT INTO senders VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET"
    " contiguous=excluded.contiguous, islands=excluded.islands, last=excluded.last,"
    " checksum=excluded.checksum"
)


class DamagedSpool(StoreError):
    """Found while working; the next start sets the file aside."""


def _refused(path: Path, error: sqlite3.Error) -> StoreError:
    if getattr(error, "sqlite_errorcode", 0) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DamagedSpool(
            f"The spool {path} is damaged: {error}",
            help="Start the gateway again: it sets the file aside, takes over what can be read, and works on",
        )
    return StoreError(
        f"The spool {path} does not take messages: {error}",
        help="Free room on its disk or replace the card; messages wait at the broker and the sensors",
    )
