"""The rows of the table ``records``: their numbers, their checksums, and how they are read.

1. A row number holds the stream in its top bits and the record's number below: one integer
   key keeps each stream's records together and in order of age.
2. ``row_of`` makes a row; its checksum is over what travels, since SQLite notices a broken
   page, not a changed byte in a value.
3. ``read_batch`` reads rows; what was changed on the disk travels as unreadable, and says so.
4. ``set_aside`` takes out what is too large to travel.
5. ``check_numbers`` finds out a file whose numbers contradict each other.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import zlib
from pathlib import Path
from typing import TypeGuard

from contract.batch import STREAMS, Record, clamped
from gateway.spool.entry import Entry, Origin

_BITS = 56
"""Of a row number, for the record's number in its stream."""
_FIRST = {stream: position << _BITS for position, stream in enumerate(STREAMS)}
_DAMAGED = "the gateway's disk gave back other bytes than were written"
_FRAME_BYTES = 32
"""What a batch adds to a record's payload, topic and reason, at most."""

ASIDE = "too-large"
"""The folder, beside the spool, of records that no broker takes."""
MAX_ASIDE_BYTES = 64 * 2**20
"""In it."""

Row = tuple[int, int, str, str, bytes, int, int, int]
"""(id, received, topic, reason, payload, sender, seq, checksum), as in the table."""
INSERT = "INSERT INTO records VALUES(?,?,?,?,?,?,?,?)"


def row_id(stream: str, number: int) -> int:
    """The row number of the record ``number`` of ``stream``; numbers begin at 1."""
    return _FIRST[stream] + number


def span(stream: str) -> tuple[int, int]:
    """The lowest and the highest row number that a record of ``stream`` can have."""
    return _FIRST[stream] + 1, _FIRST[stream] + (1 << _BITS) - 1


def is_row_id(identity: object) -> TypeGuard[int]:
    """Whether ``identity``, read from a file that may hold anything, can be a row number."""
    return isinstance(identity, int) and 0 <= identity < len(STREAMS) << _BITS


def stream_of(identity: int) -> str:
    """The stream of the row ``identity``."""
    return STREAMS[identity >> _BITS]


def number_of(identity: int) -> int:
    """The number within its stream of the row ``identity``."""
    return identity & ((1 << _BITS) - 1)


def row_of(entry: Entry, number: int, sender: int) -> Row:
    """``entry`` as the row of its stream's record ``number``; ``sender``: id of its sender's row."""
    values = (entry.received, entry.topic, entry.reason, entry.payload)
    return (row_id(entry.stream, number), *values, sender, entry.seq, checksum(*values))


def size_of(row: Row) -> int:
    """Bytes that ``row`` counts for in its sender's share, as ``file.SIZES`` has it."""
    return len(row[4]) + len(row[2].encode()) + len(row[3].encode()) + 100


def checksum(received: object, topic: object, reason: object, payload: object) -> int:
    """CRC-32 over a record's values; damaged ones may have any type."""
    body = payload if isinstance(payload, bytes) else repr(payload).encode()
    return zlib.crc32(body, zlib.crc32(f"{received}|{topic}|{reason}".encode(errors="replace")))


def damage(reason: object) -> str:
    """Why a changed record is unreadable, with the ``reason`` that it had before."""
    return f"{_DAMAGED} ({reason})" if isinstance(reason, str) and reason else _DAMAGED


def legible(received: object, topic: object, payload: object) -> tuple[int, str, bytes]:
    """Values of a record that may have any type, so that it can travel: (received, topic, payload)."""
    return (
        received if isinstance(received, int) and abs(received) < 2**63 else 0,
        topic if isinstance(topic, str) else "",
        payload if isinstance(payload, bytes) else repr(payload).encode(),
    )


def read_batch(
    connection: sqlite3.Connection, stream: str, first: int, last: int, *, limit: int, max_bytes: int
) -> list[Record]:
    """Records of ``stream`` numbered first … last that are still here, ascending.

    At most ``limit`` of them, and no more than ``max_bytes`` together, but always one.
    """
    rows = connection.execute(
        "SELECT id, received, topic, reason, payload, checksum FROM records"
        " WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
        (row_id(stream, first), row_id(stream, last), limit),
    )
    records: list[Record] = []
    size = 0
    for identity, received, topic, reason, payload, check in rows:
        if checksum(received, topic, reason, payload) != check:
            received, topic, payload = legible(received, topic, payload)
            reason = damage(reason)
        size += len(payload) + len(topic) + len(reason) + _FRAME_BYTES
        if records and size > max_bytes:
            break
        records.append(Record(number_of(identity), clamped(received), topic, reason, payload))
    rows.close()
    return records


def set_aside(connection: sqlite3.Connection, beside: Path, identity: int, reason: str) -> Origin:
    """Put the record ``identity``, which can never travel, into ``ASIDE`` in ``beside``; upstream is told.

    Returns whose it was, if anybody's.  Beyond ``MAX_ASIDE_BYTES`` in the folder only its count is kept.
    """
    row = connection.execute("SELECT * FROM records WHERE id=?", (identity,)).fetchone()
    _, received, topic, _, payload, sender, seq, _ = row
    stream, number = stream_of(identity), number_of(identity)
    folder = beside / ASIDE
    folder.mkdir(mode=0o700, exist_ok=True)
    if sum(file.stat().st_size for file in folder.iterdir()) < MAX_ASIDE_BYTES:
        said = {"topic": topic, "received": received, "payload": base64.b64encode(payload).decode()}
        with (folder / f"{stream}-{number}-{received}.json").open("w", encoding="utf-8") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM records WHERE id=?", (identity,))
    connection.execute("INSERT INTO dropped VALUES(?,?,?,?)", (stream, number, number, reason))
    connection.execute(
        "INSERT INTO counters VALUES('too_large', 1) ON CONFLICT(name) DO UPDATE SET value=value+1"
    )
    connection.execute(
        "UPDATE senders SET lost=min(coalesce(lost, ?1), ?1), bytes=bytes-?3 WHERE id=?2",
        (seq, sender, size_of(row)),
    )
    whose = connection.execute("SELECT site, device, boot FROM senders WHERE id=?", (sender,)).fetchone()
    connection.execute("COMMIT")
    return Origin(*whose) if whose else Origin("", "", "")


def check_numbers(connection: sqlite3.Connection) -> dict[str, int]:
    """No record lies above its stream's highest row number; these are returned.

    ``sqlite3.DatabaseError`` if the file was changed behind our back.
    """
    highest = dict(connection.execute("SELECT stream, highest FROM streams").fetchall())
    if set(highest) != set(STREAMS):
        raise sqlite3.DatabaseError("its streams are not ours")
    for stream, number in highest.items():
        if not (isinstance(number, int) and number >= 0):
            raise sqlite3.DatabaseError(f"the numbers of the stream {stream} are none")
        first, last = (_end(connection, end, stream) for end in ("min", "max"))
        if first is not None and last is not None and not 0 < first <= last <= number:
            raise sqlite3.DatabaseError(f"the numbers of the stream {stream} contradict each other")
    return highest


def _end(connection: sqlite3.Connection, end: str, stream: str) -> int | None:
    """The lowest (``min``) or highest (``max``) number of ``stream`` here; None without any."""
    lowest, highest = span(stream)
    query = f"SELECT {end}(id) FROM records WHERE id BETWEEN ? AND ?"
    (identity,) = connection.execute(query, (lowest - 1, highest)).fetchone()
    return None if identity is None else identity - row_id(stream, 0)
