"""Tables with weewx's own field names, and tables made for its importer.

1. With ``dateTime`` and ``usUnits`` each row says its time and units: dumps of the archive, and what the
   extension weewx-csv writes.
2. A table for ``weectl import`` leaves units to weewx's import configuration: nothing in the file
   states them, so it is known and refused, with the way out.

Source: weewx's documents on ``weectl import`` for csv, and on the archive's fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.instant import SECOND
from firmware_sim.replay.readers.loggers.station_file import (
    Cells,
    StationFile,
    Unfit,
    at,
    cells_of,
    decoded,
    delimiter_of,
    is_missing,
    table_rows,
)
from firmware_sim.replay.readers.loggers.weewx.fields import INTERVAL, SYSTEM, TIME, columns_of
from firmware_sim.replay.readers.reader import Findings, Question

_IMPORTED = frozenset(
    {"barometer", "temp", "humidity", "windspeed", "dir", "gust", "dayrain", "radiation", "uv"}
)
_FEWEST = 4
"""So many of these words beside a time make a table for the importer."""


def _titles(line: str) -> list[str]:
    """The cells of a line of titles, without the mark of a comment before the first."""
    return cells_of(line.lstrip("# "), delimiter_of(line))


def _first_line(head: str) -> str:
    return next((line for line in head.splitlines() if line.strip()), "")


@dataclass(frozen=True, slots=True)
class WeewxTable:
    """A table of archive records."""

    name: str = "weewx-csv"

    def fits(self, path: Path, head: str) -> bool:
        """Its first line names times and unit systems as weewx does."""
        try:
            return {TIME, SYSTEM} <= set(_titles(_first_line(head)))
        except Unfit:
            return False

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The station's records."""
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        first = next(number for number, line in enumerate(lines) if line.strip())
        fields, delimiter = _titles(lines[first]), delimiter_of(lines[first])
        rows = table_rows(lines, first + 1, delimiter)
        time, system = fields.index(TIME), fields.index(SYSTEM)
        interval = fields.index(INTERVAL) if INTERVAL in fields else None
        stated = {at(cells, system) for _, cells in rows()}
        yield StationFile(
            self.name,
            "weather",
            (),
            columns_of(fields, {round(_number(text)) for text in stated if not is_missing(text)}),
            rows,
            lambda cells: round(_number(at(cells, time)) * 1_000) * (SECOND // 1_000),
            content,
            period=None if interval is None else lambda cells: _minutes(cells, interval),
            weather_only=True,
            comma=delimiter != ",",
        )


def _number(text: str) -> float:
    try:
        number = float(text)
        round(number)
    except (ValueError, OverflowError) as error:
        raise Unfit(f"{text!r} is not a number of seconds or units") from error
    return number


def _minutes(cells: Cells, place: int) -> float | None:
    text = at(cells, place)
    return None if is_missing(text) else _number(text) * 60


@dataclass(frozen=True, slots=True)
class WeewxImport:
    """A table made for weewx's importer: no unit stands in it."""

    name: str = "weewx-import"

    def fits(self, path: Path, head: str) -> bool:
        """Its first line has a time and the bare words that weewx's documents use."""
        try:
            first, *rest = _titles(_first_line(head)) or [""]
        except Unfit:
            return False
        return first.lower() == "time" and len({title.lower() for title in rest} & _IMPORTED) >= _FEWEST

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """Never one: each column is named, and why."""
        for title in _titles(_first_line(decoded(path.read_bytes())))[1:]:
            findings.note(f"not understood and not read: {title}: its unit is stated nowhere")
        raise Unfit(
            "a table for weewx's importer states no unit: give the database that weewx made of it,"
            " or a --map that says the unit of each column"
        )
        yield
