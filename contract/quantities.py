"""The closed table of quantities: one name, one unit (UCUM), one CF name each.

A format adapter converts once, at the gateway; afterwards numbers are plain.
``low`` and ``high`` bound what is physically plausible at a field station;
``fastest`` is the fastest credible change per minute.  Both only ever *flag* a value.
Acoustic indices are not listed here: their name is their definition id,
``NAME@PROFILE#HASH``, recognised by :func:`is_definition_id`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contract.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Quantity:
    """One measured quantity.

    ``name`` as on the wire; ``unit`` UCUM; ``cf_name`` of the CF standard name table,
    empty where CF has none; ``low``/``high`` plausible range [unit]; ``fastest`` credible
    change [unit per minute]; ``stuck_hours`` after which an unchanged value is suspicious,
    0 where rest is natural (rain, night radiation).
    """

    name: str
    unit: str
    cf_name: str
    low: float
    high: float
    fastest: float
    stuck_hours: float


_TABLE = (
    Quantity("air_temperature", "Cel", "air_temperature", -60, 60, 3, 12),
    Quantity("relative_humidity", "%", "relative_humidity", 0, 100, 20, 0),
    Quantity("air_pressure", "hPa", "air_pressure", 500, 1085, 2, 24),
    Quantity("wind_speed", "m/s", "wind_speed", 0, 75, 30, 24),
    Quantity("wind_gust", "m/s", "wind_speed_of_gust", 0, 110, 60, 24),
    Quantity("wind_from_direction", "deg", "wind_from_direction", 0, 360, 360, 24),
    Quantity("precipitation_amount", "mm", "thickness_of_rainfall_amount", 0, 500, 20, 0),
    Quantity("shortwave_radiation", "W/m2", "surface_downwelling_shortwave_flux_in_air", 0, 1500, 1200, 0),
    Quantity("soil_temperature", "Cel", "soil_temperature", -40, 70, 2, 48),
    Quantity("soil_moisture", "m3/m3", "volume_fraction_of_condensed_water_in_soil", 0, 0.8, 0.2, 0),
    Quantity("soil_moisture_count", "1", "", 0, 65_535, 1_000, 0),
    Quantity("soil_electrical_conductivity", "uS/cm", "", 0, 20_000, 2_000, 0),
    Quantity("soil_ph", "1", "", 2, 11, 0.5, 0),
    Quantity("battery_voltage", "V", "", 0, 60, 5, 0),
    Quantity("sound_level", "dB", "sound_pressure_level_in_air", -200, 180, 120, 0),
)

_SPELLINGS = {
    "Cel": ("°C", "degC", "℃", "deg C", "celsius"),
    "%": ("percent", "%RH", "pct"),
    "hPa": ("mbar", "hpa"),
    "m/s": ("m s-1", "m.s-1", "m·s⁻¹", "mps"),
    "deg": ("°", "degree", "degrees"),
    "mm": (),
    "W/m2": ("W/m²", "W m-2", "W.m-2", "W/m^2"),
    "m3/m3": ("m³/m³", "m3 m-3", "m^3/m^3"),
    "uS/cm": ("µS/cm", "μS/cm", "us/cm"),
    "1": ("",),
    "V": ("volt",),
    "dB": ("db",),
}
"""Other ways to write the same unit; never another unit, however easily it were converted."""

QUANTITIES = {quantity.name: quantity for quantity in _TABLE}

UNITS = {quantity.name: frozenset((quantity.unit, *_SPELLINGS[quantity.unit])) for quantity in _TABLE}
"""Quantity → what its unit may be called on the wire."""

_DEFINITION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}@[a-z0-9][a-z0-9.-]{0,39}#[0-9a-f]{8}")


def is_definition_id(name: str) -> bool:
    """True for the id of an acoustic index, such as ``ACI@maad-1.5.2#1a2b3c4d``."""
    return _DEFINITION_ID.fullmatch(name) is not None


def quantity(name: str) -> Quantity:
    """The row called ``name``; ``UnknownName`` with the list of names otherwise."""
    try:
        return QUANTITIES[name]
    except KeyError:
        raise UnknownName(
            f"{name!r} is not a quantity", help=f"Use one of: {', '.join(QUANTITIES)}"
        ) from None
