"""Simulated territories with a known truth, at the level of site-seasons.

A value is  site + year + own change + AR(1) site-year noise, correlated over the primaries:

    y[k, i, s] = a[k, i] + b[k, s] + after(s) · (c[k, i] + effect · restored(i)) + u[k, i, s]

with u an AR(1) series of correlation ρ over seasons.  Where a family counts days, y is the logit of a
daily detection probability, days are binomial, and the panel holds the empirical logit.  Numbers come
from ``numpy.random.Generator`` seeded by (seed, family, territory) alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Floats
from analysis.plan.panel import Panel, Provenance, rate
from analysis.plan.plan import Plan
from analysis.plan.tables import DECLARATIONS

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of territory; ``effect`` is the true contrast of every primary."""

    name: str
    restored: int = 8
    control: int = 8
    before: int = 3
    after: int = 5
    rho: float = 0.6
    noise: float = 0.25
    """SD of the AR(1) site-year noise"""
    change: float = 0.1
    """SD of a site's own lasting change"""
    years: float = 0.1
    """SD of a season's effect, shared by all sites"""
    spread: float = 1.0
    """SD of the restored arm's noise and change, as a multiple of the control's"""
    skewed: bool = False
    missing: float = 0.0
    """share of site-seasons lost at random; above 0 one season also loses a quarter of one arm"""
    effort_change: float = 0.0
    """relative change of the restored arm's effort after restoration"""
    masks: bool = False
    """rain takes a random share of each season's days, another at each site"""
    counted: bool = False
    shocks: float = 0.0
    """SD of a season's effect that one whole arm shares: clustered arms"""
    clustered: bool = False
    correlation: float = 0.5
    primaries: int = 4
    effect: float = 0.0
    shifted: int | None = None
    """how many of the primaries carry the effect; None for all"""
    reference: int = 0

    @property
    def sites(self) -> int:
        return self.restored + self.control


@dataclass(frozen=True, slots=True)
class Territory:
    """What the field delivered: one plan, one panel per primary."""

    plan: Plan
    panels: tuple[Panel, ...]
    truth: dict[str, float] = field(default_factory=dict)


def change_sd(family: Family) -> float:
    """The SD of after − before of one site, from its own change and the AR(1) noise."""
    seasons = family.before + family.after
    weights = np.where(np.arange(seasons) < family.before, -1 / family.before, 1 / family.after)
    lags = np.abs(np.subtract.outer(np.arange(seasons), np.arange(seasons)))
    return float(np.sqrt(family.noise**2 * (weights @ family.rho**lags @ weights) + family.change**2))


def with_change_sd(family: Family, wanted: float) -> Family:
    """``family`` with noise and own change scaled so that a site's change has SD ``wanted``."""
    scale = wanted / change_sd(family)
    return replace(family, noise=family.noise * scale, change=family.change * scale)


@lru_cache(maxsize=64)
def plan_for(family: Family) -> Plan:
    """The frozen plan of a family: interleaved positions, unless its arms are clustered."""
    n = family.sites
    latitude, longitude = _positions(n)
    if family.clustered:
        longitude[: family.restored] += 0.3
    sites: list[dict[str, Any]] = [
        {
            "id": f"s{i:03d}",
            "arm": "restored" if i < family.restored else "control",
            "latitude": round(float(latitude[i]), 5),
            "longitude": round(float(longitude[i]), 5),
        }
        for i in range(n)
    ]
    sites += [{"id": f"r{i:03d}", "arm": "reference"} for i in range(family.reference)]
    seasons = [
        {
            "id": f"y{s}",
            "start": f"{2015 + s}-04-15T00:00:00Z",
            "end": f"{2015 + s}-07-15T00:00:00Z",
            "period": "before" if s < family.before else "after",
        }
        for s in range(family.before + family.after)
    ]
    content = {
        "territory": "simulated",
        "selection": "matched",
        "sites": sites,
        "seasons": seasons,
        "primaries": [
            {"id": name, "margin": log(1.25), "species": ["skylark"]} for name in NAMES[: family.primaries]
        ],
        "validated": {"skylark": {"clips": 120, "precision": 0.97}},
        "declarations": dict.fromkeys(DECLARATIONS, "looked for in the field and not found"),
    }
    return Plan.from_content(content, family.name).freeze("2015-01-01T00:00:00Z")


def _positions(n: int) -> tuple[Floats, Floats]:
    """n places in any order, each in a square of its own of 800 m, at least 600 m from the next."""
    rng = np.random.default_rng(20_260_101)
    side = int(np.ceil(np.sqrt(n)))
    row, column = np.divmod(rng.permutation(side * side)[:n], side)
    north, east = (800.0 * at + rng.uniform(0.0, 200.0, n) for at in (row, column))
    return 45.0 + north / 111_195.0, 5.0 + east / (111_195.0 * np.cos(np.radians(45.0)))


NAMES = ("detection-rate", "hill-q1", "dawn-activity", "soundscape-cover", "bat-passes", "hill-q2")
_SOUNDSCAPE = ("dawn-activity", "soundscape-cover")
"""Primaries whose data are recordings; those of the others are detections: four are two of each."""


def values(family: Family, rng: Rng) -> Floats:
    """y (primaries, sites, seasons) with the effect in it, before anything is counted or lost."""
    k, n, seasons = family.primaries, family.sites, family.before + family.after
    after = np.arange(seasons) >= family.before
    restored = np.arange(n) < family.restored
    scale = np.where(restored, family.spread, 1.0)[:, None]
    u = np.empty((k, n, seasons))
    u[:, :, 0] = _draw(family, rng, (k, n))
    for s in range(1, seasons):
        u[:, :, s] = family.rho * u[:, :, s - 1] + np.sqrt(1 - family.rho**2) * _draw(family, rng, (k, n))
    change = family.change * _draw(family, rng, (k, n))
    shifted = k if family.shifted is None else family.shifted
    effect = np.where(np.arange(k) < shifted, family.effect, 0.0)[:, None, None]
    y = 0.5 * rng.standard_normal((k, n, 1)) + family.years * _together(family, rng, (k, 1, seasons))
    y = y + family.noise * u * scale + after * (change[:, :, None] * scale + effect * restored[:, None])
    if family.shocks:
        shock = family.shocks * _together(family, rng, (k, 2, seasons))
        y = y + np.where(restored[None, :, None], shock[:, :1], shock[:, 1:])
    return np.asarray(y)


def _together(family: Family, rng: Rng, shape: tuple[int, ...]) -> Floats:
    """Standard normal, correlated over the first axis (the primaries)."""
    common = rng.standard_normal((1, *shape[1:]))
    own = rng.standard_normal(shape)
    return np.asarray(np.sqrt(family.correlation) * common + np.sqrt(1 - family.correlation) * own)


def _draw(family: Family, rng: Rng, shape: tuple[int, ...]) -> Floats:
    noise = _together(family, rng, shape)
    if not family.skewed:
        return noise
    return np.asarray((np.exp(0.8 * noise) - np.exp(0.32)) / np.sqrt((np.exp(0.64) - 1) * np.exp(0.64)))


def simulate(family: Family, seed: tuple[int, ...]) -> Territory:
    """One territory of ``family``; the same seed gives the same territory."""
    rng = np.random.default_rng(seed)
    plan = plan_for(family)
    y, days = values(family, rng), _days(family, rng)
    if family.counted:
        p = 1.0 / (1.0 + np.exp(-(y - 0.5)))
        y = np.stack([rate(rng.binomial(days.astype(np.int64), one).astype(np.float64), days) for one in p])
    lost = _lost(family, rng)
    y = np.where(lost, np.nan, y)
    effort = np.where(lost, 0.0, days)
    provenance = instruments(family, rng)
    panels = tuple(panel(plan, name, one, effort, provenance) for name, one in zip(NAMES, y, strict=False))
    return Territory(plan, panels)


def panel(plan: Plan, name: str, y: Floats, effort: Floats, provenance: Provenance) -> Panel:
    """A panel of the contrast's sites; reference sites have no rows."""
    sites = tuple(site.id for site in plan.sites if site.arm != "reference")
    group = "community" if name.startswith("hill") else "acoustic"
    scale = "logit" if name == "detection-rate" else "log"
    return Panel(
        name,
        scale,
        1,
        group,
        sites,
        tuple(season.id for season in plan.seasons),
        y,
        effort,  # type: ignore[arg-type]
        provenance,
        "soundscape" if name in _SOUNDSCAPE else "detections",
    )


def _days(family: Family, rng: Rng) -> Floats:
    """Valid days of each site-season."""
    n, seasons = family.sites, family.before + family.after
    days = np.full((n, seasons), 60.0)
    if family.masks:
        days *= 1 - np.clip(
            rng.uniform(0.0, 0.4, (1, seasons)) + rng.uniform(-0.1, 0.1, (n, seasons)), 0, 0.5
        )
    if family.effort_change:
        days[: family.restored, family.before :] *= 1 + family.effort_change
    return np.asarray(np.floor(days))


def _lost(family: Family, rng: Rng) -> NDArray[np.bool_]:
    n, seasons = family.sites, family.before + family.after
    lost = rng.random((n, seasons)) < family.missing
    if family.missing:
        season, arm = int(rng.integers(family.before, seasons)), int(rng.integers(2))
        start, size = (0, family.restored) if arm == 0 else (family.restored, family.control)
        lost[start : start + max(1, size // 4), season] = True
    return lost


def instruments(family: Family, rng: Rng) -> Provenance:
    """Full provenance: one detector, recorder, schedule, probes alike; noise floor and dawn vary."""
    n, seasons = family.sites, family.before + family.after
    shape = (n, seasons)
    floor = rng.normal(-62.0, 1.5, (n, 1)) + rng.normal(0.0, 0.5, (1, seasons)) + rng.normal(0.0, 0.6, shape)
    dawn = rng.normal(-25.0, 4.0, (n, 1)) + rng.normal(0.0, 3.0, (1, seasons)) + rng.normal(0.0, 5.0, shape)
    return Provenance(
        definition=np.full(shape, "detector-1.4"),
        device=np.full(shape, "recorder-a"),
        firmware=np.full(shape, "1.8.0"),
        threshold=np.full(shape, 0.6),
        noise_floor=floor,
        dawn_offset=dawn,
        schedule=np.full(shape, "rise-1=3333 rise+0=3334 set-1=3333"),
        weather=np.full(shape, "rain=0 temperature=0 wind=0"),
        depth=np.full(shape, 0.1),
        height=np.full(shape, 2.0),
        calibration=np.full(shape, "the device's own"),
        coverage=np.clip(rng.normal(0.93, 0.01, shape), 0.0, 1.0),
        species=("skylark",),
    )
