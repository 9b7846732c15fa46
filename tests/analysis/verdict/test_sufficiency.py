"""How many sites a plan needs, before anything is measured."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import stats

from analysis.plan.power import foreseen, sites_needed
from tests.analysis.verdict.conftest import plan_of


def test_sites_needed_agrees_with_the_noncentral_t() -> None:
    n = sites_needed(log(1.3), 0.255)
    assert n is not None

    def exact(sites: int) -> float:
        df, shift = 2 * sites - 2, log(1.3) / (0.255 * np.sqrt(2 / sites))
        critical = stats.t.isf(0.025, df)
        return float(stats.nct.sf(critical, df, shift))

    assert exact(n) == pytest.approx(0.8, abs=0.02)
    assert exact(n - 1) < 0.8


def test_more_indicators_or_more_spread_need_more_sites() -> None:
    one, four, wider = sites_needed(0.3, 0.25), sites_needed(0.3, 0.25, 4), sites_needed(0.3, 0.5)
    assert one is not None
    assert four is not None
    assert wider is not None
    assert one < four < wider
    assert sites_needed(0.001, 1.0) is None


def test_a_plan_is_told_what_it_could_find() -> None:
    (first, _) = foreseen(plan_of(restored=20, control=20), 0.255)
    assert first.mde == pytest.approx(
        0.255 * np.sqrt(0.1) * (2.33372 + 0.85137), rel=1e-3
    )  # t(38), .05/2 and .8
    assert first.power is not None
    assert 0.75 < first.power < 0.9


def test_three_sites_an_arm_could_find_nothing() -> None:
    (first, _) = foreseen(plan_of(restored=3, control=3), 0.255)
    assert (first.mde, first.power) == (None, None)
    assert first.sites is not None
