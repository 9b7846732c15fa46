"""The eight classes, the territory, the bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest

from analysis.plan.plan import Plan
from analysis.verdict import result
from analysis.verdict.classes import classify
from analysis.verdict.doubts.reversal import declines
from analysis.verdict.result import ArmChange, IndicatorVerdict
from analysis.verdict.rule import judge
from analysis.verdict.territory import pooled
from tests.analysis.verdict.conftest import cut, panels_of, plan_of

ROOT = Path(__file__).resolve().parents[3]


def arm(low: float, high: float) -> ArmChange:
    return ArmChange((low + high) / 2, low, high, low, high, 8)


def contrasted(contrast: tuple[float, float], restored: tuple[float, float], p: float) -> result.Tested:
    low, high = contrast
    return result.Tested((low + high) / 2, low, high, low, high, p, p, None, None, arm(*restored), arm(0, 0))


@pytest.mark.parametrize(
    ("contrast", "restored", "p", "expected"),
    [
        ((0.2, 0.6), (0.1, 0.5), 0.01, "recovering"),
        ((0.2, 0.6), (-0.5, -0.1), 0.01, "slowed erosion"),
        ((0.2, 0.6), (-0.1, 0.1), 0.01, "held"),
        ((-0.6, -0.2), (-0.5, -0.1), 0.01, "eroding"),
        ((-0.1, 0.1), (-0.5, -0.1), 0.60, "regional decline"),
        ((-0.6, -0.2), (-0.1, 0.1), 0.01, "lagging"),
        ((-0.1, 0.1), (-0.1, 0.1), 0.60, "stable"),
        ((-0.4, 0.5), (-0.1, 0.1), 0.60, "inconclusive"),
        ((-0.1, 0.1), (-0.1, 0.4), 0.60, "inconclusive"),  # the arm is not inside the margin
        ((0.2, 0.6), (0.1, 0.5), 0.06, "inconclusive"),  # the family takes it back
    ],
)
def test_the_first_matching_class_is_given(
    contrast: tuple[float, float], restored: tuple[float, float], p: float, expected: str
) -> None:
    assert classify(contrasted(contrast, restored, p), restored, log(1.25), 0.05) == expected


@pytest.mark.parametrize(
    ("contrast", "restored", "p", "expected"),
    [
        ((0.0, 0.6), (0.1, 0.5), 0.01, "inconclusive"),  # a contrast from 0 on is no gain
        ((0.2, 0.6), (0.0, 0.5), 0.01, "held"),  # an arm from 0 on does not rise
        ((0.2, 0.6), (-0.5, 0.0), 0.01, "held"),  # an arm up to 0 does not fall
        ((-0.6, 0.0), (-0.5, -0.1), 0.01, "regional decline"),  # a contrast up to 0 is no loss
        ((-0.6, 0.0), (-0.5, 0.0), 0.01, "inconclusive"),  # neither declines: nothing is claimed
        ((-0.6, -0.2), (-0.5, 0.0), 0.01, "lagging"),
        ((0.2, 0.6), (0.1, 0.5), 0.05, "recovering"),  # p at alpha is sure
        (
            (-0.25, 0.1),
            (-0.1, 0.1),
            0.60,
            "inconclusive",
        ),  # an interval that reaches the margin is not inside
        ((-0.1, 0.25), (-0.1, 0.1), 0.60, "inconclusive"),
        ((-0.1, 0.1), (-0.1, 0.25), 0.60, "inconclusive"),
    ],
)
def test_a_border_that_is_reached_is_not_passed(
    contrast: tuple[float, float], restored: tuple[float, float], p: float, expected: str
) -> None:
    # intervals are open at 0 and at the margin, here 0.25; the p value may equal alpha
    assert classify(contrasted(contrast, restored, p), restored, 0.25, 0.05) == expected


def indicator(name: str, group: str, verdict: str) -> IndicatorVerdict:
    return IndicatorVerdict(name, group, "log", verdict, (), 8, 8, {}, (), 0.2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([("community", "recovering"), ("acoustic", "recovering")], "recovering"),
        ([("community", "recovering"), ("soil", "recovering")], "recovering"),
        ([("community", "recovering"), ("community", "recovering")], "inconclusive"),
        ([("soil", "recovering"), ("weather", "recovering")], "inconclusive"),
        ([("community", "recovering"), ("acoustic", "inconclusive")], "inconclusive"),
        ([("community", "recovering"), ("acoustic", "eroding")], "mixed"),
        ([("community", "eroding"), ("acoustic", "inconclusive")], "eroding"),
        ([("community", "regional decline"), ("acoustic", "regional decline")], "inconclusive"),
        ([("community", "held"), ("acoustic", "slowed erosion")], "inconclusive"),
        ([("community", "stable"), ("acoustic", "stable")], "stable"),
        ([("community", "stable"), ("acoustic", "inconclusive")], "inconclusive"),
    ],
)
def test_the_territory_needs_two_classes_and_more_than_soil(
    classes: list[tuple[str, str]], expected: str
) -> None:
    family = [indicator(str(k), group, verdict) for k, (group, verdict) in enumerate(classes)]
    assert pooled(family, frozenset(), 1)[0] == expected


@pytest.mark.parametrize(
    ("recovering", "expected"),
    [
        ((("community", "detections"), ("acoustic", "soundscape")), "recovering"),
        ((("community", "detections"), ("soil", "soil")), "recovering"),
        ((("community", "detections"), ("acoustic", "detections")), "inconclusive"),  # one source, bent once
        ((("community", "detections"), ("community", "counts")), "recovering"),  # two sources, one class
        ((("soil", "soil"), ("weather", "weather")), "inconclusive"),  # nothing living
    ],
)
def test_the_second_rule_needs_two_sources_one_of_them_living(
    recovering: tuple[tuple[str, str], ...], expected: str
) -> None:
    family = [
        replace(indicator(str(k), group, "recovering"), source=source)
        for k, (group, source) in enumerate(recovering)
    ]
    verdict, codes = pooled(family, frozenset(), 2)
    assert verdict == expected
    assert codes == (set() if expected == "recovering" else {"ONE_SOURCE_ONLY"})


@pytest.mark.parametrize(
    ("effect", "everywhere", "expected", "territory"),
    [
        (0.6, 0.0, "recovering", "recovering"),
        (0.6, -1.2, "slowed erosion", "inconclusive"),
        (0.6, -0.6, "held", "inconclusive"),
        (-0.6, 0.0, "eroding", "eroding"),
        (0.0, -0.6, "regional decline", "inconclusive"),
        (-0.6, 0.6, "lagging", "inconclusive"),
        (0.0, 0.0, "stable", "stable"),
    ],
)
def test_planted_changes_get_their_class(
    effect: float, everywhere: float, expected: str, territory: str
) -> None:
    plan = plan_of(restored=12, control=12)
    found = judge(plan, panels_of(plan, effect, everywhere, seed=3))
    assert {one.verdict for one in found.indicators} == {expected}
    assert found.territory == territory
    assert found.plan_hash == plan.sha256


def test_an_inconclusive_verdict_always_says_why() -> None:
    for seed in range(5):
        plan = plan_of(restored=4, control=4)
        found = judge(plan, panels_of(plan, 0.1, noise=0.4, seed=seed))
        assert found.territory == "inconclusive"
        assert found.codes
        assert all(one.codes for one in found.indicators if one.verdict == "inconclusive")


def test_polarity_turns_the_verdict_round() -> None:
    plan = plan_of()
    panels = [replace(one, polarity=-1, values=-one.values) for one in panels_of(plan, 0.6)]
    assert judge(plan, panels).territory == "recovering"
    assert judge(plan, [replace(one, polarity=1) for one in panels]).territory == "eroding"


def test_site_order_in_the_table_does_not_matter() -> None:
    plan = plan_of()
    panels = panels_of(plan, 0.3)
    turned = [cut(one, rows=slice(None, None, -1)) for one in panels]
    first, second = judge(plan, panels), judge(plan, turned)
    assert [one.tested for one in first.indicators] == [one.tested for one in second.indicators]


def test_land_uses_that_disagree_get_no_pooled_verdict() -> None:
    plan = plan_of(restored=20, control=20, land_uses=2)
    panels = []
    for one in panels_of(plan):
        values = one.values.copy()
        for row, site in enumerate(plan.sites):
            if site.arm == "restored":
                values[row, 3:] += 0.8 if site.land_use == "use-0" else -0.8
        panels.append(replace(one, values=values))
    found = judge(plan, panels, drawn=True)
    assert {name: use.verdict for name, use in found.by_land_use.items()} == {
        "use-0": "recovering",
        "use-1": "eroding",
    }
    assert found.territory == "inconclusive"
    assert "LAND_USES_DISAGREE" in found.codes
    matched = judge(plan, panels)
    assert {use.verdict for use in matched.by_land_use.values()} == {
        "recovering-if-parallel",
        "eroding-if-parallel",
    }
    assert "LAND_USES_DISAGREE" in matched.codes


def test_weights_are_shares_of_restored_sites() -> None:
    """Land use a: 2 of 6 restored sites gain .9; b: 4 gain .3; theta = 2/6 x .9 + 4/6 x .3 = .5."""
    base = plan_of(restored=6, control=6).canonical()
    for k, site in enumerate(base["sites"]):
        site["land_use"] = "a" if k < 4 else "b"
    plan = Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")
    panels = []
    for one in panels_of(plan, noise=0.001):
        values = one.values.copy()
        for row, site in enumerate(plan.sites):
            if site.arm == "restored":
                values[row, 3:] += 0.9 if site.land_use == "a" else 0.3
        panels.append(replace(one, values=values))
    found = judge(plan, panels).indicators[0].tested
    assert found is not None
    assert found.estimate == pytest.approx(0.5, abs=0.005)


def test_a_land_use_without_controls_is_left_out_and_listed() -> None:
    base = plan_of(restored=8, control=8).canonical()
    for site in base["sites"][:4:2]:
        site["land_use"] = "orchard"
    plan = Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")
    found = judge(plan, panels_of(plan, 0.6))
    assert "STRATUM_EXCLUDED" in found.codes
    assert found.indicators[0].n_restored == 6


def test_nothing_is_reversed_without_a_measured_decline() -> None:
    short = plan_of()
    found = judge(short, panels_of(short, 0.6))
    assert (found.territory, found.reversed) == ("recovering", False)
    assert "PRIOR_DECLINE_NOT_MEASURED" in found.codes
    assert "attributable to restoration" in found.answer


def test_a_measured_decline_that_turns_is_reversed() -> None:
    plan = plan_of(before=9, after=5)
    panels = []
    for one in panels_of(plan, 0.6, noise=0.05):
        fall = np.where(np.arange(14) < 9, -0.1 * np.arange(14), -0.4)
        panels.append(replace(one, values=one.values + fall))
    found = judge(plan, panels)
    assert (found.territory, found.reversed) == ("recovering", True)
    assert "reversed" in found.answer


def test_a_decline_is_judged_against_the_variation_of_years() -> None:
    years = np.arange(10.0)
    steady = np.array([1.0, -1, 1, -1, 1, -1, 1, -1, 1, -1]) * 0.05
    assert declines(-0.1 * years + steady)
    assert not declines(0.1 * years + steady)
    assert not declines(-0.005 * years + steady)
    assert not declines(-0.1 * years[:7])  # seven seasons are too few


def test_the_same_input_gives_the_same_bytes_in_another_process() -> None:
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.analysis.verdict.conftest import plan_of, panels_of\n"
        "from analysis.verdict.rule import judge\n"
        "p = plan_of(restored=14, control=14)\n"
        "sys.stdout.write(judge(p, panels_of(p, 0.1, noise=0.3)).to_json(explain=True))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env={
                "PATH": "/usr/bin",
                "PYTHONHASHSEED": seed,
                "OPENBLAS_NUM_THREADS": threads,
                "OPENBLAS_CORETYPE": core,
            },
        ).stdout
        for seed, threads, core in (("0", "1", "Haswell"), ("1", "2", "Sandybridge"))
    }
    assert len(outputs) == 1
    content = json.loads(outputs.pop())
    assert {"territory", "by_land_use", "indicators", "codes", "plan_hash", "data_hash"} <= set(content)
    first = content["indicators"][0]
    assert first["estimate"] == float(f"{first['estimate']:.6g}")
    assert len(str(abs(first["explain"]["sites"]["s00"]["values"][0])).replace(".", "").lstrip("0")) <= 6
    keys = "id class estimate low high mde power p p_adjusted n_restored n_control effort codes arms"
    assert set(keys.split()) <= set(first)
    assert len(first["explain"]["sites"]) == 28
