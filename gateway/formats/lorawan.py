"""What LoRaWAN network servers have in common: an ``Uplink`` becomes ``Readings``.

1. The DevEUI finds the device that had it then in the territory (``address``).
2. The session address (new at each join) is the boot, the frame counter + 1 the sequence.
3. What the decoder made of it becomes readings by a map; how the frame was heard, too.
4. A server speaks live: an event more than two minutes from the server's own time is placed by that.

The time is the network server's, which received the radio message at once: clock ``ntp``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from pydantic import ValidationError

from contract import topics, wire
from contract.instant import MINUTE, format_instant, to_datetime
from contract.places import Device, Territory
from contract.reading import Reading, Readings
from gateway.formats.format import SET_A_CODEC, UNDECODED, NotUnderstood, Translation, sentence, unreadable
from gateway.formats.maps.choice import decoded, named
from gateway.formats.maps.reading import Understood, read_by

_LIVE = 2 * MINUTE
"""How far an event may be from its server's own time [ns]."""
_HEX = re.compile(r"[0-9a-f]{8,16}")
STATUS_BOOT = "map-status"
"""Boot of what a server tells of a device without a frame of it."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """One frame of a device, as its network server tells of it."""

    address: str
    """DevEUI in hexadecimal, of either case."""
    session: str
    """DevAddr, or the DevEUI where the server does not say it."""
    frame: int
    """Frame counter, from 0."""
    time: int | None
    """Of the event [ns UTC]."""
    server: int | None = None
    """The server's own time [ns UTC]."""
    fields: object = None
    """What the decoder made of it; None without a decoder."""
    normalized: object = None
    """The same by the schema of The Things Stack."""
    heard: tuple[tuple[str, object], ...] = ()
    """How the frame was heard, and how the device is: (quantity, number in its unit, or no number)."""
    carries: str = ""
    """What it carried, in short, where it carried data of its application; empty otherwise."""


def translate(territory: Territory, uplink: Uplink, received: int | None = None) -> Translation:
    """The uplink as ``Readings``; ``UnreadableMessage`` says what is wanting."""
    time, said = _placed(uplink, received)
    device = device_at(territory, uplink.address, time)
    found = _found(uplink, device, territory)
    unread = ""
    if not found.readings and (found.not_understood or uplink.carries):
        names = ", ".join(sorted(one.field for one in found.not_understood)[:10])
        unread = f"none of its decoded fields is known: {names}" if names else f"undecoded: {SET_A_CODEC}"
        if not names:
            found.not_understood.append(NotUnderstood(UNDECODED, f"{SET_A_CODEC}; it says {uplink.carries}"))
    readings = (*found.readings, *_health(uplink, found))
    if not readings:
        raise unreadable(unread or "it says nothing, not even how it was heard")
    if said is not None and time is not None:
        found.notes.append(f"placed by the server's own time; its event said {format_instant(said)}")
    boot = f"lora-{uplink.session.lower()}"
    made = as_translation(device, boot, uplink.frame + 1, time, readings, said=said)
    return made._replace(not_understood=tuple(found.not_understood), notes=tuple(found.notes), unread=unread)


def as_translation(
    device: Device, boot: str, seq: int, time: int | None, readings: tuple[Reading, ...],
    *, said: int | None = None, clock: str = "ntp",
) -> Translation:  # fmt: skip
    """``readings`` of ``device`` at ``time`` [ns UTC] as a message; ``said``: what its own clock said."""
    try:
        message = Readings.model_validate(
            {
                "site": device.site, "device": device.id, "boot": boot, "seq": seq,
                "time": None if time is None else to_datetime(time), "clock": clock,
                "said_time": None if said is None else to_datetime(said), "readings": readings,
            }
        )  # fmt: skip
    except ValidationError as error:
        raise unreadable(sentence(error)) from error
    except (OverflowError, ValueError) as error:
        raise unreadable(f"its time is beyond all calendars: {error}") from error
    place = topics.sensor(device.site, device.id, "readings")
    return Translation(device.site, device.id, message, place, wire.encode(message))


def device_at(territory: Territory, address: str, at: int | None = None) -> Device:
    """Who has this address, in either case, with or without separators; ``UnreadableMessage`` if nobody."""
    wanted = _plain(address)
    for known, device in territory.device_by_address.items():
        then = device if at is None else territory.addresses.at(known, at)
        if _plain(known) == wanted and then is not None:
            return then
    raise unreadable(f"the address {address!r} belongs to no device of the territory")


def is_session(text: object) -> bool:
    """True for a DevAddr, or a DevEUI in its place."""
    return isinstance(text, str) and _HEX.fullmatch(text.lower()) is not None


def number_from(*parts: bytes) -> int:
    """A sequence number of what is not numbered: 48 bits of a hash, the same for the same bytes."""
    return int.from_bytes(hashlib.sha256(b"\0".join(parts)).digest()[:6], "big") + 1


def _plain(address: str) -> str:
    return address.lower().replace("-", "").replace(":", "")


def _found(uplink: Uplink, device: Device, territory: Territory) -> Understood:
    found = Understood() if not uplink.fields else decoded(uplink.fields, device, territory)
    if uplink.normalized:
        one = named("things-stack-normalized", territory)
        assert one is not None
        more = [read_by(one, each, device) for each in _each(uplink.normalized)]
        said = {reading.quantity for reading in found.readings}
        found.readings += [one for part in more for one in part.readings if one.quantity not in said]
        if not uplink.fields:
            found.not_understood += [one for part in more for one in part.not_understood]
    return found


def _each(normalized: object) -> list[object]:
    return normalized if isinstance(normalized, list) else [normalized]


def _health(uplink: Uplink, found: Understood) -> tuple[Reading, ...]:
    """How the frame was heard, beside what the device said itself."""
    said = {reading.quantity for reading in found.readings}
    return tuple(
        Reading(quantity=quantity, value=float(value))
        for quantity, value in uplink.heard
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
        if quantity not in said
    )


def _placed(uplink: Uplink, received: int | None) -> tuple[int | None, int | None]:
    """(where it stands, what its event said if that is another time)."""
    if uplink.time is None:
        return uplink.server if uplink.server is not None else received, None
    if uplink.server is None or abs(uplink.time - uplink.server) <= _LIVE:
        return uplink.time, None
    return uplink.server, uplink.time
