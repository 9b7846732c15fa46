"""The spool's file: made, checked, and set aside when damaged.

1. ``open_database`` opens or makes the file, WAL with ``synchronous=FULL``, capped in pages.
2. A file that fails SQLite's own check, or whose sequences or numbers make no sense (which
   that check cannot notice), is renamed ``….damaged-TIME`` and a new one is made; work goes
   on, and the next thing to do is logged.
3. A file of version 1 had one epoch for all its records: it becomes their opening.  Before version 3
   nobody counted what each sender holds: it is counted once.  Before version 4 there were no originals.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

from contract.batch import RAW, STREAMS
from contract.errors import StoreError
from contract.instant import Clock, format_instant
from gateway.spool.clips import FATES
from gateway.spool.openings import check_openings
from gateway.spool.origins import NOBODY, SAVE, check_sequences
from gateway.spool.records import check_numbers
from gateway.spool.watch.health import TABLE

PAGE_BYTES = 4096
MIN_CAP_BYTES = 256 * PAGE_BYTES
LOG_PAGES = 640
"""Roughly what the write-ahead log may take before its pages are brought home."""
_VERSION = 4
_LOG = logging.getLogger("ecoviv.gateway")

_SCHEMA = """
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE streams(
    stream TEXT PRIMARY KEY, highest INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE openings(
    stream TEXT, epoch TEXT, base INTEGER NOT NULL, committed INTEGER NOT NULL,
    PRIMARY KEY(stream, epoch)) WITHOUT ROWID;
CREATE TABLE records(
    id INTEGER PRIMARY KEY, received INTEGER NOT NULL, topic TEXT NOT NULL, reason TEXT NOT NULL,
    payload BLOB NOT NULL, sender INTEGER, seq INTEGER, checksum INTEGER NOT NULL);
CREATE INDEX records_of_sender ON records(sender, seq) WHERE sender IS NOT NULL;
CREATE TABLE senders(
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL, boot TEXT NOT NULL,
    contiguous INTEGER NOT NULL, islands TEXT NOT NULL, last INTEGER NOT NULL, lost INTEGER,
    checksum INTEGER NOT NULL, stranger INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE(site, device, boot));
CREATE TABLE dropped(
    stream TEXT, first INTEGER, last INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY(stream, first)) WITHOUT ROWID;
CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE parts(
    sha256 TEXT NOT NULL, position INTEGER NOT NULL, content BLOB NOT NULL, sender INTEGER NOT NULL DEFAULT 0,
    UNIQUE(sha256, position));
CREATE TABLE clips(
    sha256 TEXT PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL, size INTEGER NOT NULL,
    parts INTEGER NOT NULL, name TEXT NOT NULL, start TEXT NOT NULL, start_source TEXT NOT NULL,
    state TEXT NOT NULL, file TEXT NOT NULL, taken INTEGER NOT NULL,
    sender INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX clips_by_state ON clips(state, taken);
"""
SIZES = {
    "records": "length({0}payload) + length(CAST({0}topic AS BLOB)) + length(CAST({0}reason AS BLOB)) + 100",
    "parts": "length({0}content) + 200",
    "clips": "400",
}
"""Bytes that a row takes, about, with its share of the indexes; ``{0}`` names the row."""
COUNTING = (
    *(
        f"CREATE TRIGGER {table}_{done} AFTER {act} ON {table} BEGIN UPDATE senders SET"
        f" bytes=bytes{sign}({size.format(row)}) WHERE id=coalesce({row}sender, 0); END"
        for table, size in SIZES.items()
        if table != "records"
        for act, done, sign, row in (("INSERT", "taken", "+", "NEW."), ("DELETE", "given", "-", "OLD."))
    ),
    "CREATE INDEX parts_of_sender ON parts(sender)",
    "CREATE INDEX clips_of_sender ON clips(sender, taken)",
)
"""Statements by which ``senders.bytes`` is what each holds, whoever inserts or deletes sound.

Records, thousands a second, are counted by whoever inserts or deletes them, a sender at a time.
"""
_HELD = " UNION ALL ".join(
    f"SELECT coalesce(sender, 0) AS holder, {size.format('')} AS size FROM {table}"
    for table, size in SIZES.items()
)
COUNT_AGAIN = (
    f"UPDATE senders SET bytes=total FROM (SELECT holder, sum(size) AS total FROM ({_HELD}) GROUP BY holder)"
    " WHERE id=holder"
)
"""The same for what a file of an earlier version held."""


def open_database(path: Path, cap_bytes: int, clock: Clock) -> tuple[sqlite3.Connection, Path | None]:
    """A connection to a sound spool at ``path``, and the damaged one that was set aside, if any.

    ``StoreError`` if it cannot be had.
    """
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        try:
            return _connect(path, cap_bytes), None
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            damaged = set_aside(path, clock, str(error))
            return _connect(path, cap_bytes, restarted=True), damaged
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"The spool {path} cannot be opened: {error}",
            help="Check that the folder exists, is writable and has room, and that no other gateway uses it",
        ) from error


def set_aside(path: Path, clock: Clock, reason: str) -> Path:
    """Rename a damaged spool (and its WAL) so that its name says when."""
    stamp = format_instant(clock.now() // 1_000_000_000 * 1_000_000_000).replace(":", "").replace("-", "")
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    attempt = 1
    while kept.exists():
        attempt += 1
        kept = path.with_name(f"{path.name}.damaged-{stamp}-{attempt}")
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.rename(kept.with_name(kept.name + suffix))
    _LOG.warning(
        "The spool %s is damaged (%s). It was set aside as %s and a new one was made;"
        " check the card or disk, and send that file to whoever looks after the store",
        path,
        reason,
        kept,
    )
    return kept


def _connect(path: Path, cap_bytes: int, *, restarted: bool = False) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o640))  # not every user's to read
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    try:
        _prepare(connection, cap_bytes)
        for statement in (*FATES, TABLE):
            connection.execute(statement)
        connection.execute("INSERT OR REPLACE INTO settings VALUES('cap_bytes', ?)", (str(cap_bytes),))
        if restarted:
            connection.execute("INSERT OR REPLACE INTO counters VALUES('spools_set_aside', 1)")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, cap_bytes: int) -> None:
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-4096")
    connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES * 4 // 5}")
    connection.execute(f"PRAGMA journal_size_limit={LOG_PAGES * PAGE_BYTES}")
    connection.execute(f"PRAGMA max_page_count={max(cap_bytes, MIN_CAP_BYTES) // PAGE_BYTES}")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise StoreError(
            f"The spool was written by a newer version ({version}, this is {_VERSION})",
            help="Install that version of EcoViv again, or start with an empty --state folder",
        )
    if version == 0:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            raise sqlite3.DatabaseError("its version number is gone")
        _create(connection)
        return
    verdict = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    if verdict != ["ok"]:
        raise sqlite3.DatabaseError("; ".join(verdict))
    if version < _VERSION:
        _renew(connection, version)
    check_sequences(connection)
    check_openings(connection, check_numbers(connection))


_OPENINGS = (
    "CREATE TABLE openings(stream TEXT, epoch TEXT, base INTEGER NOT NULL,"
    " committed INTEGER NOT NULL,"
    " PRIMARY KEY(stream, epoch)) WITHOUT ROWID",
    "INSERT INTO openings SELECT stream, value, 0, committed FROM streams, settings"
    " WHERE name='epoch' AND highest>0",
    "ALTER TABLE streams DROP COLUMN committed",
    "DELETE FROM settings WHERE name='epoch'",
)
"""From version 1 to 2."""
_SHARES = tuple(
    f"ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0"
    for table, column in (
        ("senders", "stranger"),
        ("senders", "bytes"),
        ("parts", "sender"),
        ("clips", "sender"),
    )
)
"""From version 2 to 3, before the counting begins; no row is written again, for a full file has no room."""


def _renew(connection: sqlite3.Connection, version: int) -> None:
    """From an earlier ``version``, whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version < 3:
            for statement in (*(_OPENINGS if version == 1 else ()), *_SHARES, *COUNTING):
                connection.execute(statement)
            connection.execute(SAVE, NOBODY)
            connection.execute(COUNT_AGAIN)
        connection.execute("INSERT INTO streams VALUES(?, 0)", (RAW,))
        connection.execute(f"PRAGMA user_version={_VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _create(connection: sqlite3.Connection) -> None:
    statements = [statement for statement in _SCHEMA.split(";") if statement.strip()]
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            connection.execute(statement)
        for statement in COUNTING:
            connection.execute(statement)
        connection.execute(SAVE, NOBODY)
        connection.executemany("INSERT INTO streams VALUES(?, 0)", [(stream,) for stream in STREAMS])
        connection.execute(f"PRAGMA user_version={_VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
