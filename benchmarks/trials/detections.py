"""Territories from the detection level: who sings in the simulated landscape, and what is recognised.

1. ``firmware_sim``'s world gives each species' calling rate at each site in each spring.
2. Its daily schedule, its detector's recall and its false positives make calls a day; rain takes
   a share of every day's minutes.
3. Days with each species, and calls an hour, become four panels as the catalogue defines them.
No message is sent: this is the statistics of the road, not the road.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import log

import numpy as np

from analysis.arrays import Floats
from analysis.indices.community.hill import Assemblage, common_coverage, hill_by_coverage, incidence
from analysis.plan.panel import Panel, Provenance, rate
from analysis.plan.plan import Plan
from analysis.plan.tables import DECLARATIONS
from benchmarks.trials.world import Family, Territory, instruments
from firmware_sim.world.nature.acoustic import SCHEDULE
from firmware_sim.world.nature.species import SPECIES
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World


@dataclass(frozen=True, slots=True)
class Landscape:
    """A family of territories from the simulated landscape."""

    name: str
    scale: Scale


DETECTIONS: tuple[Landscape, ...] = (
    Landscape("detections, 9 v 9, 2+3 springs", Scale(restored=9, control=9, reference=0, clips=0, days=30)),
    Landscape(
        "detections, 12 v 12, 3+5 springs",
        Scale(restored=12, control=12, reference=0, before=3, after=5, clips=0, days=30),
    ),
)


def detected(family: Landscape, seed: tuple[int, ...], scenario: str = "no-change") -> Territory:
    """One territory; the same seed gives the same territory."""
    number = int(np.random.default_rng(seed).integers(2**31))
    world = World(number, scenario, family.scale)
    rng = np.random.default_rng((*seed, 7))
    days, calls, hours = _heard(world, rng)
    plan = _plan(
        family.name,
        tuple((one.site, one.arm, one.land_use, one.latitude, one.longitude) for one in world.parcels),
        family.scale,
    )
    scale = family.scale
    alike = Family(
        family.name, restored=scale.restored, control=scale.control, before=scale.before, after=scale.after
    )
    source = instruments(alike, np.random.default_rng((*seed, 8)))
    return Territory(plan, tuple(_panels(plan, days, calls, hours, source, scale)))


def _heard(world: World, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Days with each species (sites, springs, species), calls and hours listened (sites, springs)."""
    scale, program = world.scale, world.settings.detector
    truth = np.moveaxis(world.community.rate, 0, 1)[:, :, None, :]
    night = np.array([species.nocturnal for species in SPECIES])
    sung = sum(np.where(night, slot.night_birds, slot.day_birds) for slot in SCHEDULE)
    rain = rng.random((1, truth.shape[1], scale.days, 1)) < 0.25
    valid = np.where(rain, rng.uniform(0.3, 1.0, rain.shape), 1.0) * np.ones((truth.shape[0], 1, 1, 1))
    mean = valid * (truth * sung * program.recall + program.false_positives * len(SCHEDULE))
    calls = rng.poisson(mean)
    return (
        (calls > 0).sum(axis=2).astype(np.float64),
        calls.sum(axis=(2, 3)).astype(np.float64),
        valid.sum(axis=(2, 3)) * len(SCHEDULE) / 60.0,
    )


def _panels(
    plan: Plan, days: Floats, calls: Floats, hours: Floats, known: Provenance, scale: Scale
) -> list[Panel]:
    length, before = scale.days, scale.before
    everyone = tuple(site.id for site in plan.sites)
    springs = tuple(season.id for season in plan.seasons)
    rates = rate(days, np.full(days.shape, float(length))).mean(axis=2)
    samples = [[incidence(cell, length) for cell in row] for row in days]
    wanted = min(common_coverage([one for row in samples for one in row[:before]]), 1 - 1e-6)
    hills = np.array([[np.log(_hill(one, wanted)) for one in row] for row in samples])
    shape = rates.shape
    source = replace(
        known,
        definition=np.full(shape, "fieldbird-1.0"),
        threshold=np.full(shape, 0.5),
        coverage=None,
        species=(),
    )
    tables: tuple[tuple[str, Floats], ...] = (
        ("species-detection-rate", rates),
        ("hill-q0", hills[:, :, 0]),
        ("hill-q1", hills[:, :, 1]),
        ("vocal-activity", np.log((calls + 0.5) / hours)),
    )
    return [
        Panel(
            name,
            "logit" if name.startswith("species") else "log",
            1,
            "acoustic" if name == "vocal-activity" else "community",
            everyone,
            springs,
            y,
            hours,
            source,
            "detections",
        )
        for name, y in tables
    ]


def _hill(sample: Assemblage, coverage: float) -> Floats:
    return np.maximum(hill_by_coverage(sample, coverage), 1e-9)


@lru_cache(maxsize=4096)
def _plan(name: str, sites: tuple[tuple[str, str, str, float, float], ...], scale: Scale) -> Plan:
    years = scale.years
    content = {
        "territory": "simulated",
        "selection": "matched",
        "sites": [
            dict(zip(("id", "arm", "land_use", "latitude", "longitude"), site, strict=True)) for site in sites
        ],
        "seasons": [
            {
                "id": f"y{year}",
                "start": f"{year}-04-20T00:00:00Z",
                "end": f"{year}-06-20T00:00:00Z",
                "period": "before" if year < scale.restored_on.year else "after",
            }
            for year in years
        ],
        "primaries": [
            {"id": one, "margin": log(1.11) if one.startswith("hill") else log(1.25)}
            for one in ("species-detection-rate", "hill-q0", "hill-q1", "vocal-activity")
        ],
        "declarations": dict.fromkeys(DECLARATIONS, "looked for in the field and not found"),
    }
    return Plan.from_content(content, name).freeze("2015-01-01T00:00:00Z")
