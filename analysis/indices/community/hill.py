"""Hill numbers of one assemblage, standardised by sample size or by sample coverage.

1. counts become an ``Assemblage``: individuals (abundance) or days with a detection (incidence);
2. Chao's lower bound gives the number of unseen species and the sample coverage;
3. rarefaction below the sample, extrapolation above it, give Hill numbers at any size;
4. the size at which a coverage is reached gives Hill numbers at that coverage;
5. asymptotic estimators say what is expected from an endless sample.

One set of formulae serves both kinds of data: with n sampling units and U records, an
abundance sample is the case n = U.  Sizes between whole numbers are interpolated linearly.

Sources: Chao et al. 2014, doi:10.1890/13-0133.1; Chao & Jost 2012, doi:10.1890/11-1952.1;
Chao, Wang & Jost 2013, doi:10.1111/2041-210X.12108; Hsieh, Ma & Chao 2016,
doi:10.1111/2041-210X.12613.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, inf, log, nan

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from analysis.arrays import Floats
from analysis.indices.community.choose import log_choose
from contract.errors import Refused


@dataclass(frozen=True, slots=True)
class Assemblage:
    """Counts of one assemblage, species that were never seen left out."""

    counts: Floats
    """Individuals, or sampling units with the species, one a species; all > 0 [1]"""
    units: int
    """n: individuals in all (abundance) or sampling units such as valid days (incidence) [1]"""
    total: float
    """U: the sum of the counts [1]"""


def abundance(counts: ArrayLike) -> Assemblage:
    """An assemblage of counted individuals, one count a species [shape=(species,)]; zeros are dropped."""
    kept = _positive(counts)
    return Assemblage(kept, round(float(kept.sum())), float(kept.sum()))


def incidence(counts: ArrayLike, units: int) -> Assemblage:
    """An assemblage of incidences: in how many of ``units`` sampling units each species was found.

    ``counts`` [shape=(species,)]; ``Refused`` where one exceeds ``units``.
    """
    kept = _positive(counts)
    if units < 0 or (kept.size and kept.max() > units):
        raise Refused(
            f"a species was found in more sampling units than the {units} that were sampled",
            help="count each species at most once a sampling unit, and count every valid unit",
            codes=("BAD_COUNTS",),
        )
    return Assemblage(kept, int(units), float(kept.sum()))


def sample_coverage(sample: Assemblage, size: float | None = None) -> float:
    """Estimated share of the assemblage's records that belong to species found in ``size`` units.

    Parameters
    ----------
    sample : the assemblage, n units.
    size : number of units [1]; by default n, the sample itself.

    Returns
    -------
    coverage in 0..1 [1]; nan for an empty sample.

    It is a property of the sample and its detection method, not of the habitat.

    >>> sample_coverage(abundance([2, 1, 1]))
    0.625
    """
    if not sample.total:
        return nan
    m = float(sample.units if size is None else size)
    if m >= sample.units:
        f1, decay = float(np.sum(sample.counts == 1)), coverage_decay(sample)
        return 1.0 - f1 / sample.total * float(decay ** (m - sample.units + 1.0))
    if m < 1:
        return m * _coverage_below(sample, 1)
    low = floor(m)
    here = _coverage_below(sample, low)
    return here if low == m else here + (m - low) * (sample_coverage(sample, low + 1) - here)


def unseen(sample: Assemblage) -> float:
    """Chao's lower bound of the number of species that the sample missed [1]."""
    n = sample.units
    f1, f2 = float(np.sum(sample.counts == 1)), float(np.sum(sample.counts == 2))
    if n == 0:
        return nan
    pairs = f1 * f1 / (2.0 * f2) if f2 > 0 else f1 * (f1 - 1.0) / 2.0
    return (n - 1.0) / n * pairs


def observed(sample: Assemblage) -> Floats:
    """Hill numbers q = 0, 1, 2 of the sample as it is [shape=(3,)]; nan when it is empty."""
    if not sample.total:
        return np.full(3, nan)
    p = sample.counts / sample.total
    return np.array([p.size, exp(-float(np.sum(p * np.log(p)))), 1.0 / float(np.sum(p * p))])


def asymptotic(sample: Assemblage) -> Floats:
    """Hill numbers q = 0, 1, 2 expected from an endless sample [shape=(3,)].

    q = 0 is a lower bound, not the number of species that live there.  nan where undefined
    (an empty sample; q = 2 where no species was found twice).
    """
    if not sample.total:
        return np.full(3, nan)
    n, total, x = sample.units, sample.total, sample.counts
    doubles = float(np.sum(x * (x - 1.0)))
    simpson = total**2 * (1.0 - 1.0 / n) / doubles if doubles > 0 else nan
    entropy = n / total * _shannon_sum(sample) + log(total / n)
    return np.array([x.size + unseen(sample), exp(entropy), simpson])


def hill_by_size(sample: Assemblage, size: float) -> Floats:
    """Hill numbers q = 0, 1, 2 expected in ``size`` sampling units [shape=(3,)].

    Below n by rarefaction, above by extrapolation, which is trustworthy up to about 2 n for
    q = 0.  Returns nan for an empty sample or a size of zero.

    >>> hill_by_size(abundance([2, 1, 1]), 2).round(3).tolist()
    [1.833, 1.782, 1.714]
    """
    if not sample.total or size <= 0:
        return np.full(3, nan)
    if size == sample.units:
        return observed(sample)
    if size > sample.units:
        return _extrapolated(sample, float(size))
    low = max(1, floor(size))
    here = _rarefied(sample, low)
    if size <= low:
        return here
    return here + (size - low) * (_rarefied(sample, ceil(size)) - here)


def size_at_coverage(sample: Assemblage, coverage: float) -> float:
    """The number of sampling units, not necessarily whole, at which ``coverage`` is reached.

    inf where the estimated coverage never gets there; nan for an empty sample.  ``Refused`` for a
    coverage that is not between 0 and 1.
    """
    if not 0.0 < coverage < 1.0:
        raise Refused(
            f"a coverage of {coverage} cannot be standardised to",
            help="choose a coverage above 0 and below 1, such as the smallest at twice the sampling",
            codes=("LOW_COVERAGE",),
        )
    if not sample.total:
        return nan
    if coverage >= sample_coverage(sample):
        return _size_beyond(sample, coverage)
    if coverage <= sample_coverage(sample, 1.0):
        return max(coverage / sample_coverage(sample, 1.0), 1e-12)
    low, high = 1, sample.units  # coverage is a straight line between whole sizes
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sample_coverage(sample, middle) < coverage else (low, middle)
    here, there = sample_coverage(sample, low), sample_coverage(sample, high)
    return low + (coverage - here) / (there - here)


def hill_by_coverage(sample: Assemblage, coverage: float) -> Floats:
    """Hill numbers q = 0, 1, 2 at a common sample coverage [shape=(3,)].

    Compares assemblages at the same completeness, so that a difference is not one of effort.
    It does not correct for a species that the detector cannot hear.

    >>> days_with = [18, 15, 9, 9, 4, 2, 1, 1]
    >>> sample = incidence(days_with, 20)
    >>> at_its_own = hill_by_coverage(sample, sample_coverage(sample))
    >>> bool(np.allclose(at_its_own, observed(sample)))
    True
    """
    size = size_at_coverage(sample, coverage)
    return asymptotic(sample) if size == inf else hill_by_size(sample, size)


def common_coverage(samples: Sequence[Assemblage], factor: float = 2.0) -> float:
    """C*: the smallest coverage that the assemblages reach at ``factor`` times their sampling."""
    reached = [sample_coverage(s, factor * s.units) for s in samples if s.total]
    return min(reached) if reached else nan


def coverage_decay(sample: Assemblage) -> float:
    """A: the factor by which one more sampling unit shrinks the uncovered share, 0..1 [1]."""
    f1, f0 = float(np.sum(sample.counts == 1)), unseen(sample)
    return sample.units * f0 / (sample.units * f0 + f1) if f1 > 0 else 1.0


def _positive(counts: ArrayLike) -> Floats:
    x = np.asarray(counts, dtype=np.float64).ravel()
    if np.any(~np.isfinite(x)) or np.any(x < 0) or np.any(x != np.rint(x)):
        raise Refused(
            "species counts must be whole numbers, none negative and none missing",
            help="correct the counts, or leave the species or day out",
            codes=("BAD_COUNTS",),
        )
    return x[x > 0]


def _coverage_below(sample: Assemblage, m: int) -> float:
    n = sample.units
    x = sample.counts[n - sample.counts >= m]
    missed = np.exp(gammaln(n - x + 1) - gammaln(n - x - m + 1) - gammaln(n) + gammaln(n - m))
    return 1.0 - float(np.sum(x / sample.total * missed))


def _size_beyond(sample: Assemblage, coverage: float) -> float:
    f1, decay = float(np.sum(sample.counts == 1)), coverage_decay(sample)
    if f1 == 0 or decay == 0:
        return float(sample.units)
    if decay >= 1.0:
        return inf
    return sample.units + (log(sample.total / f1) + log(1.0 - coverage)) / log(decay) - 1.0


def _rarefied(sample: Assemblage, m: int) -> Floats:
    n, total, x = sample.units, sample.total, sample.counts
    k, repeats = np.unique(x, return_counts=True)
    absent = log_choose(n - k, m) - log_choose(n, m)
    richness = float(np.sum(repeats * -np.expm1(np.minimum(absent, 0.0))))
    records = m * total / n
    parts = max(1, ceil(k.size * min(float(k.max()), m) / 1e6))  # so that a rich sample fits in memory
    found = sum(
        float(again @ _found(some, n, m))
        for some, again in zip(np.array_split(k, parts), np.array_split(repeats, parts), strict=True)
    )
    entropy = log(records) - found / records
    return np.array([richness, exp(entropy), 1.0 / _simpson_at(sample, m)])


def _found(k: Floats, n: int, m: int) -> Floats:
    """Expected j log j of a species with k records, j being how many of them m units show."""
    j = np.arange(1.0, min(float(k.max(initial=1.0)), m) + 1.0)
    pmf = np.exp(log_choose(k[:, None], j) + log_choose(n - k[:, None], m - j) - log_choose(n, m))
    return np.asarray(pmf @ (j * np.log(j)), dtype=np.float64)


def _extrapolated(sample: Assemblage, size: float) -> Floats:
    n, more = sample.units, size - sample.units
    now, end = observed(sample), asymptotic(sample)
    before = _rarefied(sample, n - 1) if n > 1 else np.zeros(3)
    out = np.empty(3)
    for q in (0, 1):
        gap = end[q] - before[q]
        left = 1.0 - ((now[q] - before[q]) / gap if gap != 0 and end[q] != now[q] else 0.0)
        left = 0.0 if -1e-9 < left < 0.0 else left  # rounding, where nothing is left unseen
        out[q] = now[q] + (end[q] - now[q]) * (1.0 - left**more)
    out[2] = 1.0 / _simpson_at(sample, size)
    return out


def _simpson_at(sample: Assemblage, m: float) -> float:
    n, total, x = sample.units, sample.total, sample.counts
    doubles = float(np.sum(x * (x - 1.0))) / total**2 * (n / (n - 1.0) if n > 1 else 1.0)
    return n / (m * total) + (m - 1.0) / m * doubles


def _shannon_sum(sample: Assemblage) -> float:
    n, x = sample.units, sample.counts
    f1, f2 = float(np.sum(x == 1)), float(np.sum(x == 2))
    inside = x[x < n]
    seen = float(np.sum(inside / n * (digamma(n) - digamma(inside))))
    if f2 > 0:
        a = 2.0 * f2 / ((n - 1.0) * f1 + 2.0 * f2)
    else:
        a = 2.0 / ((n - 1.0) * (f1 - 1.0) + 2.0) if f1 > 0 else 1.0
    if f1 == 0 or a >= 1.0:
        return seen
    return seen + f1 / n * unseen_entropy(a, n)


def unseen_entropy(a: float, n: int) -> float:
    """(1-a)^(1-n) * (-log a - sum_{r<n} (1-a)^r / r), by its tail where the difference cancels."""
    b = 1.0 - a
    if a * n <= 5.0:
        r = np.arange(1.0, n)
        return float(b ** (1.0 - n) * (-log(a) - np.sum(b**r / r)))
    r = n + np.arange(ceil(40.0 / a) + 1.0)
    return float(np.sum(b ** (r - n + 1.0) / r))
