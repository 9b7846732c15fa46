"""Times as foreign messages write them: ISO 8601, seconds or milliseconds since 1970, as number or text."""

from __future__ import annotations

from datetime import tzinfo

from contract.errors import ConfigurationError
from contract.instant import SECOND, parse_instant
from gateway.formats.maps.numbers import number_of

_SIZES = ((1e11, SECOND), (1e14, SECOND // 1000), (1e17, SECOND // 1_000_000), (1e20, 1))
"""Below which a count since 1970 is in which steps [ns]: seconds until 5138, then thousandths."""
_NEVER = 86_400
"""A clock that was never set counts from 1970; within its first day that is no time [s]."""


def instant_of(value: object, zone: tzinfo | None) -> int | None:
    """``value`` as an instant [ns UTC]; None where it says none.

    ``ConfigurationError`` for a text that is no time, or states no zone where ``zone`` is None.
    """
    said = number_of(value)
    if said is not None and not said.unit:
        return _counted(said.number, value)
    if not isinstance(value, str) or not value.strip():
        return None
    return parse_instant(value.strip(), zone=zone)


def _counted(number: float, value: object) -> int | None:
    if number < _NEVER:
        return None
    for below, step in _SIZES:
        if number < below:
            exact = value if isinstance(value, int) else number
            return round(exact * step)
    raise ConfigurationError(f"{value!r} counts from no known day", help="Correct the clock of the sender")
