"""A push of a weather station, as the HTTP door hands it on: secrets blanked, on a topic of its own.

1. The topic says what the form cannot: the station's hashed name, its boot and number as the door
   counts them, and when it arrived.  So a push that is read again later stays the same message.
2. The station is the device whose ``address`` is its PASSKEY, MAC address, ID or hashed name; or the
   device that its path names.
3. ``dateutc`` is its time; where it says ``now``, or nothing, that of its arrival.

    push/{station}/{boot}/{sequence}/{arrival in ns UTC}
"""

from __future__ import annotations

import re
from datetime import datetime

from pydantic import ValidationError

from contract import topics, wire
from contract.errors import ConfigurationError
from contract.instant import from_datetime, parse_instant, to_datetime
from contract.places import Device, Territory
from contract.reading import ClockSource, Readings
from gateway.formats.format import NotUnderstood, Translation, sentence, unreadable
from gateway.formats.stations.fields import understood
from gateway.formats.stations.secrets import NOBODY, fields_of, name_of

_TOPIC = re.compile(r"push/([a-z0-9-]{1,40})/([A-Za-z0-9_-]{1,64})/([0-9]{1,15})/([0-9]{1,19})", re.ASCII)
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T+]?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d*)?)?Z?",
    re.ASCII | re.IGNORECASE,
)
_DAY_END = re.compile(r"(?<=\d)\s+(?=\d{1,2}\s*:)")
_MAX_NAMED = 10
_SHOWN = 80
"""Letters of a value that is not understood."""


def push_topic(station: str, boot: str, seq: int, arrived: int) -> str:
    """Where the door hands on a push of ``station``, its hashed name, that ``arrived`` then [ns UTC]."""
    return f"push/{station}/{boot}/{seq}/{arrived}"


class StationPush:
    """One push, one ``readings`` message."""

    filters = ("push/+/+/+/+",)

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation:
        """The push in our units; ``UnreadableMessage`` says what is wanting."""
        match = _TOPIC.fullmatch(topic)
        if match is None:
            raise unreadable("its topic is none of the door's")
        fields = fields_of(payload)
        if not fields:
            raise unreadable("no push of a weather station: it is no form")
        time, clock = _time(fields.get("dateutc", ""), int(match[4]))
        device = _device(match[1], territory, from_datetime(time))
        found = understood(fields)
        if not found.readings:
            names = ", ".join(found.open[:_MAX_NAMED]) or "there are no others"
            raise unreadable(f"none of its fields is a measurement that is known here: {names}")
        firmware = fields.get("stationtype") or fields.get("softwaretype", "")
        try:
            message = Readings(
                site=device.site, device=device.id, boot=match[2], seq=int(match[3]), time=time, clock=clock,
                firmware=firmware[:40], readings=found.readings,
            )  # fmt: skip
        except ValidationError as error:
            raise unreadable(sentence(error)) from error
        place = topics.sensor(device.site, device.id, "readings")
        missed = tuple(NotUnderstood(name, fields[name][:_SHOWN]) for name in found.open)
        return Translation(device.site, device.id, message, place, wire.encode(message), missed)


def _device(station: str, territory: Territory, at: int) -> Device:
    """Who had the address then, as it was then."""
    known = (one for one in territory.device_by_address if station in _names(one))
    fitting = [then for one in known if (then := territory.addresses.at(one, at)) is not None]
    if not fitting and station in territory.device_by_id:
        device = territory.device_by_id[station]
        return device.at(at) or device
    if station == NOBODY:
        raise unreadable("it does not say who it is: no PASSKEY, MAC or ID, and no device in its path")
    if len(fitting) != 1:
        who = "no device" if not fitting else " and ".join(one.id for one in fitting)
        raise unreadable(
            f"the station {station} belongs to {who} of the territory; its MAC address, PASSKEY, ID"
            f' or "{station}" is to be the address of one'
        )
    return fitting[0]


def _names(address: str) -> tuple[str, str]:
    return address.lower(), name_of(address)


def _time(text: str, arrived: int) -> tuple[datetime, ClockSource]:
    """When it was measured, and by whose clock; stray spaces stand anywhere in real pushes."""
    if text.strip().lower() in {"", "now"}:
        return to_datetime(arrived), "gateway"
    match = _TIME.fullmatch(re.sub(r"\s", "", _DAY_END.sub("T", text.strip())))
    if match is None:
        raise unreadable(f"its dateutc {text[:40]!r} is not a time")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        instant = parse_instant(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    except ConfigurationError as error:
        raise unreadable(f"its dateutc {text[:40]!r}: {error.message}") from error
    return to_datetime(instant), "ntp"
