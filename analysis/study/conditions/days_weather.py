"""The weather of the days on which recorders listened, against that of all days of the season.

1. Every station of the territory gives each local day three numbers: wet or not (1 mm, as the WMO counts),
   mean air temperature, mean wind.  Each station is taken against its own season; their mean is the weather
   of the territory, so that what restoration does to the air of a site does not enter.
2. A site's season is judged by the days on which it listened: their mean minus that of all days, in standard
   deviations of a day.  0 is a fair sample of the season's weather.
3. ``recorded_weather`` gives that as the text that travels with a panel: ``rain=-0.42 temperature=0.1``.

A quantity with known weather on less than half of the days listened to says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indices.ground.daily import Statistic
from analysis.study.hours import SiteHours
from contract.instant import Window

QUANTITIES: Mapping[str, tuple[str, Statistic]] = {
    "rain": ("precipitation_amount", "sum"),
    "temperature": ("air_temperature", "mean"),
    "wind": ("wind_speed", "mean"),
}
"""Word in the text -> (quantity of the store, how a day's hours become one number)."""
WET_MM = 1.0
"""Rain of a wet day (WMO) [mm]."""
_KNOWN_SHARE = 0.5
_LEAST_DAYS = 10

Days = tuple[Integers, Floats]
"""(local days, weather of each), sorted."""


def season_weather(stations: Mapping[str, Sequence[SiteHours]], window: Window) -> dict[str, Days]:
    """The territory's weather of each local day in ``window``, by word; quantities without days are left out.

    ``stations``: word -> the hours of every station.
    """
    found = {word: _together(word, hours, window) for word, hours in stations.items()}
    return {word: days for word, days in found.items() if len(days[0]) >= _LEAST_DAYS}


def recorded_weather(days: Integers, weather: Mapping[str, Days]) -> str:
    """How far the weather of ``days`` [local days] is from the season's; empty where nothing is known."""
    parts = [
        f"{word}={away:.3g}" for word in sorted(weather) if (away := _away(days, *weather[word])) is not None
    ]
    return " ".join(parts)


def _together(word: str, stations: Sequence[SiteHours], window: Window) -> Days:
    day, number = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    for hours in stations:
        days, values = hours.within(window).by_day(QUANTITIES[word][1])
        known = np.isfinite(values)
        if known.any():
            own = (values[known] >= WET_MM).astype(np.float64) if word == "rain" else values[known]
            day.append(days[known])
            number.append(own - own.mean())
    every, place, count = np.unique(np.concatenate(day), return_inverse=True, return_counts=True)
    total = np.bincount(place, weights=np.concatenate(number), minlength=len(every))
    return every, total / np.maximum(count, 1)


def _away(days: Integers, known: Integers, weather: Floats) -> float | None:
    chosen = np.isin(known, days)
    spread = float(weather.std())
    if not len(days) or int(chosen.sum()) < _KNOWN_SHARE * len(days):
        return None
    return float((weather[chosen].mean() - weather.mean()) / spread) + 0.0 if spread > 0 else 0.0
