"""Maps: what the decoders of a network's sensors call a quantity, as data files.

1. ``read_map`` reads ``maps/NAME.toml`` beside this file, one row a field: the decoder's
   name, our quantity, and the factor that brings its number to our unit.
2. ``readings_of`` picks each field's row by the kind of sensor that the device carries; a
   field without exactly one row, or without a number, is left out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, TypeAdapter

from contract.places import Device, Sensor
from contract.quantities import quantity
from contract.reading import Reading

_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(?:V|%|°C|uS/cm)?\s*")
"""Some decoders write numbers as text, with the unit."""


class MappedField(BaseModel):
    """One row of a map."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As the decoder writes it."""
    quantity: str
    factor: float = 1.0
    """Our unit = the decoder's number x factor."""
    sensor: Sensor | None = None
    """Only for devices that carry this kind of sensor; None for all."""


@cache
def read_map(name: str) -> tuple[MappedField, ...]:
    """The rows of ``maps/NAME.toml``; ``UnknownName`` if one names no quantity of ours."""
    text = files("gateway.formats").joinpath("maps", f"{name}.toml").read_text(encoding="utf-8")
    rows = TypeAdapter(tuple[MappedField, ...]).validate_python(tomllib.loads(text)["field"])
    for row in rows:
        quantity(row.quantity)
    return rows


def readings_of(
    device: Device, fields: Mapping[str, object], table: Iterable[MappedField]
) -> tuple[Reading, ...]:
    """What ``device`` measured, in our units, by the rows of ``table``; in the order of ``fields``."""
    rows = [row for row in table if row.sensor is None or row.sensor in device.sensors]
    found: list[Reading] = []
    for name, value in fields.items():
        fitting = [row for row in rows if row.name == name]
        number = _number(value)
        if len(fitting) == 1 and number is not None:
            found.append(Reading(quantity=fitting[0].quantity, value=number * fitting[0].factor))
    return tuple(found)


def _number(value: object) -> float | None:
    """``value`` as a finite number; None where it is none."""
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        value = float(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value) if abs(value) < 1e300 else float("inf")
    return number if abs(number) < 1e300 else None
