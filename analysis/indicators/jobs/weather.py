"""Weather: how much of it arrives at a site, and what the season was like.

1. ``buffering`` and ``offset`` compare a site's air with the controls' at the same hours.
2. ``dryness``, ``warmth`` and ``rain`` describe the season; they explain, and never judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indicators.jobs.soil import LEAST_DAYS, instrument, valid_days
from analysis.indices.ground.microclimate import buffering as pair_up
from analysis.indices.ground.weather import growing_degree_days, vapour_pressure_deficit
from analysis.study.hours import MINIMUM_SHARE, SiteHours
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.instant import HOUR

PAIRED_DAYS = 60
"""Days on which site and controls are both valid, over all seasons of the study [1]."""
SEASON_DAYS = 15
"""Of them in each season [1]."""


def buffering(study: Study, coverage: float | None = None) -> Grid:
    """Slope of the site's hourly air temperature on the mean of the (other) controls' [K/K]."""

    def slope(site: Floats, control: Floats, days: Integers) -> float:
        return pair_up(site, control).slope

    return _against_controls(study, slope)


def offset(study: Study, coverage: float | None = None) -> Grid:
    """Mean difference of daily maxima, site - (other) controls [K]."""

    def difference(site: Floats, control: Floats, days: Integers) -> float:
        maxima = [site[days == day].max() - control[days == day].max() for day in np.unique(days)]
        return float(np.mean(maxima))

    return _against_controls(study, difference)


def dryness(study: Study, coverage: float | None = None) -> Grid:
    """Mean vapour pressure deficit of the season [kPa]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        air, wet = study.hours("air_temperature"), study.hours("relative_humidity")
        days = valid_days(study, "air_temperature", site, season)
        if isinstance(days, Absent) or site not in wet:
            return days if isinstance(days, Absent) else absent("not_measured", what="relative_humidity")
        here, damp = air[site].within(season.window), wet[site].within(season.window)
        _, left, right = np.intersect1d(here.hour, damp.hour, return_indices=True)
        if len(left) < here.expected * LEAST_DAYS:
            return absent(
                "few_days",
                n=len(left) // here.expected,
                what="air_temperature, relative_humidity",
                least=LEAST_DAYS,
            )
        deficit = vapour_pressure_deficit(here.value[left], damp.value[right])
        return instrument(here, float(deficit.mean()), len(days[1]))

    return each(study, measure)


def warmth(study: Study, coverage: float | None = None) -> Grid:
    """Growing degree days above 10 degC, a valid day [K]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, "air_temperature", site, season)
        if isinstance(days, Absent):
            return days
        low, high = days[0].by_day("min")[1], days[0].by_day("max")[1]
        return instrument(days[0], float(np.nanmean(growing_degree_days(low, high))), len(days[1]))

    return each(study, measure)


def rain(study: Study, coverage: float | None = None) -> Grid:
    """Rain a valid day [mm]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, "precipitation_amount", site, season)
        return days if isinstance(days, Absent) else instrument(days[0], float(days[1].mean()), len(days[1]))

    return each(study, measure)


def _against_controls(study: Study, compare: Callable[[Floats, Floats, Integers], float]) -> Grid:
    """``compare(site, controls, local days)`` on paired hours of each season."""
    air = study.hours("air_temperature")
    controls = [site for site in study.of_arm("control") if site in air]
    paired = {site: _pair(air[site], [air[one] for one in controls if one != site]) for site in air}

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in air:
            return absent("not_measured", what="air_temperature")
        hour, day, here, there = paired[site]
        total = len(np.unique(day))
        if total < PAIRED_DAYS:
            return absent("few_pairs", n=total, least=PAIRED_DAYS)
        chosen = (hour * HOUR >= season.window.start) & (hour * HOUR < season.window.end)
        days = len(np.unique(day[chosen]))
        if days < SEASON_DAYS:
            return absent("few_pairs_in_season", n=days, least=SEASON_DAYS)
        return instrument(
            air[site].within(season.window), compare(here[chosen], there[chosen], day[chosen]), days
        )

    return each(study, measure)


def _pair(site: SiteHours, controls: Sequence[SiteHours]) -> tuple[Integers, Integers, Floats, Floats]:
    """(hours, local days, site, mean of controls) on days that both cover.

    An hour needs half of the controls, a day 80 % of its hours.
    """
    empty = np.empty(0, dtype=np.int64)
    if not controls:
        return empty, empty, np.empty(0), np.empty(0)
    known, place = np.unique(np.concatenate([one.hour for one in controls]), return_inverse=True)
    number = np.bincount(place, minlength=len(known))
    total = np.bincount(place, weights=np.concatenate([one.value for one in controls]), minlength=len(known))
    enough = number * 2 >= len(controls)
    _, left, right = np.intersect1d(site.hour, known[enough], return_indices=True)
    hour, day = site.hour[left], site.day[left]
    days, where, hours = np.unique(day, return_inverse=True, return_counts=True)
    full = (hours >= MINIMUM_SHARE * site.expected)[where] if len(days) else np.empty(0, dtype=np.bool_)
    return hour[full], day[full], site.value[left][full], (total / np.maximum(number, 1))[enough][right][full]
