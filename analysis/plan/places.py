"""Sites that are one place: nearer to each other than the plan's spacing they hear the same animals.

1. ``places_of`` joins sites of one arm and land use that are nearer than the spacing, and what is near
   those (single linkage); ``too_close`` lists restored sites beside control sites.
2. ``merged`` makes one row of each place: values are means, effort is the sum.

Four recorders at each of four places are four places, not sixteen sites.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.plan.panel import Panel, Texts
from analysis.plan.plan import Plan
from analysis.plan.tables import PlannedSite

EARTH_M = 6_371_000.0
"""Mean radius of the earth [m]."""


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance [m] of two (latitude, longitude) [degrees].

    By the haversine formula (Sinnott 1984, Sky and Telescope 68, 159).
    """
    north, south = math.radians(one[0]), math.radians(other[0])
    east = math.radians(other[1] - one[1])
    square = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(square)))


def standing(plan: Plan) -> tuple[PlannedSite, ...]:
    """Restored and control sites that no exclusion takes out as a whole."""
    return tuple(site for site in plan.sites if site.arm != "reference" and site.id not in plan.exclusions)


def _near(plan: Plan) -> list[tuple[PlannedSite, PlannedSite]]:
    """Pairs of standing sites nearer than the spacing; those without a position are in none."""
    placed = [
        (site, (site.latitude, site.longitude))
        for site in standing(plan)
        if site.latitude is not None and site.longitude is not None
    ]
    pairs = _nearer(tuple(place for _, place in placed), plan.spacing_m)
    return [(placed[i][0], placed[j][0]) for i, j in pairs]


@lru_cache(maxsize=64)
def _nearer(positions: tuple[tuple[float, float], ...], spacing_m: float) -> tuple[tuple[int, int], ...]:
    """Numbers of the positions that are nearer than the spacing; a plan is asked for them several times."""
    return tuple(
        (i, j)
        for (i, here), (j, there) in combinations(enumerate(positions), 2)
        if abs(here[0] - there[0]) < 1.0 and distance_m(here, there) < spacing_m
    )


def unplaced(plan: Plan) -> tuple[str, ...]:
    """Standing sites without a position."""
    return tuple(site.id for site in standing(plan) if site.latitude is None or site.longitude is None)


def too_close(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Restored and control sites that are nearer than the spacing."""
    return tuple((one.id, other.id) for one, other in _near(plan) if one.arm != other.arm)


def places_of(plan: Plan) -> dict[str, str]:
    """Site -> the first site of its place; of sites that stand alone, itself."""
    first = {site.id: site.id for site in plan.sites}
    order = {site.id: number for number, site in enumerate(plan.sites)}
    for one, other in _near(plan):
        if (one.arm, one.land_use, one.start) == (other.arm, other.land_use, other.start):
            a, b = sorted((first[one.id], first[other.id]), key=order.__getitem__)
            first = {name: a if place == b else place for name, place in first.items()}
    return first


def merged(plan: Plan, panels: Sequence[Panel]) -> tuple[Plan, list[Panel]]:
    """``plan`` and ``panels`` with one site a place; both as they are where no two sites are one.

    A season that the plan excludes of one site is left out of its place's mean, and is no exclusion of
    the place.
    """
    place = places_of(plan)
    if all(name == at for name, at in place.items()):
        return plan, list(panels)
    kept = tuple(site for site in plan.sites if place.get(site.id, site.id) == site.id)
    exclusions = {key: why for key, why in plan.exclusions.items() if "/" not in key}
    joined = plan.model_copy(update={"sites": kept, "exclusions": exclusions})
    return joined, [_joined(counted(plan, panel), place) for panel in panels]


def counted(plan: Plan, panel: Panel) -> Panel:
    """``panel`` without the values and the effort of site-seasons that the plan excludes."""
    values, effort = panel.values.copy(), panel.effort.copy()
    rows = {site: j for j, site in enumerate(panel.sites)}
    columns = {season: j for j, season in enumerate(panel.seasons)}
    for key in plan.exclusions:
        site, _, season = key.partition("/")
        if site in rows and season in columns:
            values[rows[site], columns[season]] = np.nan
            effort[rows[site], columns[season]] = 0.0
    return replace(panel, values=values, effort=effort)


def _joined(panel: Panel, place: dict[str, str]) -> Panel:
    groups: dict[str, list[int]] = {}
    for row, site in enumerate(panel.sites):
        groups.setdefault(place.get(site, site), []).append(row)
    rows = list(groups.values())
    told = {one.name: getattr(panel.provenance, one.name) for one in fields(panel.provenance)}
    joined: dict[str, Any] = {
        name: _listed(array, rows) if array.dtype.kind == "U" else _mean(array, rows)
        for name, array in told.items()
        if isinstance(array, np.ndarray)
    }
    return replace(
        panel,
        sites=tuple(groups),
        values=_mean(panel.values, rows),
        effort=np.stack([np.nansum(panel.effort[group], axis=0) for group in rows]),
        provenance=replace(panel.provenance, **joined),
    )


def _mean(array: Floats, rows: list[list[int]]) -> Floats:
    """Of the present cells of each group; where none is, inf if one does not apply, else nan."""
    out = np.full((len(rows), array.shape[1]), np.nan)
    for k, group in enumerate(rows):
        known = np.isfinite(array[group])
        total = np.where(known, array[group], 0.0).sum(axis=0)
        out[k] = np.where(np.isinf(array[group]).any(axis=0), np.inf, np.nan)
        out[k] = np.divide(total, known.sum(axis=0), out=out[k], where=known.any(axis=0))
    return out


def _listed(array: Texts, rows: list[list[int]]) -> Texts:
    """Every text of the group once, in order, so that a device that changed still shows."""
    cells = [
        [" ".join(sorted(set(array[group, column].tolist()) - {""})) for column in range(array.shape[1])]
        for group in rows
    ]
    return np.array(cells, dtype=np.str_)
