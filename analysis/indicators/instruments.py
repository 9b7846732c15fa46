"""What physics says of the instruments: is the clock with the sun, is the gain the same?

1. ``dawn_offsets``: centre of gravity of calling around sunrise, from rates at equal
   effort, after sunrise.  A clock that is wrong moves it, whatever sings.
2. ``noise_floors``: the level below which the quietest tenth of recordings lie.  A changed
   gain or microphone moves it; a richer dawn hardly does.

nan where there is too little to tell.  The verdict's gates compare them between arms and
periods; they are no indicators.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indicators.jobs.excerpts import excerpts
from analysis.indicators.jobs.grid import Grid
from analysis.indices.sun import sunrise_and_sunset
from analysis.study.listening import Listening
from analysis.study.study import Study
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
    """The grid of a detector's indicator with clock and gain in its provenance."""
    key = study.labels()
    if key not in study.physics:
        study.physics[key] = (dawn_offsets(study), noise_floors(study))
    offsets, floors = study.physics[key]
    return replace(grid, provenance=replace(grid.provenance, dawn_offset=offsets, noise_floor=floors))


def dawn_offsets(study: Study) -> Floats:
    """``dawn_offset`` of every site and season [min, shape=(sites, seasons)]."""
    species = study.labels()
    return np.array(
        [
            [
                dawn_offset(study.listening(site, season), study.territory.site_by_id[site], species)
                for season in study.seasons
            ]
            for site in study.sites
        ]
    ).reshape(study.shape)


def dawn_offset(heard: Listening, place: Site, species: tuple[str, ...]) -> float:
    """Centre of calling around sunrise [min after sunrise]; nan below 60 calls or 3 bins of effort.

    inf, which says that it does not apply, where recordings never fall around sunrise.
    """
    wanted = set(species)
    counted = np.array([one in wanted for one in heard.callers], dtype=np.bool_)
    calls = after_sunrise(heard.calls[counted], place)
    effort = after_sunrise(heard.starts, place)
    edges = np.arange(WINDOW[0], WINDOW[1] + BIN, BIN)
    minutes = np.histogram(effort, edges, weights=heard.excerpt_minutes)[0]
    number = np.histogram(calls, edges)[0]
    known = minutes > 0
    if len(heard.starts) and not known.any():
        return float("inf")
    if known.sum() < LEAST_BINS or number[known].sum() < LEAST_CALLS:
        return float("nan")
    rate = number[known] / minutes[known]
    middle = (edges[:-1] + BIN / 2)[known]
    return float((rate * middle).sum() / rate.sum())


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
