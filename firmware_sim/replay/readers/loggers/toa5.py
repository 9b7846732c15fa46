"""Campbell Scientific TOA5: four header rows, of which the third states units, the fourth methods.

1. The first row names station, model, serial, program and table; the second the columns.
2. The name says what is measured, the units row in which unit, the processing row how the time
   since the last row was summarised (Avg, Smp, Tot, Max, Min); without either it is not read.
3. Times are local and without zone: the clock of a logger, which knows no summer time.

Source: the header rows as LoggerNet's manual describes them, and files of public stations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.reading import Method
from firmware_sim.replay.readers.loggers.spelling.dates import dates_of
from firmware_sim.replay.readers.loggers.spelling.energy import is_energy
from firmware_sim.replay.readers.loggers.spelling.names import depth_named, quantity_named
from firmware_sim.replay.readers.loggers.station_file import (
    Cells,
    LoggerColumn,
    StationFile,
    Unfit,
    at,
    cells_of,
    decoded,
    table_rows,
)
from firmware_sim.replay.readers.reader import Findings, Question

_HEADER_ROWS = 4
_METHODS: dict[str, Method] = {"avg": "mean", "smp": "point", "tot": "sum", "max": "max", "min": "min"}
_LEFT = {"std": "a spread", "tmx": "the time of a maximum", "tmn": "the time of a minimum"}
_WIND_VECTOR = re.compile(r"_(?P<part>S|U|D1|DU|D|SD1|SD)_WVT", re.IGNORECASE)
_BEYOND = frozenset({"7999", "-7999", "inf", "-inf", "+inf"})
"""What a logger writes for a signal beyond its range."""
_TABLES = (
    (re.compile(r"(?<![a-z\d])(\d+)_?min(?:ute)?s?|min(?:ute)?s?_?(\d+)"), 60),
    (re.compile(r"(?<!\d)(\d+)_?h(?:r|our)s?|h(?:r|our)s?_?(\d+)"), 3_600),
    (re.compile(r"(?<!\d)(\d+)_?s(?:ec|econd)s?(?![a-z])|sec_?(\d+)"), 1),
)
_TABLE_WORDS = (
    ("quarter", 900), ("halfhour", 1_800), ("half_hour", 1_800), ("hourly", 3_600), ("hour", 3_600),
    ("daily", 86_400), ("onemin", 60), ("fivemin", 300), ("tenmin", 600), ("fifteenmin", 900),
    ("thirtymin", 1_800),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Toa5:
    """The kind of file."""

    name: str = "campbell-toa5"

    def fits(self, path: Path, head: str) -> bool:
        """Four header rows of one width, the first cell TOA5, the third row's TS."""
        lines = head.splitlines()[:_HEADER_ROWS]
        if len(lines) < _HEADER_ROWS or not lines[0].lstrip('"').startswith("TOA5"):
            return False
        try:
            names, units, ways = (cells_of(line, ",") for line in lines[1:])
        except Unfit:
            return False
        return at(names, 0) == "TIMESTAMP" and at(units, 0) == "TS" and len(names) == len(units) == len(ways)

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The one table of the file."""
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        origin, *header = (cells_of(line, ",") for line in lines[:_HEADER_ROWS])
        rows = table_rows(_one_table(lines), _HEADER_ROWS, ",")
        dates = dates_of(at(cells, 0) for _, cells in rows())
        yield StationFile(
            self.name,
            "weather",
            tuple(name for name in (at(origin, 3), at(origin, 1)) if name),
            tuple(_columns(*header)),
            lambda: ((number, _ranged(cells)) for number, cells in rows()),
            lambda cells: dates.read(at(cells, 0)),
            content,
            stated_period_s=table_period(at(origin, 7)),
        )


def _one_table(lines: list[str]) -> list[str]:
    """The lines without the same header again, as files that were put together have it.

    ``Unfit`` where another table follows.
    """
    again = [number for number in range(1, len(lines)) if lines[number].lstrip('"').startswith("TOA5")]
    kept = list(lines)
    for number in again:
        if lines[number + 1 : number + _HEADER_ROWS] != lines[1:_HEADER_ROWS]:
            raise Unfit(f"another table begins in line {number + 1}: give each a file of its own")
        kept[number : number + _HEADER_ROWS] = [""] * _HEADER_ROWS
    return kept


def _ranged(cells: Cells) -> Cells:
    """The cells; what the logger writes beyond its range is no value."""
    return ["NAN" if cell.lower() in _BEYOND else cell for cell in cells]


def _columns(names: Cells, units: Cells, ways: Cells) -> Iterator[LoggerColumn]:
    for place, (name, unit, way) in enumerate(zip(names, units, ways, strict=True)):
        if place == 0:
            continue
        if unit == "RN" or name == "RECORD":
            yield LoggerColumn(place, name, left="the number of the row")
        elif way.lower() in _LEFT:
            yield LoggerColumn(place, name, left=_LEFT[way.lower()])
        else:
            yield _column(place, name, unit, way)


def _column(place: int, name: str, unit: str, way: str) -> LoggerColumn:
    title = f"{name} [{unit or 'no unit'}, {way or 'no method'}]"
    quantity, method = quantity_named(name), _METHODS.get(way.lower())
    vector = _WIND_VECTOR.search(name) if way.lower().startswith("wv") else None
    if vector is not None:
        if vector["part"].upper().startswith("SD"):
            return LoggerColumn(place, title, left="a spread")
        method = "mean"
    if not quantity or method is None or not _sensible(quantity, unit, method):
        return LoggerColumn(place, title)
    period = 0 if method == "point" else None
    return LoggerColumn(place, title, quantity, unit, method, period, depth_named(name, quantity))


def _sensible(quantity: str, unit: str, method: Method) -> bool:
    """Rain is a total, energy too, and of nothing else is a total a measurement."""
    return (method == "sum") == (quantity == "precipitation_amount" or is_energy(quantity, unit))


def table_period(table: str) -> float | None:
    """How long the rows of a table with this name last [s]; None where it does not say."""
    text = table.lower()
    for pattern, seconds in _TABLES:
        found = pattern.search(text)
        if found:
            return float(next(group for group in found.groups() if group)) * seconds
    return next((float(seconds) for word, seconds in _TABLE_WORDS if word in text), None)
