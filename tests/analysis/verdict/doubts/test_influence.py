"""One site that carries or silences a class is named, with the class without it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.verdict.rule import judge
from tests.analysis.verdict.conftest import panels_of, plan_of


def one_site(plan: Plan, site: str, shift: float, effect: float, noise: float = 0.15) -> list[Panel]:
    """``effect`` on the restored arm, and ``shift`` at one site, after restoration."""
    after = np.array([season.period == "after" for season in plan.seasons])
    rows = np.array([one.id == site for one in plan.sites])[:, None]
    return [
        replace(one, values=one.values + shift * rows * after) for one in panels_of(plan, effect, 0, noise)
    ]


@pytest.mark.parametrize("site", ["s04", "s05"])  # restored, control
def test_a_site_that_silences_a_recovery_is_named(site: str) -> None:
    plan = plan_of(restored=12, control=12)
    found = judge(plan, one_site(plan, site, 5.0 if site == "s04" else -5.0, 0.4))
    assert found.territory == "inconclusive"
    for one in found.indicators:
        assert "INFLUENTIAL_SITE" in one.codes
        assert one.without_site == {site: "recovering"}
        assert one.robust == pytest.approx(0.4, abs=0.15)  # the mean says .4 + 5/12 = .82
    said = json.loads(found.to_json())["indicators"][0]
    assert said["without_site"] == {site: "recovering"}
    assert said["robust"] == pytest.approx(0.4, abs=0.15)


def test_a_gain_that_hangs_on_no_site_names_none() -> None:
    plan = plan_of(restored=12, control=12)
    found = judge(plan, one_site(plan, "s04", 0.0, 0.5))
    assert found.territory == "recovering"
    assert all(one.without_site == {} and one.robust is not None for one in found.indicators)


def test_the_robust_contrast_makes_no_class_and_the_first_rule_knows_neither() -> None:
    plan = plan_of(restored=12, control=12)
    old = json.loads(judge(plan, one_site(plan, "s04", 5.0, 0.4), rule=1).to_json())
    assert old["territory"] == "inconclusive"
    assert not {"robust", "without_site", "source"} & set(old["indicators"][0])
