"""The tables of the SQLite store, how a file is opened, and what its failures mean.

1. ``messages``: one row per distinct (device, boot, sequence, content); the bytes lie in
   ``blocks``, compressed together.
2. ``points``, ``detections``, ``efforts``: unique by (series, time); ``aside`` holds every
   further candidate for a taken place.
3. ``streams``, ``ranges``, ``drops``, ``days``: what each gateway sent and what arrived.
4. ``dead_letters``: what nobody could read, whole; ``letter_room``: what of it each sender has, and what
   was not kept; ``dismissals``: who let which go.
5. ``carried``, ``refused``: what went to a server, and what the server would not take.
6. ``sealed``, ``sealed_series``, ``superseded``: the manifest of days that moved to files, with
   the hours of each series and, in ``judged``, the rules by which they were judged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.errors import StoreError
from ingest.store.protocol import StoreBusy
from ingest.store.sealed.shelf import make_private
from ingest.store.sqlite.migrating import migrate

SCHEMA_VERSION = 4
_APPLICATION_ID = 0x45565331
"""``EVS1``"""
BUSY_TIMEOUT_S = 5.0

_SCHEMA = """
CREATE TABLE series (
  id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, site TEXT NOT NULL, device TEXT NOT NULL,
  name TEXT NOT NULL, qualifier TEXT NOT NULL, UNIQUE (site, device, kind, name, qualifier));
CREATE TABLE cadences (device TEXT PRIMARY KEY, cadence_s REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE boots (
  id INTEGER PRIMARY KEY, device TEXT NOT NULL, boot TEXT NOT NULL,
  source INTEGER, seq INTEGER, digest BLOB, offset INTEGER, UNIQUE (device, boot));
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, boot_id INTEGER NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL,
  kind INTEGER NOT NULL, stream_id INTEGER NOT NULL, received INTEGER NOT NULL,
  time INTEGER, uptime_ms INTEGER, doubt INTEGER NOT NULL, placed INTEGER, flags INTEGER NOT NULL,
  block_id INTEGER NOT NULL, position INTEGER NOT NULL);
CREATE INDEX messages_identity ON messages (boot_id, seq);
CREATE TABLE blocks (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE clashes (message_id INTEGER PRIMARY KEY);
CREATE TABLE points (
  series_id INTEGER, time INTEGER, value REAL NOT NULL, flags INTEGER NOT NULL,
  message_id INTEGER NOT NULL, PRIMARY KEY (series_id, time)) WITHOUT ROWID;
CREATE TABLE detections (
  series_id INTEGER, time INTEGER, value REAL NOT NULL, flags INTEGER NOT NULL,
  message_id INTEGER NOT NULL, threshold REAL NOT NULL, PRIMARY KEY (series_id, time)) WITHOUT ROWID;
CREATE TABLE efforts (
  series_id INTEGER, time INTEGER, value REAL NOT NULL, flags INTEGER NOT NULL,
  message_id INTEGER NOT NULL, valid_s REAL NOT NULL, threshold REAL NOT NULL, firmware TEXT NOT NULL,
  PRIMARY KEY (series_id, time)) WITHOUT ROWID;
CREATE TABLE aside (
  series_id INTEGER, time INTEGER, message_id INTEGER, value REAL, flags INTEGER NOT NULL,
  extra TEXT NOT NULL, PRIMARY KEY (series_id, time, message_id, value, extra)) WITHOUT ROWID;
CREATE TABLE sealed (
  day INTEGER PRIMARY KEY, file TEXT NOT NULL, digest TEXT NOT NULL, rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL);
CREATE TABLE sealed_series (
  series_id INTEGER, day INTEGER, rows INTEGER NOT NULL, first INTEGER NOT NULL DEFAULT 0,
  since INTEGER, hours BLOB, PRIMARY KEY (series_id, day)) WITHOUT ROWID;
CREATE TABLE judged (rules TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE superseded (series_id INTEGER, time INTEGER, PRIMARY KEY (series_id, time)) WITHOUT ROWID;
CREATE TABLE carried (series_id INTEGER PRIMARY KEY, latest INTEGER NOT NULL);
CREATE TABLE refused (
  series_id INTEGER, time INTEGER, reason TEXT NOT NULL, PRIMARY KEY (series_id, time)) WITHOUT ROWID;
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, received INTEGER NOT NULL, stream_id INTEGER,
  topic TEXT NOT NULL, reason TEXT NOT NULL, device TEXT, boot TEXT, seq INTEGER, payload BLOB NOT NULL,
  retried INTEGER NOT NULL DEFAULT 0, dismissed INTEGER, sender TEXT NOT NULL DEFAULT '');
CREATE TABLE letter_room (
  sender TEXT PRIMARY KEY, kept INTEGER NOT NULL, kept_bytes INTEGER NOT NULL, unkept INTEGER NOT NULL,
  unkept_bytes INTEGER NOT NULL, first INTEGER, last INTEGER) WITHOUT ROWID;
CREATE TABLE dismissals (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,
  messages INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE streams (
  id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, stream TEXT NOT NULL, epoch TEXT NOT NULL,
  highest INTEGER NOT NULL, opening TEXT NOT NULL DEFAULT '', floor INTEGER NOT NULL DEFAULT 1,
  named INTEGER NOT NULL DEFAULT 0, UNIQUE (gateway, stream, epoch));
CREATE TABLE gateways (gateway TEXT PRIMARY KEY, opening TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ranges (
  stream_id INTEGER, first INTEGER, last INTEGER NOT NULL, PRIMARY KEY (stream_id, first)) WITHOUT ROWID;
CREATE TABLE drops (
  stream_id INTEGER, first INTEGER, last INTEGER, reason TEXT NOT NULL,
  PRIMARY KEY (stream_id, first, last)) WITHOUT ROWID;
CREATE TABLE days (
  stream_id INTEGER, day INTEGER, stored INTEGER NOT NULL, unreadable INTEGER NOT NULL,
  repeats INTEGER NOT NULL, PRIMARY KEY (stream_id, day)) WITHOUT ROWID;
"""


def open_writer(path: Path) -> sqlite3.Connection:
    """A durable connection; the file is made if it is not there."""
    with explained(path):
        make_private(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-8192")
        connection.execute("PRAGMA wal_autocheckpoint=4000")
        _prepare(connection, path)
        return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write and never waits for a writer."""
    if not path.exists():
        raise StoreError(
            f"There is no store at {path}", help="Check --store, or start `ecoviv ingest run` first"
        )
    with explained(path):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        _check(connection, path)
        if _version(connection) < SCHEMA_VERSION:
            raise StoreError(
                f"The store {path} was written by an earlier EcoViv: schema {_version(connection)},"
                f" not {SCHEMA_VERSION}",
                help="Run `ecoviv ingest init --store …` once, or start `ecoviv ingest run`;"
                " a copy is kept beside it",
            )
        return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's failures as ``StoreError``; ``StoreBusy`` where waiting may help."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise StoreBusy(
                f"The store {path} is locked by another program", help="Waiting for it"
            ) from error
        if "full" in text:
            raise StoreBusy(
                f"The disk of {path} is full", help="Free some space; ingest then goes on"
            ) from error
        raise StoreError(
            f"The store {path} cannot be used: {text}", help="Check that the folder exists and is writable"
        ) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} is damaged or is no EcoViv store: {error}",
            help="Move the file aside and restore a backup, or give another --store",
        ) from error
    except OSError as error:
        raise StoreError(
            f"The store {path} cannot be used: {error}", help="Give a writable folder"
        ) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if _version(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) == 0:
                _create(connection, path)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    _check(connection, path)
    if _version(connection) < SCHEMA_VERSION:
        migrate(connection, path, SCHEMA_VERSION)


def _create(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError(f"{path} is another program's database", help="Give another --store")
    for statement in _SCHEMA.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    if owner != _APPLICATION_ID:
        raise StoreError(f"{path} is no EcoViv store", help="Give another --store")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"The store {path} was written by a newer EcoViv:"
            f" schema {version}, this one knows {SCHEMA_VERSION}",
            help="Update EcoViv on this machine",
        )
