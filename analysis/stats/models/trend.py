"""From yearly totals to an index, a slope and its official class.

1. totals divided by the base year's give the index, its error by the delta method;
2. the straight line through the log totals gives the yearly rate of change, with the error that
   the covariance of the totals implies;
3. the 95 % interval of the rate gives the class of the European bird monitoring.

Sources: Pannekoek & van Strien 2001, *TRIM 3 Manual*; van Strien, Pannekoek & Gibbons 2001,
doi:10.1080/00063650109461219; classes of the Pan-European Common Bird Monitoring Scheme.
A slope over few years describes those years, not a future.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from analysis.arrays import Floats
from analysis.stats.student import t_quantile, t_tail
from contract.errors import Refused

TrendClass = Literal[
    "strong increase", "moderate increase", "stable", "uncertain", "moderate decline", "steep decline"
]


@dataclass(frozen=True, slots=True)
class Index:
    """Totals relative to the base year, and their standard errors [1, shape=(years,)]."""

    value: Floats
    error: Floats


@dataclass(frozen=True, slots=True)
class Slope:
    """The yearly rate of change."""

    log: float
    """slope of the log totals [1/year]"""
    log_error: float
    rate: float
    """exp(log): 1.05 is +5 % a year [1]"""
    rate_error: float
    lower: float
    """of the 95 % interval of the rate [1]"""
    upper: float
    p: float
    """of no change; by Student's t unless asked otherwise [1]"""
    label: TrendClass


def index(totals: ArrayLike, covariance: ArrayLike, *, base: int = 0) -> Index:
    """Index of yearly totals [shape=(years,)] given their covariance [shape=(years, years)].

    ``base`` is the place of the year that is 1; ``Refused`` where its total is zero.
    """
    t, v = np.asarray(totals, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    if not t[base] > 0:
        raise Refused(
            "the base year has a total of zero", help="choose another base year", codes=("BAD_BASE",)
        )
    value = t / t[base]
    variance = (value**2 * v[base, base] - 2 * value * v[base] + np.diag(v)) / t[base] ** 2
    return Index(value, np.sqrt(np.maximum(variance, 0.0)))


def overall_slope(
    totals: ArrayLike, covariance: ArrayLike, *, interval: Literal["t", "normal"] = "t"
) -> Slope:
    """Slope of the log totals over consecutive years, by least squares.

    ``totals`` [shape=(years,)], ``covariance`` [shape=(years, years)].
    ``interval`` ``"t"`` uses t with years - 2 degrees of freedom, as rtrim does; ``"normal"``
    uses 1.96 standard errors, as the bird monitoring schemes do.  ``Refused`` below 4 years
    or where a total is zero.
    """
    t, v = np.asarray(totals, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    years = t.size
    if years < 4 or not (t > 0).all():
        raise Refused(
            f"{years} years, of which {int(np.sum(t > 0))} with a total above zero, give no trend",
            help="a trend needs at least 4 years, each with a record",
            codes=("SHORT_BASELINE",),
        )
    centred = np.arange(years) - (years - 1) / 2
    weights = centred / float(centred @ centred)
    slope = float(weights @ np.log(t))
    relative = weights / t
    error = float(np.sqrt(max(float(relative @ v @ relative), 0.0)))
    student = interval == "t"
    reach = (t_quantile(0.05, years - 2) if student else float(norm.ppf(0.975))) * error
    lower, upper = float(np.exp(slope - reach)), float(np.exp(slope + reach))
    p = float("nan")
    if error > 0:
        p = t_tail(slope / error, years - 2) if student else 2 * float(norm.sf(abs(slope) / error))
    rate = float(np.exp(slope))
    return Slope(slope, error, rate, rate * error, lower, upper, p, trend_class(lower, upper))


def trend_class(lower: float, upper: float) -> TrendClass:
    """Official class of a yearly rate of change by its 95 % interval [1].

    "Stable" is claimed only where the interval is narrow; otherwise no change is "uncertain".

    >>> trend_class(0.96, 1.04), trend_class(0.90, 1.04)
    ('stable', 'uncertain')
    """
    if lower > 1.05:
        return "strong increase"
    if upper < 0.95:
        return "steep decline"
    if lower > 1.0:
        return "moderate increase"
    if upper < 1.0:
        return "moderate decline"
    return "stable" if lower > 0.95 and upper < 1.05 else "uncertain"
