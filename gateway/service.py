"""The gateway: subscribe → translate → spool → acknowledge → tell the sensor → forward → forget.

One thread.  ``step`` is one turn of the loop:

1. poll what has arrived; ingest's receipts go to ``upstream``, the rest through ``intake``;
2. commit all of it at once, together with what ingest has confirmed;
3. acknowledge to the broker, then tell each sensor what is ``spooled`` and ``stored``;
4. join complete clips and announce them; let sound go that was heard; forward batches.

If the disk does not take a message it is not acknowledged; the step says why in
``waiting_for``, and the next one tries again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from contract import topics
from contract.batch import Receipt, clamped
from contract.errors import StoreError, UnreadableMessage
from contract.instant import MINUTE, SECOND, Clock, SystemClock
from contract.line.bus import Bus, Delivery
from contract.line.service import Service
from contract.places import Territory
from contract.topics import AgainTopic, ReceiptTopic, SensorTopic
from gateway.answers import Answers
from gateway.clips import ClipRing
from gateway.doctor.clock import synchronized
from gateway.formats.recognised import filters_of
from gateway.intake import take, take_again, take_foreign
from gateway.leaving import HEARD_STAYS_S, Leaving
from gateway.missed import SETTING, Missed
from gateway.spool.entry import Entry, Origin
from gateway.spool.origins import BOOTS_ALIVE
from gateway.spool.spool import DamagedSpool, Spool
from gateway.spool.watch import refusals
from gateway.upstream.budget import Budget
from gateway.upstream.forwarding import Upstream

POLL_LIMIT = 200
"""The bus's whole window: as few commits as the broker allows."""
_BUSY_POLL_S = 0.02
_IDLE_POLL_S = 0.2
_RECEIPTS_EVERY = SECOND // 10
_REPEAT_RECEIPTS = 15 * SECOND
_RECENT = 2 * MINUTE
"""Who spoke since then may have missed a receipt.  A boot that is past is told what changes; who
still waits for it asks again."""
_LOG = logging.getLogger("ecoviv.gateway")


def filters(gateway: str, territory: Territory | None = None) -> tuple[str, ...]:
    """Everything that a gateway listens to; ``territory``: also what its maps and devices name."""
    return (*filters_of(territory), topics.receipt_filter(gateway), topics.again(gateway))


@dataclass(slots=True)
class Gateway(Service):
    """One gateway at work.  ``bus`` must be subscribed to ``filters(id)``."""

    id: str
    territory: Territory
    bus: Bus
    spool: Spool
    clips: ClipRing
    clock: Clock = field(default_factory=SystemClock)
    bytes_a_day: int = 0
    """Upstream, 0 for no limit."""
    heard_stays_s: float = HEARD_STAYS_S
    """How long a clip that was heard stays in the ring [s]."""
    followers: list[Callable[[Territory], None]] = field(default_factory=list)
    """Who works by the territory beside it, such as the HTTP door."""

    waiting_for: str = field(default="", init=False)
    upstream: Upstream = field(init=False)
    answers: Answers = field(init=False)
    missed: Missed = field(init=False)
    leaving: Leaving = field(init=False)
    _held: list[Delivery] = field(default_factory=list, init=False)
    """Taken from the bus, refused by the disk."""
    _untold: set[Origin] = field(default_factory=set, init=False)
    """Senders whose receipts have changed."""
    _tell_at: int = field(default=0, init=False)
    _repeat_at: int = field(default=0, init=False)
    _reconnected: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        budget = Budget(self.spool, self.clock, self.bytes_a_day)
        self.missed = Missed.load(self.spool.setting(SETTING))
        self.leaving = Leaving(self.clips.folder, self.spool, self.clock, self.heard_stays_s)
        self.answers = Answers(self.clock, synchronized)
        self.spool.note("gateway", self.id)
        self.upstream = Upstream(self.id, self.bus, self.spool, self.clock, budget)

    def greet(self) -> None:
        """The next step tells everybody again what they may have missed."""
        self._reconnected = True

    def adopt(self, territory: Territory) -> None:
        """What arrives from now on is read by ``territory``, here and by who is beside."""
        self.territory = territory
        for follow in self.followers:
            follow(territory)

    def close(self) -> None:
        """Tell the senders whose messages are on disk, then leave the line."""
        self._tell_senders()
        self.bus.close()

    def step(self, timeout_s: float | None = None) -> int:
        """One turn; returns the number of deliveries dealt with."""
        if timeout_s is None:
            timeout_s = _BUSY_POLL_S if self.upstream.waiting or self._untold else _IDLE_POLL_S
        deliveries = self._held or self.bus.poll(timeout_s, POLL_LIMIT)
        if not self._commit(deliveries):
            return 0
        now = self.clock.monotonic()
        if self._reconnected:
            self._welcome()
        if self._untold and (len(deliveries) < POLL_LIMIT or now >= self._tell_at):
            self._tell_at = now + _RECEIPTS_EVERY
            self._tell_senders()
        if now >= self._repeat_at:
            self._repeat_at = now + _REPEAT_RECEIPTS
            self._untold.update(self.spool.recent(self._lately(), boots=BOOTS_ALIVE))
            self._untold.update(self.clips.lately(self._lately()))
            if refused := refusals.taken_out(self.bus.refusals, clamped(self.clock.now())):
                self.spool.note(refusals.NOTE, refused)
        self.leaving.let_go()
        self.clips.announce(self.bus)
        self.upstream.pump()
        return len(deliveries)

    def _commit(self, deliveries: Sequence[Delivery]) -> bool:
        every, confirmed = self._sort(deliveries)
        entries = [entry for entry in every if entry.stream or entry.part]
        fresh = every if deliveries is not self._held else []
        missed = [miss for entry in fresh if entry.missed for miss in entry.missed]
        if self.missed.hear(missed, self.clock.monotonic()):
            self.spool.note(SETTING, self.missed.dump())
        try:
            if entries or confirmed:
                self._untold |= self.spool.add(entries, confirmed) | self.answers.hear(entries)
            self.bus.acknowledge(deliveries)
            self._held, self.waiting_for = [], ""
            self.clips.noticed(entries)
            self.leaving.noticed(entries)
            self.clips.join()
            self.clips.tell_evicted()
            self._untold |= self.clips.changed()
        except DamagedSpool:
            raise
        except StoreError as error:
            self._held, self.waiting_for = list(deliveries), str(error)
            return False
        return True

    def _sort(self, deliveries: Sequence[Delivery]) -> tuple[list[Entry], dict[tuple[str, str], int]]:
        received = clamped(self.clock.now())
        entries: list[Entry] = []
        confirmed: dict[tuple[str, str], int] = {}
        for delivery in deliveries:
            place = delivery.place
            if isinstance(place, SensorTopic):
                if place.kind != "receipt":
                    entries.append(take(delivery, place, received, self.territory))
            elif isinstance(place, ReceiptTopic):
                self._hear(place.stream, delivery.payload, confirmed)
            elif isinstance(place, AgainTopic):
                entries += self._again(delivery.payload)
            else:
                entries += take_foreign(delivery, received, self.territory)
        return entries, confirmed

    def _again(self, sent: bytes) -> list[Entry]:
        try:
            return take_again(sent, self.territory)
        except UnreadableMessage as error:
            _LOG.warning("what ingest sent to be read again is not readable: %s", error.message)
            return []

    def _hear(self, stream: str, payload: bytes, confirmed: dict[tuple[str, str], int]) -> None:
        try:
            receipt = Receipt.model_validate_json(payload)
        except ValidationError:
            _LOG.warning("a receipt for %s is not readable; do both ends run the same version?", stream)
            return
        number = self.upstream.receive(stream, receipt)
        if number:
            key = (stream, receipt.epoch)
            confirmed[key] = max(number, confirmed.get(key, 0))

    def _welcome(self) -> None:
        self._reconnected = False
        self.upstream.greet()
        self.clips.announce_again()
        self._untold.update(self.spool.recent(self._lately()))
        self._untold.update(self.clips.lately(self._lately()))

    def _lately(self) -> int:
        return clamped(self.clock.now()) - _RECENT

    def _tell_senders(self) -> None:
        while self._untold:
            sender = self._untold.pop()
            told = self.answers.complete(self.spool.receipt(sender), sender)
            payload = self.clips.tell(told, sender).model_dump_json(exclude_defaults=True).encode()
            if not self.bus.publish(topics.sensor_receipt(sender.site, sender.device), payload):
                self._untold.add(sender)
                return
