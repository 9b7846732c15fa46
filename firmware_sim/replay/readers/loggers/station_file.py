"""A logger's file, taken apart: what each column is, and its rows as they stand.

1. ``LoggerColumn`` is one column: a quantity with the unit that the file or its format states, or why
   it is none; with neither it is *not understood*, and said to be so.
2. ``StationFile`` is what each kind of file is brought to; one reader sends them all
   (``messages``).
3. ``decoded``, ``cells_of`` and ``delimiter_of`` take the text apart.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from contract.instant import from_datetime
from contract.places import Sensor
from contract.reading import EARLIEST, LATEST, Method

HEAD_BYTES = 65_536
"""Of a file, by which its kind is chosen."""
Cells = Sequence[str]
Time = datetime | int
"""Local without zone, or [ns UTC]."""

MISSING = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "nan",
        "null",
        "none",
        "n/a",
        "#n/a",
        "na",
        "***",
        "----",
        "--.-",
        "--.--",
        "---.-",
    }
)
"""What loggers write where there is no value, in small letters."""


class Unfit(ValueError):
    """A file of a known kind, or a row of it, that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class LoggerColumn:
    """One column of a file."""

    place: int
    """From 0."""
    title: str
    """As the file names it, for people."""
    quantity: str = ""
    """Empty: not read."""
    unit: str = ""
    """As the file or its format states it."""
    method: Method = "point"
    period_s: float | None = 0
    """What a value summarises; None: the time from row to row."""
    depth_m: float | None = None
    scale: float = 1
    """Before the unit is looked at: -1 where suction is written without its sign."""
    reduced: bool = False
    """A pressure reduced to sea level: read only where the file has none of the station's own."""
    compass: bool = False
    """Directions in letters."""
    calm: bool = False
    """A direction of 0 says that there is no wind; north is 360."""
    left: str = ""
    """Why it is known and not read; empty and without quantity: not understood."""


@dataclass(frozen=True, slots=True)
class StationFile:
    """The rows of one instrument in one file."""

    kind: str
    sensor: Sensor
    serials: tuple[str, ...]
    """What may name the instrument in the territory."""
    columns: tuple[LoggerColumn, ...]
    rows: Callable[[], Iterable[tuple[int, Cells]]]
    """(line number from 1, cells); may be asked again."""
    time: Callable[[Cells], Time]
    """Of a row; ``Unfit`` where it states none."""
    content: bytes
    """What the identity of the replay is made from."""
    zone: tzinfo | None = None
    """Of local times, where the file states it."""
    period: Callable[[Cells], float | None] | None = None
    """How long a row lasts [s], where rows say so."""
    stated_period_s: float | None = None
    """How long rows last where nothing but the file's header says so."""
    weather_only: bool = False
    """A weather station as a whole: of a device without weather sensor its weather is not read."""
    comma: bool = False
    """Numbers have a decimal comma."""
    notes: tuple[str, ...] = field(default=())
    """What is worth saying of the file."""


def decoded(content: bytes) -> str:
    """The text of a file of whatever age: UTF-16 or UTF-8 where it says or fits, else Windows' Latin."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of a line without the blanks around them; ``Unfit`` where its quotes are broken."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error as error:
        raise Unfit(f"not a table: {error}") from error


def delimiter_of(line: str) -> str:
    """The separator of a line of titles: tab, semicolon or comma, whichever is most frequent."""
    return max("\t;,", key=line.count)


def table_rows(lines: Sequence[str], first: int, delimiter: str) -> Callable[[], Iterator[tuple[int, Cells]]]:
    """The rows from the line ``first`` (from 0) on that are not empty."""

    def rows() -> Iterator[tuple[int, Cells]]:
        for number in range(first, len(lines)):
            if lines[number].strip(" \t,;\r\n"):
                yield number + 1, cells_of(lines[number], delimiter)

    return rows


def whole_rows(
    content: bytes, rows: Callable[[], Iterable[tuple[int, Cells]]], width: int
) -> tuple[Callable[[], Iterator[tuple[int, Cells]]], int | None]:
    """``rows``, and the line in whose middle the file ends; that row then lacks its last cell.

    A copy that was broken off ends without an end of line, in a row with fewer cells than every other
    (than ``width`` where it is the only one); of its last cell nobody knows how much is there.
    """
    torn = None if _ends_a_line(content) else _short_end(rows(), width)

    def kept() -> Iterator[tuple[int, Cells]]:
        for number, cells in rows():
            yield number, cells[:-1] if number == torn else cells

    return kept, torn


def _ends_a_line(content: bytes) -> bool:
    return content[-2:].strip(b"\0")[-1:] in {b"\n", b"\r"}


def _short_end(rows: Iterable[tuple[int, Cells]], width: int) -> int | None:
    last: tuple[int, Cells] | None = None
    narrowest: int | None = None
    for row in rows:
        if last is not None:
            narrowest = len(last[1]) if narrowest is None else min(narrowest, len(last[1]))
        last = row
    if last is None:
        return None
    return last[0] if len(last[1]) < (width if narrowest is None else narrowest) else None


TORN = "the file ends in the middle of this row: its last cell is not read"


def within_calendar(instant: int) -> int:
    """``instant`` [ns UTC]; ``Unfit`` where no message can carry it."""
    if not from_datetime(EARLIEST) <= instant < from_datetime(LATEST):
        raise Unfit("its time lies beyond the years that a message can state")
    return instant


def at(cells: Cells, place: int) -> str:
    """The cell at ``place``; empty where the row is shorter."""
    return cells[place] if place < len(cells) else ""


def is_missing(text: str) -> bool:
    """No value stands there."""
    return text.lower() in MISSING
