"""The SQLite store: one file, durable, read while it is written; with sealed days or not.

``SqliteWriter`` and ``SqliteReader`` hold a connection each (WAL), so that reading never waits for
a commit and a commit never waits for a reader.  Opened ``read_only`` there is no writer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from contract.batch import BatchHeader
from contract.errors import StoreError
from contract.instant import Window
from ingest.store.elsewhere import FarReader
from ingest.store.sealed.archive import Archive
from ingest.store.sealed.shelf import Folder, Shelf
from ingest.store.sqlite.care import back_up, faults
from ingest.store.sqlite.reading import SqliteReader
from ingest.store.sqlite.schema import explained, open_reader
from ingest.store.sqlite.sealed_days import SealedDays
from ingest.store.sqlite.sealing import Sealer
from ingest.store.sqlite.streams import Streams
from ingest.store.sqlite.writing import MakeFar, SqliteWriter
from ingest.values import (
    Arrival,
    BootState,
    Counts,
    Effort,
    Hours,
    Points,
    Progress,
    SealedDay,
    Series,
    StoredDetection,
    StoredMessage,
    StreamState,
    Unreadable,
)


class SqliteStore:
    """``Store`` in the file at ``path``; ``sealed`` is where its sealed days stand, if it has any."""

    def __init__(self, path: Path, *, sealed: Path | Shelf | None = None, read_only: bool = False) -> None:
        self.path = path
        if sealed is None:
            self._open(None, None, read_only)
            return
        shelf = Folder(sealed) if isinstance(sealed, Path) else sealed
        self._open(
            lambda connection, rows: Sealer(connection, Archive(shelf), rows),
            lambda connection: SealedDays(connection, Archive(shelf)),
            read_only,
        )

    def _open(
        self,
        far_writer: MakeFar | None,
        far_reader: Callable[[sqlite3.Connection], FarReader] | None,
        read_only: bool,
    ) -> None:
        self._writer = None if read_only else SqliteWriter(self.path, far_writer)
        connection = open_reader(self.path)
        self._far = None if far_reader is None else far_reader(connection)
        self._reader = SqliteReader(connection, self.path, self._far)

    def commit(self, gateway: str, stream: str, header: BatchHeader, arrivals: Sequence[Arrival]) -> Progress:
        return self._writing.commit(gateway, stream, header, arrivals)

    def bury(self, topic: str, payload: bytes, reason: str, received: int) -> None:
        self._writing.bury(topic, payload, reason, received)

    def revive(self, revived: Sequence[tuple[int, Arrival]]) -> None:
        self._writing.revive(revived)

    def describe(self, cadences: Mapping[str, float]) -> None:
        self._writing.describe(cadences)

    def set_retried(self, letters: Sequence[int], *, retried: bool) -> None:
        self._writing.set_retried(letters, retried=retried)

    def series(self, *, site: str | None = None, device: str | None = None) -> list[Series]:
        return self._reader.series(site=site, device=device)

    def points(self, series: Series, window: Window | None = None) -> Points:
        return self._reader.points(series, window)

    def hours(self, series: Series, window: Window | None = None) -> Hours:
        return self._reader.hours(series, window)

    def detections(
        self, window: Window | None = None, *, site: str | None = None
    ) -> Iterator[StoredDetection]:
        return self._reader.detections(window, site=site)

    def efforts(self, window: Window | None = None, *, site: str | None = None) -> Iterator[Effort]:
        return self._reader.efforts(window, site=site)

    def messages(
        self, kind: str, window: Window | None = None, *, site: str | None = None, device: str | None = None
    ) -> Iterator[StoredMessage]:
        return self._reader.messages(kind, window, site=site, device=device)

    def streams(self) -> Iterator[StreamState]:
        with explained(self.path):
            yield from Streams(self._reader.connection).states()

    def boots(self) -> Iterator[BootState]:
        return self._reader.boots()

    def unreadable(self) -> Iterator[Unreadable]:
        return self._reader.unreadable()

    def counts(self) -> Counts:
        return self._reader.counts()

    def seal(self, before: int) -> list[SealedDay]:
        return self._writing.seal(before)

    def verify(self) -> list[str]:
        with explained(self.path):
            return list(faults(self._reader.connection, self._far))

    def backup(self, folder: Path) -> None:
        with explained(self.path):
            back_up(self._reader.connection, self._far, folder)

    def close(self) -> None:
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    @property
    def _writing(self) -> SqliteWriter:
        if self._writer is None:
            raise StoreError(f"The store {self.path} was opened for reading only", help="Open it for writing")
        return self._writer
