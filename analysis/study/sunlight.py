"""Shortwave radiation at a site, day by day, and where it is brighter than a clear sky allows."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.arrays import Bools, Floats, Integers
from analysis.indices.ground.radiation import above_clear_sky, day_of_year, elevation
from analysis.study.study import Study
from analysis.words.absence import Absent, absent
from contract.instant import Window

_MJ = 0.0036
"""Of the mean W/m2 of an hour [MJ m-2]."""


@dataclass(frozen=True, slots=True)
class Sunlight:
    """Shortwave radiation of each local day at a site [shape=(days,)]."""

    day: Integers
    """[days since 1970-01-01]"""
    shortwave: Floats
    """Rs [MJ m-2 d-1], nan on days that are not covered."""
    above_clear_sky: Bools
    """Brighter than a clear sky allows: the value is kept, the sensor doubted."""


def sunlight(study: Study, site: str, window: Window) -> Sunlight | Absent:
    """Daily radiation of a site in a window; its elevation is that of its mean air pressure, or 0 m."""
    sun, pressure = study.hours("shortwave_radiation").get(site), study.hours("air_pressure").get(site)
    if sun is None or sun.pace > 1:
        return absent("not_measured", what="shortwave_radiation")
    day, total = sun.within(window).by_day("sum")
    height = elevation(float(pressure.value.mean())) if pressure is not None and len(pressure.value) else 0.0
    place = study.territory.site_by_id[site]
    shortwave = total * _MJ
    return Sunlight(day, shortwave, above_clear_sky(shortwave, day_of_year(day), place.latitude, height))
