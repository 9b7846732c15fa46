"""The dawn chorus of one day: when it begins, peaks and ends, against sunrise.

1. the level of the night before is the median well before dawn;
2. the highest activity around sunrise is the peak;
3. onset and end are where activity crosses a share of the rise, before and after the peak.

After Bruni, Mennill & Foote 2014, doi:10.1007/s10336-014-1071-7 and Farina et al. 2015,
doi:10.1080/09524622.2015.1070282, who time dawn choruses by acoustic activity.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats


@dataclass(frozen=True, slots=True)
class DawnChorus:
    """Times are minutes after sunrise, negative before it; nan where there was no chorus."""

    onset: float
    """first crossing before the peak [min]"""
    peak: float
    """time of the highest activity [min]"""
    end: float
    """first crossing after the peak [min]; nan where activity stays high to the window's end"""
    rise: float
    """activity at the peak above that of the night [as the activity]"""

    @property
    def duration(self) -> float:
        """End - onset [min]."""
        return self.end - self.onset


def dawn_chorus(
    minutes: ArrayLike,
    activity: ArrayLike,
    *,
    share: float = 0.5,
    minimum_rise: float = 0.02,
    night: tuple[float, float] = (-240.0, -120.0),
    window: tuple[float, float] = (-120.0, 180.0),
) -> DawnChorus:
    """Onset, peak and end of the chorus of one dawn.

    Parameters
    ----------
    minutes : middle of each interval, after that day's sunrise [min, shape=(n,)], rising.
    activity : of each interval, any scale that rises with sound [shape=(n,)]; nan = masked.
    share : of the rise that marks onset and end [1].
    minimum_rise : a smaller rise is no chorus [as the activity].
    night, window : where the level of the night and the chorus are looked for [min).

    Returns
    -------
    ``DawnChorus``, all nan when the night or the window has no valid interval, or nothing rises.

    Onset is known no better than the recording schedule is dense.  It is not the first song of
    a species, and rain at dawn delays it.

    >>> minutes = np.arange(-240.0, 240.0, 5.0)
    >>> loudness = np.clip(0.8 - np.abs(minutes + 20) / 75, 0, None)
    >>> chorus = dawn_chorus(minutes, loudness)
    >>> chorus.onset, chorus.peak, chorus.duration
    (-50.0, -20.0, 60.0)
    """
    t, a = np.asarray(minutes, dtype=np.float64), np.asarray(activity, dtype=np.float64)
    valid = np.isfinite(a)
    before = a[valid & (t >= night[0]) & (t < night[1])]
    inside = valid & (t >= window[0]) & (t < window[1])
    if not before.size or inside.sum() < 3:
        return DawnChorus(nan, nan, nan, nan)
    level, t, a = float(np.median(before)), t[inside], a[inside]
    top = int(np.argmax(a))
    rise = float(a[top]) - level
    if rise < minimum_rise:
        return DawnChorus(nan, nan, nan, rise)
    mark = level + share * rise
    onset = _crossing(t[top::-1], a[top::-1], mark)
    end = _crossing(t[top:], a[top:], mark)
    return DawnChorus(onset, float(t[top]), end, rise)


def _crossing(t: Floats, a: Floats, mark: float) -> float:
    """Where the series, walked from the peak outwards, first falls below ``mark``; else nan."""
    below = np.flatnonzero(a < mark)
    if not below.size:
        return nan
    i = int(below[0])
    part = (a[i - 1] - mark) / (a[i - 1] - a[i])
    return float(t[i - 1] + part * (t[i] - t[i - 1]))
