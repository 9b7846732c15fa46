"""Stores behind one protocol: ``open_store("sqlite:ecoviv.db")``.

The protocol is ``ingest.store.protocol.Store``; each engine passes ``ingest.store.testing.suite``.

    sqlite:FILE     one SQLite file
    local:FOLDER    SQLite for what is hot, sorted Parquet files for sealed days; these stand on
                    an object store with ?sealed=URL, as local:FOLDER?sealed=s3://BUCKET/PREFIX
    influxdb:URL    InfluxDB for points, a SQLite file as the journal beside it
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import ConfigurationError
from ingest.store.protocol import Store
from ingest.store.sealed.shelf import Folder, ObjectStore, Shelf
from ingest.store.sqlite.care import FETCHED, HOT, SEALED, restore
from ingest.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from ingest.store.influx.carrying import InfluxStore


def open_store(url: str, *, read_only: bool = False) -> Store:
    """The store at ``url``; a plain path is a SQLite file."""
    if url.startswith("influxdb:"):
        return _influx(url, read_only=read_only)
    database, sealed = _places(url)
    return SqliteStore(database, sealed=sealed, read_only=read_only)


def make_store(url: str) -> None:
    """Make what ``url`` needs before the first commit: a bucket, a file, a folder."""
    if url.startswith("influxdb:"):
        store = _influx(url, read_only=False)
        store.make()
        store.close()
    else:
        open_store(url).close()


def restore_store(folder: Path, url: str) -> None:
    """Put the backup in ``folder`` where ``url`` says; nothing may be there yet."""
    restore(folder, *_places(url))


def _influx(url: str, *, read_only: bool) -> InfluxStore:
    from ingest.store.influx.carrying import InfluxStore
    from ingest.store.influx.server import influx_place

    return InfluxStore(influx_place(url.removeprefix("influxdb:")), read_only=read_only)


def _places(url: str) -> tuple[Path, Shelf | None]:
    """(database, where sealed days stand) of a store on this machine."""
    engine, _, place = url.partition(":") if ":" in url else ("sqlite", "", url)
    place, _, elsewhere = place.partition("?sealed=")
    path = Path(place.removeprefix("//"))
    if not place or engine not in ("sqlite", "local") or (elsewhere and engine == "sqlite"):
        raise ConfigurationError(
            f"{url!r} is not a store",
            help="Write sqlite:FILE, local:FOLDER, local:FOLDER?sealed=URL or influxdb:URL",
        )
    if engine == "sqlite":
        return path, None
    shelf = ObjectStore(elsewhere, path / FETCHED) if elsewhere else Folder(path / SEALED)
    return path / HOT, shelf
