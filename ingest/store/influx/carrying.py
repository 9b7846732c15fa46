"""SQLite as the journal beside a server that holds the points.

A server like InfluxDB has no transactions, no dead letters, no stream numbers, and
overwrites silently.  So everything is decided in SQLite and only points are carried:

1. ``Carrier.thaw``: before points are contested, those the server may hold already are
   read and brought back, by the identity of the message that said them.
2. ``Carrier.settle``: the hot points that won are written to the server; after its success
   they are deleted here, in the transaction that then commits (a copy stays where other
   candidates stand aside).  A crash between the two leaves points on the server that the
   same messages, sent again, write again.
3. What the server refuses stays here, with its reason, and is read from here.
4. ``Carried`` joins both when reading.  A withdrawn point is superseded, not deleted.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from contract.instant import Window
from ingest.rules.quality import NEIGHBOURS
from ingest.store.elsewhere import Columns
from ingest.store.influx.server import FarPoint, InfluxPlace, InfluxServer, Key, line
from ingest.store.sqlite.rows import Rows
from ingest.store.sqlite.schema import explained
from ingest.store.sqlite.store import SqliteStore
from ingest.values import Series

_DIGEST = 8
"""Bytes of a content hash that go to the server: they tell messages of one identity apart."""

_HOT = (
    "SELECT p.series_id, s.site, s.device, s.name, s.qualifier, p.time, p.value, p.flags, b.boot, m.seq,"
    " m.digest, EXISTS (SELECT 1 FROM superseded u WHERE u.series_id=p.series_id AND u.time=p.time)"
    " FROM points p JOIN series s ON s.id=p.series_id JOIN messages m ON m.id=p.message_id"
    " JOIN boots b ON b.id=m.boot_id WHERE NOT EXISTS"
    " (SELECT 1 FROM refused r WHERE r.series_id=p.series_id AND r.time=p.time)"
)
Note = tuple[int, dict[tuple[str, int], int]]
"""(rows wanted before, message ids of clashing (boot, sequence))"""


class Carrier:
    """``FarWriter`` to a server."""

    def __init__(self, connection: sqlite3.Connection, server: InfluxServer) -> None:
        self.connection = connection
        self.server = server
        self._touched: set[Key] = set()

    @property
    def any_far(self) -> bool:
        return True

    def forget(self) -> None:
        self._touched.clear()

    def thaw(self, keys: Iterable[Key]) -> None:
        wanted: defaultdict[int, set[int]] = defaultdict(set)
        latest = dict(self.connection.execute("SELECT series_id, latest FROM carried").fetchall())
        for series_id, time in keys:
            self._touched.add((series_id, time))
            if time <= latest.get(series_id, time - 1):
                wanted[series_id].add(time)
        for series_id, times in wanted.items():
            times -= self._known(series_id, times)
            if times:
                self._thaw_series(series_id, times)

    def settle(self) -> None:
        lines: list[tuple[str, Key]] = []
        for series_id, *name, time, value, flags, boot, seq, digest, there in self.connection.execute(_HOT):
            if not there or (series_id, time) in self._touched:
                point = FarPoint(time, value, flags, boot, seq, digest[:_DIGEST].hex())
                lines.append((line(Series(*name), point), (series_id, time)))
        self._touched.clear()
        if lines:
            self._carry(lines)

    def _carry(self, lines: list[tuple[str, Key]]) -> None:
        """After the server's success a point goes from here; where others stand aside, a copy stays."""
        refused = dict(self.server.write(lines))
        taken = [key for _, key in lines if key not in refused]
        execute = self.connection.executemany
        execute("INSERT INTO refused VALUES (?, ?, ?)", [(*key, why) for key, why in refused.items()])
        execute("DELETE FROM superseded WHERE series_id=? AND time=?", taken)
        execute(
            "INSERT OR IGNORE INTO superseded SELECT series_id, time FROM aside WHERE series_id=? AND time=?",
            taken,
        )
        execute(
            "DELETE FROM points AS p WHERE series_id=? AND time=? AND NOT EXISTS"
            " (SELECT 1 FROM superseded u WHERE u.series_id=p.series_id AND u.time=p.time)",
            taken,
        )
        execute(
            "INSERT INTO carried VALUES (?, ?) ON CONFLICT DO UPDATE SET latest=max(latest, excluded.latest)",
            taken,
        )

    def _known(self, series_id: int, times: set[int]) -> set[int]:
        """Those whose copy on the server does not count already."""
        return {
            time
            for time in times
            if self.connection.execute(
                "SELECT 1 FROM superseded WHERE series_id=? AND time=?", (series_id, time)
            ).fetchone()
        }

    def _thaw_series(self, series_id: int, times: set[int]) -> None:
        name = self.connection.execute(
            "SELECT site, device, name, qualifier FROM series WHERE id=?", (series_id,)
        ).fetchone()
        series = Series(*name)
        for point in self.server.rows(series, min(times), max(times) + 1):
            if point.time not in times:
                continue
            message = self.connection.execute(
                "SELECT m.id FROM messages m JOIN boots b ON b.id=m.boot_id WHERE b.device=? AND b.boot=?"
                " AND m.seq=? AND substr(m.digest, 1, ?)=?",
                (series.device, point.boot, point.seq, _DIGEST, bytes.fromhex(point.digest)),
            ).fetchone()
            if message is not None:
                key = (series_id, point.time)
                self.connection.execute("INSERT INTO superseded VALUES (?, ?)", key)
                self.connection.execute(
                    "INSERT INTO points VALUES (?, ?, ?, ?, ?)", (*key, point.value, point.flags, message[0])
                )


class Carried:
    """``FarReader`` of a server."""

    def __init__(self, connection: sqlite3.Connection, server: InfluxServer) -> None:
        self.connection = connection
        self.server = server

    def look(self, series_id: int, series: Series, start: int, within: Window) -> tuple[int, Note]:
        gone = self.connection.execute(
            "SELECT count(*) FROM superseded WHERE series_id=? AND time<?", (series_id, start)
        ).fetchone()[0]
        clashing = self.connection.execute(
            "SELECT b.boot, m.seq, m.id FROM clashes c JOIN messages m ON m.id=c.message_id"
            " JOIN boots b ON b.id=m.boot_id WHERE b.device=?",
            (series.device,),
        )
        return start, (NEIGHBOURS + gone, {(boot, seq): one for boot, seq, one in clashing})

    def columns(self, note: Note, series: Series, since: int, end: int) -> Columns:
        before, clashing = note
        out = Columns()
        for point in self.server.rows(series, since, end, before):
            out.time.append(point.time)
            out.value.append(point.value)
            out.flags.append(point.flags)
            out.message_id.append(clashing.get((point.boot, point.seq), 0))
        return out

    def count(self) -> int:
        return self.server.count()

    def twice(self) -> int:
        """The server overwrites by key; what is hot beside it was refused or is superseded."""
        return 0

    def faults(self) -> Iterator[str]:
        for count, reason in self.connection.execute("SELECT count(*), reason FROM refused GROUP BY reason"):
            yield f"{count} points stay in the journal because the server refuses them: {reason}"

    def files(self) -> Iterator[Path]:
        return iter(())

    def close(self) -> None:
        self.server.close()


class InfluxStore(SqliteStore):
    """``Store`` whose points are in InfluxDB and whose journal is a SQLite file."""

    def __init__(self, place: InfluxPlace, *, read_only: bool = False) -> None:
        self.path = place.journal
        self.server = InfluxServer(place)

        def carrier(connection: sqlite3.Connection, _rows: Rows) -> Carrier:
            return Carrier(connection, self.server)

        self._open(carrier, lambda connection: Carried(connection, self.server), read_only)

    def make(self) -> None:
        """Create the bucket unless it is there."""
        self.server.make()

    def backup(self, folder: Path) -> None:
        """The journal only; the server has means of its own for its buckets."""
        with explained(self.path):
            super().backup(folder)
