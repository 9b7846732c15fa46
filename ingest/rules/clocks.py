"""Whose clock to believe: pure rules, independent of the order of arrival.

1. ``doubted``: a time before 2000, or more than ``AHEAD`` after the gateway received it; so is one
   before the device's first deployment (``before_deployment``).
2. ``Anchor``: of all messages of one boot that carry both a believed time and an uptime,
   the one with the best clock, then of the earliest octave of sequences, ties the boot to UTC.
3. ``judge``: a message whose time is missing, doubted or at odds with its uptime is
   placed by the anchor (``REANCHORED``); without an anchor it keeps its doubted time
   (``CLOCK``), or has no place until an anchor of its boot arrives.

Being late is never a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from contract.instant import AHEAD, SECOND
from contract.reading import Flag

YEAR_2000 = 946_684_800 * SECOND
MILLISECOND = SECOND // 1000
SOURCES = {"gps": 0, "ntp": 1, "gateway": 1, "rtc": 2, "none": 3}
"""Rank of each source of time: the lower, the more it is believed."""
TOLERANCE = 60 * SECOND
"""Disagreement between time and uptime that is never doubted."""
DRIFT = 0.0005
"""Disagreement allowed per unit of uptime: five times a poor crystal's 100 ppm."""
_UNFLAGGED = Flag(0)
_WRAP = 2**32
"""Where 32-bit millisecond counters start again (49.7 days)."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What ties a boot to UTC.  Ordered: the smallest is the best.

    The earliest octave of sequences (1, 2-3, 4-7, 8-15 …) counts, and within it the digest, which is
    as good as drawn: so whatever the order in which n messages come, the best changes some log n
    times, newest first too, and never again once an early message has come.
    """

    source: int
    """Its rank in ``SOURCES``."""
    seq: int
    digest: bytes
    offset: int
    """UTC of uptime zero [ns]."""

    @property
    def rank(self) -> tuple[int, int, bytes, int, int]:
        """What they are ordered by."""
        return self.source, self.seq.bit_length(), self.digest, self.seq, self.offset

    def __lt__(self, other: Anchor) -> bool:
        return self.rank < other.rank


class Placement(NamedTuple):
    """Where a message stands in time."""

    time: int | None
    """[ns UTC]; None while nothing tells."""
    shift: int
    """What was added to the device's own times [ns]."""
    flags: Flag


def doubted(time: int | None, received: int) -> bool:
    """True if ``time`` [ns UTC] cannot be right for a message received at ``received``."""
    return time is not None and (time < YEAR_2000 or time > received + AHEAD)


def before_deployment(time: int | None, began: int | None) -> bool:
    """True if ``time`` [ns UTC] lies before its device was anywhere: its clock was not set yet.

    ``began``: of its first deployment [ns UTC]; None where it is there since ever.
    """
    return time is not None and began is not None and time < began


def offset_of(time: int, uptime_ms: int) -> int:
    """UTC of uptime zero [ns]."""
    return time - uptime_ms * MILLISECOND


def disagrees(time: int, uptime_ms: int, anchor: Anchor) -> bool:
    """True if ``time`` and ``uptime_ms`` cannot both be right beside ``anchor``.

    A counter of 32 bits that started again (every 49.7 days) does not count.
    """
    apart = time - uptime_ms * MILLISECOND - anchor.offset
    if -TOLERANCE <= apart <= TOLERANCE:
        return False
    turns = round(apart / (_WRAP * MILLISECOND))
    allowed = TOLERANCE + DRIFT * (uptime_ms + max(turns, 0) * _WRAP) * MILLISECOND
    if turns > 0:
        apart -= turns * _WRAP * MILLISECOND
    return abs(apart) > allowed


def judge(time: int | None, uptime_ms: int | None, doubt: bool, anchor: Anchor | None) -> Placement:
    """The place of one message: device time [ns UTC], uptime [ms], doubt, anchor of its boot."""
    if anchor is not None and uptime_ms is not None:
        if time is None:
            return Placement(anchor.offset + uptime_ms * MILLISECOND, 0, Flag.REANCHORED)
        if doubt or disagrees(time, uptime_ms, anchor):
            placed = anchor.offset + uptime_ms * MILLISECOND
            return Placement(placed, placed - time, Flag.REANCHORED)
    return Placement(time, 0, Flag.CLOCK if doubt else _UNFLAGGED)
