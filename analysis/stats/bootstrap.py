"""Resampling that respects how the data arose: sites as wholes, days in blocks.

1. blocks of consecutive days are drawn with replacement until the season is full again, since
   neighbouring days resemble each other;
2. sites are drawn with replacement within their arm, since they are the units of inference;
3. both together give replicates of a season's Hill numbers, and of their mean over an arm.

Source: Kunsch 1989, doi:10.1214/aos/1176347265 (blocks; here on a circle, so that every day is as
likely); Davison & Hinkley 1997, *Bootstrap Methods*, ch. 3 and 8.  Days drawn one by one would
give intervals that are far too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Floats
from analysis.indices.community.hill_batch import hill_at_coverage_many
from contract.errors import Refused


def block_weights(days: int, *, block: int, replicates: int, rng: np.random.Generator) -> Floats:
    """How often each day is drawn in each replicate [shape=(replicates, days)].

    Rows add up to ``days``.  ``block`` is the number of consecutive days drawn together, at most
    ``days``; the day after the last is the first.  ``Refused`` for a block that does not fit.
    """
    if not 1 <= block <= days:
        raise Refused(
            f"blocks of {block} days do not fit into {days}",
            help="choose blocks shorter than the season, such as 5 to 7 days",
            codes=("TOO_FEW_DAYS",),
        )
    starts = rng.integers(0, days, size=(replicates, -(-days // block)))
    drawn = ((starts[:, :, None] + np.arange(block)) % days).reshape(replicates, -1)[:, :days]
    place = drawn + days * np.arange(replicates)[:, None]
    weights = np.bincount(place.ravel(), minlength=replicates * days)
    return np.asarray(weights.reshape(replicates, days), dtype=np.float64)


def site_draws(arms: ArrayLike, *, replicates: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Positions of sites drawn with replacement within each arm [shape=(replicates, sites)].

    ``arms`` [shape=(sites,)], any labels; column i holds sites of the arm of site i.
    """
    labels = np.asarray(arms)
    out = np.empty((replicates, labels.size), dtype=np.intp)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        out[:, members] = members[rng.integers(0, members.size, size=(replicates, members.size))]
    return out


def bootstrap_hill(
    seasons: Sequence[ArrayLike], *, coverage: float, block: int, replicates: int, rng: np.random.Generator
) -> Floats:
    """Replicates of the Hill numbers of each site and season [shape=(replicates, seasons, 3)].

    Parameters
    ----------
    seasons : for each, whether a species was found on a valid day [shape=(days, species), 0 or 1].
    coverage : fixed, from the plan [1].
    block : days drawn together [d]; shortened to the season where that is shorter.
    rng : the same state gives the same replicates.

    Resampled days repeat themselves, so the mean over replicates is biased low for q = 0: use
    the spread around the estimate, not the replicates' own mean.
    """
    out = np.full((replicates, len(seasons), 3), np.nan)
    for s, season in enumerate(seasons):
        found = np.asarray(season, dtype=np.float64)
        days = len(found)
        if days < 2:
            continue
        weights = block_weights(days, block=min(block, days), replicates=replicates, rng=rng)
        out[:, s] = hill_at_coverage_many(np.rint(weights @ found).astype(np.int64), days, coverage)
    return out


def mean_over_sites(replicates: ArrayLike, draws: NDArray[np.intp], chosen: ArrayLike) -> Floats:
    """Mean of an arm in each replicate, its sites drawn anew [shape=(replicates, ...)].

    ``replicates`` [shape=(replicates, sites, ...)], ``draws`` of ``site_draws``, ``chosen`` the
    sites of the arm [bool, shape=(sites,)].
    """
    values = np.asarray(replicates, dtype=np.float64)
    columns = draws[:, np.asarray(chosen, dtype=bool)]
    rows = np.arange(len(values))[:, None]
    return np.asarray(values[rows, columns].mean(axis=1), dtype=np.float64)


def basic_interval(
    estimate: ArrayLike, replicates: ArrayLike, *, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Basic bootstrap interval, 2 x estimate - quantiles of the replicates, along their first axis.

    ``estimate`` [shape=any], ``replicates`` [shape=(replicates, any)]; lower and upper [shape=any].

    Unlike percentiles it corrects the bias of resampled richness instead of doubling it.
    """
    point, values = np.asarray(estimate, dtype=np.float64), np.asarray(replicates, dtype=np.float64)
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return 2 * point - high, 2 * point - low
