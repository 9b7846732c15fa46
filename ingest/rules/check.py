"""One record of a batch -> what may be believed of it.

1. What the gateway could not read stays unreadable, with its reason.
2. The bytes are read straight into a message; what is none is unreadable.
3. Topic and payload must name the same site, device and kind; the territory must know
   the device, at that site.
4. What is unreadable counts as a device's own only on the topic of one, at its site.
5. It belongs where its device was then (``whereabouts``), whichever site of its own it names.
6. A doubted clock flags the whole message; the value checks follow where rows are made.
"""

from __future__ import annotations

from functools import lru_cache

from contract import topics
from contract.batch import Record
from contract.errors import UnreadableMessage
from contract.places import Territory
from contract.plain import PlainReadings
from contract.reading import Flag
from contract.wire import WireMessage, read
from ingest.rules.clocks import doubted
from ingest.rules.whereabouts import moved, whereabouts
from ingest.values import Arrival

_UNFLAGGED, _CLOCK = Flag(0), Flag.CLOCK


def examine(record: Record, territory: Territory) -> Arrival:
    """``record`` as an arrival: readable with its flags, or unreadable with a reason."""
    _number, received, topic, reason, payload = record
    if reason:
        return _unreadable(record, reason, territory)
    try:
        message = read(payload)
    except UnreadableMessage as error:
        return _unreadable(record, error.message, territory)
    if reason := _misplaced(topic, message, territory):
        return _unreadable(record, reason, territory)
    place = whereabouts(message, received, territory)
    try:
        if place.site != message.site and not place.reason:
            record = record._replace(payload=moved(payload, place.site))
            message = read(record.payload)
    except UnreadableMessage as error:
        return _unreadable(record, error.message, territory)
    if place.reason:
        return _unreadable(record, place.reason, territory)
    doubt = place.early or doubted(message.instant, received)
    return Arrival(record, message, "", _CLOCK if doubt else _UNFLAGGED)


def _unreadable(record: Record, reason: str, territory: Territory) -> Arrival:
    said = _said(record.topic)
    own = said is not None and not territory.misplaced(said[0], said[1])
    return Arrival(record, None, reason, _UNFLAGGED, own)


def _misplaced(topic: str, message: WireMessage | PlainReadings, territory: Territory) -> str:
    """Why ``message`` does not belong where it was said, or empty."""
    site, device, kind = message.site, message.device, message.kind
    said = _said(topic)
    if said is not None and said != (site, device, kind):
        return f"sent on the topic of {'/'.join(said)}, but says {site}/{device}/{kind}"
    return territory.misplaced(site, device)


@lru_cache(maxsize=8192)
def _said(topic: str) -> tuple[str, str, str] | None:
    """(site, device, kind) of a sensor's topic; None for a foreign one."""
    parsed = topics.parse(topic)
    return (parsed.site, parsed.device, parsed.kind) if isinstance(parsed, topics.SensorTopic) else None
