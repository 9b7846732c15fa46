"""What can still be read of a damaged spool that was set aside: its records and its sound.

What ingest has already is absorbed there by its identity.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from contract.reading import MAX_SEQUENCE
from gateway.spool.entry import Entry, Origin
from gateway.spool.records import checksum, damage, is_row_id, legible, stream_of

_CHUNK = 500
_LOG = logging.getLogger("ecoviv.gateway")
_TEXTS = dict.fromkeys(("sha256", "site", "device", "name", "start", "start_source", "state", "file"), str)
_SOUND: dict[str, dict[str, type]] = {
    "parts": {"sha256": str, "position": int, "content": bytes},
    "clips": {**_TEXTS, **dict.fromkeys(("size", "parts", "taken"), int)},
    "fates": {**dict.fromkeys(("sha256", "site", "device", "boot", "name", "state"), str), "changed": int},
}
_ROWS = (
    "SELECT records.id, received, topic, reason, payload, seq, records.checksum, site, device, boot"
    " FROM records LEFT JOIN senders ON senders.id = sender"
)


def readable(path: Path) -> Iterator[list[Entry]]:
    """The records of a damaged spool, from both ends towards the damage, in chunks."""
    connection = _open(path)
    reached, count = -1, 0
    try:
        for query, bound in ((f"{_ROWS} ORDER BY records.id", -1), (f"{_ROWS} ORDER BY records.id DESC", 0)):
            chunk: list[Entry] = []
            for identity, entry in _read(connection, query):
                if bound == 0 and identity <= reached:
                    break
                if bound == -1:
                    reached = identity
                chunk.append(entry)
                count += 1
                if len(chunk) >= _CHUNK:
                    yield chunk
                    chunk = []
            yield chunk
    finally:
        connection.close()
    _LOG.warning("%d messages of %s were read and taken over", count, path)


def take_over_sound(path: Path, connection: sqlite3.Connection) -> None:
    """Clips and pieces of a damaged spool; a changed piece is found out by its clip's SHA-256."""
    with contextlib.closing(_open(path)) as damaged:
        for table, kinds in _SOUND.items():
            marks = ",".join("?" * len(kinds))
            columns = ",".join(kinds)
            rows = _rows(damaged, f"SELECT {columns} FROM {table}")
            connection.executemany(
                f"INSERT OR IGNORE INTO {table}({columns}) VALUES({marks})",
                (row for row in rows if all(map(isinstance, row, kinds.values()))),
            )


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _rows(connection: sqlite3.Connection, query: str) -> Iterator[tuple[object, ...]]:
    """Rows up to the first that cannot be read."""
    try:
        yield from connection.execute(query)
    except sqlite3.Error as error:
        _LOG.warning("The reading stops at damage: %s", error)


def _read(connection: sqlite3.Connection, query: str) -> Iterator[tuple[int, Entry]]:
    """Rows up to the first that cannot be read."""
    for identity, *values in _rows(connection, query):
        if is_row_id(identity):
            yield identity, _entry(stream_of(identity), *values)


def _entry(
    stream: str, received: object, topic: object, reason: object, payload: object, seq: object, check: object,
    site: object, device: object, boot: object,
) -> Entry:  # fmt: skip
    """A row that may hold anything; what was changed says so."""
    sound = checksum(received, topic, reason, payload) == check
    why = str(reason) if sound else damage(reason)
    origin = None
    if isinstance(site, str) and isinstance(device, str) and isinstance(boot, str) and isinstance(seq, int):
        origin = Origin(site, device, boot) if 0 < seq <= MAX_SEQUENCE and sound else None
    at, where, content = legible(received, topic, payload)
    return Entry(stream, at, where, why, content, origin, seq if isinstance(seq, int) and origin else 0)
