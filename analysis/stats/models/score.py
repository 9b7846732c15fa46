"""From a detector's score to the probability that it is right: a logistic curve on the score's logit.

Fitted by maximum likelihood to clips that people heard (Wood & Kahl 2024, doi:10.1007/s10336-024-02144-5).
Clips may be drawn by score at any rates: given the score, the curve stays the same.

The curve belongs to one detector, taxon and network; it says nothing of scores that nobody listened to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analysis.arrays import Floats
from contract.errors import Refused

LEAST = 20
"""Answers below which no curve is fitted."""
_EDGE = 1e-4
_Z = 1.959963984540054
_STEPS = 100
_FAR = 30.0
"""A slope or intercept beyond which the answers are separated by the score, and no curve is the best."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCurve:
    """Coefficients on the logit scale and their covariance [shape=(2, 2)]."""

    intercept: float
    slope: float
    covariance: Floats
    n: int

    def at(self, score: Floats) -> tuple[Floats, Floats, Floats]:
        """Probability at each score in [0, 1], and the limits of its 95 % interval [1], same shape."""
        x = logit_of(score)
        mean = self.intercept + self.slope * x
        variance = self.covariance[0, 0] + 2 * x * self.covariance[0, 1] + x * x * self.covariance[1, 1]
        half = _Z * np.sqrt(np.maximum(variance, 0.0))
        return expit(mean), expit(mean - half), expit(mean + half)


def logit_of(score: Floats) -> Floats:
    """Logit of scores in [0, 1], same shape; 0 and 1 are drawn in by a ten-thousandth."""
    near = np.clip(np.asarray(score, dtype=np.float64), _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(near) - np.log1p(-near))


def fit_score(score: Floats, right: Floats) -> ScoreCurve:
    """The curve of ``right`` (0 or 1) on ``score`` [both shape=(n,)], by Newton's steps.

    Refused with fewer than 20 answers, with answers of one kind alone, with one score alone, and where a
    score parts right from wrong without a mixture.
    """
    y = np.asarray(right, dtype=np.float64)
    if len(y) < LEAST:
        raise _refused(f"a curve needs {LEAST} answers, here are {len(y)}")
    if y.min() == y.max():
        raise _refused("all answers are the same, so no score is worth more than another")
    design = np.column_stack([np.ones(len(y)), logit_of(score)])
    if np.ptp(design[:, 1]) < 1e-9:
        raise _refused("all scores are the same")
    beta = np.zeros(2)
    for _ in range(_STEPS):
        p = expit(design @ beta)
        information = design.T @ (design * (p * (1.0 - p))[:, None])
        if np.linalg.cond(information) > 1e14 or np.abs(beta).max() > _FAR:
            raise _refused("the score parts right from wrong without a mixture")
        step = np.linalg.solve(information, design.T @ (y - p))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            return ScoreCurve(
                float(beta[0]), float(beta[1]), np.linalg.inv(information).astype(np.float64), len(y)
            )
    raise _refused("the curve did not come to rest")


def _refused(why: str) -> Refused:
    return Refused(why, help="Listen to more clips, of low and of high scores")


def threshold_for(curve: ScoreCurve, counts: Floats, wanted: float) -> float | None:
    """The lowest whole hundredth of score from which on the detections have a mean probability of ``wanted``.

    ``counts`` are detections by hundredth of score [shape=(100,)].  None where no threshold reaches it.
    """
    p = curve.at((np.arange(100) + 0.5) / 100)[0]
    total = np.cumsum(counts[::-1])[::-1]
    right = np.cumsum((counts * p)[::-1])[::-1]
    for at in range(100):
        if total[at] > 0 and right[at] / total[at] >= wanted:
            return at / 100
    return None
