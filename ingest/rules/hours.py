"""Whole hours of one series: how many points are fit, their sum, how many are doubted.

1. ``hours_of`` makes them of judged points: one rule, whatever the points came from.
2. ``pack`` and ``unpack`` are how those of a sealed day lie beside its name in the manifest.

Sums are rounded once (``math.fsum``), so the same points give the same bits whether they
are hot, sealed or on a server.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable

from contract.instant import DAY, HOUR
from ingest.values import UNFIT, Hours, Points

_A_DAY = DAY // HOUR
PACKED_BYTES = 17
"""Of one packed hour: a byte, two integers, a float."""
_UNFIT = int(UNFIT)


def no_hours() -> Hours:
    """What a series without points has."""
    return Hours(array("q"), array("q"), array("d"), array("q"))


def hours_of(points: Points) -> Hours:
    """The hours UTC that have a point, in order."""
    out = no_hours()
    time, value, flags = points.time, points.value, points.flags
    first = 0
    while first < len(time):
        hour = time[first] // HOUR
        end = bisect_left(time, (hour + 1) * HOUR, first)
        fit = value[first:end].tolist()
        if any(flags[first:end]):
            fit = [one for one, flag in zip(fit, flags[first:end], strict=True) if not flag & _UNFIT]
        out.hour.append(hour)
        out.n.append(len(fit))
        out.total.append(_sum(fit))
        out.doubted.append(end - first - len(fit))
        first = end
    return out


def _sum(values: list[float]) -> float:
    try:
        return math.fsum(values)
    except OverflowError:
        return sum(values)


def joined(parts: Iterable[Hours]) -> Hours:
    """Parts that share no hour, in their order."""
    out = no_hours()
    for part in parts:
        out.hour.extend(part.hour)
        out.n.extend(part.n)
        out.total.extend(part.total)
        out.doubted.extend(part.doubted)
    return out


def pack(day: int, hours: Hours) -> bytes:
    """The hours of ``day`` (days since 1970): columns hour of the day, n, doubted, total."""
    return b"".join(
        (
            bytes(hour - day * _A_DAY for hour in hours.hour),
            array("i", hours.n).tobytes(),
            array("i", hours.doubted).tobytes(),
            hours.total.tobytes(),
        )
    )


def unpack(days: Iterable[tuple[int, bytes]]) -> Hours:
    """(day, what ``pack`` gave), in the order of the days."""
    out = no_hours()
    n, doubted = array("i"), array("i")
    for day, packed in days:
        count = len(packed) // PACKED_BYTES
        start = day * _A_DAY
        if count == _A_DAY:
            out.hour.extend(range(start, start + _A_DAY))
        else:
            out.hour.extend(start + hour for hour in packed[:count])
        n.frombytes(packed[count : 5 * count])
        doubted.frombytes(packed[5 * count : 9 * count])
        out.total.frombytes(packed[9 * count :])
    out.n.fromlist(n.tolist())
    out.doubted.fromlist(doubted.tolist())
    return out
