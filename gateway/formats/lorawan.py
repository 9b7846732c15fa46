"""What LoRaWAN network servers have in common: an uplink becomes ``Readings``.

1. The DevEUI finds the device in the territory (``address``).
2. The session address (new at each join) is the boot, the frame counter + 1 the sequence.
3. The decoder's fields become readings by the table ``fields.toml``.

The time is the network server's, who heard the radio at once: clock ``ntp``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from contract import topics, wire
from contract.places import Device, Sensor, Territory
from contract.quantities import quantity
from contract.reading import Reading, Readings
from gateway.formats.format import Translation, sentence, unreadable

_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(?:V|%|°C|uS/cm)?\s*")
"""Some decoders write numbers as text, with the unit."""


class Field(BaseModel):
    """One row of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    quantity: str
    factor: float = 1.0
    sensor: Sensor | None = None


@cache
def field_table() -> tuple[Field, ...]:
    """The rows of ``fields.toml``."""
    text = files("gateway.formats").joinpath("fields.toml").read_text(encoding="utf-8")
    rows = TypeAdapter(tuple[Field, ...]).validate_python(tomllib.loads(text)["field"])
    for row in rows:
        quantity(row.quantity)
    return rows


def translate(
    territory: Territory,
    *,
    address: str,
    session: str,
    frame: int,
    time: datetime,
    fields: Mapping[str, object],
) -> Translation:
    """The uplink as ``Readings``; ``UnreadableMessage`` says what is wanting."""
    device = _device(territory, address)
    readings = tuple(_readings(device, fields))
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


def _device(territory: Territory, address: str) -> Device:
    for known, device in territory.device_by_address.items():
        if known.lower() == address.lower():
            return device
    raise unreadable(f"the address {address!r} belongs to no device of the territory")


def _readings(device: Device, fields: Mapping[str, object]) -> list[Reading]:
    found: list[Reading] = []
    for name, value in fields.items():
        rows = [row for row in field_table() if row.name == name]
        rows = [row for row in rows if row.sensor is None or row.sensor in device.sensors]
        number = _number(value)
        if len(rows) == 1 and number is not None:
            found.append(Reading(quantity=rows[0].quantity, value=number * rows[0].factor))
    return found


def _number(value: object) -> float | None:
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        value = float(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value) if abs(value) < 1e300 else float("inf")
    return number if abs(number) < 1e300 else None
