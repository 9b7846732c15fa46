"""The fields of a station's push become readings, by the table ``fields.toml`` beside this file.

1. A field with a row of the table is a reading, in the unit that the protocol states.
2. Where several channels say the same quantity and none its depth, none is taken: they are named.
3. A field that is known is no measurement of the site; the others are named as not understood.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

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


class Pushed(NamedTuple):
    """What the fields of one push say."""

    readings: tuple[Reading, ...]
    open: tuple[str, ...]
    """Names of the fields that are neither read nor known to be no measurement."""


def understood(fields: Mapping[str, str]) -> Pushed:
    """The readings among ``fields`` (names in lower case), one a quantity, and what is open."""
    rows, known = _table()
    said: dict[str, list[tuple[int, str, str]]] = {}
    open_names: list[str] = []
    for name, text in fields.items():
        found = next(((at, row) for at, row, shape in rows if shape.fullmatch(name)), None)
        if found is not None:
            if not _ABSENT.fullmatch(text):
                said.setdefault(found[1].quantity, []).append((found[0], name, text))
        elif not (known.fullmatch(name) or is_secret(name) or not text):
            open_names.append(name)
    readings: list[Reading] = []
    for quantity, candidates in said.items():
        first = min(candidates)[0]
        chosen = [one for one in candidates if one[0] == first]
        if len(chosen) == 1 and _NUMBER.fullmatch(chosen[0][2]):
            value = converted(quantity, float(chosen[0][2]), rows[first][1].unit)
            readings.append(Reading(quantity=quantity, value=value))
        else:
            open_names.extend(name for _, name, _ in chosen)
    return Pushed(tuple(readings), tuple(open_names))


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
