"""A delivery becomes an entry of the spool.  Nothing is refused.

1. The format that owns the topic reads the bytes.
2. A message goes to the stream of its kind; a piece of audio to the pieces.
3. Bad readings of a message that is well otherwise go beside it, with their reasons.
4. What cannot be read or attributed goes to the readings with the reason.  If it still
   names boot and sequence, its origin gets a receipt for it.
5. A foreign message loses its secrets before it is read.  As it was read it is kept beside what was made
   of it, in the stream of originals: whatever a map passes over can be read again.
6. What is nobody's and known to hold no measurement leaves no record; fields that nobody understands
   are counted.
7. Of unreadable sound only the first bytes travel, so that no voice leaves by mistake.  A piece that may
   still become a clip waits here; of what never can no byte more is kept, on whatever topic it came.
"""

from __future__ import annotations

import re

from contract import topics, wire
from contract.batch import RAW, STREAM_OF_KIND, Gave, decode_batch
from contract.errors import UnreadableMessage
from contract.instant import from_datetime
from contract.line.bus import Delivery
from contract.places import SLUG_PATTERN, Territory
from contract.plain import PlainReadings
from contract.quantities import HEALTH
from contract.reading import (
    AGAIN_BOOT,
    AudioPart,
    ClipManifest,
    Detections,
    Features,
    Health,
    Readings,
)
from contract.topics import SensorTopic
from contract.values import health_of
from contract.wire import WireMessage
from gateway.formats.format import NoMeasurement, Translation
from gateway.formats.native import read_native
from gateway.formats.recognised import format_of
from gateway.formats.secrets import blanked
from gateway.spool.entry import Entry, Origin

_SLUG = re.compile(SLUG_PATTERN)
HEAD_BYTES = 128
_SOUND = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"EVA")
"""How files of sound begin, and pieces of one."""
_AIFF = (b"AIFF", b"AIFC")
"""What stands at byte 8 of such a file, behind FORM and a size; FORM alone may begin a word."""
UNSEARCHED = "are kept: nobody could search the rest for voices"
"""How the reason ends of sound of which no more than the head is kept."""
MAX_KEPT_BYTES = 2**20
"""Of an unreadable message; more than four times what a readable one may have."""
_ADDRESS_WITHIN = 4_096
"""Bytes of an unreadable message in which an address is looked for."""
_LONG_ADDRESS = 8
"""Letters; what is shorter may be any word."""
MAX_SHAPE = 120
"""Letters of a topic's shape."""
_DIGITS = re.compile(r"[0-9A-Fa-f]{8,}|[0-9]+")
MAX_BOOT = 64
MAX_REASON = 1_000
"""Letters; a reason may quote names of any length out of what it is about."""


def take(delivery: Delivery, place: SensorTopic, received: int, territory: Territory) -> Entry:
    """What the spool keeps of what was said on a sensor's own topic, taken at ``received`` [ns UTC]."""
    topic = delivery.topic[: topics.MAX_TOPIC]
    try:
        translation = read_native(place, topic, delivery.payload, territory)
    except UnreadableMessage as error:
        entry = _unreadable(place, topic, delivery.payload, received, error.message)
        entry = entry._replace(stranger=bool(territory.misplaced(place.site, place.device)))
    else:
        entry = _readable(translation, received, not delivery.retained)
    return entry._replace(retained=True) if delivery.retained else entry


def take_foreign(delivery: Delivery, received: int, territory: Territory) -> list[Entry]:
    """What the spool keeps of a message on any other topic: what was made of it, and the original."""
    topic, payload = delivery.topic[: topics.MAX_TOPIC], blanked(delivery.payload)
    try:
        found = format_of(topic, payload, territory).read(topic, payload, territory, received)
    except UnreadableMessage as error:
        entry = _unreadable(delivery.place, topic, payload, received, error.message)
        missed, about = (("", shape_of(topic), error.message),), _whose(topic, payload, territory)
        entries = [entry._replace(stranger=True, missed=missed, about=about)]
    else:
        entries = [*_made(found, topic, payload, received), *_original(found, topic, payload, received)]
    return [entry._replace(retained=delivery.retained) for entry in entries]


def take_again(sent: bytes, territory: Territory) -> list[Entry]:
    """Originals that ingest sends back, read by the maps of today, at the time when they were received.

    What they give is named apart and ranks after what was read at first: a series that was not there is
    added, another value is a conflict.  Their devices are not told.  ``UnreadableMessage`` where it is no
    batch; what still cannot be read is kept where it came from.
    """
    entries = list[Entry]()
    for record in decode_batch(sent).records:
        if isinstance(topics.parse(record.topic), SensorTopic):
            continue
        try:
            form = format_of(record.topic, record.payload, territory)
            found = form.read(record.topic, record.payload, territory, record.received)
        except UnreadableMessage:
            continue
        if isinstance(found, Translation) and isinstance(found.message, Readings | Detections):
            boot = f"{AGAIN_BOOT}{found.message.boot}"[:MAX_BOOT]
            payload = wire.encode(found.message.model_copy(update={"boot": boot}))
            stream = STREAM_OF_KIND[found.message.kind]
            entries.append(Entry(stream, record.received, found.topic, "", payload))
        entries += _original(found, record.topic, record.payload, record.received)
    return entries


def _made(found: Translation | NoMeasurement, topic: str, payload: bytes, received: int) -> tuple[Entry, ...]:
    who = f"{found.site}/{found.device}" if found.device else ""
    missed = tuple(
        (who, one.field if who else shape_of(one.field), one.reason) for one in found.not_understood
    )
    if isinstance(found, NoMeasurement):
        return (Entry("", received, topic, "", b"", missed=missed),)
    entry = _readable(found, received, False)._replace(missed=missed)
    if found.unread:
        beside = Entry(STREAM_OF_KIND["unreadable"], received, topic, found.unread[:MAX_REASON], payload)
        entry = entry._replace(beside=beside)
    return (entry,)


def _original(
    found: Translation | NoMeasurement, topic: str, payload: bytes, received: int
) -> tuple[Entry, ...]:
    """The message as it was read, with what it gave; nothing of somebody else's lamp."""
    if not found.device:
        return ()
    boot, seq = (found.message.boot, found.message.seq) if isinstance(found, Translation) else ("", 0)
    gave = Gave(found.site, found.device, boot, seq, tuple(one.field for one in found.not_understood))
    return (Entry(RAW, received, topic, gave.text(), payload),)


def shape_of(topic: str) -> str:
    """``topic`` with its numbers as ``#``, so that a thousand devices are one line."""
    return _DIGITS.sub("#", topic)[:MAX_SHAPE]


def _readable(translation: Translation, received: int, own: bool) -> Entry:
    """``own``: said now, on the speaker's own topic; only there what it holds is believed."""
    message = translation.message
    sender = Origin(translation.site, translation.device, message.boot)
    if isinstance(message, PlainReadings):  # nearly all: they hold nothing else to look for
        return Entry(
            STREAM_OF_KIND["readings"],
            received,
            translation.topic,
            "",
            translation.payload,
            sender,
            message.seq,
            said=_said(message),
            floor=message.floor or 0 if own else 0,
            health=_health(message),
        )
    if isinstance(message, AudioPart):
        return Entry("", received, translation.topic, "", b"", sender, message.seq, part=message)
    clip = message.excerpt.clip if isinstance(message, Features) else None
    entry = Entry(
        STREAM_OF_KIND[message.kind],
        received,
        translation.topic,
        "",
        translation.payload,
        sender,
        message.seq,
        manifest=message if isinstance(message, ClipManifest) else None,
        features_of=clip or "",
        said=_said(message),
        floor=message.floor or 0 if own else 0,
    )
    if isinstance(message, Health):
        return entry._replace(health=tuple(health_of(message)), words=message.text)
    if health := _health(message):
        entry = entry._replace(health=health)
    if isinstance(message, Readings) and message.set_aside:
        return entry._replace(beside=_set_aside(message, entry))
    return entry


def _health(message: WireMessage | PlainReadings) -> tuple[tuple[str, float], ...]:
    """(quantity, value) of what readings say of their device."""
    found: tuple[tuple[str, float], ...] = ()
    if isinstance(message, PlainReadings):
        for plain in message.readings:  # a loop: thousands of messages a second, nearly all without any
            if plain["quantity"] in HEALTH:
                found += ((plain["quantity"], plain["value"]),)
    elif isinstance(message, Readings):
        found = tuple((one.quantity, one.value) for one in message.readings if one.quantity in HEALTH)
    return found


def _whose(topic: str, payload: bytes, territory: Territory) -> tuple[str, str] | None:
    """(site, device) whose address ``topic`` or the head of ``payload`` names; None where none does."""
    levels, head = topic.lower().split("/"), payload[:_ADDRESS_WITHIN].lower()
    for address, device in territory.device_by_address.items():
        named = address.lower()
        if (
            named in levels
            or named == topic.lower()
            or (len(named) >= _LONG_ADDRESS and b'"%s"' % named.encode() in head)
        ):
            return device.site, device.id
    return None


def _said(message: WireMessage | PlainReadings) -> int | None:
    """When its device spoke, by its own clock [ns UTC]: of readings at least the latest time among them."""
    if not isinstance(message, PlainReadings | Readings):
        return message.instant if isinstance(message, Health) else None
    if message.instant is not None:
        return message.instant
    if isinstance(message, PlainReadings):
        own = (reading.get("time") for reading in message.readings)
    else:
        own = (reading.time for reading in message.readings)
    return max((from_datetime(time) for time in own if time is not None), default=None)


def speaker(topic: str) -> Origin | None:
    """Who may be told of a message of which only ``topic`` is legible: an origin without a boot."""
    place = topics.parse(topic)
    return _sender(place, "") if isinstance(place, SensorTopic) else None


def _set_aside(message: Readings, entry: Entry) -> Entry:
    """What the spool keeps of the readings that were none, beside ``entry`` of the others."""
    reasons = "; ".join(message.set_aside)[:MAX_REASON]
    return Entry(
        STREAM_OF_KIND["unreadable"], entry.received, entry.topic, reasons, message.aside, entry.origin,
        entry.seq,
    )  # fmt: skip


def _unreadable(place: topics.Topic, topic: str, payload: bytes, received: int, reason: str) -> Entry:
    stream, reason = STREAM_OF_KIND["unreadable"], reason[:MAX_REASON]
    sender, seq = None, 0
    aiff = payload.startswith(b"FORM") and payload[8:12] in _AIFF
    if aiff or payload.startswith(_SOUND) or (isinstance(place, SensorTopic) and place.kind == "audio"):
        return _unreadable_sound(place, topic, payload, received, reason)
    if isinstance(place, SensorTopic) and (number := wire.salvage_number(payload)) is not None:
        sender, seq = _sender(place, number[0]), number[1]
    if len(payload) > MAX_KEPT_BYTES:
        reason = f"{reason}; only its first {MAX_KEPT_BYTES} bytes are kept"
    return Entry(stream, received, topic, reason, payload[:MAX_KEPT_BYTES], sender, seq)


def _unreadable_sound(place: topics.Topic, topic: str, payload: bytes, received: int, reason: str) -> Entry:
    stream, head = STREAM_OF_KIND["unreadable"], payload[:HEAD_BYTES]
    try:
        part = wire.decode_part(payload)
    except UnreadableMessage:
        part = None
    if part is None or not isinstance(place, SensorTopic):
        kept = f"{reason}; of {len(payload)} bytes the first {len(head)} {UNSEARCHED}"
        return Entry(stream, received, topic, kept, head)
    kept = f"{reason}; its {len(payload)} bytes stay at the gateway"
    return Entry(stream, received, topic, kept, head, _sender(place, part.boot), part.seq, part=part)


def _sender(place: SensorTopic, boot: str) -> Origin | None:
    """Who gets the receipt; None where the topic's names cannot be a sensor's."""
    if not (_SLUG.match(place.site) and _SLUG.match(place.device)):
        return None
    return Origin(place.site, place.device, boot)
