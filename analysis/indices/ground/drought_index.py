"""How unusual a month's rain, or rain minus demand, is for that month of the year.

1. months are added up over a scale (1, 3, 12 ... months);
2. for each month of the year the sums of the reference years give L-moments and so a distribution;
3. the probability of each sum becomes a normal quantile: 0 is usual, -2 a drought.

Sources: McKee et al. 1993 (SPI); Vicente-Serrano et al. 2010, doi:10.1175/2009JCLI2909.1 (SPEI);
L-moments: Hosking 1990, doi:10.1111/j.2517-6161.1990.tb01775.x.  Refused below 20 years: fewer
cannot tell unusual from usual, and a restoration's own station never has them.
"""

from __future__ import annotations

from math import pi, sin, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, gammainc, gammaincc, gammaln, ndtr, ndtri

from analysis.arrays import Floats
from contract.errors import Refused

Distribution = Literal["gamma", "pearson3", "log-logistic"]

MINIMUM_YEARS = 20
FURTHEST = 5.0
"""A value outside the fitted distribution gets this index, once in three million [1]"""


def spi(
    rain: ArrayLike,
    *,
    scale: int = 1,
    first_month: int = 1,
    distribution: Distribution = "gamma",
    reference: tuple[int, int] | None = None,
) -> Floats:
    """Standardised precipitation index of each month [1, shape=(n,)].

    Parameters
    ----------
    rain : monthly totals without interruption [mm, shape=(n,)], nan for an unknown month.
    scale : months added up, the month itself included [1].
    first_month : month of the year of the first value, 1..12.
    distribution : of the positive totals; zeros have a probability of their own.
    reference : first place and the place after the last of the months that say what is usual, as in a
        slice, 0 being the first value; the whole series where None.  Months outside it are judged by it.

    Returns
    -------
    index, nan in the first ``scale`` - 1 months and beside gaps.

    Raises ``Refused`` below 20 complete years of reference.  It says how unusual, not how dry, and a
    trend within the reference hides itself: compare decades by one fixed reference only.
    """
    totals = np.asarray(rain, dtype=np.float64)
    if (totals < 0).any():
        raise Refused("rain cannot be negative", help="use spei for balances", codes=("BAD_COUNTS",))
    return _standardised(totals, scale, first_month, distribution, reference, zeros=True)


def spei(
    balance: ArrayLike,
    *,
    scale: int = 1,
    first_month: int = 1,
    distribution: Literal["log-logistic", "pearson3"] = "log-logistic",
    reference: tuple[int, int] | None = None,
) -> Floats:
    """Standardised precipitation-evapotranspiration index of each month [1, shape=(n,)].

    ``balance``: monthly rain minus reference evapotranspiration [mm, shape=(n,)]; the rest as in
    ``spi``.  State how the evapotranspiration was computed: the index depends on it.
    """
    totals = np.asarray(balance, dtype=np.float64)
    return _standardised(totals, scale, first_month, distribution, reference, zeros=False)


def _standardised(
    totals: Floats,
    scale: int,
    first_month: int,
    distribution: Distribution,
    reference: tuple[int, int] | None,
    *,
    zeros: bool,
) -> Floats:
    sums = rolling_sum(totals, scale)
    place = np.arange(totals.size)
    month = (place + first_month - 1) % 12
    first, end = reference or (0, totals.size)
    usual = (place >= first) & (place < end)
    out = np.full(totals.shape, np.nan)
    for m in range(12):
        known = (month == m) & np.isfinite(sums)
        _enough_years(int(np.sum((month == m) & usual & np.isfinite(totals))), m)
        out[known] = _quantiles(sums[known], sums[known & usual], distribution, zeros)
    return out


def _enough_years(years: int, month: int) -> None:
    if years < MINIMUM_YEARS:
        raise Refused(
            f"{years} values of month {month + 1}, {MINIMUM_YEARS} years are needed for a drought index",
            help="import the series of a station with at least 20 years, or use the water balance",
            codes=("SHORT_BASELINE",),
        )


def rolling_sum(values: ArrayLike, scale: int) -> Floats:
    """Sums over the last ``scale`` values [shape=(n,)], nan until there are so many."""
    v = np.asarray(values, dtype=np.float64)
    out = np.full(v.shape, np.nan)
    if v.size >= scale:
        out[scale - 1 :] = np.lib.stride_tricks.sliding_window_view(v, scale).sum(axis=1)
    return out


def _quantiles(x: Floats, usual: Floats, distribution: Distribution, zeros: bool) -> Floats:
    """The normal quantile of each of ``x`` under the distribution of ``usual``."""
    fitted = usual[usual > 0] if zeros else usual
    none = 1.0 - fitted.size / usual.size if usual.size else 0.0
    if fitted.size < 4 or np.ptp(fitted) == 0:
        return np.full(x.shape, np.nan)
    l1, l2, t3 = l_moments(fitted)
    below = {"gamma": _gamma, "pearson3": _pearson3, "log-logistic": _logistic}[distribution](x, l1, l2, t3)
    return np.clip(np.asarray(ndtri(none + (1.0 - none) * below), dtype=np.float64), -FURTHEST, FURTHEST)


def l_moments(values: ArrayLike) -> tuple[float, float, float]:
    """Mean, L-scale and L-skewness of a sample [shape=(n,)], by unbiased probability-weighted moments.

    >>> [round(moment, 3) for moment in l_moments([1.0, 2.0, 4.0])]
    [2.333, 1.0, 0.333]
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    n, i = x.size, np.arange(x.size, dtype=np.float64)
    b0 = float(x.mean())
    b1 = float(np.sum(x * i)) / (n * (n - 1))
    b2 = float(np.sum(x * i * (i - 1))) / (n * (n - 1) * (n - 2))
    l2 = 2 * b1 - b0
    return b0, l2, (6 * b2 - 6 * b1 + b0) / l2


def _logistic(x: Floats, l1: float, l2: float, t3: float) -> Floats:
    """Generalised logistic (log-logistic of three parameters)."""
    k = -t3
    if abs(k) < 1e-6:
        y = (x - l1) / l2
    else:
        alpha = l2 * sin(k * pi) / (k * pi)
        xi = l1 - alpha * (1 / k - pi / sin(k * pi))
        y = -np.log(np.maximum(1 - k * (x - xi) / alpha, 1e-300)) / k
    return np.asarray(expit(y), dtype=np.float64)


def _gamma(x: Floats, l1: float, l2: float, t3: float) -> Floats:
    """Gamma by Hosking's approximation of its shape (relative error below 5e-5)."""
    cv = l2 / l1
    if cv < 0.5:
        t = pi * cv * cv
        shape = (1 - 0.3080 * t) / (t * (1 + t * (-0.05812 + t * 0.01765)))
    else:
        t = 1 - cv
        shape = t * (0.7213 - t * 0.5947) / (1 + t * (-2.1817 + t * 1.2113))
    return np.asarray(gammainc(shape, np.maximum(x, 0.0) * shape / l1), dtype=np.float64)


def _pearson3(x: Floats, l1: float, l2: float, t3: float) -> Floats:
    """Pearson type III by Hosking's approximation of its shape."""
    a = abs(t3)
    if a < 1e-6:
        return np.asarray(ndtr((x - l1) / (l2 * sqrt(pi))), dtype=np.float64)
    if a < 1 / 3:
        t = 3 * pi * a * a
        shape = (1 + 0.2906 * t) / (t * (1 + t * (0.1882 + t * 0.0442)))
    else:
        t = 1 - a
        shape = (
            t * (0.36067 + t * (-0.59567 + t * 0.25361)) / (1 + t * (-2.78861 + t * (2.56096 - t * 0.77045)))
        )
    scale = l2 * sqrt(pi) * float(np.exp(gammaln(shape) - gammaln(shape + 0.5)))
    side = 1.0 if t3 > 0 else -1.0
    start = l1 - side * shape * scale
    above = np.maximum(side * (x - start) / scale, 0.0)
    below = gammainc(shape, above) if side > 0 else gammaincc(shape, above)
    return np.asarray(below, dtype=np.float64)
