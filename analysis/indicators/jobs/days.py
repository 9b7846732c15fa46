"""Valid days of a site's instruments, and one value a season from them.

1. ``valid_days`` are those of one quantity, or the reason that there are too few.
2. ``each_season`` asks one function for the value of every site's and season's valid days: the shape
   of most jobs of soil and weather.
3. ``joined`` are the hours that two quantities of a site share; ``mean_of_days`` is their mean.

A day counts with at least 80 % of its hours (``analysis.study.hours``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.ground.daily import Statistic
from analysis.study.hours import SiteHours
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent

LEAST_DAYS = 10
"""Valid days below which a season has no value [1]."""
_MINUTES_A_DAY = 1440.0


@dataclass(frozen=True, slots=True)
class ValidDays:
    """One quantity at one site in one season, with enough valid days."""

    site: str
    hours: SiteHours
    numbers: Floats
    """Mean of each valid day, or sum for rain [the quantity's unit, shape=(days,)]."""

    def by_day(self, statistic: Statistic) -> Floats:
        """A statistic of each valid day [the quantity's unit, shape=(days,)]."""
        numbers = self.hours.by_day(statistic)[1]
        return numbers[np.isfinite(numbers)]

    def cell(self, value: float) -> Cell:
        """A value that rests on these days."""
        return instrument(self.hours, value, len(self.numbers))


def each_season(study: Study, quantity: str, value: Callable[[ValidDays], float | Absent]) -> Grid:
    """``value`` of the valid days of every site and season, or the reason that there is none."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, quantity, site, season)
        if isinstance(days, Absent):
            return days
        found = value(days)
        return found if isinstance(found, Absent) else days.cell(found)

    return each(study, measure)


def valid_days(study: Study, quantity: str, site: str, season: StudySeason) -> ValidDays | Absent:
    """The valid days of a quantity, or why there are too few."""
    known = study.hours(quantity)
    if site not in known:
        return absent("not_measured", what=quantity)
    hours = known[site].within(season.window)
    numbers = hours.by_day("sum" if quantity == "precipitation_amount" else "mean")[1]
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < LEAST_DAYS:
        return _too_few(hours, len(numbers), quantity)
    return ValidDays(site, hours, numbers)


def _too_few(hours: SiteHours, days: int, what: str) -> Absent:
    """Too few valid days, or several loggers that nobody calls replicates."""
    if not len(hours.contested):
        return absent("few_days", n=days, what=what, least=LEAST_DAYS)
    return absent("several_loggers", n=len(hours.contested), devices=", ".join(hours.devices), what=what)


def joined(
    study: Study, one: str, other: str, site: str, season: StudySeason
) -> tuple[SiteHours, Floats] | Absent:
    """(hours of ``one`` that both have, the other's values at them), or why there is none."""
    for name in (one, other):
        if site not in study.hours(name):
            return absent("not_measured", what=name)
    here, there = (study.hours(name)[site].within(season.window) for name in (one, other))
    _, left, right = np.intersect1d(here.hour, there.hour, return_indices=True)
    shared = replace(here, hour=here.hour[left], day=here.day[left], value=here.value[left])
    return shared, there.value[right]


def mean_of_days(instrument_of: SiteHours, numbers: Floats, what: str) -> Cell | Absent:
    """The mean of the days that have a number, or why there are too few; ``what`` names them."""
    valid = numbers[np.isfinite(numbers)]
    if len(valid) < LEAST_DAYS:
        return _too_few(instrument_of, len(valid), what)
    return instrument(instrument_of, float(valid.mean()), len(valid))


def instrument(hours: SiteHours, value: float, days: int) -> Cell:
    """A value with its days as valid minutes and the instruments behind it."""
    return Cell(
        value,
        days * _MINUTES_A_DAY,
        definition=hours.qualifier,
        device="+".join(hours.devices),
        flagged=hours.flagged,
    )
