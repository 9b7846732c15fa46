"""One site among many: how far it lies from what the others predict, and a contrast that it cannot move.

1. ``deleted_p`` tests each site's residual against the spread of the others (externally studentised),
   Bonferroni over sites.
2. ``hodges_lehmann`` is the median of all differences of a restored and a control site.

Sources: Cook & Weisberg 1982, ISBN 978-0-412-24280-9, section 2.2.2; Hodges & Lehmann 1963,
doi:10.1214/aoms/1177704172.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Bools, Floats, Integers
from analysis.stats.permutation import Design
from analysis.stats.student import root, t_tail


def deleted_p(d: Integers, present: Bools, design: Design) -> Floats:
    """Bonferroni p of each site [shape=(n,)]; 1 where it is absent or alone in its arm and stratum.

    ``d`` [10⁻⁶, shape=(n,)], ``present`` [shape=(n,)]; the model is a mean for each arm of each stratum.
    """
    out = np.ones(len(d))
    cells = [
        np.flatnonzero(present & (design.restored == arm) & (design.stratum == h))
        for h in range(len(design.weights))
        for arm in (True, False)
    ]
    cells = [cell for cell in cells if len(cell)]
    sums = [[int(one) for one in d[cell]] for cell in cells]
    within = [sum(v * v for v in one) - sum(one) ** 2 / len(one) for one in sums]
    n, df = sum(map(len, cells)), sum(map(len, cells)) - len(cells) - 1
    if df < 1:
        return out
    total = float(sum(within))
    for cell, values in zip(cells, sums, strict=True):
        if len(cell) < 2:
            continue
        leverage = 1.0 / len(cell)
        for site, value in zip(cell, values, strict=True):
            rest = value - sum(values) / len(cell)
            left = total - rest * rest / (1.0 - leverage)
            if left <= 0:
                out[site] = 0.0 if rest else 1.0
                continue
            t = rest / root(left / df * (1.0 - leverage))
            out[site] = min(1.0, n * t_tail(t, float(df)))
    return out


def hodges_lehmann(d: Integers, present: Bools, design: Design) -> float:
    """Median difference of restored and control sites [unit of ``d``], strata weighted as in θ.

    ``d``, ``present`` [shape=(n,)], integers and whether they are there.

    nan where a stratum lacks an arm.
    """
    total = 0.0
    for h, weight in enumerate(design.weights):
        here = present & (design.stratum == h)
        restored, control = d[here & design.restored], d[here & ~design.restored]
        if not len(restored) or not len(control):
            return float("nan")
        pairs = np.sort((restored[:, None] - control[None, :]).ravel())
        middle = int(pairs[(len(pairs) - 1) // 2]) + int(pairs[len(pairs) // 2])
        total += float(weight) * middle / 2.0
    return total
