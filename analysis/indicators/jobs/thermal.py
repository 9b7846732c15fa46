"""Thermal regime of air and soil: levels, swings, frost, and what heat asks of a body.

1. ``mean_of``, ``swing_of`` and ``frost_of`` describe one quantity over valid days.
2. ``heat_hours``: degrees above 30 degC times hours, a valid day.
3. ``wet_bulb_maximum``: the daily highest wet-bulb temperature, which sweating cannot pass.
4. ``soil_and_air_offset``: soil minus air, the same hours.

They describe a season and judge nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indicators.jobs.soil import LEAST_DAYS, instrument, valid_days
from analysis.indices.ground.soil import frost_days
from analysis.indices.ground.weather import heat_degree_hours, wet_bulb
from analysis.study.hours import SiteHours
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent

Job = Callable[[Study, float | None], Grid]

AIR, SOIL, DAMP = "air_temperature", "soil_temperature", "relative_humidity"


def mean_of(quantity: str) -> Job:
    """The job for the mean over valid days of the daily mean [as the quantity]."""
    return _daily(quantity, lambda hours: hours.by_day("mean")[1], lambda days: float(days.mean()))


def swing_of(quantity: str) -> Job:
    """The job for the mean over valid days of highest minus lowest [as the quantity, a difference]."""
    return _daily(quantity, lambda hours: hours.by_day("range")[1], lambda days: float(days.mean()))


def frost_of(quantity: str) -> Job:
    """The job for the share of valid days below 0 degC [1]."""

    def share(days: Floats) -> float:
        frozen, valid = frost_days(days)
        return frozen / valid

    return _daily(quantity, lambda hours: hours.by_day("min")[1], share)


def heat_hours(study: Study, coverage: float | None = None) -> Grid:
    """Degree hours above 30 degC, a valid day [K h]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, AIR, site, season)
        if isinstance(days, Absent):
            return days
        step = 24.0 / days[0].expected
        known, means = days[0].by_day("mean")
        kept = np.isin(days[0].day, known[np.isfinite(means)])
        total = heat_degree_hours(days[0].value[kept], hours=step)
        return instrument(days[0], total / len(days[1]), len(days[1]))

    return each(study, measure)


def wet_bulb_maximum(study: Study, coverage: float | None = None) -> Grid:
    """Mean over valid days of the daily highest wet-bulb temperature [degC]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        joined = _joined(study, AIR, DAMP, site, season)
        if isinstance(joined, Absent):
            return joined
        air, warm, damp = joined
        bulb = wet_bulb(warm, np.clip(damp, 5.0, 99.0))
        return _mean_day(air, bulb, "max", f"{AIR}, {DAMP}")

    return each(study, measure)


def soil_and_air_offset(study: Study, coverage: float | None = None) -> Grid:
    """Mean over valid days of soil minus air temperature [K]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        joined = _joined(study, SOIL, AIR, site, season)
        if isinstance(joined, Absent):
            return joined
        soil, below, above = joined
        return _mean_day(soil, below - above, "mean", f"{SOIL}, {AIR}")

    return each(study, measure)


def _daily(quantity: str, by_day: Callable[[SiteHours], Floats], reduce: Callable[[Floats], float]) -> Job:
    def compute(study: Study, coverage: float | None = None) -> Grid:
        def measure(site: str, season: StudySeason) -> Cell | Absent:
            days = valid_days(study, quantity, site, season)
            if isinstance(days, Absent):
                return days
            numbers = by_day(days[0])
            return instrument(days[0], reduce(numbers[np.isfinite(numbers)]), len(days[1]))

        return each(study, measure)

    return compute


def _joined(
    study: Study, one: str, other: str, site: str, season: StudySeason
) -> tuple[SiteHours, Floats, Floats] | Absent:
    """(hours of ``one`` that both have, its values, the other's values), or why there is none."""
    for name in (one, other):
        if site not in study.hours(name):
            return absent("not_measured", what=name)
    here, there = (study.hours(name)[site].within(season.window) for name in (one, other))
    _, left, right = np.intersect1d(here.hour, there.hour, return_indices=True)
    shared = SiteHours(
        here.hour[left],
        here.day[left],
        here.value[left],
        here.doubted,
        here.devices,
        here.qualifier,
        here.pace,
    )
    return shared, shared.value, there.value[right]


def _mean_day(hours: SiteHours, values: Floats, statistic: str, what: str) -> Cell | Absent:
    whole = SiteHours(
        hours.hour, hours.day, values, hours.doubted, hours.devices, hours.qualifier, hours.pace
    )
    numbers = whole.by_day("max" if statistic == "max" else "mean")[1]
    valid = numbers[np.isfinite(numbers)]
    if len(valid) < LEAST_DAYS:
        return absent("few_days", n=len(valid), what=what, least=LEAST_DAYS)
    return instrument(hours, float(valid.mean()), len(valid))
