"""The SQLite store: one file, durable, read while it is written; a journal, and where points live.

``SqliteReader`` and ``SqliteWriter`` hold a connection each (WAL), so that reading never waits for
a commit and a commit never waits for a reader.  Opened ``read_only`` there is no writer.

Points live in the file itself, or sealed days of them in files (``sealed``), or all of them in an
engine of their own (``elsewhere``), for which the file is the journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from contract.batch import BatchHeader
from contract.errors import StoreError
from ingest.store.elsewhere import PointsElsewhere
from ingest.store.sealed.archive import Archive
from ingest.store.sealed.shelf import Folder, Shelf
from ingest.store.sqlite.elsewhere.moving import MovedPoints, Mover
from ingest.store.sqlite.elsewhere.protocol import ElsewhereReader, ElsewhereWriter
from ingest.store.sqlite.elsewhere.sealed_days import SealedDays
from ingest.store.sqlite.elsewhere.sealing import Sealer
from ingest.store.sqlite.reading import SqliteReader
from ingest.store.sqlite.rows import Rows
from ingest.store.sqlite.schema import open_reader
from ingest.store.sqlite.writing import SqliteWriter
from ingest.values import Arrival, Dismissal, Portion, Progress, SealedDay, Stray


class SqliteStore(SqliteReader):
    """``Store`` in the file at ``path``: a reader that may write, too."""

    def __init__(
        self,
        path: Path,
        *,
        sealed: Path | Shelf | None = None,
        elsewhere: PointsElsewhere | None = None,
        read_only: bool = False,
    ) -> None:
        shelf = Folder(sealed) if isinstance(sealed, Path) else sealed
        self._writer = None if read_only else SqliteWriter(path, partial(_writing_side, shelf, elsewhere))
        connection = open_reader(path)
        super().__init__(connection, path, _reading_side(shelf, elsewhere, connection))

    def commit(self, gateway: str, stream: str, header: BatchHeader, arrivals: Sequence[Arrival]) -> Progress:
        """``commit_all`` of one portion."""
        return self.commit_all([Portion(gateway, stream, header, arrivals)])[0]

    def commit_all(self, portions: Sequence[Portion], strays: Sequence[Stray] = ()) -> list[Progress]:
        """Write all of it in one transaction; what is known already changes nothing."""
        return self._writing.commit_all(portions, strays)

    def describe(self, cadences: Mapping[str, float]) -> None:
        """Expected seconds between messages by device."""
        self._writing.describe(cadences)

    def resolve_unreadable(self, readable: Sequence[tuple[int, Arrival]]) -> None:
        """What was unreadable, by id, and can be read now: stored as messages."""
        self._writing.resolve_unreadable(readable)

    def set_retried(self, ids: Sequence[int], *, retried: bool) -> None:
        """What is unreadable, by id, and was sent again: not listed unless it comes back."""
        self._writing.set_retried(ids, retried=retried)

    def dismiss_unreadable(self, ids: Sequence[int], at: int, who: str, why: str) -> Dismissal:
        """Let what is unreadable go, by id, and note who did it."""
        return self._writing.dismiss_unreadable(ids, at, who, why)

    def seal(self, before: int) -> list[SealedDay]:
        """Move the points of whole UTC days that ended by ``before`` [ns UTC] into files."""
        return self._writing.seal(before)

    def close(self) -> None:
        """Release both connections and what is held elsewhere."""
        super().close()
        if self._writer is not None:
            self._writer.close()

    @property
    def _writing(self) -> SqliteWriter:
        if self._writer is None:
            raise StoreError(f"The store {self.path} was opened for reading only", help="Open it for writing")
        return self._writer


def _writing_side(
    shelf: Shelf | None, elsewhere: PointsElsewhere | None, connection: sqlite3.Connection, rows: Rows
) -> ElsewhereWriter | None:
    if elsewhere is not None:
        return Mover(connection, elsewhere)
    return None if shelf is None else Sealer(connection, Archive(shelf), rows)


def _reading_side(
    shelf: Shelf | None, elsewhere: PointsElsewhere | None, connection: sqlite3.Connection
) -> ElsewhereReader | None:
    if elsewhere is not None:
        return MovedPoints(connection, elsewhere)
    return None if shelf is None else SealedDays(connection, Archive(shelf))
