"""What the weather asks of plants and animals, from a station's series.

1. temperature and humidity give the vapour pressure deficit and the wet-bulb temperature;
2. daily extremes give growing degree days, heat days and degree hours;
3. rain minus ET0 gives the water balance.

Weather explains; it is never evidence that a territory recovers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from analysis.indices.ground.evapotranspiration import saturation_pressure


def vapour_pressure_deficit(temperature: ArrayLike, humidity: ArrayLike) -> Floats:
    """VPD = e0(T) (1 - RH / 100) [kPa, shape as the inputs]; T [degC], RH [%].

    Air above saturation counts as 0.  Source: FAO-56 eqs. 11 and 19; Grossiord et al. 2020,
    doi:10.1111/nph.16485.  It is the demand of the air, not the stress of a plant.

    >>> round(float(vapour_pressure_deficit(30.0, 50.0)), 2)
    2.12
    """
    share = np.clip(1 - np.asarray(humidity, dtype=np.float64) / 100, 0.0, None)
    return saturation_pressure(temperature) * share


def growing_degree_days(
    t_min: ArrayLike, t_max: ArrayLike, *, base: float = 10.0, ceiling: float = 30.0
) -> Floats:
    """Degree days of each day [K d, shape=(d,)]: (T_max + T_min) / 2 - base, never below 0.

    Temperatures [degC] are first held to base..ceiling (method 2 of McMaster & Wilhelm 1997,
    doi:10.1016/S0168-1923(97)00027-0, with the ceiling).  nan days stay nan.

    >>> growing_degree_days([5.0, 12.0], [25.0, 34.0]).tolist()
    [7.5, 11.0]
    """
    low = np.clip(np.asarray(t_min, dtype=np.float64), base, ceiling)
    high = np.clip(np.asarray(t_max, dtype=np.float64), base, ceiling)
    return (low + high) / 2 - base


def wet_bulb(temperature: ArrayLike, humidity: ArrayLike) -> Floats:
    """Wet-bulb temperature [degC] at sea-level pressure, T [degC], RH 5..99 [%] [shape=any].

    Empirical, within 1 K between -20 and 50 degC.  Source: Stull 2011, doi:10.1175/JAMC-D-11-0143.1.
    """
    t, rh = np.asarray(temperature, dtype=np.float64), np.asarray(humidity, dtype=np.float64)
    return (
        t * np.arctan(0.151977 * np.sqrt(rh + 8.313659))
        + np.arctan(t + rh)
        - np.arctan(rh - 1.676331)
        + 0.00391838 * rh**1.5 * np.arctan(0.023101 * rh)
        - 4.686035
    )


def heat_days(daily_maximum: ArrayLike, *, threshold: float = 30.0) -> tuple[int, int]:
    """Days whose maximum [degC, shape=(d,)] exceeds the threshold, and valid days: ``(hot, valid)``."""
    t = np.asarray(daily_maximum, dtype=np.float64)
    valid = np.isfinite(t)
    return int(np.sum(t[valid] > threshold)), int(valid.sum())


def heat_degree_hours(temperature: ArrayLike, *, threshold: float = 30.0, hours: float = 1.0) -> float:
    """Sum of the degrees above the threshold times their hours [K h]; nan if no reading is valid.

    ``temperature`` [degC, shape=(n,)], one each ``hours``.  Readings that are missing add
    nothing: compare only periods of equal validity.
    """
    t = np.asarray(temperature, dtype=np.float64)
    valid = t[np.isfinite(t)]
    return float(np.sum(np.clip(valid - threshold, 0.0, None)) * hours) if valid.size else float("nan")


def water_balance(rain: ArrayLike, et0: ArrayLike) -> Floats:
    """Climatic water balance P - ET0 [mm per period, shape as the inputs], nan kept."""
    return np.asarray(rain, dtype=np.float64) - np.asarray(et0, dtype=np.float64)
