"""Every reason code, in one table: what it stops, and the absences that carry it.

``indicator`` stops the test of one indicator; ``territory`` also stops the pooled verdict; ``class``
leaves the numbers and gives no class; ``recovering`` only forbids that word; ``note`` stops nothing and
is printed; ``value`` says why one site and season has no value, and stands in no verdict.  A verdict under
an older rule says no code of a later one.  The sentences: ``words("codes", CODE)`` and
``words("absences", KIND)``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Reach = Literal["value", "note", "recovering", "class", "indicator", "territory"]


@dataclass(frozen=True, slots=True)
class Code:
    """How far a reason reaches, the kinds of absence that it stands for, and the first rule that says it."""

    reach: Reach
    absences: tuple[str, ...] = ()
    since: int = 1


# fmt: off
CODES: dict[str, Code] = {
    # the design
    "FEW_SITES": Code("indicator", ("few_neighbours", "few_references", "few_sites", "few_visited")),
    "SHORT_BASELINE": Code("indicator", (
        "few_balance", "no_baseline", "short_baseline", "few_years", "few_seasons")),
    "SELECTED_SITES": Code("territory"),
    "ARMS_CLUSTERED": Code("territory"),
    "UNVERIFIED_DESIGN": Code("recovering"),
    "LAX_THRESHOLDS": Code("territory"),
    "WIDE_MARGIN": Code("note"),
    "STAGGERED_STARTS": Code("territory"),
    "POSITIONS_UNKNOWN": Code("note"),
    "STRATUM_EXCLUDED": Code("note"),
    "NO_CONTROL": Code("indicator", since=2),
    "PLAN_NOT_OF_TERRITORY": Code("territory", since=2),
    "SITES_LEFT_OUT": Code("note", since=2),
    "SITES_TOO_CLOSE": Code("territory", since=2),
    "PLACES_MERGED": Code("note", since=2),
    "SPACING_UNKNOWN": Code("recovering", since=2),
    "RANDOM_UNVERIFIED": Code("note", since=2),
    "DRAW_BROKEN": Code("territory", since=2),
    # the integrity of plan and data
    "PLAN_NOT_FROZEN": Code("territory"),
    "PLAN_CHANGED": Code("territory"),
    "SITES_CHANGED": Code("territory"),
    "SEASONS_CHANGED": Code("territory"),
    "REFERENCE_CHANGED": Code("territory"),
    "LEDGER_BROKEN": Code("territory"),
    "DUPLICATED_DATA": Code("territory"),
    "FROZEN_LATE": Code("note"),
    "EXPLORATORY": Code("class", since=2),
    "LEDGER_MISSING": Code("class", since=2),
    "WITNESS_MISSING": Code("class", since=2),
    "WITNESS_BROKEN": Code("class", since=2),
    "WITNESS_LATE": Code("class", since=2),
    "UNANNOUNCED_LOOK": Code("class", since=2),
    "LOOKED_AGAIN": Code("class", since=2),
    "MUTE_LOOK": Code("note", since=2),
    "COPIED_DATA": Code("territory", since=2),
    "COPY_SUSPECTED": Code("note", since=2),
    # the data of one indicator
    "NO_DATA": Code("indicator", (
        "nothing_heard", "no_species", "no_bats", "no_texture", "no_activity", "no_indices", "no_voices",
        "not_measured", "dry_as_dust")),
    "MISSING_SEASON": Code("indicator"),
    "SEASON_DROPPED": Code("note"),
    "LOW_COVERAGE": Code("indicator", (
        "few_incidences", "low_coverage", "no_coverage", "no_hill", "no_estimate", "few_species")),
    "UNEQUAL_EFFORT": Code("indicator"),
    "EFFORT_UNKNOWN": Code("indicator"),
    "UNEQUAL_SCHEDULE": Code("class", since=2),
    "UNEQUAL_WEATHER": Code("class", since=2),
    "UNVALIDATED_SPECIES": Code("indicator"),
    "DETECTOR_DRIFT": Code("class", since=2),
    "NO_VARIATION": Code("indicator", ("silent", "still_baseline", "no_swing")),
    "LOW_EFFORT": Code("value", (
        "few_days_heard", "few_night_minutes", "few_days_sound", "few_mornings", "few_days",
        "few_pairs", "few_pairs_in_season", "few_runs", "few_shared_minutes", "no_shared_hours")),
    "SEVERAL_LOGGERS": Code("value", ("several_loggers",), since=2),
    "NO_FIT": Code("value", ("no_fit", "at_boundary")),
    # the instruments
    "DETECTOR_CHANGED": Code("territory"),
    "DEVICE_CONFOUNDED": Code("territory"),
    "DEVICE_CHANGED": Code("note"),
    "CLOCK_DOUBTFUL": Code("territory"),
    "PROVENANCE_UNKNOWN": Code("class", since=2),
    "NOISE_FLOOR_UNKNOWN": Code("note", since=2),
    "NOISE_FLOOR_UNDECLARED": Code("recovering", since=2),
    "NOT_EXAMINED": Code("note", since=2),
    # what the tests say
    "PRETREND": Code("indicator"),
    "SEASON_SHOCKS": Code("indicator"),
    "YEAR_VARIATION": Code("note"),
    "LOW_POWER": Code("note"),
    "NO_CLEAR_CHANGE": Code("note"),
    "LAND_USES_DISAGREE": Code("note"),
    "ONE_CLASS_ONLY": Code("note"),
    "PRIOR_DECLINE_NOT_MEASURED": Code("note"),
    "PARALLEL_UNTESTED": Code("note", since=2),
    "BASELINE_IMBALANCE": Code("note", since=2),
    "BASELINE_EXPLAINS_IT": Code("note", since=2),
    "INFLUENTIAL_SITE": Code("note", since=2),
    "ONE_SOURCE_ONLY": Code("note", since=2),
}
# fmt: on

CODE_OF_ABSENCE: dict[str, str] = {kind: code for code, one in CODES.items() for kind in one.absences}
"""Kind of absence -> its code."""

_RANK: dict[str, int] = {
    name: rank for rank, name in enumerate(("value", "note", "recovering", "class", "indicator", "territory"))
}


def stops(codes: tuple[str, ...] | frozenset[str], reach: Reach) -> bool:
    """Whether any of ``codes`` reaches at least as far as ``reach``."""
    return any(_RANK[CODES[code].reach] >= _RANK[reach] for code in codes)


def said_by(codes: Iterable[str], rule: int) -> frozenset[str]:
    """Those of ``codes`` that the rule of this number says."""
    return frozenset(code for code in codes if CODES[code].since <= rule)


def in_order(codes: set[str] | frozenset[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Each code once, in the order of this file."""
    return tuple(code for code in CODES if code in codes)
