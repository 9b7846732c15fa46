"""Monthly evaporative demand where a station measured temperature only.

1. month and latitude give the length of the days or the radiation at the top of the air;
2. Thornthwaite needs the mean temperature, Hargreaves the extremes.

Both are empirical substitutes for Penman-Monteith (``evapotranspiration.py``): use them for long
old series only, and never mix them within one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats

MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MIDDLE_DAYS = np.cumsum(MONTH_DAYS) - MONTH_DAYS + 15
"""Day of the year in the middle of each month"""


def thornthwaite(temperature: ArrayLike, *, latitude: float, first_month: int = 1) -> Floats:
    """Potential evapotranspiration of each month [mm, shape=(n,)].

    16 K (10 T / J)^q with T the monthly mean [degC, shape=(n,)], taken as 0 below freezing, J the
    heat index of the mean year of the series and K for day length and month.  ``latitude`` north
    positive [deg].  Source: Thornthwaite 1948, doi:10.2307/210739.
    """
    t = np.asarray(temperature, dtype=np.float64)
    month = (np.arange(t.size) + first_month - 1) % 12
    sums = np.bincount(month, weights=np.nan_to_num(t), minlength=12)
    means = sums / np.maximum(np.bincount(month, weights=np.isfinite(t), minlength=12), 1)
    heat = float(np.sum((np.maximum(means, 0.0) / 5) ** 1.514))
    if heat == 0:
        return np.where(np.isfinite(t), 0.0, np.nan)
    power = 6.75e-7 * heat**3 - 7.71e-5 * heat**2 + 1.792e-2 * heat + 0.49239
    declination = 0.4093 * np.sin(2 * np.pi * MIDDLE_DAYS / 365 - 1.405)
    half = np.arccos(np.clip(-np.tan(np.deg2rad(latitude)) * np.tan(declination), -1.0, 1.0))
    factor = (24 / np.pi * half / 12 * MONTH_DAYS / 30)[month]
    return np.asarray(factor * 16 * (10 * np.maximum(t, 0.0) / heat) ** power, dtype=np.float64)


def hargreaves(t_min: ArrayLike, t_max: ArrayLike, *, latitude: float, first_month: int = 1) -> Floats:
    """Reference evapotranspiration of each month [mm, shape=(n,)].

    0.0023 * 0.408 Ra (T_mean + 17.8) sqrt(T_max - T_min) a day, with the monthly mean extremes
    [degC] and Ra in the middle of the month.  Source: Hargreaves & Samani 1985,
    doi:10.13031/2013.26773; Ra with the rounded constants of Allen et al. 1994, as in R's SPEI,
    up to 0.3 % from FAO-56.
    """
    low, high = np.asarray(t_min, dtype=np.float64), np.asarray(t_max, dtype=np.float64)
    month = (np.arange(low.size) + first_month - 1) % 12
    radiation = _radiation(latitude)[month]
    swing = np.sqrt(np.maximum(high - low, 0.0))
    demand = 0.0023 * 0.408 * radiation * ((low + high) / 2 + 17.8) * swing
    return np.asarray(np.maximum(demand, 0.0) * MONTH_DAYS[month], dtype=np.float64)


def _radiation(latitude: float) -> Floats:
    """Radiation at the top of the air in the middle of each month [MJ m-2 d-1, shape=(12,)]."""
    lat, angle = np.deg2rad(latitude), 0.0172 * MIDDLE_DAYS
    dec = 0.409 * np.sin(angle - 1.39)
    sunset = np.arccos(np.clip(-np.tan(lat) * np.tan(dec), -1.0, 1.0))
    height = sunset * np.sin(lat) * np.sin(dec) + np.cos(lat) * np.cos(dec) * np.sin(sunset)
    return np.asarray(37.6 * (1 + 0.033 * np.cos(angle)) * np.maximum(height, 0.0), dtype=np.float64)
