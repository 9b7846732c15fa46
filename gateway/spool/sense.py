"""Whether a spool's numbers make sense: what SQLite's own check cannot notice.

1. The sequences heard from each sensor match their checksum.
2. Each stream's records lie above what is confirmed and not above the highest number given.
"""

from __future__ import annotations

import sqlite3

from contract.batch import STREAMS
from gateway.spool.checksum import of_sender
from gateway.spool.ids import first_id


def check_sense(connection: sqlite3.Connection) -> None:
    """``sqlite3.DatabaseError`` if the file was changed behind our back."""
    for contiguous, islands, check in connection.execute("SELECT contiguous, islands, checksum FROM senders"):
        if of_sender(contiguous, islands) != check:
            raise sqlite3.DatabaseError("the sequences heard from a sensor do not match their checksum")
    rows = connection.execute("SELECT stream, highest, committed FROM streams").fetchall()
    if {row[0] for row in rows} != set(STREAMS):
        raise sqlite3.DatabaseError("its streams are not ours")
    for stream, highest, committed in rows:
        if not (isinstance(highest, int) and isinstance(committed, int) and 0 <= committed <= highest):
            raise sqlite3.DatabaseError(f"the numbers of the stream {stream} are none")
        base = first_id(stream)
        first, last = (_end(connection, end, base) for end in ("min", "max"))
        if first is not None and last is not None and not committed < first - base <= last - base <= highest:
            raise sqlite3.DatabaseError(f"the numbers of the stream {stream} contradict each other")


def _end(connection: sqlite3.Connection, end: str, base: int) -> int | None:
    query = f"SELECT {end}(id) FROM records WHERE id BETWEEN ? AND ?"
    number: int | None = connection.execute(query, (base, base + (1 << 56) - 1)).fetchone()[0]
    return number
