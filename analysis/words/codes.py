"""Why a verdict is what it is: every reason code, what it stops, and its sentence.

``indicator`` stops the test of one indicator; ``territory`` also stops the pooled verdict;
``recovering`` only forbids that word; ``note`` stops nothing and is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reach = Literal["note", "recovering", "indicator", "territory"]


@dataclass(frozen=True, slots=True)
class Code:
    """A reason, how far it reaches, and what to do about it."""

    reach: Reach
    sentence: str


CODES: dict[str, Code] = {
    # the design
    "FEW_SITES": Code("indicator", "Too few sites an arm: no arrangement of the arms could reach p = .05"),
    "SHORT_BASELINE": Code("indicator", "Fewer than two seasons before restoration: at most an association"),
    "SELECTED_SITES": Code("territory", "Sites were chosen by their measured level or trend"),
    "ARMS_CLUSTERED": Code("territory", "The arms are not interleaved, or whole arms share season shocks"),
    "UNVERIFIED_DESIGN": Code("recovering", "The plan does not declare what no data can show"),
    "LAX_THRESHOLDS": Code("territory", "A threshold of the plan is laxer than the rule allows"),
    "WIDE_MARGIN": Code("note", "The plan calls more than a quarter up or down stable"),
    "STAGGERED_STARTS": Code(
        "territory", "Restoration started in different seasons: needs cohorts of 3 sites in one land use"
    ),
    "POSITIONS_UNKNOWN": Code("note", "Without positions nobody can see whether the arms are interleaved"),
    "STRATUM_EXCLUDED": Code("note", "A land use that lacks an arm was left out of the contrast"),
    # the integrity of plan and data
    "PLAN_NOT_FROZEN": Code("territory", "The plan was not frozen before the verdict"),
    "PLAN_CHANGED": Code("territory", "The plan differs from the one that was frozen"),
    "SITES_CHANGED": Code("territory", "Sites or their arms differ from the frozen plan"),
    "SEASONS_CHANGED": Code("territory", "Seasons differ from the frozen plan"),
    "REFERENCE_CHANGED": Code("territory", "Reference sites differ from the frozen plan"),
    "LEDGER_BROKEN": Code("territory", "The verdict ledger was edited, shortened or reordered"),
    "DUPLICATED_DATA": Code("territory", "Two sites or two seasons carry the very same values"),
    "FROZEN_LATE": Code("note", "The plan was frozen after the last season had ended"),
    # the data of one indicator
    "NO_DATA": Code("indicator", "The plan names this indicator but there are no values"),
    "MISSING_SEASON": Code("indicator", "Fewer than two seasons of a period reach two thirds of both arms"),
    "SEASON_DROPPED": Code("note", "A season with less than two thirds of an arm was dropped for both"),
    "LOW_COVERAGE": Code("indicator", "Sample coverage is too low to compare diversity"),
    "UNEQUAL_EFFORT": Code("indicator", "Effort differs between arms and periods by more than half"),
    "EFFORT_UNKNOWN": Code("indicator", "Values without any effort behind them"),
    "UNVALIDATED_SPECIES": Code("indicator", "A species lacks 100 validated clips at a precision of .95"),
    "NO_VARIATION": Code("indicator", "All sites changed by the same amount: nothing to test"),
    # the instruments
    "DETECTOR_CHANGED": Code("territory", "Detector, model or threshold differs between values"),
    "DEVICE_CONFOUNDED": Code("territory", "Devices, firmware or gain changed in one arm above the other"),
    "DEVICE_CHANGED": Code("note", "Devices or firmware changed alike in both arms"),
    "CLOCK_DOUBTFUL": Code("territory", "The dawn chorus is at the wrong hour for the sun"),
    # what the tests say
    "PRETREND": Code("indicator", "The arms already diverged before restoration"),
    "SEASON_SHOCKS": Code(
        "indicator", "A season moved one whole arm in this indicator, unlike the other arm"
    ),
    "YEAR_VARIATION": Code("note", "The restored arm's own change is within ordinary year variation"),
    "LOW_POWER": Code("note", "A change of the size planned for would probably be missed"),
    "NO_CLEAR_CHANGE": Code("note", "Neither a change nor stability within the margins could be shown"),
    "LAND_USES_DISAGREE": Code("note", "Land uses disagree: read them one by one"),
    "ONE_CLASS_ONLY": Code("note", "Only one class of indicators recovers, or only soil and weather"),
    "PRIOR_DECLINE_NOT_MEASURED": Code("note", "No measured decline before restoration, so nothing reversed"),
}

_RANK: dict[str, int] = {"note": 0, "recovering": 1, "indicator": 2, "territory": 3}


def stops(codes: tuple[str, ...] | frozenset[str], reach: Reach) -> bool:
    """Whether any of ``codes`` reaches at least as far as ``reach``."""
    return any(_RANK[CODES[code].reach] >= _RANK[reach] for code in codes)


def in_order(codes: set[str] | frozenset[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Each code once, in the order of this file."""
    return tuple(code for code in CODES if code in codes)
