"""Soil water and soil heat, from hourly or daily probes.

1. water content becomes relative extractable water, between wilting point and field capacity;
2. its days below 0.4 are drought days, its falls after rain give the dry-down time;
3. an exponential filter follows the water of the root zone (soil water index);
4. daily ranges of soil and air temperature give thermal damping; minima give frost days.

A probe measures a few centimetres of soil.  None of this is soil life, carbon or pH.
"""

from __future__ import annotations

from math import exp, nan

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from contract.errors import Refused

DROUGHT_THRESHOLD = 0.4
"""Relative extractable water below which transpiration falls (Granier et al. 1999) [1]"""


def relative_extractable_water(water: ArrayLike, *, wilting_point: float, field_capacity: float) -> Floats:
    """REW = (theta - wilting point) / (field capacity - wilting point), held to 0..1.

    ``water`` theta [m3 m-3, shape=any], nan kept; both bounds [m3 m-3] come from the site's
    texture or are measured.  Source: Granier et al. 1999, doi:10.1016/S0304-3800(98)00205-1.
    With guessed bounds only the changes of one site mean anything; ``Refused`` for bounds that are none.

    >>> rew = relative_extractable_water([0.12, 0.20, 0.40], wilting_point=0.1, field_capacity=0.3)
    >>> rew.round(2).tolist()
    [0.1, 0.5, 1.0]
    """
    if not 0.0 <= wilting_point < field_capacity < 1.0:
        raise Refused(
            f"wilting point {wilting_point} and field capacity {field_capacity} do not bound a soil",
            help="state both in m3/m3 for the site's texture, the wilting point below",
            codes=("NO_TEXTURE",),
        )
    theta = np.asarray(water, dtype=np.float64)
    return np.clip((theta - wilting_point) / (field_capacity - wilting_point), 0.0, 1.0)


def drought_days(rew: ArrayLike, *, threshold: float = DROUGHT_THRESHOLD) -> tuple[int, int]:
    """Days with REW below the threshold, and valid days: ``(dry, valid)``.

    ``rew`` [1, shape=(d,)] daily, nan where the day is not covered.
    """
    r = np.asarray(rew, dtype=np.float64)
    valid = np.isfinite(r)
    return int(np.sum(r[valid] < threshold)), int(valid.sum())


def frost_days(daily_minimum: ArrayLike, *, threshold: float = 0.0) -> tuple[int, int]:
    """Days with a minimum [degC, shape=(d,)] below ``threshold``, and valid days: ``(frost, valid)``."""
    t = np.asarray(daily_minimum, dtype=np.float64)
    valid = np.isfinite(t)
    return int(np.sum(t[valid] < threshold)), int(valid.sum())


def thermal_damping(soil_range: ArrayLike, air_range: ArrayLike, *, minimum_air: float = 2.0) -> float:
    """Share of the daily swing of the air that the soil does not follow, at most 1 [1].

    1 - median over days of (soil range / air range).  ``soil_range``, ``air_range``: daily
    maximum - minimum [K, shape=(d,)]; days on which the air varied less than ``minimum_air``
    are left out; nan where none is left.  Depends on depth: compare probes at one depth only.
    Theory: the daily wave fades exponentially with depth (Campbell & Norman 1998, ch. 2).

    >>> thermal_damping([2.0, 4.0], [8.0, 16.0])
    0.75
    """
    soil, air = np.asarray(soil_range, dtype=np.float64), np.asarray(air_range, dtype=np.float64)
    valid = np.isfinite(soil) & np.isfinite(air) & (air >= minimum_air)
    return 1.0 - float(np.median(soil[valid] / air[valid])) if valid.any() else nan


def soil_water_index(hours: ArrayLike, water: ArrayLike, *, characteristic_hours: float) -> Floats:
    """Water of the root zone, from a shallow probe, by a recursive exponential filter.

    SWI_n = SWI_(n-1) + K_n (theta_n - SWI_(n-1)),  K_n = K_(n-1) / (K_(n-1) + exp(-dt / T)), K_1 = 1.

    Parameters
    ----------
    hours : times of the readings [h, shape=(n,)], rising.
    water : theta [m3 m-3 or 1, shape=(n,)]; a nan reading is passed over.
    characteristic_hours : T, larger for deeper layers [h].

    Returns
    -------
    SWI [as ``water``, shape=(n,)], nan until the first reading and at nan readings.

    A model of depth, not a measurement.  Source: Albergel et al. 2008,
    doi:10.5194/hess-12-1323-2008.
    """
    t, theta = np.asarray(hours, dtype=np.float64), np.asarray(water, dtype=np.float64)
    out = np.full(theta.shape, np.nan)
    index, gain, last = nan, 1.0, nan
    for i in np.flatnonzero(np.isfinite(theta)):
        if last != last:
            index = float(theta[i])
        else:
            gain = gain / (gain + exp(-(float(t[i]) - last) / characteristic_hours))
            index += gain * (float(theta[i]) - index)
        last = float(t[i])
        out[i] = index
    return out


def dry_down_days(
    water: ArrayLike, rain: ArrayLike, *, minimum_days: int = 5, wet_mm: float = 1.0
) -> tuple[float, int]:
    """Median e-folding time of the falls of soil water between rains, and their number.

    Each run of at least ``minimum_days`` dry days (rain < ``wet_mm`` [mm]) on which theta only
    falls is fitted by theta(t) = theta_end + (theta_0 - theta_end) exp(-t / tau), theta_end the
    smallest of the whole series.

    Parameters
    ----------
    water, rain : daily mean theta [m3 m-3] and rain [mm] [shape=(d,)]; a nan day ends a run.

    Returns
    -------
    tau [d], nan without a run, and the number of runs.

    Slower is not better by itself: clay and shade both slow it.  Source: McColl et al. 2017,
    doi:10.1002/2017GL072819.
    """
    theta, mm = np.asarray(water, dtype=np.float64), np.asarray(rain, dtype=np.float64)
    if not np.isfinite(theta).any():
        return nan, 0
    floor = float(np.nanmin(theta))
    times = [
        tau
        for start, stop in _dry_runs(theta, mm, wet_mm)
        if stop - start >= minimum_days and (tau := _e_folding(theta[start:stop] - floor)) == tau
    ]
    return (float(np.median(times)) if times else nan), len(times)


def _dry_runs(theta: Floats, rain: Floats, wet_mm: float) -> list[tuple[int, int]]:
    runs, start = [], 0
    for i in range(1, theta.size + 1):
        falls = i < theta.size and rain[i] < wet_mm and theta[i] < theta[i - 1]
        if not falls:
            runs.append((start, i))
            start = i
    return runs


def _e_folding(excess: Floats) -> float:
    kept = excess[excess > 0]
    if kept.size < 3:
        return nan
    days = np.arange(kept.size, dtype=np.float64)
    centred = days - days.mean()
    slope = float(centred @ np.log(kept) / (centred @ centred))
    return -1.0 / slope if slope < 0 else nan
