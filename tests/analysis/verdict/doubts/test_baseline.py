"""Arms that differ before: what returns to the mean is no recovery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.verdict.result import Verdict
from analysis.verdict.rule import judge
from tests.analysis.verdict.conftest import panels_of, plan_of


def apart(plan: Plan, levels: float, effect: float = 0.0, back: float = 0.0) -> list[Panel]:
    """Arms that differ by ``levels`` before; ``back`` is the share of a site's level that goes again."""
    arms = np.array([site.arm == "restored" for site in plan.sites])
    after = np.array([season.period == "after" for season in plan.seasons])
    panels = []
    for one in panels_of(plan, effect, noise=0.15, seed=4):
        values = one.values.copy()
        for arm in (arms, ~arms):
            values[arm] -= values[arm][:, ~after].mean()  # level arms, whatever the draw
        values = values + levels * arms[:, None]
        before = values[:, ~after].mean(axis=1)
        values = values - back * (before - before.mean())[:, None] * after
        panels.append(replace(one, values=values + 0.4 * back * after))
    return panels


def said(found: Verdict, code: str) -> bool:
    return any(code in one.codes for one in found.indicators)


def test_a_return_to_the_mean_is_explained_by_the_level_before() -> None:
    plan = plan_of(restored=12, control=12)
    panels = apart(plan, -1.0, back=0.5)
    assert judge(plan, panels, rule=1).territory == "recovering"
    found = judge(plan, panels)
    assert found.territory == "inconclusive"
    assert said(found, "BASELINE_IMBALANCE")
    assert said(found, "BASELINE_EXPLAINS_IT")
    assert judge(plan, panels, drawn=True).territory == "recovering"


@pytest.mark.parametrize("levels", [-1.0, 1.0])
def test_arms_that_truly_differ_may_recover(levels: float) -> None:
    plan = plan_of(restored=12, control=12)
    found = judge(plan, apart(plan, levels, effect=0.9))
    assert found.territory == "recovering"
    assert said(found, "BASELINE_IMBALANCE")
    assert not said(found, "BASELINE_EXPLAINS_IT")


def test_level_arms_are_not_asked() -> None:
    plan = plan_of(restored=12, control=12)
    found = judge(plan, apart(plan, 0.0, effect=0.9))
    assert found.territory == "recovering"
    assert not said(found, "BASELINE_IMBALANCE")
