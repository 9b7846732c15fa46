"""What a contrast could have found: power and the minimum detectable effect.

1. From eight sites an arm: Student's t shifted by effect / standard error.
2. Below: the smallest shift that permutation rejects, over seeded normal territories.

Power that is computed after the fact from the *observed* effect says nothing (Hoenig & Heisey 2001,
doi:10.1198/000313001300339897); this is the power for the effect that the plan names.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.stats.contrast import Estimate
from analysis.stats.permutation import Arrangements, Design, moments, studentised
from analysis.stats.student import normal_quantile, t_quantile, t_upper

_TERRITORIES = 200
_ARRANGEMENTS = 400


def power(estimate: Estimate, effect: float, critical: float) -> float:
    """Probability that |t| passes ``critical`` when the true contrast is ``effect``."""
    if estimate.error <= 0:
        return 0.0
    return t_upper(critical - effect / estimate.error, estimate.df)


def detectable(estimate: Estimate, critical: float, *, wanted: float = 0.8) -> float:
    """The contrast that is found with probability ``wanted``, from the sites' own spread."""
    return (critical + t_quantile(2.0 * (1.0 - wanted), estimate.df)) * estimate.error


def smallest_found(
    spread: tuple[float, float], design: Design, draws: Arrangements, indicators: int, df: float
) -> Floats:
    """For few sites: the sorted smallest shifts that simulated territories call significant [shape=(runs,)].

    ``spread`` is the standard deviation of site changes (restored, control) on the scale.  Each
    territory has ``indicators`` independent primaries of which one is shifted; it is found when
    max-|t| and Bonferroni over Welch, with ``df`` degrees of freedom, both reject at .05.
    A quantile of the result is a minimum detectable effect, a share of it below an effect a power.
    """
    x = _territories(spread, design, indicators)
    t_needed = t_quantile(0.05 / indicators, df)
    rows = draws.restored[:: max(1, len(draws) // _ARRANGEMENTS)]
    everyone = np.ones((len(x[0]), len(design.restored)), dtype=bool)
    others = np.zeros((len(rows), len(x[0])))
    for k in range(1, indicators):
        others = np.maximum(others, studentised(*moments(x[k], everyone, rows, design)))
    low, high = np.zeros(len(x[0])), np.full(len(x[0]), 30.0 * max(*spread, 1e-6))
    for _ in range(14):
        middle = 0.5 * (low + high)
        shift = np.where(design.restored, np.floor(middle * 1e6)[:, None], 0).astype(np.int64)
        t = studentised(*moments(x[0] + shift, everyone, rows, design))
        share = (np.maximum(t, others) >= t[0] * (1.0 - 1e-9)).sum(axis=0) / len(rows)
        found = (share <= 0.05) & (t[0] >= t_needed)
        low, high = np.where(found, low, middle), np.where(found, middle, high)
    return np.sort(high)


def _territories(spread: tuple[float, float], design: Design, indicators: int) -> list[Integers]:
    n = len(design.restored)
    noise = _normal(_TERRITORIES * n * indicators).reshape(indicators, _TERRITORIES, n)
    scaled = noise * np.where(design.restored, spread[0], spread[1])
    return list(np.floor(scaled * 1e6 + 0.5).astype(np.int64))


@lru_cache(maxsize=8)
def _normal(size: int) -> Floats:
    """Standard normal numbers from SHA-256 of a counter: the same on every machine."""
    stream = b"".join(hashlib.sha256(b"mde" + k.to_bytes(8, "big")).digest() for k in range(-(-size // 8)))
    words = np.frombuffer(stream, dtype=">u4")[:size]
    table = np.array([normal_quantile((k + 0.5) / 4096) for k in range(4096)])
    return np.asarray(table[words >> np.uint32(20)])
