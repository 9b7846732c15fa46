"""Time: integer nanoseconds UTC inside, ISO 8601 with a zone at the edges.

1. ``parse_instant`` turns text with a zone into nanoseconds and refuses text without.
2. ``format_instant`` is its inverse: ``2026-05-01T04:00:00Z``, decimals only if needed.
3. ``Window`` is half-open, [start, end).
4. ``Clock`` is the only place that knows "now" and sleeps; services take one as an argument.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contract.errors import ConfigurationError, TimeWithoutZone

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
AHEAD = 2 * MINUTE
"""A device further ahead of the gateway that received it has a wrong clock; being late is no fault."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"(?<=:\d\d)[.,](\d{1,9})\d*")
_DAY_AND_HOUR = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_OFFSET = re.compile(r"^UTC([+-])(\d{1,2})(?::?(\d{2}))?$")


def parse_instant(text: str, *, zone: tzinfo | None = None) -> int:
    """Nanoseconds UTC of an ISO 8601 text.

    ``zone`` is used only where the text has none; without either, ``TimeWithoutZone``.
    """
    fraction = _FRACTION.search(text)
    whole = text if fraction is None else text[: fraction.start()] + text[fraction.end() :]
    try:
        moment = datetime.fromisoformat(whole.strip())
    except ValueError as error:
        raise _no_time(text) from error
    if moment.tzinfo is None:
        if zone is None:
            raise TimeWithoutZone(
                f"The time {text!r} has no zone",
                help="Add Z or an offset such as +02:00, or state the zone where this is read",
            )
        moment = moment.replace(tzinfo=zone)
    nanos = 0 if fraction is None else int(fraction[1].ljust(9, "0"))
    try:
        return from_datetime(moment.astimezone(UTC)) + nanos
    except OverflowError as error:  # in UTC it lies before the year 1 or after 9999
        raise _no_time(text) from error


def _no_time(text: str) -> ConfigurationError:
    return ConfigurationError(f"{text!r} is not a time", help="Write it as 2026-05-01T04:00:00Z")


def day_and_hour(value: object) -> object:
    """``value``, unless it is a text or number that only guessing makes a time: ``ValueError``.

    Seconds, milliseconds and bare dates are not told apart: ``"20260101"`` is none of them.
    """
    if isinstance(value, int | float) or (isinstance(value, str) and not _DAY_AND_HOUR.match(value)):
        raise ValueError("a time is written as 2026-05-01T04:00:00Z, with its zone")
    return value


def format_instant(instant: int) -> str:
    """The shortest exact ISO 8601 UTC text of ``instant`` [ns]."""
    seconds, nanos = divmod(instant, SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text.rjust(19, '0')}.{nanos:09d}".rstrip("0") + "Z" if nanos else f"{text.rjust(19, '0')}Z"


def from_datetime(moment: datetime) -> int:
    """Nanoseconds UTC of an aware datetime."""
    if moment.tzinfo is None:
        raise TimeWithoutZone(f"The time {moment} has no zone", help="State its zone")
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * 1_000


def to_datetime(instant: int, zone: tzinfo = UTC) -> datetime:
    """An aware datetime, microseconds truncated."""
    return (_EPOCH + timedelta(microseconds=instant // 1_000)).astimezone(zone)


def parse_zone(name: str) -> tzinfo:
    """A zone from ``Europe/Paris``, ``UTC``, ``+02:00`` or ``UTC-3:30``."""
    text = name.strip()
    match = _OFFSET.match(text if text.upper().startswith("UTC") else f"UTC{text}")
    if match:
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if offset <= timedelta(hours=14):
            return timezone(offset if sign == "+" else -offset)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"{name!r} is not a time zone", help="Write Europe/Paris, UTC or an offset such as +02:00"
        ) from error


def day_of(instant: int) -> date:
    """The UTC calendar day of ``instant``."""
    return to_datetime(instant).date()


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open [start, end), nanoseconds UTC."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ConfigurationError(
                f"A window must end after it starts, not {format_instant(self.start)}"
                f" to {format_instant(self.end)}",
                help="Swap or correct the two times",
            )

    def __contains__(self, instant: int) -> bool:
        return self.start <= instant < self.end


class Clock(Protocol):
    """What "now" is, and how one waits.  Services take one; tests pass a ``FixedClock``."""

    def now(self) -> int:
        """Nanoseconds UTC."""

    def monotonic(self) -> int:
        """Nanoseconds since some fixed point; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` [s]; at once where they are not above 0."""


class SystemClock:
    """The machine's clock: the only place where "now" and "sleep" are asked."""

    def now(self) -> int:
        """Nanoseconds UTC, as the machine believes."""
        return time.time_ns()

    def monotonic(self) -> int:
        """Nanoseconds since the machine's start, or another fixed point."""
        return time.monotonic_ns()

    def sleep(self, seconds: float) -> None:
        """Give the processor to others for ``seconds`` [s]."""
        time.sleep(max(0.0, seconds))
