"""Everything that is watched of devices while their messages go into the spool, in one place."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.spool.entry import Entry
from gateway.spool.sequences import Sequences
from gateway.spool.watch.clocks import Clocks
from gateway.spool.watch.health import Healths
from gateway.spool.watch.patience import Patience, Repeats


@dataclass(slots=True)
class DeviceWatch:
    """Who waits in vain, who repeats, whose clock is wrong, and how each is doing."""

    health: Healths
    clocks: Clocks = field(default_factory=Clocks)
    _patience: Patience = field(default_factory=Patience)
    _repeats: Repeats = field(default_factory=Repeats)

    @classmethod
    def of(cls, connection: sqlite3.Connection, clocks: str) -> DeviceWatch:
        """Going on from what the file of ``connection`` holds; ``clocks``: what ``notes`` gave of them."""
        watch = cls(Healths(connection))
        watch.clocks.load(clocks)
        return watch

    def hear(self, entry: Entry, sequences: Sequences) -> None:
        """To be told before ``sequences`` receive the number of ``entry``, which has an origin."""
        if entry.seq > sequences.contiguous and not sequences.has(entry.seq):
            self.clocks.hear(entry, sequences)
            self.health.hear(entry)
        elif entry.origin is not None:
            self._repeats.hear(entry.origin, sequences, entry.seq, entry.received)

    def gap_is_final(self, entry: Entry, sequences: Sequences) -> bool:
        """Whether ``entry`` proves that what is missing below it will never come; to be asked before."""
        if entry.retained or entry.origin is None:
            return False
        return self._patience.gap_is_final(entry.origin, sequences, entry.seq, entry.received)

    def notes(self, entries: Sequence[Entry]) -> dict[str, str]:
        """What the spool should keep under which name; empty if unchanged.

        Health is written in the caller's transaction, which is that of ``entries``.
        """
        self.health.write(entries[-1].received if entries else 0, len(entries))
        return self._repeats.notes() | self.clocks.notes()
