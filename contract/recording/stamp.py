"""One time that a file states about itself: wall time, fraction, and a zone if it says one.

1. ``stamp_of`` builds a ``Stamp`` from the parts that a name or a header spells.
2. ``parse_stamp`` reads the spellings of headers: ``2026-05-12T04:30:00.1234567+02``.
3. ``Stamp.instant`` is the time in UTC: by the zone that the file states, which nothing
   replaces, else by the zone that is given; an hour that comes twice or never is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from contract.errors import TimeWithoutZone
from contract.instant import from_datetime, parse_instant

_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?")
_HEADER = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[Tt]|\s++)"
    r"(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})(?:[.,](?P<fraction>\d++))?\s*+(?P<zone>\S.*)?"
)
FIRST_INSTANT = parse_instant("2000-01-01T00:00:00Z")
END_OF_INSTANTS = parse_instant("2100-01-01T00:00:00Z")
"""Before the first no recorder's clock was set; beyond the second none will be for long."""


class ZoneUnreadable(ValueError):
    """A zone is stated that cannot be read: no other zone may stand in for it."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One stated time.

    ``source`` who states it; ``local`` wall time in whole seconds; ``nanos`` the fraction [ns];
    ``zone`` as stated, None where the source states none.
    """

    source: str
    local: datetime
    nanos: int = 0
    zone: tzinfo | None = None

    def text(self) -> str:
        """ISO 8601 without zone, decimals only if needed."""
        return self.local.isoformat() + (f".{self.nanos:09d}".rstrip("0") if self.nanos else "")

    def instant(self, zone: tzinfo | None = None, fold: int | None = None) -> int:
        """Nanoseconds UTC; ``zone`` is used only where the source states none.

        ``fold`` 0 or 1 picks the first or second pass of an hour that comes twice.  Raises
        ``TimeWithoutZone`` where there is no zone, and for an hour that comes twice or never.
        """
        used = self.zone or zone
        if used is None:
            raise TimeWithoutZone(
                f"the time {self.text()} has no zone", help="State the device's timezone, or say --zone"
            )
        first, second = (self.local.replace(tzinfo=used, fold=number) for number in (0, 1))
        before, after = first.utcoffset(), second.utcoffset()
        if before is not None and after is not None and before != after:
            if before < after:
                raise TimeWithoutZone(
                    f"the hour of {self.text()} does not exist in {used}: clocks were put forward",
                    help="Correct the clock's zone: the recorder may keep one time all year",
                )
            if fold is None:
                raise TimeWithoutZone(
                    f"the hour of {self.text()} comes twice in {used}",
                    help="Say --fold first or --fold second, or state a fixed zone",
                )
        return from_datetime(second if fold == 1 else first) + self.nanos

    @property
    def plausible(self) -> bool:
        """A clock that was set says so: from 2000 on, before 2100."""
        shown = from_datetime(self.local.replace(tzinfo=self.zone or UTC))
        return FIRST_INSTANT <= shown < END_OF_INSTANTS


def stamp_of(source: str, parts: dict[str, str | None], zone: str | None = None) -> Stamp | None:
    """The stamp of ``year`` … ``second`` and ``fraction``; None where no calendar knows that time.

    24:00:00 is the next midnight.  Raises ``ZoneUnreadable`` for a zone that is none.
    """
    whole = {name: int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")}
    nanos = int((parts.get("fraction") or "0")[:9].ljust(9, "0"))
    midnight = whole["hour"] == 24 and not (whole["minute"] or whole["second"] or nanos)
    if midnight:
        whole["hour"] = 0
    try:
        local = datetime(**whole) + timedelta(days=midnight)  # type: ignore[arg-type]
        stamp = Stamp(source, local, nanos, zone_of(zone))
        from_datetime(local.replace(tzinfo=stamp.zone or UTC))
    except ZoneUnreadable:
        raise
    except (ValueError, OverflowError):
        return None
    return stamp


def zone_of(text: str | None) -> tzinfo | None:
    """The zone spelled ``Z``, ``UTC``, ``UTC+2``, ``+02``, ``+1``, ``+0530`` or ``-03:30``; None of nothing.

    ``ZoneUnreadable`` where the text is no zone.
    """
    spelled = (text or "").strip().upper()
    if not spelled:
        return None
    if spelled in {"Z", "UTC", "GMT"}:
        return UTC
    found = _OFFSET.fullmatch(spelled)
    if found is None or int(found["minutes"] or 0) > 59:
        raise ZoneUnreadable(text)
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    if offset > timedelta(hours=14):
        raise ZoneUnreadable(text)
    return timezone(offset if found["sign"] == "+" else -offset)


def parse_stamp(source: str, text: str) -> Stamp | None:
    """The time that a header spells as ISO 8601, a space for the T; None where it is no such time."""
    found = _HEADER.fullmatch(text.strip())
    if found is None:
        return None
    return stamp_of(source, found.groupdict(), found["zone"])
