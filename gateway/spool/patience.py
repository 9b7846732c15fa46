"""When a gap in a sensor's sequence will never close.

A sensor keeps what is not ``spooled`` and sends all of it again, lowest first.  If it
repeats the message just above a gap, again and again, and never the ones in the gap, then
it does not have them: the card of the gateway was replaced, or its own memory failed.
Waiting longer would only make it keep everything for ever.  The gap stays visible: ingest
lists it among the sensor's own.

What the broker retains it repeats at every connection of the gateway, whatever the sensor
has: such a copy is kept like any message, and proves nothing (``Entry.retained``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contract.instant import SECOND
from gateway.spool.entry import Origin
from gateway.spool.sequences import Sequences

REPEATS = 3
APART = 10 * SECOND
"""[ns]  Repeats closer together may be the broker's, not the sensor's."""
_MAX_WATCHED = 10_000


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
