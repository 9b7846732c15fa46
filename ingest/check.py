"""One record of a batch -> what may be believed of it.

1. What the gateway could not read stays unreadable, with its reason.
2. The bytes are read straight into a message; what is none is unreadable.
3. Topic and payload must name the same site, device and kind; the territory must know
   the device, at that site.
4. A doubted clock flags the whole message; the value checks follow where rows are made.
"""

from __future__ import annotations

from contract import topics
from contract.batch import Record
from contract.errors import UnreadableMessage
from contract.places import Territory
from contract.reading import Flag
from contract.wire import WireMessage, decode
from ingest.clocks import doubted
from ingest.store.face import Arrival


def examine(record: Record, territory: Territory) -> Arrival:
    """``record`` as an arrival: readable with its flags, or unreadable with a reason."""
    if record.reason:
        return Arrival(record, None, record.reason, Flag(0))
    try:
        message = decode(record.payload)
    except UnreadableMessage as error:
        return Arrival(record, None, error.message, Flag(0))
    reason = _misplaced(record.topic, message, territory)
    if reason:
        return Arrival(record, None, reason, Flag(0))
    flags = Flag.CLOCK if doubted(message.instant, record.received) else Flag(0)
    return Arrival(record, message, "", flags)


def _misplaced(topic: str, message: WireMessage, territory: Territory) -> str:
    """Why ``message`` does not belong where it was said, or empty."""
    said = topics.parse_sensor(topic)
    if said is not None and (said.site, said.device, said.kind) != (
        message.site,
        message.device,
        message.kind,
    ):
        return (
            f"sent on the topic of {said.site}/{said.device}/{said.kind},"
            f" but says {message.site}/{message.device}/{message.kind}"
        )
    device = territory.device_by_id.get(message.device)
    if device is None:
        return f"device {message.device!r} is not in the territory"
    if device.site != message.site:
        return f"device {message.device!r} is at site {device.site!r} in the territory, not {message.site!r}"
    return ""
