"""Which columns of a file are read, and what is said of the others: none vanishes.

1. A column without any value in the whole file is passed over.
2. Known ones that are no measurement are said in one sentence, those not understood one by one.
3. A unit that is not known, or is not one of the quantity, leaves the column unread and named.
4. Of pressures the station's own counts; one reduced to sea level stands in and is said to.
5. Two columns that would be one series (same quantity, depth, period and method) cannot be told
   apart: both are named and not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from contract.errors import ConfigurationError
from contract.places import Device
from contract.quantities import conversion
from firmware_sim.replay.readers.loggers.spelling.energy import is_energy
from firmware_sim.replay.readers.loggers.station_file import LoggerColumn, StationFile
from firmware_sim.replay.readers.position import WEATHER
from firmware_sim.replay.readers.reader import Findings


def chosen(
    file: StationFile, filled: frozenset[int], device: Device, findings: Findings
) -> tuple[LoggerColumn, ...]:
    """The columns that are read; of the others ``findings`` say why not.

    ``filled``: places of columns that hold a value in some row.
    """
    columns = [column for column in file.columns if column.place in filled]
    left = [f"{column.title} ({column.left})" for column in columns if not column.quantity and column.left]
    if left:
        findings.note(f"known and left: {', '.join(left)}")
    for column in columns:
        if not column.quantity and not column.left:
            findings.note(f"not understood and not read: {column.title}")
    read = _measured((column for column in columns if column.quantity), findings)
    read = _of_this_device(read, file, device, findings)
    return tuple(_told_apart(_pressures(list(read), findings), findings))


def _measured(columns: Iterable[LoggerColumn], findings: Findings) -> Iterator[LoggerColumn]:
    """Those whose unit is one of their quantity."""
    for column in columns:
        if not column.unit:
            findings.note(f"not understood and not read: {column.title}: its unit is stated nowhere")
            continue
        try:
            if not is_energy(column.quantity, column.unit):
                conversion(column.quantity, column.unit)
        except ConfigurationError as error:
            findings.note(f"not understood and not read: {column.title}: {error.message}")
            continue
        yield column


def _of_this_device(
    columns: Iterable[LoggerColumn], file: StationFile, device: Device, findings: Findings
) -> Iterator[LoggerColumn]:
    for column in columns:
        if file.weather_only and column.quantity in WEATHER and "weather" not in device.sensors:
            findings.note(f"not read: {column.title}: device {device.id} has no weather sensor")
            continue
        yield column


def _pressures(columns: list[LoggerColumn], findings: Findings) -> list[LoggerColumn]:
    """With the station's own pressure, or with one reduced to sea level where there is none."""
    own = any(column.quantity == "air_pressure" and not column.reduced for column in columns)
    reduced = [column for column in columns if column.reduced]
    for column in reduced[0 if own else 1 :]:
        findings.note(f"known and left: {column.title} (reduced to sea level)")
    if reduced and not own:
        findings.note(f"{reduced[0].title} is read as air_pressure: it is reduced to sea level")
    dropped = reduced if own else reduced[1:]
    return [replace(column, reduced=False) for column in columns if column not in dropped]


def _told_apart(columns: list[LoggerColumn], findings: Findings) -> Iterator[LoggerColumn]:
    alike: dict[tuple[object, ...], list[LoggerColumn]] = {}
    for column in columns:
        alike.setdefault(_series(column), []).append(column)
    for group in alike.values():
        if len(group) > 1:
            titles = ", ".join(column.title for column in group)
            findings.note(f"not read, nothing tells them apart, not even a depth: {titles}")
    yield from (column for column in columns if len(alike[_series(column)]) == 1)


def _series(column: LoggerColumn) -> tuple[object, ...]:
    return column.quantity, column.depth_m, column.period_s, column.method
