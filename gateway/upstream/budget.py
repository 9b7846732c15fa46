"""Bytes upstream a day: a link that is paid by volume must not be emptied by a backlog.

Readings stop at 80 % of the day's budget, findings at 95 %, health at 100 %; originals of foreign
messages only take what the day so far has left of 80 %, so that values never lack it; heartbeats go
on, so that ingest knows what it is missing.  What is not sent waits in the spool for the
next UTC day.  The last batch may overshoot: a batch is never cut short for it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from contract.batch import RAW
from contract.instant import DAY, Clock, day_of
from gateway.spool.spool import Spool

OVERHEAD_BYTES = 60
"""MQTT, TLS and TCP around one publish, roughly."""
_SHARES = {"health": 1.0, "findings": 0.95, "readings": 0.8, "audio": 0.5, RAW: 0.8}
_LOG = logging.getLogger("ecoviv.gateway")


@dataclass(slots=True)
class Budget:
    """The count of one gateway; 0 bytes a day means no limit.  It is kept in the spool."""

    spool: Spool
    clock: Clock
    bytes_a_day: int = 0
    _day: str = field(default="", init=False)
    _spent: int = field(default=0, init=False)
    _warned: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._day, self._spent = (
            self.spool.setting("budget_day"),
            int(self.spool.setting("budget_spent") or 0),
        )
        self.spool.note("budget_bytes", str(self.bytes_a_day))

    @property
    def spent(self) -> int:
        """Bytes sent since the last UTC midnight."""
        self._turn_the_day()
        return self._spent

    def spend(self, payload_bytes: int) -> None:
        """Count a publish of so many bytes and what the network adds."""
        self._turn_the_day()
        self._spent += payload_bytes + OVERHEAD_BYTES
        self.spool.note("budget_spent", str(self._spent))

    def allows(self, stream: str) -> bool:
        """Whether records of ``stream`` may still be sent today."""
        if not self.bytes_a_day:
            return True
        share = self.bytes_a_day * _SHARES[stream]
        allowed = self.spent < (share if stream != RAW else share * (self.clock.now() % DAY / DAY))
        if not allowed and not self._warned and stream != RAW:
            self._warned = True
            _LOG.warning(
                "today's %d bytes upstream are used up; the rest waits for UTC midnight", self.bytes_a_day
            )
        return allowed

    def _turn_the_day(self) -> None:
        today = day_of(self.clock.now()).isoformat()
        if today != self._day:
            self._day, self._spent, self._warned = today, 0, False
            self.spool.note("budget_day", today)
            self.spool.note("budget_spent", "0")
