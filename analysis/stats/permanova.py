"""Do groups of sites differ in composition?  One-way permutational analysis of variance.

1. squared dissimilarities give the sums of squares within groups and in all;
2. their ratio is a pseudo-F, their share R2;
3. shuffled labels say how often chance gives as much.

Source: Anderson 2001, doi:10.1111/j.1442-9993.2001.01070.pp.x.  A difference of spread looks
like a difference of place; description only, never a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Floats
from contract.errors import Refused


@dataclass(frozen=True, slots=True)
class Permanova:
    """pseudo-F, share of variation explained, and permutation p (nan without permutations)."""

    f: float
    r2: float
    p: float


def permanova(
    dissimilarity: ArrayLike,
    groups: ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    permutations: int = 999,
) -> Permanova:
    """Test of groups of sites [dissimilarity shape=(n, n), groups shape=(n,)].

    p = (1 + shuffles at least as extreme) / (1 + permutations); nan without ``rng``.  ``Refused`` below
    two groups or with no more sites than groups.
    """
    d, labels = np.asarray(dissimilarity, dtype=np.float64), np.asarray(groups)
    names, codes = np.unique(labels, return_inverse=True)
    n, k = len(d), names.size
    if k < 2 or n <= k:
        raise Refused(
            f"{n} sites in {k} groups cannot be compared",
            help="give at least two groups and more sites than groups",
            codes=("FEW_SITES",),
        )
    squared = d**2
    total = float(np.triu(squared, 1).sum()) / n
    f = _pseudo_f(squared, codes, k, total)
    p = float("nan")
    if rng is not None:
        shuffled = (_pseudo_f(squared, rng.permutation(codes), k, total) for _ in range(permutations))
        p = (1 + sum(v >= f * (1 - 1e-9) for v in shuffled)) / (1 + permutations)
    return Permanova(f, f * (k - 1) / (f * (k - 1) + n - k), p)


def _pseudo_f(squared: Floats, codes: NDArray[np.int64], k: int, total: float) -> float:
    member = (codes[:, None] == np.arange(k)).astype(np.float64)
    within = float(np.sum(np.einsum("ig,ij,jg->g", member, squared, member) / (2 * member.sum(axis=0))))
    n = len(codes)
    return (total - within) / (k - 1) / (within / (n - k)) if within > 0 else float("inf")
