"""Sound leaves: a clip that was heard within a minute, and with it every byte in the spool's file.

1. The ring is quarantine.  A clip whose features are spooled stays ``stays_s`` longer, for a second
   worker that may be reading it, and is then deleted; after a start at once.
2. Pieces of sound are deleted from the spool by overwriting (``gateway.spool.wiping``); copies in
   its write-ahead log end when that is brought home and cut to nothing, which happens here.

What a deleted file leaves in the cells of a card is beyond a program: such a card wants encryption.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from contract.errors import ConfigurationError, StoreError
from contract.instant import SECOND, Clock
from gateway.spool.clips import ClipTable
from gateway.spool.entry import Entry
from gateway.spool.spool import Spool
from gateway.spool.wiping import cut_log

LONGEST_S = 60.0
"""No clip that was heard stays longer [s]."""
HEARD_STAYS_S = 30.0
_LOOK_EVERY = SECOND
_LOG_ENDS_EVERY = 20 * SECOND
_LOG = logging.getLogger("ecoviv.gateway")


class Leaving:
    """What of the ring in ``folder`` and of its spool's file must go, and when; one thread."""

    def __init__(self, folder: Path, spool: Spool, clock: Clock, stays_s: float = HEARD_STAYS_S) -> None:
        if not 0 <= stays_s <= LONGEST_S:
            raise ConfigurationError(
                f"A clip that was heard cannot stay {stays_s:g} s: sound may hold a voice",
                help=f"Give 0 to {LONGEST_S:g} seconds",
            )
        self._folder = folder
        self._spool = spool
        self._table = ClipTable(spool.connection)
        self._clock = clock
        self._stays = int(stays_s * SECOND)
        self._due: dict[str, int] | None = None
        """SHA-256 of what was heard → when it goes [monotonic ns]; None before the first look."""
        self._sound_passed = True
        self._next_look = self._log_ends = 0

    def noticed(self, entries: Iterable[Entry]) -> None:
        """These entries are on disk now."""
        self._sound_passed = self._sound_passed or any(entry.part is not None for entry in entries)

    def let_go(self) -> None:
        """Delete what is due; if the disk does not let it, say so and try again."""
        now = self._clock.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_EVERY
        try:
            self._clips(now)
            if self._sound_passed and now >= self._log_ends:
                self._log_ends = now + _LOG_ENDS_EVERY
                self._sound_passed = not cut_log(self._spool.connection)
        except (OSError, StoreError) as error:
            _LOG.warning("Sound that was heard could not be deleted from %s yet: %s", self._folder, error)

    def _clips(self, now: int) -> None:
        heard = self._table.heard()
        known = self._due
        stays = 0 if known is None else self._stays
        self._due = {one.sha256: (known or {}).get(one.sha256, now + stays) for one in heard}
        for one in heard:
            if self._due[one.sha256] <= now:
                (self._folder / one.file).unlink(missing_ok=True)
                self._table.remove(one.sha256, "clips_let_go")
                del self._due[one.sha256]
