"""Gate on copies: two sites that follow each other in everything are one site, entered twice.

1. What an additive fit leaves of each site and season is that site's own: level and weather are gone.
2. These residuals are stacked over all primaries, each in its own spread; a pair of sites is as alike as
   the cosine of its two stacks.
3. Above .99, and beyond what chance gives among so many pairs: COPIED_DATA.  In one primary alone it is
   only COPY_SUSPECTED: few seasons of one indicator agree by chance.

Primaries made of the same detections are worth fewer than their number, by how they correlate.  Cells where
both sites stand at the lowest value of the indicator, as days without a detection do, say nothing of
copying and are left out.  Equal values need no statistics: DUPLICATED_DATA.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.stats.student import root, t_upper
from analysis.verdict.evidence import Evidence

ALIKE = 0.99
"""Cosine of residuals above which two sites are no two sites."""
CHANCE = 0.001
"""Of any pair of a territory, where all sites are their own."""
_LEAST = 2.0
"""Degrees of freedom below which agreement says nothing."""


def copied_pairs(evidence: Sequence[Evidence]) -> list[tuple[str, str]]:
    """Pairs of sites that follow each other over all of at least two primaries."""
    return _pairs(evidence) if len(evidence) > 1 else []


def suspected_pairs(one: Evidence) -> list[tuple[str, str]]:
    """Pairs of sites that follow each other in one primary."""
    return _pairs([one])


def copy_codes(one: Evidence) -> set[str]:
    """The note on an indicator in which two sites follow each other."""
    return {"COPY_SUSPECTED"} if suspected_pairs(one) else set()


def _pairs(evidence: Sequence[Evidence]) -> list[tuple[str, str]]:
    own = [_own(one) for one in evidence]
    x, lowest, share = (np.concatenate([each[k] for each in own], axis=1) for k in range(3))
    known = np.isfinite(x)
    x, low = np.where(known, x, 0.0), (lowest & known).astype(np.float64)
    there, square = known.astype(np.float64), x * x
    dot = _over(x, x) - _over(x * low, x * low)
    length = _over(square, there) - _over(square * low, low)
    free = _worth(evidence, [each[0] for each in own]) * (
        _over(there * share, there) - _over(low * share, low)
    )
    i, j = np.triu_indices(len(x), 1)
    norm = length[i, j] * length[j, i]
    cosine = np.divide(dot[i, j], np.sqrt(norm), out=np.zeros(len(i)), where=norm > 1e-18)
    sites = [evidence[0].panel.sites[row] for row in evidence[0].rows]
    return [
        (sites[i[k]], sites[j[k]])
        for k in np.flatnonzero(cosine > ALIKE)
        if _by_chance(float(cosine[k]), float(free[i[k], j[k]])) * len(i) <= CHANCE
    ]


def _worth(evidence: Sequence[Evidence], residuals: Sequence[Floats]) -> float:
    """Independent primaries among these, as a share of their number: k / sum of squared correlations."""
    shared = [name for name in evidence[0].seasons if all(name in one.seasons for one in evidence)]
    cut = [
        left[:, [one.seasons.index(name) for name in shared]]
        for one, left in zip(evidence, residuals, strict=True)
    ]
    known = np.logical_and.reduce([np.isfinite(one) for one in cut])
    products = _over(*[np.stack([one[known] for one in cut])] * 2)
    size = np.maximum(np.diag(products), 1e-18)
    squares = float((products * products / np.outer(size, size)).sum())
    return len(cut) / squares if squares > 0 else 1.0


def _over(a: Floats, b: Floats) -> Floats:
    """Sum over cells of each pair of rows [shape=(rows, rows)], in a fixed order of addition."""
    return np.asarray(np.einsum("ic,jc->ij", a, b, optimize=False))


def _own(one: Evidence) -> tuple[Floats, Bools, Floats]:
    """Of each cell: residual in the spread of all, whether it is the lowest of several, its freedom."""
    left, share = np.full(one.values.shape, np.nan), np.zeros(one.values.shape)
    for side, fit in zip((one.before, ~one.before), one.fits, strict=True):
        if fit is not None and side.any():
            left[:, side] = fit.residuals
            share[:, side] = 1.0 - 1.0 / int(side.sum())
    known = np.isfinite(left)
    spread = root(float((left[known] ** 2).mean())) if known.any() else 0.0
    if spread < 1e-9:
        return np.full(left.shape, np.nan), np.zeros(left.shape, dtype=bool), share
    lowest = one.values <= np.nanmin(one.values) + 1e-9
    return left / spread, lowest if int(lowest.sum()) > 1 else np.zeros_like(lowest), share


def _by_chance(cosine: float, dimensions: float) -> float:
    """P that two directions in so many dimensions are at least as alike."""
    rest = dimensions - 1.0
    if rest < _LEAST:
        return 1.0
    r = min(cosine, 1.0 - 1e-12)
    return t_upper(r * root(rest / (1.0 - r * r)), rest)
