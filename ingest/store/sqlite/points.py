"""Points of one series: hot rows and those elsewhere as one, with all their flags.

1. One moment of the database says which hot rows there are and what is elsewhere.
2. Rows elsewhere that are superseded fall out; the rest joins the hot rows in order.
3. With as much of the past as the judgement needs, the series is judged, then cut.
4. Hours are made of those points, but for the sealed days whose hours are known.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

from contract.errors import StoreError
from contract.instant import DAY, HOUR, Window
from contract.reading import Flag
from ingest.rules.hours import hours_of, joined, no_hours, unpack
from ingest.rules.placing import POINT
from ingest.rules.quality import NEIGHBOURS, look_back, series_flags
from ingest.store.sqlite.elsewhere.day_hours import DayHours, Packed
from ingest.store.sqlite.elsewhere.protocol import ElsewhereReader
from ingest.values import Columns, Hours, Points, Series

_EARLIEST = -(2**63)
_IDENTITY = int(Flag.IDENTITY)
_AT_ONCE = 400
_Row = tuple[int, float, int, int]
"""(time, value, flags, message id)"""
_ATTEMPTS = 3
"""A file may be replaced by a sealing between its naming and its reading."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """What one moment of the database says of a series."""

    hot: Columns
    located: Any
    """For the reader of what is elsewhere."""
    start: int
    """From here on every point is needed, and ``NEIGHBOURS`` before."""
    since: int
    """From here on rows are read."""
    superseded: set[int]
    clashing: set[int]
    cadence_s: float | None
    sealed: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """Points of a window, and from when on a point could change how they are judged."""

    points: Points
    since: int


class PointReader:
    """Reads the table ``points`` of one connection, and what is elsewhere."""

    def __init__(self, connection: sqlite3.Connection, elsewhere: ElsewhereReader | None) -> None:
        self.connection = connection
        self.elsewhere = elsewhere

    def read(self, series: Series, within: Window) -> Points:
        """One series within the window, with all flags."""
        series_id = self._id(series)
        if series_id is None:
            return Points(array("q"), array("d"), array("q"))
        return self._read(series_id, series, lambda: [within])[0].points

    def hours(self, series: Series, within: Window) -> Hours:
        """The same by whole hours UTC; sealed days answer from the manifest where it still holds."""
        series_id = self._id(series)
        if series_id is None:
            return no_hours()
        days = DayHours(self.connection)
        known: Packed = []

        def rest() -> list[Window]:
            known[:] = days.known(series_id, within)
            return days.rest(series_id, within, known)

        parts = [hours_of(judged.points) for judged in self._read(series_id, series, rest)]
        return _woven(known, parts)

    def judged(self, series_id: int, series: Series, within: Window) -> Judged:
        """One series within the window, in the caller's transaction."""
        moment = self._look(series_id, series, within)
        return _judged(series, self._elsewhere(moment, series, within.end), moment, within)

    def work_out_hours(self, day: int) -> None:
        """For every series of the sealed ``day`` (since 1970) that has none: judged as any reader
        would.  Within the caller's transaction."""
        days, window = DayHours(self.connection), Window(day * DAY, (day + 1) * DAY)
        for series_id, _ in [one for one in days.missing() if one[1] == day]:
            judged = self.judged(series_id, self._series(series_id), window)
            days.keep(series_id, day, judged.since, hours_of(judged.points))

    def count(self) -> int:
        """Points that count, hot or elsewhere."""
        hot, gone = self.connection.execute(
            "SELECT (SELECT count(*) FROM points), (SELECT count(*) FROM superseded)"
        ).fetchone()
        return int(hot + (self.elsewhere.count() - gone if self.elsewhere is not None else 0))

    def duplicated(self) -> int:
        """Points stored twice, here or here and elsewhere: must be 0, and is counted."""
        twice = self.connection.execute(
            "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM points p JOIN series s"
            " ON s.id=p.series_id GROUP BY s.site, s.device, s.name, s.qualifier, p.time HAVING n > 1)"
        ).fetchone()[0]
        return int(twice) + (self.elsewhere.duplicated() if self.elsewhere is not None else 0)

    def close(self) -> None:
        """Release what is held elsewhere; the connection is the caller's."""
        if self.elsewhere is not None:
            self.elsewhere.close()

    def _id(self, series: Series) -> int | None:
        found = self.connection.execute(
            "SELECT id FROM series WHERE site=? AND device=? AND kind=? AND name=? AND qualifier=?",
            (series.site, series.device, POINT, series.quantity, series.qualifier),
        ).fetchone()
        return None if found is None else int(found[0])

    def _series(self, series_id: int) -> Series:
        return Series(
            *self.connection.execute(
                "SELECT site, device, name, qualifier FROM series WHERE id=?", (series_id,)
            ).fetchone()
        )

    def _read(self, series_id: int, series: Series, choose: Callable[[], Sequence[Window]]) -> list[Judged]:
        """The windows that ``choose`` names, all of one moment."""
        for attempt in range(_ATTEMPTS):
            with self._one_moment():
                windows = choose()
                moments = [self._look(series_id, series, window) for window in windows]
            try:
                found = [
                    self._elsewhere(moment, series, window.end)
                    for moment, window in zip(moments, windows, strict=True)
                ]
            except StoreError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return [
            _judged(series, columns, moment, window)
            for columns, moment, window in zip(found, moments, windows, strict=True)
        ]

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")

    def _look(self, series_id: int, series: Series, within: Window) -> _Moment:
        start = self._start(series_id, within.start, look_back(series.quantity))
        since = self.connection.execute(
            "SELECT coalesce(min(time), ?2) FROM (SELECT time FROM points WHERE series_id=?1 AND time<?2"
            " ORDER BY time DESC LIMIT ?3)",
            (series_id, start, NEIGHBOURS),
        ).fetchone()[0]
        located = None
        if self.elsewhere is not None:
            earlier, located = self.elsewhere.locate(series_id, series, start, within)
            since = min(since, earlier)
        hot = self.connection.execute(
            "SELECT time, value, flags, message_id FROM points WHERE series_id=? AND time>=? AND time<?"
            " ORDER BY time",
            (series_id, since, within.end),
        )
        superseded = self.connection.execute("SELECT time FROM superseded WHERE series_id=?", (series_id,))
        clashing = self.connection.execute("SELECT message_id FROM clashes")
        cadence = self.connection.execute("SELECT cadence_s FROM cadences WHERE device=?", (series.device,))
        sealed = self.connection.execute("SELECT 1 FROM sealed_series WHERE series_id=?", (series_id,))
        known = cadence.fetchone()
        return _Moment(
            _columns(hot),
            located,
            start,
            since,
            {time for (time,) in superseded},
            {one for (one,) in clashing},
            known[0] if known else None,
            sealed.fetchone() is not None,
        )

    def _start(self, series_id: int, start: int, back: int) -> int:
        """Back to the last change of value, or by ``back`` where there is none: no run is longer."""
        earliest = max(start - back, _EARLIEST)
        if not back:
            return earliest
        change = self.connection.execute(
            "SELECT p.time FROM points p JOIN (SELECT value FROM points WHERE series_id=?1 AND time>=?2"
            " AND time<?3 ORDER BY time DESC LIMIT 1) latest WHERE p.series_id=?1 AND p.time>=?2"
            " AND p.time<?3 AND p.value<>latest.value ORDER BY p.time DESC LIMIT 1",
            (series_id, earliest, start),
        ).fetchone()
        return earliest if change is None else int(change[0])

    def _elsewhere(self, moment: _Moment, series: Series, end: int) -> Columns:
        if self.elsewhere is not None:
            return self.elsewhere.columns(moment.located, series, moment.since, end)
        if moment.sealed:
            raise StoreError("Some days of this store are sealed in files", help="Open it as local:FOLDER")
        return Columns()


def _joined(sealed: Columns, moment: _Moment) -> Columns:
    hot = moment.hot
    if not sealed.time:
        return hot
    if not hot.time and not moment.superseded:
        return sealed
    kept = (row for row in _rows(sealed) if row[0] not in moment.superseded)
    return _columns(iter(sorted([*kept, *_rows(hot)])))


def _rows(columns: Columns) -> Iterator[_Row]:
    return zip(columns.time, columns.value, columns.flags, columns.message_id, strict=True)


def _columns(rows: Iterator[_Row]) -> Columns:
    """A few hundred at a time: so many tuples at once would call the garbage collector."""
    out = Columns()
    while some := list(islice(rows, _AT_ONCE)):
        out.time.extend([row[0] for row in some])
        out.value.extend([row[1] for row in some])
        out.flags.extend([row[2] for row in some])
        out.message_id.extend([row[3] for row in some])
    return out


def _woven(known: Packed, parts: Sequence[Hours]) -> Hours:
    """Known days and the rest between them, in order."""
    out: list[Hours] = []
    at = 0
    for part in parts:
        if part.hour:
            day = part.hour[0] * HOUR // DAY
            until = bisect_left(known, day, at, key=itemgetter(0))
            out += [unpack(known[at:until]), part]
            at = until
    return joined([*out, unpack(known[at:])])


def _judged(series: Series, elsewhere: Columns, moment: _Moment, within: Window) -> Judged:
    columns = _joined(elsewhere, moment)
    if moment.clashing:
        for at, message_id in enumerate(columns.message_id):
            if message_id in moment.clashing:
                columns.flags[at] |= _IDENTITY
    flags = series_flags(
        series.quantity, series.qualifier, columns.time, columns.value, columns.flags, moment.cadence_s
    )
    skip = bisect_left(columns.time, within.start)
    since = moment.since if bisect_left(columns.time, moment.start) >= NEIGHBOURS else _EARLIEST
    return Judged(
        Points(columns.time[skip:], columns.value[skip:], flags[skip:]),
        elsewhere.time[0] if elsewhere.enough else since,
    )
