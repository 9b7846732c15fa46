"""Several looks at one question: how much of alpha each may spend.

1. ``spent`` is the share of alpha that may be spent by a look, fixed before any data: little at first.
2. ``levels`` turns it into the level of each look, by the joint distribution of the looks so far under one
   set of arrangements: looks that agree cost less than looks that do not.

Sources: Lan & DeMets 1983, doi:10.1093/biomet/70.3.659, for spending; its shape is that of O'Brien &
Fleming 1979, doi:10.2307/2530245.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.stats.permutation import TIE
from analysis.stats.student import t_quantile, t_tail

_NORMAL = 1e7
"""Degrees of freedom from which on Student's t is the normal distribution to six digits."""


def spent(fraction: float, alpha: float) -> float:
    """What may be spent by the time that ``fraction`` of the seasons, 0 to 1, is measured [1].

    2 - 2 Phi(z / sqrt(fraction)), z the normal quantile of ``alpha``, two-sided; all of it at 1.
    """
    if fraction >= 1.0:
        return alpha
    return t_tail(t_quantile(alpha, _NORMAL) / sqrt(fraction), _NORMAL)


@dataclass(slots=True, eq=False)
class _Track:
    """One statistic through the looks: its p under each arrangement, and who was rejected so far."""

    p: list[Floats]
    rejected: Bools

    def level(self, look: int, may: float) -> float:
        """The largest p that may be rejected at ``look`` if ``may`` is spent in all."""
        p, m = self.p[look], len(self.rejected)
        gone = int(self.rejected.sum())
        left = int(may * m * (1.0 + TIE)) - gone
        least = max(may - gone / m, 0.0)
        fresh = np.sort(p[~self.rejected])
        if left >= len(fresh):
            return may
        below = p[p < fresh[max(left, 0)] * (1.0 - TIE)]
        return max(least, min(may, float(below.max()))) if len(below) else least

    def reject(self, look: int, level: float) -> None:
        self.rejected |= self.p[look] <= level * (1.0 + TIE)


def levels(t: Sequence[Floats], may: Sequence[float]) -> list[float]:
    """The level of each look so far; the first spends what it may.

    ``t``: |t| of every member under each arrangement, a table a look, each [shape=(m, k)] with the same rows;
    a member that a look has not is nan.  ``may``: what may be spent by each look, rising.  The level is the
    least of those that the largest |t| of the family, and each member alone, would leave.
    """
    together = [np.where(np.isnan(one), 0.0, one).max(axis=1) for one in t]
    members = [[np.nan_to_num(one[:, k], nan=0.0) for one in t] for k in range(t[0].shape[1])]
    tracks = [
        _Track([_ranks(one) for one in course], np.zeros(len(course[0]), dtype=bool))
        for course in ([together] if len(members) == 1 else [together, *members])
    ]
    out = []
    for look, most in enumerate(may[: len(t)]):
        level = most if look == 0 else min(track.level(look, most) for track in tracks)
        out.append(level)
        for track in tracks:
            track.reject(look, level)
    return out


def _ranks(t: Floats) -> Floats:
    """Of each arrangement the share that is at least as extreme [shape=(m,)]; ties included."""
    return np.asarray((len(t) - np.searchsorted(np.sort(t), t * (1.0 - TIE), side="left")) / len(t))
