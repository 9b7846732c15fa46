"""A logger file, read by its column map: each row is one message of readings.

1. ``pick_map`` takes the first map whose whole shape fits the file.
2. ``layout`` says which cell is which reading; the owner and the zone are asked.
3. Each row: time to UTC, codes for "no sensor" left out, numbers to the quantity's unit.
4. Rows that the logger marks as wrong, rows of events and rows without a sensor's value
   are noted; rows that cannot be read are problems, with their line number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from contract import topics
from contract.instant import from_datetime, parse_zone, to_datetime
from contract.places import Calibration, Device
from contract.reading import Reading, Readings
from contract.wire import encode
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.columns import ColumnMap, ReadingColumn
from firmware_sim.replay.readers.layout import (
    PlacedColumn,
    Row,
    Sheet,
    fits,
    layout_of,
    place_of,
    sheet_of,
    text_of,
    time_of,
)
from firmware_sim.replay.readers.loggers.station_file import TORN, Unfit, whole_rows, within_calendar
from firmware_sim.replay.readers.position import WEATHER
from firmware_sim.replay.readers.reader import Findings, Question, boot_of, owner, zone_for

_HEAD_BYTES = 65_536


def pick_map(path: Path, maps: Sequence[ColumnMap]) -> ColumnMap | None:
    """The first map that fits the file, or None."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    return next((candidate for candidate in maps if fits(candidate, path, head)), None)


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads files of one column map."""

    map: ColumnMap

    @property
    def name(self) -> str:
        """That of its column map."""
        return self.map.name

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """A message of readings for each row."""
        content = path.read_bytes()
        found = self._taken_apart(path, content, findings)
        if found is None:
            return
        sheet, rows = found
        serial = self._serial(path, sheet, rows[0][1])
        device = owner(path, [serial] if serial else [], self.map.sensor, question)
        if "weather" not in device.sensors and all(_is_weather(column) for column in self.map.columns):
            findings.problem(
                f"{path}: a file of weather ({self.map.name}), but device {device.id} has no weather sensor"
            )
            return
        cells = layout_of(self.map, sheet, rows, device, findings)
        if not cells:
            findings.problem(
                f"{path}: the header line has none of the columns that {self.map.name} can read;"
                " describe them in a column map and give it with --map"
            )
            return
        layout = _layout(path, self.map, sheet, cells, device, question)
        elsewhere = [(cell.quantity, cell.depth_m) for cell in cells if _placed_by_territory(cell)]
        how = (self.map.model_dump_json(), layout.zone, layout.calibration, *elsewhere)
        boot = boot_of(content, device, question, *how)
        yield from _messages(path, layout, device, boot, rows, question, findings)

    def _taken_apart(self, path: Path, content: bytes, findings: Findings) -> tuple[Sheet, list[Row]] | None:
        """The sheet and its rows; None, and a problem, where it is no such table."""
        try:
            lines = text_of(content, self.map.encoding).splitlines()
        except UnicodeDecodeError as error:
            findings.problem(f"{path}: not text in {error.encoding}: {error.reason}")
            return None
        sheet = sheet_of(self.map, lines)
        if sheet is None:
            findings.problem(f"{path}: it has no line that names its columns")
            return None
        try:
            rows = list(sheet.rows(self.map.delimiter))
        except csv.Error as error:
            findings.problem(f"{path}: not a table: {error}")
            return None
        if not rows:
            findings.problem(f"{path}: it has no rows")
            return None
        kept, torn = whole_rows(content, lambda: rows, len(sheet.names))
        if torn is not None:
            findings.problem(f"{path}, line {torn}: {TORN}")
        return sheet, [(number, list(cells)) for number, cells in kept()] if torn else rows

    def _serial(self, path: Path, sheet: Sheet, row: Sequence[str]) -> str:
        named = re.fullmatch(self.map.file_name, path.name) if self.map.file_name else None
        if named and "serial" in named.groupdict():
            return named["serial"]
        if self.map.serial_in_header:
            found = re.search(self.map.serial_in_header, "\n".join(sheet.lines[: sheet.begin]))
            if found:
                return found["serial"]
        place = place_of(self.map.serial_column, sheet.names)
        return row[place] if place is not None and place < len(row) else ""


def _is_weather(column: ReadingColumn) -> bool:
    return column.quantity in WEATHER and not column.in_soil


def _placed_by_territory(cell: PlacedColumn) -> bool:
    return (cell.quantity, cell.depth_m) != (cell.column.quantity, cell.column.depth_m)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The map, applied to one file."""

    map: ColumnMap
    time: Callable[[Sequence[str]], datetime]
    cells: tuple[PlacedColumn, ...]
    check: int | None
    zone: tzinfo
    calibration: Calibration | None


def _layout(
    path: Path,
    table: ColumnMap,
    sheet: Sheet,
    cells: tuple[PlacedColumn, ...],
    device: Device,
    question: Question,
) -> _Layout:
    place = question.territory
    return _Layout(
        table,
        time_of(table.time, sheet.names),
        cells,
        None if table.check is None else place_of(table.check.column, sheet.names),
        _zone(path, table, sheet.named_in, device, question),
        place.calibration_of(device) if place is not None and device.soil_calibration else None,
    )


def _zone(path: Path, table: ColumnMap, line: str, device: Device, question: Question) -> tzinfo:
    if table.time.zone:
        return UTC if table.time.zone == "UTC" else parse_zone(table.time.zone)
    found = re.search(table.time.zone_in_header, line) if table.time.zone_in_header else None
    return parse_zone(found["zone"]) if found else zone_for(path, device, question)


def _messages(
    path: Path,
    layout: _Layout,
    device: Device,
    boot: str,
    rows: Iterable[tuple[int, list[str]]],
    question: Question,
    findings: Findings,
) -> Iterator[Outgoing]:
    seq, previous = 0, None
    topic = topics.sensor(device.site, device.id, "readings")
    for number, cells in rows:
        try:
            instant = _instant(cells, layout, previous, question.shift)
            if _marked(cells, layout):
                findings.note("rows that the logger marks as erroneous, not sent")
                continue
            if device.deployment and question.territory is not None:  # the curve of then
                then = device.at(instant) or device
                layout = replace(layout, calibration=question.territory.calibration_of(then))
            readings = tuple(_readings(cells, layout, findings))
        except Unfit as error:
            findings.problem(f"{path}, line {number}: {error}")
            continue
        previous = instant
        if not readings:
            findings.note("rows without a value (events), not sent")
            continue
        seq += 1
        moved = instant + question.shift
        message = Readings(
            site=device.site,
            device=device.id,
            boot=boot,
            seq=seq,
            time=to_datetime(moved),
            clock="rtc",
            firmware=f"replay {layout.map.name}"[:40],
            readings=readings,
        )
        yield Outgoing(
            moved, device.site, device.id, boot, seq, topic, encode(message), len(readings), "readings"
        )


def _instant(cells: Sequence[str], layout: _Layout, previous: int | None, shift: int) -> int:
    """The row's time; in the hour that autumn repeats, times that step back are the second pass."""
    try:
        local = layout.time(cells)
    except ValueError as error:
        raise Unfit(str(error)) from error
    try:
        instant = from_datetime(local.replace(tzinfo=layout.zone))
        second = from_datetime(local.replace(tzinfo=layout.zone, fold=1))
    except OverflowError as error:
        raise Unfit(f"{local} is beyond the calendar") from error
    found = second if previous is not None and instant <= previous < second else instant
    within_calendar(found + shift)
    if to_datetime(found, layout.zone).replace(tzinfo=None) != local:
        raise Unfit(f"clocks of {layout.zone} never show {local}: the logger's clock keeps another zone")
    return found


def _marked(cells: Sequence[str], layout: _Layout) -> bool:
    if layout.check is None or layout.map.check is None:
        return False
    cell = cells[layout.check] if layout.check < len(cells) else None
    return cell is None or not any(re.fullmatch(right, cell) for right in layout.map.check.accept)


def _readings(cells: Sequence[str], layout: _Layout, findings: Findings) -> Iterator[Reading]:
    for cell in layout.cells:
        column, text = cell.column, cells[cell.place] if cell.place < len(cells) else ""
        if not text:
            continue
        if text in column.missing or text in layout.map.missing:
            findings.note(f"{column.quantity} in column {cell.place}: {text}, no such sensor or no value")
            continue
        name, value = cell.quantity, cell.convert(_number(text, column, layout.map.decimal))
        if column.calibrated and layout.calibration is not None:
            name = column.calibrated
            curve = layout.calibration
            value = curve.a * value**2 + curve.b * value + curve.c
        yield Reading(
            quantity=name,
            value=round(value, 6),
            depth_m=cell.depth_m,
            period_s=column.period_s,
            method=column.method,
        )


def _number(text: str, column: ReadingColumn, decimal: str) -> float:
    if text in column.replace:
        return column.replace[text]
    try:
        number = float(text.replace(decimal, ".") if decimal != "." else text)
    except ValueError as error:
        raise Unfit(f"{text!r} is not a number for {column.quantity}") from error
    value = number * column.scale + column.offset
    if value != value or value in (float("inf"), float("-inf")):
        raise Unfit(f"{text!r} is not a finite number for {column.quantity}")
    return value
