"""Rain, and how unusual the season's was for the place.

1. ``rain``: that of a valid day.
2. ``drought_index``: SPI over three months, of 20 years or not at all.
3. ``drought_index_balance``: SPEI, the same of rain minus evapotranspiration.

Weather explains; it never judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import nan

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indicators.jobs.days import each_season, instrument
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indicators.jobs.ground.evapotranspiration import balance_of_days
from analysis.indices.ground.drought_index import MINIMUM_YEARS, spei, spi
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.errors import Refused
from contract.instant import DAY, Window

Months = tuple[int, Floats]
"""(first month since January 1970, totals [mm]), nan where a month is not covered."""

RAIN = "precipitation_amount"
MONTHS = 3
_MONTH_SHARE = 0.8
_EVER = Window(-(2**62), 2**62)


def rain(study: Study, coverage: float | None = None) -> Grid:
    """Rain a valid day [mm]."""
    return each_season(study, RAIN, lambda days: float(days.numbers.mean()))


def drought_index(study: Study, coverage: float | None = None) -> Grid:
    """SPI of the three months to the last full month of the season [1]."""
    totals = {site: full_months(*hours.by_day("sum")) for site, hours in study.hours(RAIN).items()}
    return _unusual(
        study,
        totals,
        lambda amounts, month: spi(amounts, scale=MONTHS, first_month=month),
        lambda years: absent("few_years", n=years, least=MINIMUM_YEARS),
    )


def drought_index_balance(study: Study, coverage: float | None = None) -> Grid:
    """SPEI of the three months to the last full month of the season [1]."""
    totals = {site: _monthly_balance(study, site) for site in study.hours(RAIN)}
    return _unusual(
        study,
        totals,
        lambda amounts, month: spei(amounts, scale=MONTHS, first_month=month),
        lambda years: absent("few_balance", n=years, least=MINIMUM_YEARS),
    )


def _unusual(
    study: Study,
    monthly: Mapping[str, Months | Absent],
    index: Callable[[Floats, int], Floats],
    too_few: Callable[[int], Absent],
) -> Grid:
    """``index(totals, first calendar month)`` at the season's last full month; ``too_few(years)``."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in monthly:
            return absent("not_measured", what=RAIN)
        found = monthly[site]
        if isinstance(found, Absent):
            return found
        first, totals = found
        try:
            values = index(totals, first % 12 + 1)
        except Refused:
            return too_few(int(np.isfinite(totals).sum()) // 12)
        last = month_of(season.window.end // DAY) - 1 - first
        value = float(values[last]) if 0 <= last < len(values) else nan
        if not np.isfinite(value):
            return absent("few_days", n=0, what=RAIN, least=MONTHS * 30)
        return instrument(study.hours(RAIN)[site].within(season.window), value, MONTHS * 30)

    return each(study, measure)


def month_of(day: int) -> int:
    """Months since January 1970 of a day since 1970-01-01."""
    return int(np.datetime64(int(day), "D").astype("datetime64[M]").astype(np.int64))


def full_months(days: Integers, numbers: Floats) -> Months:
    """Totals of months from those of days, nan below 80 % of valid days."""
    if not len(days):
        return 0, np.empty(0)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    first = int(months[0])
    totals = np.full(int(months[-1]) - first + 1, nan)
    for place in range(len(totals)):
        mine = numbers[months == first + place]
        begin, end = (np.datetime64(first + place + step, "M").astype("datetime64[D]") for step in (0, 1))
        if np.isfinite(mine).sum() >= _MONTH_SHARE * int((end - begin).astype(np.int64)):
            totals[place] = float(np.nansum(mine))
    return first, totals


def _monthly_balance(study: Study, site: str) -> Months | Absent:
    found = balance_of_days(study, site, _EVER)
    return found if isinstance(found, Absent) else full_months(*found)
