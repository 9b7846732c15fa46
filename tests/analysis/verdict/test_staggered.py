"""Restoration that began in different seasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.stats.staggered import staggered_effects
from analysis.verdict.rule import judge
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
