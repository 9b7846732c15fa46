"""Points of one series: hot rows and sealed days as one, with all their flags.

1. One moment of the database says which hot rows and which sealed files there are.
2. Sealed rows that are superseded fall out; the rest joins the hot rows in order.
3. With as much of the past as the judgement needs, the series is judged, then cut.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from contract.errors import StoreError
from contract.instant import DAY, Window
from contract.reading import Flag
from ingest.quality import NEIGHBOURS, look_back, series_flags
from ingest.store.archive import Archive, Columns
from ingest.store.face import Points, Series
from ingest.store.placing import POINT

_EARLIEST = -(2**63)
_IDENTITY = int(Flag.IDENTITY)
_ATTEMPTS = 3
"""A file may be replaced by a sealing between its naming and its reading."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """What one moment of the database says of a series."""

    hot: list[tuple[int, float, int, int]]
    """(time, value, flags, message id), sorted."""
    files: list[str]
    since: int
    superseded: set[int]
    clashing: set[int]
    cadence_s: float | None


class PointReader:
    """Reads the tables ``points`` and ``sealed…`` of one connection, and their files."""

    def __init__(self, connection: sqlite3.Connection, archive: Archive | None) -> None:
        self.connection = connection
        self.archive = archive

    def read(self, series: Series, within: Window) -> Points:
        found = self.connection.execute(
            "SELECT id FROM series WHERE site=? AND device=? AND kind=? AND name=? AND qualifier=?",
            (series.site, series.device, POINT, series.quantity, series.qualifier),
        ).fetchone()
        if found is None:
            return Points(array("q"), array("d"), array("q"))
        for attempt in range(_ATTEMPTS):
            with self._moment():
                moment = self._look(found[0], series, within)
            try:
                columns = self._sealed(moment, series, within.end)
            except StoreError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return _judged(series, _joined(columns, moment), moment, within)

    def duplicated(self) -> int:
        """Points that are both sealed and hot without being superseded: must be 0."""
        twice = self.connection.execute(
            "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM points p JOIN series s"
            " ON s.id=p.series_id GROUP BY s.site, s.device, s.name, s.qualifier, p.time HAVING n > 1)"
        ).fetchone()[0]
        both = self.connection.execute(
            "SELECT d.file, s.site, s.device, s.name, s.qualifier, p.time FROM points p"
            " JOIN sealed d ON d.day=p.time / ? JOIN series s ON s.id=p.series_id"
            " WHERE NOT EXISTS (SELECT 1 FROM superseded u WHERE u.series_id=p.series_id AND u.time=p.time)",
            (DAY,),
        ).fetchall()
        for file in {row[0] for row in both}:
            keys = [(Series(*row[1:5]), row[5]) for row in both if row[0] == file]
            twice += sum(1 for _ in self.archive.at(file, keys)) if self.archive is not None else 0
        return int(twice)

    def close(self) -> None:
        if self.archive is not None:
            self.archive.close()

    @contextmanager
    def _moment(self) -> Iterator[None]:
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")

    def _look(self, series_id: int, series: Series, within: Window) -> _Moment:
        since = self._since(series_id, max(within.start - look_back(series.quantity), _EARLIEST))
        hot = self.connection.execute(
            "SELECT time, value, flags, message_id FROM points WHERE series_id=? AND time>=? AND time<?"
            " ORDER BY time",
            (series_id, since, within.end),
        ).fetchall()
        files = self.connection.execute(
            "SELECT d.file FROM sealed_series x JOIN sealed d ON d.day=x.day"
            " WHERE x.series_id=? AND x.day>=? AND x.day<=? ORDER BY x.day",
            (series_id, since // DAY, within.end // DAY),
        ).fetchall()
        superseded = self.connection.execute("SELECT time FROM superseded WHERE series_id=?", (series_id,))
        clashing = self.connection.execute("SELECT message_id FROM clashes")
        cadence = self.connection.execute("SELECT cadence_s FROM cadences WHERE device=?", (series.device,))
        known = cadence.fetchone()
        return _Moment(
            hot,
            [file for (file,) in files],
            since,
            {time for (time,) in superseded},
            {one for (one,) in clashing},
            known[0] if known else None,
        )

    def _since(self, series_id: int, start: int) -> int:
        """A time before ``start`` such that every point which its judgement needs is after it."""
        hot = self.connection.execute(
            "SELECT min(time) FROM (SELECT time FROM points WHERE series_id=? AND time<?"
            " ORDER BY time DESC LIMIT ?)",
            (series_id, start, NEIGHBOURS),
        ).fetchone()[0]
        oldest = start if hot is None else hot
        enough = 0
        for day, rows, gone in self.connection.execute(
            "SELECT day, rows, (SELECT count(*) FROM superseded u WHERE u.series_id=x.series_id"
            " AND u.time>=x.day*?1 AND u.time<(x.day+1)*?1) FROM sealed_series x"
            " WHERE series_id=?2 AND day<?3 ORDER BY day DESC",
            (DAY, series_id, start // DAY + 1),
        ):
            oldest = min(oldest, day * DAY)
            enough += rows - gone if day < start // DAY else 0
            if enough >= NEIGHBOURS:
                break
        return oldest

    def _sealed(self, moment: _Moment, series: Series, end: int) -> Columns:
        if not moment.files:
            return Columns()
        if self.archive is None:
            raise StoreError("Some days of this store are sealed in files", help="Open it as local:FOLDER")
        return self.archive.columns(moment.files, series, moment.since, end)


def _joined(sealed: Columns, moment: _Moment) -> Columns:
    if not sealed.time:
        return _columns(moment.hot)
    if not moment.hot and not moment.superseded:
        return sealed
    kept = zip(sealed.time, sealed.value, sealed.flags, sealed.message_id, strict=True)
    return _columns(sorted([*(row for row in kept if row[0] not in moment.superseded), *moment.hot]))


def _columns(rows: list[tuple[int, float, int, int]]) -> Columns:
    if not rows:
        return Columns()
    return Columns(
        array("q", [row[0] for row in rows]),
        array("d", [row[1] for row in rows]),
        array("q", [row[2] for row in rows]),
        array("q", [row[3] for row in rows]),
    )


def _judged(series: Series, columns: Columns, moment: _Moment, within: Window) -> Points:
    if moment.clashing:
        for at, message_id in enumerate(columns.message_id):
            if message_id in moment.clashing:
                columns.flags[at] |= _IDENTITY
    flags = series_flags(
        series.quantity, series.qualifier, columns.time, columns.value, columns.flags, moment.cadence_s
    )
    skip = bisect_left(columns.time, within.start)
    return Points(columns.time[skip:], columns.value[skip:], flags[skip:])
