"""The day as the sun keeps it: half hours from sunrise and from sunset.

1. Each solar day runs from solar midnight to solar midnight.  Until solar noon time is counted from sunrise,
   after it from sunset: birds keep to the nearer of the two.
2. ``sun_timeline`` cuts an interval into the half hours of its days, in order of time.
3. ``spread`` lays excerpts on it, each cut where a half hour ends; ``SunTimeline.place`` finds instants.

Where the sun does not set, midnight takes the place of sunrise and sunset; where it does not rise, noon does:
these are what both tend to as days grow and shrink, so that no half hour jumps at the edge of a polar season.
The pieces at solar noon and midnight are shorter than half an hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats, Integers
from analysis.indices.sun import DAY_NS, declination_and_equation, sunrise_and_sunset

BIN_MINUTES = 30.0
_HALVES = 24
"""Half hours on each side of sunrise or sunset, at most: half a day."""
BINS = 4 * _HALVES
"""Places in arrays by half hour: 48 from sunrise, then 48 from sunset."""
_MINUTE_NS = 60_000_000_000
_BIN_NS = round(BIN_MINUTES) * _MINUTE_NS


@dataclass(frozen=True, slots=True, eq=False)
class SunTimeline:
    """Pieces of time in a row, each within one half hour of the sun's day."""

    edges: Integers
    """where pieces begin, and the end of the last one [ns UTC, shape=(n + 1,)]"""
    bins: Integers
    """of each piece: 0 … 47 from sunrise, 48 … 95 from sunset [shape=(n,)]"""
    day: Integers
    """solar day of each piece [days since 1970-01-01, shape=(n,)]"""

    def place(self, time: ArrayLike) -> Integers:
        """The piece that holds each instant [ns UTC, shape=any]; instants outside go to the nearest."""
        found = np.searchsorted(self.edges, np.asarray(time, dtype=np.int64), side="right") - 1
        return np.asarray(np.clip(found, 0, len(self.bins) - 1), dtype=np.int64)


def sun_timeline(start_ns: int, end_ns: int, latitude: float, longitude: float) -> SunTimeline:
    """The pieces of every solar day that touches [start, end).

    ``start_ns`` and ``end_ns`` in ns UTC, ``latitude`` and ``longitude`` in degrees, north and east positive.
    """
    days = np.arange(start_ns // DAY_NS - 2, max(start_ns, end_ns) // DAY_NS + 3, dtype=np.int64)
    rise, noon, fall, midnight = _marks(days * DAY_NS, latitude, longitude)
    steps = np.arange(-_HALVES, _HALVES, dtype=np.int64)
    edges, bins, day = [], [], []
    for mark, low, high, first in ((rise, midnight[:-1], noon, 0), (fall, noon, midnight[1:], 2 * _HALVES)):
        at = mark[:, None] + steps * _BIN_NS
        inside = (at > low[:, None]) & (at < high[:, None])
        number = np.clip((low - mark) // _BIN_NS, -_HALVES, _HALVES - 1)
        edges += [low, at[inside]]
        bins += [first + _HALVES + number, np.broadcast_to(first + _HALVES + steps, at.shape)[inside]]
        day += [days, np.broadcast_to(days[:, None], at.shape)[inside]]
    begin, label, of = (np.concatenate(each) for each in (edges, bins, day))
    order = np.lexsort((label, begin))
    return SunTimeline(np.append(begin[order], midnight[-1]), label[order], of[order])


def _marks(
    dates: Integers, latitude: float, longitude: float
) -> tuple[Integers, Integers, Integers, Integers]:
    """Sunrise, solar noon, sunset of each date and the midnights around them [ns UTC]."""
    clock = np.full(len(dates), 720.0 - 4.0 * longitude)
    declination, equation = declination_and_equation(dates + _ns(clock))
    noon = dates + _ns(clock - equation)
    middle = noon[:-1] + np.diff(noon) // 2
    midnight = np.concatenate([[noon[0] - DAY_NS // 2], middle, [noon[-1] + DAY_NS // 2]])
    rise, fall = sunrise_and_sunset(dates, latitude, longitude)
    never = ~np.isfinite(rise) | ~np.isfinite(fall)
    up = never & (declination * latitude > 0)
    begin = np.where(never, np.where(up, midnight[:-1], noon), dates + _ns(np.nan_to_num(rise)))
    end = np.where(never, np.where(up, midnight[1:], noon), dates + _ns(np.nan_to_num(fall)))
    return np.clip(begin, midnight[:-1], noon), noon, np.clip(end, noon, midnight[1:]), midnight


def _ns(minutes: Floats) -> Integers:
    return np.asarray(np.round(minutes * 60.0), dtype=np.int64) * 1_000_000_000


def spread(timeline: SunTimeline, start: Integers, seconds: Floats, minutes: Floats) -> Floats:
    """Valid minutes of each piece of ``timeline`` [min, shape=(pieces,)].

    Excerpts begin at ``start`` [ns UTC] and last ``seconds`` [s], with ``minutes`` of them valid
    [min, shape=(n,) each]; one that crosses edges gives to each piece by the time that it spends there.
    """
    length = np.maximum(np.round(seconds * 1e9).astype(np.int64), 1)
    first, last = timeline.place(start), timeline.place(start + length - 1)
    count = last - first + 1
    which = np.repeat(np.arange(len(start)), count)
    piece = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    begin = np.maximum(start[which], timeline.edges[piece])
    end = np.minimum((start + length)[which], timeline.edges[piece + 1])
    share = np.maximum(end - begin, 0) / length[which]
    return np.bincount(piece, share * minutes[which], len(timeline.bins)).astype(np.float64)


def _name(number: int) -> str:
    """``rise-2`` is the half hour that begins an hour before sunrise, ``set+0`` that after sunset."""
    half, step = divmod(number, 2 * _HALVES)
    return f"{('rise', 'set')[half]}{step - _HALVES:+d}"


NAMES = tuple(_name(number) for number in range(BINS))
NIGHT = np.array([number < _HALVES or number >= 3 * _HALVES for number in range(BINS)])
"""Half hours before sunrise or after sunset [shape=(bins,)]."""
AROUND_SUNRISE = np.array([_HALVES - 4 <= number < _HALVES + 6 for number in range(BINS)])
"""From two hours before sunrise to three after it [shape=(bins,)]."""
