"""Hours of sealed days, worked out once and kept in the manifest beside the day's name.

1. After a sealing, ``DayHours.missing`` names the days of series that have none yet, and
   ``keep`` writes them.
2. ``DayHours.forget`` drops those that a new sealing may have changed.
3. When reading, ``known`` gives those that still hold, ``rest`` what must be read point by point.

The hours of a day depend on its points and on those before that were needed to judge it,
from ``since`` on.  They hold while nothing hot and nothing superseded stands in that span,
and while the rules of judgement are those by which they were made.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from contract.instant import DAY, HOUR, Window
from contract.quantities import QUANTITIES
from ingest.rules.hours import PACKED_BYTES, pack
from ingest.rules.quality import RULES
from ingest.values import Hours

Packed = list[tuple[int, bytes]]
"""(day, packed hours), in the order of the days."""
_FINGERPRINT = hashlib.sha256(repr((RULES, sorted(QUANTITIES.items()))).encode()).hexdigest()[:16]
_DISTURBED = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} t WHERE t.series_id=x.series_id"
    f" AND t.time>=x.since AND t.time<(x.day+1)*{DAY})"
    for table in ("points", "superseded")
)


@dataclass(frozen=True, slots=True)
class DayHours:
    """The columns ``since`` and ``hours`` of the table ``sealed_series``, and the table ``judged``."""

    connection: sqlite3.Connection

    def known(self, series_id: int, within: Window) -> Packed:
        """Of whole days within the window, what still holds."""
        if not self._same_rules():
            return []
        return self.connection.execute(
            f"SELECT day, hours FROM sealed_series x WHERE series_id=? AND day>=? AND day<?"
            f" AND hours IS NOT NULL AND NOT ({_DISTURBED}) ORDER BY day",
            (series_id, -(-within.start // DAY), within.end // DAY),
        ).fetchall()

    def rest(self, series_id: int, within: Window, known: Packed) -> list[Window]:
        """Windows that hold every point not in ``known``."""
        if not known:
            return [within]
        days = set(self._hot_days(series_id, within))
        days.update(
            day
            for (day,) in self.connection.execute(
                "SELECT day FROM sealed_series WHERE series_id=? AND day>=? AND day<?",
                (series_id, within.start // DAY, -(-within.end // DAY)),
            )
        )
        spans = _spans(sorted(days.difference(day for day, _ in known)))
        return [
            Window(max(first * DAY, within.start), min((last + 1) * DAY, within.end)) for first, last in spans
        ]

    def missing(self) -> list[tuple[int, int]]:
        """(series id, day) without hours, of days that could have them."""
        if not self._same_rules():
            self.connection.execute("UPDATE sealed_series SET since=NULL, hours=NULL")
            self.connection.execute("DELETE FROM judged")
            self.connection.execute("INSERT INTO judged VALUES (?)", (_FINGERPRINT,))
        return self.connection.execute(
            f"SELECT series_id, day FROM sealed_series x WHERE hours IS NULL"
            f" AND NOT EXISTS (SELECT 1 FROM points t WHERE t.series_id=x.series_id"
            f" AND t.time>=x.day*{DAY} AND t.time<(x.day+1)*{DAY}) ORDER BY day, series_id"
        ).fetchall()

    def keep(self, series_id: int, day: int, since: int, hours: Hours) -> None:
        """Unless hot or superseded points stand in the span: those may go without a sealing."""
        self.connection.execute(
            "UPDATE sealed_series SET since=?, hours=? WHERE series_id=? AND day=?",
            (since, pack(day, hours), series_id, day),
        )
        self.connection.execute(
            "UPDATE sealed_series AS x SET since=NULL, hours=NULL"
            f" WHERE series_id=? AND day=? AND ({_DISTURBED})",
            (series_id, day),
        )

    def forget(self, series_ids: Iterable[int], day: int) -> None:
        """Drop the hours of later days that were judged by points of ``day``."""
        self.connection.executemany(
            "UPDATE sealed_series SET since=NULL, hours=NULL WHERE series_id=? AND day>? AND since<?",
            [(series_id, day, (day + 1) * DAY) for series_id in series_ids],
        )

    def days_without(self) -> list[int]:
        """Sealed days (since 1970) of which some series has no hours yet."""
        return sorted({day for _, day in self.missing()})

    def _same_rules(self) -> bool:
        return (_FINGERPRINT,) in self.connection.execute("SELECT rules FROM judged").fetchall()

    def _hot_days(self, series_id: int, within: Window) -> Iterable[int]:
        at = within.start
        while at < within.end:
            (time,) = self.connection.execute(
                "SELECT min(time) FROM points WHERE series_id=? AND time>=? AND time<?",
                (series_id, at, within.end),
            ).fetchone()
            if time is None:
                return
            yield time // DAY
            at = (time // DAY + 1) * DAY


def may_hold(hours: bytes | None, time: int) -> bool:
    """Whether a sealed day with these packed ``hours`` may have a point at ``time`` [ns UTC].

    Without hours it may.
    """
    return hours is None or time // HOUR % (DAY // HOUR) in hours[: len(hours) // PACKED_BYTES]


def _spans(days: list[int]) -> list[tuple[int, int]]:
    """(first, last) of runs of days."""
    out: list[tuple[int, int]] = []
    for day in days:
        if out and out[-1][1] == day - 1:
            out[-1] = (out[-1][0], day)
        else:
            out.append((day, day))
    return out
