"""What LoRaWAN network servers have in common: an uplink becomes ``Readings``.

1. The DevEUI finds the device that had it then in the territory (``address``).
2. The session address (new at each join) is the boot, the frame counter + 1 the sequence.
3. The decoder's fields become readings by the map ``maps/lorawan.toml``.

The time is the network server's, which received the radio message at once: clock ``ntp``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from contract import topics, wire
from contract.instant import from_datetime
from contract.places import Device, Territory
from contract.reading import Readings
from gateway.formats.format import Translation, sentence, unreadable
from gateway.formats.maps import read_map, readings_of

_MAP = "lorawan"


def translate(
    territory: Territory,
    *,
    address: str,
    session: str,
    frame: int,
    time: datetime,
    fields: Mapping[str, object],
) -> Translation:
    """The uplink as ``Readings``; ``UnreadableMessage`` says what is wanting.

    ``address``: the DevEUI in hexadecimal, of either case; ``session``: the DevAddr;
    ``frame``: the uplink's frame counter, from 0; ``fields``: what the decoder made of it.
    """
    device = _device(territory, address, from_datetime(time))
    readings = readings_of(device, fields, read_map(_MAP))
    if not readings:
        raise unreadable(
            f"none of its decoded fields is known: {', '.join(sorted(fields)[:10]) or 'there are none'}"
        )
    try:
        message = Readings(
            site=device.site, device=device.id, boot=f"lora-{session.lower()}", seq=frame + 1,
            time=time, clock="ntp", readings=readings,
        )  # fmt: skip
    except ValidationError as error:
        raise unreadable(sentence(error)) from error
    return Translation(
        device.site,
        device.id,
        message,
        topics.sensor(device.site, device.id, "readings"),
        wire.encode(message),
    )


def _device(territory: Territory, address: str, at: int) -> Device:
    for known in territory.device_by_address:
        if known.lower() == address.lower() and (device := territory.addresses.at(known, at)):
            return device
    raise unreadable(f"the address {address!r} belongs to no device of the territory")
