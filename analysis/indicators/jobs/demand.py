"""What the air asks of water, by the day and against twenty years.

1. ``evapotranspiration_by_day``: FAO-56 with daily extremes instead of hours; the two differ by some
   per cent and are never mixed.
2. ``drought_of_balance``: SPEI of three months of rain minus ET0, of 20 years or not at all.
3. ``microclimate``: share of a change of the controls' air that does not arrive, a proxy of a service.
"""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indicators.jobs.climate import (
    INGREDIENTS,
    MONTHS,
    elevation,
    et0_of_days,
    full_months,
    mean_of_days,
    month_of,
)
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indicators.jobs.soil import LEAST_DAYS, instrument
from analysis.indicators.jobs.weather import buffering
from analysis.indices.ground.drought_index import MINIMUM_YEARS, spei
from analysis.indices.ground.evapotranspiration import et0_daily, vapour_pressure_daily
from analysis.indices.ground.weather import water_balance
from analysis.study.hours import SiteHours
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.errors import Refused
from contract.instant import DAY, Window

_MJ_A_DAY = 86_400 / 1e6
"""Mean W m-2 over a day -> MJ m-2."""


def evapotranspiration_by_day(study: Study, coverage: float | None = None) -> Grid:
    """Mean over valid days of ET0 from daily extremes [mm/d]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        parts: dict[str, SiteHours] = {}
        for name in INGREDIENTS:
            found = study.hours(name).get(site)
            if found is None or found.pace > 1:
                return absent("not_measured", what=name)
            parts[name] = found.within(season.window)
        days, et0 = _daily_et0(parts, study.territory.site_by_id[site].latitude)
        if not len(days):
            return absent("few_days", n=0, what=", ".join(INGREDIENTS), least=LEAST_DAYS)
        return mean_of_days(study, site, season, et0)

    return each(study, measure)


def drought_of_balance(study: Study, coverage: float | None = None) -> Grid:
    """SPEI of the three months to the last full month of the season [1]."""
    rains = study.hours("precipitation_amount")
    series = {site: _monthly_balance(study, site, hours) for site, hours in rains.items()}

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in rains:
            return absent("not_measured", what="precipitation_amount")
        monthly = series[site]
        if isinstance(monthly, Absent):
            return monthly
        first, totals = monthly
        last = month_of(season.window.end // DAY) - 1 - first
        try:
            index = spei(totals, scale=MONTHS, first_month=first % 12 + 1)
        except Refused:
            return absent("few_balance", n=int(np.isfinite(totals).sum()) // 12, least=MINIMUM_YEARS)
        value = float(index[last]) if 0 <= last < len(index) else nan
        if not np.isfinite(value):
            return absent("few_days", n=0, what="precipitation_amount", least=MONTHS * 30)
        return instrument(rains[site].within(season.window), value, MONTHS * 30)

    return each(study, measure)


def microclimate(study: Study, coverage: float | None = None) -> Grid:
    """1 - the slope of ``buffering`` [1]."""
    grid = buffering(study, coverage)
    return replace(grid, values=1.0 - grid.values)


def _daily_et0(parts: dict[str, SiteHours], latitude: float) -> tuple[Integers, Floats]:
    """(days that all quantities cover, ET0 of each [mm])."""
    wanted = {
        "cold": ("air_temperature", "min"), "warm": ("air_temperature", "max"),
        "dry": ("relative_humidity", "min"), "damp": ("relative_humidity", "max"),
        "wind": ("wind_speed", "mean"), "sun": ("shortwave_radiation", "mean"),
        "pressure": ("air_pressure", "mean"),
    }  # fmt: skip
    tables = {}
    for key, (name, statistic) in wanted.items():
        days, numbers = parts[name].by_day(statistic)  # type: ignore[arg-type]
        fit = np.isfinite(numbers)
        tables[key] = dict(zip(days[fit].tolist(), numbers[fit].tolist(), strict=True))
    shared = sorted(set.intersection(*(set(table) for table in tables.values())))
    if not shared:
        return np.empty(0, dtype=np.int64), np.empty(0)
    day = np.array(shared, dtype=np.int64)
    one = {key: np.array([table[d] for d in shared]) for key, table in tables.items()}
    year = day.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    et0 = et0_daily(
        t_min=one["cold"],
        t_max=one["warm"],
        vapour_pressure=vapour_pressure_daily(one["cold"], one["warm"], one["dry"], one["damp"]),
        wind_2m=one["wind"],
        shortwave=np.maximum(one["sun"], 0.0) * _MJ_A_DAY,
        day_of_year=day - year + 1,
        latitude=latitude,
        elevation=elevation(float(one["pressure"].mean())),
    )
    return day, et0


def _monthly_balance(study: Study, site: str, rain: SiteHours) -> tuple[int, Floats] | Absent:
    """(first month since January 1970, rain - ET0 of each month [mm]), nan where not covered."""
    found = et0_of_days(study, site, Window(-(2**62), 2**62))
    if isinstance(found, Absent):
        return found
    days, fallen = rain.by_day("sum")
    _, left, right = np.intersect1d(days, found[0], return_indices=True)
    return full_months(days[left], water_balance(fallen[left], found[1][right]))
