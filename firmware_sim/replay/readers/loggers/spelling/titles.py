"""Titles that state their own unit: ``Outdoor Temperature(℃)``, ``Temp - °C``, ``Wind Speed [km/h]``.

1. ``parted`` takes a title into words and unit.
2. ``column_titled`` finds what the words mean in a table of a maker; the unit is the title's alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contract.errors import ConfigurationError
from contract.quantities import conversion
from contract.reading import Method
from firmware_sim.replay.readers.loggers.station_file import LoggerColumn

_BRACKETS = re.compile(r"(?P<words>.+)[(\[](?P<unit>[^()\[\]]*)[)\]]")
_DASH = re.compile(r"(?P<words>.+?)\s-\s++(?P<unit>\S.*)")
_LONGEST = 300
"""Letters of a title that are looked at."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the words of a title mean."""

    quantities: tuple[str, ...] = ()
    """The first that the title's unit measures is meant."""
    method: Method = "point"
    reduced: bool = False
    compass: bool = False
    left: str = ""
    unit: str = ""
    """Where the format fixes it for titles that state none."""


def parted(title: str) -> tuple[str, str]:
    """(words in small letters with single blanks, unit) of a title; the unit is empty where none stands."""
    title = title[:_LONGEST].strip()
    found = _BRACKETS.fullmatch(title) or _DASH.fullmatch(title)
    words, unit = (title, "") if found is None else (found["words"], found["unit"].strip().replace("º", "°"))
    return re.sub(r"[\s_]+", " ", words).strip().lower(), unit


def column_titled(place: int, title: str, meanings: Mapping[str, Meaning]) -> LoggerColumn:
    """The column called ``title``, with the unit that it states."""
    words, unit = parted(title)
    meaning = meanings.get(words)
    if meaning is None or not meaning.quantities:
        return LoggerColumn(place, title, left="" if meaning is None else meaning.left)
    unit = unit or meaning.unit
    quantity = next((name for name in meaning.quantities if _measures(unit, name)), meaning.quantities[0])
    period = 0 if meaning.method == "point" else None
    return LoggerColumn(
        place,
        title,
        quantity,
        unit,
        meaning.method,
        period,
        scale=-1 if quantity == "soil_water_potential" else 1,
        reduced=meaning.reduced,
        compass=meaning.compass,
    )


def _measures(unit: str, quantity: str) -> bool:
    try:
        conversion(quantity, unit)
    except ConfigurationError:
        return False
    return bool(unit)
