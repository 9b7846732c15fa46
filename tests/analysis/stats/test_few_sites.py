"""Below six sites an arm the spread is known badly: Student's t counts the smaller arm alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.stats.contrast import welch
from analysis.stats.permutation import Design


@pytest.mark.parametrize(("restored", "control", "df"), [(4, 12, 3), (12, 5, 4), (4, 4, 3), (6, 20, None)])
def test_the_degrees_of_freedom_are_those_of_the_smaller_arm(
    restored: int, control: int, df: int | None
) -> None:
    n = restored + control
    x = np.round(1e6 * np.random.default_rng(2).normal(0, 0.3, n)).astype(np.int64)
    arms = np.arange(n) < restored
    design = Design(arms, np.zeros(n, dtype=np.intp), np.ones(1))
    here = np.ones(n, dtype=bool)
    usual, few = welch(x, here, design), welch(x, here, replace(design, few=6))
    peer = stats.ttest_ind(x[arms], x[~arms], equal_var=False)
    assert usual.df == pytest.approx(peer.df)
    assert (few.value, few.error) == (usual.value, usual.error)
    wanted = df if df is not None and df < peer.df else peer.df
    assert few.df == pytest.approx(wanted)
    assert few.p == pytest.approx(2 * stats.t.sf(abs(peer.statistic), wanted), rel=1e-9)
