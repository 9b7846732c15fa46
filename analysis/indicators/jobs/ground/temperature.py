"""Thermal regime of air and soil: levels, swings, frost, and what heat asks of a body.

1. ``temperature``, ``daily_swing`` and ``frost_days`` describe the quantity named, ``AIR`` or ``SOIL``.
2. ``heat_days``, ``heat_degree_hours`` and ``growing_degree_days`` count the warmth of the air.
3. ``vapour_pressure_deficit`` and ``wet_bulb_maximum`` join temperature and humidity of the air.
4. ``soil_thermal_damping`` and ``soil_air_offset`` hold the soil against the air.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.days import (
    LEAST_DAYS,
    ValidDays,
    each_season,
    instrument,
    joined,
    mean_of_days,
    valid_days,
)
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.ground import soil, weather
from analysis.indices.ground.daily import Statistic
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent

AIR, SOIL, DAMP = "air_temperature", "soil_temperature", "relative_humidity"


def temperature(study: Study, coverage: float | None = None, *, quantity: str) -> Grid:
    """Mean over valid days of the daily mean [degC]."""
    return each_season(study, quantity, lambda days: float(days.numbers.mean()))


def daily_swing(study: Study, coverage: float | None = None, *, quantity: str) -> Grid:
    """Mean over valid days of highest minus lowest [K]."""
    return each_season(study, quantity, lambda days: float(days.by_day("range").mean()))


def frost_days(study: Study, coverage: float | None = None, *, quantity: str) -> Grid:
    """Share of valid days with an hour below 0 degC [1]."""

    def share(days: ValidDays) -> float:
        frozen, valid = soil.frost_days(days.by_day("min"))
        return frozen / valid

    return each_season(study, quantity, share)


def heat_days(study: Study, coverage: float | None = None) -> Grid:
    """Share of valid days whose highest hour exceeds 30 degC [1]."""

    def share(days: ValidDays) -> float:
        hot, valid = weather.heat_days(days.by_day("max"))
        return hot / valid

    return each_season(study, AIR, share)


def heat_degree_hours(study: Study, coverage: float | None = None) -> Grid:
    """Degrees above 30 degC times their hours, a valid day [K h]."""

    def heat(days: ValidDays) -> float:
        hours = days.hours
        known, means = hours.by_day("mean")
        kept = np.isin(hours.day, known[np.isfinite(means)])
        total = weather.heat_degree_hours(hours.value[kept], hours=24.0 / hours.expected)
        return total / len(days.numbers)

    return each_season(study, AIR, heat)


def growing_degree_days(study: Study, coverage: float | None = None) -> Grid:
    """Growing degree days above 10 degC, a valid day [K]."""

    def mean(days: ValidDays) -> float:
        low, high = (days.hours.by_day(statistic)[1] for statistic in ("min", "max"))
        return float(np.nanmean(weather.growing_degree_days(low, high)))

    return each_season(study, AIR, mean)


def vapour_pressure_deficit(study: Study, coverage: float | None = None) -> Grid:
    """Mean vapour pressure deficit of the hours that have temperature and humidity [kPa]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, AIR, site, season)
        if isinstance(days, Absent):
            return days
        both = joined(study, AIR, DAMP, site, season)
        if isinstance(both, Absent):
            return both
        air, damp = both
        if len(air.hour) < air.expected * LEAST_DAYS:
            n = len(air.hour) // air.expected
            return absent("few_days", n=n, what=f"{AIR}, {DAMP}", least=LEAST_DAYS)
        return days.cell(float(weather.vapour_pressure_deficit(air.value, damp).mean()))

    return each(study, measure)


def wet_bulb_maximum(study: Study, coverage: float | None = None) -> Grid:
    """Mean over valid days of the daily highest wet-bulb temperature [degC]."""

    def bulb(air: Floats, damp: Floats) -> Floats:
        return weather.wet_bulb(air, np.clip(damp, 5.0, 99.0))

    return _of_both(study, AIR, DAMP, bulb, "max")


def soil_air_offset(study: Study, coverage: float | None = None) -> Grid:
    """Mean over valid days of soil minus air temperature [K]."""
    return _of_both(study, SOIL, AIR, lambda below, above: below - above, "mean")


def soil_thermal_damping(study: Study, coverage: float | None = None) -> Grid:
    """1 - median over days of soil range / air range [1]."""
    soils, airs = study.hours(SOIL), study.hours(AIR)

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in soils or site not in airs:
            return absent("not_measured", what=f"{SOIL}, {AIR}")
        probe, air = soils[site].within(season.window), airs[site].within(season.window)
        (soil_days, below), (air_days, above) = probe.by_day("range"), air.by_day("range")
        _, left, right = np.intersect1d(soil_days, air_days, return_indices=True)
        both = np.isfinite(below[left]) & np.isfinite(above[right])
        if both.sum() < LEAST_DAYS:
            return absent("few_days", n=both.sum(), what=f"{SOIL}, {AIR}", least=LEAST_DAYS)
        value = soil.thermal_damping(below[left][both], above[right][both])
        if not np.isfinite(value):
            return absent("no_swing")
        return instrument(probe, value, int(both.sum()))

    return each(study, measure)


def _of_both(
    study: Study, one: str, other: str, combine: Callable[[Floats, Floats], Floats], statistic: Statistic
) -> Grid:
    """Mean over valid days of a day's statistic of ``combine(one, other)`` at the hours of both."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        both = joined(study, one, other, site, season)
        if isinstance(both, Absent):
            return both
        hours, others = both
        combined = replace(hours, value=combine(hours.value, others))
        return mean_of_days(hours, combined.by_day(statistic)[1], f"{one}, {other}")

    return each(study, measure)
