"""From a tested contrast to an indicator's verdict, and the verdict on one that must not be tested.

1. ``own_change`` gives an arm's own interval, and the wider one that other years would have.
2. ``conclude`` finds the class and adds what must be said beside it.
3. ``blocked`` is inconclusive, with the codes of the gates that stopped it.
4. ``counted`` says how many sites were measured, where nothing could be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster
from analysis.plan.tables import Primary
from analysis.stats.contrast import Estimate, with_variance
from analysis.stats.permutation import Design
from analysis.verdict.classes import classify
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.statistic import Pretrend
from analysis.verdict.result import ArmChange, IndicatorClass, IndicatorVerdict, Tested
from analysis.words.codes import in_order, stops

WANTED_POWER = 0.8


def own_change(own: Estimate, one: Evidence, alpha: float) -> ArmChange:
    """One arm's own change, with its interval over sites and the one with the variance of years."""
    half = own.half_width(alpha)
    wide = with_variance(own, *one.year_variance()).half_width(alpha)
    value, n = own.value, own.n_restored + own.n_control
    return ArmChange(value, value - half, value + half, value - wide, value + wide, n)


def conclude(
    plan: Plan,
    one: Evidence,
    tested: Tested,
    restored: Estimate,
    codes: frozenset[str],
    slope: Pretrend | None,
    *,
    roster_design: Design | None,
) -> IndicatorVerdict:
    """The verdict on a tested indicator.

    ``restored`` is the restored arm's own change; ``roster_design`` is None for a single land use,
    whose effort and sites are those of the whole and are not repeated.
    """
    half = restored.half_width(2 * plan.thresholds.alpha)
    arm_90 = (restored.value - half, restored.value + half)
    verdict = classify(tested, arm_90, one.primary.margin, plan.thresholds.alpha)
    said = set(codes) | _said(verdict, tested.restored, tested.power)
    if stops(codes, "class") or (verdict == "recovering" and stops(codes, "recovering")):
        verdict = "inconclusive"
    return IndicatorVerdict(
        one.primary.id,
        one.panel.group,
        one.panel.scale,
        verdict,
        in_order(said),
        tested.restored.n,
        tested.control.n,
        {} if roster_design is None else effort_of(one, roster_design),
        one.seasons,
        one.primary.margin,
        tested,
        None if slope is None else {"slope": slope.slope, "p": slope.p, "power": slope.power},
        source=one.panel.evidence,
        evidence=None if roster_design is None else one,
    )


def _said(verdict: IndicatorClass, arm: ArmChange, reach: float | None) -> set[str]:
    said = set()
    if (arm.low > 0 or arm.high < 0) and arm.year_low <= 0 <= arm.year_high:
        said.add("YEAR_VARIATION")
    if verdict == "inconclusive":
        said.add("LOW_POWER" if reach is not None and reach < WANTED_POWER else "NO_CLEAR_CHANGE")
    return said


def effort_of(one: Evidence, design: Design) -> dict[str, float]:
    """Mean valid effort of a measured site-season, by arm and period."""
    used = np.isfinite(one.values)
    out = {}
    for arm, rows in (("restored", design.restored), ("control", ~design.restored)):
        for period, columns in (("before", one.before), ("after", ~one.before)):
            part = used[np.ix_(rows, columns)]
            total = float((one.effort[np.ix_(rows, columns)] * part).sum())
            out[f"{arm} {period}"] = total / int(part.sum()) if part.any() else 0.0
    return out


def blocked(
    primary: Primary,
    one: Evidence | None,
    roster: Roster,
    codes: frozenset[str],
    *,
    stratum: int | None = None,
) -> IndicatorVerdict:
    """The verdict on an indicator that a gate stopped: inconclusive, with its codes and its counts."""
    here = roster.design.stratum >= 0 if stratum is None else roster.design.stratum == stratum
    present = one.present & here if one is not None else np.zeros_like(here)
    restored = int((present & roster.design.restored).sum())
    return IndicatorVerdict(
        primary.id,
        one.panel.group if one else "",
        one.panel.scale if one else "",
        "inconclusive",
        in_order(codes),
        restored,
        int(present.sum()) - restored,
        effort_of(one, roster.design) if one is not None and stratum is None else {},
        one.seasons if one else (),
        primary.margin,
        source=one.panel.evidence if one else "",
        evidence=one if stratum is None else None,
    )


def counted(
    indicators: tuple[IndicatorVerdict, ...], plan: Plan, panels: Sequence[Panel]
) -> tuple[IndicatorVerdict, ...]:
    """With the sites that were measured, where no two arms could be compared."""
    given = {panel.indicator: set(panel.measured_sites()) for panel in panels}
    arms = {
        arm: {site.id for site in plan.sites if site.arm == arm and site.id not in plan.exclusions}
        for arm in ("restored", "control")
    }
    return tuple(
        replace(
            one,
            n_restored=len(given.get(one.id, set()) & arms["restored"]),
            n_control=len(given.get(one.id, set()) & arms["control"]),
        )
        for one in indicators
    )
