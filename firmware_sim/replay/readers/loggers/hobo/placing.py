"""In the air or in the soil: the label of a column decides, else the sensor beside it, else the territory.

1. A label says ``soil``, ``sol``, ``air``, a depth with its unit, or something of its owner's.
2. A temperature of the sensor that measures humidity too is the air's.
3. A single one without such a word is where the territory says that the device is; of several nothing
   tells which is which: they are named as not understood.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from contract.places import Device
from contract.reading import Method
from firmware_sim.replay.readers.loggers.hobo.titles import TEMPERATURE, Title, plain
from firmware_sim.replay.readers.loggers.station_file import LoggerColumn
from firmware_sim.replay.readers.position import buried, depth_of

_SOIL = frozenset(
    {"soil", "sol", "boden", "suelo", "suolo", "bodem", "puda", "buried", "enterre", "enterree"}
)
_AIR = frozenset({"air", "luft", "aire", "aria", "lucht", "ambient", "ambiant", "ambiante"})
_DISTANCE = re.compile(
    r"(?<![\w.,])[-+]?(?P<number>\d{1,5}(?:[.,]\d{1,5})?)\s*(?P<unit>cm|mm|m)(?![a-z])", re.IGNORECASE
)
_METRES = {"mm": 0.001, "cm": 0.01, "m": 1.0}
_PERIODIC = frozenset({"precipitation_amount", "wind_speed", "wind_gust"})
_METHODS: dict[str, Method] = {"precipitation_amount": "sum", "wind_speed": "mean", "wind_gust": "max"}


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """What a label says."""

    soil: bool | None
    """None where it says neither soil nor air."""
    distance_m: float | None
    """From the surface."""


def place_in(label: str) -> LabelPlace:
    """What ``label`` says of the place; a number without unit is no distance."""
    words = set(plain(re.sub(r"\d+", " ", label)).split())
    soil = None if bool(words & _SOIL) == bool(words & _AIR) else bool(words & _SOIL)
    found = _DISTANCE.search(label)
    distance = None
    if found:
        distance = round(float(found["number"].replace(",", ".")) * _METRES[found["unit"].lower()], 4)
    return LabelPlace(soil, distance)


def columns_of(titles: Sequence[tuple[int, Title]], device: Device) -> Iterator[LoggerColumn]:
    """(place, title) as columns of a device; a column of neither quantity nor reason is not understood."""
    columns = [_column(place, title, _quantity(title, titles, device), device) for place, title in titles]
    alike = Counter(_series(column) for column in columns)
    for column, (_, title) in zip(columns, titles, strict=True):
        told_apart = alike[_series(column)] == 1 or not _doubtful(title, titles, device)
        yield column if told_apart else replace(column, quantity="")


def _series(column: LoggerColumn) -> tuple[object, ...]:
    return column.quantity, column.depth_m, column.method


def _quantity(title: Title, titles: Sequence[tuple[int, Title]], device: Device) -> str:
    if title.quantity == "relative_humidity" and buried(device):
        return ""
    if title.quantity != TEMPERATURE:
        return title.quantity
    soil = _in_soil(title, titles, device)
    return "" if soil is None else ("soil_temperature" if soil else "air_temperature")


def _column(place: int, title: Title, quantity: str, device: Device) -> LoggerColumn:
    periodic = quantity in _PERIODIC or title.method != "point"
    distance = place_in(title.label).distance_m
    depth = depth_of(quantity, device)
    if distance is not None and quantity.startswith("soil_"):
        depth = distance
    elif distance is not None and quantity in {"air_temperature", "relative_humidity"}:
        depth = -distance
    return LoggerColumn(
        place, title.text, quantity, title.unit,
        method=title.method if title.method != "point" else _METHODS.get(quantity, "point"),
        period_s=None if periodic else 0, depth_m=depth, left=title.left,
    )  # fmt: skip


def _beside_humidity(title: Title, titles: Sequence[tuple[int, Title]]) -> bool:
    sensors = {other.sensor for _, other in titles if other.quantity == "relative_humidity"}
    alike = Counter(other.sensor for _, other in titles if other.quantity == TEMPERATURE)
    return title.sensor in sensors and alike[title.sensor] == 1


def _in_soil(title: Title, titles: Sequence[tuple[int, Title]], device: Device) -> bool | None:
    said = place_in(title.label).soil
    if said is not None:
        return said
    where = buried(device)
    return False if where is None and _beside_humidity(title, titles) else where


def _doubtful(title: Title, titles: Sequence[tuple[int, Title]], device: Device) -> bool:
    """A temperature of which neither label nor sensor says where it was measured."""
    if title.quantity != TEMPERATURE:
        return False
    place = place_in(title.label)
    if place.soil is not None or place.distance_m is not None:
        return False
    return buried(device) is True or not _beside_humidity(title, titles)
