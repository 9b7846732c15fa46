"""How much is enough, asked before anything is measured.

1. ``foreseen`` says for each primary of a plan which contrast its sites could find, and with which
   probability they would find the plan's target, if site changes spread as the planner expects.
2. ``sites_needed`` turns it round: how many sites an arm for a target.

The spread of site changes (after − before) is about .25 on the log scale with 3 + 5 seasons and .32
with 2 + 3; a pilot is better than any assumption.  After the data the verdict prints the same figures
from the spread that was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from analysis.plan.plan import Plan
from analysis.plan.roster import FEW, Roster, few_sites
from analysis.stats.contrast import Estimate
from analysis.stats.permutation import Arrangements, Design, smallest_p
from analysis.stats.power import detectable, power, smallest_found
from analysis.stats.student import t_quantile

EXPECTED_SPREAD = 0.25
"""Standard deviation of site changes that a plan expects before anything is measured, on a log scale."""
_FEW = 8
_MOST_SITES = 1_000


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What one primary could show; None where no data could."""

    id: str
    target: float
    mde: float | None
    power: float | None
    sites: int | None
    """sites an arm that would find the target with the wanted probability"""


def foreseen(plan: Plan, spread: float, *, wanted: float = 0.8) -> list[Foreseen]:
    """For each primary of ``plan``, with site changes of standard deviation ``spread`` in both arms."""
    roster = Roster.of(plan)
    alpha, family = plan.thresholds.alpha, len(plan.primaries)
    few = few_sites(roster.design, plan.thresholds.min_sites, alpha)
    out = []
    for primary in plan.primaries:
        needed = sites_needed(primary.target, spread, family, alpha=alpha, wanted=wanted)
        least, reach = (None, None) if few else _reach(roster, spread, primary.target, family, alpha, wanted)
        out.append(Foreseen(primary.id, primary.target, least, reach, needed))
    return out


def _reach(
    roster: Roster, spread: float, target: float, family: int, alpha: float, wanted: float
) -> tuple[float, float]:
    design = roster.design
    restored = int(design.restored.sum())
    control = len(design.restored) - restored
    estimate = _expected(restored, control, spread, len(design.weights))
    if min(restored, control) >= _FEW:
        critical = t_quantile(alpha / family, estimate.df)
        return detectable(estimate, critical, wanted=wanted), power(estimate, target, critical)
    one = Design(design.restored, np.zeros(len(design.restored), dtype=np.intp), np.ones(1))
    draws = Arrangements(roster.draws().restored, roster.draws().exact)
    found = smallest_found((spread, spread), one, draws, family, estimate.df)
    least = float(found[min(len(found) - 1, int(wanted * len(found)))])
    return least, int((found <= target).sum()) / len(found)


def _expected(restored: int, control: int, spread: float, strata: int = 1) -> Estimate:
    """With the degrees of freedom that the rule will have: below six sites those of the smaller arm."""
    error, smaller = spread * sqrt(1 / restored + 1 / control), min(restored, control)
    df = float(restored + control - 2 * strata)
    return Estimate(0.0, error, min(df, smaller - 1.0) if smaller < FEW else df, 1.0, restored, control)


def sites_needed(
    target: float, spread: float, family: int = 1, *, alpha: float = 0.05, wanted: float = 0.8
) -> int | None:
    """The smallest n of n v n sites that find ``target``; None above 1,000.

    ``family`` primaries share ``alpha``, cautiously by Bonferroni; permutation needs at least 4.
    """
    for n in range(4, _MOST_SITES + 1):
        design = Design(np.arange(2 * n) < n, np.zeros(2 * n, dtype=np.intp), np.ones(1))
        estimate = _expected(n, n, spread)
        critical = t_quantile(alpha / family, estimate.df)
        if smallest_p(design) <= alpha and detectable(estimate, critical, wanted=wanted) <= target:
            return n
    return None
