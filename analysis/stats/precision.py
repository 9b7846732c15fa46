"""Shares of right answers in strata, with intervals that hold where all answers agree.

1. ``exact_limits`` are those of one binomial share (Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404).
2. ``stratified`` joins strata by their weights, and their limits by the method of variance estimates
   recovery (Zou & Donner 2008, doi:10.1002/sim.3095).
3. ``unequal`` tests whether the shares of several groups are one.
4. ``agreement`` is Cohen's kappa of two listeners (1960, doi:10.1177/001316446002000104).

A share of right answers among detections says nothing of what was not detected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt

from scipy.stats import beta, chi2

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Counted:
    """The answers of one stratum, which stands for ``weight`` detections."""

    weight: float
    right: int
    wrong: int
    doubtful: int = 0
    """Heard, and not decided."""

    @property
    def n(self) -> int:
        """Answers, the doubtful ones too."""
        return self.right + self.wrong + self.doubtful


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate and its interval [1]."""

    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """False where nothing at all was decided."""
        return self.value == self.value


UNKNOWN = Share(float("nan"), 0.0, 1.0)


def exact_limits(right: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Clopper-Pearson limits of a share; (0, 1) of nothing."""
    tail = (1.0 - confidence) / 2.0
    low = float(beta.ppf(tail, right, n - right + 1)) if right > 0 else 0.0
    high = float(beta.ppf(1.0 - tail, right + 1, n - right)) if right < n else 1.0
    return low, high


def stratified(strata: Sequence[Counted], *, erring: float = 0.0, confidence: float = CONFIDENCE) -> Share:
    """The weighted share of right answers.

    Doubtful answers are left out of the estimate; they count as wrong in the lower limit and as right in
    the upper.  A stratum without answers has the share of all others, and limits 0 and 1.  ``erring``
    is the largest share of answers that one listener gets wrong: both limits move by what that can hide.
    ``UNKNOWN`` where nothing weighs or nothing was decided.
    """
    total = sum(one.weight for one in strata)
    decided = [one for one in strata if one.right + one.wrong and one.weight > 0]
    if not total > 0 or not decided:
        return UNKNOWN
    covered = sum(one.weight for one in decided)
    pooled = sum(one.weight * one.right / (one.right + one.wrong) for one in decided) / covered
    value = down = up = 0.0
    for one in strata:
        weight = one.weight / total
        share = one.right / (one.right + one.wrong) if one.right + one.wrong else pooled
        low = _erred(exact_limits(one.right, one.n, confidence)[0], erring)[0]
        high = _erred(exact_limits(one.right + one.doubtful, one.n, confidence)[1], erring)[1]
        value += weight * share
        down += (weight * (share - low)) ** 2
        up += (weight * (high - share)) ** 2
    return Share(value, max(0.0, value - sqrt(down)), min(1.0, value + sqrt(up)))


def _erred(limit: float, erring: float) -> tuple[float, float]:
    """The least and the greatest true share that a listener who errs up to ``erring`` turns into ``limit``.

    Wrong either way with one share e, a true share p is heard as p(1 - e) + (1 - p)e (Rogan & Gladen 1978,
    doi:10.1093/oxfordjournals.aje.a112510).
    """
    if erring <= 0:
        return limit, limit
    if erring >= 0.5:
        return 0.0, 1.0
    true = min(1.0, max(0.0, (limit - erring) / (1.0 - 2.0 * erring)))
    return min(limit, true), max(limit, true)


def unequal(groups: Sequence[Sequence[Counted]]) -> float:
    """p that the weighted shares of all ``groups`` are equal; 1 where fewer than two were decided.

    Wald's test of homogeneity; each stratum's variance is of its share with half an answer added on
    either side, so that none is zero.  For two groups the test is two-sided.
    """
    known = [_moments(group) for group in groups]
    found = [(mean, variance) for mean, variance in known if mean == mean]
    if len(found) < 2:
        return 1.0
    inverse = [1.0 / variance for _, variance in found]
    common = sum(w * mean for w, (mean, _) in zip(inverse, found, strict=True)) / sum(inverse)
    square = sum(w * (mean - common) ** 2 for w, (mean, _) in zip(inverse, found, strict=True))
    if len(found) == 2:
        return erfc(sqrt(square / 2.0))
    return float(chi2.sf(square, len(found) - 1))


def _moments(strata: Sequence[Counted]) -> tuple[float, float]:
    """Weighted share and its variance over the strata that were decided; nan of none."""
    decided = [one for one in strata if one.right + one.wrong and one.weight > 0]
    total = sum(one.weight for one in decided)
    if not decided:
        return float("nan"), float("nan")
    mean = variance = 0.0
    for one in decided:
        n, weight = one.right + one.wrong, one.weight / total
        near = (one.right + 0.5) / (n + 1.0)
        mean += weight * one.right / n
        variance += weight * weight * near * (1.0 - near) / n
    return mean, variance


def agreement(pairs: Sequence[tuple[str, str]]) -> float:
    """Cohen's kappa of the answers of two listeners to the same sounds; nan without pairs.

    1 is full agreement, 0 what chance alone gives.  1 also where both always gave one and the same answer.
    """
    if not pairs:
        return float("nan")
    n = len(pairs)
    same = sum(a == b for a, b in pairs) / n
    answers = {one for pair in pairs for one in pair}
    chance = sum(
        sum(a == one for a, _ in pairs) / n * (sum(b == one for _, b in pairs) / n) for one in answers
    )
    return 1.0 if chance >= 1.0 else (same - chance) / (1.0 - chance)
