"""Did the arms differ already before?  Then what returns to the mean must not pass for a change.

1. ``imbalance`` compares the sites' levels before restoration, arm against arm, of the indicator and of
   all together: who chose sites looked at more than one indicator.
2. Where they differ, a class that rests on the contrast needs it at equal levels before as well
   (Freedman & Lane); else ``BASELINE_EXPLAINS_IT``.

At equal level alone would be wrong where arms truly differ (Lord 1967, doi:10.1037/h0025105): both must
agree.  Drawn arms differ by chance alone and are exempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.arrays import Bools, Integers
from analysis.plan.panel import micro
from analysis.plan.roster import Roster
from analysis.stats.ancova import freedman_lane
from analysis.stats.contrast import family
from analysis.verdict.doubts.parallel import mean_of_sites
from analysis.verdict.evidence import Evidence
from analysis.verdict.result import IndicatorVerdict
from analysis.words.codes import in_order

UNEQUAL = 0.05
"""p from which on the arms' levels before are called unequal."""
_ON_THE_CONTRAST = ("recovering", "slowed erosion", "held", "eroding", "lagging")


def level(one: Evidence) -> Integers:
    """Each site's level before restoration [10⁻⁶], 0 where there is none."""
    fit = one.fits[0]
    if fit is None:
        return np.zeros(len(one.present), dtype=np.int64)
    return np.where(one.present, micro(np.where(one.present, fit.sites, 0.0)), 0)


def imbalance(levels: Integers, here: Bools, roster: Roster) -> float:
    """p of "the arms are level before restoration"; 1 where no site differs from another."""
    if len(np.unique(levels[here])) < 2:
        return 1.0
    found = roster.settled(
        lambda draws: family(levels[None], here[None], roster.design, draws),
        lambda each: tuple(each.permuted),
        UNEQUAL,
    )
    return float(found.raw[0])


def with_baseline(
    done: Sequence[IndicatorVerdict], open_: Sequence[Evidence], roster: Roster, alpha: float
) -> list[IndicatorVerdict]:
    """The verdicts, once unequal levels before have been allowed for."""
    if not open_:
        return list(done)
    own = {one.primary.id: level(one) for one in open_}
    given = {one.primary.id: one for one in open_}
    together, here = mean_of_sites([(own[name], one.present) for name, one in given.items()], roster)
    unequal = imbalance(together, here, roster) <= UNEQUAL
    out = []
    for one in done:
        evidence, mine = given[one.id], own[one.id]
        apart = one.tested is not None and (unequal or imbalance(mine, evidence.present, roster) <= UNEQUAL)
        out.append(_allowed(one, evidence, np.stack([mine, together]), roster, alpha) if apart else one)
    return out


def _allowed(
    one: IndicatorVerdict, evidence: Evidence, levels: Integers, roster: Roster, alpha: float
) -> IndicatorVerdict:
    """The verdict where arms differ before: it stands only if it also does at equal ``levels``."""
    assert one.tested is not None
    codes = {*one.codes, "BASELINE_IMBALANCE"}
    if one.verdict not in _ON_THE_CONTRAST:
        return replace(one, codes=in_order(codes))
    equal = freedman_lane(evidence.change, levels, evidence.present, roster.design, roster.seed)
    if equal is not None and equal.p <= alpha and (equal.estimate > 0) == (one.tested.estimate > 0):
        return replace(one, codes=in_order(codes))
    return replace(one, verdict="inconclusive", codes=in_order({*codes, "BASELINE_EXPLAINS_IT"}))
