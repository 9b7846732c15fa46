"""Microclimate: how much of the weather arrives at a site, held against the controls at the same hours.

1. ``microclimate_buffering``: the slope of the site's air on theirs; ``microclimate_regulation_proxy``:
   1 minus it, a proxy of a service.
2. ``microclimate_offset``: how much warmer the hottest hour is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indicators.jobs.days import instrument
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.ground.microclimate import buffering
from analysis.study.hours import MINIMUM_SHARE, SiteHours
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.instant import HOUR

PAIRED_DAYS = 60
"""Days on which site and controls are both valid, over all seasons of the study [1]."""
SEASON_DAYS = 15
"""Of them in each season [1]."""


def microclimate_buffering(study: Study, coverage: float | None = None) -> Grid:
    """Slope of the site's hourly air temperature on the mean of the (other) controls' [K/K]."""

    def slope(site: Floats, control: Floats, days: Integers) -> float:
        return buffering(site, control).slope

    return _against_controls(study, slope)


def microclimate_regulation_proxy(study: Study, coverage: float | None = None) -> Grid:
    """1 - the slope of ``microclimate_buffering`` [1]."""
    grid = microclimate_buffering(study, coverage)
    return replace(grid, values=1.0 - grid.values)


def microclimate_offset(study: Study, coverage: float | None = None) -> Grid:
    """Mean difference of daily maxima, site - (other) controls [K]."""

    def difference(site: Floats, control: Floats, days: Integers) -> float:
        maxima = [site[days == day].max() - control[days == day].max() for day in np.unique(days)]
        return float(np.mean(maxima))

    return _against_controls(study, difference)


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
