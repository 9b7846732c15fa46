"""What simulated devices say: each message as bytes, with what the tally needs of it.

1. ``readings_message``, ``heard_messages``, ``health_message`` write the messages of one device.
2. ``clip_messages`` cuts a sound file into its manifest and its parts.
3. ``unreadable_message`` has a valid envelope and an impossible body.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contract import topics
from contract.instant import SECOND, format_instant, from_datetime, to_datetime
from contract.reading import (
    PART_BYTES,
    AudioPart,
    ClipManifest,
    Detection,
    Detections,
    Excerpt,
    Features,
    Finding,
    Health,
    Model,
    Reading,
    Readings,
)
from contract.wire import WireMessage, encode, encode_part
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.world.device import Head, SimulatedDevice
from firmware_sim.world.nature.acoustic import DEFINITIONS, DURATION_S, Report
from firmware_sim.world.scenario import SimulatedDetector


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a sensor."""

    quantity: str
    value: float
    instant: int
    """[ns UTC]"""
    depth_m: float | None = None
    period_s: float = 0.0


def readings_message(device: SimulatedDevice, instant: int, samples: Iterable[Sample]) -> Outgoing | None:
    """The samples taken since the device started; None if there are none."""
    kept = [sample for sample in samples if sample.instant >= device.started]
    if not kept:
        return None
    head = device.head(instant)
    shift = from_datetime(head["time"]) - instant // SECOND * SECOND
    readings = tuple(
        Reading(
            quantity=s.quantity,
            value=s.value,
            time=to_datetime(s.instant + shift),
            depth_m=s.depth_m,
            period_s=s.period_s,
            method="sum" if s.period_s else "point",
        )
        for s in kept
    )
    return _outgoing(instant, Readings(**head, readings=readings), len(readings))


def heard_messages(
    device: SimulatedDevice,
    instant: int,
    *,
    reports: Sequence[Report],
    indices: dict[str, float],
    valid_s: float,
    detector: SimulatedDetector,
) -> list[Outgoing]:
    """The detections and the features of one recording that began at ``instant``."""
    done = instant + int(DURATION_S) * SECOND
    excerpt = Excerpt(
        start=to_datetime(device.own_time(instant)),
        duration_s=DURATION_S,
        valid_s=valid_s,
        sample_rate_hz=24_000,
    )
    model = Model(id=detector.id, version=detector.version, threshold=detector.threshold)
    heard = tuple(
        Detection(taxon=r.taxon, score=r.score, offset_s=r.offset, duration_s=r.duration) for r in reports
    )
    detections = Detections(**device.head(done), excerpt=excerpt, model=model, detections=heard)
    deaf = valid_s == 0
    features = Features(
        **device.head(done),
        excerpt=excerpt,
        values=indices,
        absent=dict.fromkeys(DEFINITIONS.values(), "the microphone is dead: one constant value")
        if deaf
        else {},
        quality={"distinct_values": Finding(value=1.0, threshold=3.0, flagged=True)} if deaf else {},
    )
    return [_outgoing(done, detections), _outgoing(done, features, len(indices))]


def health_message(device: SimulatedDevice, instant: int) -> Outgoing:
    """Battery and the last sequence."""
    head = device.head(instant)
    health = Health(**head, battery_voltage=device.battery_voltage(instant), last_seq=head["seq"] - 1)
    return _outgoing(instant, health)


def clip_messages(device: SimulatedDevice, instant: int, content: bytes) -> list[Outgoing]:
    """The manifest and the parts of a sound file whose recording began at ``instant``."""
    sha256 = hashlib.sha256(content).hexdigest()
    start = to_datetime(device.own_time(instant))
    sent = instant + 15 * SECOND
    pieces = [content[at : at + PART_BYTES] for at in range(0, len(content), PART_BYTES)]
    manifest = ClipManifest(
        **device.head(sent),
        sha256=sha256,
        size=len(content),
        parts=len(pieces),
        name=f"{start:%Y%m%d_%H%M%S}.wav",
        start=start,
        start_source="device clock",
        header={"gain": "medium", "battery": f"{device.battery_voltage(instant)} V"},
    )
    messages = [_outgoing(sent, manifest)]
    for index, piece in enumerate(pieces):
        device.seq += 1
        part = AudioPart(device.boot, device.seq, sha256, index, len(pieces), piece)
        topic = topics.audio(device.site, device.name, sha256)
        messages.append(
            Outgoing(
                sent,
                device.site,
                device.name,
                device.boot,
                device.seq,
                topic,
                encode_part(part),
                kind="audio",
            )
        )
    return messages


def unreadable_message(device: SimulatedDevice, instant: int) -> Outgoing:
    """A message that no reader can use: its quantity does not exist."""
    head: Head = device.head(instant)
    fields: dict[str, object] = {"v": 1, "kind": "readings"}
    for key, value in head.items():
        fields[key] = format_instant(from_datetime(value)) if isinstance(value, datetime) else value
    fields["readings"] = [{"quantity": "soil_wetness", "value": "dry"}]
    payload = json.dumps(fields, separators=(",", ":")).encode()
    topic = topics.sensor(device.site, device.name, "readings")
    return Outgoing(
        instant, device.site, device.name, device.boot, head["seq"], topic, payload, readable=False
    )


def _outgoing(instant: int, message: WireMessage, readings: int = 0) -> Outgoing:
    topic = topics.sensor(message.site, message.device, message.kind)
    return Outgoing(
        instant,
        message.site,
        message.device,
        message.boot,
        message.seq,
        topic,
        encode(message),
        readings,
        message.kind,
    )
