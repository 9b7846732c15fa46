"""The territory that a service works by: read again when its file changes, or when it is told to.

1. ``look`` is cheap: it asks the file's size and times, at most every two seconds of its clock.
2. A new content that can be read is in force from then on; one that cannot be leaves the old in force,
   and is said once.
3. ``version`` is short for the content; ``told`` is a file beside the service where it is written down,
   for who examines the service from beside it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path

from contract.config import load_territory
from contract.errors import ConfigurationError
from contract.instant import SECOND, Clock, format_instant
from contract.places import Territory

_EVERY = 2 * SECOND
TOLD = "territory.json"
"""Name of the file in a service's own folder."""


def version_of(content: bytes) -> str:
    """Short for a territory file's content: the same bytes, the same eight letters."""
    return hashlib.sha256(content).hexdigest()[:8]


class TerritoryInForce:
    """The last content of ``path`` that could be read.  ``ConfigurationError`` if there is none yet."""

    def __init__(self, path: Path, clock: Clock, log: logging.Logger, told: Path | None = None) -> None:
        self.path, self.clock, self.log, self.told = path, clock, log, told
        self.version, self.read, self.broken = "", 0, ""
        self._asked, self._next, self._seen = False, clock.monotonic() + _EVERY, self._stamp()
        self._last = version_of(path.read_bytes()) if path.is_file() else ""
        self.territory = load_territory(path)
        self._in_force(self._last)

    def ask(self) -> None:
        """The next ``look`` reads the file, whatever its times say.  Safe in a signal handler."""
        self._asked = True

    def look(self) -> Territory | None:
        """Another territory that is in force from now on; None while the old one is."""
        now = self.clock.monotonic()
        if not self._asked and now < self._next:
            return None
        self._next, asked, self._asked = now + _EVERY, self._asked, False
        stamp = self._stamp()
        if stamp == self._seen and not asked:
            return None
        self._seen = stamp
        return self._read(asked)

    def _read(self, asked: bool) -> Territory | None:
        try:
            version = version_of(self.path.read_bytes())
            if version == self.version:
                self.log.info("the territory is still version %s", version)
                self._in_force(version)
                return None
            if version == self._last and not asked:
                return None
            self._last = version
            self.territory = load_territory(self.path)
        except (OSError, ConfigurationError) as error:
            self._keep(getattr(error, "message", str(error)))
            return None
        self._in_force(version)
        self.log.info("works by version %s of %s from now on", version, self.path)
        return self.territory

    def _in_force(self, version: str) -> None:
        self.version, self.read, self.broken = version, self.clock.now(), ""
        self._write()

    def _keep(self, reason: str) -> None:
        self.broken = reason
        self.log.warning("%s; it goes on by version %s", reason, self.version)
        self._write()

    def _write(self) -> None:
        if self.told is None:
            return
        words = {"version": self.version, "read": format_instant(self.read // SECOND * SECOND)}
        beside = self.told.with_suffix(".new")
        try:
            beside.write_text(json.dumps(words | {"file": str(self.path), "broken": self.broken}))
            beside.replace(self.told)
        except OSError as error:
            self.log.warning("%s cannot be written: %s", self.told, error.strerror)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
