"""Soil water: how much there is, how fast it goes, what plants can take of it, and what lies below.

1. ``soil_moisture`` and ``soil_dry_down`` describe the probe: its mean, and its time to dry after rain.
2. ``soil_extractable_water``: relative extractable water, between the wilting point and the field capacity
   that the territory file states for the site, by measurement or by texture class.
3. ``soil_drought_days``: share of valid days below 0.4 of it; ``water_regulation_proxy``: the rest.
4. ``soil_water_index``: an exponential filter of the probe over 20 days stands for deeper soil.

A site without ``soil`` in the territory file has no value of 2 and 3, and says so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.days import ValidDays, each_season, valid_days
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.ground import soil
from analysis.indices.ground.soil_texture import water_bounds
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.places import Soil

WATER, RAIN = "soil_moisture", "precipitation_amount"
LEAST_RUNS = 2
"""Dry spells of at least five days after rain [1]."""
CHARACTERISTIC_HOURS = 20 * 24.0
"""T of the filter, for some half a metre of soil (Albergel et al. 2008) [h]"""


def soil_moisture(study: Study, coverage: float | None = None) -> Grid:
    """log(mean over valid days of daily mean soil moisture) [log m3/m3]."""

    def log_mean(days: ValidDays) -> float | Absent:
        mean = float(days.numbers.mean())
        return float(np.log(mean)) if mean > 0 else absent("dry_as_dust", n=f"{mean:g}")

    return each_season(study, WATER, log_mean)


def soil_dry_down(study: Study, coverage: float | None = None) -> Grid:
    """Median e-folding time of soil water after rain [d]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        wet, rain = (valid_days(study, name, site, season) for name in (WATER, RAIN))
        if isinstance(wet, Absent):
            return wet
        if isinstance(rain, Absent):
            return rain
        (water_days, water), (rain_days, fallen) = wet.hours.by_day("mean"), rain.hours.by_day("sum")
        _, left, right = np.intersect1d(water_days, rain_days, return_indices=True)
        days, runs = soil.dry_down_days(water[left], fallen[right])
        if runs < LEAST_RUNS or not np.isfinite(days):
            return absent("few_runs", n=runs, least=LEAST_RUNS)
        return wet.cell(days)

    return each(study, measure)


def soil_extractable_water(study: Study, coverage: float | None = None) -> Grid:
    """Mean relative extractable water of valid days [1]."""
    return _from_water(study, lambda water: float(water.mean()))


def soil_drought_days(study: Study, coverage: float | None = None) -> Grid:
    """Share of valid days below 0.4 of relative extractable water [1]."""
    return _from_water(study, _dry)


def water_regulation_proxy(study: Study, coverage: float | None = None) -> Grid:
    """Share of valid days at or above 0.4 of relative extractable water [1]."""
    return _from_water(study, lambda water: 1.0 - _dry(water))


def soil_water_index(study: Study, coverage: float | None = None) -> Grid:
    """Mean soil water index of the season [m3/m3]; the filter runs over the whole series."""
    wholes = study.hours(WATER)
    found = {
        site: soil.soil_water_index(hours.hour, hours.value, characteristic_hours=CHARACTERISTIC_HOURS)
        for site, hours in wholes.items()
    }

    def mean(days: ValidDays) -> float:
        inside = np.isin(wholes[days.site].hour, days.hours.hour)
        return float(found[days.site][inside].mean())

    return each_season(study, WATER, mean)


def bounds(ground: Soil) -> tuple[float, float]:
    """(wilting point, field capacity) [m3/m3]: those stated, else those of the texture class."""
    if ground.wilting_point is not None and ground.field_capacity is not None:
        return ground.wilting_point, ground.field_capacity
    return water_bounds(str(ground.texture))


def _dry(water: Floats) -> float:
    dry, valid = soil.drought_days(water)
    return dry / valid


def _from_water(study: Study, reduce: Callable[[Floats], float]) -> Grid:
    def reduced(days: ValidDays) -> float | Absent:
        ground = study.territory.site_by_id[days.site].soil
        if ground is None:
            return absent("no_texture")
        low, high = bounds(ground)
        return reduce(soil.relative_extractable_water(days.numbers, wilting_point=low, field_capacity=high))

    return each_season(study, WATER, reduced)
