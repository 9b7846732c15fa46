"""Testing what passed the gates: the whole territory, then each land use.

1. ``tested_whole`` permutes whole sites across all open primaries.
2. ``tested_by_land_use`` puts every land use and primary into one further family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np

from analysis.plan.plan import Plan
from analysis.plan.roster import Roster, few_sites
from analysis.stats.contrast import (
    Family,
    arm_change,
    assemble,
    family,
    interval,
    welch,
)
from analysis.stats.permutation import Arrangements, Design, moments, studentised
from analysis.stats.power import detectable, power, smallest_found
from analysis.stats.student import t_quantile
from analysis.verdict.conclusion import WANTED_POWER, blocked, conclude, own_change
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.statistic import Pretrend
from analysis.verdict.result import IndicatorVerdict, Tested

_LARGE = 8
"""From this many sites an arm, the standard error gives the minimum detectable effect."""


def tested_whole(
    plan: Plan,
    roster: Roster,
    open_: Sequence[Evidence],
    slopes: Mapping[str, Pretrend],
    codes: Mapping[str, frozenset[str]],
    *,
    with_power: bool,
) -> list[IndicatorVerdict]:
    """One verdict for each open indicator, as one family."""
    moving = [one for one in open_ if _varies(one, roster.design)]
    still = [
        blocked(one.primary, one, roster, codes[one.primary.id] | {"NO_VARIATION"})
        for one in open_
        if one not in moving
    ]
    if not moving:
        return still
    alpha = plan.thresholds.alpha
    x, here = np.stack([one.change for one in moving]), np.stack([one.present for one in moving])
    result = roster.settled(
        lambda draws: family(x, here, roster.design, draws, alpha=alpha),
        lambda one: tuple(one.permuted),
        alpha,
    )
    out = []
    for k, one in enumerate(moving):
        reach = _reach(one, roster, result, k, alpha) if with_power else (None, None)
        out.append(
            _verdict(
                plan,
                one,
                roster.design,
                roster.draws(),
                result,
                k,
                reach,
                codes[one.primary.id],
                slopes.get(one.primary.id),
            )
        )
    return still + out


def tested_by_land_use(
    plan: Plan, roster: Roster, open_: Sequence[Evidence], codes: Mapping[str, frozenset[str]]
) -> dict[tuple[str, str], IndicatorVerdict]:
    """Every land use with enough sites, every open indicator: one max-T family."""
    alpha, floor = plan.thresholds.alpha, plan.thresholds.min_sites
    cells = []
    for h, name in enumerate(roster.land_uses):
        for one in open_:
            here = roster.design.stratum == h
            part = roster.design.part(here)
            seen = Design(part.restored[one.present[here]], part.stratum[one.present[here]], part.weights)
            if not few_sites(seen, floor, alpha) and _moves(one.change[here], one.present[here]):
                cells.append((name, one, here, part))
    if not cells:
        return {}
    estimates = tuple(welch(one.change[here], one.present[here], part) for _, one, here, part in cells)

    def test(draws: Arrangements) -> Family:
        columns = [
            moments(one.change[here][None], one.present[here][None], draws.restored[:, here], part)
            for _, one, here, part in cells
        ]
        t = np.concatenate([studentised(theta, variance) for theta, variance in columns], axis=1)
        return assemble(estimates, t, alpha=alpha)

    result = roster.settled(test, lambda one: tuple(one.permuted), alpha)
    draws = roster.draws()
    return {
        (name, one.primary.id): _verdict(
            plan,
            one,
            part,
            Arrangements(draws.restored[:, here], draws.exact),
            result,
            k,
            (None, None),
            codes[one.primary.id],
            None,
            here,
        )
        for k, (name, one, here, part) in enumerate(cells)
    }


def _varies(one: Evidence, design: Design) -> bool:
    return all(_moves(one.change[arm], one.present[arm]) for arm in (design.restored, ~design.restored))


def _moves(change: np.ndarray[Any, np.dtype[np.int64]], present: np.ndarray[Any, np.dtype[np.bool_]]) -> bool:
    return len(np.unique(change[present])) > 1


def _reach(one: Evidence, roster: Roster, result: Family, k: int, alpha: float) -> tuple[float, float]:
    """(minimum detectable effect, power for the plan's target) of one indicator in this family."""
    estimate = result.estimates[k]
    family_size = len(result.estimates)
    critical = max(result.critical, t_quantile(alpha / family_size, estimate.df))
    if min(estimate.n_restored, estimate.n_control) >= _LARGE:
        return detectable(estimate, critical, wanted=WANTED_POWER), power(
            estimate, one.primary.target, critical
        )
    restored, control = (
        arm_change(one.change, one.present, roster.design, restored=side) for side in (True, False)
    )
    # a spread from few sites is too small more often than not: median of χ², Wilson & Hilferty 1931
    typical = (1.0 - 2.0 / (9.0 * estimate.df)) ** -1.5
    spread = (
        typical * restored.error * sqrt(restored.n_restored),
        typical * control.error * sqrt(control.n_control),
    )
    here = one.present
    design = roster.design.part(here)
    draws = Arrangements(roster.draws().restored[:, here], roster.draws().exact)
    found = smallest_found(spread, design, draws, family_size, estimate.df)
    least = float(found[min(len(found) - 1, int(WANTED_POWER * len(found)))])
    return least, int((found <= one.primary.target).sum()) / len(found)


def _verdict(
    plan: Plan,
    one: Evidence,
    design: Design,
    draws: Arrangements,
    result: Family,
    k: int,
    reach: tuple[float | None, float | None],
    codes: frozenset[str],
    slope: Pretrend | None,
    here: np.ndarray[Any, np.dtype[np.bool_]] | None = None,
) -> IndicatorVerdict:
    """The intervals of member ``k`` of a family, then its class; ``here`` picks one land use."""
    change, present = (one.change, one.present) if here is None else (one.change[here], one.present[here])
    alpha, margin = plan.thresholds.alpha, one.primary.margin
    estimate = result.estimates[k]
    low, high = interval(change, present, design, draws, outside=alpha)
    narrow = estimate.half_width(2 * alpha)
    low_90, high_90 = estimate.value - narrow, estimate.value + narrow
    if max(-low_90, high_90) < margin:
        low_90, high_90 = interval(change, present, design, draws, outside=2 * alpha)
    own = [arm_change(change, present, design, restored=side) for side in (True, False)]
    tested = Tested(
        estimate.value,
        low,
        high,
        low_90,
        high_90,
        float(result.raw[k]),
        float(result.adjusted[k]),
        reach[0],
        reach[1],
        own_change(own[0], one, alpha),
        own_change(own[1], one, alpha),
    )
    return conclude(plan, one, tested, own[0], codes, slope, roster_design=design if here is None else None)
