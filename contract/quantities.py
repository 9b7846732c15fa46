"""The closed table of quantities: one name, one unit (UCUM), one CF name each.

1. ``QUANTITIES`` is the table, ``UNITS`` how the unit of each may be called on the wire.
2. ``converted`` brings a number in another common unit to the quantity's own, for formats and
   files that state theirs: it is done once, where a format ends; afterwards numbers are plain.

``low`` and ``high`` bound what is physically plausible at a field station;
``fastest`` is the fastest credible change per minute.  Both only ever *flag* a value.
Acoustic indices are not listed here: their name is their definition id,
``NAME@PROFILE#HASH``, recognised by :func:`is_definition_id`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from contract.errors import ConfigurationError, UnknownName


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
    Quantity("soil_water_potential", "kPa", "", -100_000, 0, 5_000, 0),
    Quantity("leaf_wetness", "1", "", 0, 1, 1, 0),
    Quantity("photosynthetic_photon_flux_density", "umol/m2/s",
             "surface_downwelling_photosynthetic_photon_flux_in_air", 0, 3_000, 2_500, 0),
    Quantity("illuminance", "lx", "", 0, 200_000, 150_000, 0),
    Quantity("vapour_pressure", "kPa", "water_vapor_partial_pressure_in_air", 0, 10, 1, 0),
    Quantity("stem_radius_change", "um", "", -20_000, 20_000, 500, 0),
    Quantity("sound_level", "dB", "sound_pressure_level_in_air", -200, 180, 120, 0),
    Quantity("battery_voltage", "V", "", 0, 60, 5, 0),
    Quantity("battery_level", "%", "", 0, 100, 100, 0),
    Quantity("case_temperature", "Cel", "", -60, 90, 20, 0),
    Quantity("signal_strength", "dB[mW]", "", -200, 30, 200, 0),
    Quantity("signal_to_noise_ratio", "dB", "", -60, 60, 120, 0),
    Quantity("link_margin", "dB", "", -40, 60, 120, 0),
    Quantity("spreading_factor", "1", "", 5, 12, 12, 0),
    Quantity("free_space", "MBy", "", 0, 1e9, 1e9, 0),
    Quantity("uptime", "s", "", 0, 1e9, 1e9, 0),
)  # fmt: skip
HEALTH = frozenset(row.name for row in _TABLE[-9:])
"""What says how a device itself is doing."""

_SPELLINGS = {
    "Cel": ("°C", "degC", "℃", "deg C", "celsius", "C"),
    "%": ("percent", "%RH", "% RH", "pct"),
    "hPa": ("mbar", "hpa", "mb"),
    "m/s": ("m s-1", "m.s-1", "m·s⁻¹", "mps"),
    "deg": ("°", "degree", "degrees"),
    "mm": (),
    "W/m2": ("W/m²", "W m-2", "W.m-2", "W/m^2"),
    "m3/m3": ("m³/m³", "m3 m-3", "m^3/m^3"),
    "uS/cm": ("µS/cm", "μS/cm", "us/cm"),
    "umol/m2/s": ("µmol/m²/s", "μmol/m²/s", "umol m-2 s-1", "µmol m-2 s-1", "μmol m⁻² s⁻¹", "µmol m⁻² s⁻¹"),
    "lx": ("lux", "Lux"),
    "kPa": ("kpa",),
    "um": ("µm", "μm"),
    "1": ("",),
    "V": ("volt", "volts"),
    "dB": ("db",),
    "dB[mW]": ("dBm", "dbm"),
    "MBy": ("MB",),
    "s": ("sec", "seconds"),
}
"""Other ways to write the same unit; never another unit, however easily it were converted."""

QUANTITIES = {quantity.name: quantity for quantity in _TABLE}

UNITS = {quantity.name: frozenset((quantity.unit, *_SPELLINGS[quantity.unit])) for quantity in _TABLE}
"""Quantity → what its unit may be called on the wire."""

_UNIT_OF = {spelling: unit for unit, others in _SPELLINGS.items() for spelling in (unit, *others)}
_UNIT_OF |= {
    "°F": "[degF]", "degF": "[degF]", "℉": "[degF]", "F": "[degF]", "[degF]": "[degF]",
    "K": "K", "kelvin": "K",
    "dS/m": "dS/m", "mS/cm": "dS/m", "mS/m": "mS/m", "S/m": "S/m",
    "Pa": "Pa", "inHg": "[in_i'Hg]", "inHG": "[in_i'Hg]", "[in_i'Hg]": "[in_i'Hg]", "mmHg": "mm[Hg]",
    "km/h": "km/h", "kph": "km/h", "km h-1": "km/h", "mph": "[mi_i]/h", "[mi_i]/h": "[mi_i]/h",
    "kn": "[kn_i]", "kt": "[kn_i]", "knots": "[kn_i]", "[kn_i]": "[kn_i]",
    "in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]", "[in_i]": "[in_i]", "cm": "cm", "m": "m",
    "klx": "klx", "klux": "klx", "kW/m2": "kW/m2", "pF": "pF", "mV": "mV", "ms": "ms", "min": "min", "h": "h",
    "kB": "kBy", "KB": "kBy", "GB": "GBy",
}  # fmt: skip
"""Spelling → UCUM; of pF, a logarithm, and mS/cm, which is dS/m, the field's own word."""

_UNIT_OF |= {
    spelling: unit
    for unit, spellings in {
        "Cel": "Deg C|DegC|Deg_C|deg_C|degrees C|Degrees C|degree_C|degree C|Celsius|C°|℃|DEG C|grad C|oC",
        "[degF]": "Deg F|DegF|Deg_F|deg F|deg_F|degrees F|degree_F|Fahrenheit|DEG F",
        "%": "Percent|RH%|%rh|%HR|% HR|PCT",
        "m/s": "meters/second|meter/second|metres/second|meters/sec|m/sec|m/sec.|m*s-1|M/S|m s^-1"
        "|meters per second",
        "km/h": "km/hr|Km/h|KM/H|kmh",
        "[mi_i]/h": "miles/hour|MPH|miles per hour|mi/h",
        "[kn_i]": "kts|Knots",
        "W/m2": "w/m2|w/m²|W/M2|Watts/m2|watts/m2|watts/m^2|Watts/meter^2|watts/meter²|W m^-2"
        "|W*m-2|W/m**2|w/m^2",
        "umol/m2/s": "umol/s/m^2|umol/s/m2|umol/m^2/s|umol/m²/s|µmol/s/m²|µmol/m2/s|umol/s-m2|umols/m2/s"
        "|umol m^-2 s^-1|µmol/(m²·s)|μmol/(m²·s)|umol/(m2 s)",
        "K": "Kelvin|kelvins|deg K",
        "deg": "Deg|º|Degrees|DEG|degrees N|Deg N|° N",
        "mm": "millimeters|millimetres|millimeter|MM",
        "[in_i]": "Inch|Inches|inch(es)|IN",
        "hPa": "HPa|HPA|Hpa|millibars|millibar|mBar|MBar|hectopascals",
        "Pa": "pascal|pascals",
        "kPa": "KPa|kilopascals|cbar|cb|cBar|centibar",
        "bar": "bar|Bar|bars",
        "[in_i'Hg]": "inches Hg|in Hg|in.Hg|In Hg",
        "mm[Hg]": "mmhg|mm Hg",
        "m3/m3": "m3/m3|m^3/m^3|cm3/cm3|cm^3/cm^3|cm³/cm³|m3m-3|(m^3/m^3)|m^3 m^-3|v/v",
        "dS/m": "dS m-1|ds/m|dS/meter|dS m^-1|ms/cm",
        "1": "fraction|ratio|unitless",
        "V": "Volts|VOLTS|Volt|v|volts DC|VDC",
        "mV": "millivolts|millivolt|mv",
        "klx": "Klux|Klx|kLux",
        "lx": "LUX",
    }.items()
    for spelling in spellings.split("|")
    if spelling not in _UNIT_OF
}  # fmt: skip
"""How programs of loggers and stations write them; a cb of suction is a kPa."""

_FACTORS: dict[tuple[str, str], float] = {
    ("dS/m", "uS/cm"): 1_000, ("mS/m", "uS/cm"): 10, ("S/m", "uS/cm"): 10_000,
    ("Pa", "hPa"): 0.01, ("kPa", "hPa"): 10, ("[in_i'Hg]", "hPa"): 33.8638866667,
    ("mm[Hg]", "hPa"): 1.33322387415,
    ("bar", "hPa"): 1_000, ("bar", "kPa"): 100, ("Pa", "kPa"): 0.001, ("hPa", "kPa"): 0.1,
    ("km/h", "m/s"): 1 / 3.6, ("[mi_i]/h", "m/s"): 0.44704, ("[kn_i]", "m/s"): 1_852 / 3_600,
    ("[in_i]", "mm"): 25.4, ("cm", "mm"): 10, ("m", "mm"): 1_000, ("mm", "um"): 1_000,
    ("%", "m3/m3"): 0.01, ("1", "m3/m3"): 1, ("1", "%"): 100, ("%", "1"): 0.01,
    ("klx", "lx"): 1_000, ("kW/m2", "W/m2"): 1_000, ("mV", "V"): 0.001,
    ("ms", "s"): 0.001, ("min", "s"): 60, ("h", "s"): 3_600, ("kBy", "MBy"): 0.001, ("GBy", "MBy"): 1_000,
}  # fmt: skip
"""(from, to) → factor, exact by definition (NIST SP 811, appendix B; mercury at 0 Cel)."""

_FORMULAS: dict[tuple[str, str], Callable[[float], float]] = {
    ("[degF]", "Cel"): lambda number: (number - 32) / 1.8,
    ("K", "Cel"): lambda number: number - 273.15,
    ("pF", "kPa"): lambda number: -(10**number) * 0.0980665,
}
"""What no factor does; pF is the logarithm of the suction in cm of water (Schofield 1935)."""


def _letters(spelling: str) -> str:
    """``spelling`` as a keyboard has it: ``m³⋅m⁻³``, ``m3 m-3`` and ``m3.m-3`` are one."""
    plain = unicodedata.normalize("NFKC", spelling.strip()).translate(_SIGNS)
    return plain.replace(" ", ".")


_SIGNS = str.maketrans({"−": "-", "⋅": ".", "·": ".", "*": ".", "μ": "u", "µ": "u"})
_BY_LETTERS = {_letters(spelling): unit for spelling, unit in [*_UNIT_OF.items(), ("uS.cm-1", "uS/cm")]}
_DEFINITION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}@[a-z0-9][a-z0-9.-]{0,39}#[0-9a-f]{8}")


def is_definition_id(name: str) -> bool:
    """True for the id of an acoustic index, such as ``ACI@maad-1.5.2#1a2b3c4d``."""
    return _DEFINITION_ID.fullmatch(name) is not None


def qualifier_of(depth_m: float | None, period_s: float, method: str, channel: str = "") -> str:
    """Depth [m], period [s], method and channel, as part of a series' name; empty for a plain reading."""
    parts = [] if depth_m is None else [f"depth_m={depth_m:g}"]
    if channel:
        parts.append(f"channel={channel}")
    if period_s or method != "point":
        parts += [f"period_s={period_s:g}", f"method={method}"]
    return ";".join(parts)


def quantity(name: str) -> Quantity:
    """The row called ``name``; ``UnknownName`` with the list of names otherwise."""
    try:
        return QUANTITIES[name]
    except KeyError:
        raise UnknownName(
            f"{name!r} is not a quantity", help=f"Use one of: {', '.join(QUANTITIES)}"
        ) from None


def unit_of(spelling: str) -> str:
    """The unit that ``spelling`` means, as UCUM writes it; ``ConfigurationError`` lists the known ones."""
    try:
        return _UNIT_OF.get(spelling.strip()) or _BY_LETTERS[_letters(spelling)]
    except KeyError:
        raise ConfigurationError(
            f"{spelling!r} is not a unit that is known here",
            help=f"Use one of: {', '.join(sorted(_UNIT_OF))}",
        ) from None


def conversion(name: str, spelling: str) -> Callable[[float], float]:
    """What brings a number in the unit ``spelling`` to the unit of the quantity ``name``.

    ``UnknownName`` without such a quantity; ``ConfigurationError`` where the unit is not known or
    measures something else (lux is never turned into W/m2: that needs the spectrum).
    """
    found, own = unit_of(spelling), quantity(name).unit
    if found == own:
        return float
    if (found, own) in _FORMULAS:
        return _FORMULAS[found, own]
    if (found, own) in _FACTORS:
        factor = _FACTORS[found, own]
        return lambda number: number * factor
    raise ConfigurationError(
        f"{name} cannot be had from a number in {spelling!r}",
        help=f"State the unit that the number really has; {name} is kept in {own}",
    )


def converted(name: str, number: float, spelling: str) -> float:
    """``number`` in the unit ``spelling`` as a value of the quantity ``name``; errors as of ``conversion``.

    Rounded to 10 significant digits, so that 208 x 0.001 is 0.208 and not its neighbour.
    """
    return float(f"{conversion(name, spelling)(number):.10g}")
