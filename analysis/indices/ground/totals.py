"""From a counter that only grows to amounts of whole hours.

1. ``increments``: what was added between two readings.  A counter that wraps goes on; one that begins anew
   has added what it shows since; of anything else nobody knows how much was added.
2. ``by_hour``: amounts of whole hours, each increment shared out evenly over the time in which it fell.

Nothing is added across a break: another instrument, or another place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Bools, Floats, Integers

HOUR_NS = 3_600_000_000_000
LONGEST_H = 24.0
"""An amount of a longer time is put to no hour, unless it is 0 [h]."""
SPREAD_H = 2.0
"""Of an amount of a longer time nobody knows in which of its hours it fell [h]."""
_DIGITS = 6
_WHOLE = 0.999


@dataclass(frozen=True, slots=True)
class Increments:
    """What a counter added between each two readings, in order of time."""

    start: Integers
    end: Integers
    """[ns]"""
    amount: Floats
    """[the counter's unit]; nan where nobody knows."""


@dataclass(frozen=True, slots=True)
class HourlyAmounts:
    """Whole hours, sorted: of equal length."""

    hour: Integers
    """Since the epoch of the times."""
    amount: Floats
    """nan where a part of the hour is not known."""
    doubted: Bools
    """The amount of a longer time was shared out, or a reading makes no sense."""


def increments(
    time: ArrayLike,
    value: ArrayLike,
    *,
    modulus: float | None = None,
    breaks: ArrayLike = (),
    most_per_hour: float = np.inf,
) -> Increments:
    """What was added between readings ``value`` at ``time`` [ns], ascending [both shape=(n,)].

    ``modulus``: where the counter starts again.  A fall is a wrap where that makes it an ordinary step, less
    than half the modulus; else a new beginning from 0 where less than half is left, and the new reading was
    added; a smaller fall is neither.  ``breaks`` [ns]: between readings with one of them nothing is known.
    ``most_per_hour``: more within an hour, or each hour of a longer time, is not believed.
    """
    at, shown = np.asarray(time, dtype=np.int64), np.asarray(value, dtype=np.float64)
    start, end, before, after = at[:-1], at[1:], shown[:-1], shown[1:]
    amount = after - before
    fell = amount < -(10.0**-_DIGITS)
    amount = np.where(fell, np.nan, np.maximum(amount, 0.0))
    amount = np.where(fell & (after < before / 2), after, amount)
    if modulus is not None:
        wrapped = after + modulus - before
        amount = np.where(fell & (wrapped >= 0) & (wrapped < modulus / 2), wrapped, amount)
    cuts = np.sort(np.asarray(breaks, dtype=np.int64))
    cut = np.searchsorted(cuts, start, "right") != np.searchsorted(cuts, end, "right")
    hours = np.maximum((end - start) / HOUR_NS, 1.0)
    amount = np.where(cut | (amount > most_per_hour * hours), np.nan, amount)
    return Increments(start, end, np.round(amount, _DIGITS))


def by_hour(said: Increments) -> HourlyAmounts:
    """Amounts of the whole hours from the first reading to the last.

    An amount above 0 of more than ``LONGEST_H`` is put to no hour; a counter that did not move says that all
    its hours had none, however many they are.
    """
    if not len(said.start):
        nothing = np.empty(0)
        return HourlyAmounts(nothing.astype(np.int64), nothing, nothing.astype(np.bool_))
    hours = (said.end - said.start) / HOUR_NS
    known = np.isfinite(said.amount) & ((hours <= LONGEST_H) | (said.amount == 0))
    odd = np.isnan(said.amount) & (hours <= LONGEST_H)
    spread = odd | (known & (said.amount > 0) & (hours > SPREAD_H))
    first, last = int(said.start[0]) // HOUR_NS, -(-int(said.end[-1]) // HOUR_NS)
    borders = np.arange(first, last + 1, dtype=np.int64)
    covered = _within(said, np.where(known, hours, 0.0), borders)
    amount = _within(said, np.where(known, said.amount, 0.0), borders)
    doubted = _within(said, np.where(spread, hours, 0.0), borders) > 1 - _WHOLE
    whole = covered >= _WHOLE
    met = whole | doubted
    told = np.where(whole, np.round(amount, _DIGITS), np.nan)
    return HourlyAmounts(borders[:-1][met], told[met], doubted[met])


def _within(said: Increments, of_each: Floats, borders: Integers) -> Floats:
    """How much of what belongs to each increment lies between each two borders [h since the epoch]."""
    first = int(said.start[0])
    ends = np.concatenate([[0], said.end - first]) / HOUR_NS
    at = (borders * HOUR_NS - first) / HOUR_NS
    return np.diff(np.interp(at, ends, np.concatenate([[0.0], np.cumsum(of_each)])))
