"""The look that a verdict is: whether the plan announced it, and the level that it has.

1. ``look_at`` finds the look by the seasons that the panels reach.
2. Where several looks are announced, the indicators are put back to every earlier one, their sites are
   permuted alike at all of them, and the joint distribution gives the level of this one.
3. ``at_level`` is the plan with that level; ``rescaled`` turns p values back, so that they are compared with
   the plan's alpha.

A look that was not announced, and one at which other data were judged before, say no word of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.arrays import Floats
from analysis.plan.ahead.looks import allowances, announced, as_at, guaranteed, look_of
from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster, is_staggered
from analysis.stats.looks.levels import levels
from analysis.stats.permutation import moments, studentised
from analysis.verdict.evidence import Evidence, gather
from analysis.verdict.outside import Past
from analysis.verdict.result import IndicatorVerdict, Look, Verdict
from analysis.words.codes import stops


def look_codes(plan: Plan, panels: Sequence[Panel]) -> set[str]:
    """UNANNOUNCED_LOOK where the panels reach a season at which the plan is not to be judged."""
    here = look_of(plan, panels)
    return {"UNANNOUNCED_LOOK"} if here and here not in announced(plan) else set()


def look_at(plan: Plan, panels: Sequence[Panel], roster: Roster, open_: Sequence[Evidence]) -> Look:
    """The look of ``panels``, whose ``open_`` indicators may be tested; alone it has the level alpha.

    Staggered starts have no joint distribution here: their looks have what is left of alpha between them.
    """
    here, looks, alpha = look_of(plan, panels), announced(plan), plan.thresholds.alpha
    number = looks.index(here) if here in looks else 0
    level = alpha
    if here in looks and number and open_ and not is_staggered(roster):
        level = levels(_statistics(plan, roster, open_, looks[: number + 1]), allowances(plan))[-1]
    elif here in looks:
        level = guaranteed(plan, 0.0)[number]
    return Look(here, looks, level)


def _statistics(plan: Plan, roster: Roster, open_: Sequence[Evidence], looks: Sequence[int]) -> list[Floats]:
    """|t| of each indicator under each arrangement, a table a look [shape=(m, k)]; nan where not testable."""
    rows, out = roster.draws().restored, []
    for look in looks:
        table = np.full((len(rows), len(open_)), np.nan)
        for k, one in enumerate(open_):
            then = one if look == looks[-1] else _put_back(plan, roster, one, look)
            if _testable(plan, roster, then):
                table[:, k] = studentised(
                    *moments(then.change[None], then.present[None], rows, roster.design)
                )[:, 0]
        out.append(table)
    return out


def _put_back(plan: Plan, roster: Roster, one: Evidence, look: int) -> Evidence:
    return gather(plan, one.primary, as_at(plan, one.panel, look), roster)


def _testable(plan: Plan, roster: Roster, one: Evidence) -> bool:
    least, arms = plan.thresholds.min_sites, roster.design.restored
    enough = min(int((one.present & side).sum()) for side in (arms, ~arms)) >= least
    return (
        enough and min(int(side.sum()) for side in (one.before, ~one.before)) >= plan.thresholds.min_seasons
    )


def at_level(plan: Plan, level: float) -> Plan:
    """``plan`` whose tests and intervals are at ``level``; only for use inside a verdict."""
    return plan.model_copy(update={"thresholds": plan.thresholds.model_copy(update={"alpha": level})})


def rescaled(found: Verdict, look: Look, alpha: float) -> Verdict:
    """``found`` with adjusted p to be compared with ``alpha``, and its look where there are several."""
    uses = {
        name: replace(use, indicators=_rescaled(use.indicators, alpha / look.level))
        for name, use in found.by_land_use.items()
    }
    indicators = _rescaled(found.indicators, alpha / look.level)
    told = look if len(look.announced) > 1 or look.after not in look.announced else None
    return replace(found, indicators=indicators, by_land_use=uses, look=told)


def _rescaled(given: Sequence[IndicatorVerdict], factor: float) -> tuple[IndicatorVerdict, ...]:
    if factor == 1.0:
        return tuple(given)
    return tuple(
        one
        if one.tested is None
        else replace(one, tested=replace(one.tested, p_adjusted=min(1.0, one.tested.p_adjusted * factor)))
        for one in given
    )


def looked_again(found: Verdict, look: int, before: Sequence[Past]) -> bool:
    """Whether other data were judged at this look before, and did not give this class.

    A verdict that a gate had stopped showed nothing that could be chosen by, and does not count.
    """
    if found.territory == "inconclusive":
        return False
    seen = [
        one.verdict
        for one in before
        if one.look == look and one.data_hash != found.data_hash and not stops(one.codes, "class")
    ]
    return any(found.territory not in (word, f"{word}-if-parallel") for word in seen)
