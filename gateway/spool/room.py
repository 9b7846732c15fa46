"""Room in the spool: at its cap whoever holds most gives up first, and it is counted.

1. ``make`` is called inside a transaction, before an insert.
2. A sender is the site and the device that a topic names; everything of nobody whom the territory
   knows there is one more, whatever names were made up.  What each holds is counted in bytes, over
   all streams and pieces of audio (``file.COUNTING``).
3. Originals of foreign messages go before anything that was measured, the oldest first, whoever's.
   Then ``excess`` says who gives how much: the highest are brought down to one level, so that nobody
   below (cap / senders) loses anything.
4. Within its share a sender loses pieces of unfinished audio first, then readings, findings,
   health; of these the oldest.
5. Each given-up record becomes part of a ``dropped`` range, which travels upstream, and
   its origin's ``stored`` never passes it.
6. Now and then the origins that are not needed any more are forgotten.
7. Where the disk itself has no room left the file does not grow, whatever its cap; and
   ``relieve`` makes room for the database's own work: it lets a ballast go, a file that only
   takes up room.  A full disk refuses even to delete, for a database must write to delete.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.batch import RAW, STREAMS
from gateway.spool.entry import Origin
from gateway.spool.file import LOG_PAGES, PAGE_BYTES, SIZES
from gateway.spool.origins import BOOTS_KEPT, ROWS_KEPT, bear, forget_old
from gateway.spool.records import number_of, span
from gateway.spool.wiping import wiping

Sender = tuple[str, str]
"""(site, device); ("", "") for all whom the territory does not know."""
_SHARE = "iif(stranger, '', site), iif(stranger, '', device)"
_Row = tuple[int, int, int, int]
"""(row number, sender's row, sequence, bytes)"""
ORIGIN_BYTES = 200
"""What a row of ``senders`` takes itself, about; a device may make up boots without end."""
_RECORD_BYTES = SIZES["records"].format("")
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
        self._made = 0
        self._ballast.take(self._ballast.free_bytes())

    def make(self, need_bytes: int) -> set[Origin]:
        """Give up records until ``need_bytes`` fit; returns the origins that changed here."""
        losers = self._tidy() if self._made % _TIDY_EVERY == 0 else set()
        self._made += 1
        limit = self._limit() - need_bytes // PAGE_BYTES - 8
        while self._pragma("page_count") - self._pragma("freelist_count") > max(limit, 0):
            if not self.give_up(max(need_bytes, 65_536), losers):
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

    def give_up(self, wanted_bytes: int, losers: set[Origin]) -> bool:
        """Whoever holds most gives about ``wanted_bytes``, in the caller's transaction.

        False if nobody has anything.  The origins whose ``stored`` ends here are added to ``losers``.
        """
        if self._give_up_originals(wanted_bytes):
            return True
        held = self._connection.execute(
            f"SELECT {_SHARE}, sum(bytes + {ORIGIN_BYTES}) FROM senders GROUP BY 1, 2"
        )
        given = 0
        for sender, most in excess({(site, device): size for site, device, size in held}, wanted_bytes):
            if given and not most:
                break
            rows = [
                identity
                for (identity,) in self._connection.execute(
                    f"SELECT id FROM senders WHERE ({_SHARE})=(?,?) AND bytes>0 ORDER BY id", sender
                ).fetchall()
            ]
            given += self._forget_spare(sender, losers) * ORIGIN_BYTES
            given += self._take_from(rows, most, losers, at_least_one=given == 0)
        return given > 0

    def _give_up_originals(self, wanted_bytes: int) -> bool:
        """About ``wanted_bytes`` of them; False if there are none."""
        rows, given = list[_Row](), 0
        query = f"SELECT id, coalesce(sender, 0), 0, {_RECORD_BYTES} FROM records WHERE id BETWEEN ? AND ?"
        for row in self._connection.execute(f"{query} ORDER BY id", span(RAW)):
            rows.append(row)
            given += row[3]
            if given >= wanted_bytes:
                break
        self._drop_records(RAW, rows, set())
        return bool(rows)

    def _forget_spare(self, sender: Sender, losers: set[Origin]) -> int:
        """Boots of one sender of which nothing is here, but the latest; how many."""
        gone = self._connection.execute(
            f"DELETE FROM senders WHERE id IN (SELECT id FROM senders WHERE ({_SHARE})=(?,?) AND bytes=0"
            f" AND id>0 ORDER BY last DESC, id DESC LIMIT -1 OFFSET {BOOTS_KEPT})"
            " RETURNING site, device, boot",
            sender,
        ).fetchall()
        losers.update(Origin(*row) for row in gone)
        return len(gone)

    def _take_from(self, rows: Sequence[int], most: int, losers: set[Origin], *, at_least_one: bool) -> int:
        """Bytes given up of what the ``rows`` of one sender hold, no more than ``most``."""
        given = 0
        for sender, key, size, pieces in self._sound(rows):
            if given + size > most and (given or not at_least_one):
                return given
            self._drop_sound(sender, key, pieces)
            given += size
        for stream in _DROP_ORDER:
            found: list[_Row] = []
            full = False
            for row in (row for sender in rows for row in self._records(stream, sender)):
                full = given + row[3] > most and bool(given or not at_least_one)
                if full:
                    break
                found.append(row)
                given += row[3]
            self._drop_records(stream, sorted(found), losers)
            if full:
                break
        return given

    def _sound(self, rows: Sequence[int]) -> Iterable[tuple[int, str, int, int]]:
        """(sender, SHA-256, bytes, pieces) of unfinished clips, oldest first, until they are dropped."""
        run = self._connection.execute
        bearing = {sender for (sender,) in run("SELECT sender FROM parts UNION SELECT sender FROM clips")}
        for sender in (row for row in rows if row in bearing):
            while clip := run(_OLDEST_SOUND, (sender,)).fetchone():
                size, pieces = run(_SOUND_SIZE, (*clip, sender)).fetchone()
                yield sender, clip[0], size, pieces

    def _drop_sound(self, sender: int, sha256: str, pieces: int) -> None:
        key, run = (sha256, sender), self._connection.execute
        with wiping(self._connection):
            run("DELETE FROM parts WHERE sha256=? AND sender=?", key)
        run("DELETE FROM clips WHERE sha256=? AND sender=? AND state IN ('waiting', 'bad')", key)
        self._count("audio", max(pieces, 1))

    def _records(self, stream: str, sender: int) -> Iterable[_Row]:
        """Those of one row of ``senders``; the row 0 has what earlier versions gave to none."""
        columns, low_high = f"SELECT id, {sender}, seq, {_RECORD_BYTES} FROM records", span(stream)
        query = f"{columns} WHERE sender=? AND id BETWEEN ? AND ? ORDER BY seq"
        yield from self._connection.execute(query, (sender, *low_high))
        if sender == 0:
            query = f"{columns} WHERE sender IS NULL AND id BETWEEN ? AND ? ORDER BY id"
            yield from self._connection.execute(query, low_high)

    def _drop_records(self, stream: str, rows: list[_Row], losers: set[Origin]) -> None:
        if not rows:
            return
        run = self._connection
        bear(run, ((sender, -size) for _, sender, _, size in rows))
        run.executemany("DELETE FROM records WHERE id=?", [(identity,) for identity, *_ in rows])
        for identity, *_ in rows:
            self._note_drop(stream, number_of(identity))
        lowest: dict[int, int] = {}
        for _, sender, seq, _ in rows:
            if seq:
                lowest[sender] = min(seq, lowest.get(sender, seq))
        for sender, seq in lowest.items():
            run.execute("UPDATE senders SET lost=min(coalesce(lost, ?1), ?1) WHERE id=?2", (seq, sender))
            row = run.execute("SELECT site, device, boot FROM senders WHERE id=?", (sender,)).fetchone()
            losers.add(Origin(*row))
        self._count(stream, len(rows))

    def _note_drop(self, stream: str, number: int) -> None:
        """Part of the range that ends just before, if there is one."""
        before = self._connection.execute(
            "SELECT first, last FROM dropped WHERE stream=? AND first<=? ORDER BY first DESC LIMIT 1",
            (stream, number),
        ).fetchone()
        if before and before[1] == number - 1:
            self._connection.execute(
                "UPDATE dropped SET last=? WHERE stream=? AND first=?", (number, stream, before[0])
            )
        else:
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


_OLDEST_SOUND = (
    "SELECT sha256 FROM (SELECT sha256 FROM parts WHERE sender=?1 ORDER BY rowid LIMIT 1) UNION ALL"
    " SELECT sha256 FROM (SELECT sha256 FROM clips WHERE sender=?1 AND state IN ('waiting', 'bad')"
    " ORDER BY taken LIMIT 1) LIMIT 1"
)
"""The clip of the oldest piece that a sender has here; without pieces, the one it announced first."""
_SOUND_SIZE = (
    "SELECT (SELECT coalesce(sum({parts}), 0) FROM parts WHERE sha256=?1 AND sender=?2)"
    " + (SELECT coalesce(sum({clips}), 0) FROM clips"
    " WHERE sha256=?1 AND sender=?2 AND state IN ('waiting', 'bad')),"
    " (SELECT count(*) FROM parts WHERE sha256=?1 AND sender=?2)"
).format(parts=SIZES["parts"].format(""), clips=SIZES["clips"])


def excess(held: Mapping[Sender, int], wanted: int) -> list[tuple[Sender, int]]:
    """What each gives so that all give ``wanted`` bytes and the highest end at one level; highest first.

    Whoever holds less than that level, at least what an equal division would leave, gives 0.
    """
    order = sorted(held.items(), key=lambda item: (-item[1], item[0]))
    level, above = 0, 0
    for count, (_, size) in enumerate(order, 1):
        above += size
        below = order[count][1] if count < len(order) else 0
        if above - count * below >= wanted:
            level = max(0, -(-(above - wanted) // count))
            break
    return [(sender, max(0, size - level)) for sender, size in order]
