"""A gateway that is played to one device: it remembers everything, and answers as it is told to.

1. ``listen`` takes what the device says, answers it unless ``deaf``, and goes on until a condition holds.
2. A receipt names the highest number up to which all of its boot was heard, ``floor`` believed.
3. ``refuse`` lets one message be illegible; ``forget`` puts in a new card.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from contract import topics, wire
from contract.batch import DeviceReceipt
from contract.errors import UnreadableMessage, UsageError
from contract.instant import HOUR, SECOND, Clock, format_instant
from contract.line.bus import Delivery, MqttBus
from contract.reading import AudioPart, Readings

SHIFT = 3 * HOUR
"""The played gateway's clock is so far ahead: who takes its time can be told from who knows it."""
_MILLISECOND = 1_000_000


@dataclass(slots=True)
class Heard:
    """One message as it arrived."""

    at: int
    """[ns monotonic]"""
    received: int
    """[ns UTC]"""
    payload: bytes
    boot: str
    seq: int
    """0 where none is legible."""
    digest: bytes
    """Tells a repeat from a reused number."""
    at_least_once: bool
    """It came at QoS 1."""
    problem: str
    """Why it could not be read whole; empty where it could."""
    message: wire.WireMessage | AudioPart | None

    @property
    def name(self) -> tuple[str, int]:
        """(boot, sequence)."""
        return self.boot, self.seq


@dataclass(slots=True)
class Player:
    """Of one device.  ``bus`` is subscribed to ``filters(site, device)``."""

    site: str
    device: str
    bus: MqttBus
    clock: Clock
    heard: list[Heard] = field(default_factory=list)
    deaf: bool = True
    refuses: tuple[str, int] | None = None
    """The message that is illegible to it."""
    told: dict[str, int] = field(default_factory=dict)
    """Boot → ``spooled``."""
    receipts: list[tuple[int, str, int]] = field(default_factory=list)
    """(when [ns monotonic], boot, spooled) of each that told of something new."""
    _numbers: dict[str, set[int]] = field(default_factory=dict)
    _said: set[bytes] = field(default_factory=set)

    def listen(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Whether ``until`` held within the time."""
        deadline = self.clock.monotonic() + int(seconds * SECOND)
        while not until():
            if self.clock.monotonic() > deadline:
                return False
            deliveries = self.bus.poll(0.05)
            boots = {one.boot for delivery in deliveries if (one := self._take(delivery)) is not None}
            self.bus.acknowledge(deliveries)
            for boot in boots if not self.deaf else ():
                self.answer(boot)
        return True

    def answer(self, boot: str) -> None:
        """A receipt for what of ``boot`` was heard; what could not be had is refused, without a number."""
        numbers, spooled = self._numbers.get(boot, set()), self.told.get(boot, 0)
        while spooled + 1 in numbers:
            spooled += 1
        self._tell(boot, spooled)

    def refuse_from_now(self, name: tuple[str, int]) -> None:
        """The message of this (boot, sequence) is illegible, and was each time that it was heard."""
        self.refuses = name
        self._numbers[name[0]].discard(name[1])
        for one in self.heard:
            if one.name == name:
                self.refuse(one)

    def read_again(self) -> None:
        """What was illegible is legible now: nobody waits for it."""
        if self.refuses is not None:
            self._numbers[self.refuses[0]].add(self.refuses[1])
        self.refuses = None

    def refuse(self, one: Heard) -> None:
        """Say that these bytes could not be read, as the gateway says it of bytes without a number."""
        digest = hashlib.sha256(one.payload).hexdigest()[:16]
        receipt = DeviceReceipt(boot="", spooled=0, stored=0, refused=(f"sha256 {digest}: not JSON",))
        self.publish(receipt)

    def answer_all(self) -> None:
        """From now on receipts are given, also for what was heard before."""
        self.deaf = False
        for boot in self._numbers:
            self.answer(boot)

    def forget(self) -> None:
        """A new card: nothing is known of what was heard before."""
        self._numbers.clear()
        self.told.clear()

    def give_up_gaps(self) -> None:
        """Wait no longer for what lies below the lowest number that was heard."""
        for boot, numbers in self._numbers.items():
            self.told[boot] = max(self.told.get(boot, 0), min(numbers) - 1)

    def publish(self, receipt: DeviceReceipt) -> None:
        """Hand over a receipt, with nothing beside what it says."""
        payload = receipt.model_dump_json(exclude_defaults=True).encode()
        self._said.add(payload)
        self.bus.publish(topics.sensor_receipt(self.site, self.device), payload)

    def time(self, ahead: int = SHIFT) -> str:
        """What time the played gateway says it is."""
        return format_instant((self.clock.now() + ahead) // _MILLISECOND * _MILLISECOND)

    def names(self, since: int = 0) -> set[tuple[str, int]]:
        """(boot, sequence) of all that was heard after the first ``since``."""
        return {one.name for one in self.heard[since:] if one.seq}

    def resent(self, since: int, grace_s: float = 1.0) -> list[Heard]:
        """What came after the first ``since`` although a receipt for it had gone ``grace_s`` before."""
        known: dict[tuple[tuple[str, int], bytes], int] = {}
        for one in self.heard:
            known.setdefault((one.name, one.digest), one.at)
        grace = int(grace_s * SECOND)
        return [
            one
            for one in self.heard[since:]
            if any(
                boot == one.boot and spooled >= one.seq and known[one.name, one.digest] <= at < one.at - grace
                for at, boot, spooled in self.receipts
            )
        ]

    def _tell(self, boot: str, spooled: int) -> None:
        if spooled > self.told.get(boot, 0):
            self.receipts.append((self.clock.monotonic(), boot, spooled))
        self.told[boot] = spooled
        self.publish(DeviceReceipt(boot=boot, spooled=spooled, stored=spooled, time=self.time()))

    def _take(self, delivery: Delivery) -> Heard | None:
        place = delivery.place
        if not isinstance(place, topics.SensorTopic) or place.device != self.device:
            return None
        if place.kind == "receipt":
            if delivery.payload not in self._said:
                raise UsageError(
                    f"A gateway answers {self.device} on this broker already",
                    help="Stop it, or let this command start a broker of its own (leave --broker out)",
                )
            return None
        one = self._read(place, delivery)
        self.heard.append(one)
        if one.name == self.refuses:
            self.refuse(one)
            return None
        if not one.seq:
            self.refuse(one)
            return None
        self._numbers.setdefault(one.boot, set()).add(one.seq)
        floor = getattr(one.message, "floor", None) or 0
        if floor > self.told.get(one.boot, 0) + 1 and not self.deaf:
            self.told[one.boot] = min(floor, one.seq) - 1
        return one

    def _read(self, place: topics.SensorTopic, delivery: Delivery) -> Heard:
        payload = delivery.payload
        message: wire.WireMessage | AudioPart | None = None
        problem = ""
        try:
            message = wire.decode_part(payload) if place.kind == "audio" else wire.decode(payload)
        except UnreadableMessage as error:
            problem = error.message
        number = (message.boot, message.seq) if message is not None else wire.salvage_number(payload)
        boot, seq = number or ("", 0)
        return Heard(
            self.clock.monotonic(), self.clock.now(), payload, boot, seq, wire.payload_hash(payload),
            delivery.packet > 0, problem or _misplaced(place, message), message,
        )  # fmt: skip


def filters(site: str, device: str) -> tuple[str, ...]:
    """What a ``Player`` listens to."""
    return topics.sensor(site, device, "+"), topics.audio(site, device, "+")


def _misplaced(place: topics.SensorTopic, message: wire.WireMessage | AudioPart | None) -> str:
    """What is wrong with a message that could be read."""
    if message is None:
        return ""
    if isinstance(message, AudioPart):
        return "" if message.sha256 == place.sha256 else "the topic names another clip"
    said = (message.site, message.device, message.kind)
    if said != (place.site, place.device, place.kind):
        return f"it says {'/'.join(said)}, its topic {place.site}/{place.device}/{place.kind}"
    if isinstance(message, Readings) and message.set_aside:
        return message.set_aside[0]
    return ""
