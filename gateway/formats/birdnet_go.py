"""BirdNET-Go: each detection of a station, as it publishes it.

1. ``sourceId``, else the topic, finds the device in the territory (``address``).
2. ``Date`` and ``Time`` are local; their zone is the message's own, else the device's.
3. The station numbers its detections: that is the sequence.

A station publishes only what it heard, so its listening effort is unknown: such a
detection has ``valid_s`` 0 and enters no rate.  Field names follow its MQTT contract.
"""

from __future__ import annotations

import re
from datetime import datetime

from pydantic import BaseModel, Field, ValidationError

from contract import topics, wire
from contract.errors import ConfigurationError
from contract.instant import parse_instant, parse_zone, to_datetime
from contract.places import Device, Territory
from contract.reading import Detection, Detections, Excerpt, Model
from gateway.formats.format import Translation, parsed, sentence, unreadable

_WINDOW_S = 3.0
"""BirdNET listens in windows of three seconds."""


class _Event(BaseModel):
    date: str = Field(alias="Date", pattern=r"^\d{4}-\d{2}-\d{2}$")
    time: str = Field(alias="Time", pattern=r"^\d{2}:\d{2}:\d{2}$")
    name: str = Field(alias="ScientificName", min_length=1, max_length=120)
    confidence: float = Field(alias="Confidence", ge=0, le=1)
    number: int = Field(alias="detectionId", ge=1, le=2**53 - 1)
    source: str = Field(alias="sourceId", default="", max_length=120)
    model: str = Field(alias="modelName", default="BirdNET", min_length=1, max_length=120)
    version: str = Field(alias="modelVersion", default="unknown", min_length=1, max_length=120)
    timezone: str = ""


class BirdNetGo:
    """One detection, one ``detections`` message."""

    filters = ("birdnet",)

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation:
        """The detection with effort 0; ``UnreadableMessage`` says what is wanting."""
        event = parsed(_Event, payload, "detection of BirdNET-Go")
        device = _device(territory, event.source, topic)
        start = _start(event, device)
        try:
            message = _message(event, device, start)
        except ValidationError as error:
            raise unreadable(sentence(error)) from error
        place_of = topics.sensor(device.site, device.id, "detections")
        return Translation(device.site, device.id, message, place_of, wire.encode(message))


def _message(event: _Event, device: Device, start: datetime) -> Detections:
    return Detections(
        site=device.site,
        device=device.id,
        boot="go-" + (re.sub(r"[^A-Za-z0-9_-]", "-", event.source)[:60] or "station"),
        seq=event.number,
        time=start,
        clock="ntp",
        excerpt=Excerpt(start=start, duration_s=_WINDOW_S, valid_s=0.0),
        model=Model(id=event.model, version=event.version, threshold=0.0),
        detections=(Detection(taxon=event.name, score=event.confidence, offset_s=0.0, duration_s=_WINDOW_S),),
    )


def _device(territory: Territory, source: str, topic: str) -> Device:
    for address in (source, topic):
        if address in territory.device_by_address:
            return territory.device_by_address[address]
    raise unreadable(f"neither the source {source!r} nor the topic is the address of a device")


def _start(event: _Event, device: Device) -> datetime:
    try:
        zone = parse_zone(event.timezone or device.timezone) if event.timezone or device.timezone else None
        return to_datetime(parse_instant(f"{event.date}T{event.time}", zone=zone))
    except ConfigurationError as error:
        raise unreadable(f"{event.date} {event.time}: {error.message}") from error
