"""Sites that began together, and what their starts made of a table (Callaway & Sant'Anna).

1. ``effects`` averages over cohorts what each gained on the sites that never began.
2. ``variances`` says how uncertain that average is, from the spread within each cohort: under every
   arrangement of the start labels, so that cohorts may differ in size and spread.

Source: Callaway & Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Integers
from analysis.plan.panel import micro
from analysis.stats.contrast import MICRO


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """``label`` (n,) of each site, 0 for never; ``first`` the column where cohort g = 1, 2 … begins."""

    label: Integers
    first: tuple[int, ...]

    def effects(self, x: Integers, labels: Integers) -> Floats:
        """The simple average effect [10⁻⁶] of ``x`` (sites, seasons) under each row of ``labels``."""
        total, weight = np.zeros(len(labels)), 0.0
        never = (labels == 0).astype(np.float64)
        for g, first in enumerate(self.first, start=1):
            since = (x[:, first:] - x[:, first - 1 : first]).sum(axis=1).astype(np.float64)
            cohort = (labels == g).astype(np.float64)
            size, others = float(cohort[0].sum()), float(never[0].sum())
            total += size * ((cohort @ since) / size - (never @ since) / others)
            weight += size * (x.shape[1] - first)
        return total / weight

    def variances(self, x: Integers, labels: Integers) -> tuple[Floats, float]:
        """Variance of ``effects`` [10⁻¹²] under each row of ``labels``, and its degrees of freedom.

        The degrees of freedom are Satterthwaite's, for the labels of the first row.
        """
        sizes = [int((labels[0] == g).sum()) for g in range(len(self.first) + 1)]
        periods = [x.shape[1] - first for first in self.first]
        weight = sum(size * each for size, each in zip(sizes[1:], periods, strict=True))
        total, below, others = np.zeros(len(labels)), 0.0, np.zeros(len(x))
        for g, first in enumerate(self.first, start=1):
            since = (x[:, first:] - x[:, first - 1 : first]).sum(axis=1)
            share = sizes[g] / weight
            others = others + share * since
            part = share * share * _spread(since, labels == g, sizes[g])
            total, below = total + part, below + float(part[0]) ** 2 / (sizes[g] - 1)
        never = _spread(micro(others / MICRO), labels == 0, sizes[0])
        total, below = total + never, below + float(never[0]) ** 2 / (sizes[0] - 1)
        return total, float(total[0]) ** 2 / below if below > 0 else float(sum(sizes) - len(sizes))


def _spread(values: Integers, chosen: Bools, size: int) -> Floats:
    """Variance of the mean of the ``size`` sites ``chosen`` (m, n) among ``values`` (n,)."""
    near = values - int(values.sum()) // len(values)
    rows = chosen.astype(np.int64)
    sums, squares = (rows @ near).astype(np.float64), (rows @ (near * near)).astype(np.float64)
    return np.asarray(np.maximum(squares - sums * sums / size, 0.0) / (size - 1.0) / size)
