"""Two words: a contrast that diverging arms would explain is a gain only if the arms were parallel."""

from __future__ import annotations

import json
from dataclasses import replace
from math import log

import numpy as np
import pytest

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster
from analysis.verdict.doubts.parallel import corrected, season_times
from analysis.verdict.evidence import gather
from analysis.verdict.rule import judge
from tests.analysis.verdict.conftest import content, panels_of, plan_of


def diverging(plan: Plan, slope: float, effect: float = 0.0, noise: float = 0.4) -> list[Panel]:
    """The restored arm moves away from the control by ``slope`` a season, in every season."""
    arms = np.array([site.arm == "restored" for site in plan.sites])[:, None]
    time = np.arange(len(plan.seasons))[None, :]
    return [
        replace(one, values=one.values + slope * arms * time) for one in panels_of(plan, effect, 0, noise)
    ]


def test_a_straight_line_leaves_nothing_after_its_slope_is_taken_along() -> None:
    """y = k + s t: d = L s, b = s less the mean slope of all, so that d - L b is one number for all sites."""
    base = content()
    del (
        base["seasons"][1],
        base["seasons"][4],
    )  # years without a visit: time is time, not the count of seasons
    plan = Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")
    years = np.array([int(one.start[:4]) - 2010 for one in plan.seasons], dtype=np.float64)
    after = np.array([one.period == "after" for one in plan.seasons])
    slopes = np.linspace(-0.3, 0.5, len(plan.sites))[:, None]
    roster = Roster.of(plan)
    for step in (0.0, 0.4):
        values = 1.0 + slopes * years + step * after * roster.design.restored[:, None]
        values[3, 4] = np.nan  # a lost season shifts this site's own midpoint, not the answer
        panel = replace(panels_of(plan)[0], values=values)
        one = gather(plan, plan.primaries[0], panel, roster)
        assert season_times(plan, one)[-1] == pytest.approx(years[-1], abs=0.02)  # leap days
        value, here = corrected(one, season_times(plan, one))
        assert here.all()
        restored, control = value[roster.design.restored], value[~roster.design.restored]
        assert np.ptp(restored) < 5e3  # 10⁻⁶ against slopes of up to .5: years have other lengths
        assert np.ptp(np.delete(control, 1)) < 5e3
        assert restored.mean() - np.delete(control, 1).mean() == pytest.approx(step * 1e6, abs=5e3)


@pytest.mark.parametrize(("sign", "word"), [(1, "recovering"), (-1, "eroding")])
def test_diverging_arms_earn_the_word_only_under_a_condition(sign: int, word: str) -> None:
    plan = plan_of(restored=12, control=12, before=5)
    found = judge(plan, diverging(plan, sign * log(1.1)))
    assert found.territory == f"{word}-if-parallel"
    assert "PARALLEL_UNTESTED" in found.codes
    assert found.parallel is not None
    assert found.parallel.not_excluded is not None
    assert found.parallel.explaining is not None
    assert found.parallel.explaining == pytest.approx(0.1 if sign > 0 else 1 - 1 / 1.1, abs=0.03)
    assert found.parallel.not_excluded > found.parallel.explaining * 0.8
    assert f"{100 * found.parallel.explaining:.2g} % a season would explain it" in found.answer
    assert json.loads(found.to_json())["parallel"]["shown"] is False
    by_lot = judge(plan, diverging(plan, sign * log(1.1)), drawn=True)
    assert by_lot.territory == word
    assert "PARALLEL_UNTESTED" not in by_lot.codes
    assert judge(plan, diverging(plan, sign * log(1.1)), rule=1).territory == word


@pytest.mark.parametrize(("effect", "word"), [(0.6, "recovering"), (-0.6, "eroding")])
def test_a_step_that_slopes_do_not_explain_keeps_the_plain_word(effect: float, word: str) -> None:
    plan = plan_of(restored=12, control=12, before=5)
    found = judge(plan, diverging(plan, 0.0, effect, 0.1))
    assert found.territory == word
    assert found.parallel is not None
    assert found.parallel.shown
    assert found.parallel.p is not None
    assert found.parallel.p <= 0.05


def test_two_seasons_before_can_still_speak() -> None:
    plan = plan_of(restored=12, control=12, before=2)
    assert judge(plan, diverging(plan, 0.0, 1.5, 0.2)).territory == "recovering"
    assert judge(plan, diverging(plan, 0.15)).territory == "recovering-if-parallel"


def test_dead_indicators_do_not_speak_for_living_ones() -> None:
    names = ("detection-rate", "vocal-activity", "soil-moisture", "buffering")
    plan = plan_of(restored=12, control=12, before=5, primaries=names)
    panels = [
        one if one.group in ("soil", "weather") else replace(one, values=other.values)
        for one, other in zip(diverging(plan, 0, 1.2), diverging(plan, 0.15), strict=True)
    ]
    assert judge(plan, panels).territory == "recovering-if-parallel"
