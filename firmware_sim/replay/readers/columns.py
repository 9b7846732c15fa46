"""Column maps: what the columns of a logger file mean, as data files.

1. ``ColumnMap`` is the shape of such a file; unknown keys are errors.
2. ``known_maps`` reads those that come with the program, from the folder ``maps`` beside this file.

Whether a map fits a file, and reading it: ``table``.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.config import load_toml
from contract.errors import EcoVivError
from contract.places import Sensor
from contract.quantities import conversion, quantity
from contract.reading import Method

FOLDER = Path(__file__).resolve().parent / "maps"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Time(_Table):
    """Where the time stands and how it is written."""

    column: int | str
    """Number from 0, or a pattern that the column's header matches."""
    format: str
    """As in ``datetime.strptime``."""
    also: tuple[str, ...] = ()
    """How the same column may be written too: a date alone, say, which is midnight."""
    time_column: int | str | None = None
    """Where the time of day stands in a column of its own: ``column`` is then the date."""
    time_format: str = "%H:%M:%S"
    """Of ``time_column``; hour 24 is the next midnight."""
    zone: str = ""
    """Stated by the format itself; empty: by the header, the device or the caller."""
    zone_in_header: str = ""
    """Pattern with a group ``zone``, looked for in the line that names the columns."""


class ReadingColumn(_Table):
    """One column that becomes one reading."""

    column: int | str
    quantity: str
    depth_m: float | None = None
    """Below the ground, negative above; without it that of the device, where the territory has one."""
    period_s: Annotated[float, Field(ge=0)] = 0
    method: Method = "point"
    unit: str = ""
    """That the numbers have, however it is spelled; empty: the quantity's own, or as the units' line says."""
    scale: float = 1.0
    """value = number x scale + offset, in ``unit``."""
    offset: float = 0.0
    missing: tuple[str, ...] = ()
    """What the logger writes where it has no such sensor or no value."""
    replace: dict[str, float] = {}
    """Codes that stand for a number."""
    in_soil: str = ""
    """Quantity that it is where the territory says that the probe is in the soil; of the same unit."""
    calibrated: str = ""
    """Quantity that it becomes where the territory names a soil calibration for the device."""
    remark: str = ""
    """What whoever uses these values must know; said once a file."""

    @model_validator(mode="after")
    def _has_a_quantity_in_its_unit(self) -> Self:
        try:
            for name in filter(None, (self.quantity, self.in_soil, self.calibrated)):
                quantity(name)
            if self.unit:
                conversion(self.quantity, self.unit)
        except EcoVivError as error:
            raise ValueError(f"{error.message}; {error.help}") from error
        return self


class Known(_Table):
    """Columns that are understood and are not read."""

    column: int | str
    why: str = ""
    """Said once a file; empty for what is no measurement anyhow, such as the number of the row."""


class Check(_Table):
    """A column by which the logger marks rows of its own as wrong."""

    column: int | str
    accept: tuple[str, ...]
    """Patterns that a right row's cell matches as a whole."""


class ColumnMap(_Table):
    """One kind of logger file."""

    name: str
    title: str
    source: str
    """Where this description comes from."""
    sensor: Sensor
    delimiter: Annotated[str, Field(min_length=1, max_length=1)]
    decimal: Annotated[str, Field(min_length=1, max_length=1)] = "."
    encoding: str = "utf-8-sig"
    first_lines: str = ""
    """Pattern that one of the first lines matches."""
    file_name: str = ""
    """Pattern that the whole file name matches; a group ``serial`` names the logger."""
    header: str = ""
    """Pattern of the line that names the columns.  Empty: no such line, columns have numbers."""
    header_lines: Annotated[int, Field(ge=0)] | None = None
    """How many lines stand before the first row, counted from the one that names the columns (itself
    included), or from the first of the file where none does."""
    units_line: Annotated[int, Field(ge=1)] | None = None
    """Which of the header lines states the units."""
    missing: tuple[str, ...] = ()
    """As of a column, for all of them."""
    serial_in_header: str = ""
    """Pattern with a group ``serial``."""
    serial_column: int | str | None = None
    time: Time
    columns: Annotated[tuple[ReadingColumn, ...], Field(min_length=1)]
    known: tuple[Known, ...] = ()
    check: Check | None = None

    @property
    def lines_of_header(self) -> int:
        """How many lines the header has, from the one that names the columns."""
        return self.header_lines if self.header_lines is not None else int(bool(self.header))

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        places = [self.time.column, self.time.time_column, *(column.column for column in self.columns)]
        if not self.header and any(isinstance(place, str) for place in places):
            raise ValueError("columns are named by patterns, but there is no header line: give their numbers")
        if self.header and self.header_lines == 0:
            raise ValueError("header_lines counts the line that names the columns: it is at least 1")
        if self.units_line is not None and self.units_line > self.lines_of_header:
            raise ValueError("units_line is one of the header lines: header_lines is too small")
        if not (self.first_lines or self.header):
            raise ValueError("give first_lines or header: the pattern by which such a file is known")
        for pattern in (self.first_lines, self.file_name, self.header, self.serial_in_header):
            re.compile(pattern)
        return self


@cache
def known_maps() -> tuple[ColumnMap, ...]:
    """The maps that come with the program, by name."""
    return tuple(load_toml(ColumnMap, path) for path in sorted(FOLDER.glob("*.toml")))
