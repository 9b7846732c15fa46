"""Without a baseline: an association; without controls: nothing; and what the sentences must not hide."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.plan.plan import Plan
from analysis.verdict.rule import judge
from tests.analysis.verdict.conftest import content, panels_of, plan_of


@pytest.mark.parametrize("before", [0, 1])
def test_too_few_seasons_before_leave_an_association_and_no_class(before: int) -> None:
    plan = plan_of(restored=12, control=12, before=before, after=4)
    panels = panels_of(plan, 0.9)
    found = judge(plan, panels)
    assert found.territory == "inconclusive"
    assert "SHORT_BASELINE" in found.codes
    assert "association" in found.answer
    arms = np.array([site.arm == "restored" for site in plan.sites])
    for one, panel in zip(found.indicators, panels, strict=True):
        assert one.verdict == "inconclusive"
        assert one.tested is None
        level = panel.values[:, before:].mean(axis=1)  # the arms' difference afterwards, by hand
        peer = stats.ttest_ind(level[arms], level[~arms], equal_var=False).confidence_interval()
        assert one.association is not None
        assert one.association.estimate == pytest.approx(level[arms].mean() - level[~arms].mean(), abs=2e-6)
        assert one.association.low <= peer.low + 1e-5
        assert one.association.high >= peer.high - 1e-5
        assert (one.association.n_restored, one.association.n_control) == (12, 12)
    said = json.loads(found.to_json())["indicators"][0]
    assert said["association"]["before"] == before
    assert said["estimate"] is None


def test_a_measured_change_is_no_association() -> None:
    plan = plan_of(before=2)
    assert all(one.association is None for one in judge(plan, panels_of(plan)).indicators)


def test_a_plan_without_controls_says_so_and_counts_its_sites() -> None:
    base = content()
    for site in base["sites"]:
        if site["arm"] == "control":
            site["arm"] = "reference"
    plan = Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")
    panels = panels_of(plan, 0.6)
    panels[0].values[0] = np.nan  # one restored site was never measured
    found = judge(plan, panels)
    assert found.territory == "inconclusive"
    assert "NO_CONTROL" in found.codes
    assert [(one.n_restored, one.n_control) for one in found.indicators] == [(7, 0), (8, 0)]
    assert "NO_CONTROL" not in judge(plan, panels, rule=1).codes


def test_a_wide_margin_is_said_in_the_sentence() -> None:
    base = content(restored=12, control=12)
    for primary in base["primaries"]:
        primary["margin"] = 0.9  # e^.9 = 2.46
    plan = Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")
    found = judge(plan, panels_of(plan))
    assert found.territory == "stable"
    assert "smaller than × 2.46" in found.answer
    usual = plan_of(restored=12, control=12)
    assert "×" not in judge(usual, panels_of(usual, seed=3)).answer


def test_a_land_use_says_no_plainer_word_than_the_territory() -> None:
    plan = plan_of(restored=20, control=20, land_uses=2)
    arms = np.array([site.arm == "restored" for site in plan.sites])[:, None]
    time = np.arange(len(plan.seasons))[None, :]
    panels = [replace(one, values=one.values + 0.12 * arms * time) for one in panels_of(plan, noise=0.4)]
    found = judge(plan, panels)
    assert found.territory == "recovering-if-parallel"
    words = {use.verdict for use in found.by_land_use.values()}
    assert "recovering" not in words
    assert "recovering-if-parallel" in words
    assert "recovering" in {use.verdict for use in judge(plan, panels, drawn=True).by_land_use.values()}
