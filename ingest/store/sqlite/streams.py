"""What each gateway stream sent and what of it is on disk: the numbers behind receipts.

1. ``Streams.open`` finds or makes the row of (gateway, stream, epoch).
2. ``Streams.advance`` merges the numbers of one commit, and what the gateway dropped.
3. ``Streams.progress`` says what a receipt may say.  Everything comes from the store,
   nothing from a worker's memory, so several workers may share a stream.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contract.batch import BatchHeader, Earlier
from contract.instant import DAY, day_of
from ingest.rules.ranges import Range, contiguous, gaps, merged, runs
from ingest.values import Progress, StreamDay, StreamState

MAX_MISSING = 64
"""Ranges asked for in one receipt; the next receipt asks for the rest."""


DropRange = tuple[int, int, str]


def _named_by(header: BatchHeader) -> list[Earlier]:
    """The epochs that a header says something of, its own among them if it has numbers."""
    own = [Earlier(epoch=header.epoch, highest=header.highest, floor=header.floor)] if header.highest else []
    return [*own, *header.earlier]


@dataclass(slots=True)
class Tally:
    """What came of the records of one UTC day."""

    stored: int = 0
    unreadable: int = 0
    repeats: int = 0


@dataclass(slots=True)
class Streams:
    """The tables ``streams``, ``ranges``, ``drops`` and ``days`` of one connection."""

    connection: sqlite3.Connection

    def find(self, gateway: str, stream: str, epoch: str) -> int | None:
        """The stream's row id; None if it is not there."""
        row = self.connection.execute(
            "SELECT id FROM streams WHERE gateway=? AND stream=? AND epoch=?", (gateway, stream, epoch)
        ).fetchone()
        return None if row is None else int(row[0])

    def open(self, gateway: str, stream: str, epoch: str) -> int:
        """The stream's row id, made if new."""
        known = self.find(gateway, stream, epoch)
        if known is not None:
            return known
        made = self.connection.execute(
            "INSERT INTO streams (gateway, stream, epoch, highest) VALUES (?, ?, ?, 0)",
            (gateway, stream, epoch),
        )
        return int(made.lastrowid or 0)

    def is_news(self, gateway: str, stream: str, header: BatchHeader) -> bool:
        """True if the header alone would change what is stored."""
        known = self.find(gateway, stream, header.epoch)
        if known is None:
            if header.highest or header.dropped:
                return True
        elif self._with_drops(known, header) != set(self._drops(known)):
            return True
        return self._speaker(gateway) != header.opening or any(
            self._named(gateway, stream, one.epoch) != (header.opening, one.floor, one.highest)
            for one in _named_by(header)
        )

    def note(self, gateway: str, stream: str, header: BatchHeader) -> None:
        """Which opening of the gateway's spool speaks, and what it names of its epochs."""
        self.connection.execute(
            "INSERT INTO gateways VALUES (?, ?) ON CONFLICT DO UPDATE SET opening=excluded.opening"
            " WHERE opening<>excluded.opening",
            (gateway, header.opening),
        )
        for one in _named_by(header):
            self.connection.execute(
                "UPDATE streams SET highest=max(highest, ?1), named=?1, floor=?2, opening=?3 WHERE id=?4",
                (one.highest, one.floor, header.opening, self.open(gateway, stream, one.epoch)),
            )

    def advance(self, stream_id: int, header: BatchHeader, numbers: Iterable[int]) -> None:
        """``numbers`` are on disk once the caller's transaction is."""
        if header.dropped:
            self._keep_drops(stream_id, header)
        before = self._ranges(stream_id)
        after = merged([*before, *runs(numbers)])
        gone, come = set(before) - set(after), set(after) - set(before)
        self.connection.executemany(
            "DELETE FROM ranges WHERE stream_id=? AND first=?", [(stream_id, first) for first, _ in gone]
        )
        self.connection.executemany(
            "INSERT INTO ranges VALUES (?, ?, ?)", [(stream_id, first, last) for first, last in come]
        )

    def _keep_drops(self, stream_id: int, header: BatchHeader) -> None:
        before, after = set(self._drops(stream_id)), self._with_drops(stream_id, header)
        self.connection.executemany(
            "DELETE FROM drops WHERE stream_id=? AND first=? AND last=?",
            [(stream_id, first, last) for first, last, _ in before - after],
        )
        self.connection.executemany(
            "INSERT OR REPLACE INTO drops VALUES (?, ?, ?, ?)",
            [(stream_id, *drop) for drop in after - before],
        )

    def _with_drops(self, stream_id: int, header: BatchHeader) -> set[DropRange]:
        """What was dropped before and now.  A range that grows is told again each time: only the
        widest stays.  Of two reasons for the very same range the first told stays."""
        by_reason: dict[str, list[Range]] = {}
        told = [(drop.first, drop.last, drop.reason) for drop in header.dropped]
        for first, last, reason in [*self._drops(stream_id), *told]:
            by_reason.setdefault(reason, []).append((first, last))
        ranges: dict[Range, str] = {}
        for reason, spans in by_reason.items():
            for span in merged(spans):
                ranges.setdefault(span, reason)
        return {(*span, reason) for span, reason in ranges.items()}

    def holds(self, stream_id: int, number: int) -> bool:
        """True if ``number`` arrived before."""
        row = self.connection.execute(
            "SELECT last FROM ranges WHERE stream_id=? AND first<=? ORDER BY first DESC LIMIT 1",
            (stream_id, number),
        ).fetchone()
        return row is not None and row[0] >= number

    def tally(self, stream_id: int, days: dict[int, Tally]) -> None:
        """Add the counts of one commit, by day of receipt (days since 1970)."""
        self.connection.executemany(
            "INSERT INTO days VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET stored=stored+excluded.stored,"
            " unreadable=unreadable+excluded.unreadable, repeats=repeats+excluded.repeats",
            [(stream_id, day, t.stored, t.unreadable, t.repeats) for day, t in days.items()],
        )

    def progress(self, stream_id: int | None, header: BatchHeader) -> Progress:
        """A batch asks for the holes below what has arrived; a heartbeat for the tail too.

        What counts as done is what is stored, and what this very header says is dropped or held no
        longer: another copy of the gateway's spool may still hold it, and is not confirmed by it.
        """
        stored = [] if stream_id is None else self._ranges(stream_id)
        spent = [(1, header.floor - 1)] if header.floor > 1 else []
        done = merged([*stored, *((drop.first, drop.last) for drop in header.dropped), *spent])
        arrived = done[-1][1] if done else 0
        asked = gaps(done, header.highest if header.records == 0 else min(arrived, header.highest))
        return Progress(contiguous(done), tuple(asked[:MAX_MISSING]))

    def states(self) -> Iterator[StreamState]:
        """Sorted by gateway, stream, order of appearance."""
        rows = self.connection.execute(
            "SELECT id, gateway, stream, epoch, highest, floor, named, s.opening=coalesce(g.opening, '')"
            " FROM streams s LEFT JOIN gateways g USING (gateway) ORDER BY gateway, stream, id"
        ).fetchall()
        for stream_id, gateway, stream, epoch, highest, floor, named, alive in rows:
            yield StreamState(
                gateway,
                stream,
                epoch,
                highest,
                tuple(self._ranges(stream_id)),
                tuple(self._drops(stream_id)),
                tuple(self._days(stream_id)),
                floor,
                named,
                bool(alive),
            )

    def _speaker(self, gateway: str) -> str | None:
        row = self.connection.execute("SELECT opening FROM gateways WHERE gateway=?", (gateway,)).fetchone()
        return None if row is None else str(row[0])

    def _named(self, gateway: str, stream: str, epoch: str) -> tuple[str, int, int] | None:
        row: tuple[str, int, int] | None = self.connection.execute(
            "SELECT opening, floor, named FROM streams WHERE gateway=? AND stream=? AND epoch=?",
            (gateway, stream, epoch),
        ).fetchone()
        return row

    def _ranges(self, stream_id: int) -> list[Range]:
        return self.connection.execute(
            "SELECT first, last FROM ranges WHERE stream_id=? ORDER BY first", (stream_id,)
        ).fetchall()

    def _drops(self, stream_id: int) -> list[tuple[int, int, str]]:
        return self.connection.execute(
            "SELECT first, last, reason FROM drops WHERE stream_id=? ORDER BY first, last", (stream_id,)
        ).fetchall()

    def _days(self, stream_id: int) -> Iterator[StreamDay]:
        rows = self.connection.execute(
            "SELECT day, stored, unreadable, repeats FROM days WHERE stream_id=? ORDER BY day", (stream_id,)
        )
        for day, stored, unreadable, repeats in rows:
            yield StreamDay(day_of(day * DAY).isoformat(), stored, unreadable, repeats)
