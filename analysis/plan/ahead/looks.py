"""Looks: when a plan is judged, which is fixed with it.

1. A look is known by its seasons after restoration: the place of the last one that has any data.
2. ``announced`` are the plan's looks, by default one, after its last season.
3. ``allowances`` says what of alpha may be spent by each; ``mute`` names looks that cannot speak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster, is_staggered
from analysis.stats.looks.levels import spent
from analysis.stats.permutation import smallest_p


def seasons_after(plan: Plan) -> tuple[str, ...]:
    """The plan's seasons after restoration, in order."""
    return tuple(season.id for season in plan.seasons if season.period == "after")


def announced(plan: Plan) -> tuple[int, ...]:
    """After how many seasons after restoration the plan is judged."""
    return plan.looks.after if plan.looks is not None else (len(seasons_after(plan)),)


def look_of(plan: Plan, panels: Sequence[Panel]) -> int:
    """How far ``panels`` reach: the place of the last season after restoration with a value; 0 without one.

    A season in between that was lost makes no other look.
    """
    place = {name: number for number, name in enumerate(seasons_after(plan), start=1)}
    return max(
        (
            place[name]
            for panel in panels
            for column, name in enumerate(panel.seasons)
            if name in place and np.isfinite(panel.values[:, column]).any()
        ),
        default=0,
    )


def allowances(plan: Plan) -> tuple[float, ...]:
    """What of alpha may be spent by each announced look; all of it by the last."""
    looks = announced(plan)
    return tuple(spent(one / max(looks[-1], 1), plan.thresholds.alpha) for one in looks)


def guaranteed(plan: Plan, smallest: float) -> tuple[float, ...]:
    """The level that each look has whatever the data are; what a mute look cannot spend is left over."""
    out, gone = [], 0.0
    for may in allowances(plan):
        out.append(may - gone)
        gone = may if out[-1] >= smallest else gone
    return tuple(out)


def mute(plan: Plan) -> tuple[int, ...]:
    """Announced looks that no data could let speak.

    Their level is below the smallest p that so many sites can give, or they have too few seasons.
    """
    roster, looks = Roster.of(plan), announced(plan)
    smallest = 0.0 if is_staggered(roster) or not roster.sites else smallest_p(roster.design)
    short = {one for one in looks if one < plan.thresholds.min_seasons}
    if smallest > plan.thresholds.alpha:
        return looks
    below = {one for one, level in zip(looks, guaranteed(plan, smallest), strict=True) if level < smallest}
    return tuple(one for one in looks if one in short | below)


def as_at(plan: Plan, panel: Panel, look: int) -> Panel:
    """``panel`` as it was at an earlier look: without values of later seasons after restoration."""
    later = set(seasons_after(plan)[look:])
    known = np.array([name not in later for name in panel.seasons])
    return replace(
        panel,
        values=np.where(known, panel.values, np.nan),
        effort=np.where(known, panel.effort, 0.0),
    )
