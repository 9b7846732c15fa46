"""How much a site's cover softens the weather, against a control station.

1. temperatures of the site and its control are paired hour by hour or day by day;
2. the slope of the one on the other says how much of a change of the weather arrives;
3. the mean difference of daily maxima says how much cooler the hot hours are.

Sources: De Frenne et al. 2019, doi:10.1038/s41559-019-0842-1; Gril et al. 2023,
doi:10.1111/2041-210X.14048.  A proxy of the service "microclimate regulation": it depends on
where the sensors hang and on their shields, which must be the same on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from contract.errors import Refused


@dataclass(frozen=True, slots=True)
class Buffering:
    """Microclimate of one site against its control."""

    slope: float
    """of site on control [K/K]; below 1 buffered, above 1 amplified"""
    slope_error: float
    """standard error of the slope; treats the pairs as independent, which hours are not [K/K]"""
    equilibrium: float
    """temperature at which site and control agree [degC]; nan where the slope is 1"""
    offset: float
    """mean of site - control [K]"""
    pairs: int


def buffering(site: ArrayLike, control: ArrayLike, *, minimum_pairs: int = 60) -> Buffering:
    """Slope and offset of paired temperatures.

    Parameters
    ----------
    site, control : temperature at the same times [degC, shape=(n,)]; nan pairs are dropped.
        With daily maxima the offset is the daily-maximum offset.
    minimum_pairs : fewer valid pairs are refused (60 days) [1].

    >>> control = np.linspace(5, 31, 60)
    >>> found = buffering(4 + 0.8 * control, control)
    >>> round(found.slope, 3), round(found.equilibrium, 3)
    (0.8, 20.0)
    """
    y, x = np.asarray(site, dtype=np.float64), np.asarray(control, dtype=np.float64)
    valid = np.isfinite(x) & np.isfinite(y)
    y, x, n = y[valid], x[valid], int(valid.sum())
    if n < max(minimum_pairs, 3) or np.ptp(x) == 0:
        raise Refused(
            f"{n} paired temperatures that vary, {minimum_pairs} are needed for the buffering of a site",
            help="wait for more days on which both sensors are valid",
            codes=("TOO_FEW_DAYS",),
        )
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    residual = dy - slope * dx
    error = float(np.sqrt(residual @ residual / (n - 2) / (dx @ dx)))
    offset = float(np.mean(y - x))
    crossing = float(x.mean() - offset / (slope - 1.0)) if slope != 1.0 else float("nan")
    return Buffering(slope, error, crossing, offset, n)
