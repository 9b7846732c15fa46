"""Where the sun stands: the clock that nobody can set wrong.

1. an instant becomes the sun's declination and the equation of time;
2. with a place and an elevation of the sun these give sunrise and sunset.

Low-precision formulae of Meeus 1998, *Astronomical Algorithms*, ch. 25 and 28; sunrise to
about a minute between 65 degrees south and north.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats

DAY_NS = 86_400_000_000_000
J2000_NS = 946_728_000_000_000_000
"""2000-01-01T12:00Z, where the astronomers' count of days begins [ns]"""
RISE_ELEVATION = -0.833
"""Elevation of the sun's centre at sunrise, refraction and radius included [deg]"""


def declination_and_equation(instant_ns: ArrayLike) -> tuple[Floats, Floats]:
    """Declination [rad] and equation of time [min] at instants UTC [ns, shape=any]."""
    days = (np.asarray(instant_ns, dtype=np.int64) - J2000_NS) / DAY_NS
    century = days / 36_525.0
    mean_longitude = np.deg2rad((280.46646 + 36_000.76983 * century) % 360.0)
    anomaly = np.deg2rad((357.52911 + 35_999.05029 * century) % 360.0)
    eccentricity = 0.016708634 - 0.000042037 * century
    centre = np.deg2rad(
        (1.914602 - 0.004817 * century) * np.sin(anomaly)
        + 0.019993 * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    node = np.deg2rad(125.04 - 1934.136 * century)
    longitude = mean_longitude + centre - np.deg2rad(0.00569 + 0.00478 * np.sin(node))
    tilt = np.deg2rad(23.439291 - 0.0130042 * century + 0.00256 * np.cos(node))
    y = np.tan(tilt / 2.0) ** 2
    equation = (
        y * np.sin(2 * mean_longitude)
        - 2 * eccentricity * np.sin(anomaly)
        + 4 * eccentricity * y * np.sin(anomaly) * np.cos(2 * mean_longitude)
        - 0.5 * y**2 * np.sin(4 * mean_longitude)
        - 1.25 * eccentricity**2 * np.sin(2 * anomaly)
    )
    return np.arcsin(np.sin(tilt) * np.sin(longitude)), 4.0 * np.rad2deg(equation)


def sunrise_and_sunset(
    midnight_ns: ArrayLike, latitude: float, longitude: float, *, elevation: float = RISE_ELEVATION
) -> tuple[Floats, Floats]:
    """Sunrise and sunset of the solar day whose noon is nearest to 12:00 UTC [min after midnight UTC].

    Parameters
    ----------
    midnight_ns : 00:00 UTC of each date [ns, shape=any].
    latitude, longitude : north and east positive [deg].
    elevation : of the sun's centre; -6 gives civil dawn and dusk [deg].

    Returns
    -------
    two arrays of minutes, below 0 or above 1440 where they fall on the neighbouring UTC date;
    nan where the sun stays above or below.
    """
    midnight = np.asarray(midnight_ns, dtype=np.int64)
    lat = np.deg2rad(latitude)
    times = []
    for side in (-1.0, 1.0):
        minutes = np.full(midnight.shape, 720.0 - 4.0 * longitude)
        for _ in range(3):
            guess = np.nan_to_num(minutes, nan=720.0)
            declination, equation = declination_and_equation(
                midnight + np.int64(6e10) * guess.astype(np.int64)
            )
            cosine = (np.sin(np.deg2rad(elevation)) - np.sin(lat) * np.sin(declination)) / (
                np.cos(lat) * np.cos(declination)
            )
            with np.errstate(invalid="ignore"):
                half_day = 4.0 * np.rad2deg(np.arccos(cosine))
            minutes = 720.0 - 4.0 * longitude - equation + side * half_day
        times.append(minutes)
    return times[0], times[1]
