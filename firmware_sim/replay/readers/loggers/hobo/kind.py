"""An export of HOBOware or HOBOconnect, taken apart by its line of titles.

1. The line of titles has a column of the time, and marks of these programs: numbers of the logger, a
   plot's title above, columns of events.
2. Separator, decimal mark and the order of the dates are those of the file.
3. Titles become columns of the device that the territory has for the logger.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from contract.places import Sensor
from firmware_sim.replay.readers.loggers.hobo.clock import TimeColumns, clock_in
from firmware_sim.replay.readers.loggers.hobo.placing import columns_of
from firmware_sim.replay.readers.loggers.hobo.titles import Title, title_of
from firmware_sim.replay.readers.loggers.spelling.date_order import numbers_of
from firmware_sim.replay.readers.loggers.station_file import (
    Cells,
    LoggerColumn,
    StationFile,
    Unfit,
    at,
    decoded,
)
from firmware_sim.replay.readers.reader import Findings, Question, owner

_TITLE_LINES = 20
_TRIED_ROWS = 50
_MARKS = re.compile(
    r"LGR S/N|SEN S/N|LBL:|^\"?(Plot Title|Titre d[eu] (trac|graph))|Date-Time|Coupler (De|At)tached"
    r"|Host Connected|End [Oo]f File|Coupleur|Fin de fichier|H[oô]te connect| c:\d|^[^\w\n]*?#\W",
    re.MULTILINE,
)
_PROGRAM = re.compile(r"(?i)^\W*(plot title|titre d[eu] (trac|graph)\w*)\s*:\s*(?P<title>.*)")
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_SPOKEN = {"MDY": "month, day, year", "DMY": "day, month, year", "YMD": "year, month, day"}
_FAILED = frozenset({"-888.88", "-888.9", "-888,88", "-888,9"})
"""What these loggers write where a sensor did not answer."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The file as cells."""

    titles: tuple[str, ...]
    clock: TimeColumns
    delimiter: str
    first: int
    """Line of the first row, from 0."""
    above: str
    """What stands over the titles."""


@dataclass(frozen=True, slots=True)
class Hobo:
    """Exports of HOBO loggers."""

    name: str = "hobo"

    def fits(self, path: Path, head: str) -> bool:
        """True if there is such a line of titles, with rows that begin with a date below it."""
        lines = head.splitlines()
        sheet = _sheet(lines)
        if sheet is None or not _MARKS.search("\n".join(lines[: sheet.first])):
            return False
        rows = [cells for _, cells in islice(_rows(lines, sheet)(), _TRIED_ROWS)]
        return not rows or any(numbers_of(sheet.clock.split(cells)[0]) for cells in rows)

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The one instrument of the file; ``Unfit`` where the dates of its rows have no order."""
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        sheet = _sheet(lines)
        if sheet is None:
            raise Unfit("it has no line of titles")
        rows = _rows(lines, sheet)
        cells = [row for _, row in rows()]
        titles = _titles(sheet, cells)
        serials = _serials(path, sheet)
        sensor = _sensor([title for _, title in titles])
        device = owner(path, serials, sensor, question)
        columns = tuple(_without_totals(columns_of(titles, device), cells))
        if sheet.clock.zone is None and re.search(r"\(|GMT|UTC", sheet.clock.title):
            findings.note(
                f"the zone in {sheet.clock.title!r} has no single meaning: that of the device counts"
            )
        yield StationFile(
            self.name, sensor, serials, columns, rows, sheet.clock.reading(_order(sheet, cells, findings)),
            content, zone=sheet.clock.zone, weather_only=True, comma=_comma(cells, columns),
        )  # fmt: skip


def _sheet(lines: Sequence[str]) -> _Sheet | None:
    for number, line in enumerate(lines[:_TITLE_LINES]):
        for delimiter in "\t;,":
            titles = tuple(_cells(line, delimiter))
            clock = clock_in(titles) if len(titles) > 1 else None
            if clock is not None:
                return _Sheet(titles, clock, delimiter, number + 1, "\n".join(lines[:number]))
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:  # a cell beyond csv's limit: damaged
        return [cell.strip() for cell in line.split(delimiter)]


def _rows(lines: Sequence[str], sheet: _Sheet) -> Callable[[], Iterator[tuple[int, Cells]]]:
    def rows() -> Iterator[tuple[int, Cells]]:
        for number in range(sheet.first, len(lines)):
            cells = _cells(lines[number], sheet.delimiter)
            if any(cells):
                yield number + 1, [_cleaned(cell) for cell in cells]

    return rows


def _cleaned(cell: str) -> str:
    """Without commas between thousands; a sensor that failed has no value."""
    if cell in _FAILED:
        return "NA"
    return cell.replace(",", "") if "," in cell and "." in cell and _GROUPED.fullmatch(cell) else cell


def _titles(sheet: _Sheet, rows: Sequence[Cells]) -> list[tuple[int, Title]]:
    """(place, title) of each column beside number and time; one that holds words alone tells of events."""
    taken = {sheet.clock.day, sheet.clock.hour}
    found = []
    for place, text in enumerate(sheet.titles):
        told = [at(cells, place) for cells in rows if at(cells, place)]
        numbers = place < sheet.clock.day and all(cell.isdigit() for cell in told)
        if place in taken or numbers:
            continue
        title = title_of(text)
        if told and not title.quantity and not any(_NUMBER.fullmatch(cell) for cell in told):
            title = Title(text, "", "", "", "", "point", "events of the logger")
        found.append((place, title))
    return found


def _serials(path: Path, sheet: _Sheet) -> tuple[str, ...]:
    """What may name the logger: its number in the titles, the plot's title, numbers in the file's name."""
    program = _PROGRAM.search(sheet.above)
    names = re.findall(r"LGR S/N:\s*(\w+)", " ".join(sheet.titles))
    if program and (title := _without_marks(program["title"])):
        names.append(title)
    names += re.findall(r"(?<!\d)\d{5,12}(?!\d)", path.stem)
    return tuple(dict.fromkeys(names))


def _without_marks(title: str) -> str:
    """Without what is no letter or digit at its end, such as the quote that closes it."""
    last = next((n for n in range(min(len(title), 300), 0, -1) if title[n - 1].isalnum()), 0)
    return title[:last]


def _sensor(titles: Sequence[Title]) -> Sensor:
    measured = {title.quantity for title in titles if title.quantity}
    return "soil" if measured and all(name.startswith("soil_") for name in measured) else "weather"


def _without_totals(columns: Iterator[LoggerColumn], rows: Sequence[Cells]) -> Iterator[LoggerColumn]:
    """Rain that only ever rises is a running total, and no amount of each row: not understood."""
    for column in columns:
        if column.quantity == "precipitation_amount":
            told = [
                float(text.replace(",", "."))
                for cells in rows
                if _NUMBER.fullmatch(text := at(cells, column.place))
            ]
            if len(set(told)) > 1 and told == sorted(told):
                yield LoggerColumn(column.place, f"{column.title} (a running total)")
                continue
        yield column


def _order(sheet: _Sheet, rows: Sequence[Cells], findings: Findings) -> str:
    found = sheet.clock.order(rows)
    if found is None:
        raise Unfit("no order of day, month and year fits the dates of all its rows")
    if found.alternatives:
        others = " or ".join(_SPOKEN[order] for order in found.alternatives)
        findings.note(
            f"no row tells the order of the dates: read as {_SPOKEN[found.order]}, as its program"
            f" is used to, not {others}"
        )
    return found.order


def _comma(rows: Sequence[Cells], columns: Sequence[LoggerColumn]) -> bool:
    """Numbers have a decimal comma: none of them has a point."""
    told = [at(cells, column.place) for cells in rows for column in columns]
    numbers = [text for text in told if _NUMBER.fullmatch(text)]
    return any("," in text for text in numbers) and not any("." in text for text in numbers)
