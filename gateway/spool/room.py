"""Room in the spool: at its cap the oldest of the lowest priority is given up, and counted.

1. ``make`` is called inside a transaction, before an insert.
2. Pieces of unfinished audio go first, then readings, findings, health; within these a
   device that fills more than half of the spool loses its own before others lose theirs.
3. Each given-up record becomes part of a ``dropped`` range, which travels upstream, and
   its origin's ``stored`` never passes it.
4. Now and then the origins that are not needed any more are forgotten.
5. Where the disk itself has no room left the file does not grow, whatever its cap; and
   ``relieve`` makes room for the database's own work: it lets a ballast go, a file that only
   takes up room.  A full disk refuses even to delete, for a database must write to delete.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from contract.batch import STREAMS
from gateway.spool.entry import Origin
from gateway.spool.file import LOG_PAGES, PAGE_BYTES
from gateway.spool.origins import ROWS_KEPT, forget_old
from gateway.spool.records import number_of, span

_Row = tuple[int, int | None, int]
"""(row number, sender, sequence)"""
_COLUMNS = "SELECT id, sender, seq, length(payload) FROM records"
_LOOK_EVERY = 32
_TIDY_EVERY = 500
"""Transactions; each brings at most 100 new origins."""
_DROP_ORDER = ("readings", "findings", "health")
_KEPT_FREE = 0.1
"""Share of the cap kept free for counters, ranges and indexes."""
_REASON = "spool full"
BALLAST_BYTES = 3 * 2**20
_BALLASTS_FREE = 4
"""The ballast is laid down only where the disk has so many times its size free."""


@dataclass(frozen=True, slots=True)
class Ballast:
    """The ballast beside the file ``beside``."""

    beside: Path

    @property
    def path(self) -> Path:
        """Its own file."""
        return self.beside.with_name("ballast")

    def free_bytes(self) -> int:
        """What the disk still has."""
        room = os.statvfs(self.beside.parent)
        return room.f_bavail * room.f_frsize

    def take(self, free_bytes: int) -> None:
        """Lay it down if it is missing and the disk can spare it."""
        if free_bytes < _BALLASTS_FREE * BALLAST_BYTES or self.path.exists():
            return
        try:
            with self.path.open("wb") as stream:
                for _ in range(BALLAST_BYTES // 65_536):
                    stream.write(bytes(65_536))
        except OSError:
            self.release()

    def release(self) -> None:
        """Give its room back to the disk."""
        self.path.unlink(missing_ok=True)


class Room:
    """Watches the pages of the spool at ``path``, and the disk below it."""

    def __init__(self, connection: sqlite3.Connection, path: Path, cap_pages: int) -> None:
        self._connection = connection
        self._path = path
        self._ballast = Ballast(path)
        self.cap_pages = cap_pages
        self._loudest: list[int] = []
        self._looks = 0
        self._made = 0
        self._ballast.take(self._ballast.free_bytes())

    def make(self, need_bytes: int) -> set[Origin]:
        """Give up records until ``need_bytes`` fit; returns the origins that changed here."""
        losers = self._tidy() if self._made % _TIDY_EVERY == 0 else set()
        self._made += 1
        limit = self._limit() - need_bytes // PAGE_BYTES - 8
        while self._pragma("page_count") - self._pragma("freelist_count") > max(limit, 0):
            if not self._drop_audio() and not self._drop_records(max(need_bytes, 65_536), losers):
                tidied = self._tidy()
                losers |= tidied
                if not tidied:
                    break
        return losers

    def _tidy(self) -> set[Origin]:
        """Origins may take about a quarter of the cap."""
        return forget_old(self._connection, rows_kept=min(ROWS_KEPT, self.cap_pages * 7))

    def relieve(self) -> None:
        """The disk is full: let the ballast go, and bring the write-ahead log home."""
        self._ballast.release()
        with contextlib.suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _limit(self) -> int:
        """Pages that may be used: within the cap, and without growing where the disk has no room.

        Pages that lie in the log only will need room in the file when they are brought home.
        """
        free = self._ballast.free_bytes()
        self._ballast.take(free)
        log = self._path.with_name(self._path.name + "-wal")
        log_pages = log.stat().st_size // PAGE_BYTES if log.exists() else 0
        pages = self._pragma("page_count")
        to_come_home = max(0, pages - self._path.stat().st_size // PAGE_BYTES)
        growth = free // PAGE_BYTES - max(0, LOG_PAGES - log_pages) - to_come_home
        return min(int(self.cap_pages * (1 - _KEPT_FREE)), pages + max(0, growth))

    def _drop_audio(self) -> bool:
        row = self._connection.execute("SELECT sha256 FROM parts ORDER BY rowid LIMIT 1").fetchone()
        if row is None:
            return False
        gone = self._connection.execute("DELETE FROM parts WHERE sha256=?", row).rowcount
        self._connection.execute("DELETE FROM clips WHERE sha256=? AND state='waiting'", row)
        self._count("audio", gone)
        return True

    def _drop_records(self, wanted_bytes: int, losers: set[Origin]) -> bool:
        for stream in _DROP_ORDER:
            rows = self._of_the_loudest(stream, wanted_bytes) or self._oldest(stream, wanted_bytes)
            if rows:
                self._give_up(stream, rows, losers)
                return True
        return False

    def _of_the_loudest(self, stream: str, wanted_bytes: int) -> list[_Row]:
        """Oldest records of the device that fills more than half of the spool, if there is one."""
        if self._looks % _LOOK_EVERY == 0:
            self._loudest = self._find_loudest()
        self._looks += 1
        found: list[_Row] = []
        for sender in self._loudest:
            query = f"{_COLUMNS} WHERE sender=? AND id BETWEEN ? AND ? ORDER BY seq"
            found = _up_to(wanted_bytes, self._connection.execute(query, (sender, *span(stream))))
            if found:
                break
        return sorted(found)

    def _find_loudest(self) -> list[int]:
        counted = self._connection.execute(
            "SELECT site, device, count(*) FROM records JOIN senders ON senders.id=sender"
            " GROUP BY site, device ORDER BY count(*) DESC"
        ).fetchall()
        if len(counted) < 2 or counted[0][2] * 2 <= sum(count for _, _, count in counted):
            return []
        rows = self._connection.execute(
            "SELECT id FROM senders WHERE site=? AND device=? ORDER BY id", counted[0][:2]
        )
        return [sender for (sender,) in rows]

    def _oldest(self, stream: str, wanted_bytes: int) -> list[_Row]:
        query = f"{_COLUMNS} WHERE id BETWEEN ? AND ? ORDER BY id"
        return _up_to(wanted_bytes, self._connection.execute(query, span(stream)))

    def _give_up(self, stream: str, rows: list[_Row], losers: set[Origin]) -> None:
        run = self._connection
        run.executemany("DELETE FROM records WHERE id=?", [(identity,) for identity, _, _ in rows])
        for identity, _, _ in rows:
            self._note_drop(stream, number_of(identity))
        lowest: dict[int, int] = {}
        for _, sender, seq in rows:
            if sender is not None:
                lowest[sender] = min(seq, lowest.get(sender, seq))
        for sender, seq in lowest.items():
            run.execute("UPDATE senders SET lost=min(coalesce(lost, ?1), ?1) WHERE id=?2", (seq, sender))
            row = run.execute("SELECT site, device, boot FROM senders WHERE id=?", (sender,)).fetchone()
            losers.add(Origin(*row))
        self._count(stream, len(rows))

    def _note_drop(self, stream: str, number: int) -> None:
        grown = self._connection.execute(
            "UPDATE dropped SET last=?2 WHERE stream=?1 AND last=?2-1", (stream, number)
        ).rowcount
        if not grown:
            self._connection.execute("INSERT INTO dropped VALUES(?,?,?,?)", (stream, number, number, _REASON))

    def _count(self, stream: str, amount: int) -> None:
        assert stream in STREAMS
        self._connection.execute(
            "INSERT INTO counters VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value=value+excluded.value",
            (f"dropped_{stream}", amount),
        )

    def _pragma(self, name: str) -> int:
        (value,) = self._connection.execute(f"PRAGMA {name}").fetchone()
        return int(value)


def _up_to(wanted_bytes: int, rows: sqlite3.Cursor) -> list[_Row]:
    """Rows until their payloads make ``wanted_bytes``."""
    found: list[_Row] = []
    size = 0
    for identity, sender, seq, length in rows:
        found.append((identity, sender, seq))
        size += length + 200
        if size >= wanted_bytes:
            break
    rows.close()
    return found
