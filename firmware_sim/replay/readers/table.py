"""A logger file, read by its column map: each row is one message of readings.

1. The header line gives the columns, the serial and the zone, where the map says so.
2. Each row: time to UTC, codes for "no sensor" left out, numbers to the quantity's unit.
3. Rows that the logger marks as wrong, rows of events and rows without a sensor's value
   are noted; rows that cannot be read are problems, with their line number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from contract import topics
from contract.errors import ConfigurationError
from contract.instant import from_datetime, parse_zone, to_datetime
from contract.places import Calibration, Device
from contract.reading import Reading, Readings
from contract.wire import encode
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.columns import ColumnMap, ReadingColumn
from firmware_sim.replay.readers.reader import Findings, Question, boot_of, owner, zone_for


class _Unreadable(ValueError):
    """This row cannot be read; the text says why."""


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
        try:
            lines = content.decode(self.map.encoding).splitlines()
        except UnicodeDecodeError as error:
            findings.problem(f"{path}: not text in {self.map.encoding}: {error.reason}")
            return
        start, header = self._header(lines)
        if self.map.header and not header:
            findings.problem(f"{path}: it has no line that names its columns")
            return
        try:
            rows = list(_rows(self.map, lines, start))
        except csv.Error as error:
            findings.problem(f"{path}: not a table: {error}")
            return
        if not rows:
            findings.problem(f"{path}: it has no rows")
            return
        serial = self._serial(path, lines, start, rows[0][1])
        device = owner(path, [serial] if serial else [], self.map.sensor, question)
        layout = _layout(path, self.map, header, device, question, lines[start - 1] if start else "")
        boot = boot_of(content, device, question, self.map.model_dump_json(), layout.zone, layout.calibration)
        yield from _messages(path, layout, device, boot, rows, question, findings)

    def _header(self, lines: Sequence[str]) -> tuple[int, list[str]]:
        """Where the rows begin, and the names of the columns."""
        if not self.map.header:
            return 0, []
        for number, line in enumerate(lines):
            if re.search(self.map.header, line):
                cells = next(csv.reader([line], delimiter=self.map.delimiter))
                return number + 1, [cell.strip() for cell in cells]
        return len(lines), []

    def _serial(self, path: Path, lines: Sequence[str], start: int, row: Sequence[str]) -> str:
        named = re.fullmatch(self.map.file_name, path.name) if self.map.file_name else None
        if named and "serial" in named.groupdict():
            return named["serial"]
        if self.map.serial_in_header:
            found = re.search(self.map.serial_in_header, "\n".join(lines[:start]))
            if found:
                return found["serial"]
        if isinstance(self.map.serial_column, int) and self.map.serial_column < len(row):
            return row[self.map.serial_column].strip()
        return ""


@dataclass(frozen=True, slots=True)
class _Layout:
    """The map, applied to one file."""

    map: ColumnMap
    time: int
    columns: tuple[tuple[int, ReadingColumn], ...]
    check: int | None
    zone: tzinfo
    calibration: Calibration | None


def _layout(
    path: Path, table: ColumnMap, header: list[str], device: Device, question: Question, line: str
) -> _Layout:
    columns = [(_place(column.column, header), column) for column in table.columns]
    kept = tuple((place, column) for place, column in columns if place is not None)
    time = _place(table.time.column, header)
    if time is None or not kept:
        raise ConfigurationError(
            f"{path}: the header line has none of the columns that {table.name} knows",
            help="Write a column map for this file and give it with --map; see docs/technician/replay.md",
        )
    place = question.territory
    return _Layout(
        table,
        time,
        kept,
        None if table.check is None else _place(table.check.column, header),
        _zone(path, table, line, device, question),
        place.calibration_of(device) if place is not None and device.soil_calibration else None,
    )


def _zone(path: Path, table: ColumnMap, line: str, device: Device, question: Question) -> tzinfo:
    if table.time.zone:
        return UTC if table.time.zone == "UTC" else parse_zone(table.time.zone)
    found = re.search(table.time.zone_in_header, line) if table.time.zone_in_header else None
    return parse_zone(found["zone"]) if found else zone_for(path, device, question)


def _place(column: int | str, header: Sequence[str]) -> int | None:
    if isinstance(column, int):
        return column
    return next((number for number, name in enumerate(header) if re.search(column, name)), None)


def _rows(table: ColumnMap, lines: Sequence[str], start: int) -> Iterator[tuple[int, list[str]]]:
    """(line number from 1, cells) of each row that is not empty."""
    for number, cells in enumerate(csv.reader(lines[start:], delimiter=table.delimiter), start + 1):
        if any(cell.strip() for cell in cells):
            yield number, [cell.strip() for cell in cells]


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
            instant = _instant(cells, layout, previous)
            if _marked(cells, layout):
                findings.note("rows that the logger marks as erroneous, not sent")
                continue
            if device.deployment and question.territory is not None:  # the curve of then
                then = device.at(instant) or device
                layout = replace(layout, calibration=question.territory.calibration_of(then))
            readings = tuple(_readings(cells, layout, findings))
        except _Unreadable as error:
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


def _instant(cells: Sequence[str], layout: _Layout, previous: int | None) -> int:
    """The row's time; in the hour that autumn repeats, times that step back are the second pass."""
    if layout.time >= len(cells):
        raise _Unreadable(f"it has {len(cells)} columns and no time")
    try:
        local = datetime.strptime(cells[layout.time], layout.map.time.format)
    except ValueError as error:
        raise _Unreadable(f"{cells[layout.time]!r} is not a time like {layout.map.time.format}") from error
    try:
        instant = from_datetime(local.replace(tzinfo=layout.zone))
        second = from_datetime(local.replace(tzinfo=layout.zone, fold=1))
    except OverflowError as error:
        raise _Unreadable(f"{cells[layout.time]!r} is beyond the calendar") from error
    return second if previous is not None and instant <= previous < second else instant


def _marked(cells: Sequence[str], layout: _Layout) -> bool:
    if layout.check is None or layout.map.check is None:
        return False
    return layout.check >= len(cells) or cells[layout.check] not in layout.map.check.accept


def _readings(cells: Sequence[str], layout: _Layout, findings: Findings) -> Iterator[Reading]:
    for place, column in layout.columns:
        text = cells[place] if place < len(cells) else ""
        if not text:
            continue
        if text in column.missing:
            findings.note(f"{column.quantity} in column {place}: {text}, no such sensor or no value")
            continue
        name, value = column.quantity, _number(text, column, layout.map.decimal)
        if column.calibrated and layout.calibration is not None:
            name = column.calibrated
            curve = layout.calibration
            value = curve.a * value**2 + curve.b * value + curve.c
        yield Reading(
            quantity=name,
            value=round(value, 6),
            depth_m=column.depth_m,
            period_s=column.period_s,
            method=column.method,
        )


def _number(text: str, column: ReadingColumn, decimal: str) -> float:
    if text in column.replace:
        return column.replace[text]
    try:
        number = float(text.replace(decimal, ".") if decimal != "." else text)
    except ValueError as error:
        raise _Unreadable(f"{text!r} is not a number for {column.quantity}") from error
    value = number * column.scale + column.offset
    if value != value or value in (float("inf"), float("-inf")):
        raise _Unreadable(f"{text!r} is not a finite number for {column.quantity}")
    return value
