"""Stores behind one protocol: ``open_store("sqlite:ecoviv.db")``.

The protocol is ``ingest.store.protocol.Store``; every engine passes
``ingest.store.testing.suite.StoreContract``.  ``OPENERS`` is the list of them:

    sqlite:FILE     one SQLite file
    local:FOLDER    SQLite for what is hot, sorted Parquet files for sealed days; these stand on
                    an object store with ?sealed=URL, as local:FOLDER?sealed=s3://BUCKET/PREFIX
    influxdb:URL    InfluxDB for points, a SQLite file as the journal beside it

An engine's modules are loaded when a url names it, never before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import ConfigurationError
from ingest.store.protocol import Store

if TYPE_CHECKING:
    from ingest.store.sealed.shelf import Shelf


class Mode(Enum):
    """What a store is opened for."""

    READ = "read"
    """Nothing is made or changed; an absent store is an error."""
    WRITE = "write"
    """What lies on this machine is made if it is not there."""
    MAKE = "make"
    """As ``WRITE``, and what lies on a server is made, too."""


Opener = Callable[[str, Mode], Store]
"""What follows ``scheme:`` in the url, and what for; raises ``EcoVivError`` where that cannot be."""


def open_store(url: str, *, read_only: bool = False) -> Store:
    """The store at ``url``; a plain path is a SQLite file.

    Raises ``ConfigurationError`` where ``url`` is not a store, ``StoreError`` where it is none that
    can be opened.
    """
    return _open(url, Mode.READ if read_only else Mode.WRITE)


def make_store(url: str) -> None:
    """Make what ``url`` needs before the first commit: a bucket, a file, a folder.  Raises as
    ``open_store``."""
    _open(url, Mode.MAKE).close()


def restore_store(folder: Path, url: str) -> None:
    """Put the backup in ``folder`` where ``url`` says; nothing may be there yet.

    Raises ``ConfigurationError`` unless ``url`` is a store of files alone, ``StoreError`` where
    ``folder`` is no backup or a store is there.
    """
    from ingest.store.sqlite.care import restore

    scheme, place = _parts(url)
    if scheme == "sqlite":
        restore(folder, _file(place), None)
    elif scheme == "local":
        restore(folder, *_folder(place))
    else:
        raise ConfigurationError(
            f"A backup cannot be restored to {scheme}:", help="Give sqlite:FILE or local:FOLDER"
        )


def _open(url: str, mode: Mode) -> Store:
    scheme, place = _parts(url)
    return OPENERS[scheme](place, mode)


def _sqlite(place: str, mode: Mode) -> Store:
    from ingest.store.sqlite.store import SqliteStore

    return SqliteStore(_file(place), read_only=mode is Mode.READ)


def _local(place: str, mode: Mode) -> Store:
    from ingest.store.sqlite.store import SqliteStore

    database, shelf = _folder(place)
    return SqliteStore(database, sealed=shelf, read_only=mode is Mode.READ)


def _influxdb(place: str, mode: Mode) -> Store:
    from ingest.store.influx.server import InfluxServer, influx_place
    from ingest.store.sqlite.store import SqliteStore

    where = influx_place(place)
    server = InfluxServer(where)
    if mode is Mode.MAKE:
        server.make()
    return SqliteStore(where.journal, elsewhere=server, read_only=mode is Mode.READ)


OPENERS: Mapping[str, Opener] = {"sqlite": _sqlite, "local": _local, "influxdb": _influxdb}
"""Every engine by the scheme of its urls."""


def _parts(url: str) -> tuple[str, str]:
    """(scheme, what follows it), the scheme one of ``OPENERS``."""
    scheme, colon, place = url.partition(":")
    if not colon:
        return "sqlite", url
    if scheme not in OPENERS:
        raise ConfigurationError(
            f"{scheme}: is not a store; there are {', '.join(f'{known}:' for known in sorted(OPENERS))}",
            help="Write sqlite:FILE, local:FOLDER, local:FOLDER?sealed=URL or influxdb:URL",
        )
    return scheme, place


def _file(place: str) -> Path:
    """``FILE`` or ``//FILE``."""
    if not place or "?sealed=" in place:
        raise _no_store(f"sqlite:{place}")
    return Path(place.removeprefix("//"))


def _folder(place: str) -> tuple[Path, Shelf]:
    """``FOLDER[?sealed=URL]``: (database, where sealed days stand)."""
    from ingest.store.sealed.shelf import Folder, ObjectStore
    from ingest.store.sqlite.care import FETCHED, HOT, SEALED

    folder, _, elsewhere = place.partition("?sealed=")
    if not folder:
        raise _no_store(f"local:{place}")
    path = Path(folder.removeprefix("//"))
    return path / HOT, ObjectStore(elsewhere, path / FETCHED) if elsewhere else Folder(path / SEALED)


def _no_store(url: str) -> ConfigurationError:
    return ConfigurationError(
        f"{url!r} is not a store", help="Write sqlite:FILE, local:FOLDER or local:FOLDER?sealed=URL"
    )
