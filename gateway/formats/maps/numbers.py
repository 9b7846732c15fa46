"""Values as decoders write them: numbers, numbers as text, text with a unit, and words for nothing."""

from __future__ import annotations

import re
from typing import NamedTuple

from contract.errors import ConfigurationError
from contract.quantities import converted, quantity, unit_of

_NUMBER = re.compile(
    r"\s*+([-+]?(?:\d++\.?+\d*+|\.\d++)(?:[eE][-+]?\d{1,3})?)\s*+((?:(?![\d.,\s]).{1,40}?)?)\s*+", re.DOTALL
)
_REMARK = re.compile(r"\(.*\)", re.DOTALL)
_NOTHING = frozenset(
    {
        "", "null", "nan", "na", "n/a", "none", "nil", "nosensor", "no sensor", "unavailable", "unknown",
        "undefined", "-", "--", "---",
    }
)  # fmt: skip
_LARGEST = 1e300


class Said(NamedTuple):
    """A number and the unit that stood beside it in the same text, empty without one."""

    number: float
    unit: str


def is_absent(value: object, absent: tuple[float | str, ...] = ()) -> bool:
    """True where ``value`` says that there is none: a word for nothing, or one of ``absent``."""
    if value is None or (isinstance(value, str) and value.strip().casefold() in _NOTHING):
        return True
    if not absent or isinstance(value, bool):
        return False
    said = number_of(value)
    texts = {one.casefold() for one in absent if isinstance(one, str)}
    if isinstance(value, str) and value.strip().casefold() in texts:
        return True
    return said is not None and said.number in {one for one in absent if not isinstance(one, str)}


def number_of(value: object) -> Said | None:
    """``value`` as a finite number; None where it is none.  A remark in brackets is passed over."""
    unit = ""
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        if match is None:
            return None
        value, unit = float(match[1]), "" if _REMARK.fullmatch(match[2]) else match[2]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -_LARGEST < value < _LARGEST:
        return None
    return Said(float(value), unit)


def in_our_unit(name: str, number: float, unit: str, scale: float) -> float:
    """``number`` x ``scale`` in ``unit`` as a value of the quantity ``name``.

    Untouched where it is in the quantity's own unit already.  ``ConfigurationError`` for a unit that is
    not known, or of something else.
    """
    if scale == 1.0 and unit_of(unit) == quantity(name).unit:
        return number
    return converted(name, number * scale, unit)


def is_unit(text: str) -> bool:
    """True for a spelling of a unit that is known."""
    try:
        unit_of(text)
    except ConfigurationError:
        return False
    return True
