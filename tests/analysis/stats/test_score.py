"""The curve from score to probability: another library's, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.stats.models.score import fit_score, logit_of, threshold_for
from contract.errors import Refused


def answers(n: int = 400, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and answers that are right with a logit of -0.5 + 1.4 logit(score)."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(0.1, 0.99, n)
    return score, (rng.random(n) < 1 / (1 + np.exp(0.5 - 1.4 * logit_of(score)))).astype(float)


def test_the_curve_is_that_of_another_library() -> None:
    score, right = answers()
    curve = fit_score(score, right)
    peer = sm.Logit(right, sm.add_constant(logit_of(score))).fit(disp=False)
    assert [curve.intercept, curve.slope] == pytest.approx(peer.params.tolist(), abs=1e-6)
    assert curve.covariance == pytest.approx(peer.cov_params(), abs=1e-6)


def test_its_interval_holds_the_planted_probability() -> None:
    """At score .7, logit .8473: -0.5 + 1.4 x .8473 = .6862, probability .6651; 40 seeds, 95 %."""
    held = 0
    for seed in range(40):
        _, low, high = fit_score(*answers(seed=seed)).at(np.array([0.7]))
        held += bool(low[0] <= 0.6651 <= high[0])
    assert held >= 34  # fewer has a chance of .0004 at 95 %


def test_a_threshold_is_the_lowest_from_which_on_enough_is_right() -> None:
    curve = fit_score(*answers())
    counts = np.ones(100)
    at = threshold_for(curve, counts, 0.75)
    assert at is not None
    p = curve.at((np.arange(100) + 0.5) / 100)[0]
    first = round(at * 100)
    assert p[first:].mean() >= 0.75 > p[first - 1 :].mean()
    assert threshold_for(curve, counts, 1.0) is None
    assert threshold_for(curve, np.zeros(100), 0.5) is None


@pytest.mark.parametrize(
    ("score", "right", "why"),
    [
        (np.linspace(0.1, 0.9, 19), np.tile([0.0, 1.0], 10)[:19], "needs 20 answers"),
        (np.linspace(0.1, 0.9, 30), np.ones(30), "all answers are the same"),
        (np.full(30, 0.4), np.tile([0.0, 1.0], 15), "all scores are the same"),
        (np.linspace(0.1, 0.9, 30), (np.arange(30) > 14).astype(float), "parts right from wrong"),
    ],
)
def test_what_cannot_be_fitted_is_refused(score: np.ndarray, right: np.ndarray, why: str) -> None:
    with pytest.raises(Refused, match=why):
        fit_score(score, right)
