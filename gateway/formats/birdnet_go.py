"""BirdNET-Go: each detection of a station, as it publishes it (its ``NoteWithBirdImage``).

1. ``sourceName``, the topic or ``sourceId`` is the ``address`` of a device in the territory; the
   topic is the user's to choose, and ``…/sources/ID`` repeats what the topic above it says.
2. ``BeginTime`` with its offset is when the sound began, ``EndTime`` when it ended.  ``Date`` and
   ``Time`` only say when it was noticed, in a zone that nobody states: they are not read.
3. ``detectionId`` (since 2026; ``ID`` is 0 before) is the sequence within a day, else the payload's
   hash.  A station counts all its sources together and publishes what it likes: a hole is no loss.
4. What the station calls unlikely, what a person judged false and what is no species is stored, doubted.

A station says only what it heard: ``valid_s`` is 0 here.  Its effort is what the territory says of
it (``listens``), while there are signs of life: ``status_of`` reads the ``online`` and ``offline`` that
it, or its last will, publishes on ``TOPIC/status``.

Source: ``internal/datastore`` and ``internal/analysis/processor`` of
https://github.com/tphakala/birdnet-go; captures in its issues 83, 976 and 4082.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from contract import topics, wire
from contract.errors import ConfigurationError
from contract.instant import SECOND, parse_instant, to_datetime
from contract.places import Device, Territory
from contract.reading import MAX_SEQUENCE, Detection, Detections, Excerpt, Health, Model
from contract.taxa import NO_SPECIES, is_species
from gateway.formats.format import Translation, parsed, sentence, unreadable

_WINDOW_S = {"birdnet": 3.0, "perch": 5.0}
"""What a model hears at once: how long a sound is taken to be whose end is not stated."""
_LONGEST_S = 3600.0
_NEVER = "0001-01-01"
"""Go's time that was never set."""
_STATUS = "/status"
_MARKS = (b'"BeginTime"', b'"Confidence"', b'"ScientificName"')


class _GoModel(BaseModel):
    name: str = Field(alias="Name", default="BirdNET", max_length=80)
    version: str = Field(alias="Version", default="", max_length=80)
    variant: str | None = Field(alias="Variant", default="", max_length=30)


class _Note(BaseModel):
    begin: str = Field(alias="BeginTime", max_length=64)
    end: str | None = Field(alias="EndTime", default=None, max_length=64)
    name: str = Field(alias="ScientificName", default="", max_length=120)
    common: str = Field(alias="CommonName", default="", max_length=120)
    confidence: float = Field(alias="Confidence", ge=0, le=1)
    threshold: float = Field(alias="Threshold", default=0.0, ge=0, le=1)
    sensitivity: float | None = Field(alias="Sensitivity", default=None)
    model: _GoModel | None = Field(alias="Model", default=None)
    unlikely: bool | None = Field(alias="Unlikely", default=None)
    verified: str | None = Field(alias="Verified", default=None)
    number: int | None = Field(alias="detectionId", default=None)
    old_number: int | None = Field(alias="ID", default=None)
    source: str | None = Field(alias="sourceId", default=None)
    source_name: str | None = Field(alias="sourceName", default=None)
    old_source: Any = Field(alias="Source", default=None)

    @property
    def sources(self) -> list[str]:
        """What it calls its microphone, the stable name first."""
        old = self.old_source if isinstance(self.old_source, dict) else {"id": self.old_source}
        names = (self.source_name, old.get("displayName"), self.source, old.get("id"))
        return [name for name in names if isinstance(name, str) and name]


class BirdNetGo:
    """One detection, one ``detections`` message."""

    filters = ("birdnet", "birdnet/sources/+", f"birdnet{_STATUS}")

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation:
        """The detection with effort 0, or the station's status; ``UnreadableMessage`` says what is wrong."""
        status = None if received is None else status_of(topic, payload, territory, received)
        if status is not None:
            return status
        note = parsed(_Note, payload, "detection of BirdNET-Go")
        try:
            begin = parse_instant(note.begin)
            device = _device(territory, note, topic, begin)
            message = _message(note, device, payload, begin)
        except ConfigurationError as error:
            raise unreadable(f"BeginTime: {error.message}") from error
        except ValidationError as error:
            raise unreadable(sentence(error)) from error
        place_of = topics.sensor(device.site, device.id, "detections")
        return Translation(device.site, device.id, message, place_of, wire.encode(message))


def is_note(payload: bytes) -> bool:
    """True where the bytes may be a detection of BirdNET-Go: its topic is anything."""
    return payload.lstrip()[:1] == b"{" and all(mark in payload for mark in _MARKS)


def topics_of(territory: Territory) -> tuple[str, ...]:
    """What the territory's stations may publish on, beside the default: their addresses."""
    listening = (device.address for device in territory.devices if "acoustic" in device.sensors)
    usable = [one for one in listening if one and not re.search(r"[#+$\x00-\x1f]|^/|/$|^ecoviv(?:/|$)", one)]
    return tuple(dict.fromkeys(topic for one in usable for topic in (one, one + _STATUS)))


def status_of(topic: str, payload: bytes, territory: Territory, received: int) -> Translation | None:
    """``online`` or ``offline`` of the station whose topic it is, as its health; None for anything else.

    A status has no time and no number: it was said when it was ``received`` [ns UTC].  A station that
    is known by its source's name alone is the territory's only one with ``listens``.
    """
    said = payload.strip(b' \t\r\n"').lower()
    if not topic.endswith(_STATUS) or said not in {b"online", b"offline"}:
        return None
    device = territory.addresses.at(topic.removesuffix(_STATUS), received)
    stated = [one for one in territory.devices if one.listens and one.address]
    device = device or (stated[0] if len(stated) == 1 else None)
    if device is None:
        return None
    when = to_datetime(received)
    message = Health(
        site=device.site,
        device=device.id,
        boot=f"go-status-{when:%Y%m%d}",
        seq=max(1, received // 1_000_000),
        time=when,
        clock="gateway",
        text=said.decode(),
    )
    place = topics.sensor(device.site, device.id, "health")
    return Translation(device.site, device.id, message, place, wire.encode(message))


def _message(note: _Note, device: Device, payload: bytes, begin: int) -> Detections:
    start = to_datetime(begin)
    model = _model(note)
    lasted = _lasted(note, begin)
    heard = Detection(
        taxon=note.name or note.common,
        score=note.confidence,
        offset_s=begin % 1_000 / SECOND,  # what microseconds leave of it
        duration_s=lasted,
        doubt=_doubt(note),
    )
    told = "" if note.sensitivity is None else f" sensitivity {note.sensitivity:g}"
    source = re.sub(r"[^A-Za-z0-9_-]", "-", next(iter(note.sources), "station"))[:45]
    return Detections(
        site=device.site,
        device=device.id,
        boot=f"go-{source}-{start:%Y%m%d}",
        seq=_sequence(note, payload),
        time=start,
        clock="ntp",
        firmware=f"BirdNET-Go{told}"[:40],
        excerpt=Excerpt(start=start, duration_s=lasted, valid_s=0.0),
        model=model,
        detections=(heard,),
    )


def _model(note: _Note) -> Model:
    """Another variant is another instrument: it is part of the version."""
    said = note.model or _GoModel()
    version = said.version or "unknown"
    if said.variant and said.variant.casefold() != "default":
        version = f"{version}+{said.variant}"
    return Model(id=said.name or "BirdNET", version=version, threshold=note.threshold)


def _lasted(note: _Note, begin: int) -> float:
    """Seconds to the stated end; without a usable one, the model's window (0 where it is not known)."""
    if note.end and not note.end.startswith(_NEVER):
        seconds = (parse_instant(note.end) - begin) / SECOND
        if 0 < seconds <= _LONGEST_S:
            return seconds
    named = (note.model or _GoModel()).name.casefold()
    return next((window for name, window in _WINDOW_S.items() if named.startswith(name)), 0.0)


def _doubt(note: _Note) -> str:
    if not is_species(note.name):
        return NO_SPECIES
    verified = (note.verified or "").casefold()
    if verified == "false_positive":
        return "judged false by a person"
    return "unlikely, says the station" if note.unlikely and verified != "correct" else ""


def _sequence(note: _Note, payload: bytes) -> int:
    for number in (note.number, note.old_number):
        if number is not None and 1 <= number <= MAX_SEQUENCE:
            return number
    return 1 + int.from_bytes(hashlib.sha256(payload).digest()[:6])


def _device(territory: Territory, note: _Note, topic: str, at: int) -> Device:
    """Who had one of these addresses then."""
    base = re.sub(r"/sources/[^/]+$", "", topic)
    for address in (*note.sources[:1], topic, base, *note.sources[1:]):
        if (device := territory.addresses.at(address, at)) is not None:
            return device
    named = ", ".join(repr(name) for name in note.sources) or "none"
    raise unreadable(f"neither its source ({named}) nor the topic was the address of a device then")
