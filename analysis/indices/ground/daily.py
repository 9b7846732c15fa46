"""From timed readings to one number a day.

1. each reading belongs to a day, given as a whole number (days since any fixed day);
2. days with too few valid readings are nan, never an average of what happened to arrive;
3. the rest become a mean, sum, minimum, maximum or range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Floats

Statistic = Literal["mean", "sum", "min", "max", "range"]

_REDUCE: dict[str, Callable[[Floats], float]] = {
    "mean": lambda v: float(v.mean()),
    "sum": lambda v: float(v.sum()),
    "min": lambda v: float(v.min()),
    "max": lambda v: float(v.max()),
    "range": lambda v: float(v.max() - v.min()),
}


def daily(
    values: ArrayLike,
    day: ArrayLike,
    *,
    statistic: Statistic = "mean",
    expected: int = 24,
    minimum_share: float = 0.8,
) -> tuple[NDArray[np.int64], Floats]:
    """One number for each day from the first to the last.

    Parameters
    ----------
    values : readings [shape=(n,)], nan where flagged or missing.
    day : the day of each reading [shape=(n,)], whole numbers, in any order.
    statistic : what to make of a day's readings.
    expected : readings that a full day has [1].
    minimum_share : share of ``expected`` that must be valid, else the day is nan [1].

    Returns
    -------
    days : every day from first to last [shape=(d,)], gaps included.
    numbers : the statistic of each [shape=(d,)], nan where the day is not covered.

    A sum is not scaled up for the readings that are missing.
    """
    v, d = np.asarray(values, dtype=np.float64), np.asarray(day, dtype=np.int64)
    if v.size == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    days = np.arange(d.min(), d.max() + 1)
    numbers = np.full(days.size, np.nan)
    order = np.argsort(d, kind="stable")
    bounds = np.searchsorted(d[order], np.append(days, days[-1] + 1))
    for i in range(days.size):
        chosen = v[order[bounds[i] : bounds[i + 1]]]
        valid = chosen[np.isfinite(chosen)]
        if valid.size and valid.size >= minimum_share * expected:
            numbers[i] = _REDUCE[statistic](valid)
    return days, numbers
