"""Without two seasons before nothing has changed that was measured: what is left is an association.

The arms' difference after restoration, with its interval, under the same permutations and Welch; no class
follows from it, for it may have stood there before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.plan.panel import micro
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster, few_sites
from analysis.stats.contrast import family, interval
from analysis.stats.permutation import Design
from analysis.verdict.evidence import Evidence
from analysis.verdict.result import Association, IndicatorVerdict

LEAST = 2
"""Seasons before from which on a change is measured."""


def with_association(
    indicators: Sequence[IndicatorVerdict], evidence: Sequence[Evidence], roster: Roster, plan: Plan
) -> tuple[IndicatorVerdict, ...]:
    """The verdicts; those that no change could be measured for, with their association."""
    given = {one.primary.id: one for one in evidence}
    return tuple(
        replace(one, association=associated(given[one.id], roster, plan))
        if one.tested is None and one.id in given
        else one
        for one in indicators
    )


def associated(one: Evidence, roster: Roster, plan: Plan) -> Association | None:
    """The contrast of the arms after restoration; None with a baseline, or with too few sites or seasons."""
    fit, design, limits = one.fits[1], roster.design, plan.thresholds
    before, after = int(one.before.sum()), int((~one.before).sum())
    if before >= LEAST or after < limits.min_seasons or fit is None:
        return None
    here = np.isfinite(fit.sites)
    seen = Design(design.restored[here], design.stratum[here], design.weights)
    if few_sites(seen, limits.min_sites, limits.alpha):
        return None
    level = np.where(here, micro(np.where(here, fit.sites, 0.0)), 0)
    found = roster.settled(
        lambda draws: family(level[None], here[None], design, draws, alpha=limits.alpha),
        lambda each: tuple(each.permuted),
        limits.alpha,
    )
    low, high = interval(level, here, design, roster.draws(), outside=limits.alpha)
    restored = int((here & design.restored).sum())
    value = found.estimates[0].value
    return Association(value, low, high, float(found.raw[0]), restored, int(here.sum()) - restored, before)
