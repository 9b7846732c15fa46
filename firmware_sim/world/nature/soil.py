"""The soil of each site: a bucket that rain fills and the air empties.

1. Rain runs in; what exceeds field capacity drains away within hours.
2. Evaporation takes what the air asks, times the share of extractable water, times what
   the cover lets it take.
3. Temperature at two depths follows the air, later and flatter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmware_sim.world.arrays import Floats
from firmware_sim.world.nature.weather import Weather

DEPTH_M = 0.10
"""Of the moisture probe."""
SHALLOW_M, DEEP_M = 0.05, 0.20
"""Of the two temperature probes."""
WILTING_POINT = 0.10
"""[m3/m3]"""

_ROOTS_MM = 250.0
_DRAINAGE = 0.06


@dataclass(frozen=True, slots=True)
class SoilYear:
    """One spring of every site [shape=(sites, h)]."""

    moisture: Floats
    """[m3/m3]"""
    shallow: Floats
    """Temperature at ``SHALLOW_M`` [degC]."""
    deep: Floats
    """Temperature at ``DEEP_M`` [degC]."""


def soil_of_sites(
    weather: Weather,
    air: Floats,
    *,
    capacity: Floats,
    spared: Floats,
    offset: Floats,
    rng: np.random.Generator,
) -> SoilYear:
    """Moisture and temperatures of every site.

    ``capacity``: field capacity [m3/m3]; ``spared``: share of evaporation that the cover
    holds back, negative where it lets more go [1]; ``offset``: what a probe reads too much
    [m3/m3]; all [shape=(sites,)].
    """
    moisture = _bucket(weather, capacity, spared) + offset[:, None]
    moisture += rng.normal(0, 0.0015, moisture.shape)
    return SoilYear(np.clip(moisture, 0.01, 0.6), _follow(air, 6.0, rng), _follow(air, 30.0, rng))


def _bucket(weather: Weather, capacity: Floats, spared: Floats) -> Floats:
    water = WILTING_POINT + 0.55 * (capacity - WILTING_POINT)
    moisture = np.empty((len(capacity), weather.hours))
    for hour in range(weather.hours):
        share = np.clip((water - WILTING_POINT) / (capacity - WILTING_POINT), 0, 1)
        loss = weather.evaporation[hour] * share * (1 - spared)
        water = water + (weather.rain[hour] - loss) / _ROOTS_MM
        water = water - np.clip(water - capacity, 0, None) * _DRAINAGE
        moisture[:, hour] = water
    return moisture


def _follow(air: Floats, hours: float, rng: np.random.Generator) -> Floats:
    """The air through a first-order lag of ``hours``."""
    gain = 1 - np.exp(-1 / hours)
    level = air[:, :72].mean(axis=1)
    out = np.empty_like(air)
    for hour in range(air.shape[1]):
        level = level + gain * (air[:, hour] - level)
        out[:, hour] = level
    return out + rng.normal(0, 0.03, out.shape)
