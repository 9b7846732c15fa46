"""The weather of each spring, and what the cover of each site makes of it.

1. ``Weather`` is the region's: hourly air temperature, humidity, rain and wind, the same
   for every arm, with days of spin-up before the first recording day.
2. ``air_of_sites`` gives each site its own air: the daily swing is damped by its cover.

A daily wave (highest at 14 h UTC, larger under clear skies), day-to-day persistence, and
rain in spells drawn from a two-state chain: plain, but with the right shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from contract.instant import HOUR, from_datetime
from firmware_sim.world.arrays import Floats
from firmware_sim.world.scenario import WorldSettings, stream

SPIN_UP_DAYS = 30
_WET_AFTER_DRY, _WET_AFTER_WET = 0.22, 0.55
_RAIN_MM_PER_DAY = 1.9
_YEAR_TEMPERATURE = 0.4
"""Standard deviation of a spring's mean [K]."""
_YEAR_RAIN = 0.06
"""Standard deviation of a spring's rain as a share of the usual [1]."""


@dataclass(frozen=True, slots=True)
class Weather:
    """One spring of the region; arrays of one value an hour [shape=(h,)]."""

    start: int
    """Of the first hour, spin-up included [ns UTC]."""
    temperature: Floats
    """[degC]"""
    humidity: Floats
    """[%]"""
    rain: Floats
    """[mm]"""
    wind: Floats
    """[m/s]"""
    evaporation: Floats
    """What the air would take from wet ground [mm]."""

    @property
    def hours(self) -> int:
        return len(self.temperature)

    def hour_at(self, instant: int) -> int:
        """Index of the hour that holds ``instant``."""
        return (instant - self.start) // HOUR


def draw_weather(settings: WorldSettings, year: int) -> Weather:
    """The region's weather of one spring."""
    rng = stream(settings.seed, "weather", year)
    days = SPIN_UP_DAYS + settings.scale.days
    first = settings.scale.first_day(year) - timedelta(days=SPIN_UP_DAYS)
    start = from_datetime(datetime(first.year, first.month, first.day, tzinfo=UTC))
    wet = _wet_days(rng, days)
    anomaly = _centred(_persistent(rng, days, 0.75, 2.0)) + rng.normal(0, _YEAR_TEMPERATURE)
    day_mean = 11.5 + 0.10 * (np.arange(days) - SPIN_UP_DAYS) + anomaly
    swing = 5.2 + _centred(np.where(wet, -1.8, 1.2) + rng.uniform(-0.9, 0.9, days))
    hour = np.arange(days * 24) % 24
    wave = np.cos(2 * np.pi * (hour - 14) / 24)
    smooth = np.interp(np.arange(days * 24), np.arange(days) * 24 + 12, day_mean)
    temperature = smooth + np.repeat(swing, 24) * wave + _persistent(rng, days * 24, 0.8, 0.35)
    rain = _rain(rng, wet, rng.normal(1, _YEAR_RAIN))
    humidity = np.clip(
        74 - 2.6 * (temperature - smooth) + 9 * np.repeat(wet, 24) + rng.normal(0, 2, days * 24), 15, 100
    )
    gust = np.abs(2.2 + 1.2 * wave + _persistent(rng, days * 24, 0.9, 1.2))
    sun = np.clip(np.cos(2 * np.pi * (hour - 12) / 24), 0, None)
    evaporation = (
        np.clip(0.12 + 0.055 * temperature, 0.02, None) * sun * np.where(np.repeat(wet, 24), 0.5, 1.0)
    )
    return Weather(start, temperature, humidity, rain, gust, evaporation)


def air_of_sites(weather: Weather, slope: Floats, offset: Floats, rng: np.random.Generator) -> Floats:
    """Air temperature at each site [degC, shape=(sites, h)].

    ``slope``: how much of the region's daily swing arrives [1, shape=(sites,)];
    ``offset``: of the site's mean [K, shape=(sites,)].
    """
    kernel = np.ones(25)
    kernel[[0, -1]] = 0.5
    padded = np.pad(weather.temperature, 12, mode="edge")
    mean = np.convolve(padded, kernel / 24, mode="valid")
    swing = weather.temperature - mean
    noise = rng.normal(0, 0.12, (len(slope), weather.hours))
    return mean + offset[:, None] + slope[:, None] * swing + noise


def humidity_of_sites(weather: Weather, air: Floats) -> Floats:
    """Relative humidity at each site [%, shape=(sites, h)]: cooler air is moister air."""
    return np.clip(weather.humidity - 2.6 * (air - weather.temperature), 5, 100)


def _wet_days(rng: np.random.Generator, days: int) -> NDArray[np.bool_]:
    wet = np.zeros(days, dtype=np.bool_)
    chance = rng.random(days)
    for day in range(1, days):
        wet[day] = chance[day] < (_WET_AFTER_WET if wet[day - 1] else _WET_AFTER_DRY)
    return wet


def _centred(days: Floats) -> Floats:
    """Days whose means before and during the recording season are both 0."""
    kept = days.copy()
    kept[:SPIN_UP_DAYS] -= kept[:SPIN_UP_DAYS].mean()
    kept[SPIN_UP_DAYS:] -= kept[SPIN_UP_DAYS:].mean()
    return kept


def _rain(rng: np.random.Generator, wet: NDArray[np.bool_], share: float) -> Floats:
    """Spells of a few hours on wet days, in tips of 0.2 mm; ``share`` of the usual amount."""
    rain = np.zeros(len(wet) * 24)
    for day in np.flatnonzero(wet):
        total = rng.gamma(1.3, 4.0) + 0.4
        length = int(rng.integers(2, 8))
        begin = day * 24 + int(rng.integers(0, 24 - length))
        rain[begin : begin + length] += total * rng.dirichlet(np.full(length, 2.0))
    for span in (slice(0, SPIN_UP_DAYS * 24), slice(SPIN_UP_DAYS * 24, None)):
        total = rain[span].sum()
        if total > 0:
            rain[span] *= share * _RAIN_MM_PER_DAY * len(rain[span]) / 24 / total
    return np.round(rain / 0.2) * 0.2


def _persistent(rng: np.random.Generator, count: int, rho: float, spread: float) -> Floats:
    """First-order autoregressive noise with standard deviation ``spread``."""
    shocks = rng.normal(0, spread * np.sqrt(1 - rho**2), count)
    noise = np.empty(count)
    level = float(rng.normal(0, spread))
    for index in range(count):
        level = rho * level + float(shocks[index])
        noise[index] = level
    return noise
