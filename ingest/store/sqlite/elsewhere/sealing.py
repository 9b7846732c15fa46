"""Sealing: whole UTC days move from SQLite into sorted Parquet files.

1. ``Sealer.seal`` takes each past day that has hot points, joins it with what was sealed
   of it before, and writes a new file, durable before anything is deleted.
2. In the same transaction the hot rows go and the manifest names the new file.  A crash
   before that leaves a file nobody names; the next sealing removes it.
   Points with other candidates aside stay hot.
3. ``Sealer.bring_back`` brings single sealed points back before a late message contests them;
   ``superseded`` then says that the sealed copy no longer counts.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.instant import DAY
from ingest.rules.placing import POINT
from ingest.store.sealed.archive import Archive, ArchivedRow, Day, day_of_rows, write_day
from ingest.store.sqlite.elsewhere.day_hours import DayHours, may_hold
from ingest.store.sqlite.rows import Rows
from ingest.values import SealedDay

_ALONE = "NOT EXISTS (SELECT 1 FROM aside a WHERE a.series_id=p.series_id AND a.time=p.time)"
_HOT = (
    "SELECT s.site, s.device, s.name, s.qualifier, p.time, p.value, p.flags, b.boot, m.seq, p.message_id"
    " FROM series s JOIN points p ON p.series_id=s.id AND p.time>=? AND p.time<?"
    " JOIN messages m ON m.id=p.message_id JOIN boots b ON b.id=m.boot_id"
    f" WHERE s.kind=? AND {_ALONE} ORDER BY s.site, s.device, s.name, s.qualifier, p.time"
)

_CHANGED = (
    "SELECT s.id FROM series s WHERE EXISTS (SELECT 1 FROM points p WHERE p.series_id=s.id"
    f" AND p.time>=?1 AND p.time<?2 AND {_ALONE}) OR EXISTS (SELECT 1 FROM superseded u"
    " WHERE u.series_id=s.id AND u.time>=?1 AND u.time<?2)"
)


@dataclass(slots=True)
class Sealer:
    """Sealed days of the store behind one writing connection.  Its caller holds the transaction."""

    connection: sqlite3.Connection
    archive: Archive
    rows: Rows
    _files: dict[int, str] | None = field(default=None)

    def forget(self) -> None:
        """Forget the names of files: another program may have changed them."""
        self._files = None

    def days_before(self, end: int) -> list[int]:
        """Days since 1970, ended by ``end`` [ns UTC], that have points not sealed."""
        found = self.connection.execute(
            f"SELECT DISTINCT p.time / ? FROM points p WHERE p.time>=0 AND p.time<? AND {_ALONE}", (DAY, end)
        )
        return sorted(day for (day,) in found if (day + 1) * DAY <= end)

    def seal(self, day: int) -> SealedDay:
        """Move ``day`` into a file."""
        start, end = day * DAY, (day + 1) * DAY
        changed = {one for (one,) in self.connection.execute(_CHANGED, (start, end))}
        rows = self._merged(day, self.connection.execute(_HOT, (start, end, POINT)).fetchall())
        return self.put_away(day, day_of_rows(rows), changed)

    def put_away(self, day: int, columns: Day, changed: Iterable[int]) -> SealedDay:
        """Write the file of ``day`` and name it; its hot points go.  ``changed``: ids of series
        that are not as they were sealed before."""
        start, end = day * DAY, (day + 1) * DAY
        name, digest, size = write_day(self.archive.shelf, day, columns)
        self.connection.execute(
            f"DELETE FROM points AS p WHERE p.time>=? AND p.time<? AND {_ALONE}", (start, end)
        )
        self._name_series(day, columns, set(changed))
        self.connection.execute("DELETE FROM superseded WHERE time>=? AND time<?", (start, end))
        rows = len(columns.time)
        self.connection.execute(
            "INSERT OR REPLACE INTO sealed VALUES (?, ?, ?, ?, ?)", (day, name, digest, rows, size)
        )
        self.forget()
        self.rows.bring_back = self.bring_back
        return SealedDay(day, name, digest, rows, size)

    def bring_back(self, keys: Iterable[tuple[int, int]]) -> None:
        """Make the sealed points at (series id, time) hot, so that they can be contested."""
        files = self._sealed_files()
        wanted: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        for series_id, time in keys:
            if time // DAY in files:
                wanted[series_id, time // DAY].add(time)
        for (series_id, day), times in wanted.items():
            self._bring_back_day(series_id, day, times)

    def remove_unnamed(self) -> None:
        """Files that the manifest does not name: left by a crash, or replaced long ago."""
        named = set(self._sealed_files().values())
        for name in self.archive.shelf.names():
            if name not in named:
                self.archive.shelf.remove(name)

    def before_commit(self) -> None:
        """Nothing: days are sealed when asked for, not at a commit."""

    @property
    def holds_any(self) -> bool:
        """True once a day is sealed."""
        return bool(self._sealed_files())

    def _name_series(self, day: int, columns: Day, changed: set[int]) -> None:
        """Where each series lies in the file; hours of those that did not change stay."""
        before = {
            series_id: kept
            for series_id, *kept in self.connection.execute(
                "SELECT series_id, since, hours FROM sealed_series WHERE day=?", (day,)
            )
        }
        self.connection.execute("DELETE FROM sealed_series WHERE day=?", (day,))
        DayHours(self.connection).forget(changed, day)
        first = 0
        for key, count in columns.series:
            series_id = self.rows.series_id((POINT, *key))
            since, hours = (None, None) if series_id in changed else before.get(series_id, (None, None))
            self.connection.execute(
                "INSERT INTO sealed_series VALUES (?, ?, ?, ?, ?, ?)",
                (series_id, day, count, first, since, hours),
            )
            first += count

    def _bring_back_day(self, series_id: int, day: int, times: set[int]) -> None:
        """The file is opened only where the manifest says that it may hold one of ``times`` [ns UTC]."""
        place = self.connection.execute(
            "SELECT d.file, x.first, x.rows, x.hours FROM sealed_series x JOIN sealed d ON d.day=x.day"
            " WHERE x.series_id=? AND x.day=?",
            (series_id, day),
        ).fetchone()
        if place is None:
            return
        *rows, hours = place
        times = {time for time in times if may_hold(hours, time)}
        times -= {
            time
            for (time,) in self.connection.execute(
                "SELECT time FROM superseded WHERE series_id=? AND time>=? AND time<?",
                (series_id, day * DAY, (day + 1) * DAY),
            )
        }
        for time, value, flags, message_id in self.archive.at(tuple(rows), sorted(times)) if times else ():
            self.connection.execute("INSERT INTO superseded VALUES (?, ?)", (series_id, time))
            self.connection.execute(
                "INSERT INTO points VALUES (?, ?, ?, ?, ?)", (series_id, time, value, flags, message_id)
            )

    def _merged(self, day: int, hot: list[ArchivedRow]) -> list[ArchivedRow]:
        file = self._sealed_files().get(day)
        if file is None:
            return hot
        gone = {
            (*series, time)
            for *series, time in self.connection.execute(
                "SELECT s.site, s.device, s.name, s.qualifier, u.time FROM superseded u"
                " JOIN series s ON s.id=u.series_id WHERE u.time>=? AND u.time<?",
                (day * DAY, (day + 1) * DAY),
            )
        }
        kept = [row for row in self.archive.all_rows(file) if row[:5] not in gone]
        return sorted([*kept, *hot], key=lambda row: row[:5])

    def _sealed_files(self) -> dict[int, str]:
        if self._files is None:
            self._files = dict(self.connection.execute("SELECT day, file FROM sealed").fetchall())
        return self._files
