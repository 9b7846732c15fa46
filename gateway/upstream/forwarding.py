"""Forwarding: from the spool to ingest, and again, until a receipt comes.

1. ``pump`` sends batches, streams in order of priority, older openings of the spool first, a
   bounded number unconfirmed.
2. ``receive`` reads a receipt: what is committed may be forgotten; what is missing is sent
   again, unless it was sent a moment ago.  A receipt for another opening, of this spool or of a
   copy of it, confirms nothing here.
3. Without any receipt for a while nothing but heartbeats goes out, ever more rarely, so
   that no queue fills; the first receipt opens the way again.
4. Every batch and heartbeat carries its epoch, the highest and the lowest number held, and what
   was dropped.  After a new connection, to a new process of ingest, and every hour all earlier
   epochs are named as well.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator

from contract import topics
from contract.batch import RAW, STREAMS, Earlier, Receipt, Record
from contract.instant import HOUR, SECOND, Clock
from contract.line.bus import TOO_LARGE, Bus
from gateway.spool.openings import KEPT, Opening
from gateway.spool.spool import Spool
from gateway.upstream.budget import Budget
from gateway.upstream.leg import Flight, Leg
from gateway.upstream.packing import Packing

MAX_UNCONFIRMED = 4
HEARTBEAT = 30 * SECOND
SILENCE = 5 * SECOND
"""A batch unconfirmed for so long means that nobody listens."""
_GRACE = SECOND
"""What was sent so lately may still be under way when ingest calls it missing."""
_LINGER = SECOND // 50
"""While a batch is unconfirmed, a small next one waits so long for company."""
_WORTH_SENDING = 200
NAME_EARLIER = 3600 * SECOND
_WORKERS = 32
"""Processes of ingest that are remembered."""
_LOG = logging.getLogger("ecoviv.gateway")


class Upstream:
    """All streams of one spool."""

    def __init__(self, gateway: str, bus: Bus, spool: Spool, clock: Clock, budget: Budget) -> None:
        self._gateway, self._bus, self._spool, self._clock = gateway, bus, spool, clock
        self._budget = budget
        self._refused_at = clock.monotonic()
        self._packing = Packing(gateway, bus, spool)
        self._legs: dict[str, list[Leg]] = {
            stream: [Leg(one, one.committed) for one in known if spool.floor(one) <= one.highest]
            for stream, known in spool.openings.items()
        }
        self._silent = False
        self._pause = SECOND
        self._next_heartbeat = 0
        self._name_at = 0
        self._workers: list[str] = []
        self._offline_until = 0
        """Without a connection nothing is packed in vain, many times a second."""

    @property
    def waiting(self) -> bool:
        """True if something is to be sent, or a receipt is to be expected soon."""
        return not self._silent and any(leg.flights or self._due(leg) for leg in self._all())

    def greet(self) -> None:
        """A new connection: tell at the next occasion what there is, before anything is sent."""
        self._next_heartbeat, self._name_at, self._offline_until = 0, 0, 0
        if self._clock.monotonic() - self._refused_at > HOUR:  # it may be another broker, or be set otherwise
            self._packing.size.forget()

    def receive(self, stream: str, receipt: Receipt) -> int | None:
        """The number of its epoch up to which the spool may forget; None if the receipt is not for us."""
        if receipt.opening not in ("", self._spool.epoch):
            return None
        self._meet(receipt.worker)
        leg = next((one for one in self._legs.get(stream, ()) if one.opening.epoch == receipt.epoch), None)
        opening = leg.opening if leg else self._spool.opening(stream, receipt.epoch)
        if opening is None:
            return None
        if leg is None:
            leg = Leg(opening, opening.committed)
        if self._silent:
            _LOG.warning("ingest answers again")
        self._silent, self._pause = False, SECOND
        leg.most = max(leg.most, leg.sent)
        if opening.epoch == self._spool.epoch and receipt.committed > leg.most:
            leg.sent = max(leg.sent, min(receipt.committed, self._told(leg)))
            if receipt.committed > leg.sent:
                self._start_anew()
        confirmed = max(min(receipt.committed, opening.highest), opening.committed, leg.confirmed)
        leg.confirmed = confirmed
        leg.sent = max(leg.sent, confirmed)
        leg.flights = [flight for flight in leg.flights if flight.last > confirmed]
        self._want(leg, receipt, confirmed)
        if not (leg.flights or leg.wanted):
            leg.sent = confirmed
        return confirmed

    def pump(self) -> None:
        """Send what may be sent now."""
        now = self._clock.monotonic()
        if self._bus.refusals:
            self._hear_refusals()
        self._follow()
        if now >= self._next_heartbeat:
            self._beat(now)
        for leg in self._all():
            if leg.flights and leg.flights[0].sent_at + SILENCE < now and not self._silent:
                self._fall_silent(now)
            while self._may_send(leg) and self._send_next(leg, now):
                pass

    def _all(self) -> Iterator[Leg]:
        return (leg for stream in STREAMS for leg in self._legs[stream])

    def _follow(self) -> None:
        """A leg for what was begun; none for an earlier opening of which nothing is left."""
        for stream, known in self._spool.openings.items():
            legs = self._legs[stream]
            begun = known[-1] if known and known[-1].epoch == self._spool.epoch else None
            if begun and not (legs and legs[-1].opening is begun):
                legs.append(Leg(begun, begun.committed))
            if len(legs) > 1:
                self._legs[stream] = [
                    leg for leg in legs[:-1] if leg.opening.committed < leg.opening.highest
                ] + legs[-1:]

    def _may_send(self, leg: Leg) -> bool:
        return (
            not self._silent
            and self._clock.monotonic() >= self._offline_until
            and len(leg.flights) < MAX_UNCONFIRMED
            and self._due(leg)
        )

    def _due(self, leg: Leg) -> bool:
        """It has something to send, and may: originals wait for everything else."""
        if not (leg.unsent and self._budget.allows(leg.opening.stream)):
            return False
        if leg.opening.stream != RAW:
            return True
        others = any(one.unsent for one in self._all() if one.opening.stream != RAW)
        return not others and leg.has_company(self._clock.monotonic())

    def _meet(self, worker: str) -> None:
        """Behind a process of ingest that is new here may be a store that was put back: tell it all."""
        if worker and worker not in self._workers:
            if self._workers:
                self._next_heartbeat = self._name_at = 0
            self._workers = [*self._workers[-_WORKERS:], worker]

    def _told(self, leg: Leg) -> int:
        """The number up to which everything was sent, or told as dropped, or is held no longer."""
        reached = max(leg.sent, self._spool.floor(leg.opening) - 1)
        for drop in self._spool.drops(leg.opening):
            if drop.first <= reached + 1:
                reached = max(reached, drop.last)
        return reached

    def _start_anew(self) -> None:
        """Ingest has numbers of this opening that were not sent from here: somebody else gave them out."""
        _LOG.warning("ingest has numbers that this gateway has yet to send: a copy of it is at work;"
                     " a new epoch begins")  # fmt: skip
        epoch = self._spool.epoch
        self._spool.begin_anew(
            {stream: legs[-1].sent for stream, legs in self._legs.items()
             if legs and legs[-1].opening.epoch == epoch}
        )  # fmt: skip

    def _want(self, leg: Leg, receipt: Receipt, confirmed: int) -> None:
        now = self._clock.monotonic()
        leg.wanted = []
        reached = max((end for _, end in receipt.missing), default=0)
        leg.flights = [  # what has arrived above a gap waits for no receipt of its own
            flight for flight in leg.flights
            if flight.last > reached
            or any(start <= flight.last and end >= flight.first for start, end in receipt.missing)
        ]  # fmt: skip
        for start, end in receipt.missing:
            first, last = max(start, confirmed + 1), min(end, leg.sent)
            overlapping = [flight for flight in leg.flights if flight.first <= last and flight.last >= first]
            if first > last or any(flight.sent_at > now - _GRACE for flight in overlapping):
                continue
            leg.flights = [flight for flight in leg.flights if flight not in overlapping]
            leg.wanted.append((first, last))

    def _send_next(self, leg: Leg, now: int) -> bool:
        again = bool(leg.wanted)
        if again:
            first, last = leg.wanted[0]
        else:
            first, last = leg.sent + 1, leg.opening.highest
            unsent = last - leg.sent
            if unsent <= 0 or (leg.flights and unsent < _WORTH_SENDING and now - leg.sent_at < _LINGER):
                return False
        records, payload = self._packing.packed(leg.opening, first, last)
        reached = records[-1].number if records else last
        if not self._hand_over(leg.opening, payload):
            return False
        leg.flights.append(Flight(first, reached, now, len(payload), len(records)))
        leg.sent_at = now
        if not again:
            leg.sent = reached
        else:
            leg.wanted[:1] = [(reached + 1, last)] if reached < last else []
        return True

    def _hear_refusals(self) -> None:
        """What was refused for its size is packed anew, smaller; other refusals are for others to read."""
        for stream in STREAMS:
            mine = [text for text in self._bus.refusals if text.startswith(self._too_large(stream))]
            flights = [flight for leg in self._legs[stream] for flight in leg.flights]
            if not mine or not flights:
                continue
            self._bus.refusals[:] = [text for text in self._bus.refusals if text not in mine]
            largest = max(flights, key=lambda flight: flight.size)
            self._refused_at = self._clock.monotonic()
            self._packing.size.refused(largest.size, largest.records)
            for leg in self._legs[stream]:
                leg.wanted = sorted([*leg.wanted, *((one.first, one.last) for one in leg.flights)])
                leg.flights = []

    def _too_large(self, stream: str) -> str:
        return f"{topics.up(self._gateway, stream)}: {TOO_LARGE}"

    def _publish(self, opening: Opening, records: list[Record], earlier: tuple[Earlier, ...] = ()) -> bool:
        return self._hand_over(opening, self._packing.batch(opening, records, earlier))

    def _hand_over(self, opening: Opening, payload: bytes) -> bool:
        if not self._bus.publish(topics.up(self._gateway, opening.stream), payload):
            self._offline_until = self._clock.monotonic() + SECOND
            return False
        self._budget.spend(len(payload))
        return True

    def _fall_silent(self, now: int) -> None:
        _LOG.warning("ingest does not answer; messages stay in the spool until it does")
        self._silent, self._pause = True, SECOND
        for leg in self._all():
            leg.flights, leg.wanted = [], []
        self._next_heartbeat = now

    def _beat(self, now: int) -> None:
        pause = HEARTBEAT
        if self._silent:
            pause = int(self._pause * random.uniform(0.5, 1.0))
            self._pause = min(self._pause * 2, HEARTBEAT)
        self._next_heartbeat = now + pause
        naming = now >= self._name_at
        done = True
        for stream in STREAMS:
            for leg in self._legs[stream]:
                done &= self._publish(leg.opening, [])
            earlier = self._earlier(stream) if naming else ()
            if earlier or (stream == STREAMS[0] and not self._legs[stream]):
                nothing = Opening(stream, self._spool.epoch, 0, 0)
                done &= self._publish(nothing, [], earlier)
        if naming and done:
            self._name_at = now + NAME_EARLIER

    def _earlier(self, stream: str) -> tuple[Earlier, ...]:
        """Openings of which nothing is left: named, for ingest may have lost what they sent."""
        at_work = {leg.opening.epoch for leg in self._legs[stream]}
        return tuple(
            Earlier(epoch=one.epoch, highest=one.highest, floor=one.highest + 1)
            for one in self._spool.openings[stream][-KEPT:]
            if one.epoch not in at_work
        )
