"""Reference evapotranspiration ET0 by FAO-56 Penman-Monteith, for a day or an hour.

1. temperature and humidity become vapour pressures, elevation the psychrometric constant;
2. radiation (``radiation.py``) becomes net radiation;
3. the Penman-Monteith equation joins them to the wind at 2 m.

ET0 is what a well-watered short grass would lose: the demand of the air, not what the site's
plants used.  Source: Allen et al. 1998, FAO Irrigation and Drainage Paper 56, eqs. 6-19, 47, 53.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from analysis.indices.ground import radiation


def saturation_pressure(temperature: ArrayLike) -> Floats:
    """e0(T) [kPa] over water, T [degC, shape=any] (eq. 11)."""
    t = np.asarray(temperature, dtype=np.float64)
    return 0.6108 * np.exp(17.27 * t / (t + 237.3))


def saturation_slope(temperature: ArrayLike) -> Floats:
    """Slope of the saturation curve [kPa K-1] at T [degC, shape=any] (eq. 13)."""
    t = np.asarray(temperature, dtype=np.float64)
    return 4098 * saturation_pressure(t) / (t + 237.3) ** 2


def air_pressure(elevation: float) -> float:
    """Mean air pressure [kPa] at an elevation [m] (eq. 7)."""
    return float(101.3 * ((293 - 0.0065 * elevation) / 293) ** 5.26)


def psychrometric_constant(pressure: ArrayLike) -> Floats:
    """gamma [kPa K-1] from air pressure [kPa, shape=any] (eq. 8)."""
    return 0.665e-3 * np.asarray(pressure, dtype=np.float64)


def wind_at_2m(wind: ArrayLike, height: float) -> Floats:
    """Wind [m s-1, shape=any] measured at ``height`` [m] above short grass, brought to 2 m (eq. 47)."""
    return np.asarray(wind, dtype=np.float64) * (4.87 / log(67.8 * height - 5.42))


def vapour_pressure_daily(t_min: ArrayLike, t_max: ArrayLike, rh_min: ArrayLike, rh_max: ArrayLike) -> Floats:
    """ea [kPa, shape=(d,)] of days from their extreme temperatures [degC] and humidities [%] (eq. 17)."""
    cold = saturation_pressure(t_min) * np.asarray(rh_max, dtype=np.float64)
    warm = saturation_pressure(t_max) * np.asarray(rh_min, dtype=np.float64)
    return (cold + warm) / 200


def penman_monteith(
    *,
    temperature: ArrayLike,
    deficit: ArrayLike,
    net_radiation: ArrayLike,
    ground_heat: ArrayLike,
    wind_2m: ArrayLike,
    gamma: ArrayLike,
    numerator: float = 900.0,
    wind_factor: float = 0.34,
) -> Floats:
    """The equation itself [mm per period] (eq. 6; eq. 53 with ``numerator`` 37 for an hour).

    ``temperature`` [degC], ``deficit`` es - ea [kPa], radiation and ground heat [MJ m-2 per
    period], wind [m s-1], ``gamma`` [kPa K-1]; shapes broadcast, nan in gives nan out.
    """
    t, wind = np.asarray(temperature, dtype=np.float64), np.asarray(wind_2m, dtype=np.float64)
    slope, g = saturation_slope(t), np.asarray(gamma, dtype=np.float64)
    energy = 0.408 * slope * (np.asarray(net_radiation) - np.asarray(ground_heat))
    wet = g * numerator / (t + 273) * wind * np.asarray(deficit)
    water: Floats = (energy + wet) / (slope + g * (1 + wind_factor * wind))
    return water


def et0_daily(
    *,
    t_min: ArrayLike,
    t_max: ArrayLike,
    vapour_pressure: ArrayLike,
    wind_2m: ArrayLike,
    shortwave: ArrayLike,
    day_of_year: ArrayLike,
    latitude: float,
    elevation: float,
) -> Floats:
    """ET0 of each day [mm d-1, shape=(d,)], never below 0.

    ``t_min``, ``t_max`` [degC], ``vapour_pressure`` ea [kPa], ``wind_2m`` [m s-1], ``shortwave``
    Rs [MJ m-2 d-1], ``day_of_year`` 1..366, ``latitude`` north positive [deg], ``elevation`` [m].
    Ground heat is taken as 0 over a day (eq. 42).  nan where an input is nan.

    Example 18 of FAO-56, Uccle on 6 July:

    >>> ea = vapour_pressure_daily(12.3, 21.5, 63, 84)
    >>> rs = radiation.shortwave_from_sunshine(9.25, 187, 50.8)
    >>> et0 = et0_daily(t_min=12.3, t_max=21.5, vapour_pressure=ea, wind_2m=wind_at_2m(2.78, 10),
    ...                 shortwave=rs, day_of_year=187, latitude=50.8, elevation=100)
    >>> round(float(et0), 2)
    3.88
    """
    ea, rs = np.asarray(vapour_pressure, dtype=np.float64), np.asarray(shortwave, dtype=np.float64)
    rso = radiation.clear_sky(radiation.extraterrestrial_daily(day_of_year, latitude), elevation)
    with np.errstate(divide="ignore", invalid="ignore"):
        clearness = np.where(rso > 0, rs / rso, 1.0)
    net = (1 - radiation.ALBEDO) * rs - radiation.net_longwave(t_max, t_min, ea, clearness)
    saturated = (saturation_pressure(t_min) + saturation_pressure(t_max)) / 2
    et0 = penman_monteith(
        temperature=(np.asarray(t_min) + np.asarray(t_max)) / 2, deficit=saturated - ea,
        net_radiation=net, ground_heat=0.0, wind_2m=wind_2m,
        gamma=psychrometric_constant(air_pressure(elevation)),
    )  # fmt: skip
    return np.maximum(et0, 0.0)


def et0_hourly(
    *,
    temperature: ArrayLike,
    humidity: ArrayLike,
    wind_2m: ArrayLike,
    shortwave: ArrayLike,
    day_of_year: ArrayLike,
    utc_hour: ArrayLike,
    latitude: float,
    longitude: float,
    elevation: float,
    night_clearness: float | ArrayLike = 0.8,
) -> Floats:
    """ET0 of each hour [mm h-1, shape=(n,)], never below 0.

    ``temperature`` [degC], ``humidity`` [%], ``wind_2m`` [m s-1], ``shortwave`` Rs [MJ m-2 h-1],
    ``utc_hour`` the middle of the hour [h]; ``longitude`` east positive [deg].  Where the sun is
    down Rs/Rso is ``night_clearness``: the value some two hours before sunset, or 0.4-0.6 in
    humid and 0.7-0.8 in dry climates.  Ground heat is 0.1 Rn by day and 0.5 Rn by night (eqs. 45-46).
    """
    t, rs = np.asarray(temperature, dtype=np.float64), np.asarray(shortwave, dtype=np.float64)
    ra = radiation.extraterrestrial_hourly(day_of_year, utc_hour, latitude, longitude)
    rso = radiation.clear_sky(ra, elevation)
    with np.errstate(divide="ignore", invalid="ignore"):
        clearness = np.where(rso > 0, rs / rso, night_clearness)
    ea = saturation_pressure(t) * np.asarray(humidity, dtype=np.float64) / 100
    net = (1 - radiation.ALBEDO) * rs - radiation.net_longwave(t, t, ea, clearness, hours=1.0)
    et0 = penman_monteith(
        temperature=t, deficit=saturation_pressure(t) - ea, net_radiation=net,
        ground_heat=np.where(ra > 0, 0.1, 0.5) * net, wind_2m=wind_2m,
        gamma=psychrometric_constant(air_pressure(elevation)), numerator=37.0,
    )  # fmt: skip
    return np.maximum(et0, 0.0)
