"""What physics says of the instruments: is the clock with the sun, the gain the same, when did they listen?

1. ``dawn_offsets``: centre of gravity of calling around sunrise, from rates at equal effort, after sunrise.
   A clock that is wrong moves it, whatever sings: so every species that was checked counts, not only those
   of one indicator.
2. ``noise_floors``: the level below which the quietest tenth of recordings lie.  A changed gain or
   microphone moves it; a richer dawn hardly does.
3. ``schedule`` has the shares of valid minutes by half hours of the sun's day, ``weather`` what the days
   listened to were like, ``calls`` how many detections there are to place a dawn by.

nan, or an empty text, where there is too little to tell.  The verdict's gates compare them between arms and
periods; they are no indicators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indicators.jobs.excerpts import excerpts
from analysis.indicators.jobs.grid import Grid
from analysis.indices.sun import sunrise_and_sunset
from analysis.plan.panel import FEW_CALLS, Texts
from analysis.study.conditions.days_weather import recorded_weather
from analysis.study.listening import Listening
from analysis.study.study import Study, StudySeason
from contract.instant import DAY, MINUTE
from contract.places import Site

WINDOW = (-120.0, 180.0)
"""Around sunrise [min]."""
BIN = 30.0
"""[min]"""
LEAST_BINS, LEAST_CALLS = 3, 60
LEAST_RECORDINGS = 20
QUIETEST = 10.0
"""Percentile."""
_FLOOR = ("BGNt@maad-1.5.2",)


def with_instruments(study: Study, grid: Grid) -> Grid:
    """The grid of a detector's indicator with clock, gain, hours and weather in its provenance."""
    key = singers(study)
    if key not in study.physics:
        study.physics[key] = {
            "dawn_offset": dawn_offsets(study, key),
            "noise_floor": noise_floors(study),
            "calls": _numbers(study, lambda site, season: _calls(study.listening(site, season), key)),
            "schedule": _texts(study, lambda site, season: study.sun_hours(site, season).shares()),
            "weather": _texts(study, lambda site, season: _weather(study, site, season)),
        }
    columns: dict[str, Any] = study.physics[key]
    return replace(grid, provenance=replace(grid.provenance, **columns))


def singers(study: Study) -> tuple[str, ...]:
    """The labels by which clocks are examined: all that people checked, or those that count."""
    return tuple(sorted(study.validated)) or study.labels()


def dawn_offsets(study: Study, species: tuple[str, ...]) -> Floats:
    """``dawn_offset`` of every site and season [min, shape=(sites, seasons)]."""
    return _numbers(
        study,
        lambda site, season: dawn_offset(
            study.listening(site, season), study.territory.site_by_id[site], species
        ),
    )


def dawn_offset(heard: Listening, place: Site, species: tuple[str, ...]) -> float:
    """Centre of calling around sunrise [min after sunrise]; nan below 60 calls or 3 bins of effort.

    inf, which says that it does not apply, where recordings never fall around sunrise, or where fewer than
    120 calls at any hour show that too few birds sing to place a dawn.  Few calls around sunrise and many at
    other hours are a doubt of the clock.
    """
    calls = after_sunrise(heard.calls[heard.calls_of(species)], place)
    effort = after_sunrise(heard.starts, place)
    edges = np.arange(WINDOW[0], WINDOW[1] + BIN, BIN)
    minutes = np.histogram(effort, edges, weights=heard.excerpt_minutes)[0]
    number = np.histogram(calls, edges)[0]
    known = minutes > 0
    if len(heard.starts) and not known.any():
        return float("inf")
    if known.sum() < LEAST_BINS or number[known].sum() < LEAST_CALLS:
        return float("inf" if len(heard.starts) and len(calls) < FEW_CALLS else "nan")
    rate = number[known] / minutes[known]
    middle = (edges[:-1] + BIN / 2)[known]
    return float((rate * middle).sum() / rate.sum())


def _calls(heard: Listening, species: tuple[str, ...]) -> float:
    """Detections at any hour; nan where nothing was listened to."""
    return float(heard.calls_of(species).sum()) if len(heard.starts) else float("nan")


def _weather(study: Study, site: str, season: StudySeason) -> str:
    return recorded_weather(study.listening(site, season).days, study.weather(season))


def _numbers(study: Study, each: Callable[[str, StudySeason], float]) -> Floats:
    rows = [[each(site, season) for season in study.seasons] for site in study.sites]
    return np.array(rows, dtype=np.float64).reshape(study.shape)


def _texts(study: Study, each: Callable[[str, StudySeason], str]) -> Texts:
    rows = [[each(site, season) for season in study.seasons] for site in study.sites]
    return np.array(rows, dtype=np.str_).reshape(study.shape)


def after_sunrise(time: Integers, place: Site) -> Floats:
    """Minutes after the sunrise of the UTC day that is nearest [min, shape as ``time``]."""
    noon_shift = round(place.longitude / 360 * DAY)  # solar day of the place, so that dawn is never split
    midnight = (time + noon_shift) // DAY * DAY - noon_shift
    day = (midnight + DAY // 2) // DAY * DAY
    days, where = np.unique(day, return_inverse=True)
    rise, _ = sunrise_and_sunset(days, place.latitude, place.longitude)
    return np.asarray((time - day) / MINUTE - np.atleast_1d(rise)[where], dtype=np.float64)


def noise_floors(study: Study) -> Floats:
    """10th percentile of the background level [dB], nan below 20 recordings [shape=(sites, seasons)]."""
    floors = np.full(study.shape, np.nan)
    found = excerpts(study, (_FLOOR,))
    for row, site in enumerate(study.sites):
        for column, season in enumerate(study.seasons):
            if site in found:
                levels = found[site].within(season.window)
                audible = levels.values[levels.minutes > 0, 0]
                if len(audible) >= LEAST_RECORDINGS:
                    floors[row, column] = float(np.percentile(audible, QUIETEST))
    return floors
