"""What several looks may spend: against scipy's normal, by hand, and by counting what is rejected."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from analysis.stats.looks.levels import levels, spent

ORDER = np.arange(100, 0, -1, dtype=np.float64)
"""100 arrangements, the first the most extreme: its p is .01."""


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.4, 0.6, 0.8, 0.999])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_the_share_is_the_normal_tail_of_the_source(fraction: float, alpha: float) -> None:
    wanted = 2 * norm.sf(norm.isf(alpha / 2) / np.sqrt(fraction))
    assert spent(fraction, alpha) == pytest.approx(wanted, rel=1e-4, abs=1e-9)


def test_three_fifths_of_the_seasons_may_spend_a_fifth_of_alpha() -> None:
    assert spent(0.6, 0.05) == pytest.approx(
        0.0114, abs=5e-5
    )  # 2 - 2 Phi(1.95996 / .7746) = 2 - 2 Phi(2.5303)
    assert spent(1.0, 0.05) == 0.05


def test_looks_that_say_the_same_cost_nothing() -> None:
    assert levels([ORDER[:, None]] * 2, (0.05, 0.10)) == pytest.approx([0.05, 0.10])


def test_looks_that_reject_others_share_by_addition() -> None:
    """The five rejected first and the five that the second may still reject are other arrangements."""
    assert levels([ORDER[:, None], ORDER[::-1, None]], (0.05, 0.10)) == pytest.approx([0.05, 0.05])


def test_a_mute_look_leaves_its_share() -> None:
    absent = np.full((100, 1), np.nan)
    assert levels([absent, ORDER[:, None]], (0.04, 0.05)) == pytest.approx([0.04, 0.05])
    coarse = np.repeat(ORDER[::10], 10)[:, None]  # its smallest p is .10
    assert levels([coarse, ORDER[:, None]], (0.04, 0.05)) == pytest.approx([0.04, 0.05])


def test_each_member_alone_keeps_its_share_too() -> None:
    """The larger of both is the same arrangement at both looks; the second member's own are others."""
    first = np.stack([ORDER, ORDER / 1000], axis=1)
    second = np.stack([ORDER, ORDER[::-1] / 1000], axis=1)
    assert levels([first, second], (0.05, 0.10)) == pytest.approx([0.05, 0.05])


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.9])
def test_no_more_than_alpha_is_rejected_at_any_look(alike: float) -> None:
    rng = np.random.default_rng(3)
    shared = rng.standard_normal((1500, 1, 3))
    t = np.abs(np.sqrt(alike) * shared + np.sqrt(1 - alike) * rng.standard_normal((1500, 4, 3)))
    may = [spent(k / 5, 0.05) for k in (2, 3, 4, 5)]
    found = levels([t[:, k] for k in range(4)], may)
    largest = t.max(axis=2)
    ranks = (largest[None] >= largest[:, None]).mean(axis=1)  # p under each
    rejected = (ranks <= np.array(found) + 1e-12).any(axis=1).mean()
    assert 0.045 <= rejected <= 0.05
    assert found[-1] > may[-1] - may[-2]  # more than addition would leave
