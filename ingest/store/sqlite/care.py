"""Care of a SQLite store and its sealed days: verify, back up, restore.

A backup is a folder like a ``local:`` store: ``hot.db`` and ``sealed/``; it is a copy of
one moment, taken while ingest writes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from contract.errors import StoreError
from contract.wire import payload_hash
from ingest.store.sealed.shelf import Shelf, make_private
from ingest.store.sqlite.blocks import Blocks
from ingest.store.sqlite.elsewhere.protocol import ElsewhereReader
from ingest.store.sqlite.originals.table import Originals
from ingest.store.sqlite.schema import explained

HOT = "hot.db"
SEALED = "sealed"
FETCHED = "fetched"
"""Copies of sealed days that stand on an object store."""

_MANY = 2**31 - 1
"""Findings: by default SQLite ends at the hundredth, which may be a false alarm."""
_NULL = re.compile(r"NULL value in (\w+)\.(\w+)")


def faults(connection: sqlite3.Connection, elsewhere: ElsewhereReader | None) -> Iterator[str]:
    """What is wrong, a sentence each: pages, bytes of messages, the way back, sealed files."""
    yield from _damaged(connection)
    for table in ("points", "detections", "efforts", "aside"):
        lost = connection.execute(
            f"SELECT count(*) FROM {table} t LEFT JOIN messages m ON m.id=t.message_id WHERE m.id IS NULL"
        ).fetchone()[0]
        if lost:
            yield f"{lost} rows of {table} have lost their message"
    yield from _altered(connection)
    yield from Originals(connection).faults()
    if elsewhere is not None:
        yield from elsewhere.faults()


def _damaged(connection: sqlite3.Connection) -> Iterator[str]:
    """What SQLite finds, each finding once.

    SQLite 3.40 calls ``aside.flags`` NULL in every row, as it looks for the column where the
    primary key has its own order; so what it calls NULL is looked at again.
    """
    seen: set[str] = set()
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MANY})"):
        if line == "ok" or line in seen:
            continue
        seen.add(line)
        column = _NULL.fullmatch(line)
        if column is None or _has_null(connection, *column.groups()):
            yield f"SQLite finds: {line}"


def _has_null(connection: sqlite3.Connection, table: str, column: str) -> bool:
    found = connection.execute(f"SELECT 1 FROM {table} WHERE typeof({column})='null' LIMIT 1")
    return found.fetchone() is not None


def _altered(connection: sqlite3.Connection) -> Iterator[str]:
    blocks, wrong = Blocks(connection), 0
    for digest, block_id, position in connection.execute(
        "SELECT digest, block_id, position FROM messages ORDER BY block_id, position"
    ):
        wrong += payload_hash(blocks.read(block_id, position)) != digest
    if wrong:
        yield f"{wrong} messages are not what was received: their SHA-256 differs"


def back_up(connection: sqlite3.Connection, elsewhere: ElsewhereReader | None, folder: Path) -> None:
    """Copy everything, as of one moment, into ``folder``, which must be new or empty."""
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise StoreError(f"{folder} is not empty", help="Give a new folder for each backup")
    connection.execute("BEGIN")
    try:
        files = list(elsewhere.files()) if elsewhere is not None else []
        make_private(folder / HOT)
        with explained(folder / HOT), closing(sqlite3.connect(folder / HOT)) as copy:
            connection.backup(copy)
    finally:
        connection.execute("COMMIT")
    for file in files:
        (folder / SEALED).mkdir(mode=0o750, exist_ok=True)
        shutil.copy2(file, folder / SEALED)


def restore(folder: Path, database: Path, shelf: Shelf | None) -> None:
    """Put the backup in ``folder`` where no store is yet."""
    if not (folder / HOT).is_file():
        raise StoreError(
            f"{folder} is no backup: it has no {HOT}", help="Give the folder of `ecoviv ingest backup`"
        )
    if database.exists():
        raise StoreError(
            f"There is a store at {database} already", help="Move it aside, or restore elsewhere"
        )
    files = list((folder / SEALED).glob("*.parquet"))
    if files and shelf is None:
        raise StoreError(f"{folder} has sealed days", help="Restore it to local:FOLDER")
    unfinished = database.with_name(f".{database.name}.restoring")
    placed: list[str] = []
    folders = [] if shelf is None else [shelf.workplace]
    made = [one for one in (*folders, database.parent) if not one.exists()]
    try:
        make_private(unfinished)
        shutil.copyfile(folder / HOT, unfinished)
        _check_backup(unfinished, folder)
        for file in files:
            if shelf is not None:
                copy = shelf.workplace / f".{file.name}.tmp"
                make_private(copy)
                placed.append(copy.name)
                shutil.copyfile(file, copy)
                placed.append(file.name)
                shelf.put(copy, file.name)
        unfinished.replace(database)
    except BaseException as error:
        for beside in ("", "-wal", "-shm", "-journal"):
            unfinished.with_name(unfinished.name + beside).unlink(missing_ok=True)
        if shelf is not None:
            for name in placed:
                shelf.remove(name)
        for one in made:
            with suppress(OSError):
                one.rmdir()
        if not isinstance(error, OSError):
            raise
        raise StoreError(
            f"{folder} could not be restored: {error}", help="Free space or choose another disk"
        ) from error


def _check_backup(copy: Path, folder: Path) -> None:
    """Raise ``StoreError`` where ``copy``, of the database in ``folder``, or a file it names, is damaged."""
    with explained(folder / HOT), closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        wrong = list(_damaged(connection)) or list(_altered(connection))
        sealed = connection.execute("SELECT file, digest FROM sealed").fetchall()
        connection.execute("PRAGMA journal_mode=WAL")
    for name, digest in sealed:
        file = folder / SEALED / name
        if not file.is_file():
            wrong.append(f"{file} is missing")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            wrong.append(f"{file} is not what was backed up")
    if wrong:
        raise StoreError(f"The backup {folder} is damaged: {wrong[0]}", help="Restore an older backup")
