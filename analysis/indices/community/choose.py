"""How many ways there are to choose, on the log scale, for rarefaction."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from analysis.arrays import Floats


def log_choose(n: ArrayLike, k: ArrayLike) -> Floats:
    """log of the binomial coefficient n over k [shapes broadcast]; -inf outside 0 <= k <= n.

    >>> round(float(np.exp(log_choose(5, 2))), 9)
    10.0
    """
    top, low = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(k, dtype=np.float64))
    inside = (low >= 0) & (low <= top)
    t, b = np.where(inside, top, 1.0), np.where(inside, low, 0.0)
    return np.where(inside, gammaln(t + 1) - gammaln(b + 1) - gammaln(t - b + 1), -np.inf)
