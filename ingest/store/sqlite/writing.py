"""The write side of the SQLite store: one transaction a call, or nothing.

1. ``BEGIN IMMEDIATE``: several workers on one machine take turns.
2. New messages are admitted, judged in time, stored; repeats are counted.
3. Their rows take their places; messages that a better anchor moves are placed again.
4. What is unreadable, the stream's numbers and the day's counts join them; points that live
   elsewhere leave; ``COMMIT``.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from contract.batch import RAW
from contract.errors import StoreError
from contract.instant import DAY
from ingest.rules.placing import rows_of
from ingest.store.sqlite.blocks import Blocks
from ingest.store.sqlite.elsewhere.day_hours import DayHours
from ingest.store.sqlite.elsewhere.protocol import ElsewhereWriter
from ingest.store.sqlite.elsewhere.sealed_days import SealedDays
from ingest.store.sqlite.elsewhere.sealing import Sealer
from ingest.store.sqlite.letters import Kept, Letters
from ingest.store.sqlite.messages import Messages, Ordinary
from ingest.store.sqlite.originals.table import Originals, gave_of
from ingest.store.sqlite.points import PointReader
from ingest.store.sqlite.rows import Rows
from ingest.store.sqlite.schema import explained, open_writer
from ingest.store.sqlite.streams import Streams, Tally
from ingest.values import Arrival, Dismissal, Portion, Progress, SealedDay, Stray

MakeElsewhere = Callable[[sqlite3.Connection, Rows], ElsewhereWriter | None]
"""The writing side of where points live, on the writer's own connection; None: in its tables."""


class SqliteWriter:
    """The only connection of this process that writes."""

    def __init__(self, path: Path, elsewhere: MakeElsewhere = lambda _connection, _rows: None) -> None:
        self.path = path
        self.connection: sqlite3.Connection = open_writer(path)
        self._blocks = Blocks(self.connection)
        self._messages = Messages(self.connection, self._blocks)
        self._rows = Rows(self.connection)
        self._ordinary = Ordinary(self._rows)
        self._streams = Streams(self.connection)
        self._letters = Letters(self.connection)
        self._originals = Originals(self.connection)
        with explained(path):
            self._originals.make()
        self._elsewhere = elsewhere(self.connection, self._rows)
        self._data_version = -1

    def commit_all(self, portions: Sequence[Portion], strays: Sequence[Stray]) -> list[Progress]:
        """All of it, or nothing; heartbeats without news write nothing."""
        if not strays and not any(portion.arrivals for portion in portions):
            with explained(self.path):
                if not any(self._streams.is_news(*portion[:3]) for portion in portions):
                    return [self._streams.progress(self._known(one), one.header) for one in portions]
        with self._transaction():
            for stray in strays:
                if self._letters.keep(None, stray, own=False) is Kept.FULL:
                    self._letters.pass_over(stray)
            streams = [self._opened(portion) for portion in portions]
            incoming = [
                (stream_id or 0, portion.arrivals)
                for stream_id, portion in zip(streams, portions, strict=True)
            ]
            fresh = self._store_readable(incoming)
            return [
                self._advance(stream_id, portion, fresh[at])
                for at, (stream_id, portion) in enumerate(zip(streams, portions, strict=True))
            ]

    def _known(self, portion: Portion) -> int | None:
        return self._streams.find(portion.gateway, portion.stream, portion.header.epoch)

    def _opened(self, portion: Portion) -> int | None:
        """The row id of the portion's stream; None where it says nothing of a stream."""
        gateway, stream, header, arrivals = portion
        self._streams.note(gateway, stream, header)
        if not (arrivals or header.highest):
            return None
        return self._streams.open(gateway, stream, header.epoch)

    def _advance(self, stream_id: int | None, portion: Portion, fresh: set[int]) -> Progress:
        """What is unreadable, the stream's numbers and its counts, once what is readable is stored."""
        header, arrivals = portion.header, portion.arrivals
        if stream_id is not None:
            days: defaultdict[int, Tally] = defaultdict(Tally)
            if portion.stream == RAW:
                fresh = fresh | self._originals.keep(stream_id, arrivals)
                left = [arrival for arrival in arrivals if gave_of(arrival) is None]
            else:
                left = list(arrivals)
            _count(days, arrivals, fresh, self._keep_unreadable(stream_id, left))
            self._streams.advance(stream_id, header, [arrival.record.number for arrival in arrivals])
            self._streams.tally(stream_id, days)
        return self._streams.progress(stream_id, header)

    def resolve_unreadable(self, readable: Sequence[tuple[int, Arrival]]) -> None:
        """Rows of ``dead_letters``, by id, become messages of the stream they came by."""
        with self._transaction():
            by_stream: defaultdict[int, list[Arrival]] = defaultdict(list)
            for unreadable_id, arrival in readable:
                stream_id = self._letters.forget(unreadable_id)
                if stream_id is not None:
                    by_stream[stream_id].append(arrival)
            self._store_readable(list(by_stream.items()))

    def set_retried(self, ids: Sequence[int], *, retried: bool) -> None:
        """Whether rows of ``dead_letters``, by id, were sent again."""
        with self._transaction():
            self._letters.set_retried(ids, retried=retried)

    def dismiss_unreadable(self, ids: Sequence[int], at: int, who: str, why: str) -> Dismissal:
        """Let rows of ``dead_letters`` go, by id, and note it."""
        with self._transaction():
            return self._letters.dismiss(ids, at, who, why)

    def describe(self, cadences: Mapping[str, float]) -> None:
        """Expected seconds between messages, by device."""
        with self._transaction():
            self.connection.executemany(
                "INSERT INTO cadences VALUES (?, ?) ON CONFLICT DO UPDATE SET cadence_s=excluded.cadence_s"
                " WHERE cadence_s<>excluded.cadence_s",
                list(cadences.items()),
            )

    def seal(self, before: int) -> list[SealedDay]:
        """Days that ended by ``before`` [ns UTC], a transaction each; then the hours of their series."""
        sealer = self._elsewhere
        if not isinstance(sealer, Sealer):
            raise StoreError(f"{self.path} is one file, without sealed days", help="Use a store local:FOLDER")
        with self._transaction():
            sealer.remove_unnamed()
            days = sealer.days_before(before)
        sealed = []
        for day in days:
            with self._transaction():
                sealed.append(sealer.seal(day))
        with self._transaction():
            days = DayHours(self.connection).days_without()
        reader = PointReader(self.connection, SealedDays(self.connection, sealer.archive))
        for day in days:
            with self._transaction():
                reader.work_out_hours(day)
        return sealed

    def close(self) -> None:
        """Release the connection; its transaction, if one is open, is rolled back."""
        self.connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with explained(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                self._notice_others()
                yield
                if self._elsewhere is not None:
                    self._elsewhere.before_commit()
                self.connection.execute("COMMIT")
            except BaseException:
                self._forget()
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def _notice_others(self) -> None:
        version = self.connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            self._forget()
            self._data_version = version

    def _forget(self) -> None:
        self._messages.forget()
        self._rows.forget()
        self._ordinary.forget()
        self._blocks.forget()
        self._originals.forget()
        if self._elsewhere is not None:
            self._elsewhere.forget()
            self._rows.bring_back = self._elsewhere.bring_back if self._elsewhere.holds_any else None

    def _store_readable(self, incoming: Sequence[tuple[int, Sequence[Arrival]]]) -> list[set[int]]:
        """Store what is new of ``incoming``, arrivals by stream id: the record numbers, in its order."""
        fresh: list[set[int]] = [set() for _ in incoming]
        admitted = self._messages.admit(incoming)
        if not admitted:
            return fresh
        changed = self._messages.anchor(admitted)
        self._messages.store(admitted)
        points, others = self._ordinary.split(admitted)
        self._rows.place(others, points)
        for boot in changed:
            for moved in self._messages.misplaced(boot, admitted[0].id):
                self._rows.withdraw(moved.id, rows_of(moved.message, moved.before, moved.received))
                self._messages.move(moved)
                self._rows.place([(moved.id, rows_of(moved.message, moved.after, moved.received))])
        for entry in admitted:
            fresh[entry.portion].add(entry.number)
        return fresh

    def _keep_unreadable(self, stream_id: int, arrivals: Sequence[Arrival]) -> set[int]:
        """The numbers of what is new among the unreadable, kept or counted."""
        fresh: set[int] = set()
        for arrival in arrivals:
            if arrival.message is not None:
                continue
            record = arrival.record
            letter = Stray(record.topic, record.payload, arrival.reason, record.received)
            came = self._letters.keep(stream_id, letter, own=arrival.own)
            if came is Kept.FULL:
                if record.number in fresh or self._streams.holds(stream_id, record.number):
                    continue
                self._letters.pass_over(letter)
            if came is not Kept.KNOWN:
                fresh.add(record.number)
        return fresh


def _count(
    days: defaultdict[int, Tally], arrivals: Sequence[Arrival], fresh: set[int], kept: set[int]
) -> None:
    """A record is stored, kept as unreadable, or a repeat: by the day it was received."""
    if len(fresh) == len(arrivals):
        for day, stored in Counter(arrival.record.received // DAY for arrival in arrivals).items():
            days[day].stored += stored
        return
    counted: set[int] = set()
    for arrival in arrivals:
        number, tally = arrival.record.number, days[arrival.record.received // DAY]
        if number in counted or (number not in fresh and number not in kept):
            tally.repeats += 1
        elif number in fresh:
            tally.stored += 1
        else:
            tally.unreadable += 1
        counted.add(number)
