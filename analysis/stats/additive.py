"""Site means where seasons are missing: additive site + season fits, blind to the arms.

1. ``kept_seasons`` drops a season that has lost too much of either arm, for both arms.
2. ``site_means`` fits y = site + season by least squares and returns each site at the mean season.

A plain mean over what is left is biased when a site lacks a good year; the additive fit is not,
as long as sites share their years.  Source: two-way additive models, Scheffé 1959, chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, eq=False)
class AdditiveFit:
    """``sites`` (n,) at the mean season, nan where unmeasured; ``seasons`` (s,) effects, mean 0."""

    sites: Floats
    seasons: Floats
    residuals: Floats
    """(n, s), nan where absent"""


def kept_seasons(present: Bools, restored: Bools, share: float) -> Bools:
    """Which seasons hold at least ``share`` of the restored and of the control sites.

    ``present`` has shape (sites, seasons); ``restored`` (sites,) is True in the restored arm.
    """
    arms = []
    for arm in (restored, ~restored):
        size = int(arm.sum())
        arms.append(
            present[arm].sum(axis=0) >= share * size - 1e-9 if size else np.zeros(present.shape[1], bool)
        )
    both: Bools = arms[0] & arms[1]
    return both


def site_means(values: Floats) -> AdditiveFit | None:
    """Least squares y = site + season of ``values`` [shape=(sites, seasons)] with nan where absent.

    Returns None when the seasons are not linked by shared sites, so that they cannot be compared.
    """
    present = np.isfinite(values)
    y = np.where(present, values, 0.0)
    if present.all():
        effects = y.mean(axis=0) - y.mean()
        sites = y.mean(axis=1)
        return AdditiveFit(sites, effects, y - sites[:, None] - effects[None, :])
    counts = present.sum(axis=1).astype(np.float64)
    used = counts > 0
    if not used.any() or not present.any(axis=0).all():
        return None
    weight = present[used] / counts[used, None]
    mean = y[used].sum(axis=1) / counts[used]
    matrix = np.diag(present.sum(axis=0).astype(np.float64)) - present[used].T.astype(np.float64) @ weight
    right = y.sum(axis=0) - present[used].T.astype(np.float64) @ mean
    solved = _solve(matrix[1:, 1:], right[1:])
    if solved is None:
        return None
    effects = np.concatenate([[0.0], solved])
    effects -= effects.mean()
    sites = np.full(len(values), np.nan)
    sites[used] = mean - weight @ effects
    residuals = np.where(present, values - sites[:, None] - effects[None, :], np.nan)
    return AdditiveFit(sites, effects, residuals)


def _solve(matrix: Floats, right: Floats) -> Floats | None:
    """Gaussian elimination in a fixed order; None when singular.  The matrices are tiny."""
    rows = [[*map(float, row), float(value)] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for k in range(size):
        pivot = max(range(k, size), key=lambda r: (abs(rows[r][k]), -r))
        if abs(rows[pivot][k]) < 1e-9:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for r in range(k + 1, size):
            factor = rows[r][k] / rows[k][k]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k], strict=True)]
    out = [0.0] * size
    for k in range(size - 1, -1, -1):
        out[k] = (rows[k][size] - sum(rows[k][j] * out[j] for j in range(k + 1, size))) / rows[k][k]
    return np.array(out, dtype=np.float64)
