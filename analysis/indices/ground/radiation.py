"""Radiation at the top of the air and at the ground, as FAO-56 computes it.

1. day of the year and latitude give extraterrestrial radiation, for a day or for an hour;
2. elevation gives the clear-sky radiation, and which days are brighter than it can be;
3. with temperature and humidity these give net long-wave and net radiation.

Source: Allen, Pereira, Raes & Smith 1998, FAO Irrigation and Drainage Paper 56, ch. 3,
equations 21-40 and 52-53.  Rs/Rso is limited to at most 1, as printed there; the lower limit
0.3 of the ASCE is not applied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Bools, Floats, Integers

SOLAR_CONSTANT = 0.0820
"""[MJ m-2 min-1]"""
ALBEDO = 0.23
"""Of the grass reference [1]"""
STEFAN_BOLTZMANN = 4.903e-9
"""[MJ K-4 m-2 d-1]"""


def declination(day_of_year: ArrayLike) -> Floats:
    """Solar declination [rad, shape=any] of a day of the year, 1..366 (eq. 24)."""
    return 0.409 * np.sin(2 * np.pi * np.asarray(day_of_year, dtype=np.float64) / 365 - 1.39)


def inverse_distance(day_of_year: ArrayLike) -> Floats:
    """Inverse relative distance to the sun, squared [1, shape=any], of a day of the year (eq. 23)."""
    return 1 + 0.033 * np.cos(2 * np.pi * np.asarray(day_of_year, dtype=np.float64) / 365)


def sunset_angle(day_of_year: ArrayLike, latitude: float) -> Floats:
    """Sunset hour angle [rad, shape=any] (eq. 25); 0 in polar night, pi in polar day."""
    lat = np.deg2rad(latitude)
    angle: Floats = np.arccos(np.clip(-np.tan(lat) * np.tan(declination(day_of_year)), -1.0, 1.0))
    return angle


def daylight_hours(day_of_year: ArrayLike, latitude: float) -> Floats:
    """N, the longest possible sunshine of a day [h, shape=any] (eq. 34)."""
    return 24 / np.pi * sunset_angle(day_of_year, latitude)


def extraterrestrial_daily(day_of_year: ArrayLike, latitude: float) -> Floats:
    """Ra of a day [MJ m-2 d-1, shape=any] (eq. 21); latitude north positive [deg]."""
    lat, dec = np.deg2rad(latitude), declination(day_of_year)
    ws = sunset_angle(day_of_year, latitude)
    geometry = ws * np.sin(lat) * np.sin(dec) + np.cos(lat) * np.cos(dec) * np.sin(ws)
    scale: Floats = 24 * 60 / np.pi * SOLAR_CONSTANT * inverse_distance(day_of_year)
    return scale * np.asarray(geometry, dtype=np.float64)


def hour_angle(day_of_year: ArrayLike, utc_hour: ArrayLike, longitude: float) -> Floats:
    """Solar hour angle at a UTC time [rad, shape=any], -pi..pi (eqs. 31-33); longitude east [deg]."""
    day, hour = np.asarray(day_of_year, dtype=np.float64), np.asarray(utc_hour, dtype=np.float64)
    b = 2 * np.pi * (day - 81) / 364
    season = 0.1645 * np.sin(2 * b) - 0.1255 * np.cos(b) - 0.025 * np.sin(b)
    angle = np.pi / 12 * (hour + longitude / 15 + season - 12)
    return (angle + np.pi) % (2 * np.pi) - np.pi


def extraterrestrial_hourly(
    day_of_year: ArrayLike, utc_hour: ArrayLike, latitude: float, longitude: float, *, hours: float = 1.0
) -> Floats:
    """Ra of a period [MJ m-2 per period, shape=any] (eq. 28), ``utc_hour`` being its middle [h]."""
    lat, dec = np.deg2rad(latitude), declination(day_of_year)
    ws, middle = sunset_angle(day_of_year, latitude), hour_angle(day_of_year, utc_hour, longitude)
    half = np.pi * hours / 24
    first, last = np.clip(middle - half, -ws, ws), np.clip(middle + half, -ws, ws)
    geometry = (last - first) * np.sin(lat) * np.sin(dec) + np.cos(lat) * np.cos(dec) * (
        np.sin(last) - np.sin(first)
    )
    scale: Floats = 12 * 60 / np.pi * SOLAR_CONSTANT * inverse_distance(day_of_year)
    return scale * np.asarray(np.maximum(geometry, 0.0), dtype=np.float64)


def shortwave_from_sunshine(sunshine_hours: ArrayLike, day_of_year: ArrayLike, latitude: float) -> Floats:
    """Rs [MJ m-2 d-1, shape=any] from hours of sunshine, Angstrom's formula with 0.25 and 0.50 (eq. 35)."""
    share = np.asarray(sunshine_hours, dtype=np.float64) / daylight_hours(day_of_year, latitude)
    return (0.25 + 0.50 * share) * extraterrestrial_daily(day_of_year, latitude)


def clear_sky(extraterrestrial: ArrayLike, elevation: float) -> Floats:
    """Rso [unit and shape as Ra], elevation above the sea [m] (eq. 37)."""
    return (0.75 + 2e-5 * elevation) * np.asarray(extraterrestrial, dtype=np.float64)


def above_clear_sky(shortwave: ArrayLike, day_of_year: ArrayLike, latitude: float, elevation: float) -> Bools:
    """True for days with more Rs than a clear sky lets through: look at the sensor [shape of ``shortwave``].

    ``shortwave`` Rs [MJ m-2 d-1], ``latitude`` north positive [deg], ``elevation`` [m].  False where
    Rs is nan.  Rs / Rso is at most 1 (FAO-56, eqs. 37 and 39): days above it are doubted, never cut down.
    Not for hours, which clouds beside the sun may brighten beyond a clear sky.
    """
    clear = clear_sky(extraterrestrial_daily(day_of_year, latitude), elevation)
    above: Bools = np.asarray(shortwave, dtype=np.float64) > clear
    return above


def net_longwave(
    hot: ArrayLike, cold: ArrayLike, vapour_pressure: ArrayLike, clearness: ArrayLike, *, hours: float = 24.0
) -> Floats:
    """Rnl, the heat radiated away [MJ m-2 per period, shape=any] (eq. 39).

    ``hot``, ``cold`` the period's highest and lowest temperature [degC], ``vapour_pressure``
    [kPa], ``clearness`` Rs / Rso [1], used at most as 1.
    """
    kelvin = (np.asarray(hot) + 273.16) ** 4 + (np.asarray(cold) + 273.16) ** 4
    humid = 0.34 - 0.14 * np.sqrt(np.asarray(vapour_pressure, dtype=np.float64))
    cloud = 1.35 * np.minimum(np.asarray(clearness, dtype=np.float64), 1.0) - 0.35
    return STEFAN_BOLTZMANN * hours / 24 * kelvin / 2 * humid * cloud


def elevation(pressure_hpa: float) -> float:
    """Elevation [m] of a mean air pressure [hPa], by FAO-56 eq. 7.

    >>> round(elevation(1013.0), 1), round(elevation(817.6), 0)
    (0.0, 1800.0)
    """
    return float(293 / 0.0065 * (1 - (pressure_hpa / 1013.0) ** (1 / 5.26)))


def day_of_year(day: Integers) -> Integers:
    """1 for the first of January to 366, of days since 1970-01-01 [shape=(n,)]."""
    year = day.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray(day - year.astype(np.int64) + 1, dtype=np.int64)
