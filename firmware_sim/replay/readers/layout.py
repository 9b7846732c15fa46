"""A column map, laid over one file: which cells are which readings, and what becomes of all others.

1. ``sheet_of`` finds header, units and rows; ``fits`` says whether the whole shape is that of the map.
2. ``layout_of`` places the columns; each that is not read is *known* or named as not understood.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from contract.errors import ConfigurationError
from contract.places import Device
from contract.quantities import QUANTITIES, conversion
from firmware_sim.replay.readers.columns import ColumnMap, ReadingColumn, Time
from firmware_sim.replay.readers.position import WEATHER, buried, depth_of
from firmware_sim.replay.readers.reader import Findings

_HEAD_LINES = 80
_TRIED_ROWS = 20
_MIDNIGHT = re.compile(r"(^|(?<=[ T]))24(?=$|:00)")

Row = tuple[int, list[str]]
"""Line number from 1, and cells."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as lines and cells."""

    lines: Sequence[str]
    begin: int
    """Where the rows begin, from 0."""
    names: tuple[str, ...]
    """What the header calls the columns; empty without header."""
    units: tuple[str, ...]
    """What its line of units says; empty without one."""
    named_in: str
    """The line that names the columns."""

    def rows(self, delimiter: str) -> Iterator[Row]:
        """Each row that is not empty; ``csv.Error`` where the file is no table."""
        for number, cells in enumerate(
            csv.reader(self.lines[self.begin :], delimiter=delimiter), self.begin + 1
        ):
            if any(cell.strip() for cell in cells):
                yield number, [cell.strip() for cell in cells]


def sheet_of(table: ColumnMap, lines: Sequence[str]) -> Sheet | None:
    """The file by its map; None where the line that names the columns is missing."""
    head = 0
    if table.header:
        found = next((n for n, line in enumerate(lines) if re.search(table.header, line)), None)
        if found is None:
            return None
        head = found
    block = lines[head : head + table.lines_of_header]
    names = _cells(block[0], table.delimiter) if table.header else ()
    units: tuple[str, ...] = ()
    if table.units_line is not None and table.units_line <= len(block):
        units = _cells(block[table.units_line - 1], table.delimiter)
    return Sheet(lines, head + table.lines_of_header, names, units, block[0] if table.header else "")


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:  # a cell beyond csv's limit: damaged, and no name of a column
        return tuple(cell.strip() for cell in line.split(delimiter))


def text_of(content: bytes, encoding: str, errors: str = "strict") -> str:
    """``content`` as text: UTF-16 where its mark says so, as spreadsheets write it, else in ``encoding``."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else encoding, errors)


def fits(table: ColumnMap, path: Path, content: bytes) -> bool:
    """True if the whole shape is that of the map: name, header, a column that it reads, a row with a time."""
    if table.file_name and not re.fullmatch(table.file_name, path.name):
        return False
    lines = text_of(content, table.encoding, errors="replace").splitlines()
    if table.first_lines and not any(re.search(table.first_lines, line) for line in lines[:_HEAD_LINES]):
        return False
    sheet = sheet_of(table, lines)
    if sheet is None or not any(place_of(one.column, sheet.names) is not None for one in table.columns):
        return False
    try:
        rows = list(islice(sheet.rows(table.delimiter), _TRIED_ROWS))
        time = time_of(table.time, sheet.names)
    except (csv.Error, ConfigurationError):
        return False
    return not rows or any(_has_a_time(time, cells) for _, cells in rows)


def _has_a_time(time: Callable[[Sequence[str]], datetime], cells: Sequence[str]) -> bool:
    try:
        time(cells)
    except ValueError:
        return False
    return True


def place_of(column: int | str | None, names: Sequence[str]) -> int | None:
    """Where the column stands, by its number or the pattern of its name; None where it is not there."""
    if column is None or isinstance(column, int):
        return column
    return next((number for number, name in enumerate(names) if re.search(column, name)), None)


def time_of(time: Time, names: Sequence[str]) -> Callable[[Sequence[str]], datetime]:
    """What reads a row's local time; ``ValueError`` from it where the row has none.

    ``ConfigurationError`` where the header lacks the column.
    """
    day, clock = place_of(time.column, names), place_of(time.time_column, names)
    if day is None or (clock is None and time.time_column is not None):
        raise ConfigurationError("its header has no column of the time", help="Correct the map's [time]")

    def read(cells: Sequence[str]) -> datetime:
        if max(day, clock or 0) >= len(cells):
            raise ValueError(f"it has {len(cells)} columns and no time")
        local = _parsed(cells[day], time.format, *time.also)
        if clock is None:
            return local
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        at = _parsed(cells[clock], time.time_format)
        return midnight + (at - datetime(at.year, at.month, 1))

    return read


def _parsed(text: str, *forms: str) -> datetime:
    """``text`` as one of ``forms`` says; 24:00, or the hour 24 alone, is the next midnight."""
    late = _MIDNIGHT.search(text)
    plain = _MIDNIGHT.sub("00", text) if late else text
    for form in forms:
        with suppress(ValueError, OverflowError):
            return datetime.strptime(plain, form) + timedelta(days=1 if late else 0)
    raise ValueError(f"{text!r} is not a time like {forms[0]}")


@dataclass(frozen=True, slots=True)
class PlacedColumn:
    """One column that is read from each row."""

    place: int
    column: ReadingColumn
    quantity: str
    convert: Callable[[float], float]
    """To the unit of the quantity."""
    depth_m: float | None


def layout_of(
    table: ColumnMap, sheet: Sheet, rows: Sequence[Row], device: Device, findings: Findings
) -> tuple[PlacedColumn, ...]:
    """The columns that are read; what is said of the others stands in ``findings``."""
    cells = tuple(_placed(table, sheet, device, findings))
    for cell in cells:
        if cell.column.remark:
            findings.note(f"{cell.quantity} of {_name(cell.place, sheet)}: {cell.column.remark}")
    known = {place_of(one.column, sheet.names): one.why for one in table.known}
    ours = {place_of(one.column, sheet.names) for one in table.columns} | {
        place_of(column, sheet.names)
        for column in (table.time.column, table.time.time_column, table.serial_column)
    }
    if table.check is not None:
        ours.add(place_of(table.check.column, sheet.names))
    wide = max((len(cells) for _, cells in rows), default=0)
    filled = {place for place in range(wide) if any(place < len(one) and one[place] for _, one in rows)}
    left = [f"{_name(place, sheet)} ({known[place]})" for place in sorted(filled - ours) if known.get(place)]
    if left:
        findings.note(f"known and left: {', '.join(left)}")
    for place in sorted(filled - ours - known.keys()):
        findings.note(f"not understood and not read: {_name(place, sheet)}")
    return cells


def _name(place: int, sheet: Sheet) -> str:
    named = sheet.names[place].lstrip("# ") if place < len(sheet.names) else ""
    return f"column {named!r}" if named else f"column {place}"


def _placed(table: ColumnMap, sheet: Sheet, device: Device, findings: Findings) -> Iterator[PlacedColumn]:
    for column in table.columns:
        place = place_of(column.column, sheet.names)
        if place is None:
            continue
        stated = sheet.units[place] if place < len(sheet.units) else ""
        try:
            convert = _converter(column, stated, bool(sheet.units))
        except ConfigurationError as error:
            findings.note(f"not understood and not read: {_name(place, sheet)}: {error.message}")
            continue
        quantity = column.in_soil if column.in_soil and buried(device) else column.quantity
        if table.sensor == "weather" and quantity in WEATHER and "weather" not in device.sensors:
            findings.note(f"not read: {_name(place, sheet)}: device {device.id} has no weather sensor")
            continue
        depth = depth_of(quantity, device) if column.depth_m is None else column.depth_m
        yield PlacedColumn(place, column, quantity, convert, depth)


def _converter(column: ReadingColumn, stated: str, states_units: bool) -> Callable[[float], float]:
    """The file's own statement of the unit goes before that of the map."""
    unit = stated or column.unit
    if not unit and not states_units:
        unit = QUANTITIES[column.quantity].unit
    return conversion(column.quantity, unit)
