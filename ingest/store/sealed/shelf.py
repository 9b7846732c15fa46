"""Where the files of sealed days stand: a folder, or an object store by its url.

1. ``Shelf.put`` takes a finished file; when it returns, the file is durable under its name.
2. ``Shelf.local`` gives a file to read.  From an object store it is fetched once, compared
   with the hash in its name, and kept in a folder beside the database while it is in use.
3. ``Shelf.check`` fetches it again, whatever is kept here.

Files never change: a day that is sealed again has another name.  The only file that knows
fsspec; what a url needs beside it (``s3fs`` for ``s3://``) is the user's to install, and
credentials are where that looks for them, never in the url.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from contract.errors import ConfigurationError, StoreError

_NAME = re.compile(r"\d{4}-\d\d-\d\d-[0-9a-f]{12}\.parquet")
_KEPT = 128
"""Fetched files that stay here; the longest unused goes first."""


def make_private(path: Path) -> None:
    """An empty file at ``path`` if none is there, and its folder, for its owner and group alone: what
    sensors heard and where they stand is not every user's to read.  Raises ``OSError``."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o640))


class Shelf(Protocol):
    """Files by name.  Several processes may use one; each name is written once."""

    @property
    def workplace(self) -> Path:
        """A folder of this machine, on which unfinished files are written."""

    def put(self, unfinished: Path, name: str) -> None:
        """Durable when it returns; ``unfinished`` is gone then."""

    def local(self, name: str) -> Path:
        """A file of this machine with this content; it may be missing or damaged in a folder."""

    def check(self, name: str) -> Path:
        """As ``local``, of what stands there now."""

    def names(self) -> list[str]:
        """Files of sealed days, and what a crash has left."""

    def remove(self, name: str) -> None:
        """Gone, or was not there."""

    def where(self, name: str) -> str:
        """For people."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine."""

    workplace: Path

    def put(self, unfinished: Path, name: str) -> None:
        """Flush it to the disk, then rename it, then flush the folder; raises ``OSError``."""
        _fsync(unfinished)
        os.replace(unfinished, self.workplace / name)
        _fsync(self.workplace)

    def local(self, name: str) -> Path:
        """The file itself; it may be missing or damaged."""
        return self.workplace / name

    def check(self, name: str) -> Path:
        """The file itself."""
        return self.workplace / name

    def names(self) -> list[str]:
        """Whatever stands in the folder."""
        return [path.name for path in self.workplace.iterdir()] if self.workplace.is_dir() else []

    def remove(self, name: str) -> None:
        """Gone, or was not there."""
        (self.workplace / name).unlink(missing_ok=True)

    def where(self, name: str) -> str:
        """Its path."""
        return str(self.workplace / name)


class ObjectStore:
    """A place that fsspec knows: ``s3://BUCKET/PREFIX``, ``gs://…``, ``file://…``, ``memory://…``."""

    def __init__(self, url: str, workplace: Path) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise ConfigurationError(
                "Sealed days on an object store need fsspec", help="pip install 'ecoviv[ingest]'"
            ) from error
        self.workplace = workplace
        self._url = url.rstrip("/")
        try:
            self._files: Any
            self._files, self._root = fsspec.url_to_fs(self._url)
        except (ImportError, ValueError) as error:
            raise ConfigurationError(
                f"{url.partition(':')[0]}: cannot be reached from here: {error}",
                help="Install what fsspec needs for it, such as s3fs for s3://",
            ) from error

    def put(self, unfinished: Path, name: str) -> None:
        """An object is there whole or not at all; its size is asked for afterwards."""
        size = unfinished.stat().st_size
        with self._explained(name):
            self._files.makedirs(self._root, exist_ok=True)
            self._files.put_file(str(unfinished), self._path(name))
            self._files.invalidate_cache()
            stored = self._files.info(self._path(name))["size"]
        if stored != size:
            raise StoreError(f"{self.where(name)} holds {stored} bytes, not {size}", help="Seal again")
        os.replace(unfinished, self.workplace / name)

    def local(self, name: str) -> Path:
        """The copy that is kept here, or else as ``check``."""
        kept = self.workplace / name
        if kept.exists():
            os.utime(kept)
            return kept
        return self.check(name)

    def check(self, name: str) -> Path:
        """Fetched now and compared with the hash in its name; raises ``StoreError``."""
        self.workplace.mkdir(parents=True, exist_ok=True)
        unfinished = self.workplace / f".{name}-{os.getpid()}.tmp"
        with self._explained(name):
            self._files.get_file(self._path(name), str(unfinished))
        with unfinished.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if f"-{digest[:12]}." not in name:
            unfinished.unlink()
            raise StoreError(
                f"{self.where(name)} is not what was written: its SHA-256 differs",
                help="Restore the file from a backup",
            )
        os.replace(unfinished, self.workplace / name)
        self._forget_old()
        return self.workplace / name

    def names(self) -> list[str]:
        """Only names such as sealing gives: other objects are not ours."""
        with self._explained(""):
            self._files.invalidate_cache()
            found = self._files.ls(self._root, detail=False) if self._files.exists(self._root) else []
        return [name for name in (str(path).rpartition("/")[2] for path in found) if _NAME.fullmatch(name)]

    def remove(self, name: str) -> None:
        """Gone, here and there, or was not there."""
        (self.workplace / name).unlink(missing_ok=True)
        with self._explained(name):
            if self._files.exists(self._path(name)):
                self._files.rm_file(self._path(name))

    def where(self, name: str) -> str:
        """Its url."""
        return f"{self._url}/{name}"

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _forget_old(self) -> None:
        kept = sorted(self.workplace.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_KEPT]:
            path.unlink(missing_ok=True)

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        """Each fsspec implementation has failures of its own."""
        try:
            yield
        except Exception as error:
            raise StoreError(
                f"{self.where(name)} cannot be reached: {error}",
                help="Check the network, the url after ?sealed= and the credentials; then try again",
            ) from error


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
