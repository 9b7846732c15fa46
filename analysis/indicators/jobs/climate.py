"""What the season asked of plants: heat, evapotranspiration, water balance, drought.

1. ``heat``: share of days above 30 degC.
2. ``evapotranspiration``: FAO-56 reference ET0 from hourly temperature, humidity, wind (taken
   as measured at 2 m) and radiation; elevation from the mean air pressure (eq. 7 inverted).
3. ``balance``: rain minus ET0.  4. ``drought``: SPI over three months, of 20 years or not at all.

Weather explains; it never judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np

from analysis.arrays import Bools, Floats, Integers
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indicators.jobs.soil import LEAST_DAYS, instrument, valid_days
from analysis.indices.ground.drought_index import MINIMUM_YEARS, spi
from analysis.indices.ground.evapotranspiration import et0_hourly
from analysis.indices.ground.radiation import above_clear_sky
from analysis.indices.ground.weather import heat_days, water_balance
from analysis.study.hours import SiteHours
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.errors import Refused
from contract.instant import DAY, Window

INGREDIENTS = ("air_temperature", "relative_humidity", "wind_speed", "shortwave_radiation", "air_pressure")
MONTHS = 3
_MJ = 3600 / 1e6
"""W m-2 over an hour -> MJ m-2."""
_MONTH_SHARE = 0.8


def heat(study: Study, coverage: float | None = None) -> Grid:
    """Share of valid days whose highest hour exceeds 30 degC [1]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        days = valid_days(study, "air_temperature", site, season)
        if isinstance(days, Absent):
            return days
        hot, valid = heat_days(days[0].by_day("max")[1])
        return instrument(days[0], hot / valid, valid)

    return each(study, measure)


def evapotranspiration(study: Study, coverage: float | None = None) -> Grid:
    """Mean ET0 of valid days [mm/d]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        found = et0_of_days(study, site, season.window)
        return found if isinstance(found, Absent) else mean_of_days(study, site, season, found[1])

    return each(study, measure)


def balance(study: Study, coverage: float | None = None) -> Grid:
    """Mean of rain - ET0 over days on which both are valid [mm/d]."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        found, rain = (
            et0_of_days(study, site, season.window),
            valid_days(study, "precipitation_amount", site, season),
        )
        if isinstance(found, Absent):
            return found
        if isinstance(rain, Absent):
            return rain
        rain_days, fallen = rain[0].by_day("sum")
        _, left, right = np.intersect1d(rain_days, found[0], return_indices=True)
        return mean_of_days(study, site, season, water_balance(fallen[left], found[1][right]))

    return each(study, measure)


def drought(study: Study, coverage: float | None = None) -> Grid:
    """SPI of the three months to the last full month of the season [1]."""
    rains = study.hours("precipitation_amount")
    series = {site: full_months(*hours.by_day("sum")) for site, hours in rains.items()}

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in rains:
            return absent("not_measured", what="precipitation_amount")
        first, totals = series[site]
        years = int(np.isfinite(totals).sum()) // 12
        last = month_of(season.window.end // DAY) - 1 - first
        try:
            index = spi(totals, scale=MONTHS, first_month=first % 12 + 1)
        except Refused:
            return absent("few_years", n=years, least=MINIMUM_YEARS)
        value = float(index[last]) if 0 <= last < len(index) else nan
        if not np.isfinite(value):
            return absent("few_days", n=0, what="precipitation_amount", least=MONTHS * 30)
        return instrument(rains[site].within(season.window), value, MONTHS * 30)

    return each(study, measure)


def elevation(pressure_hpa: float) -> float:
    """Elevation [m] of a mean air pressure [hPa], by FAO-56 eq. 7.

    >>> round(elevation(1013.0), 1), round(elevation(817.6), 0)
    (0.0, 1800.0)
    """
    return float(293 / 0.0065 * (1 - (pressure_hpa / 1013.0) ** (1 / 5.26)))


def et0_of_days(study: Study, site: str, window: Window) -> tuple[Integers, Floats] | Absent:
    """(days, ET0 of each [mm]), nan on days that are not covered."""
    parts = []
    for name in INGREDIENTS:
        found = study.hours(name).get(site)
        if found is None or found.pace > 1:
            return absent("not_measured", what=name)
        parts.append(found.within(window))
    hour = parts[0].hour
    for part in parts[1:]:
        hour = np.intersect1d(hour, part.hour)
    if not len(hour):
        return absent("few_days", n=0, what=", ".join(INGREDIENTS), least=LEAST_DAYS)
    air, damp, wind, sun, pressure = (part.value[np.searchsorted(part.hour, hour)] for part in parts)
    place = study.territory.site_by_id[site]
    et0 = et0_hourly(
        temperature=air,
        humidity=damp,
        wind_2m=wind,
        shortwave=np.maximum(sun, 0.0) * _MJ,
        day_of_year=day_of_year(hour // 24),
        utc_hour=hour % 24 + 0.5,
        latitude=place.latitude,
        longitude=place.longitude,
        elevation=elevation(float(pressure.mean())),
    )
    day = parts[0].day[np.searchsorted(parts[0].hour, hour)]
    whole = SiteHours(hour, day, et0, np.empty(0, dtype=np.int64), parts[0].devices, "", 1.0)
    return whole.by_day("sum")


@dataclass(frozen=True, slots=True)
class Sunlight:
    """Shortwave radiation of each local day at a site [shape=(days,)]."""

    day: Integers
    """[days since 1970-01-01]"""
    shortwave: Floats
    """Rs [MJ m-2 d-1], nan on days that are not covered."""
    above_clear_sky: Bools
    """Brighter than a clear sky allows: the value is kept, the sensor doubted."""


def sunlight(study: Study, site: str, window: Window) -> Sunlight | Absent:
    """Daily radiation of a site in a window; its elevation is that of its mean air pressure, or 0 m."""
    sun, pressure = study.hours("shortwave_radiation").get(site), study.hours("air_pressure").get(site)
    if sun is None or sun.pace > 1:
        return absent("not_measured", what="shortwave_radiation")
    day, total = sun.within(window).by_day("sum")
    height = elevation(float(pressure.value.mean())) if pressure is not None and len(pressure.value) else 0.0
    place = study.territory.site_by_id[site]
    shortwave = total * _MJ
    return Sunlight(day, shortwave, above_clear_sky(shortwave, day_of_year(day), place.latitude, height))


def day_of_year(day: Integers) -> Integers:
    """1..366 of days since 1970-01-01."""
    year = day.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray(day - year.astype(np.int64) + 1, dtype=np.int64)


def mean_of_days(study: Study, site: str, season: StudySeason, numbers: Floats) -> Cell | Absent:
    """The mean of valid days as a value of the site's weather station, or why there are too few."""
    valid = numbers[np.isfinite(numbers)]
    if len(valid) < LEAST_DAYS:
        return absent("few_days", n=len(valid), what=", ".join(INGREDIENTS), least=LEAST_DAYS)
    air = study.hours("air_temperature")[site].within(season.window)
    return instrument(air, float(valid.mean()), len(valid))


def month_of(day: int) -> int:
    """Months since January 1970 of a day since 1970-01-01."""
    return int(np.datetime64(int(day), "D").astype("datetime64[M]").astype(np.int64))


def full_months(days: Integers, numbers: Floats) -> tuple[int, Floats]:
    """(first month since January 1970, totals of days), nan below 80 % of valid days."""
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
