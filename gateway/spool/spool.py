"""The spool: what the gateway took and ingest has not confirmed, on disk, safe from power cuts.

1. ``add`` writes one poll's worth of entries in one transaction: records with the next
   numbers of their streams, sequences received, audio parts, features of clips, counters; and
   forgets what ingest has confirmed.  When it returns, all of it survives a power cut.
2. ``batch`` gives records to send; ``drops`` what had to be given up: at the cap who holds most loses first.
3. ``receipt`` tells a sensor what is ``spooled`` and what is ``stored``.
4. Numbers belong to one opening of the spool (``gateway.spool.openings``): none is ever given out twice.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from contract.batch import RAW, DeviceReceipt, Drop, Record
from contract.errors import StoreError
from contract.instant import Clock
from gateway.spool import openings, origins, records
from gateway.spool.clips import insert_sound
from gateway.spool.damaged import readable, take_over_sound
from gateway.spool.entry import Entry, Origin, speaker_of
from gateway.spool.file import MIN_CAP_BYTES, PAGE_BYTES, SIZES, open_database
from gateway.spool.openings import Opening, Openings, read_openings
from gateway.spool.room import Room
from gateway.spool.watch import clocks
from gateway.spool.watch.watch import DeviceWatch

MAX_CACHED_ORIGINS = 20_000
Confirmed = Mapping[tuple[str, str], int]
"""(stream, epoch) → the number up to which ingest has everything."""
_FULL_TRIES = 5


@dataclass(slots=True)
class _Change:
    """What one transaction does to the numbers in memory; kept only if it commits."""

    highest: dict[str, int]
    next_origin: int
    origins: dict[Origin, origins.OriginRow] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)
    touched: set[Origin] = field(default_factory=set)
    begun: list[Opening] = field(default_factory=list)
    ended: list[Opening] = field(default_factory=list)


@dataclass(slots=True)
class Spool:
    """One gateway's spool; one thread.  Made by :meth:`open`."""

    path: Path
    connection: sqlite3.Connection
    room: Room
    highest: dict[str, int]
    """The highest row number, by stream."""
    openings: Openings
    epoch: str = field(default_factory=lambda: secrets.token_hex(8))
    """Of this opening: that of the records to come."""
    _origins: dict[Origin, origins.OriginRow] = field(default_factory=dict)
    _next_origin: int = 1
    _notes: dict[str, str] = field(default_factory=dict)
    _watch: DeviceWatch = field(init=False)

    def __post_init__(self) -> None:
        self._watch = DeviceWatch.of(self.connection, self.setting(clocks.NOTE))

    @classmethod
    def open(cls, path: Path, clock: Clock, *, cap_bytes: int = 256 * 2**20) -> Self:
        """The spool in the file ``path``, made or repaired as needed; ``StoreError`` if impossible."""
        connection, damaged = open_database(path, cap_bytes, clock)
        highest = dict(connection.execute("SELECT stream, highest FROM streams").fetchall())
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM senders").fetchone()
        spool = cls(
            path,
            connection,
            Room(connection, path, max(cap_bytes, MIN_CAP_BYTES) // PAGE_BYTES),
            highest,
            read_openings(connection, highest),
            _next_origin=last + 1,
        )
        if damaged is not None:
            for entries in readable(damaged):
                spool.add(entries)
            take_over_sound(damaged, connection)
        return spool

    def add(self, entries: Sequence[Entry], confirmed: Confirmed | None = None) -> set[Origin]:
        """Commit ``entries``; forget each stream and epoch up to its ``confirmed`` number.

        Returns the origins whose receipts may have changed.  ``StoreError`` if the disk
        does not take it: nothing was written then, and nothing may be acknowledged.
        """
        need = sum(len(entry.payload) + 400 for entry in entries)
        for attempt in range(_FULL_TRIES):
            change = _Change(dict(self.highest), self._next_origin)
            try:
                self._transact(change, entries, confirmed or {}, need * (1 + attempt))
            except sqlite3.Error as error:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                self._origins.clear()
                self._watch.health.forget()
                if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_FULL or attempt == _FULL_TRIES - 1:
                    raise _refused(self.path, error) from error
                self.room.relieve()
                continue
            self._accept(change, confirmed or {})
            return change.touched
        return set()

    def batch(self, stream: str, first: int, last: int, *, limit: int, max_bytes: int) -> list[Record]:
        """Records of ``stream`` in the rows first … last that are still here, within limits."""
        return records.read_batch(self.connection, stream, first, last, limit=limit, max_bytes=max_bytes)

    def drops(self, opening: Opening, limit: int = 100) -> tuple[Drop, ...]:
        """What was given up of ``opening`` and ingest does not know of yet, lowest numbers first."""
        return openings.drops(self.connection, opening, limit)

    def floor(self, opening: Opening) -> int:
        """The lowest number of ``opening`` still held or to be told as dropped."""
        return openings.floor(self.connection, opening)

    def opening(self, stream: str, epoch: str) -> Opening | None:
        """That of ``stream`` with this epoch."""
        return next((one for one in reversed(self.openings[stream]) if one.epoch == epoch), None)

    def receipt(self, origin: Origin) -> DeviceReceipt:
        """What ``origin`` may forget, and what is on ingest's disk."""
        return origins.receipt(self.connection, origin, self._known(origin) or origins.OriginRow(0))

    def recent(self, since: int, *, limit: int = 5_000, boots: int = 5_000) -> list[Origin]:
        """Who spoke since ``since`` [ns UTC], latest first; the latest ``boots`` of each device."""
        return origins.recent(self.connection, since, limit, boots)

    def set_aside(self, opening: Opening, number: int, reason: str) -> None:
        """Take record ``number`` of ``opening`` out of the way, into the folder ``too-large`` beside."""
        row = records.row_id(opening.stream, opening.base + number)
        self._origins.pop(records.set_aside(self.connection, self.path.parent, row, reason), None)

    def setting(self, name: str) -> str:
        """What was noted under ``name``; empty if nothing was."""
        rows = self.connection.execute("SELECT value FROM settings WHERE name=?", (name,)).fetchall()
        return "".join(value for (value,) in rows)

    def note(self, name: str, value: str) -> None:
        """Keep ``value`` with the next transaction: for what may be a little out of date."""
        self._notes[name] = value

    def begin_anew(self, sent: Mapping[str, int]) -> None:
        """A new epoch for what was not sent yet: another has given out our numbers.

        ``sent``: the number of this opening, by stream, up to which everything was sent.
        """
        old, self.epoch = self.epoch, secrets.token_hex(8)
        self.connection.execute("BEGIN IMMEDIATE")
        for stream, number in sent.items():
            last = self.opening(stream, old)
            if last is not None and number < last.highest:
                self.openings[stream].append(openings.divide(self.connection, last, number, self.epoch))
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Let the file go; nothing is lost by a program that ends without it."""
        self.connection.close()

    def _transact(self, change: _Change, entries: Sequence[Entry], confirmed: Confirmed, need: int) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for (stream, epoch), number in confirmed.items():
            self._forget(change, self.opening(stream, epoch), number)
        for origin in self.room.make(need) if entries else ():
            self._origins.pop(origin, None)
        self._insert(change, entries)
        self.connection.executemany(
            "UPDATE streams SET highest=? WHERE stream=?",
            [(number, stream) for stream, number in change.highest.items() if number != self.highest[stream]],
        )
        self._begin(change)
        self.connection.executemany(_COUNT, change.counters.items())
        self._notes |= self._watch.notes(entries)
        self.connection.executemany("INSERT OR REPLACE INTO settings VALUES(?, ?)", self._notes.items())
        self.connection.execute("COMMIT")

    def _insert(self, change: _Change, entries: Sequence[Entry]) -> None:
        rows, sound = list[records.Row](), list[tuple[Entry, int]]()
        for entry in entries:
            origin = self._receive(change, entry)
            for one in (entry,) if entry.beside is None else (entry, entry.beside):
                if one.stream:
                    number = change.highest[one.stream] = change.highest[one.stream] + 1
                    rows.append(records.row_of(one, number, origin))
                noted = one.reason and ("originals" if one.stream == RAW else "unreadable")
                change.counters[noted or ("parts" if one.part else "messages")] += 1
            if entry.part or entry.manifest or entry.features_of:
                sound.append((entry, origin))
        self.connection.executemany(origins.SAVE, [row.values(who) for who, row in change.origins.items()])
        self.connection.executemany(records.INSERT, rows)
        origins.bear(self.connection, ((row[5], records.size_of(row)) for row in rows))
        insert_sound(self.connection, sound)

    def _receive(self, change: _Change, entry: Entry) -> int:
        """Note the entry's sequence with its origin; the id of the row of whoever sent it."""
        if entry.origin is None:
            self._watch.health.hear(entry)
            speaker = speaker_of(entry.topic)
            return self._to_change(speaker, change).id if speaker and not entry.stranger else 0
        row = self._to_change(entry.origin, change)
        change.touched.add(entry.origin)
        if self._watch.gap_is_final(entry, row.sequences):
            change.counters["sequences_skipped"] += row.sequences.skip_gap()
        if entry.floor:
            change.counters["sequences_skipped"] += row.sequences.skip_below(min(entry.floor, entry.seq))
        self._watch.hear(entry, row.sequences)
        row.sequences.receive(entry.seq)
        row.last, row.stranger = max(row.last, entry.received), entry.stranger
        return row.id

    def _begin(self, change: _Change) -> None:
        """The first record of a stream since the spool was opened begins its epoch."""
        for stream, number in change.highest.items():
            known = self.openings[stream]
            if number == self.highest[stream] or (known and known[-1].epoch == self.epoch):
                continue
            new = Opening(stream, self.epoch, self.highest[stream], number)
            change.ended += openings.begin(self.connection, new, known)
            change.begun.append(new)

    def _forget(self, change: _Change, opening: Opening | None, number: int) -> None:
        if opening is None or number <= opening.committed:
            return
        number = min(number, opening.highest)
        span = (
            records.row_id(opening.stream, opening.base + 1),
            records.row_id(opening.stream, opening.base + number),
        )
        rows = self.connection.execute(
            f"SELECT senders.id, -sum({SIZES['records'].format('')}), site, device, boot FROM records"
            " JOIN senders ON senders.id=coalesce(sender, 0) WHERE records.id BETWEEN ? AND ? GROUP BY 1",
            span,
        ).fetchall()
        origins.bear(self.connection, (row[:2] for row in rows))
        change.touched.update(Origin(*row[2:]) for row in rows if row[4])
        self.connection.execute("DELETE FROM records WHERE id BETWEEN ? AND ?", span)
        openings.forget_drops(self.connection, opening, number)
        openings.save(self.connection, replace(opening, committed=number))

    def _known(self, origin: Origin) -> origins.OriginRow | None:
        """Its row, to be read only; None if it never spoke."""
        return self._origins.get(origin) or origins.find(self.connection, origin)

    def _to_change(self, origin: Origin, change: _Change) -> origins.OriginRow:
        """A copy of its row that counts only if ``change`` is committed."""
        if origin not in change.origins:
            known = self._known(origin)
            if known is None:
                known = origins.OriginRow(change.next_origin)
                change.next_origin += 1
            change.origins[origin] = known.copy()
        return change.origins[origin]

    def _accept(self, change: _Change, confirmed: Confirmed) -> None:
        self._notes.clear()
        self.highest, self._next_origin = change.highest, change.next_origin
        for old in change.ended:
            self.openings[old.stream].remove(old)
        for new in change.begun:
            self.openings[new.stream].append(new)
        for stream, known in self.openings.items():
            if known:
                known[-1].end = self.highest[stream]
        for (stream, epoch), number in confirmed.items():
            if (one := self.opening(stream, epoch)) is not None:
                one.committed = max(one.committed, min(number, one.highest))
        if len(self._origins) > MAX_CACHED_ORIGINS:
            self._origins.clear()
        self._origins.update(change.origins)


_COUNT = "INSERT INTO counters VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value=value+excluded.value"


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
