"""Territories from the detection level: who sings in the simulated landscape, and when recorders listen.

1. ``firmware_sim``'s world gives each species' calling rate at each site in each spring.
2. Recorders (``benchmarks.trials.recorders``) hear a part of it, at the hours and on the days of the family.
3. The catalogue makes four panels of what was heard, as from a store.
No message is sent: this is the statistics of the road, not the road.

In the families of ``HOURS`` the soil truly recovers and nothing that lives does, so that the territory's word
hangs on the indicators that are heard; each names the code that must come, if one must.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import log

import numpy as np

from analysis.indicators.catalogue import named
from analysis.indicators.compute import compute
from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.plan.tables import DECLARATIONS
from benchmarks.trials.recorders import Recorders, Recording, study_of
from benchmarks.trials.world import Family, Territory, instruments
from firmware_sim.world.nature.acoustic import AT_DAWN, SCHEDULE, Slot
from firmware_sim.world.nature.landscape import Parcel
from firmware_sim.world.nature.species import SPECIES
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World

HEARD = ("species-detection-rate", "hill-q0", "hill-q1", "vocal-activity")


@dataclass(frozen=True, slots=True)
class Landscape:
    """A family of territories from the simulated landscape."""

    name: str
    scale: Scale
    recorders: Recorders = lambda parcel, year, after: Recording()
    soil: float = 0.0
    """True gain of the soil at restored sites; above 0 the soil takes the place of ``hill-q0`` [log 1]."""
    code: str = ""
    """What must be said."""


DETECTIONS: tuple[Landscape, ...] = (
    Landscape("detections, 9 v 9, 2+3 springs", Scale(restored=9, control=9, reference=0, clips=0, days=30)),
    Landscape(
        "detections, 12 v 12, 3+5 springs",
        Scale(restored=12, control=12, reference=0, before=3, after=5, clips=0, days=30),
    ),
)

EARLIER = tuple(Slot(310, "dawn", 1.0, 0.6, 0.0) if slot.minute == 390 else slot for slot in SCHEDULE)
"""The recording of 06:30 made at 05:10: still in the morning."""


def _in(parcel: Parcel, after: bool, then: Recording) -> Recording:
    return then if after and parcel.arm == "restored" else Recording()


def _few(parcel: Parcel, year: int, after: bool) -> Recording:
    return _in(parcel, after and parcel.number < 4, Recording(AT_DAWN))


_SCALE = Scale(restored=9, control=9, reference=0, clips=0, days=24)
HOURS: tuple[Landscape, ...] = tuple(
    Landscape(name, _SCALE, recorders, soil=0.5, code=code)
    for name, code, recorders in (
        (
            "schedule to dawn in one arm",
            "UNEQUAL_SCHEDULE",
            lambda parcel, year, after: _in(parcel, after, Recording(AT_DAWN)),
        ),
        (
            "schedule moved within the morning, one arm",
            "UNEQUAL_SCHEDULE",
            lambda parcel, year, after: _in(parcel, after, Recording(EARLIER)),
        ),
        (
            "schedule at dawn before, one arm",
            "UNEQUAL_SCHEDULE",
            lambda parcel, year, after: _in(parcel, not after, Recording(AT_DAWN)),
        ),
        (
            "good-weather days in one arm",
            "UNEQUAL_WEATHER",
            lambda parcel, year, after: _in(parcel, after, Recording(dry_days_only=True)),
        ),
        (
            "schedule to dawn in both arms",
            "",
            lambda parcel, year, after: Recording(AT_DAWN) if after else Recording(),
        ),
        ("schedule to dawn at a few sites of one arm", "", _few),
    )
)
"""Nothing that lives changes; who listens when does."""


def detected(family: Landscape, seed: tuple[int, ...], scenario: str = "no-change") -> Territory:
    """One territory; the same seed gives the same territory."""
    number = int(np.random.default_rng(seed).integers(2**31))
    world = World(number, scenario, family.scale)
    rng = np.random.default_rng((*seed, 7))
    names = tuple("soil-moisture" if family.soil and one == "hill-q0" else one for one in HEARD)
    plan = _plan(
        family.name,
        tuple((one.site, one.arm, one.land_use, one.latitude, one.longitude) for one in world.parcels),
        family.scale,
        names,
    )
    scale = family.scale
    alike = Family(
        family.name, restored=scale.restored, control=scale.control, before=scale.before, after=scale.after
    )
    known = instruments(alike, np.random.default_rng((*seed, 8)))
    study = study_of(world, family.recorders, rng)
    panels = []
    for name in names:
        if name == "soil-moisture":
            panels.append(_soil(world, family, rng))
            continue
        panel = compute(study, named(name)).panel
        source = replace(panel.provenance, noise_floor=known.noise_floor)
        panels.append(replace(panel, provenance=source))
    return Territory(plan, tuple(panels))


def _soil(world: World, family: Landscape, rng: np.random.Generator) -> Panel:
    """Soil water that rises at restored sites after restoration, by far more than it varies."""
    scale = family.scale
    shape = (len(world.parcels), len(scale.years))
    restored = np.array([one.arm == "restored" for one in world.parcels])[:, None]
    after = np.arange(shape[1]) >= scale.before
    y = rng.normal(-1.2, 0.2, (shape[0], 1)) + rng.normal(0, 0.05, shape) + family.soil * restored * after
    alike = Family(
        "soil", restored=scale.restored, control=scale.control, before=scale.before, after=scale.after
    )
    source = instruments(alike, rng)
    one = named("soil-moisture")
    sites = tuple(parcel.site for parcel in world.parcels)
    seasons = tuple(f"y{year}" for year in scale.years)
    known = replace(source, schedule=None, weather=None, species=(), coverage=None)
    return Panel(one.id, one.scale, 1, "soil", sites, seasons, y, np.full(shape, 30.0), known, one.source)


@lru_cache(maxsize=4096)
def _plan(
    name: str, sites: tuple[tuple[str, str, str, float, float], ...], scale: Scale, primaries: tuple[str, ...]
) -> Plan:
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
            {"id": one, "margin": log(1.11) if one.startswith("hill") else log(1.25)} for one in primaries
        ],
        "validated": {one.name: {"clips": 250, "precision": 0.98} for one in SPECIES},
        "declarations": dict.fromkeys(DECLARATIONS, "looked for in the field and not found"),
    }
    return Plan.from_content(content, name).freeze("2015-01-01T00:00:00Z")
