"""Shocks that a whole arm shares: of all indicators they stop the territory, of one only that one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.verdict.result import Verdict
from analysis.verdict.rule import judge
from tests.analysis.verdict.conftest import content, panels_of, plan_of

SHOCK = np.array([0, 0.6, -0.6, 0.5, 0.4, -0.5, 0.6, -0.6, 0.5, 0])
FAINT = 0.13
"""Of SHOCK: an SD of 0.06 beside sites of 0.1."""
GATE = {"ARMS_CLUSTERED", "SEASON_SHOCKS"}
ALL = ("detection-rate", "vocal-activity", "soil-moisture")


def codes_of(found: Verdict) -> set[str]:
    return {*found.codes, *(code for one in found.indicators for code in one.codes)}


def moved(plan: Plan, panel: Panel, shock: NDArray[np.float64]) -> Panel:
    """The panel with a shock of each season on the whole restored arm."""
    arms = np.array([site.arm == "restored" for site in plan.sites])
    return replace(panel, values=panel.values + arms[:, None] * shock)


def ten_seasons(**changes: object) -> Plan:
    base = content(restored=10, control=10, before=4, after=6, primaries=ALL)
    return Plan.from_content(base | changes, "plan").freeze("2009-01-01T00:00:00Z")


def test_shocks_of_every_indicator_are_found_without_positions() -> None:
    sites = content(restored=10, control=10)["sites"]
    for site in sites:
        del site["latitude"], site["longitude"]
    plan = ten_seasons(sites=sites)
    panels = panels_of(plan)
    assert "ARMS_CLUSTERED" in judge(plan, [moved(plan, one, SHOCK) for one in panels]).codes
    quiet = codes_of(judge(plan, panels))
    assert not quiet & GATE
    assert "POSITIONS_UNKNOWN" in quiet


def test_shocks_of_one_class_stop_that_indicator_alone() -> None:
    plan = ten_seasons()
    birds, sound, soil = panels_of(plan, 0.6)
    found = judge(plan, [birds, sound, moved(plan, soil, SHOCK)])
    assert found.territory == "recovering"
    assert [one.verdict for one in found.indicators] == ["recovering", "recovering", "inconclusive"]
    assert found.indicators[2].codes == ("SEASON_SHOCKS",)


def test_shocks_of_two_classes_stop_the_territory() -> None:
    plan = ten_seasons()
    birds, sound, soil = panels_of(plan, 0.6)
    found = judge(plan, [birds, moved(plan, sound, SHOCK), moved(plan, soil, SHOCK)])
    assert found.territory == "inconclusive"
    assert "ARMS_CLUSTERED" in found.codes


def test_faint_shocks_of_other_classes_bear_out_a_strong_one() -> None:
    """Alone they stop nothing; beside a strong shock of a third class they stop the territory."""
    plan = ten_seasons()
    birds, sound, soil = panels_of(plan, 0.6)
    faint = [moved(plan, one, FAINT * SHOCK) for one in (birds, sound)]
    assert not codes_of(judge(plan, [*faint, soil])) & GATE
    assert "ARMS_CLUSTERED" in judge(plan, [*faint, moved(plan, soil, SHOCK)]).codes


def test_a_recovery_that_grows_is_not_taken_for_shocks() -> None:
    plan = plan_of()
    growth = np.array([0, 0, 0, 0.3, 0.5, 0.7, 0.9, 1.1])
    panels = [moved(plan, one, growth) for one in panels_of(plan)]
    assert judge(plan, panels).territory == "recovering"
