"""Soil water that plants can take, and the water below the probe.

1. ``extractable``: relative extractable water, between the wilting point and the field capacity that the
   territory file states for the site, by measurement or by texture class.
2. ``drought``: share of valid days below 0.4 of it; ``regulation``: the share that is not, as a proxy.
3. ``root_zone``: an exponential filter of the probe over 20 days stands for deeper soil.

A site without ``soil`` in the territory file has no value of 1 and 2, and says so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indicators.jobs.soil import instrument, valid_days
from analysis.indices.ground.soil import drought_days, relative_extractable_water, soil_water_index
from analysis.indices.ground.soil_texture import water_bounds
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.places import Soil

CHARACTERISTIC_HOURS = 20 * 24.0
"""T of the filter, for some half a metre of soil (Albergel et al. 2008) [h]"""


def extractable(study: Study, coverage: float | None = None) -> Grid:
    """Mean relative extractable water of valid days [1]."""
    return _from_water(study, lambda water: float(water.mean()))


def drought(study: Study, coverage: float | None = None) -> Grid:
    """Share of valid days below 0.4 of relative extractable water [1]."""
    return _from_water(study, _dry)


def regulation(study: Study, coverage: float | None = None) -> Grid:
    """Share of valid days at or above 0.4 of relative extractable water [1]."""
    return _from_water(study, lambda water: 1.0 - _dry(water))


def root_zone(study: Study, coverage: float | None = None) -> Grid:
    """Mean soil water index of the season [m3/m3]; the filter runs over the whole series."""
    found = {
        site: soil_water_index(hours.hour, hours.value, characteristic_hours=CHARACTERISTIC_HOURS)
        for site, hours in study.hours("soil_moisture").items()
    }

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, "soil_moisture", site, season)
        if isinstance(days, Absent):
            return days
        whole = study.hours("soil_moisture")[site]
        inside = np.isin(whole.hour, days[0].hour)
        return instrument(days[0], float(found[site][inside].mean()), len(days[1]))

    return each(study, measure)


def bounds(soil: Soil) -> tuple[float, float]:
    """(wilting point, field capacity) [m3/m3]: those stated, else those of the texture class."""
    if soil.wilting_point is not None and soil.field_capacity is not None:
        return soil.wilting_point, soil.field_capacity
    return water_bounds(str(soil.texture))


def _dry(water: Floats) -> float:
    dry, valid = drought_days(water)
    return dry / valid


def _from_water(study: Study, reduce: Callable[[Floats], float]) -> Grid:
    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, "soil_moisture", site, season)
        if isinstance(days, Absent):
            return days
        soil = study.territory.site_by_id[site].soil
        if soil is None:
            return absent("no_texture")
        low, high = bounds(soil)
        water = relative_extractable_water(days[1], wilting_point=low, field_capacity=high)
        return instrument(days[0], reduce(water), len(days[1]))

    return each(study, measure)
