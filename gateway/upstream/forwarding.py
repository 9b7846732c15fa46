"""Forwarding: from the spool to ingest, and again, until a receipt comes.

1. ``pump`` sends batches, streams in order of priority, a bounded number unconfirmed.
2. ``receive`` reads a receipt: what is committed may be forgotten; what is missing is sent
   again, unless it was sent a moment ago.
3. Without any receipt for a while nothing but heartbeats goes out, ever more rarely, so
   that no queue fills; the first receipt opens the way again.
4. Every batch and heartbeat carries the epoch, the highest number, and what was dropped.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field

from contract import topics
from contract.batch import STREAMS, BatchHeader, Drop, Receipt, Record, encode_batch
from contract.instant import SECOND, Clock
from contract.line.bus import Bus
from gateway.spool.spool import Spool
from gateway.upstream.budget import Budget

MAX_RECORDS_A_BATCH = 1_000
MAX_BYTES_A_BATCH = 2**20
MAX_UNCONFIRMED = 4
HEARTBEAT = 30 * SECOND
SILENCE = 5 * SECOND
"""A batch unconfirmed for so long means that nobody listens."""
_GRACE = SECOND
"""What was sent so lately may still be under way when ingest calls it missing."""
_LINGER = SECOND // 50
"""While a batch is unconfirmed, a small next one waits so long for company."""
_WORTH_SENDING = 200
_FORGOTTEN = "forgotten on an earlier receipt"
_LOG = logging.getLogger("ecoviv.gateway")


@dataclass(slots=True)
class _Flight:
    first: int
    last: int
    sent_at: int


@dataclass(slots=True)
class _Leg:
    """One stream on its way up."""

    stream: str
    sent: int
    """Everything up to here has been sent at least once."""
    flights: list[_Flight] = field(default_factory=list)
    wanted: list[tuple[int, int]] = field(default_factory=list)
    """Asked for again."""
    asked_in_vain: list[tuple[int, int]] = field(default_factory=list)
    """Asked for, but confirmed and forgotten before: a stale receipt, or a younger store."""
    gone: list[Drop] = field(default_factory=list)
    """What a younger store can never have from us."""
    sent_at: int = 0


class Upstream:
    """All streams of one spool."""

    def __init__(self, gateway: str, bus: Bus, spool: Spool, clock: Clock, budget: Budget) -> None:
        self._gateway, self._bus, self._spool, self._clock = gateway, bus, spool, clock
        self._budget = budget
        self._legs = {stream: _Leg(stream, spool.committed[stream]) for stream in STREAMS}
        self._silent = False
        self._pause = SECOND
        self._next_heartbeat = 0
        self._offline_until = 0
        """Without a connection nothing is packed in vain, many times a second."""

    @property
    def waiting(self) -> bool:
        """True if something is to be sent, or a receipt is to be expected soon."""
        return not self._silent and any(
            leg.flights or (self._unsent(leg) and self._budget.allows(leg.stream))
            for leg in self._legs.values()
        )

    def greet(self) -> None:
        """A new connection: send a heartbeat at the next occasion."""
        self._next_heartbeat, self._offline_until = 0, 0

    def receive(self, stream: str, receipt: Receipt) -> int | None:
        """The number up to which the spool may forget; None if the receipt is not for us."""
        leg = self._legs.get(stream)
        if leg is None or receipt.epoch != self._spool.epoch:
            return None
        if receipt.committed > self._spool.highest[stream]:
            self._start_anew()
            return None
        if self._silent:
            _LOG.warning("ingest answers again")
        self._silent, self._pause = False, SECOND
        leg.sent = max(leg.sent, receipt.committed)
        leg.flights = [flight for flight in leg.flights if flight.last > receipt.committed]
        leg.gone = [drop for drop in leg.gone if drop.last > receipt.committed]
        confirmed = max(receipt.committed, self._spool.committed[stream])
        self._want(leg, receipt, confirmed)
        if not (leg.flights or leg.wanted):
            leg.sent = confirmed
        return receipt.committed

    def pump(self) -> None:
        """Send what may be sent now."""
        now = self._clock.monotonic()
        for leg in self._legs.values():
            if leg.flights and leg.flights[0].sent_at + SILENCE < now and not self._silent:
                self._fall_silent(now)
            while self._may_send(leg) and self._send_next(leg, now):
                pass
        if now >= self._next_heartbeat:
            self._beat(now)

    def _unsent(self, leg: _Leg) -> bool:
        return bool(leg.wanted) or leg.sent < self._spool.highest[leg.stream]

    def _may_send(self, leg: _Leg) -> bool:
        return (
            not self._silent
            and self._clock.monotonic() >= self._offline_until
            and len(leg.flights) < MAX_UNCONFIRMED
            and self._unsent(leg)
            and self._budget.allows(leg.stream)
        )

    def _start_anew(self) -> None:
        """Ingest knows numbers that we have yet to give: this spool is a copy from the past."""
        _LOG.warning("ingest has newer numbers than this spool, which was copied back; a new epoch begins")
        self._spool.renew_epoch()
        self._legs = {stream: _Leg(stream, 0) for stream in STREAMS}

    def _want(self, leg: _Leg, receipt: Receipt, confirmed: int) -> None:
        now = self._clock.monotonic()
        leg.wanted = []
        self._note_forgotten(leg, [(first, min(last, confirmed)) for first, last in receipt.missing])
        for start, end in receipt.missing:
            first, last = max(start, confirmed + 1), min(end, leg.sent)
            overlapping = [flight for flight in leg.flights if flight.first <= last and flight.last >= first]
            if first > last or any(flight.sent_at > now - _GRACE for flight in overlapping):
                continue
            leg.flights = [flight for flight in leg.flights if flight not in overlapping]
            leg.wanted.append((first, last))

    def _note_forgotten(self, leg: _Leg, ranges: list[tuple[int, int]]) -> None:
        """Asked for twice running though confirmed before: say upstream that they are gone."""
        forgotten = [(first, last) for first, last in ranges if first <= last]
        if forgotten and forgotten == leg.asked_in_vain:
            leg.gone = [Drop(first=first, last=last, reason=_FORGOTTEN) for first, last in forgotten[:100]]
        leg.asked_in_vain = forgotten

    def _send_next(self, leg: _Leg, now: int) -> bool:
        again = bool(leg.wanted)
        if again:
            first, last = leg.wanted[0]
        else:
            first, last = leg.sent + 1, self._spool.highest[leg.stream]
            unsent = last - leg.sent
            if unsent <= 0 or (leg.flights and unsent < _WORTH_SENDING and now - leg.sent_at < _LINGER):
                return False
        records = self._spool.batch(
            leg.stream, first, last, limit=MAX_RECORDS_A_BATCH, max_bytes=MAX_BYTES_A_BATCH
        )
        reached = records[-1].number if records else last
        if not self._publish(leg, records):
            return False
        leg.flights.append(_Flight(first, reached, now))
        leg.sent_at = now
        if not again:
            leg.sent = reached
        else:
            leg.wanted[:1] = [(reached + 1, last)] if reached < last else []
        return True

    def _publish(self, leg: _Leg, records: list[Record]) -> bool:
        header = BatchHeader(
            epoch=self._spool.epoch,
            highest=self._spool.highest[leg.stream],
            records=len(records),
            dropped=(*self._spool.drops(leg.stream), *leg.gone),
        )
        payload = encode_batch(header, records)
        if not self._bus.publish(topics.up(self._gateway, leg.stream), payload):
            self._offline_until = self._clock.monotonic() + SECOND
            return False
        self._budget.spend(len(payload))
        return True

    def _fall_silent(self, now: int) -> None:
        _LOG.warning("ingest does not answer; messages stay in the spool until it does")
        self._silent, self._pause = True, SECOND
        for leg in self._legs.values():
            leg.flights, leg.wanted = [], []
        self._next_heartbeat = now

    def _beat(self, now: int) -> None:
        pause = HEARTBEAT
        if self._silent:
            pause = int(self._pause * random.uniform(0.5, 1.0))
            self._pause = min(self._pause * 2, HEARTBEAT)
        self._next_heartbeat = now + pause
        for leg in self._legs.values():
            if self._spool.highest[leg.stream] or leg.stream == STREAMS[0]:
                self._publish(leg, [])
