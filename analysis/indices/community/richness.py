"""Classical diversity of a site, and estimators of the species it still hides.

1. counts of a site give richness, Shannon, Simpson and rarefied richness;
2. its rare species give Chao 1 and ACE with their errors;
3. presences in several sites give the species pool: Chao, jackknife 1 and 2, bootstrap.

Conventions (bias-corrected Chao 1, the rare limit of 10) are those of R's vegan 2.6.
Estimates are lower bounds for a detector that hears every species; none hears them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from analysis.arrays import Floats
from contract.errors import Refused

RARE = 10
"""Species with at most so many individuals are rare for ACE [1]"""


@dataclass(frozen=True, slots=True)
class RichnessEstimate:
    """A number of species and its standard error; nan where undefined."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class SpeciesPool:
    """Species expected in the area that the sites sample."""

    observed: int
    chao: RichnessEstimate
    jackknife1: RichnessEstimate
    jackknife2: float
    bootstrap: RichnessEstimate
    sites: int


def shannon(counts: ArrayLike) -> float:
    """H = -sum p ln p [nat] of counts [shape=(species,)]; 0 for one species, nan for none.

    Source: Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x.

    >>> round(shannon([5, 5, 5, 5]), 4)
    1.3863
    """
    x = _counts(counts)
    p = x / x.sum() if x.size else x
    return -float(np.sum(p * np.log(p))) if x.size else nan


def simpson(counts: ArrayLike) -> float:
    """1 - sum p^2 of counts [shape=(species,)], the chance that two draws with replacement differ [1].

    nan for no species.  Source: Simpson 1949, doi:10.1038/163688a0.
    """
    x = _counts(counts)
    return 1.0 - float(np.sum((x / x.sum()) ** 2)) if x.size else nan


def rarefied(counts: ArrayLike, individuals: int) -> RichnessEstimate:
    """Species expected among ``individuals`` drawn without replacement (Hurlbert 1971,
    doi:10.2307/1934145) and its standard error (Heck et al. 1975, doi:10.2307/1934716).

    ``counts`` [shape=(species,)]; ``Refused`` where the site has fewer individuals.
    """
    x = _counts(counts)
    total = x.sum()
    if not 1 <= individuals <= total:
        raise Refused(
            f"{individuals} individuals cannot be drawn from {total:.0f}",
            help="rarefy to at most the smallest site, or leave that site out",
            codes=("UNEQUAL_EFFORT",),
        )
    absent = _draw_none(total, x, individuals)
    both = _draw_none(total, x[:, None] + x[None, :], individuals)
    upper = np.triu_indices(x.size, 1)
    pairs = float(np.sum(both[upper] - np.outer(absent, absent)[upper]))
    variance = float(np.sum(absent * (1 - absent))) + 2 * pairs
    return RichnessEstimate(float(np.sum(1 - absent)), sqrt(max(variance, 0.0)))


def chao1(counts: ArrayLike) -> RichnessEstimate:
    """Bias-corrected Chao 1 with the error of that same form (Chao 1987, doi:10.2307/2531532).

    ``counts`` of individuals [shape=(species,)].  A lower bound, which sampling effort still moves.
    """
    x = _counts(counts)
    if not x.size:
        return RichnessEstimate(nan, nan)
    f1, f2 = float(np.sum(x == 1)), float(np.sum(x == 2))
    value = x.size + f1 * (f1 - 1) / 2 / (f2 + 1)
    classes = np.array([f1, f2, x.size - f1 - f2])
    slopes = np.array([1 + (2 * f1 - 1) / 2 / (f2 + 1), 1 - f1 * (f1 - 1) / 2 / (f2 + 1) ** 2, 1.0])
    return RichnessEstimate(value, _delta_error(classes, slopes, value))


def ace(counts: ArrayLike, *, error_as: Literal["delta", "vegan"] = "delta") -> RichnessEstimate:
    """Abundance-based coverage estimator (Chao & Lee 1992, doi:10.1080/01621459.1992.10475194).

    ``counts`` of individuals [shape=(species,)].

    The error is by the delta method.  vegan 2.6 differentiates another coverage than the one
    it estimates with (1 + f1 / (n - 1) for 1 - f1 / n) and prints about half; ``error_as``
    ``"vegan"`` reproduces it for comparison.  nan where every rare species was found once.
    """
    x = _counts(counts)
    i = np.arange(1.0, RARE + 1.0)
    a = np.array([float(np.sum(x == k)) for k in i])
    n, f1, rare = float(i @ a), float(a[0]), float(a.sum())
    if not n:
        return RichnessEstimate(float(x.size) if x.size else nan, 0.0 if x.size else nan)
    if f1 == n:
        return RichnessEstimate(nan, nan)
    covered = 1 - f1 / n
    scale = 1.0 / (n * (n - 1))
    spread = rare * float((i * (i - 1)) @ a) * scale / covered - 1
    value = x.size - rare + (rare + f1 * max(spread, 0.0)) / covered
    single = (i == 1).astype(np.float64)
    if error_as == "vegan":
        slopes = _ace_slopes(a, 1 + f1 / (n - 1), single / (n - 1) - f1 * i / (n - 1) ** 2)
    else:
        slopes = _ace_slopes(a, covered, f1 * i / n**2 - single / n)
    return RichnessEstimate(value, _delta_error(a, slopes, value))


def _ace_slopes(a: Floats, covered: float, d_covered: Floats) -> Floats:
    """How ACE answers to one more species in each class of abundance [shape=(10,)]."""
    i = np.arange(1.0, RARE + 1.0)
    n, f1, rare, pairs = float(i @ a), float(a[0]), float(a.sum()), float((i * (i - 1)) @ a)
    base = 1.0 / (covered * n * (n - 1))
    spread = rare * pairs * base - 1
    d_spread = base * (pairs + rare * i * (i - 1))
    d_spread -= (spread + 1) * (d_covered / covered + i / n + i / (n - 1))
    top = rare + f1 * spread
    slopes: Floats = (1 + (i == 1) * spread + f1 * d_spread) / covered - top * d_covered / covered**2
    return slopes


def species_pool(table: ArrayLike) -> SpeciesPool:
    """Incidence-based estimators over sites [table shape=(sites, species)].

    Sources: Chao 1987; Burnham & Overton 1979, doi:10.2307/1936861; Smith & van Belle 1984,
    doi:10.2307/2530750.  The error of the first jackknife subtracts a1 / n as vegan does, where
    Heltshe & Forrester 1983, doi:10.2307/2530802, subtract a1^2 / n.
    """
    seen = np.asarray(table, dtype=np.float64) > 0
    seen = seen[:, seen.any(axis=0)]
    n, s = seen.shape
    frequency = seen.sum(axis=0)
    a1, a2 = float(np.sum(frequency == 1)), float(np.sum(frequency == 2))
    small = (n - 1) / n if n else nan
    unique = seen[:, frequency == 1].sum(axis=1).astype(np.float64)
    jack_error = sqrt(max(small * float(np.sum(unique**2) - a1 / n), 0.0)) if n else nan
    jack2 = s + a1 * (2 * n - 3) / n - a2 * (n - 2) ** 2 / n / (n - 1) if n > 1 else nan
    return SpeciesPool(
        s,
        _pool_chao(s, a1, a2, small),
        RichnessEstimate(s + a1 * small, jack_error),
        jack2,
        _pool_bootstrap(seen),
        n,
    )


def _pool_chao(s: int, a1: float, a2: float, small: float) -> RichnessEstimate:
    if a2 > 0:
        ratio = a1 / a2
        variance = a2 * (small * ratio**2 / 2 + small**2 * ratio**3 + small**2 * ratio**4 / 4)
        return RichnessEstimate(s + small * a1**2 / 2 / a2, sqrt(variance))
    value = s + small * a1 * (a1 - 1) / 2
    variance = (
        small * (a1 * (a1 - 1) / 2 + small * a1 * (2 * a1 - 1) ** 2 / 4 - small * a1**4 / 4 / value)
        if s
        else nan
    )
    return RichnessEstimate(value, sqrt(max(variance, 0.0)))


def _pool_bootstrap(seen: NDArray[np.bool_]) -> RichnessEstimate:
    n, s = seen.shape
    if not n:
        return RichnessEstimate(nan, nan)
    missed = (1 - seen.mean(axis=0)) ** n
    empty = (~seen).astype(np.float64)
    both = (empty.T @ empty / n) ** n
    upper = np.triu_indices(s, 1)
    pairs = float(np.sum(both[upper] - np.outer(missed, missed)[upper]))
    variance = float(np.sum(missed * (1 - missed))) + 2 * pairs
    return RichnessEstimate(s + float(missed.sum()), sqrt(max(variance, 0.0)))


def _counts(counts: ArrayLike) -> Floats:
    x = np.asarray(counts, dtype=np.float64).ravel()
    if not np.isfinite(x).all() or (x < 0).any():
        raise Refused(
            "counts must not be negative or missing", help="write 0 for none", codes=("BAD_COUNTS",)
        )
    return x[x > 0]


def _draw_none(total: float, amount: Floats, individuals: int) -> Floats:
    """Chance that none of ``amount`` individuals is among those drawn from ``total``."""
    rest = total - amount
    inside = rest >= individuals
    r = np.where(inside, rest, individuals)
    log = (
        gammaln(r + 1) - gammaln(r - individuals + 1) - gammaln(total + 1) + gammaln(total - individuals + 1)
    )
    return np.where(inside, np.exp(log), 0.0)


def _delta_error(classes: Floats, slopes: Floats, value: float) -> float:
    """Standard error of a function of multinomial classes whose total is ``value``."""
    variance = float(classes @ slopes**2) - float(classes @ slopes) ** 2 / value
    return sqrt(max(variance, 0.0))
