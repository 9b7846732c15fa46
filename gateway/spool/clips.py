"""The clips' rows in the spool: which pieces are here, which files are whole, which have features.

1. States of a clip: ``waiting`` for pieces → ``whole`` on disk → ``heard`` once its features
   are spooled; or ``bad`` where the pieces do not give its hash.
2. The table ``fates`` remembers who announced a clip and what became of it, also when its file is
   gone: a clip that has a fate and no row, and was not heard, was evicted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.batch import CLIP_DAMAGED, CLIP_EVICTED, CLIP_HEARD, CLIP_WAITING
from contract.errors import StoreError
from contract.instant import SECOND
from contract.reading import ClipManifest
from gateway.spool.entry import Entry, Origin
from gateway.spool.wiping import wiping

FATES = (
    "CREATE TABLE IF NOT EXISTS fates(id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE,"
    " site TEXT NOT NULL, device TEXT NOT NULL, boot TEXT NOT NULL, name TEXT NOT NULL,"
    " state TEXT NOT NULL, changed INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS fates_of_boot ON fates(boot, changed)",
    "CREATE INDEX IF NOT EXISTS fates_changed ON fates(changed)",
    "CREATE INDEX IF NOT EXISTS fates_waiting ON fates(sha256) WHERE state='waiting'",
)
"""Beside the tables of the file's version; an earlier gateway passes over it."""
FATES_KEPT = 2_000
"""Of clips that wait no longer; about half a MiB."""
FATES_TOLD = 100
"""In one receipt."""
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


@dataclass(frozen=True, slots=True)
class Evicted:
    """A clip that left before it was heard, and that nobody upstream knows of yet."""

    sha256: str
    origin: Origin
    name: str


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

    def heard(self, limit: int = 100) -> list[Clip]:
        """Whole, and their features are here: at most ``limit``, oldest first."""
        return self._clips("WHERE state='heard' ORDER BY taken LIMIT ?", limit)

    def ring_bytes(self) -> int:
        """What the whole files on disk take together [bytes]."""
        return self._bytes("state IN ('heard', 'whole')")

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
        with wiping(self._connection), self._transaction():
            self._connection.execute("DELETE FROM parts WHERE sha256=?", (sha256,))
            self._connection.execute("UPDATE clips SET state=?, file=? WHERE sha256=?", (state, file, sha256))
            if state == "bad":
                self._connection.execute("UPDATE fates SET state=? WHERE sha256=?", (CLIP_DAMAGED, sha256))
            self._count(counter)

    def remove(self, sha256: str, counter: str) -> None:
        """The clip's file has left the ring; count it."""
        with self._transaction():
            self._connection.execute("DELETE FROM clips WHERE sha256=?", (sha256,))
            self._count(counter)

    def fates(self, origin: Origin) -> dict[str, str]:
        """SHA-256 -> state of the clips that ``origin`` announced, those that changed last."""
        rows = self._connection.execute(
            "SELECT sha256, state FROM fates WHERE boot=? AND site=? AND device=?"
            " ORDER BY changed DESC, id DESC LIMIT ?",
            (origin.boot, origin.site, origin.device, FATES_TOLD),
        )
        return dict(rows.fetchall())

    def announcer(self, sha256: str) -> Origin | None:
        """Who announced the clip last; None if that is not known."""
        row = self._connection.execute(
            "SELECT site, device, boot FROM fates WHERE sha256=?", (sha256,)
        ).fetchone()
        return Origin(*row) if row else None

    def announcers(self, since: int, limit: int = 500) -> list[Origin]:
        """Whose clips have changed since ``since`` [ns UTC], latest first."""
        rows = self._connection.execute(
            "SELECT site, device, boot FROM fates WHERE changed>=? ORDER BY changed DESC LIMIT ?",
            (since, limit),
        )
        return [Origin(*row) for row in rows]

    def heard_bytes(self) -> int:
        """What the files take that may go at any time [bytes]."""
        return self._bytes("state='heard'")

    def unheard_bytes(self, since: int, largest: int) -> int:
        """What the clips take, or will, that nobody has heard yet [bytes].

        Of those that wait for pieces: what was announced since ``since`` [ns UTC] and has at most
        ``largest`` bytes, for anybody may announce what never comes.
        """
        coming = self._bytes("state='waiting' AND taken>=? AND size<=?", since, largest)
        return self._bytes("state='whole'") + coming

    def _bytes(self, where: str, *arguments: int) -> int:
        query = f"SELECT coalesce(sum(size), 0) FROM clips WHERE {where}"
        (size,) = self._connection.execute(query, arguments).fetchone()
        return int(size)

    def evicted(self, limit: int = 100) -> list[Evicted]:
        """Gone before they were heard, however that came, and not told yet."""
        rows = self._connection.execute(
            "SELECT sha256, site, device, boot, name FROM fates WHERE state='waiting'"
            " AND NOT EXISTS (SELECT 1 FROM clips WHERE clips.sha256=fates.sha256) LIMIT ?",
            (limit,),
        )
        return [
            Evicted(sha256, Origin(site, device, boot), name) for sha256, site, device, boot, name in rows
        ]

    def told_evicted(self, gone: Sequence[Evicted], now: int) -> None:
        """Upstream will know of these; one that was heard or announced anew meanwhile is passed over."""
        with self._transaction():
            self._connection.executemany(
                "UPDATE fates SET state=?, changed=? WHERE sha256=? AND state='waiting'"
                " AND NOT EXISTS (SELECT 1 FROM clips WHERE clips.sha256=fates.sha256)",
                [(CLIP_EVICTED, now, one.sha256) for one in gone],
            )

    def _clips(self, where: str, *arguments: object) -> list[Clip]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM clips {where}", arguments)
        return [Clip(*row) for row in rows]

    def _count(self, counter: str) -> None:
        self._connection.execute(
            "INSERT INTO counters VALUES(?, 1) ON CONFLICT(name) DO UPDATE SET value=value+1", (counter,)
        )

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)


REPEATED_WITHIN = 3600 * SECOND
"""So soon after it was heard, a clip that comes again is a repeat whose receipt was lost, and not taken."""
_JUST_HEARD = (
    "SELECT 1 FROM fates WHERE sha256=?1 AND state='heard' AND changed>={since}"
    " AND NOT EXISTS (SELECT 1 FROM clips WHERE clips.sha256=?1)"
)
_PART = (
    "INSERT OR IGNORE INTO parts(sha256, position, content, sender) SELECT ?1, ?2, ?3, ?4"
    " WHERE NOT EXISTS (SELECT 1 FROM clips WHERE sha256=?1 AND state IN ('whole', 'heard'))"
    f" AND NOT EXISTS ({_JUST_HEARD.format(since='?5')})"
)
_CLIP = (
    "INSERT INTO clips SELECT ?1,?2,?3,?4,?5,?6,?7,?8,'waiting','',?9,?10"
    f" WHERE NOT EXISTS ({_JUST_HEARD.format(since='?11')}) ON CONFLICT(sha256) DO UPDATE SET"
    " size=excluded.size, parts=excluded.parts WHERE state='bad'"
)


def insert_sound(connection: sqlite3.Connection, entries: Sequence[tuple[Entry, int]]) -> None:
    """Within the caller's transaction: pieces, manifests, and clips whose features came.

    Beside each entry the id of its sender's row.
    """
    if not entries:
        return
    parts = [
        (entry.part.sha256, entry.part.index, entry.part.content, sender, entry.received - REPEATED_WITHIN)
        for entry, sender in entries
        if entry.part
    ]
    manifests = [(entry.manifest, entry.received, sender) for entry, sender in entries if entry.manifest]
    connection.executemany(_PART, parts)
    connection.executemany(_CLIP, [_clip_row(*manifest) for manifest in manifests])
    heard = [(entry.features_of, entry.received) for entry, _ in entries if entry.features_of]
    connection.executemany(
        "UPDATE clips SET state='heard' WHERE sha256=? AND state='whole'", [(sha256,) for sha256, _ in heard]
    )
    connection.executemany(_FATE, [_fate_row(manifest, received) for manifest, received, _ in manifests])
    connection.executemany("UPDATE fates SET state='heard', changed=?2 WHERE sha256=?1", heard)
    if manifests:
        connection.execute(
            "DELETE FROM fates WHERE id<=(SELECT max(id) FROM fates)-?2 AND (state<>?1"
            " OR NOT EXISTS (SELECT 1 FROM clips WHERE clips.sha256=fates.sha256))",
            (CLIP_WAITING, FATES_KEPT),
        )


_FATE = (
    "INSERT OR REPLACE INTO fates(sha256, site, device, boot, name, state, changed) VALUES(?1,?2,?3,?4,?5,"
    f" CASE WHEN (SELECT state FROM clips WHERE sha256=?1)='heard' THEN '{CLIP_HEARD}'"
    f" WHEN EXISTS ({_JUST_HEARD.format(since='?7')}) THEN '{CLIP_HEARD}'"
    f" ELSE '{CLIP_WAITING}' END, ?6)"
)
"""Announced again long after its file is gone, a clip waits once more: its features may be lost by now."""


def _fate_row(manifest: ClipManifest, received: int) -> tuple[str, str, str, str, str, int, int]:
    since = received - REPEATED_WITHIN
    return manifest.sha256, manifest.site, manifest.device, manifest.boot, manifest.name, received, since


def _clip_row(
    manifest: ClipManifest, received: int, sender: int
) -> tuple[str, str, str, int, int, str, str, str, int, int, int]:
    return (
        manifest.sha256, manifest.site, manifest.device, manifest.size, manifest.parts, manifest.name,
        manifest.start.isoformat(), manifest.start_source, received, sender, received - REPEATED_WITHIN,
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
