"""The clips' rows in the spool: which pieces are here, which files are whole, which have features.

States of a clip: ``waiting`` for pieces → ``whole`` on disk → ``heard`` once its features
are spooled; or ``bad`` where the pieces do not give its hash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.errors import StoreError
from contract.reading import ClipManifest
from gateway.spool.entry import Entry

_COLUMNS = "sha256, site, device, size, parts, name, start, start_source, state, file"


@dataclass(frozen=True, slots=True)
class Clip:
    """One announced audio file."""

    sha256: str
    site: str
    device: str
    size: int
    """[bytes]"""
    parts: int
    name: str
    start: str
    start_source: str
    state: str
    file: str
    """Its name in the ring; empty until it is whole."""


class ClipTable:
    """Reads and writes the clips of one spool; every write is a transaction of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, sha256: str) -> Clip | None:
        """The clip of this content; None if no manifest announced it."""
        rows = self._clips("WHERE sha256=?", sha256)
        return rows[0] if rows else None

    def unfinished(self) -> list[Clip]:
        """Announced and not yet whole, oldest first."""
        return self._clips("WHERE state IN ('waiting', 'bad') ORDER BY taken")

    def without_features(self, limit: int) -> list[Clip]:
        """Whole, and their features not yet here: at most ``limit``, oldest first."""
        return self._clips("WHERE state='whole' ORDER BY taken LIMIT ?", limit)

    def evictable(self) -> list[Clip]:
        """Files of the ring in the order in which they may go: those with features first, then by age."""
        return self._clips("WHERE state IN ('heard', 'whole') ORDER BY state='whole', taken LIMIT 64")

    def ring_bytes(self) -> int:
        """What the whole files on disk take together [bytes]."""
        (size,) = self._connection.execute(
            "SELECT coalesce(sum(size), 0) FROM clips WHERE state IN ('heard', 'whole')"
        ).fetchone()
        return int(size)

    def parts_here(self, sha256: str) -> int:
        """How many of a clip's pieces are here."""
        (count,) = self._connection.execute("SELECT count(*) FROM parts WHERE sha256=?", (sha256,)).fetchone()
        return int(count)

    def contents(self, sha256: str) -> Iterator[bytes]:
        """The pieces in order."""
        rows = self._connection.execute(
            "SELECT content FROM parts WHERE sha256=? ORDER BY position", (sha256,)
        )
        return (content for (content,) in rows)

    def mark(self, sha256: str, state: str, *, file: str = "", counter: str) -> None:
        """The pieces have become a file, or are given up; count it."""
        with self._transaction():
            self._connection.execute("DELETE FROM parts WHERE sha256=?", (sha256,))
            self._connection.execute("UPDATE clips SET state=?, file=? WHERE sha256=?", (state, file, sha256))
            self._count(counter)

    def remove(self, sha256: str, counter: str) -> None:
        """The clip's file has left the ring; count it."""
        with self._transaction():
            self._connection.execute("DELETE FROM clips WHERE sha256=?", (sha256,))
            self._count(counter)

    def _clips(self, where: str, *arguments: object) -> list[Clip]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM clips {where}", arguments)
        return [Clip(*row) for row in rows]

    def _count(self, counter: str) -> None:
        self._connection.execute(
            "INSERT INTO counters VALUES(?, 1) ON CONFLICT(name) DO UPDATE SET value=value+1", (counter,)
        )

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)


_PART = (
    "INSERT OR IGNORE INTO parts(sha256, position, content, sender) SELECT ?1, ?2, ?3, ?4"
    " WHERE NOT EXISTS (SELECT 1 FROM clips WHERE sha256=?1 AND state IN ('whole', 'heard'))"
)
_CLIP = (
    "INSERT INTO clips VALUES(?,?,?,?,?,?,?,?,'waiting','',?,?) ON CONFLICT(sha256) DO UPDATE SET"
    " size=excluded.size, parts=excluded.parts WHERE state='bad'"
)


def insert_sound(connection: sqlite3.Connection, entries: Sequence[tuple[Entry, int]]) -> None:
    """Within the caller's transaction: pieces, manifests, and clips whose features came.

    Beside each entry the id of its sender's row.
    """
    if not entries:
        return
    parts = [
        (entry.part.sha256, entry.part.index, entry.part.content, sender)
        for entry, sender in entries
        if entry.part
    ]
    manifests = [(entry.manifest, entry.received, sender) for entry, sender in entries if entry.manifest]
    connection.executemany(_PART, parts)
    connection.executemany(_CLIP, [_clip_row(*manifest) for manifest in manifests])
    connection.executemany(
        "UPDATE clips SET state='heard' WHERE sha256=? AND state='whole'",
        [(entry.features_of,) for entry, _ in entries if entry.features_of],
    )


def _clip_row(
    manifest: ClipManifest, received: int, sender: int
) -> tuple[str, str, str, int, int, str, str, str, int, int]:
    return (
        manifest.sha256, manifest.site, manifest.device, manifest.size, manifest.parts, manifest.name,
        manifest.start.isoformat(), manifest.start_source, received, sender,
    )  # fmt: skip


class _Transaction:
    """Commit at the end, roll back on an error, which becomes a ``StoreError``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
                return
        except sqlite3.Error as failure:
            error = failure
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise StoreError(
                f"The spool cannot note a clip: {error}", help="Free room on its disk"
            ) from error
