"""Restoration that began in different seasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.stats.permutation import label_draws
from analysis.stats.starts.staggered import staggered_effects
from analysis.verdict.rule import judge
from analysis.verdict.starts.cohorts import Cohorts
from tests.analysis.verdict.conftest import content, panels_of


def staggered(cohorts: dict[str, int], control: int = 8) -> Plan:
    """Seasons y0 to y7, before until y2; ``cohorts``: start -> sites."""
    restored = sum(cohorts.values())
    base = content(restored=restored, control=control)
    starts = iter([start for start, size in cohorts.items() for _ in range(size)])
    for site in base["sites"]:
        if site["arm"] == "restored":
            site["start"] = next(starts)
    return Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")


def grown(plan: Plan, effect: float, noise: float = 0.1, seed: int = 1) -> list[Panel]:
    """``effect`` from each site's own start on."""
    began = np.array([int(site.start[1:]) if site.start else 99 for site in plan.sites])
    after = np.arange(8)[None, :] >= began[:, None]
    return [
        replace(one, values=one.values + effect * after) for one in panels_of(plan, noise=noise, seed=seed)
    ]


def test_the_estimate_is_callaway_and_santannas() -> None:
    plan = staggered({"y3": 4, "y5": 5})
    panels = grown(plan, 0.5)
    years = np.arange(2010, 2018)
    starts = [2010 + int(site.start[1:]) if site.start else 0 for site in plan.sites]
    for one, found in zip(panels, judge(plan, panels).indicators, strict=True):
        assert found.tested is not None
        peer = staggered_effects(one.values, starts, years, control="never").overall
        assert found.tested.estimate == pytest.approx(peer, abs=2e-6)


@pytest.mark.parametrize(("effect", "expected"), [(0.7, "recovering"), (-0.7, "eroding"), (0.0, "stable")])
def test_staggered_starts_get_a_verdict(effect: float, expected: str) -> None:
    plan = staggered({"y3": 4, "y5": 4}, control=8)
    found = judge(plan, grown(plan, effect))
    assert found.territory == expected
    tested = found.indicators[0].tested
    assert tested is not None
    assert tested.low < effect < tested.high
    assert tested.low <= tested.low_90 <= tested.high_90 <= tested.high


def test_shuffled_starts_hold_their_level() -> None:
    plan = staggered({"y3": 4, "y5": 4}, control=8)
    wrong = sum(
        judge(plan, grown(plan, 0.0, noise=0.3, seed=seed)).territory != "inconclusive" for seed in range(40)
    )
    assert wrong <= 6  # 99 % bound of 40 at 5 %


def test_a_cohort_of_two_is_refused() -> None:
    plan = staggered({"y3": 6, "y5": 2})
    found = judge(plan, grown(plan, 1.0))
    assert (found.territory, found.codes) == ("inconclusive", ("STAGGERED_STARTS",))


def test_one_common_start_is_an_ordinary_plan() -> None:
    plan = staggered({"y3": 8})
    assert judge(plan, grown(plan, 0.7)).indicators[0].tested is not None


def test_gaps_leave_sites_out_and_too_many_refuse() -> None:
    plan = staggered({"y3": 4, "y5": 4})
    panels = []
    for one in grown(plan, 0.7):
        values = one.values.copy()
        values[0, 4] = np.nan
        panels.append(replace(one, values=values))
    assert judge(plan, panels).territory == "recovering"
    for one in panels:
        one.values[[2, 4], 6] = np.nan  # only one site of the first cohort stays complete
    assert "MISSING_SEASON" in judge(plan, panels).codes


def uneven(seed: int) -> tuple[Plan, list[Panel]]:
    """Two cohorts of three against 18 controls that vary three times less; no effect."""
    plan = staggered({"y3": 3, "y5": 3}, control=18)
    rng = np.random.default_rng(seed)
    spread = np.array([0.3 if site.arm == "restored" else 0.1 for site in plan.sites])[:, None]
    return plan, [
        replace(one, values=spread * rng.standard_normal(one.values.shape))
        for one in panels_of(plan, seed=seed)
    ]


def test_cohorts_that_differ_in_size_and_spread_hold_their_level() -> None:
    found = {}
    for rule in (1, 2):
        judged = [judge(*uneven(seed), with_power=False, rule=rule) for seed in range(60)]
        found[rule] = sum(
            any(one.tested is not None and one.tested.p_adjusted <= 0.05 for one in each.indicators)
            for each in judged
        )
    assert found[2] <= 8  # 99 % bound of 60 at 5 %
    assert found[1] > 8  # what shuffles that are not studentised do


def test_the_variance_is_that_of_the_cohorts_means() -> None:
    """By hand: sum over cohorts of (n_g / N)² s²_g / n_g, and s² / n of the controls' weighted changes."""
    rng = np.random.default_rng(3)
    x = np.round(1e6 * rng.normal(0, 0.3, (12, 6))).astype(np.int64)
    label = np.array([0] * 5 + [1] * 4 + [2] * 3)
    cohorts = Cohorts(label, (2, 4))
    variance, freedom = cohorts.variances(x, label_draws(label, b"seed", draws=5))
    since = [(x[:, first:] - x[:, first - 1 : first]).sum(axis=1) / 1e6 for first in (2, 4)]
    share = np.array([4.0, 3.0]) / (4 * 4 + 3 * 2)
    parts = [
        share[0] ** 2 * since[0][label == 1].var(ddof=1) / 4,
        share[1] ** 2 * since[1][label == 2].var(ddof=1) / 3,
        (share[0] * since[0] + share[1] * since[1])[label == 0].var(ddof=1) / 5,
    ]
    assert variance[0] / 1e12 == pytest.approx(sum(parts), rel=1e-5)
    below = sum(one * one / df for one, df in zip(parts, (3, 2, 4), strict=True))
    assert freedom == pytest.approx(sum(parts) ** 2 / below, rel=1e-5)
