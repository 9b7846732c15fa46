"""Openings: which epoch a record's number belongs to, however the card was copied meanwhile.

1. The table ``records`` numbers a stream's records without end, on this card only.  What travels
   is a number within an epoch: the row's number less the ``base`` of its opening.
2. An epoch is random and begins with the first record of each opening of the spool.  A card that
   comes back from the past, or a copy of one, so never gives a number out again that ingest knows.
3. Older records, and drops that were not told, keep their epoch and number.
4. Openings of which nothing is held any more are named to ingest still, for it may have lost what
   they sent: the latest ``KEPT`` of each stream.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.batch import MAX_EARLIER, STREAMS, Drop
from gateway.spool.records import number_of, row_id

KEPT = min(250, MAX_EARLIER)
"""Openings of one stream that are named; older ones of which nothing is held are forgotten."""


@dataclass(slots=True)
class Opening:
    """One stream's numbers of one opening."""

    stream: str
    epoch: str
    base: int
    """The row number just before its first record."""
    end: int
    """The row number of its last record."""
    committed: int = 0
    """Ingest has confirmed the numbers up to here."""

    @property
    def highest(self) -> int:
        """The highest number given out."""
        return self.end - self.base


Openings = dict[str, list[Opening]]
"""Those of each stream, oldest first."""


def read_openings(connection: sqlite3.Connection, highest: Mapping[str, int]) -> Openings:
    """All that the spool knows; ``highest``: each stream's highest row number."""
    return {stream: _read(connection, stream, highest[stream]) for stream in STREAMS}


def _read(connection: sqlite3.Connection, stream: str, highest: int) -> list[Opening]:
    rows = connection.execute(
        "SELECT epoch, base, committed FROM openings WHERE stream=? ORDER BY base", (stream,)
    ).fetchall()
    ends = [*(base for _, base, _ in rows), highest][1:]
    return [
        Opening(stream, epoch, base, end, done) for (epoch, base, done), end in zip(rows, ends, strict=True)
    ]


def save(connection: sqlite3.Connection, one: Opening) -> None:
    """Within the caller's transaction."""
    connection.execute(
        "INSERT OR REPLACE INTO openings VALUES(?,?,?,?)", (one.stream, one.epoch, one.base, one.committed)
    )


def begin(connection: sqlite3.Connection, new: Opening, known: Sequence[Opening]) -> list[Opening]:
    """Within the caller's transaction: keep ``new``; which of its stream's ``known`` ones are forgotten."""
    ended = [old for old in known[:-KEPT] if floor(connection, old) > old.highest]
    for old in ended:
        connection.execute("DELETE FROM openings WHERE stream=? AND epoch=?", (old.stream, old.epoch))
    save(connection, new)
    return ended


def divide(connection: sqlite3.Connection, one: Opening, number: int, epoch: str) -> Opening:
    """Within the caller's transaction: what ``one`` holds above ``number`` is of the new ``epoch``."""
    new = Opening(one.stream, epoch, one.base + number, one.end)
    save(connection, new)
    one.end = new.base
    return new


def floor(connection: sqlite3.Connection, one: Opening) -> int:
    """The lowest number still held or still to be told as dropped; ``highest`` + 1 if there is none."""
    low, high = row_id(one.stream, one.base + 1), row_id(one.stream, one.end)
    (held,) = connection.execute(
        "SELECT min(id) FROM records WHERE id BETWEEN ? AND ?", (low, high)
    ).fetchone()
    (told,) = connection.execute(
        "SELECT min(max(first, ?2 + 1)) FROM dropped WHERE stream=?1 AND last>?2 AND first<=?3",
        (one.stream, one.base, one.end),
    ).fetchone()
    rows = [number_of(held)] if held is not None else []
    found: int = min([*rows, *([told] if told is not None else []), one.end + 1])
    return found - one.base


def drops(connection: sqlite3.Connection, one: Opening, limit: int) -> tuple[Drop, ...]:
    """What was given up of ``one`` and ingest does not know of yet, lowest numbers first."""
    rows = connection.execute(
        "SELECT max(first, ?2 + 1) - ?2, min(last, ?3) - ?2, reason FROM dropped"
        " WHERE stream=?1 AND last>?2 AND first<=?3 ORDER BY first LIMIT ?4",
        (one.stream, one.base, one.end, limit),
    )
    return tuple(Drop(first=first, last=last, reason=reason) for first, last, reason in rows)


def forget_drops(connection: sqlite3.Connection, one: Opening, number: int) -> None:
    """Within the caller's transaction: those of ``one`` up to ``number``; a range may reach beyond."""
    low, high = one.base, min(one.base + number, one.end)
    rows = connection.execute(
        "SELECT first, last, reason FROM dropped WHERE stream=? AND last>? AND first<=?",
        (one.stream, low, high),
    ).fetchall()
    for first, last, reason in rows:
        connection.execute("DELETE FROM dropped WHERE stream=? AND first=?", (one.stream, first))
        rest = [(first, low), (high + 1, last)]
        connection.executemany(
            "INSERT INTO dropped VALUES(?,?,?,?)",
            [(one.stream, start, end, reason) for start, end in rest if start <= end],
        )


def check_openings(connection: sqlite3.Connection, highest: Mapping[str, int]) -> None:
    """``sqlite3.DatabaseError`` where the openings of a stream contradict its records."""
    for values in connection.execute("SELECT base, committed FROM openings"):
        if not all(isinstance(value, int) for value in values):
            raise sqlite3.DatabaseError("the numbers of its openings are none")
    for stream, known in read_openings(connection, highest).items():
        for one in known:
            if not (0 <= one.base <= one.end and 0 <= one.committed <= one.highest):
                raise sqlite3.DatabaseError(f"the openings of the stream {stream} contradict each other")
            span = (row_id(stream, one.base + 1), row_id(stream, one.base + one.committed))
            if connection.execute("SELECT 1 FROM records WHERE id BETWEEN ? AND ? LIMIT 1", span).fetchone():
                raise sqlite3.DatabaseError(f"the stream {stream} holds what was confirmed")
        before = connection.execute(
            "SELECT 1 FROM records WHERE id BETWEEN ? AND ? LIMIT 1",
            (row_id(stream, 1), row_id(stream, known[0].base if known else highest[stream])),
        ).fetchone()
        if before:
            raise sqlite3.DatabaseError(f"the stream {stream} holds records of no opening")
