"""A contrast at equal covariates: least squares elsewhere agree, and the level is held."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.arrays import Bools, Integers
from analysis.stats.ancova import freedman_lane
from analysis.stats.permutation import Design

sm = pytest.importorskip("statsmodels.api")


def sites(seed: int, n: int = 24, strata: int = 1) -> tuple[Integers, Integers, Bools, Design]:
    """Outcome, two covariates, presence and design of ``n`` sites; arms differ in the covariates."""
    rng = np.random.default_rng(seed)
    restored = np.arange(n) % 2 == 0
    stratum = (np.arange(n) // 2 % strata).astype(np.intp)
    level = rng.normal(0, 0.5, (2, n)) + 0.4 * restored
    d = 0.3 * restored - 0.6 * level[0] + 0.2 * level[1] + 0.5 * stratum + rng.normal(0, 0.25, n)
    here = rng.random(n) > 0.1
    micro = [np.round(1e6 * one).astype(np.int64) for one in (d, level)]
    return micro[0], micro[1], here, Design(restored, stratum, np.full(strata, 1 / strata))


@pytest.mark.parametrize("strata", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_t_and_estimate_are_those_of_least_squares(seed: int, strata: int) -> None:
    d, level, here, design = sites(seed, strata=strata)
    found = freedman_lane(d, level, here, design, b"seed")
    dummies = (design.stratum[:, None] == np.arange(strata)).astype(float)
    model = np.column_stack([design.restored, level.T / 1e6, dummies])[here]
    peer = sm.OLS(d[here] / 1e6, model).fit()
    assert found is not None
    assert found.df == peer.df_resid
    assert found.estimate == pytest.approx(peer.params[0], abs=2e-5)
    assert found.t == pytest.approx(peer.tvalues[0], rel=1e-4)
    assert found.p == pytest.approx(peer.pvalues[0], abs=0.02)  # normal errors: both tests are right


def test_a_covariate_that_repeats_another_costs_nothing() -> None:
    d, level, here, design = sites(1)
    one = freedman_lane(d, level[:1], here, design, b"seed")
    twice = freedman_lane(d, np.stack([level[0], level[0]]), here, design, b"seed")
    assert one == twice


def test_arms_that_a_covariate_tells_exactly_cannot_be_compared() -> None:
    d, _, here, design = sites(1)
    assert freedman_lane(d, design.restored[None] * 1_000_000, here, design, b"seed") is None


def test_what_the_covariate_explains_is_no_contrast() -> None:
    """d = - level alone, arms apart in level: at equal level nothing is left in .95 of 200 worlds."""
    wrong = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        restored = np.arange(24) < 12
        level = rng.normal(0, 0.5, 24) - 0.6 * restored
        d = -0.7 * level + rng.normal(0, 0.3, 24)
        whole = [np.round(1e6 * one).astype(np.int64) for one in (d, level)]
        design = Design(restored, np.zeros(24, dtype=np.intp), np.ones(1))
        found = freedman_lane(whole[0], whole[1][None], np.ones(24, dtype=bool), design, b"x", draws=499)
        assert found is not None
        wrong += found.p <= 0.05
    assert wrong <= 20  # 99.9 % bound of 200 at 5 %
