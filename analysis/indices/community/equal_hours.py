"""Rates over the same hours of the sun's day: half hours with equal weights, shared by all that is compared.

1. ``shared_stretches`` finds the half hours in which nearly all of the cells compared were listened to.
   Neighbours are joined until nearly every cell has ten valid minutes in each stretch.
2. ``mean_rate`` and ``mean_logit`` are means over stretches, each weighted by its half hours, so that every
   half hour of the sun's day counts alike, however many minutes were spent in it.

With ten minutes in every half hour nothing is joined.  A recorder of one minute in four hours has them only
in an hour or so around its fixed times: without joining, it would have no value at all.  What some cells
lack is left out of all cells; a cell that lacks what nearly all others have is left out itself.
The hour matters more than the minutes: Wimmer et al. 2013, doi:10.1890/12-2088.1; La & Nudds 2016,
doi:10.1002/ecs2.1294.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Integers
from analysis.indices.community.activity import detection_logit, log_rate

LEAST_MINUTES = 10.0
"""Valid minutes below which a stretch is absent from a cell [min]."""
_LOWEST = 0.1
"""Share of cells that may have less, and are then without a value [1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """The shared stretches of the sun's day."""

    of_bin: Integers
    """stretch of each half hour, -1 where it is not shared [shape=(bins,)]"""
    weight: Floats
    """share of each stretch in the mean: its half hours among all shared ones [1, shape=(stretches,)]"""

    def __len__(self) -> int:
        return len(self.weight)

    def gather(self, by_bin: Floats) -> Floats:
        """Sums over the half hours of each stretch [shape=(…, bins) -> (…, stretches)]."""
        return np.stack([by_bin[..., self.of_bin == one].sum(axis=-1) for one in range(len(self))], axis=-1)


def shared_stretches(minutes: Floats, among: Bools) -> Stretches:
    """The stretches shared by the rows of ``minutes`` [min, shape=(cells, bins)].

    ``among``: the half hours that may count [shape=(bins,)], in the order of the day; joined are only
    neighbours.  A half hour counts where nine tenths of the cells have minutes in it.
    """
    of_bin, lengths = np.full(minutes.shape[1], -1, dtype=np.int64), list[int]()
    if not len(minutes):
        return Stretches(of_bin, np.empty(0))
    counted = among & (_low(minutes) > 0)
    for run in np.split(np.flatnonzero(counted), np.flatnonzero(np.diff(np.flatnonzero(counted)) > 1) + 1):
        parts: list[list[int]] = [[]]
        for one in run.tolist():
            parts[-1].append(one)
            if float(_low(minutes[:, parts[-1]].sum(axis=1))) >= LEAST_MINUTES:
                parts.append([])
        rest = parts.pop()
        if parts:
            parts[-1] += rest
        for part in parts:
            of_bin[part] = len(lengths)
            lengths.append(len(part))
    return Stretches(of_bin, np.array(lengths, dtype=np.float64) / max(sum(lengths), 1))


def _low(minutes: Floats) -> Floats:
    """What nine tenths of the cells have at least."""
    return np.asarray(np.quantile(minutes, _LOWEST, axis=0, method="lower"))


def mean_rate(counts: Floats, hours: Floats, weight: Floats) -> float:
    """log((R H + 1/2) / H): the mean R over stretches of records an hour, on the log scale [log 1/h].

    ``counts`` and ``hours`` [h] of each stretch, its ``weight`` [1], all [shape=(stretches,)]; H is the sum
    of hours, all above 0.  In one stretch it is log((n + 1/2) / H), whose half keeps a zero finite.
    """
    total = float(hours.sum())
    mean = float((weight * counts / hours).sum())
    return float(log_rate([mean * total], [total * 60.0], unit_minutes=60.0)[0])


def mean_logit(heard: Floats, days: Floats, days_0: Floats, part: Floats, weight: Floats) -> float:
    """Mean over species and stretches of the log odds of being heard on a day at equal effort [log odds].

    Parameters
    ----------
    heard : days with each species in each stretch [shape=(species, stretches)].
    days : T, days on which the stretch was listened to [shape=(stretches,)].
    days_0 : T0, the fewest days of any cell compared [shape=(stretches,)].
    part : m0 / m, the fewest minutes a day of any cell over those of this one [shape=(stretches,)].
    weight : of each stretch [1, shape=(stretches,)].

    Returns
    -------
    mean of logit((x' + 1/2) / (T0 + 1)) with x' = T0 (1 - (1 - x / T)^(m0 / m)): the days expected among T0
    had each been listened to for m0 minutes, calls coming independently.  A species heard on every day counts
    as missed on half a day, so that more minutes never make a higher rate.  It is a rate of detection, not of
    occupancy.
    """
    missed = np.maximum(days - heard, 0.5) / days
    expected = days_0 * (1.0 - missed**part)
    logit = detection_logit(expected, np.broadcast_to(days_0, expected.shape))
    return float((logit * weight).sum(axis=1).mean())
