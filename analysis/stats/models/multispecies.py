"""One index for many species: the geometric mean of theirs.

1. yearly log changes are averaged over the species that have both years (chain), so that a
   species that is missing for a while neither lifts nor lowers the index;
2. Monte Carlo draws of each species' index carry its own error into the interval;
3. draws of species, with replacement, say how much hangs on which species were chosen;
4. the slope of each draw gives the rate of change, its interval and its official class.

Sources: Buckland et al. 2011, doi:10.1890/ES11-00186.1; Soldaat et al. 2017,
doi:10.1016/j.ecolind.2017.05.033.  Monte Carlo alone treats the species as the whole of
interest; only the bootstrap speaks of species like them.  Below 10 species: no headline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Floats
from analysis.stats.models.trend import TrendClass, trend_class
from contract.errors import Refused

LARGEST_STEP = 10.0
"""A species' index may change by at most this factor in a year [1]"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Yearly rate of change between two years [1]."""

    rate: float
    error: float
    lower: float
    upper: float
    label: TrendClass


@dataclass(frozen=True, slots=True)
class MultiSpeciesIndex:
    """Index by year, 100 in the base year, and its draws."""

    value: Floats
    """[%, shape=(years,)]"""
    lower: Floats
    upper: Floats
    log_error: Floats
    """standard deviation of the log index over the draws [1, shape=(years,)]"""
    species: NDArray[np.int64]
    """species with a value, by year [1, shape=(years,)]"""
    draws: Floats
    """log index of each draw [shape=(draws, years)]"""

    def rate(
        self, first: int = 0, last: int | None = None, *, years: Literal["joint", "independent"] = "joint"
    ) -> Rate:
        """Rate of change from position ``first`` to ``last`` (included, default the end).

        ``years`` ``"joint"`` keeps what the years of a draw have in common; ``"independent"``
        forgets it, as the MSI tool of Soldaat et al. does, and is the wider where they share much.
        """
        part = self.draws[:, first : None if last is None else last + 1]
        t = np.arange(part.shape[1]) - (part.shape[1] - 1) / 2
        weights = t / float(t @ t)
        slopes = part @ weights
        rate, spread = float(np.exp(slopes.mean())), float(slopes.std(ddof=1))
        if years == "independent":
            spread = float(np.sqrt(np.sum((weights * part.std(axis=0, ddof=1)) ** 2)))
        error = rate * spread
        lower, upper = rate - 1.96 * error, rate + 1.96 * error
        return Rate(rate, error, lower, upper, trend_class(lower, upper))


def geometric_mean_index(indices: ArrayLike, *, base: int = 0, smallest: float = 1.0) -> Floats:
    """Index of species' indices [shape=(species, years)], 100 in the base year [shape=(years,)].

    nan marks a missing year; values below ``smallest`` count as ``smallest`` (of 100), since the
    log of a zero would decide everything.  nan where no species links a year to the base.

    >>> geometric_mean_index([[100, 200], [100, 50]]).round(6).tolist()
    [100.0, 100.0]
    """
    logs = np.log(np.maximum(_indices(indices), smallest))
    return np.asarray(100.0 * np.exp(_chained(logs[None], base)[0]), dtype=np.float64)


def multispecies_index(
    indices: ArrayLike,
    errors: ArrayLike,
    *,
    rng: np.random.Generator,
    interval: Literal["monte carlo", "bootstrap", "both"] = "both",
    draws: int = 1000,
    base: int = 0,
    smallest: float = 1.0,
    largest_cv: float = 3.0,
) -> MultiSpeciesIndex:
    """Index with its interval.

    Parameters
    ----------
    indices, errors : of each species, base near 100 [%, shape=(species, years)], nan if missing.
    rng : source of chance; the same state gives the same draws.
    interval : what varies between draws: the species' errors, the species, or both.
    largest_cv : species whose mean error/index (index >= 10) reaches this are left out [1].

    Raises ``Refused`` without two usable species.
    """
    x, se = _indices(indices), np.nan_to_num(np.asarray(errors, dtype=np.float64))
    x, se = _usable(x, se, largest_cv)
    logs = np.log(np.maximum(x, smallest))
    spread = np.where(x < smallest, 0.0, se / np.maximum(x, smallest))
    sample = np.broadcast_to(logs, (draws, *logs.shape))
    if interval != "bootstrap":
        drawn = rng.normal(size=(draws, *logs.shape)) * np.nan_to_num(spread) + logs
        sample = np.maximum(drawn, np.log(smallest))
    if interval != "monte carlo":
        chosen = rng.integers(0, len(logs), size=(draws, len(logs)))
        sample = np.take_along_axis(sample, chosen[:, :, None], axis=1)
    paths = _chained(sample, base) + np.log(100.0)
    centre, sd = _moments(paths)
    if interval == "bootstrap":
        centre = np.log(geometric_mean_index(x, base=base, smallest=smallest))
    lower, upper = np.exp(centre - 1.96 * sd), np.exp(centre + 1.96 * sd)
    return MultiSpeciesIndex(np.exp(centre), lower, upper, sd, np.isfinite(x).sum(axis=0), paths)


def _moments(paths: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the draws of each year, nan for a year without any."""
    known = np.isfinite(paths)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, paths, 0.0).sum(axis=0) / count
        spread = np.where(known, paths - mean, 0.0)
        sd = np.sqrt((spread**2).sum(axis=0) / (count - 1))
    return np.asarray(mean, dtype=np.float64), np.where(count > 1, sd, np.nan)


def odds_growth_index(
    occupancy: ArrayLike,
    *,
    largest_sd: float = 0.2,
    minimum_years: int = 1,
) -> Floats:
    """Index of the odds of occupancy over many species, one path a draw [%, shape=(draws, years)].

    Parameters
    ----------
    occupancy : draws of each species' occupancy, 0..1 [shape=(draws, species, years)]; years
        missing inside a species' span are bridged at a constant rate.
    largest_sd : a species' year whose draws vary more is treated as missing [1].
    minimum_years : species with fewer remaining years are left out [1].

    A species joins with its second reliable year.  Mean and quantiles over the draws are the
    index and its interval.  Odds are taken of 0.001 + 0.998 x occupancy, so that 0 and 1 stay
    finite.  ``Refused`` below two species with reliable years.  Source: Outhwaite et al. 2020,
    doi:10.1038/s41559-020-1111-z.
    """
    p = np.asarray(occupancy, dtype=np.float64)
    reliable = np.isfinite(p).all(axis=0) & (p.std(axis=0, ddof=1) <= largest_sd)
    reliable[reliable.sum(axis=1) < minimum_years] = False
    if (reliable.sum(axis=1) > 1).sum() < 2:
        raise Refused(
            "fewer than two species have reliable years",
            help="add species or visits; show the species one by one",
            codes=("FEW_SPECIES",),
        )
    shrunk = 0.001 + 0.998 * p
    logs = np.log(shrunk / (1 - shrunk))
    years = np.arange(p.shape[2])
    steps = np.full((*p.shape[:2], p.shape[2]), np.nan)
    for s, known in enumerate(reliable):
        span = np.flatnonzero(known)
        if not span.size:
            continue
        for draw in range(len(p)):
            bridged = np.interp(years[span[0] : span[-1] + 1], span, logs[draw, s, span])
            steps[draw, s, span[0] + 1 : span[-1] + 1] = np.diff(bridged)
    count = np.isfinite(steps).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nan_to_num(steps).sum(axis=1) / count
    mean[:, 0] = 0.0
    return np.asarray(100.0 * np.exp(np.cumsum(mean, axis=1)), dtype=np.float64)


def _usable(x: Floats, se: Floats, largest_cv: float) -> tuple[Floats, Floats]:
    counted = np.isfinite(x) & (x >= 10) & (se > 0)
    ratio = np.where(counted, se / np.where(counted, x, 1.0), 0.0)
    cv = ratio.sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    kept = (cv < largest_cv) & np.isfinite(x).any(axis=1)
    if kept.sum() < 2:
        raise Refused(
            f"{int(kept.sum())} species with a usable index",
            help="an index of many species needs several; show the species one by one",
            codes=("FEW_SPECIES",),
        )
    return x[kept], se[kept]


def _indices(indices: ArrayLike) -> Floats:
    x = np.asarray(indices, dtype=np.float64)
    if x.ndim != 2 or (x < 0).any() or np.isinf(x).any():
        raise Refused(
            "indices must be a species x year table without negative numbers",
            help="write nan where a species has no index",
            codes=("BAD_COUNTS",),
        )
    return x


def _chained(logs: Floats, base: int) -> Floats:
    """Cumulated mean log changes, 0 in the base year [logs shape=(draws, species, years)]."""
    limit = np.log(LARGEST_STEP)
    steps = np.clip(np.diff(logs, axis=2), -limit, limit)
    known = np.isfinite(steps)
    count = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, steps, 0.0).sum(axis=1) / count
    path = np.concatenate([np.zeros((len(logs), 1)), np.cumsum(mean, axis=1)], axis=1)
    return np.asarray(path - path[:, [base]], dtype=np.float64)
