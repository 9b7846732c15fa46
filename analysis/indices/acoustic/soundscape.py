"""Change of a soundscape against the same site's own past.  Supporting evidence only.

1. spectrogram cells above their threshold give saturation, the share of the spectrum in use;
2. a site's own baseline gives the centre and spread of each acoustic index;
3. a later window lies at a robust distance from it, with the spread of the baseline as unit.

A distance has no direction: it says "different", never "better" (Alcocer et al. 2022,
doi:10.1111/brv.12890; Sethi et al. 2023, doi:10.1038/s41559-023-02148-z).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from contract.errors import Refused

MAD_TO_SD = 1.4826022185056018
"""1 / the 0.75 quantile of the normal distribution: makes a MAD an SD under normality [1]"""


def saturation(power: ArrayLike, background: ArrayLike, *, margin_db: float = 6.5) -> Floats:
    """Share of frequency bins in use in each minute, 0..1 [shape=(t,)].

    ``power`` [dB, shape=(f, t)], the level of each bin and minute; ``background`` [dB,
    shape=(f,)], the bin's own background; a bin is in use where it exceeds its background by
    ``margin_db``.  nan minutes stay nan.  After Burivalova et al. 2018, doi:10.1111/cobi.12968.
    Wind, rain and insects saturate too.
    """
    level = np.asarray(power, dtype=np.float64)
    used = level > np.asarray(background, dtype=np.float64)[:, None] + margin_db
    share = used.mean(axis=0) if level.size else np.zeros(level.shape[1])
    return np.where(np.isfinite(level).all(axis=0), share, np.nan)


def robust_distance(baseline: ArrayLike, window: ArrayLike, *, minimum_days: int = 20) -> float:
    """How far the median of a window lies from a site's baseline, in spreads of the baseline.

    Parameters
    ----------
    baseline : indices of the site's days before [shape=(days, k)], nan rows dropped.
    window : the same indices of the days judged [shape=(days, k)].
    minimum_days : valid days that each needs [1].

    Returns
    -------
    sqrt(mean over the k indices of ((median(window) - median(baseline)) / (1.4826 MAD))^2) [1],
    0 for no change; an index that never varied in the baseline is left out; nan if none varied.

    Indices are taken one by one: their correlations are not removed, so distances of sites
    with other sets of indices are not comparable.  Raises ``Refused`` with too few days.

    >>> days = np.arange(1.0, 22.0)[:, None]
    >>> round(robust_distance(days, days + 10.0), 3)
    1.349
    """
    past, now = _rows(baseline), _rows(window)
    if len(past) < minimum_days or len(now) < minimum_days:
        raise Refused(
            f"{len(past)} baseline days and {len(now)} later days of sound, {minimum_days} are needed",
            help="lengthen the windows, or wait for more valid days",
            codes=("SHORT_BASELINE",),
        )
    centre = np.median(past, axis=0)
    spread = MAD_TO_SD * np.median(np.abs(past - centre), axis=0)
    varied = spread > 0
    if not varied.any():
        return float("nan")
    steps = (np.median(now, axis=0) - centre)[varied] / spread[varied]
    return float(np.sqrt(np.mean(steps**2)))


def _rows(values: ArrayLike) -> Floats:
    table = np.asarray(values, dtype=np.float64)
    return table[np.isfinite(table).all(axis=1)]
