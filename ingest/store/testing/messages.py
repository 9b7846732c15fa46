"""Builders of one valid thing each: a message, the record it travels in, its arrival."""

from __future__ import annotations

from typing import Any

from contract import topics
from contract.batch import BatchHeader, Gave, Record
from contract.instant import MINUTE, from_datetime, parse_instant, to_datetime
from contract.places import Territory
from contract.reading import (
    ClipManifest,
    Detection,
    Detections,
    Excerpt,
    Features,
    Flag,
    Health,
    Model,
    Reading,
    Readings,
)
from contract.wire import WireMessage, encode
from ingest.rules.clocks import doubted
from ingest.values import Arrival

NOON = parse_instant("2026-05-01T12:00:00Z")
EPOCH = "0123456789abcdef"
ACI = "ACI@maad-1.5.2#1a2b3c4d"


def territory() -> Territory:
    """One site, two devices, one message a minute."""
    return Territory.model_validate(
        {
            "id": "demo",
            "zones": [{"id": "meadow", "arm": "control", "land_use": "agriculture"}],
            "sites": [{"id": "s1", "zone": "meadow", "latitude": 45, "longitude": 3}],
            "devices": [
                {"id": "d1", "site": "s1", "sensors": ["weather"], "cadence_s": 60},
                {"id": "d2", "site": "s1", "sensors": ["acoustic"], "cadence_s": 60},
            ],
        }
    )


def readings(seq: int, value: float = 12.5, **more: Any) -> Readings:
    """Air temperature at minute ``seq`` after noon."""
    fields: dict[str, Any] = {
        "site": "s1",
        "device": "d1",
        "boot": "b1",
        "seq": seq,
        "time": to_datetime(NOON + seq * MINUTE),
        "clock": "ntp",
        "readings": (Reading(quantity="air_temperature", value=value),),
    }
    return Readings(**(fields | more))


def features(seq: int, values: dict[str, float], **more: Any) -> Features:
    """Of the minute ``seq`` after noon; ``values`` by definition id."""
    excerpt = Excerpt(start=to_datetime(NOON + seq * MINUTE), duration_s=60.0, valid_s=58.0)
    fields: dict[str, Any] = {
        "site": "s1", "device": "d2", "boot": "b2", "seq": seq, "excerpt": excerpt,
        "values": values, "firmware": "1.2",
    }  # fmt: skip
    return Features(**(fields | more))


def detections(seq: int, *heard: tuple[str, float, float], version: str = "2.4") -> Detections:
    """``heard``: (taxon, score, offset [s])."""
    excerpt = Excerpt(start=to_datetime(NOON + seq * MINUTE), duration_s=60.0, valid_s=60.0)
    return Detections(
        site="s1",
        device="d2",
        boot="b2",
        seq=seq,
        excerpt=excerpt,
        model=Model(id="birdnet", version=version, threshold=0.1),
        detections=tuple(
            Detection(taxon=taxon, score=score, offset_s=offset, duration_s=3.0)
            for taxon, score, offset in heard
        ),
    )


def health(seq: int, **more: Any) -> Health:
    """A battery's voltage [V] at minute ``seq`` after noon."""
    fields: dict[str, Any] = {
        "site": "s1", "device": "d1", "boot": "b1", "seq": seq,
        "time": to_datetime(NOON + seq * MINUTE), "battery_voltage": 3.7,
    }  # fmt: skip
    return Health(**(fields | more))


def clip(seq: int, parts: int = 3) -> ClipManifest:
    """A file of ``parts`` parts, recorded at noon."""
    return ClipManifest(
        site="s1",
        device="d2",
        boot="b2",
        seq=seq,
        sha256="ab" * 32,
        size=100,
        parts=parts,
        name="one.wav",
        start=to_datetime(NOON),
        start_source="name",
    )


def record(number: int, message: WireMessage, received: int | None = None) -> Record:
    """As its gateway sent it, received a second after all that the message tells of."""
    said = max([NOON if message.instant is None else message.instant, *_told(message)])
    topic = topics.sensor(message.site, message.device, message.kind)
    return Record(number, said + 1_000_000_000 if received is None else received, topic, "", encode(message))


def _told(message: WireMessage) -> list[int]:
    """Times of what was measured or heard [ns UTC]; no message leaves before them."""
    if isinstance(message, Readings):
        return [from_datetime(one.time) for one in message.readings if one.time is not None]
    if isinstance(message, Features | Detections):
        return [from_datetime(message.excerpt.start)]
    return []


def arrival(number: int, message: WireMessage, received: int | None = None) -> Arrival:
    """A readable arrival, its clock judged as the service would."""
    sent = record(number, message, received)
    flags = Flag.CLOCK if doubted(message.instant, sent.received) else Flag(0)
    return Arrival(sent, message, "", flags)


def original(number: int, payload: bytes, gave: Gave, *, received: int = NOON) -> Arrival:
    """As it arrives in the stream of originals."""
    record = Record(number, received, "zigbee2mqtt/a", gave.text(), payload)
    return Arrival(record, None, record.reason, Flag(0))


def unreadable(number: int, payload: bytes, reason: str = "not JSON") -> Arrival:
    """``payload``, received at noon, with why nobody could read it."""
    return Arrival(Record(number, NOON, "ecoviv/1/s1/d1/readings", reason, payload), None, reason, Flag(0))


def header(highest: int, records: int = 1, **more: Any) -> BatchHeader:
    """Of a batch of ``EPOCH``; ``records=0`` is a heartbeat."""
    fields: dict[str, Any] = {"epoch": EPOCH, "highest": highest, "records": records}
    return BatchHeader(**(fields | more))
