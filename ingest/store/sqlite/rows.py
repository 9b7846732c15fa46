"""Rows into their places: unique by (series, time), whatever arrives first.

1. ``Rows.place`` inserts, sorted by series and time, so that neighbours share a page; where
   nothing was there before, that is all.
2. A taken place is contested: the candidate with the best rank is shown, every other is
   kept aside.  The rank knows nothing of receipt: an undoubted clock first, then boot,
   sequence, content.  So shuffled arrivals end in the same state.
3. ``Rows.withdraw`` takes a message's rows out again (its clock was corrected) and shows
   the best of those aside.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from contract.reading import Flag
from ingest.rules.placing import DETECTION, EFFORT, POINT, Row, SeriesKey

TABLES = {POINT: "points", DETECTION: "detections", EFFORT: "efforts"}
_EXTRAS: dict[int, tuple[str, ...]] = {
    POINT: (),
    DETECTION: ("threshold",),
    EFFORT: ("valid_s", "threshold", "firmware"),
}
_VALUES = 7_000
"""Bound by one statement, where SQLite takes so many (before 3.32: 999); more is not faster."""
_DOUBT = int(Flag.CLOCK | Flag.REANCHORED)
_INTO = {kind: f"INSERT INTO {table} VALUES" for kind, table in TABLES.items()}
_UNLESS = "ON CONFLICT DO NOTHING"
_INSERT = {
    kind: f"{into} ({', '.join('?' * (5 + len(_EXTRAS[kind])))}) {_UNLESS}" for kind, into in _INTO.items()
}
_HOLDER = {
    kind: f"SELECT {', '.join(('value', 'flags', 'message_id', *_EXTRAS[kind]))} FROM {table}"
    " WHERE series_id=? AND time=?"
    for kind, table in TABLES.items()
}
Values = tuple[Any, ...]
"""(series id, time, value, flags, message id, *extra), as in the table."""


@dataclass(slots=True)
class Rows:
    """The tables of points, detections, efforts and what is kept aside."""

    connection: sqlite3.Connection
    bring_back: Callable[[Iterable[tuple[int, int]]], None] | None = None
    """Makes points (series id, time) that live elsewhere hot again, before they are contested."""
    _series: dict[SeriesKey, int] = field(default_factory=dict)

    def forget(self) -> None:
        """After a transaction that was rolled back."""
        self._series.clear()

    def place(self, messages: Iterable[tuple[int, Sequence[Row]]], points: Iterable[Values] = ()) -> None:
        """The rows of messages (id, rows), and ``points``, each into its place, or aside."""
        batches: dict[int, list[Values]] = {POINT: [*points], DETECTION: [], EFFORT: []}
        for message_id, rows in messages:
            for key, time, value, flags, extra in rows:
                batches[key[0]].append((self.series_id(key), time, value, flags, message_id, *extra))
        if batches[POINT] and self.bring_back is not None:
            self.bring_back((values[0], values[1]) for values in batches[POINT])
        for kind, batch in batches.items():
            batch.sort()
            if batch and insert_many(self.connection, _INTO[kind], batch, _UNLESS) != len(batch):
                for values in batch:
                    self._contest(kind, values)

    def withdraw(self, message_id: int, rows: Iterable[Row]) -> None:
        """Take out what ``place`` did for these rows of one message."""
        for key, time, *_ in rows:
            kind, place = key[0], (self.series_id(key), time)
            if kind == POINT and self.bring_back is not None:
                self.bring_back([place])
            gone = self.connection.execute(
                f"DELETE FROM {TABLES[kind]} WHERE series_id=? AND time=? AND message_id=?",
                (*place, message_id),
            )
            self.connection.execute(
                "DELETE FROM aside WHERE series_id=? AND time=? AND message_id=?", (*place, message_id)
            )
            if gone.rowcount:
                self._promote(kind, *place)

    def series_id(self, key: SeriesKey) -> int:
        """The row id of a series, made if new."""
        known = self._series.get(key)
        if known is not None:
            return known
        kind, site, device, name, qualifier = key
        found = self.connection.execute(
            "SELECT id FROM series WHERE site=? AND device=? AND kind=? AND name=? AND qualifier=?",
            (site, device, kind, name, qualifier),
        ).fetchone()
        if found is None:
            made = self.connection.execute(
                "INSERT INTO series (kind, site, device, name, qualifier) VALUES (?, ?, ?, ?, ?)", key
            )
            self._series[key] = int(made.lastrowid or 0)
        else:
            self._series[key] = int(found[0])
        return self._series[key]

    def _contest(self, kind: int, values: Values) -> None:
        series_id, time = values[0], values[1]
        held = self.connection.execute(_HOLDER[kind], (series_id, time)).fetchone()
        holder: Values = (series_id, time, *held)
        if holder == values:
            return
        if self._rank(values) < self._rank(holder):
            self.connection.execute(
                f"DELETE FROM {TABLES[kind]} WHERE series_id=? AND time=?", (series_id, time)
            )
            self.connection.execute(_INSERT[kind], values)
            self._set_aside(holder)
        else:
            self._set_aside(values)

    def _set_aside(self, values: Values) -> None:
        series_id, time, value, flags, message_id, *extra = values
        self.connection.execute(
            "INSERT OR IGNORE INTO aside (series_id, time, message_id, value, flags, extra)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (series_id, time, message_id, value, flags, json.dumps(extra)),
        )

    def _promote(self, kind: int, series_id: int, time: int) -> None:
        waiting = self.connection.execute(
            "SELECT value, flags, message_id, extra FROM aside WHERE series_id=? AND time=?",
            (series_id, time),
        ).fetchall()
        if not waiting:
            return
        best = min(
            (
                (series_id, time, value, flags, message_id, *json.loads(extra))
                for value, flags, message_id, extra in waiting
            ),
            key=self._rank,
        )
        self.connection.execute(_INSERT[kind], best)
        self.connection.execute(
            "DELETE FROM aside WHERE series_id=? AND time=? AND message_id=? AND value=? AND extra=?",
            (series_id, time, best[4], best[2], json.dumps(list(best[5:]))),
        )

    def _rank(self, values: Values) -> tuple[Any, ...]:
        _, _, value, flags, message_id, *extra = values
        boot, seq, digest = self.connection.execute(
            "SELECT b.boot, m.seq, m.digest FROM messages m JOIN boots b ON b.id = m.boot_id WHERE m.id=?",
            (message_id,),
        ).fetchone()
        return (flags & _DOUBT != 0, boot, seq, digest, value, json.dumps(extra))


def insert_many(
    connection: sqlite3.Connection, into: str, rows: Sequence[tuple[Any, ...]], unless: str = ""
) -> int:
    """``into`` (INSERT INTO table VALUES), then ``rows``, then ``unless``: how many were written.

    Some thousand values a statement: half the calls into SQLite for the same rows.  They are all as
    wide as the first.
    """
    if not rows:
        return 0
    width = len(rows[0])
    at_once = min(_VALUES, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)) // width
    one = f"({', '.join('?' * width)})"
    many = f"{into} {', '.join([one] * at_once)} {unless}"
    whole = len(rows) - len(rows) % at_once
    written = 0
    for first in range(0, whole, at_once):
        values = list(chain.from_iterable(rows[first : first + at_once]))
        written += connection.execute(many, values).rowcount
    if whole < len(rows):
        written += connection.executemany(f"{into} {one} {unless}", rows[whole:]).rowcount
    return written
