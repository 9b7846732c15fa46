"""The other end of the line: a client that answers as a gateway does, with memory only."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field

from contract import topics
from contract.batch import CLIP_HEARD, DeviceReceipt
from contract.config import BrokerAddress
from contract.errors import UnreadableMessage
from contract.line.bus import Bus, Delivery, MqttBus
from contract.wire import decode_part, salvage

FILTERS = (topics.SENSOR_FILTER, topics.AUDIO_FILTER)


@dataclass
class AnsweringGateway:
    """Counts what arrives and answers each batch with receipts; forgets every ``loses``-th message."""

    loses: int = 0
    heard: int = 0
    payloads: dict[tuple[str, str, int], bytes] = field(default_factory=dict)
    topics_of: dict[tuple[str, str, int], str] = field(default_factory=dict)
    conflicts: int = 0
    spooled: dict[tuple[str, str], int] = field(default_factory=dict)
    clip_state: str = CLIP_HEARD
    """What it says of every clip."""
    clips: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def take(self, bus: Bus, deliveries: list[Delivery]) -> None:
        told: dict[tuple[str, str, str], None] = {}
        for delivery in deliveries:
            place = delivery.place
            if not isinstance(place, topics.SensorTopic) or place.kind == "receipt":
                continue
            self.heard += 1
            if self.loses and self.heard % self.loses == 0:
                continue
            identity = _identity(place, delivery.payload)
            if self.payloads.setdefault(identity, delivery.payload) != delivery.payload:
                self.conflicts += 1
            self.topics_of[identity] = delivery.topic
            told[place.site, place.device, identity[1]] = None
            if place.kind == "audio" and self.clip_state:
                self.clips.setdefault((place.device, identity[1]), {})[place.sha256] = self.clip_state
        bus.acknowledge(deliveries)
        for site, device, boot in told:
            count = self.spooled.get((device, boot), 0)
            while (device, boot, count + 1) in self.payloads:
                count += 1
            self.spooled[device, boot] = count
            clips = self.clips.get((device, boot), {})
            receipt = DeviceReceipt(boot=boot, spooled=count, stored=count, clips=clips)
            if clips:
                receipt = receipt.model_copy(update={"ring_free": 2**30})
            bus.publish(topics.sensor_receipt(site, device), receipt.model_dump_json().encode())


def _identity(place: topics.SensorTopic, payload: bytes) -> tuple[str, str, int]:
    if place.kind == "audio":
        part = decode_part(payload)
        return place.device, part.boot, part.seq
    found = salvage(payload)
    if found is None:
        raise UnreadableMessage("no identity", help="Correct the sender")
    return found


@dataclass
class RunningGateway:
    """An ``AnsweringGateway`` in a thread of its own."""

    address: BrokerAddress
    gateway: AnsweringGateway
    _end: threading.Event = field(default_factory=threading.Event)
    _up: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._up.wait(10)

    def _run(self) -> None:
        bus = MqttBus(self.address, f"answering-{secrets.token_hex(4)}", FILTERS, session_s=60)
        bus.connect()
        bus.poll(0.2, 0)
        self._up.set()
        while not self._end.is_set():
            self.gateway.take(bus, bus.poll(0.05, 200))
        bus.close()

    def stop(self) -> None:
        self._end.set()
        self._thread.join(10)
