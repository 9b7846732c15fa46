"""What would come of foreign messages: ``gateway map --try``, without a broker.

1. ``samples`` reads a file: one payload, a list of them, or one a line, each bare or with its topic.
2. ``tried`` reads each as the gateway would; a bare payload of a device is what its decoder made of an
   uplink, or a message on a topic of its map.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from contract.errors import ConfigurationError, UnreadableMessage, UsageError
from contract.places import Device, Territory
from contract.reading import AudioPart
from contract.values import Row, values_of
from contract.wire import decode
from gateway.formats.format import NoMeasurement, NotUnderstood, Translation, unreadable
from gateway.formats.lorawan import as_translation
from gateway.formats.mapped import message_of, read_mapped
from gateway.formats.maps.choice import decoded, named
from gateway.formats.recognised import by_shape, format_of

_UPLINK = re.compile(r"uplink ([0-9A-Za-z-]+)\)")


class SampleLine(NamedTuple):
    """One message of a file."""

    line: int
    """From 1."""
    topic: str
    """Empty where nobody said it."""
    payload: bytes


@dataclass(slots=True)
class Tried:
    """What would come out."""

    values: list[Row] = field(default_factory=list)
    not_understood: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_lines(self) -> list[str]:
        """The same for people."""
        keys = ("device", "quantity", "value", "unit", "time")
        return [
            *(" ".join(f"{row[key]}" for key in keys) for row in self.values),
            *(
                f"not understood: line {row['line']} {row['device']} {row['field']}: {row['reason']}"
                for row in self.not_understood
            ),
            *(f"note: {note}" for note in self.notes),
        ]

    def as_json(self) -> dict[str, object]:
        """What ``--json`` prints."""
        return {"values": self.values, "not_understood": self.not_understood, "notes": self.notes}


def samples(path: Path, topic: str) -> Iterator[SampleLine]:
    """The messages in ``path``; ``topic``: of those that say none.  ``ConfigurationError`` without a file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", help="Check the path") from error
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        lines = content.splitlines()
        yield from (_sample(at, line, topic) for at, line in enumerate(lines, 1) if line.strip())
        return
    each = whole if isinstance(whole, list) else [whole]
    if len(each) == 1 and each[0] is whole:
        yield _sample(1, content, topic)
        return
    yield from (_sample(at, json.dumps(one).encode(), topic) for at, one in enumerate(each, 1))


def _sample(line: int, content: bytes, topic: str) -> SampleLine:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return SampleLine(line, topic, content)
    if not (isinstance(said, dict) and isinstance(said.get("topic"), str) and "payload" in said):
        return SampleLine(line, topic, content)
    payload = said["payload"]
    raw = (
        payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else json.dumps(payload).encode()
    )
    return SampleLine(line, topic or said["topic"], raw)


def tried(each: Iterator[SampleLine], territory: Territory, device: str) -> Tried:
    """``each`` as the gateway reads it; ``device``: of bare payloads.  ``UsageError`` where it is needed."""
    out = Tried()
    for sample in each:
        try:
            found = _read(sample, territory, device)
        except UnreadableMessage as error:
            out.not_understood.append(_missed(sample, "", NotUnderstood("", error.message)))
            continue
        out.not_understood += [_missed(sample, found.device, one) for one in found.not_understood]
        if isinstance(found, Translation):
            out.notes += [note for note in found.notes if note not in out.notes]
            if found.unread and not found.not_understood:
                out.not_understood.append(_missed(sample, found.device, NotUnderstood("", found.unread)))
            if not isinstance(found.message, AudioPart):
                out.values += list(values_of(decode(found.payload)))
    _join(out.not_understood)
    return out


def _join(rows: list[Row]) -> None:
    """What a server's log says of an uplink stands beside the uplink, too."""
    said = {}
    for row in rows:
        if (about := _UPLINK.search(str(row["reason"]))) and "decoder failed" in str(row["reason"]):
            said[about[1]] = str(row["reason"])
    for row in rows:
        about = _UPLINK.search(str(row["reason"]))
        if about and about[1] in said and said[about[1]] != row["reason"]:
            row["reason"] = f"{row['reason']}: {said[about[1]]}"


def _missed(sample: SampleLine, device: str, one: NotUnderstood) -> Row:
    where: Row = {"line": sample.line, "topic": sample.topic, "device": device}
    return where | {"field": one.field, "reason": one.reason}


def _read(sample: SampleLine, territory: Territory, name: str) -> Translation | NoMeasurement:
    topic, payload = sample.topic, sample.payload
    if topic and not name:
        return format_of(topic, payload, territory).read(topic, payload, territory)
    if (form := by_shape(payload)) is not None:
        return form.read(topic or "application/-/device/-/event/up", payload, territory)
    device = _device(territory, name)
    one = named(device.map, territory) if device.map else None
    if one is not None and one.topics:
        return read_mapped(one, device, topic, payload, None)
    found = decoded(message_of(payload, topic), device, territory)
    if not found.readings:
        names = ", ".join(missed.field for missed in found.not_understood[:10])
        raise unreadable(f"none of its decoded fields is known: {names or 'there are none'}")
    made = as_translation(device, "map-try", sample.line, None, tuple(found.readings), clock="none")
    return made._replace(not_understood=tuple(found.not_understood), notes=tuple(found.notes))


def _device(territory: Territory, name: str) -> Device:
    """``name``, else the only device there is, or the only one that names a map."""
    if name:
        if name not in territory.device_by_id:
            raise UsageError(
                f"{name!r} is no device of the territory",
                help=f"Use one of: {', '.join(territory.device_by_id)}",
            )
        return territory.device_by_id[name]
    mapped = [device for device in territory.devices if device.map]
    for those in (territory.devices, mapped):
        if len(those) == 1:
            return those[0]
    raise UsageError(
        "The sample does not say whose it is", help="Name its device with --device, or its topic with --topic"
    )
