"""Deleted residuals against statsmodels; the Hodges-Lehmann shift against brute force."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest

from analysis.stats.outlier import deleted_p, hodges_lehmann
from analysis.stats.permutation import Design

sm = pytest.importorskip("statsmodels.api")


def design(n: int, strata: int) -> Design:
    k = np.arange(n)
    return Design(k % 2 == 0, (k // 2 % strata).astype(np.intp), np.full(strata, 1 / strata))


@pytest.mark.parametrize("strata", [1, 2])
def test_p_is_that_of_externally_studentised_residuals(strata: int) -> None:
    rng = np.random.default_rng(1)
    here = rng.random(24) > 0.1
    y = rng.normal(0, 0.3, 24)
    y[4] += 2.0
    whole = design(24, strata)
    cells = whole.stratum * 2 + whole.restored
    dummies = (cells[:, None] == np.unique(cells)).astype(float)[here]
    peer = sm.OLS(y[here], dummies).fit().outlier_test(method="bonferroni")
    found = deleted_p(np.round(1e6 * y).astype(np.int64), here, whole)
    assert found[here] == pytest.approx(np.asarray(peer)[:, 2], abs=1e-5)
    assert (found[~here] == 1).all()


def test_a_site_alone_in_its_arm_is_no_outlier() -> None:
    y = np.array([5_000_000, 1, 2, 3, 5, 8])
    arms = np.array([True, False, False, False, False, False])
    one = Design(arms, np.zeros(6, dtype=np.intp), np.ones(1))
    assert deleted_p(y, np.ones(6, dtype=bool), one)[0] == 1


def test_the_robust_contrast_is_the_median_of_all_differences() -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(-1_000_000, 1_000_000, 11)
    arms = np.arange(11) < 5
    one = Design(arms, np.zeros(11, dtype=np.intp), np.ones(1))
    here = np.ones(11, dtype=bool)
    expected = median(int(a) - int(b) for a in y[arms] for b in y[~arms])
    assert hodges_lehmann(y, here, one) == expected
    moved = y.copy()
    moved[np.argmax(np.where(arms, y, -(2**60)))] += 10**9  # the highest of its arm goes to the moon
    assert hodges_lehmann(moved, here, one) == expected
