"""When a gap in a sensor's sequence will never close.

A sensor keeps what is not ``spooled`` and sends all of it again, lowest first.  If it
repeats the message just above a gap, again and again, and never the ones in the gap, then
it does not have them: the card of the gateway was replaced, or its own memory failed.
Waiting longer would only make it keep everything for ever.  The gap stays visible: ingest
lists it among the sensor's own.

What the broker retains it repeats at every connection of the gateway, whatever the sensor
has: such a copy is kept like any message, and proves nothing (``Entry.retained``).

``Repeats`` remembers who says the same message again and again, so that the doctor can name it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from contract.instant import HOUR, SECOND
from gateway.spool.entry import Origin
from gateway.spool.sequences import Sequences

REPEATS = 3
APART = 10 * SECOND
"""[ns]  Repeats closer together may be the broker's, not the sensor's."""
_MAX_WATCHED = 10_000
_MAX_NAMED = 50
NOTE = "repeats"
"""Under this name the spool keeps who repeats."""


@dataclass(slots=True)
class _Watch:
    seq: int
    repeats: int
    since: int


@dataclass(slots=True)
class Patience:
    """Counts repeats of the lowest message above each origin's gap."""

    _watched: dict[Origin, _Watch] = field(default_factory=dict)

    def gap_is_final(self, origin: Origin, sequences: Sequences, seq: int, received: int) -> bool:
        """To be asked before ``sequences.receive(seq)``; ``received`` [ns UTC].

        True at the third repeat of the message ``seq`` just above the gap, each at least
        ``APART`` after the one counted before; the count then begins anew.
        """
        if not sequences.islands or seq > sequences.islands[0][0]:
            return False
        if seq < sequences.islands[0][0]:
            self._watched.pop(origin, None)
            return False
        watch = self._watched.get(origin)
        if watch is None or watch.seq != seq:
            if len(self._watched) >= _MAX_WATCHED:
                self._watched.clear()
            self._watched[origin] = _Watch(seq, 1, received)
            return False
        if received - watch.since >= APART:
            watch.repeats, watch.since = watch.repeats + 1, received
        if watch.repeats < REPEATS:
            return False
        del self._watched[origin]
        return True


@dataclass(slots=True)
class Repeat:
    """The lowest message that one device says again and again."""

    site: str
    device: str
    boot: str
    seq: int
    since: int
    """First repeat [ns UTC]."""
    last: int
    """Latest repeat [ns UTC]."""
    times: int = 1


@dataclass(slots=True)
class Repeats:
    """Who repeats what was received, of this life of the gateway."""

    _changed: bool = False
    """Since ``notes``."""
    _of: dict[tuple[str, str], Repeat] = field(default_factory=dict)

    def hear(self, origin: Origin, sequences: Sequences, seq: int, received: int) -> None:
        """To be told before ``sequences.receive(seq)``; repeats within ``APART`` are one [ns UTC]."""
        if seq > sequences.contiguous and not sequences.has(seq):
            return
        key = (origin.site, origin.device)
        known = self._of.get(key)
        if known is None or known.boot != origin.boot or seq < known.seq or received - known.last > HOUR:
            if known is None and len(self._of) >= _MAX_WATCHED:
                self._of.clear()
            self._of[key] = Repeat(*origin, seq, received, received)
        elif seq == known.seq and received - known.last >= APART:
            known.times, known.last = known.times + 1, received
            self._changed |= known.times >= REPEATS

    def notes(self) -> dict[str, str]:
        """What the spool should keep under which name: who repeats, the latest first; empty if unchanged."""
        if not self._changed:
            return {}
        self._changed = False
        often = sorted((one for one in self._of.values() if one.times >= REPEATS), key=lambda one: -one.last)
        rows = [[getattr(one, name) for name in Repeat.__slots__] for one in often[:_MAX_NAMED]]
        return {NOTE: json.dumps(rows)}


def load_repeats(text: str) -> list[Repeat]:
    """What ``Repeats.notes`` gave; nothing where it is damaged."""
    try:
        return [
            Repeat(str(site), str(device), str(boot), int(seq), int(since), int(last), int(times))
            for site, device, boot, seq, since, last, times in json.loads(text)
        ]
    except (ValueError, TypeError):
        return []
