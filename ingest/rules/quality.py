"""Suspicion without censorship: pure checks that only ever add a ``Flag``.

1. At writing: ``value_flags`` judges one value alone: implausible (``RANGE``), or what another common unit
   makes of an ordinary value (``UNIT``).  ``SURE`` bounds what needs no such look.
2. At reading: ``series_flags`` looks along one series, sorted by time: too fast
   (``RATE``), unmoving (``STUCK``), first after a silence (``GAP``).  Because it runs on
   the sorted series, the order of arrival cannot change what it says.
3. ``look_back`` says how much of the past a window needs to be judged as the whole is.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import ne, sub

from contract.instant import HOUR, MINUTE, SECOND
from contract.quantities import HEALTH, QUANTITIES
from contract.reading import Flag

NEIGHBOURS = 6
"""Points before the look-back time that a judgement may use."""
STUCK_POINTS = 5
"""A run of fewer equal values is never called stuck, however long it took."""
GAP_CADENCES = 3
_RATE_NEIGHBOURS = 5
_RANGE, _RATE, _STUCK, _GAP = int(Flag.RANGE), int(Flag.RATE), int(Flag.STUCK), int(Flag.GAP)
RULES = (NEIGHBOURS, STUCK_POINTS, _RATE_NEIGHBOURS, 3)
"""What, beside the table of quantities, a stored judgement depends on; the last number counts
the changes of this file that change a judgement."""
BOUNDS: Mapping[str, tuple[float, float]] = {row.name: (row.low, row.high) for row in QUANTITIES.values()}
"""Plausible range of each quantity, in its unit."""
_UNIT = int(Flag.UNIT)
OTHER_UNITS: Mapping[str, tuple[tuple[float, float, str], ...]] = {
    "air_temperature": ((220, 340, "K"),),
    "soil_temperature": ((220, 340, "K"),),
    "relative_humidity": ((0, 1, "1"),),
    "air_pressure": ((25, 32.5, "inHg"), (50, 110, "kPa"), (50_000, 110_000, "Pa")),
    "wind_speed": ((50, 300, "km/h"),),
    "wind_gust": ((80, 400, "km/h"),),
    "soil_moisture": ((1, 100, "%"),),
    "soil_electrical_conductivity": ((0, 1, "dS/m"),),
    "soil_water_potential": ((0, 7, "pF"),),
    "leaf_wetness": ((1, 100, "%"),),
    "vapour_pressure": ((10, 100, "hPa"),),
    "battery_voltage": ((1_000, 60_000, "mV"),),
}
"""Quantity → (above, up to, unit): numbers that are hardly met in its own unit and ordinary in the other.

A mean wind of 50 m/s is a hurricane of category 3 (Saffir-Simpson), in km/h a fresh breeze; air of 1 %
is drier than any desert, as a share it is fog; a probe counts whole uS/cm, below 1 stand dS/m.  Warmth in
degF is not told from a probe that says 85 Cel when it wakes: it is out of range, no more.
"""


def _sure(name: str, low: float, high: float) -> tuple[float, float]:
    """The part of the plausible range in which no other unit is met."""
    for above, upto, _ in OTHER_UNITS.get(name, ()):
        if low <= above < high and upto < high:
            low = math.nextafter(upto, math.inf)
        elif low <= above < high:
            high = above
    return low, high


SURE: Mapping[str, tuple[float, float]] = {name: _sure(name, *bounds) for name, bounds in BOUNDS.items()}
"""Within these a value needs no look: neither ``RANGE`` nor ``UNIT`` can be said of it."""


def value_flags(quantity: str, value: float) -> int:
    """``RANGE`` and ``UNIT`` of one value of ``quantity``, in its unit."""
    low, high = BOUNDS.get(quantity, (-math.inf, math.inf))
    flags = 0 if low <= value <= high else _RANGE
    if any(above < value <= upto for above, upto, _ in OTHER_UNITS.get(quantity, ())):
        flags |= _UNIT
    return flags


@lru_cache(maxsize=4096)
def qualifier_parts(qualifier: str) -> tuple[float, str]:
    """(period [s], method) of a series' qualifier."""
    parts = dict(part.split("=", 1) for part in qualifier.split(";") if "=" in part)
    try:
        return float(parts.get("period_s", "0")), parts.get("method", "point")
    except ValueError:
        return 0.0, "point"


def look_back(quantity: str) -> int:
    """Nanoseconds before a window within which every point is needed to judge it."""
    row = QUANTITIES.get(quantity)
    return int(row.stuck_hours * HOUR) if row is not None else 0


def series_flags(
    quantity: str,
    qualifier: str,
    time: Sequence[int],
    value: Sequence[float],
    flags: Sequence[int],
    cadence_s: float | None = None,
) -> array[int]:
    """``flags`` with RATE, STUCK and GAP added.

    ``time`` [ns UTC] ascending, ``value`` and ``flags`` beside it; ``cadence_s`` the
    expected seconds between messages, None where nobody said.  It is that of what a device measures:
    how the device itself is doing it says at a pace of its own, which nobody stated.
    """
    out = array("q", flags)
    period_s, method = qualifier_parts(qualifier)
    if cadence_s is not None and quantity not in HEALTH:
        _mark_gaps(out, time, GAP_CADENCES * max(cadence_s, period_s) * SECOND)
    row = QUANTITIES.get(quantity)
    if row is None:
        return out
    if row.stuck_hours:
        _mark_stuck(out, time, value, int(row.stuck_hours * HOUR))
    if method not in {"sum", "total"}:  # a counter that begins anew falls by all that it had
        _mark_fast(out, time, value, row.fastest)
    return out


def _mark_gaps(out: array[int], time: Sequence[int], longest: float) -> None:
    for at, (before, now) in enumerate(pairwise(time), 1):
        if now - before > longest:
            out[at] |= _GAP


def _mark_stuck(out: array[int], time: Sequence[int], value: Sequence[float], longest: int) -> None:
    changes = [at for at, differs in enumerate(map(ne, value[1:], value), 1) if differs]
    for run, end in pairwise((0, *changes, len(value))):
        if end - run >= STUCK_POINTS and time[end - 1] - time[run] > longest:
            for at in range(run + STUCK_POINTS - 1, end):
                if time[at] - time[run] > longest:
                    out[at] |= _STUCK


def _mark_fast(out: array[int], time: Sequence[int], value: Sequence[float], fastest: float) -> None:
    """Against the latest value in range among the few before; faster than credible is flagged."""
    changes = list(map(sub, value[1:], value))
    suspects: list[int] = []
    if changes and (max(changes) > fastest or min(changes) < -fastest):
        suspects = [at for at, change in enumerate(changes, 1) if abs(change) > fastest]
    if any(out):
        after = (at for at, flags in enumerate(out[:-1], 1) if flags & _RANGE)
        suspects = sorted({*suspects, *after})
    for at in suspects:
        known = _latest_in_range(out, at)
        if known is not None:
            minutes = max((time[at] - time[known]) / MINUTE, 1.0)
            if abs(value[at] - value[known]) > fastest * minutes:
                out[at] |= _RATE


def _latest_in_range(flags: array[int], at: int) -> int | None:
    before = range(at - 1, max(0, at - _RATE_NEIGHBOURS) - 1, -1)
    return next((position for position in before if not flags[position] & _RANGE), None)
