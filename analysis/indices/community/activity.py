"""How often something is heard, at equal effort.

1. days (or minutes) with a detection and valid days become a rate on the logit scale;
2. counts and valid minutes become passes a night on the log scale;
3. activity of clips and their valid minutes become one activity a day.

Effort is *valid* minutes: those that rain, wind or a fault did not mask (MacKenzie et al.
2002, doi:10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2, on unequal effort).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Floats
from contract.errors import Refused


def detection_logit(detected: ArrayLike, effort: ArrayLike) -> Floats:
    """logit((x + 1/2) / (T + 1)): the log odds that a species is recorded on a valid day.

    Parameters
    ----------
    detected : x, valid days with a detection [shape=any].
    effort : T, valid days [same shape].

    Returns
    -------
    log odds [1]; nan where T = 0.  A zero or a full count stays finite, so that no site drops out.

    It is a rate of detection, not of occupancy or abundance: compare only at equal effort and
    with the same detector.  ``Refused`` where x exceeds T or is negative.  Source of the half: Haldane 1956,
    doi:10.1111/j.1469-1809.1955.tb01285.x.

    >>> detection_logit([7, 0], [9, 9]).round(3).tolist()
    [1.099, -2.944]
    """
    x, t = np.asarray(detected, dtype=np.float64), np.asarray(effort, dtype=np.float64)
    if np.any(x < 0) or np.any(x > t):
        raise Refused(
            "detections must be between zero and the number of valid days",
            help="count a day once, and only among the valid days",
            codes=("BAD_COUNTS",),
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.log((x + 0.5) / (t - x + 0.5))
    return np.where(t > 0, logit, np.nan)


def log_rate(counts: ArrayLike, valid_minutes: ArrayLike, *, unit_minutes: float) -> Floats:
    """log((x + 1/2) / E): records per unit of effort, on the log scale.

    ``counts`` x and ``valid_minutes`` [same shape]; E = valid minutes / ``unit_minutes`` (a
    night, an hour).  nan where there was no effort; ``Refused`` for negative counts or minutes.
    Passes are not individuals.
    """
    x, minutes = np.asarray(counts, dtype=np.float64), np.asarray(valid_minutes, dtype=np.float64)
    if np.any(x < 0) or np.any(minutes < 0):
        raise Refused(
            "counts and minutes must not be negative",
            help="correct the counts or the effort of that site",
            codes=("BAD_COUNTS",),
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.log((x + 0.5) * unit_minutes / minutes)
    return np.where(minutes > 0, rate, np.nan)


def daily_activity(
    activity: ArrayLike, day: ArrayLike, valid_minutes: ArrayLike, *, minimum_minutes: float
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Activity of each day: the mean over its clips, weighted by valid minutes.

    Parameters
    ----------
    activity : share of a clip in which sound stands out of its background, 0..1 [shape=(n,)].
    day : the day of each clip [shape=(n,)], whole numbers.
    valid_minutes : effort of each clip [min] [shape=(n,)].
    minimum_minutes : a day with less valid effort is nan [min].

    Returns
    -------
    days, activity 0..1 and valid minutes of each day [shape=(d,)].

    Activity is not richness: one cicada can fill a day (Alcocer et al. 2022,
    doi:10.1111/brv.12890).
    """
    a, d = np.asarray(activity, dtype=np.float64), np.asarray(day, dtype=np.int64)
    w = np.where(np.isfinite(a), np.asarray(valid_minutes, dtype=np.float64), 0.0)
    days, position = np.unique(d, return_inverse=True)
    minutes = np.bincount(position, weights=w, minlength=days.size)
    total = np.bincount(position, weights=w * np.nan_to_num(a), minlength=days.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / minutes
    kept = (minutes >= minimum_minutes) & (minutes > 0)
    return days, np.where(kept, mean, np.nan), minutes.astype(np.float64)
