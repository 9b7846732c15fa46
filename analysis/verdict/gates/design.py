"""Gates before any test: what the design and the data of each indicator must have.

1. ``design_codes`` looks at the plan alone.
2. ``integrity_codes`` compares plan, ledger and data with what was frozen.
3. ``indicator_codes`` looks at the sites, seasons, effort, coverage and species of one indicator.
The instruments are in ``gates.instrument``, the statistical gates in ``gates.statistic`` and
``gates.season``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.plan.ahead.looks import mute
from analysis.plan.draw import draw_codes
from analysis.plan.panel import Panel, micro
from analysis.plan.places import merged
from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.plan.roster import Roster, few_sites, is_staggered, refused
from analysis.plan.tables import DECLARATIONS, Frozen, Thresholds
from analysis.stats.permutation import Design
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.spacing import spacing_codes
from analysis.verdict.outside import Outside
from contract.instant import parse_instant

_DISTINCT = 4
_WIDEST = 0.22315
"""The widest margin of "stable" that needs no remark: log 1.25."""


def design_codes(plan: Plan, roster: Roster) -> set[str]:
    """Codes that the plan alone earns."""
    codes: set[str] = set()
    limits = plan.thresholds
    if plan.selection in ("measured level", "measured trend"):
        codes.add("SELECTED_SITES")
    if any(len(plan.declarations.get(name, "").strip()) < 3 for name in DECLARATIONS):
        codes.add("UNVERIFIED_DESIGN")
    if sum(season.period == "before" for season in plan.seasons) < limits.min_seasons:
        codes.add("SHORT_BASELINE")
    wanted = limits.validated_precision if plan.review is None else plan.review.precision
    if limits.laxer() or wanted < Thresholds().validated_precision:
        codes.add("LAX_THRESHOLDS")
    if is_staggered(roster) and refused(roster):
        codes.add("STAGGERED_STARTS")
    if all(site.arm != "control" or site.id in plan.exclusions for site in plan.sites):
        codes.add("NO_CONTROL")
    if few_sites(roster.design, limits.min_sites, limits.alpha):
        codes.add("FEW_SITES")
    if roster.excluded_land_uses:
        codes.add("STRATUM_EXCLUDED")
    return codes


def plan_codes(plan: Plan) -> set[str]:
    """Codes that the plan alone earns by today's rule, whatever is measured: design, places, draw."""
    codes = design_codes(plan, Roster.of(plan)) | spacing_codes(plan).keys() | draw_codes(plan)
    joined = merged(plan, ())[0]
    if few_sites(Roster.of(joined).design, plan.thresholds.min_sites, plan.thresholds.alpha):
        codes.add("FEW_SITES")
    elif mute(joined):
        codes.add("MUTE_LOOK")
    return codes


def integrity_codes(plan: Plan, panels: Sequence[Panel], known: Outside) -> set[str]:
    """Codes for edits: of the plan, the site list, the seasons, the ledger, and copied data."""
    codes = set(plan.changes(known.frozen)) | _time_codes(plan, known.frozen or plan.frozen)
    if not known.ledger_intact:
        codes.add("LEDGER_BROKEN")
    arms = {site.id for site in plan.sites if site.arm != "reference"}
    reference = {site.id for site in plan.sites if site.arm == "reference"}
    seasons = tuple(season.id for season in plan.seasons)
    for panel in panels:
        have = set(panel.sites)
        if arms - have or have - arms - reference:
            codes.add("SITES_CHANGED")
        if reference & have and reference - have:
            codes.add("REFERENCE_CHANGED")
        if panel.seasons != seasons:
            codes.add("SEASONS_CHANGED")
        if _copied(panel):
            codes.add("DUPLICATED_DATA")
    return codes


def _time_codes(plan: Plan, mark: Frozen | None) -> set[str]:
    """When the plan was frozen: in time, once seasons after restoration had begun, or after them all."""
    if mark is None:
        return set()
    at = parse_instant(mark.at)
    after = [season.span[0] for season in plan.seasons if season.period == "after"]
    late = {"FROZEN_LATE"} if at > plan.seasons[-1].span[1] else set()
    return late | ({"EXPLORATORY"} if after and at >= after[0] else set())


def _copied(panel: Panel) -> bool:
    """Whether two sites, or two seasons, are the same series: equal values, not merely all zero."""
    table = micro(panel.values)
    for lines in (table, table.T):
        seen: set[bytes] = set()
        for line in lines:
            if len(np.unique(line)) < _DISTINCT:
                continue
            key = np.ascontiguousarray(line).tobytes()
            if key in seen:
                return True
            seen.add(key)
    return False


def indicator_codes(plan: Plan, roster: Roster, one: Evidence, checked: Checked) -> set[str]:
    """Codes for the amount of data behind one indicator, and for the labels that it counts."""
    codes: set[str] = set()
    limits = plan.thresholds
    if one.dropped:
        codes.add("SEASON_DROPPED")
    if one.panel.scale != "identity" and one.primary.margin > _WIDEST:
        codes.add("WIDE_MARGIN")
    for side, fit in zip((one.before, ~one.before), one.fits, strict=True):
        if int(side.sum()) < limits.min_seasons or fit is None:
            codes.add("MISSING_SEASON")
    design = roster.design
    here = Design(design.restored[one.present], design.stratum[one.present], design.weights)
    if few_sites(here, limits.min_sites, limits.alpha):
        codes.add("FEW_SITES")
    codes |= _effort_codes(one, design, limits.effort_imbalance) | _coverage_codes(plan, one, design)
    labels = {*one.primary.species, *one.panel.provenance.species}
    if not all(checked.well(label) for label in labels):
        codes.add("UNVALIDATED_SPECIES")
    if checked.drifted(labels):
        codes.add("DETECTOR_DRIFT")
    return codes


def _effort_codes(one: Evidence, design: Design, imbalance: float) -> set[str]:
    """Mean effort of a measured site-season: least against most of arms and periods, and interaction."""
    used = np.isfinite(one.values)
    cells = []
    for arm in (design.restored, ~design.restored):
        for side in (one.before, ~one.before):
            part = used[np.ix_(arm, side)]
            if not part.any():
                return set()  # a season or an arm is missing, and other codes say so
            cells.append(float((one.effort[np.ix_(arm, side)] * part).sum()) / int(part.sum()))
    if min(cells) <= 0:
        return {"EFFORT_UNKNOWN"}
    change = (cells[1] / cells[0]) / (cells[3] / cells[2])
    unequal = min(cells) / max(cells) < 1.0 - imbalance or not 1 / (1 + imbalance) <= change <= 1 + imbalance
    return {"UNEQUAL_EFFORT"} if unequal else set()


def _coverage_codes(plan: Plan, one: Evidence, design: Design) -> set[str]:
    """Low where a third of the cells of any arm and period, or C* itself, is below the least."""
    coverage = one.panel.provenance.coverage
    if coverage is None:
        return set()
    if (one.primary.coverage or 1.0) < plan.thresholds.min_coverage:
        return {"LOW_COVERAGE"}
    cells = one.cells(coverage)
    for arm in (design.restored, ~design.restored):
        for side in (one.before, ~one.before):
            part = cells[np.ix_(arm, side)]
            known = part[np.isfinite(part)]
            if int((known < plan.thresholds.min_coverage - 1e-9).sum()) * 3 > len(known):
                return {"LOW_COVERAGE"}
    return set()
