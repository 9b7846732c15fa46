"""What the air asks of water: reference evapotranspiration ET0, and what rain leaves of it.

1. ``reference_evapotranspiration``: FAO-56 from hourly temperature, humidity, wind (taken as measured
   at 2 m) and radiation; elevation from the mean air pressure (eq. 7 inverted).
2. ``reference_evapotranspiration_daily``: with daily extremes instead of hours; the two differ by some
   per cent and are never mixed.
3. ``water_balance``: rain minus the hourly ET0.

Weather explains; it never judges.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indicators.jobs.days import LEAST_DAYS, mean_of_days, valid_days
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.ground import weather
from analysis.indices.ground.daily import Statistic
from analysis.indices.ground.evapotranspiration import et0_daily, et0_hourly, vapour_pressure_daily
from analysis.indices.ground.radiation import day_of_year, elevation
from analysis.study.hours import SiteHours
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.instant import Window

Days = tuple[Integers, Floats]
"""(days since 1970-01-01, amount of each [mm]), nan on days that are not covered."""

INGREDIENTS = ("air_temperature", "relative_humidity", "wind_speed", "shortwave_radiation", "air_pressure")
_WHAT = ", ".join(INGREDIENTS)
_MJ_AN_HOUR, _MJ_A_DAY = 3600 / 1e6, 86_400 / 1e6
"""Mean W m-2 over an hour or a day -> MJ m-2."""
_EXTREMES: dict[str, tuple[str, Statistic]] = {
    "cold": ("air_temperature", "min"),
    "warm": ("air_temperature", "max"),
    "dry": ("relative_humidity", "min"),
    "damp": ("relative_humidity", "max"),
    "wind": ("wind_speed", "mean"),
    "sun": ("shortwave_radiation", "mean"),
    "pressure": ("air_pressure", "mean"),
}


def reference_evapotranspiration(study: Study, coverage: float | None = None) -> Grid:
    """Mean ET0 of valid days, from hours [mm/d]."""
    return _mean(study, et0_of_days)


def reference_evapotranspiration_daily(study: Study, coverage: float | None = None) -> Grid:
    """Mean ET0 of valid days, from daily extremes [mm/d]."""
    return _mean(study, _et0_of_extremes)


def water_balance(study: Study, coverage: float | None = None) -> Grid:
    """Mean of rain - ET0 over days on which both are valid [mm/d]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        rain = valid_days(study, "precipitation_amount", site, season)
        found = balance_of_days(study, site, season.window)
        if isinstance(found, Absent):
            return found
        return rain if isinstance(rain, Absent) else _mean_cell(study, site, season, found[1])

    return each(study, measure)


def balance_of_days(study: Study, site: str, window: Window) -> Days | Absent:
    """Rain - ET0 of the days that have both."""
    found = et0_of_days(study, site, window)
    if isinstance(found, Absent):
        return found
    rain = study.hours("precipitation_amount").get(site)
    days, fallen = (found[0][:0], found[1][:0]) if rain is None else rain.within(window).by_day("sum")
    _, left, right = np.intersect1d(days, found[0], return_indices=True)
    return days[left], weather.water_balance(fallen[left], found[1][right])


def et0_of_days(study: Study, site: str, window: Window) -> Days | Absent:
    """ET0 of each day, the sum of its hours."""
    parts = _ingredients(study, site, window)
    if isinstance(parts, Absent):
        return parts
    air = parts["air_temperature"]
    hour = air.hour
    for part in parts.values():
        hour = np.intersect1d(hour, part.hour)
    if not len(hour):
        return absent("few_days", n=0, what=_WHAT, least=LEAST_DAYS)
    warm, damp, wind, sun, pressure = (
        parts[name].value[np.searchsorted(parts[name].hour, hour)] for name in INGREDIENTS
    )
    place = study.territory.site_by_id[site]
    et0 = et0_hourly(
        temperature=warm,
        humidity=damp,
        wind_2m=wind,
        shortwave=np.maximum(sun, 0.0) * _MJ_AN_HOUR,
        day_of_year=day_of_year(hour // 24),
        utc_hour=hour % 24 + 0.5,
        latitude=place.latitude,
        longitude=place.longitude,
        elevation=elevation(float(pressure.mean())),
    )
    day = air.day[np.searchsorted(air.hour, hour)]
    whole = SiteHours(hour, day, et0, np.empty(0, dtype=np.int64), air.devices, "", 1.0)
    return whole.by_day("sum")


def _et0_of_extremes(study: Study, site: str, window: Window) -> Days | Absent:
    """ET0 of the days that all quantities cover."""
    parts = _ingredients(study, site, window)
    if isinstance(parts, Absent):
        return parts
    tables = {}
    for key, (name, statistic) in _EXTREMES.items():
        days, numbers = parts[name].by_day(statistic)
        fit = np.isfinite(numbers)
        tables[key] = dict(zip(days[fit].tolist(), numbers[fit].tolist(), strict=True))
    shared = sorted(set.intersection(*(set(table) for table in tables.values())))
    if not shared:
        return absent("few_days", n=0, what=_WHAT, least=LEAST_DAYS)
    day = np.array(shared, dtype=np.int64)
    one = {key: np.array([table[d] for d in shared]) for key, table in tables.items()}
    et0 = et0_daily(
        t_min=one["cold"],
        t_max=one["warm"],
        vapour_pressure=vapour_pressure_daily(one["cold"], one["warm"], one["dry"], one["damp"]),
        wind_2m=one["wind"],
        shortwave=np.maximum(one["sun"], 0.0) * _MJ_A_DAY,
        day_of_year=day_of_year(day),
        latitude=study.territory.site_by_id[site].latitude,
        elevation=elevation(float(one["pressure"].mean())),
    )
    return day, et0


def _ingredients(study: Study, site: str, window: Window) -> dict[str, SiteHours] | Absent:
    """The hours of every ingredient; none where one is missing or not hourly."""
    parts = {}
    for name in INGREDIENTS:
        found = study.hours(name).get(site)
        if found is None or found.pace > 1:
            return absent("not_measured", what=name)
        parts[name] = found.within(window)
    return parts


def _mean(study: Study, et0: Callable[[Study, str, Window], Days | Absent]) -> Grid:
    def measure(site: str, season: StudySeason) -> Cell | Absent:
        found = et0(study, site, season.window)
        return found if isinstance(found, Absent) else _mean_cell(study, site, season, found[1])

    return each(study, measure)


def _mean_cell(study: Study, site: str, season: StudySeason, numbers: Floats) -> Cell | Absent:
    """A value of the site's weather station."""
    return mean_of_days(study.hours("air_temperature")[site].within(season.window), numbers, _WHAT)
