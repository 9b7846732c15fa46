"""ReadingColumn maps: what the columns of a logger file mean, as data files.

1. ``ColumnMap`` is the shape of such a file; unknown keys are errors.
2. ``known_maps`` reads those that come with the program, from the folder ``maps`` beside this file.
3. ``ColumnMap.fits`` looks at a file's name and first lines; ``pick_map`` takes the first that fits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from contract.config import load_toml
from contract.places import Sensor
from contract.quantities import quantity
from contract.reading import Method

FOLDER = Path(__file__).resolve().parent / "maps"
HEAD_LINES = 80


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Time(_Table):
    """Where the time stands and how it is written."""

    column: int | str
    """Number from 0, or a pattern that the column's header matches."""
    format: str
    """As in ``datetime.strptime``."""
    zone: str = ""
    """Stated by the format itself; empty: by the header, the device or the caller."""
    zone_in_header: str = ""
    """Pattern with a group ``zone``, looked for in the header line."""


class ReadingColumn(_Table):
    """One column that becomes one reading."""

    column: int | str
    quantity: str
    depth_m: float | None = None
    period_s: Annotated[float, Field(ge=0)] = 0
    method: Method = "point"
    scale: float = 1.0
    """value = number x scale + offset, in the unit of the quantity."""
    offset: float = 0.0
    missing: tuple[str, ...] = ()
    """What the logger writes where it has no such sensor or no value."""
    replace: dict[str, float] = {}
    """Codes that stand for a number."""
    calibrated: str = ""
    """Quantity that it becomes where the territory names a soil calibration for the device."""

    @field_validator("quantity", "calibrated")
    @classmethod
    def _is_a_quantity(cls, name: str) -> str:
        return quantity(name).name if name else name


class Check(_Table):
    """A column by which the logger marks rows of its own as wrong."""

    column: int | str
    accept: tuple[str, ...]


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
    first_lines: str
    """Pattern that one of the first lines matches."""
    file_name: str = ""
    """Pattern that the whole file name matches; a group ``serial`` names the logger."""
    header: str = ""
    """Pattern of the line that names the columns; rows begin after it.  Empty: no such line."""
    serial_in_header: str = ""
    """Pattern with a group ``serial``."""
    serial_column: int | str | None = None
    time: Time
    columns: Annotated[tuple[ReadingColumn, ...], Field(min_length=1)]
    check: Check | None = None

    @model_validator(mode="after")
    def _names_need_a_header(self) -> Self:
        places = [self.time.column, *(column.column for column in self.columns)]
        if not self.header and any(isinstance(place, str) for place in places):
            raise ValueError("columns are named by patterns, but there is no header line: give their numbers")
        for pattern in (self.first_lines, self.file_name, self.header, self.serial_in_header):
            re.compile(pattern)
        return self

    def fits(self, path: Path, lines: Sequence[str]) -> bool:
        """True if this describes the file with these first lines."""
        if self.file_name and not re.fullmatch(self.file_name, path.name):
            return False
        return any(re.search(self.first_lines, line) for line in lines)


@cache
def known_maps() -> tuple[ColumnMap, ...]:
    """The maps that come with the program, by name."""
    return tuple(load_toml(ColumnMap, path) for path in sorted(FOLDER.glob("*.toml")))


def pick_map(path: Path, maps: Sequence[ColumnMap]) -> ColumnMap | None:
    """The first map that fits the file, or None."""
    with path.open("rb") as stream:
        head = stream.read(65_536)
    for candidate in maps:
        lines = head.decode(candidate.encoding, errors="replace").splitlines()[:HEAD_LINES]
        if candidate.fits(path, lines):
            return candidate
    return None
