"""The fields of a station's push become readings, by the table ``fields.toml`` beside this file.

1. A field with a row of the table is a reading, in the unit that the protocol states.
2. A channel is part of its series, also where it is the only one; of several fields that say the same
   the first in the table counts.
3. A field that is known is no measurement of the site; the others are named as not understood.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, TypeAdapter

from contract.quantities import conversion, converted
from contract.reading import Reading
from gateway.formats.stations.secrets import is_secret

_NUMBER = re.compile(r"[-+]?(\d{1,9}(\.\d*)?|\.\d+)", re.ASCII)
_ABSENT = re.compile(r"|-+|null|none|nan|n/?a|-999(\.9*)?|-9999(\.\d*)?", re.IGNORECASE)
"""What stations write where a sensor is silent."""


class PushedField(BaseModel):
    """One row of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """In lower case, ``#`` for the number of a channel."""
    quantity: str
    unit: str
    """In which the protocol has it."""
    method: Literal["point", "total"] = "point"


class Pushed(NamedTuple):
    """What the fields of one push say."""

    readings: tuple[Reading, ...]
    open: tuple[str, ...]
    """Names of the fields that are neither read nor known to be no measurement."""


class _Candidate(NamedTuple):
    place: int
    """Of its row in the table."""
    row: PushedField
    name: str
    text: str

    @property
    def series(self) -> tuple[str, str, str]:
        """Of one quantity, method and channel the first row counts."""
        channel = re.search("[0-9]+", self.name[self.row.name.find("#") :]) if "#" in self.row.name else None
        return self.row.quantity, self.row.method, channel[0] if channel else ""


def understood(fields: Mapping[str, str]) -> Pushed:
    """The readings among ``fields`` (names in lower case), one a series, and what is open."""
    rows, known = _table()
    said: dict[tuple[str, str, str], _Candidate] = {}
    open_names: list[str] = []
    for name, text in fields.items():
        found = next(((at, row) for at, row, shape in rows if shape.fullmatch(name)), None)
        if found is not None:
            one = _Candidate(*found, name, text)
            if not _ABSENT.fullmatch(text):
                said[one.series] = min(one, said.get(one.series, one), key=lambda other: other.place)
        elif not (known.fullmatch(name) or is_secret(name) or not text):
            open_names.append(name)
    readings = [_reading(one) for one in said.values() if _NUMBER.fullmatch(one.text)]
    open_names += [one.name for one in said.values() if not _NUMBER.fullmatch(one.text)]
    return Pushed(tuple(readings), tuple(open_names))


def _reading(one: _Candidate) -> Reading:
    quantity, method, channel = one.series
    return Reading(
        quantity=quantity,
        value=converted(quantity, float(one.text), one.row.unit),
        method=one.row.method,
        channel=one.name if method == "total" else channel,
    )


@cache
def _table() -> tuple[tuple[tuple[int, PushedField, re.Pattern[str]], ...], re.Pattern[str]]:
    """(place, row, shape of its name) of each field that is read; the shape of those that are known."""
    text = files("gateway.formats.stations").joinpath("fields.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    rows = TypeAdapter(tuple[PushedField, ...]).validate_python(table["field"])
    for row in rows:
        conversion(row.quantity, row.unit)
    shapes = [(at, row, re.compile(_shape(row.name))) for at, row in enumerate(rows)]
    return tuple(shapes), re.compile("|".join(_shapes(table["known"].values())))


def _shapes(groups: Iterable[Iterable[str]]) -> list[str]:
    return [_shape(name) for group in groups for name in group]


def _shape(name: str) -> str:
    return re.escape(name).replace(r"\#", "[0-9]{1,2}").replace(r"\*", "[a-z0-9_.]*")
