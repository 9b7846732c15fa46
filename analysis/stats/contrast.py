"""Restored against control: one number a site, judged by permutation and by Welch together.

1. ``welch`` estimates θ, its standard error and Satterthwaite's degrees of freedom, by strata.
2. ``family`` permutes whole sites over all indicators at once: step-down max-|t|, and Holm over
   Welch; the larger p stands.
3. ``interval`` is the wider of Welch's and the hull of the values that permutation does not reject.
4. ``arm_change`` is one arm's own change, which describes the seasons measured.

Input is integers of 10⁻⁶ (d = after − before of a site); output is on the indicator's scale.
Neither of the two intervals holds alone: Welch fails with few skewed sites, permutation with unequal
spread and size.  Sources: Welch 1947, doi:10.1093/biomet/34.1-2.28; Janssen 1997,
doi:10.1016/S0167-7152(97)00043-6; Westfall & Young 1993, ISBN 978-0-471-55761-6;
Holm 1979, doi:10.2307/4615733.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Bools, Floats, Integers
from analysis.stats.permutation import TIE, Arrangements, Design, moments, step_down, studentised, tail
from analysis.stats.student import root, t_quantile, t_tail

MICRO = 1_000_000
_OUTWARD = (
    1.0,
    1.02,
    1.05,
    1.1,
    1.15,
    1.2,
    1.3,
    1.4,
    1.6,
    1.8,
    2.0,
    2.5,
    3.0,
    4.0,
    6.0,
    10.0,
    30.0,
    100.0,
    1e4,
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate on the indicator's scale; ``p`` is two-sided."""

    value: float
    error: float
    df: float
    p: float
    n_restored: int
    n_control: int

    def half_width(self, tail_area: float) -> float:
        """Half of the interval that leaves ``tail_area`` outside."""
        return t_quantile(tail_area, self.df) * self.error if self.error > 0 else 0.0


def welch(d: Integers, present: Bools, design: Design) -> Estimate:
    """θ = Σ w (mean restored − mean control) of ``d`` [10⁻⁶, shape=(n,)], variances pooled by arm.

    ``present`` [shape=(n,)].  Source: Welch 1947, doi:10.1093/biomet/34.1-2.28.
    """
    value, parts = 0.0, []
    sizes = []
    for side, arm in enumerate((design.restored, ~design.restored)):
        mean, variance, df, size = _arm(d, present & arm, design)
        value += mean if side == 0 else -mean
        parts.append((variance, df))
        sizes.append(size)
    total = parts[0][0] + parts[1][0]
    below = sum(variance * variance / df for variance, df in parts)
    freedom = total * total / below if below > 0 else float(parts[0][1] + parts[1][1])
    return _estimate(value, total, least_freedom(freedom, min(sizes), design), sizes[0], sizes[1])


def least_freedom(freedom: float, smaller: int, design: Design) -> float:
    """``freedom``, at most that of the smaller arm alone where the design calls its sites few.

    Spreads of so few sites are known too badly for Satterthwaite's sum where arms differ in both.
    """
    return min(freedom, max(smaller - 1.0, 1.0)) if smaller < design.few else freedom


def arm_change(d: Integers, present: Bools, design: Design, *, restored: bool) -> Estimate:
    """One arm's own change, its strata weighted as in θ; a one-sample t over sites.

    ``d`` [10⁻⁶] and ``present`` [shape=(n,)], sites in the order of ``design``.
    """
    arm = design.restored if restored else ~design.restored
    mean, variance, df, size = _arm(d, present & arm, design)
    return _estimate(mean, variance, float(df), size if restored else 0, 0 if restored else size)


def with_variance(estimate: Estimate, variance: float, df: int) -> Estimate:
    """``estimate`` with an independent variance added, degrees of freedom by Satterthwaite."""
    own = estimate.error * estimate.error
    total = own + variance
    below = own * own / estimate.df + (variance * variance / df if df > 0 else 0.0)
    freedom = total * total / below if below > 0 else estimate.df
    return _estimate(
        estimate.value * MICRO, total * MICRO * MICRO, freedom, estimate.n_restored, estimate.n_control
    )


def _arm(d: Integers, chosen: Bools, design: Design) -> tuple[float, float, int, int]:
    """Weighted mean, its variance, degrees of freedom and size of one arm; exact integer sums."""
    mean, spread, share, df, size = 0.0, 0.0, 0.0, 0, 0
    for h, weight in enumerate(design.weights):
        values = [int(one) for one in d[chosen & (design.stratum == h)]]
        n, s = len(values), sum(values)
        w = float(weight)
        mean += w * (s / n)
        spread += (sum(v * v for v in values) * n - s * s) / n
        share += w * w / n
        df += n - 1
        size += n
    return mean, spread / df * share, df, size


def _estimate(value: float, variance: float, df: float, restored: int, control: int) -> Estimate:
    error = root(variance)
    p = t_tail(value / error, df) if error > 0 else (1.0 if value == 0 else 0.0)
    return Estimate(value / MICRO, error / MICRO, df, p, restored, control)


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Estimates of k indicators and their p values."""

    estimates: tuple[Estimate, ...]
    raw: Floats
    """max(permutation p, Welch p) of each alone"""
    adjusted: Floats
    """max(step-down max-|t|, Holm-Welch)"""
    critical: float
    """the |t| that one indicator must pass in this family at ``alpha``"""
    alone: Floats
    """the |t| that each must pass were it the only one"""
    permuted: Floats
    """the step-down max-|t| p values alone"""


def family(
    d: Integers, present: Bools, design: Design, draws: Arrangements, *, alpha: float = 0.05
) -> Family:
    """All indicators of a family; ``d`` and ``present`` [shape=(k, n)], sites in the order of ``design``."""
    estimates = tuple(welch(d[k], present[k], design) for k in range(len(d)))
    t = studentised(*moments(d, present, draws.restored, design))
    return assemble(estimates, t, alpha=alpha)


def assemble(estimates: tuple[Estimate, ...], t: Floats, *, alpha: float) -> Family:
    """A family from its estimates and |t| [shape=(m, k)] under each arrangement, the observed one first."""
    permuted = step_down(t)
    raw = np.array([max(tail(t[:, k], float(t[0, k])), one.p) for k, one in enumerate(estimates)])
    adjusted = np.maximum(permuted, holm(np.array([one.p for one in estimates])))
    alone = np.array([critical_value(t[:, k], alpha) for k in range(len(estimates))])
    return Family(estimates, raw, adjusted, critical_value(t.max(axis=1), alpha), alone, permuted)


def critical_value(t: Floats, alpha: float) -> float:
    """The smallest |t| [shape=(m,)] among arrangements that at most ``alpha`` of them reach."""
    kept = max(int(alpha * len(t)), 1)
    largest = np.partition(t, len(t) - kept - 1)[len(t) - kept - 1 :]
    floor = float(largest[0])
    above = largest[largest > floor * (1.0 + TIE)]
    return float(above.min()) if len(above) else float(largest.max())


def holm(p: Floats) -> Floats:
    """Holm's step-down adjustment of p values [shape=(k,)].  Source: Holm 1979, doi:10.2307/4615733."""
    order = np.argsort(p, kind="stable")
    scaled = np.minimum(1.0, p[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.maximum.accumulate(scaled)
    return out


def interval(
    d: Integers, present: Bools, design: Design, draws: Arrangements, *, outside: float = 0.05
) -> tuple[float, float]:
    """The wider of Welch's interval and the hull of unrejected values; ``d``, ``present`` [shape=(n,)].

    A value θ0 is unrejected when, after θ0 is taken from the restored sites, the share of
    arrangements at least as extreme exceeds ``outside``.
    """
    estimate = welch(d, present, design)
    half = estimate.half_width(outside)
    if half == 0.0:
        return estimate.value, estimate.value
    curve = _Curve.of(d, present, design, draws)
    return (
        estimate.value - half * curve.reach(-half, outside),
        estimate.value + half * curve.reach(half, outside),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """How extreme each arrangement is, as a polynomial in θ0.

    Taking θ0 from the restored sites makes an arrangement's contrast a − b θ0 and its variance
    v − 2 c θ0 + e θ0².  It is at least as extreme as the observed one where
    v0 (a − b θ0)² ≥ (θ0 − observed)² (v − 2 c θ0 + e θ0²), ties within 2 · 10⁻⁹ included.
    """

    observed: float
    terms: Floats
    """(6, m): v0 a², −2 v0 a b, v0 b², −v, 2 c, −e"""

    @classmethod
    def of(cls, d: Integers, present: Bools, design: Design, draws: Arrangements) -> _Curve:
        unit = np.where(design.restored, MICRO, 0).astype(np.int64)
        x = np.stack([d, unit, d + unit])
        theta, variance = moments(x, np.stack([present] * 3), draws.restored, design)
        a, b = theta[:, 0] / MICRO, theta[:, 1] / MICRO
        v, e, both = (variance[:, j] / MICRO / MICRO for j in range(3))
        terms = np.stack([v[0] * a * a, -2.0 * v[0] * a * b, v[0] * b * b, -v, both - v - e, -e])
        return cls(float(a[0]), np.where(np.isfinite(terms), terms, 0.0))

    def share(self, shifts: NDArray[np.float64]) -> Floats:
        """The permutation p of each θ0 = observed + shift; ``shifts`` (g,)."""
        value = self.observed + shifts
        least = shifts * shifts * (1.0 - 2.0 * TIE)
        powers = np.stack([np.ones_like(value), value, value * value])
        extreme = np.concatenate([powers, least * powers]).T @ self.terms >= 0.0
        counts = np.array([np.count_nonzero(row) for row in extreme], dtype=np.float64)
        return np.asarray(counts / extreme.shape[1])

    def reach(self, half: float, outside: float) -> float:
        """The outermost unrejected multiple of ``half``, at least 1; inf where none is rejected."""
        kept = np.flatnonzero(self.share(np.array(_OUTWARD) * half) > outside)
        if not len(kept):
            return 1.0
        if kept[-1] == len(_OUTWARD) - 1:
            return float("inf")
        low, high = _OUTWARD[kept[-1]], _OUTWARD[kept[-1] + 1]
        for _ in range(16):
            middle = 0.5 * (low + high)
            rejected = self.share(np.array([middle * half]))[0] <= outside
            low, high = (low, middle) if rejected else (middle, high)
        return high
