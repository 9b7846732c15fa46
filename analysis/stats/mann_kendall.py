"""Is a series monotone?  Mann-Kendall's test and Sen's slope: description, never a verdict.

1. every pair of values votes up or down; the votes make S, its variance allows for ties;
2. Sen's slope is the median of the slopes of all pairs, with an interval from the same variance;
3. for a series that remembers its past, the variance is enlarged (Hamed & Rao) or the memory is
   removed first (pre-whitening).

Sources: Mann 1945, doi:10.2307/1907187; Sen 1968, doi:10.1080/01621459.1968.10480934; Hamed & Rao
1998, doi:10.1016/S0022-1694(97)00125-X; Yue et al. 2002, doi:10.1002/hyp.1095 (trend-free); Yue &
Wang 2002, doi:10.1029/2001WR000861; Hirsch & Slack 1984, doi:10.1029/WR020i006p00727; tau with ties:
Kendall 1945, doi:10.1093/biomet/33.3.239.
The plain test calls a trendless AR(1) series a trend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm, rankdata

from analysis.arrays import Floats
from contract.errors import Refused

MINIMUM = 4
MINIMUM_CORRECTED = 15
"""Below so many values the estimated memory is noise and corrected p values are absurd [1]"""


@dataclass(frozen=True, slots=True)
class MannKendall:
    """Result of the test."""

    s: float
    """ups minus downs over all pairs [1]"""
    variance: float
    """of ``s`` without trend [1]"""
    z: float
    p: float
    """two-sided; nan for a constant series [1]"""
    tau_a: float
    """share of ups minus share of downs among all pairs: ties pull it towards 0 [1]"""
    tau_b: float
    """the same, ties allowed for (Kendall 1945), as R prints it; nan for a constant series [1]"""
    inflation: float
    """factor of the variance for serial correlation; 1 in the plain test [1]"""


@dataclass(frozen=True, slots=True)
class SenSlope:
    """Median slope [unit per step] and its 95 % interval."""

    slope: float
    lower: float
    upper: float


def mann_kendall(series: ArrayLike) -> MannKendall:
    """The plain test of values in order [shape=(n,)]; gaps (nan) are left out.

    Assumes that values are independent but for the trend.

    >>> result = mann_kendall([1, 3, 2, 4])
    >>> result.s, round(result.p, 3)
    (4.0, 0.308)
    """
    x = _values(series, MINIMUM)
    return _result([_votes(x)], 1.0)


def mann_kendall_hamed_rao(series: ArrayLike) -> MannKendall:
    """The test with the variance enlarged by significant autocorrelations of the detrended ranks.

    Values in order [shape=(n,)], gaps left out; ``Refused`` below 15.
    """
    x = _values(series, MINIMUM_CORRECTED)
    n = x.size
    steps = np.arange(1.0, n + 1.0)
    ranks = rankdata(x - sen_slope(x).slope * steps)
    lags = _autocorrelation(np.asarray(ranks, dtype=np.float64))
    bound = float(norm.ppf(0.975)) / np.sqrt(n)
    i = np.arange(1.0, n)
    kept = np.abs(lags) > bound
    terms = (n - i) * (n - i - 1) * (n - i - 2) * lags
    factor = 1.0 + 2.0 / (n * (n - 1.0) * (n - 2.0)) * float(np.sum(terms[kept]))
    return _result([_votes(x)], factor)


def mann_kendall_prewhitened(series: ArrayLike, *, trend_free: bool = False) -> MannKendall:
    """The test of the series without its lag-1 memory, x_t - r x_(t-1).

    Values in order [shape=(n,)], gaps left out; ``Refused`` below 15.
    With ``trend_free`` Sen's line is taken out before and put back after (Yue et al. 2002), which
    keeps power but raises false alarms.
    """
    x = _values(series, MINIMUM_CORRECTED)
    steps = np.arange(1.0, x.size + 1.0)
    line = sen_slope(x).slope * steps if trend_free else np.zeros(x.size)
    residual = x - line
    memory = float(_autocorrelation(residual)[0])
    white = residual[1:] - memory * residual[:-1] + line[1:]
    return _result([_votes(white)], 1.0)


def seasonal_mann_kendall(series: ArrayLike, *, period: int = 12) -> MannKendall:
    """The sum of the tests of each season [shape=(n,), season = position mod ``period``].

    Seasons are taken as independent of each other; ``Refused`` for one with fewer than 4 years.
    """
    x = np.asarray(series, dtype=np.float64)
    parts = [x[m::period][np.isfinite(x[m::period])] for m in range(period)]
    if min(part.size for part in parts) < MINIMUM:
        raise Refused(
            f"a season has fewer than {MINIMUM} years",
            help="wait, or test yearly means",
            codes=("SHORT_BASELINE",),
        )
    return _result([_votes(part) for part in parts], 1.0)


def sen_slope(series: ArrayLike, *, level: float = 0.95) -> SenSlope:
    """Median of the slopes between all pairs of values, one step apart each [shape=(n,)].

    nan values are left out but keep their place in time.  The interval takes whole ranks of the
    sorted slopes; with few values it may be the whole range.

    >>> sen_slope([1, 3, 2, 4]).slope
    0.75
    """
    x = np.asarray(series, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(x))
    values = _values(x, 2)
    i, j = np.triu_indices(values.size, 1)
    slopes = np.sort((values[j] - values[i]) / (known[j] - known[i]))
    reach = float(norm.ppf((1 + level) / 2)) * np.sqrt(_votes(values).variance)
    low, high = round((slopes.size - reach) / 2), round((slopes.size + reach) / 2 + 1)
    return SenSlope(
        float(np.median(slopes)),
        float(slopes[max(low, 1) - 1]),
        float(slopes[min(high, slopes.size) - 1]),
    )


def _values(series: ArrayLike, minimum: int) -> Floats:
    x = np.asarray(series, dtype=np.float64)
    x = x[np.isfinite(x)]
    if x.size < minimum:
        raise Refused(
            f"{x.size} values, at least {minimum} are needed for this test of trend",
            help="wait for more years, or show the values without a test",
            codes=("SHORT_BASELINE",),
        )
    return x


@dataclass(frozen=True, slots=True)
class _Votes:
    """What the pairs of one series say: S, its variance without trend, and how many pairs there are."""

    s: float
    variance: float
    pairs: float
    scale: float
    """sqrt(pairs x pairs that differ): the largest S that the ties leave room for [1]"""


def _votes(x: Floats) -> _Votes:
    i, j = np.triu_indices(x.size, 1)
    n, pairs = x.size, x.size * (x.size - 1) / 2
    ties = np.unique(x, return_counts=True)[1].astype(np.float64)
    variance = (n * (n - 1) * (2 * n + 5) - float(np.sum(ties * (ties - 1) * (2 * ties + 5)))) / 18
    differ = pairs - float(np.sum(ties * (ties - 1))) / 2
    return _Votes(float(np.sum(np.sign(x[j] - x[i]))), variance, pairs, float(np.sqrt(pairs * differ)))


def _result(votes: Sequence[_Votes], factor: float) -> MannKendall:
    """The sum over independent series, with the variance enlarged by ``factor``."""
    s, scale = sum(one.s for one in votes), sum(one.scale for one in votes)
    variance = factor * sum(one.variance for one in votes)
    z = float((s - np.sign(s)) / np.sqrt(variance)) if variance > 0 else float("nan")
    return MannKendall(
        s=s,
        variance=variance,
        z=z,
        p=2 * float(norm.sf(abs(z))),
        tau_a=s / sum(one.pairs for one in votes),
        tau_b=s / scale if scale > 0 else float("nan"),
        inflation=factor,
    )


def _autocorrelation(x: Floats) -> Floats:
    """Autocorrelations at lags 1 .. n - 1 with the divisor of lag 0 [shape=(n - 1,)]."""
    centred = x - x.mean()
    total = float(centred @ centred)
    full = np.correlate(centred, centred, "full")[x.size :]
    return np.asarray(full / total, dtype=np.float64) if total > 0 else np.zeros(x.size - 1)
