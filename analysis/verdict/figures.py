"""The numbers behind a verdict's codes, as people are told them.

Sites needed follow from the minimum detectable effect that was measured: the standard error falls with the
square root of the sites, so a target below it needs (mde / target)² times as many.  Where nothing was tested
they follow from the spread that plans expect (``analysis.plan.power``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.plan.ahead.looks import mute
from analysis.plan.plan import Plan
from analysis.plan.power import EXPECTED_SPREAD, sites_needed
from analysis.verdict.details import when_figures
from analysis.verdict.result import IndicatorVerdict, Verdict
from analysis.words.advice import Figures, change


def figures(plan: Plan, found: Verdict) -> Figures:
    """Code -> its numbers, for the sentences under ``numbers``."""
    targets = {primary.id: primary.target for primary in plan.primaries}
    needs = [_needed(one, targets[one.id], len(targets)) for one in found.indicators]
    return _planned(plan) | _sites(needs) | _look(found) | _when(found)


def _when(found: Verdict) -> dict[str, dict[str, object]]:
    """Of the indicator whose hours, or whose days, differ most."""
    out: dict[str, dict[str, object]] = {}
    for code, key in (("UNEQUAL_SCHEDULE", "share"), ("UNEQUAL_WEATHER", "by")):
        said = [one.details[code] for one in found.indicators if code in one.details]
        if said:
            out[code] = when_figures(max(said, key=lambda each: abs(each[key])))
    return out


def foreseen_figures(plan: Plan, spread: float) -> Figures:
    """The same before anything was measured, for site changes of this spread."""
    targets = [primary.target for primary in plan.primaries]
    return _planned(plan) | _sites([(sites_needed(one, spread, len(targets)), one) for one in targets])


def _look(found: Verdict) -> dict[str, dict[str, object]]:
    one = found.look
    return {} if one is None else {"UNANNOUNCED_LOOK": {"here": one.after, "looks": _list(one.announced)}}


def _list(looks: Sequence[int]) -> str:
    return ", ".join(str(one) for one in looks)


def _planned(plan: Plan) -> dict[str, dict[str, object]]:
    arms = [site.arm for site in plan.sites if site.id not in plan.exclusions]
    periods = [season.period for season in plan.seasons]
    seasons: dict[str, object] = {"before": periods.count("before"), "after": periods.count("after")}
    margin = max(primary.margin for primary in plan.primaries)
    return {
        "NO_CONTROL": {"restored": arms.count("restored"), "control": arms.count("control")},
        "SHORT_BASELINE": seasons,
        "MISSING_SEASON": seasons,
        "MUTE_LOOK": {"looks": _list(mute(plan))},
        "WIDE_MARGIN": {"factor": f"{math.exp(margin):.2f}"},
    }


def _sites(needs: Sequence[tuple[int | None, float]]) -> dict[str, dict[str, object]]:
    """Of the most demanding primary; nothing where more than 1,000 sites would be needed."""
    known = [(sites, target) for sites, target in needs if sites is not None]
    if not known:
        return {}
    sites, target = max(known)
    return {code: {"sites": sites, "change": change(target)} for code in _OF_SITES}


_OF_SITES = ("FEW_SITES", "LOW_POWER", "NO_CLEAR_CHANGE")


def _needed(one: IndicatorVerdict, target: float, family: int) -> tuple[int | None, float]:
    """(sites an arm that would find the target, the target)."""
    mde = None if one.tested is None else one.tested.mde
    if mde is None or not math.isfinite(mde) or min(one.n_restored, one.n_control) < 1:
        return sites_needed(target, EXPECTED_SPREAD, family), target
    arm = 2 / (1 / one.n_restored + 1 / one.n_control)
    return math.ceil(arm * (mde / target) ** 2), target
