"""Readings as the hot path takes them: the rules of ``contract.reading``, one object a message.

Nine messages of ten are readings.  Read as models they cost one object a value and a call
back into Python each; here the values stay plain dictionaries.  What is accepted here, the
models accept too (the tests compare them on mutated messages); what is not, they judge.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypedDict

from contract.instant import from_datetime
from contract.places import Slug
from contract.quantities import QUANTITIES, UNITS
from contract.reading import (
    EARLIEST,
    LATEST,
    MAX_READINGS,
    BootId,
    Channel,
    ClockSource,
    Duration,
    Firmware,
    Method,
    Number,
    SequenceNumber,
    Time,
    Uptime,
)

_RULES = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)
_UNITS = {name: known | {None} for name, known in UNITS.items()}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:[0-5]\d)", re.ASCII)


class _NameOfQuantity:
    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.literal_schema(list(QUANTITIES))


class PlainReading(TypedDict):
    """``contract.reading.Reading``; what was not said is absent."""

    __pydantic_config__ = _RULES  # type: ignore[misc]
    quantity: Annotated[str, _NameOfQuantity()]
    value: Number
    unit: NotRequired[str | None]
    time: NotRequired[Time | None]
    depth_m: NotRequired[Number | None]
    period_s: NotRequired[Duration]
    method: NotRequired[Method]
    channel: NotRequired[Channel]


@dataclass(config=_RULES, slots=True)
class PlainReadings:
    """``contract.reading.Readings``, by the same names."""

    kind: Literal["readings"]
    site: Slug
    device: Slug
    boot: BootId
    seq: SequenceNumber
    readings: Annotated[list[PlainReading], Field(min_length=1, max_length=MAX_READINGS)]
    time: Annotated[str, StringConstraints(max_length=32)] | None = None
    """As it was written; ``instant`` says when that is."""
    clock: ClockSource = "none"
    uptime_ms: Uptime | None = None
    firmware: Firmware = ""
    floor: SequenceNumber | None = None
    said_time: Annotated[str, StringConstraints(max_length=32)] | None = None
    v: Literal[1] = 1

    instant: int | None = Field(default=None, init=False)
    """``time`` [ns UTC], if it has one: worked out once."""


_read = TypeAdapter(PlainReadings).validator.validate_json


def plain_readings(payload: bytes) -> PlainReadings | None:
    """The readings in ``payload``, whose limits are checked; None leaves the verdict to the models."""
    try:
        message: PlainReadings = _read(payload)
    except ValidationError:
        return None
    for reading in message.readings:
        if "unit" in reading and reading["unit"] not in _UNITS[reading["quantity"]]:
            return None
    if message.time is not None:
        message.instant = _instant(message.time)
        if message.instant is None:
            return None
    if message.said_time is not None and _instant(message.said_time) is None:
        return None
    return message


@lru_cache(maxsize=4096)
def _instant(text: str) -> int | None:
    """[ns UTC]; None for a time that is not written the usual way, or lies out of the range of clocks.

    Remembered, because the sensors of a site speak at the same minutes.
    """
    if _TIME.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return from_datetime(moment) if EARLIEST <= moment < LATEST else None
