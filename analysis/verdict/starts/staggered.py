"""Restoration that began in different seasons: Callaway & Sant'Anna, judged by shuffled starts.

1. Sites that began together are a cohort; each is compared with sites that never began, since the
   last season before its start; cohorts are averaged by size ("simple").
2. Start labels, "never" among them, are shuffled over sites, all indicators at once: max-|t|, by the
   second rule studentised by cohort, and the larger p of that and of Student's t.
3. The interval is the hull of effects that the shuffles do not reject; the same shuffles give the power.

Source: Callaway & Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001.  Normal standard errors call
12-16 % of nothing an effect, therefore none is used; two-way fixed effects never.  Shuffled effects that
are not studentised call .25 to .34 where cohorts differ in size and spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from analysis.arrays import Bools, Floats, Integers
from analysis.plan.panel import micro
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster
from analysis.stats.contrast import MICRO, Estimate, arm_change, assemble
from analysis.stats.permutation import TIE, Design, label_draws, step_down, studentised, tail
from analysis.stats.power import detectable, power
from analysis.stats.starts.power import shuffled_detectable, shuffled_power
from analysis.stats.starts.staggered import SMALLEST_COHORT
from analysis.stats.student import root, t_quantile, t_tail
from analysis.verdict.conclusion import WANTED_POWER, blocked, conclude, own_change
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.statistic import Pretrend
from analysis.verdict.result import IndicatorVerdict, Tested
from analysis.verdict.starts.cohorts import Cohorts

_OUTWARD = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0, 30.0, 100.0)


def tested_staggered(
    plan: Plan,
    roster: Roster,
    open_: Sequence[Evidence],
    slopes: Mapping[str, Pretrend],
    codes: Mapping[str, frozenset[str]],
    rule: int,
) -> list[IndicatorVerdict]:
    """One verdict for each open indicator; those with too few complete sites are refused."""
    done, ready = [], []
    for one in open_:
        cohorts = _cohorts(one, roster)
        if cohorts is None:
            done.append(blocked(one.primary, one, roster, codes[one.primary.id] | {"STAGGERED_STARTS"}))
        else:
            ready.append((one, cohorts))
    whole = np.logical_and.reduce([_complete(one) for one, _ in ready]) if ready else np.zeros(0, dtype=bool)
    if not ready or any(_small(cohorts.label[whole], cohorts) for _, cohorts in ready):
        return done + [
            blocked(one.primary, one, roster, codes[one.primary.id] | {"MISSING_SEASON"}) for one, _ in ready
        ]
    drawn = label_draws(np.where(whole, ready[0][1].label, -1)[whole], roster.seed)
    tables = [micro(one.values[whole]) for one, _ in ready]
    effects = np.stack([c.effects(x, drawn) for x, (_, c) in zip(tables, ready, strict=True)], axis=1)
    if rule == 1:
        members = _shuffled(effects)
    else:
        controls, *together = (int((drawn[0] == g).sum()) for g in range(int(drawn[0].max()) + 1))
        found = [c.variances(x, drawn) for x, (_, c) in zip(tables, ready, strict=True)]
        members = _studentised(effects, found, roster.design, plan, together, controls)
    for k, (one, cohorts) in enumerate(ready):
        tested, own = _tested(plan, roster, one, cohorts, whole, drawn, effects[:, k], members[k])
        slope = slopes.get(one.primary.id)
        done.append(
            conclude(plan, one, tested, own, codes[one.primary.id], slope, roster_design=roster.design)
        )
    return done


@dataclass(frozen=True, slots=True)
class _Member:
    """One indicator of the family: its p values, and under the second rule what Student's t adds."""

    raw: float
    adjusted: float
    estimate: Estimate | None = None
    critical: float = 0.0


def _shuffled(effects: Floats) -> list[_Member]:
    """By the first rule: shuffled effects alone, scaled by their own spread."""
    adjusted = step_down(np.abs(effects) / np.sqrt((effects * effects).mean(axis=0)))
    raw = [tail(np.abs(column), abs(float(column[0]))) for column in effects.T]
    return [_Member(one, float(each)) for one, each in zip(raw, adjusted, strict=True)]


def _studentised(
    effects: Floats,
    found: list[tuple[Floats, float]],
    design: Design,
    plan: Plan,
    cohorts: list[int],
    controls: int,
) -> list[_Member]:
    """By the second: the larger p of studentised shuffles and of Student's t, step-down and Holm.

    With few sites in a cohort, or few that never began, the smaller arm alone gives the degrees of freedom.
    """
    t = np.stack([studentised(effects[:, k], each) for k, (each, _) in enumerate(found)], axis=1)
    alpha, own = plan.thresholds.alpha, min(sum(cohorts) - len(cohorts), controls - 1)
    few = min(*cohorts, controls) < design.few
    sizes = sum(cohorts), controls
    estimates = []
    for k, (variance, freedom) in enumerate(found):
        df, error = min(freedom, own) if few else freedom, root(float(variance[0]))
        p = t_tail(float(effects[0, k]) / error, df) if error > 0 else 1.0
        estimates.append(Estimate(float(effects[0, k]) / MICRO, error / MICRO, df, p, *sizes))
    whole = assemble(tuple(estimates), t, alpha=alpha)
    return [
        _Member(
            float(whole.raw[k]),
            float(whole.adjusted[k]),
            one,
            max(whole.critical, t_quantile(alpha / len(plan.primaries), one.df)),
        )
        for k, one in enumerate(estimates)
    ]


def _cohorts(one: Evidence, roster: Roster) -> Cohorts | None:
    """Cohorts in the columns that were kept; None where one has no season before, or none after."""
    order = [one.panel.seasons.index(season) for season in one.seasons]
    starts = sorted(
        {site.start for site in roster.sites if site.start is not None}, key=one.panel.seasons.index
    )
    first = [int(np.searchsorted(order, one.panel.seasons.index(start))) for start in starts]
    if any(column < 2 or column >= len(order) for column in first):
        return None
    label = np.array([0 if site.start is None else 1 + starts.index(site.start) for site in roster.sites])
    return Cohorts(label.astype(np.int64), tuple(first))


def _complete(one: Evidence) -> Bools:
    return np.asarray(np.isfinite(one.values).all(axis=1))


def _small(label: Integers, cohorts: Cohorts) -> bool:
    return any(int((label == g).sum()) < SMALLEST_COHORT for g in range(len(cohorts.first) + 1))


def _tested(
    plan: Plan,
    roster: Roster,
    one: Evidence,
    cohorts: Cohorts,
    whole: Bools,
    drawn: Integers,
    effects: Floats,
    member: _Member,
) -> tuple[Tested, Estimate]:
    began = np.array([cohorts.first[g - 1] if g else int(one.before.sum()) for g in cohorts.label])
    after = np.arange(one.values.shape[1])[None, :] >= began[:, None]
    treated = np.where((cohorts.label > 0)[:, None], after, False)[whole].astype(np.int64) * MICRO
    shifted = cohorts.effects(treated, drawn) / MICRO
    observed, alpha = float(effects[0]) / MICRO, plan.thresholds.alpha
    ends = [_hull(effects / MICRO, shifted, outside) for outside in (alpha, 2 * alpha)]
    change, present = _changes(one, after)
    own = [arm_change(change, present, roster.design, restored=side) for side in (True, False)]
    arms = [own_change(each, one, alpha) for each in own]
    size = len(plan.primaries)
    least = shuffled_detectable(effects / MICRO, shifted, alpha=alpha, family=size, wanted=WANTED_POWER)
    reach = shuffled_power(effects / MICRO, shifted, one.primary.target, alpha=alpha, family=size)
    if member.estimate is not None:
        ends = [
            _wider(end, member.estimate, outside)
            for end, outside in zip(ends, (alpha, 2 * alpha), strict=True)
        ]
        least = max(least, detectable(member.estimate, member.critical, wanted=WANTED_POWER))
        reach = min(reach, power(member.estimate, one.primary.target, member.critical))
    mde = least if isfinite(least) else None
    p = member.raw, member.adjusted
    return Tested(observed, *ends[0], *ends[1], *p, mde, reach, arms[0], arms[1]), own[0]


def _wider(ends: tuple[float, float], estimate: Estimate, outside: float) -> tuple[float, float]:
    half = estimate.half_width(outside)
    return min(ends[0], estimate.value - half), max(ends[1], estimate.value + half)


def _changes(one: Evidence, after: Bools) -> tuple[Integers, Bools]:
    """Each site's own mean after its start minus its mean before."""
    known = np.isfinite(one.values)
    y = np.where(known, one.values, 0.0)
    counts = [(known & side).sum(axis=1) for side in (after, ~after)]
    present = (counts[0] > 0) & (counts[1] > 0)
    means = [
        (y * side).sum(axis=1) / np.maximum(n, 1) for side, n in zip((after, ~after), counts, strict=True)
    ]
    return np.where(present, micro(means[0] - means[1]), 0), present


def _hull(a: Floats, b: Floats, outside: float) -> tuple[float, float]:
    """The hull of effects θ0 whose shuffles |a − b θ0| reach |a0 − θ0| more often than ``outside``."""
    unit = float(np.sort(np.abs(a))[int((1 - outside) * (len(a) - 1))])
    if unit == 0.0:
        return float(a[0]), float(a[0])

    def kept(shift: float) -> bool:
        value = float(a[0]) + shift
        return int(np.count_nonzero(np.abs(a - b * value) >= abs(shift) * (1 - TIE))) / len(a) > outside

    ends = []
    for side in (-1.0, 1.0):
        inside = [step for step in _OUTWARD if kept(side * step * unit)]
        low = inside[-1] if inside else 0.0
        place = _OUTWARD.index(low) + 1 if inside else 0
        if place == len(_OUTWARD):
            ends.append(side * float("inf"))
            continue
        high = _OUTWARD[place]
        for _ in range(20):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if kept(side * middle * unit) else (low, middle)
        ends.append(float(a[0]) + side * high * unit)
    return ends[0], ends[1]
