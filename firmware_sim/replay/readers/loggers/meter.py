"""METER and Decagon loggers (ZENTRA Cloud and Utility, ZL6, EM60, EM50): three header rows above the columns.

1. The first row names the logger and, for each column, its port; the second the sensor on it; the
   third unit and quantity: ``m³/m³ Water Content``, ``°C Soil Temperature``.
2. A logger stores the mean of its readings of each minute since the last row, of rain the sum, of gusts the
   highest (ZL6 manual, "Sensor measurement interval").
3. The depth of a sensor stands nowhere but, at times, in the sensor's name.  Ports whose sensors would be
   one series are named and not read, unless the territory has a device for the port: its serial is
   then that of the logger, a blank and the port, ``z6-01234 Port 3``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.errors import ConfigurationError
from contract.quantities import unit_of
from contract.reading import Method
from firmware_sim.replay.readers.loggers.spelling.dates import dates_of
from firmware_sim.replay.readers.loggers.spelling.names import depth_named
from firmware_sim.replay.readers.loggers.station_file import (
    Cells,
    LoggerColumn,
    StationFile,
    Unfit,
    at,
    cells_of,
    decoded,
    delimiter_of,
    table_rows,
)
from firmware_sim.replay.readers.reader import Findings, Question

_PORT = re.compile(r"port\s*(\d{1,4})(?!\d)", re.IGNORECASE)
_TIME = re.compile(r"(?:measurement )?time(?:stamps?)?(?: .*)?", re.IGNORECASE)
_HEAD_LINES = 8
_SERIAL = re.compile(r"z6-\d+|em\d\w*-\w+|5g\w+", re.IGNORECASE)
_MEASURED: dict[str, tuple[str, Method]] = {
    "water content": ("soil_moisture", "mean"),
    "vwc": ("soil_moisture", "mean"),
    "soil temperature": ("soil_temperature", "mean"),
    "bulk ec": ("soil_electrical_conductivity", "mean"),
    "ec bulk": ("soil_electrical_conductivity", "mean"),
    "matric potential": ("soil_water_potential", "mean"),
    "water potential": ("soil_water_potential", "mean"),
    "potential": ("soil_water_potential", "mean"),
    "air temperature": ("air_temperature", "mean"),
    "relative humidity": ("relative_humidity", "mean"),
    "rh": ("relative_humidity", "mean"),
    "vapor pressure": ("vapour_pressure", "mean"),
    "atmospheric pressure": ("air_pressure", "mean"),
    "solar radiation": ("shortwave_radiation", "mean"),
    "par": ("photosynthetic_photon_flux_density", "mean"),
    "ppfd": ("photosynthetic_photon_flux_density", "mean"),
    "par photon flux": ("photosynthetic_photon_flux_density", "mean"),
    "precipitation": ("precipitation_amount", "sum"),
    "wind speed": ("wind_speed", "mean"),
    "gust speed": ("wind_gust", "max"),
    "wind gust": ("wind_gust", "max"),
    "wind direction": ("wind_from_direction", "mean"),
    "battery percent": ("battery_level", "point"),
    "battery voltage": ("battery_voltage", "point"),
    "logger temperature": ("case_temperature", "point"),
}
"""Words of the third row → quantity, method."""
_TEMP = {"temp", "temperature"}
"""Of the air or of the soil: the sensor beside it says which."""
_SOIL_SENSOR = re.compile(r"5t[em]\b|5te|teros|gs3|ec-tm|ech2o-te|mps|10hs|rt-1|soil|moisture", re.IGNORECASE)
_AIR_SENSOR = re.compile(r"vp-?[34]|ehum|atmos|humidity", re.IGNORECASE)
_LEFT = {
    "saturation extract ec": "computed", "pore water ec": "computed", "vpd": "computed",
    "dew point": "computed",
    "reference pressure": "inside the logger", "max precip rate": "a rate, no amount",
    "rh sensor temp": "inside a sensor", "anemometer temp": "inside a sensor", "x-axis level": "a tilt",
    "y-axis level": "a tilt", "lightning activity": "no quantity of ours",
    "lightning distance": "no quantity of ours", "raw": "a count", "raw vwc": "a count", "signal": "a count",
}  # fmt: skip
_SPELLINGS = {"degree_c": "Cel", "degree_f": "[degF]", "rh": "1", "m3/m3": "m3/m3"}
"""Units as METER alone writes them; RH in front is a share of 1."""


@dataclass(frozen=True, slots=True)
class Meter:
    """The kind of file."""

    name: str = "meter-logger"

    def fits(self, path: Path, head: str) -> bool:
        """A row of ports, a row of sensors and a row of quantities under a time, all of one width."""
        return _header(head.splitlines()) is not None

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The logger, and each port for which the territory has a device."""
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        header = _header(lines)
        if header is None:
            raise Unfit("its header rows are not those of a METER logger")
        first, delimiter, (ports, sensors, titles) = header
        rows = table_rows(lines, first, delimiter)
        dates = dates_of(at(cells, 0) for _, cells in rows())
        columns = tuple(_columns(ports, sensors, titles))
        known = question.territory.device_by_serial if question.territory else {}
        serial = _serial(at(ports, 0), path)
        whole = StationFile(
            self.name,
            "soil",
            (serial,),
            columns,
            rows,
            lambda cells: dates.read(at(cells, 0)),
            content,
            comma=delimiter != ",",
        )
        own = {number: f"{serial} Port {number}" for number in {_number(port) for port in ports} - {0}}
        alone = {number: name for number, name in own.items() if name in known}
        for number, name in sorted(alone.items()):
            yield replace(whole, serials=(name,), columns=_of_port(columns, ports, {number}))
        rest = _of_port(columns, ports, {_number(port) for port in ports} - set(alone))
        if alone and serial not in known and question.given is None:
            unread = ", ".join(column.title for column in rest)
            findings.note(f"not read, no device of the territory has the serial {serial}: {unread}")
        elif rest:
            yield replace(whole, columns=rest)


def _number(port: str) -> int:
    """The port's number; 0 where the cell names none."""
    found = _PORT.search(port)
    return int(found[1]) if found else 0


def _of_port(columns: Sequence[LoggerColumn], ports: Cells, numbers: set[int]) -> tuple[LoggerColumn, ...]:
    return tuple(column for column in columns if _number(ports[column.place]) in numbers)


def _serial(origin: str, path: Path) -> str:
    """The logger's name in the first cell, else in the file's name; empty without."""
    found = _SERIAL.search(origin) or _SERIAL.search(path.name)
    return found[0] if found else origin


def _header(lines: Sequence[str]) -> tuple[int, str, tuple[list[str], list[str], list[str]]] | None:
    """(line from 0 where rows begin, separator, the three rows); None where the shape is another."""
    for number in range(1, min(len(lines), _HEAD_LINES) - 1):
        delimiter = delimiter_of(lines[number + 1])
        try:
            ports, sensors, titles = (cells_of(lines[number + step], delimiter) for step in (-1, 0, 1))
        except Unfit:
            continue
        if _PORT.search(" ".join(ports)) and _TIME.fullmatch(at(titles, 0)):
            width = len(titles)
            if width > 1 and len(ports) == width and len(sensors) == width:
                return number + 2, delimiter, (ports, sensors, titles)
    return None


def _columns(ports: Cells, sensors: Cells, titles: Cells) -> Iterator[LoggerColumn]:
    for place in range(1, len(titles)):
        title = f"{ports[place]} {sensors[place]}: {titles[place]}"
        unit, words = _parted(titles[place])
        found = _MEASURED.get(words)
        if words in _TEMP:
            found = _by_sensor(sensors[place])
        if found is None:
            yield LoggerColumn(place, title, left=_LEFT.get(words, ""))
            continue
        quantity, method = found
        depth = depth_named(f"{sensors[place]} {ports[place]}", quantity)
        period = 0 if method == "point" else None
        yield LoggerColumn(place, title, quantity, unit, method, period, depth)


def _by_sensor(sensor: str) -> tuple[str, Method] | None:
    if _SOIL_SENSOR.search(sensor):
        return "soil_temperature", "mean"
    return ("air_temperature", "mean") if _AIR_SENSOR.search(sensor) else None


def _parted(title: str) -> tuple[str, str]:
    """(unit, what) of ``m³/m³ Water Content``: the longest beginning that is a unit; empty where none is."""
    words = title.split()
    for count in range(len(words) - 1, 0, -1):
        unit = " ".join(words[:count])
        unit = _SPELLINGS.get(unit.lower(), unit)
        try:
            unit_of(unit)
        except ConfigurationError:
            continue
        return unit, " ".join(words[count:]).lower()
    return "", " ".join(words).lower()
