"""Soil: its water and how it damps the swing of the air.

1. ``moisture``: log of the mean daily volumetric water content.
2. ``damping``: share of the daily swing of the air that the soil does not follow.
3. ``frost`` and ``dry_down``: how often it froze, and how fast it dried between rains.

A day counts with at least 80 % of its hours (``analysis.study.hours``).
"""

from __future__ import annotations

import numpy as np

from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.ground.soil import dry_down_days, frost_days, thermal_damping
from analysis.study.hours import SiteHours
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent

LEAST_DAYS = 10
"""Valid days below which a season has no value [1]."""
LEAST_RUNS = 2
"""Dry spells of at least five days after rain [1]."""
_MINUTES_A_DAY = 1440.0


def moisture(study: Study, coverage: float | None = None) -> Grid:
    """log(mean over valid days of daily mean soil moisture) [log m3/m3]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, "soil_moisture", site, season)
        if isinstance(days, Absent):
            return days
        hours, numbers = days
        mean = float(numbers.mean())
        if mean <= 0:
            return absent("dry_as_dust", n=f"{mean:g}")
        return instrument(hours, float(np.log(mean)), len(numbers))

    return each(study, measure)


def damping(study: Study, coverage: float | None = None) -> Grid:
    """1 - median over days of soil range / air range [1]."""
    soils, airs = study.hours("soil_temperature"), study.hours("air_temperature")

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in soils or site not in airs:
            return absent("not_measured", what="soil_temperature, air_temperature")
        soil, air = soils[site].within(season.window), airs[site].within(season.window)
        (soil_days, below), (air_days, above) = soil.by_day("range"), air.by_day("range")
        _, left, right = np.intersect1d(soil_days, air_days, return_indices=True)
        both = np.isfinite(below[left]) & np.isfinite(above[right])
        if both.sum() < LEAST_DAYS:
            return absent(
                "few_days", n=both.sum(), what="soil_temperature, air_temperature", least=LEAST_DAYS
            )
        value = thermal_damping(below[left][both], above[right][both])
        if not np.isfinite(value):
            return absent("no_swing")
        return instrument(soil, value, int(both.sum()))

    return each(study, measure)


def frost(study: Study, coverage: float | None = None) -> Grid:
    """Share of valid days on which the soil froze [1]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, "soil_temperature", site, season)
        if isinstance(days, Absent):
            return days
        frozen, valid = frost_days(days[0].by_day("min")[1])
        return instrument(days[0], frozen / valid, valid)

    return each(study, measure)


def dry_down(study: Study, coverage: float | None = None) -> Grid:
    """Median e-folding time of soil water after rain [d]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        wet, rain = (
            valid_days(study, name, site, season) for name in ("soil_moisture", "precipitation_amount")
        )
        if isinstance(wet, Absent):
            return wet
        if isinstance(rain, Absent):
            return rain
        (water_days, water), (rain_days, fallen) = wet[0].by_day("mean"), rain[0].by_day("sum")
        _, left, right = np.intersect1d(water_days, rain_days, return_indices=True)
        days, runs = dry_down_days(water[left], fallen[right])
        if runs < LEAST_RUNS or not np.isfinite(days):
            return absent("few_runs", n=runs, least=LEAST_RUNS)
        return instrument(wet[0], days, len(wet[1]))

    return each(study, measure)


def valid_days(
    study: Study, quantity: str, site: str, season: StudySeason
) -> tuple[SiteHours, np.ndarray[tuple[int], np.dtype[np.float64]]] | Absent:
    """(hours, means of its valid days), or why there are too few."""
    known = study.hours(quantity)
    if site not in known:
        return absent("not_measured", what=quantity)
    hours = known[site].within(season.window)
    numbers = hours.by_day("sum" if quantity == "precipitation_amount" else "mean")[1]
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < LEAST_DAYS:
        return absent("few_days", n=len(numbers), what=quantity, least=LEAST_DAYS)
    return hours, numbers


def instrument(hours: SiteHours, value: float, days: int) -> Cell:
    """A value with its days as valid minutes and the instruments behind it."""
    return Cell(
        value,
        days * _MINUTES_A_DAY,
        definition=hours.qualifier,
        device="+".join(hours.devices),
        flagged=hours.flagged,
    )
