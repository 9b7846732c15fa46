"""Which species live where, and how much they call: the truth behind every detection.

1. Each species likes each site by a fixed fondness that moves a little from spring to spring.
2. It breeds there while its fondness lies within its occupancy: a share moved on the
   logit scale by arm, restoration and scenario.
3. Its calling rate is moved on the log scale by the same, by the spring (all sites alike)
   and by the site's own noise, which lasts from spring to spring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr

from firmware_sim.world.arrays import Floats
from firmware_sim.world.nature.landscape import Parcel
from firmware_sim.world.nature.species import SPECIES
from firmware_sim.world.scenario import Effects, WorldSettings, stream

REFERENCE = Effects(community=0.6, water=0.35, buffering=0.20)
"""What undisturbed sites have above ordinary ones, in every spring."""
OCCUPANCY_PER_COMMUNITY = 1.8


@dataclass(frozen=True, slots=True)
class Community:
    """Every species at every site in every spring."""

    present: NDArray[np.bool_]
    """Breeds there [shape=(years, sites, species)]."""
    rate: Floats
    """True calls a minute at the height of dawn, 0 where absent [same shape]."""


def effects_on(settings: WorldSettings, parcel: Parcel, year: int) -> Effects:
    """All that moves a site in a spring: its arm, the scenario, the time."""
    base = REFERENCE if parcel.arm == "reference" else Effects()
    after = year >= settings.scale.restored_on.year
    parts = [base]
    if after and parcel.arm != "reference":
        parts.append(settings.scenario.everywhere)
    if after and parcel.arm == "restored":
        parts.append(settings.scenario.restored)
    return Effects(
        community=sum(part.community for part in parts),
        water=sum(part.water for part in parts),
        buffering=sum(part.buffering for part in parts),
    )


def draw_community(settings: WorldSettings, parcels: Sequence[Parcel]) -> Community:
    """Occupancy and calling rates of the whole territory."""
    years = settings.scale.years
    moved = np.array([[effects_on(settings, p, year).community for p in parcels] for year in years])
    fondness = _lasting(settings, "fondness", len(parcels), len(SPECIES), settings.noise.persistence)
    quality = stream(settings.seed, "quality").normal(0, 0.12, len(parcels))
    occupancy = logit(np.array([s.occupancy for s in SPECIES]))
    wanted = expit(occupancy + (quality + OCCUPANCY_PER_COMMUNITY * moved)[:, :, None])
    present = ndtr(fondness) < wanted
    noise = _lasting(settings, "calling", len(parcels), 1, settings.noise.rho)
    spring = stream(settings.seed, "springs").normal(0, settings.noise.year_community, len(years))
    log_rate = moved[:, :, None] + settings.noise.site_year_community * noise + spring[:, None, None]
    own = stream(settings.seed, "voices").normal(0, 0.2, (len(parcels), len(SPECIES)))
    rate = np.exp(log_rate + own) * np.array([s.rate for s in SPECIES])
    return Community(present, np.where(present, rate, 0.0))


def lasting_noise(settings: WorldSettings, name: str, sites: int) -> Floats:
    """Standard normal noise of each site and spring that lasts [shape=(years, sites)]."""
    return _lasting(settings, name, sites, 1, settings.noise.rho)[:, :, 0]


def _lasting(settings: WorldSettings, name: str, sites: int, width: int, rho: float) -> Floats:
    """First-order autoregressive over springs, variance 1 [shape=(years, sites, width)]."""
    shocks = stream(settings.seed, "lasting", name).normal(0, 1, (len(settings.scale.years), sites, width))
    noise = np.empty_like(shocks)
    noise[0] = shocks[0]
    for index in range(1, len(shocks)):
        noise[index] = rho * noise[index - 1] + np.sqrt(1 - rho**2) * shocks[index]
    return noise
