"""Each gate fires on its fault, stays silent without, and stops what it must stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.plan.panel import Panel, Provenance
from analysis.plan.plan import Plan
from analysis.verdict.result import Verdict
from analysis.verdict.rule import judge
from analysis.words.codes import CODES
from tests.analysis.verdict.conftest import clean, content, cut, panels_of, plan_of

Cells = NDArray[np.bool_]


def codes_of(found: Verdict) -> set[str]:
    return {*found.codes, *(code for one in found.indicators for code in one.codes)}


def frozen(**changes: Any) -> Plan:
    return Plan.from_content(content() | changes, "plan").freeze("2009-01-01T00:00:00Z")


def test_a_clean_recovery_passes_every_gate(plan: Plan) -> None:
    found = judge(plan, panels_of(plan, 0.6, provenance=clean))
    assert found.territory == "recovering"
    assert all(CODES[code].reach == "note" for code in codes_of(found))


def changed(name: str, value: Any) -> Callable[[Cells], Provenance]:
    def make(cells: Cells) -> Provenance:
        old = getattr(clean(cells), name)
        new = np.where(cells, value, old) if old.dtype.kind == "U" else old + value * cells
        return replace(clean(cells), **{name: new})

    return make


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("definition", "d-2", "DETECTOR_CHANGED"),
        ("threshold", -0.1, "DETECTOR_CHANGED"),
        ("device", "m-2", "DEVICE_CONFOUNDED"),
        ("firmware", "2.0", "DEVICE_CONFOUNDED"),
        ("noise_floor", 6.0, "DEVICE_CONFOUNDED"),
        ("dawn_offset", 60.0, "CLOCK_DOUBTFUL"),
        ("coverage", -0.3, "LOW_COVERAGE"),
    ],
)
def test_an_instrument_that_changed_in_one_arm_stops_the_verdict(
    plan: Plan, name: str, value: Any, code: str
) -> None:
    found = judge(plan, panels_of(plan, 0.6, provenance=changed(name, value)))
    assert found.territory == "inconclusive"
    assert code in found.codes


@pytest.mark.parametrize(
    ("wrong", "minutes", "doubted"),
    [(4, 60.0, False), (5, 60.0, True), (5, 45.0, False), (5, -46.0, True)],
)
def test_more_than_a_tenth_that_sings_at_the_wrong_hour_doubts_the_clock(
    plan: Plan, wrong: int, minutes: float, doubted: bool
) -> None:
    # 8 restored sites x 5 seasons after: a tenth of 40 is 4; 45 minutes from the usual are not yet wrong
    def singing(cells: Cells) -> Provenance:
        offset = np.full(cells.shape, -25.0)
        rows, columns = np.nonzero(cells)
        assert len(rows) == 40
        offset[rows[:: 40 // wrong][:wrong], columns[:: 40 // wrong][:wrong]] += minutes
        return replace(clean(cells), dawn_offset=offset)

    found = judge(plan, panels_of(plan, 0.6, provenance=singing))
    assert ("CLOCK_DOUBTFUL" in codes_of(found)) is doubted


def test_devices_that_changed_alike_in_both_arms_are_only_noted(plan: Plan) -> None:
    def alike(cells: Cells) -> Provenance:
        after = np.broadcast_to(cells.any(axis=0), cells.shape)
        return replace(clean(cells), device=np.where(after, "m-2", "m-1"))

    found = judge(plan, panels_of(plan, 0.6, provenance=alike))
    assert found.territory == "recovering"
    assert "DEVICE_CHANGED" in codes_of(found)


@pytest.mark.parametrize(
    ("name", "value", "fires"),
    [
        ("alpha", 0.2, True),
        ("min_sites", 3, True),
        ("gate_alpha", 0.001, True),
        ("effort_imbalance", 0.8, True),
        ("alpha", 0.01, False),
        ("min_sites", 6, False),
    ],
)
def test_a_plan_may_be_stricter_than_the_rule_never_laxer(name: str, value: float, fires: bool) -> None:
    plan = frozen(thresholds={name: value})
    assert ("LAX_THRESHOLDS" in judge(plan, panels_of(plan, 0.6)).codes) is fires


@pytest.mark.parametrize("how", ["measured level", "measured trend"])
def test_sites_chosen_by_what_was_measured_allow_no_verdict(how: str) -> None:
    plan = frozen(selection=how)
    found = judge(plan, panels_of(plan, 0.6))
    assert (found.territory, found.codes) == ("inconclusive", ("SELECTED_SITES",))


def test_an_undeclared_design_forbids_recovering_and_nothing_else() -> None:
    plan = frozen(declarations={})
    assert judge(plan, panels_of(plan, 0.6)).territory == "inconclusive"
    assert "UNVERIFIED_DESIGN" in judge(plan, panels_of(plan, 0.6)).codes
    assert judge(plan, panels_of(plan, -0.6)).territory == "eroding"


@pytest.mark.parametrize(("restored", "control"), [(3, 3), (3, 8), (2, 2)])
def test_too_few_sites_are_refused(restored: int, control: int) -> None:
    plan = plan_of(restored=restored, control=control)
    found = judge(plan, panels_of(plan, 5.0))
    assert (found.territory, found.codes) == ("inconclusive", ("FEW_SITES",))


def test_four_against_four_can_speak() -> None:
    plan = plan_of(restored=4, control=4)
    assert judge(plan, panels_of(plan, 1.0)).territory == "recovering"


def test_two_against_two_in_two_land_uses_cannot() -> None:
    plan = plan_of(restored=4, control=4, land_uses=2)
    assert judge(plan, panels_of(plan, 5.0)).codes == ("FEW_SITES",)  # 2 of 36 arrangements: .056


@pytest.mark.parametrize("before", [0, 1])
def test_without_a_baseline_there_is_no_verdict(before: int) -> None:
    plan = plan_of(before=before)
    found = judge(plan, panels_of(plan, 5.0))
    assert found.territory == "inconclusive"
    assert "SHORT_BASELINE" in found.codes


def test_one_arm_empty_is_a_verdict_of_too_few_sites() -> None:
    plan = plan_of(restored=8, control=0)
    assert judge(plan, panels_of(plan, 1.0)).codes[0] == "FEW_SITES"


def test_a_season_that_one_arm_lost_goes_for_both_and_is_named(plan: Plan) -> None:
    panels = []
    for one in panels_of(plan, 0.6):
        values = one.values.copy()
        values[[0, 2, 4, 6], 6] = np.nan  # half of the restored sites, which stand on even rows
        panels.append(replace(one, values=values))
    found = judge(plan, panels)
    assert found.territory == "recovering"
    assert found.indicators[0].seasons == ("y0", "y1", "y2", "y3", "y4", "y5", "y7")
    assert "SEASON_DROPPED" in found.indicators[0].codes


def test_a_period_of_one_season_left_is_refused(plan: Plan) -> None:
    panels = []
    for one in panels_of(plan, 0.6):
        values = one.values.copy()
        values[::2, :2] = np.nan
        panels.append(replace(one, values=values))
    assert "MISSING_SEASON" in judge(plan, panels).codes


@pytest.mark.parametrize(("factor", "fires"), [(1.0, False), (1.3, False), (1.6, True), (0.4, True)])
def test_effort_that_changed_by_more_than_half_in_one_arm_is_refused(
    plan: Plan, factor: float, fires: bool
) -> None:
    arms = np.array([site.arm == "restored" for site in plan.sites])
    scale = np.where(arms[:, None] & (np.arange(8) >= 3), factor, 1.0)
    panels = [replace(one, effort=one.effort * scale) for one in panels_of(plan)]
    assert ("UNEQUAL_EFFORT" in codes_of(judge(plan, panels))) is fires


def test_values_without_effort_are_not_judged(plan: Plan) -> None:
    panels = [replace(one, effort=np.full_like(one.effort, np.nan)) for one in panels_of(plan, 0.6)]
    assert judge(plan, panels).codes == ("EFFORT_UNKNOWN",)


@pytest.mark.parametrize(
    ("clips", "precision", "fires"), [(100, 0.95, False), (99, 0.99, True), (500, 0.94, True)]
)
def test_a_species_counts_from_100_clips_and_precision_95(clips: int, precision: float, fires: bool) -> None:
    plan = frozen(validated={"wryneck": {"clips": clips, "precision": precision}})
    panels = [
        replace(one, provenance=replace(one.provenance, species=("wryneck",))) for one in panels_of(plan, 0.6)
    ]
    assert ("UNVALIDATED_SPECIES" in codes_of(judge(plan, panels))) is fires


def test_arms_in_two_valleys_are_clustered() -> None:
    base = content()
    for site in base["sites"]:
        site["longitude"] += 0.5 if site["arm"] == "restored" else 0.0
    plan = Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")
    found = judge(plan, panels_of(plan, 0.6))
    assert (found.territory, found.codes) == ("inconclusive", ("ARMS_CLUSTERED",))


def test_arms_that_diverged_before_are_a_pretrend() -> None:
    plan = plan_of(before=5)
    arms = np.array([site.arm == "restored" for site in plan.sites])
    slope = 0.3 * np.arange(10)
    panels = [replace(one, values=one.values + arms[:, None] * slope) for one in panels_of(plan)]
    found = judge(plan, panels)
    assert found.territory == "inconclusive"
    assert all("PRETREND" in one.codes for one in found.indicators)
    calm = judge(plan, panels_of(plan))
    assert calm.indicators[0].pretrend is not None
    assert 0 < calm.indicators[0].pretrend["power"] <= 1


def tampered(panels: list[Panel], what: str) -> list[Panel]:
    one = panels[0]
    if what == "site copied":
        values = one.values.copy()
        values[2] = values[0]
        return [replace(one, values=values), *panels[1:]]
    if what == "site left out":
        return [cut(one, rows=slice(1, None)) for one in panels]
    if what == "season left out":
        return [cut(one, columns=slice(1, None)) for one in panels]
    raise AssertionError(what)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("site copied", "DUPLICATED_DATA"),
        ("site left out", "SITES_CHANGED"),
        ("season left out", "SEASONS_CHANGED"),
    ],
)
def test_data_that_differ_from_the_plan_are_found(plan: Plan, what: str, code: str) -> None:
    found = judge(plan, tampered(panels_of(plan, 0.6), what))
    assert found.territory == "inconclusive"
    assert code in found.codes


def test_zeros_everywhere_are_not_copies(plan: Plan) -> None:
    panels = [replace(one, values=np.zeros_like(one.values)) for one in panels_of(plan)]
    found = judge(plan, panels)
    assert "DUPLICATED_DATA" not in found.codes
    assert "NO_VARIATION" in found.codes


def test_a_primary_without_data_is_named(plan: Plan) -> None:
    found = judge(plan, panels_of(plan, 0.6)[:1])
    assert found.indicators[1].codes == ("NO_DATA",)
    assert found.indicators[1].tested is None
    assert found.territory == "inconclusive"


def test_reference_sites_never_enter_the_contrast() -> None:
    base = content()
    base["sites"] += [{"id": f"r{k}", "arm": "reference"} for k in range(3)]
    plan = Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")
    panels = panels_of(plan, 0.6)
    moved = [
        replace(one, values=np.where(np.arange(19)[:, None] >= 16, one.values + 9, one.values))
        for one in panels
    ]
    first, second = judge(plan, panels), judge(plan, moved)
    assert first.indicators[0].tested == second.indicators[0].tested
    assert (first.indicators[0].n_restored, first.indicators[0].n_control) == (8, 8)


def test_an_exclusion_of_the_plan_leaves_the_site_out() -> None:
    plan = frozen(exclusions={"s00": "flooded in the first week", "s03/y4": "recorder stolen"})
    found = judge(plan, panels_of(plan, 0.6))
    assert found.indicators[0].n_restored == 7
    assert found.territory == "recovering"
