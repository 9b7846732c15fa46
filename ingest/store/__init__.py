"""Stores behind one protocol: ``open_store("sqlite:ecoviv.db")``.

The protocol is ``ingest.store.face.Store``; each engine has files of its own and passes
``tests/contracts/store.py``.
"""

from __future__ import annotations

from pathlib import Path

from contract.errors import ConfigurationError
from ingest.store.face import Store
from ingest.store.sqlite import SqliteStore


def open_store(url: str, *, read_only: bool = False) -> Store:
    """The store at ``url``: ``sqlite:FILE``, or a plain path to such a file."""
    engine, _, place = url.partition(":") if ":" in url else ("sqlite", "", url)
    if not place:
        raise ConfigurationError(f"{url!r} names no file", help="Write sqlite:ecoviv.db")
    if engine == "sqlite":
        return SqliteStore(Path(place.removeprefix("//")), read_only=read_only)
    raise ConfigurationError(f"{url!r} is not a store", help="Write sqlite:ecoviv.db")
