"""Points of one series: hot rows and those outside as one, with all their flags.

1. One moment of the database says which hot rows there are and what is outside.
2. Outside rows that are superseded fall out; the rest joins the hot rows in order.
3. With as much of the past as the judgement needs, the series is judged, then cut.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from contract.errors import StoreError
from contract.instant import Window
from contract.reading import Flag
from ingest.quality import NEIGHBOURS, look_back, series_flags
from ingest.store.face import Points, Series
from ingest.store.far import Columns, FarReader
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
    note: Any
    """For the reader of what is outside."""
    since: int
    superseded: set[int]
    clashing: set[int]
    cadence_s: float | None
    sealed: bool


class PointReader:
    """Reads the table ``points`` of one connection, and what is outside."""

    def __init__(self, connection: sqlite3.Connection, far: FarReader | None) -> None:
        self.connection = connection
        self.far = far

    def read(self, series: Series, within: Window) -> Points:
        found = self.connection.execute(
            "SELECT id FROM series WHERE site=? AND device=? AND kind=? AND name=? AND qualifier=?",
            (series.site, series.device, POINT, series.quantity, series.qualifier),
        ).fetchone()
        if found is None:
            return Points(array("q"), array("d"), array("q"))
        for attempt in range(_ATTEMPTS):
            with self._one_moment():
                moment = self._look(found[0], series, within)
            try:
                outside = self._outside(moment, series, within.end)
            except StoreError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return _judged(series, _joined(outside, moment), moment, within)

    def count(self) -> int:
        hot, gone = self.connection.execute(
            "SELECT (SELECT count(*) FROM points), (SELECT count(*) FROM superseded)"
        ).fetchone()
        return int(hot + (self.far.count() - gone if self.far is not None else 0))

    def duplicated(self) -> int:
        """Points stored twice, here or here and outside: must be 0, and is counted."""
        twice = self.connection.execute(
            "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM points p JOIN series s"
            " ON s.id=p.series_id GROUP BY s.site, s.device, s.name, s.qualifier, p.time HAVING n > 1)"
        ).fetchone()[0]
        return int(twice) + (self.far.twice() if self.far is not None else 0)

    def close(self) -> None:
        if self.far is not None:
            self.far.close()

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")

    def _look(self, series_id: int, series: Series, within: Window) -> _Moment:
        start = max(within.start - look_back(series.quantity), _EARLIEST)
        since = self.connection.execute(
            "SELECT coalesce(min(time), ?2) FROM (SELECT time FROM points WHERE series_id=?1 AND time<?2"
            " ORDER BY time DESC LIMIT ?3)",
            (series_id, start, NEIGHBOURS),
        ).fetchone()[0]
        note = None
        if self.far is not None:
            earlier, note = self.far.look(series_id, series, start)
            since = min(since, earlier)
        hot = self.connection.execute(
            "SELECT time, value, flags, message_id FROM points WHERE series_id=? AND time>=? AND time<?"
            " ORDER BY time",
            (series_id, since, within.end),
        ).fetchall()
        superseded = self.connection.execute("SELECT time FROM superseded WHERE series_id=?", (series_id,))
        clashing = self.connection.execute("SELECT message_id FROM clashes")
        cadence = self.connection.execute("SELECT cadence_s FROM cadences WHERE device=?", (series.device,))
        sealed = self.connection.execute("SELECT 1 FROM sealed_series WHERE series_id=?", (series_id,))
        known = cadence.fetchone()
        return _Moment(
            hot,
            note,
            since,
            {time for (time,) in superseded},
            {one for (one,) in clashing},
            known[0] if known else None,
            sealed.fetchone() is not None,
        )

    def _outside(self, moment: _Moment, series: Series, end: int) -> Columns:
        if self.far is not None:
            return self.far.columns(moment.note, series, moment.since, end)
        if moment.sealed:
            raise StoreError("Some days of this store are sealed in files", help="Open it as local:FOLDER")
        return Columns()


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
