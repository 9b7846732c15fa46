"""A store of an earlier schema becomes one of today's: a copy first, rows counted on both sides.

1. ``migrate`` copies the file as it is to ``NAME.schema-1`` beside it, unless that is there.
2. In one transaction each step's statements run; whatever they do, every table that was
   there must hold as many rows afterwards as before, or all of it is rolled back.

Steps only add; what they cannot know yet stays empty and is worked out at the next sealing.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from contract.errors import StoreError
from ingest.store.sealed.shelf import make_private
from ingest.store.sqlite.letters import STRANGERS, sender_of

STEPS = {
    1: (
        "ALTER TABLE sealed_series ADD COLUMN first INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE sealed_series ADD COLUMN since INTEGER",
        "ALTER TABLE sealed_series ADD COLUMN hours BLOB",
        "CREATE TABLE judged (rules TEXT PRIMARY KEY) WITHOUT ROWID",
        "UPDATE sealed_series SET first=placed.first FROM (SELECT x.series_id, x.day,"
        " sum(x.rows) OVER (PARTITION BY x.day ORDER BY s.site, s.device, s.name, s.qualifier) - x.rows"
        " AS first FROM sealed_series x JOIN series s ON s.id=x.series_id) placed"
        " WHERE placed.series_id=sealed_series.series_id AND placed.day=sealed_series.day",
    ),
    2: (
        "ALTER TABLE streams ADD COLUMN opening TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE streams ADD COLUMN floor INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE streams ADD COLUMN named INTEGER NOT NULL DEFAULT 0",
        "CREATE TABLE gateways (gateway TEXT PRIMARY KEY, opening TEXT NOT NULL) WITHOUT ROWID",
    ),
    3: (
        "ALTER TABLE dead_letters ADD COLUMN dismissed INTEGER",
        "ALTER TABLE dead_letters ADD COLUMN sender TEXT NOT NULL DEFAULT ''",
        "UPDATE dead_letters SET sender=sender_of(topic)",
        f"UPDATE dead_letters SET sender='{STRANGERS}' WHERE sender GLOB 'device *'"
        " AND substr(sender, 8) NOT IN (SELECT device FROM boots)",
        f"UPDATE dead_letters SET sender='{STRANGERS}' WHERE sender GLOB 'gateway *'"
        " AND substr(sender, 9) NOT IN (SELECT gateway FROM streams)",
        "CREATE TABLE letter_room (sender TEXT PRIMARY KEY, kept INTEGER NOT NULL,"
        " kept_bytes INTEGER NOT NULL, unkept INTEGER NOT NULL, unkept_bytes INTEGER NOT NULL,"
        " first INTEGER, last INTEGER) WITHOUT ROWID",
        "INSERT INTO letter_room SELECT sender, count(*), sum(length(payload)), 0, 0, NULL, NULL"
        " FROM dead_letters WHERE NOT retried GROUP BY 1",
        "CREATE TABLE dismissals (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL,"
        " why TEXT NOT NULL, messages INTEGER NOT NULL, bytes INTEGER NOT NULL)",
        "UPDATE dead_letters SET device=NULL, boot=NULL, seq=NULL WHERE topic NOT GLOB 'ecoviv/1/*/*/*'",
    ),
}
"""Statements that lead from each schema version to the next."""


def migrate(connection: sqlite3.Connection, path: Path, target: int) -> None:
    """Bring the store behind a writing ``connection`` to schema ``target``."""
    connection.create_function("sender_of", 1, sender_of, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version < target:
            _copy(path, path.with_name(f"{path.name}.schema-{version}"))
        before = _counts(connection)
        for step in range(version, target):
            for statement in STEPS[step]:
                connection.execute(statement)
        after = _counts(connection)
        wrong = [table for table, rows in before.items() if after.get(table) != rows]
        if wrong:
            raise StoreError(
                f"{path} was left as it was: bringing it to schema {target} would change {', '.join(wrong)}",
                help=f"Keep using the former EcoViv; its copy is {path.name}.schema-{version}",
            )
        connection.execute(f"PRAGMA user_version={target}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _copy(path: Path, copy: Path) -> None:
    """Whole or not at all: written under another name, then renamed.  Nobody writes meanwhile."""
    if copy.exists():
        return
    unfinished = copy.with_name(f".{copy.name}.tmp")
    unfinished.unlink(missing_ok=True)
    make_private(unfinished)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as made:
        source.backup(made)
    unfinished.replace(copy)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name").fetchall()
    return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in names}


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
