"""When it was listened: unequal hours, unequal weather, and what may be called not applicable."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.plan.panel import Panel, Provenance
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster
from analysis.verdict.evidence import gather
from analysis.verdict.figures import figures
from analysis.verdict.gates.listened import away_of, misses_dawn, shares_of
from analysis.verdict.gates.schedule import when_codes
from analysis.verdict.result import Verdict
from analysis.verdict.rule import judge
from analysis.words.advice import advice
from tests.analysis.verdict.conftest import clean, panels_of, plan_of

WHOLE, DAWN = "rise+0=3000 set-14=4000 set+0=3000", "rise+0=7000 set+0=3000"
NAMES = ("detection-rate", "vocal-activity")


def judged(
    plan: Plan, bend: Callable[[NDArray[np.bool_]], dict[str, Any]], effect: float = 0.6
) -> tuple[Verdict, set[str]]:
    """Detections under ``bend``: columns of provenance from the restored cells after restoration."""

    def source(cells: NDArray[np.bool_]) -> Provenance:
        return replace(clean(cells), **bend(cells))

    panels = [replace(one, source="detections") for one in panels_of(plan, effect, provenance=source)]
    found = judge(plan, panels, with_power=False)
    return found, {*found.codes, *(code for one in found.indicators for code in one.codes)}


def arm(plan: Plan) -> NDArray[np.bool_]:
    return np.array([site.arm == "restored" for site in plan.sites])[:, None]


def after(plan: Plan) -> NDArray[np.bool_]:
    return np.array([season.period == "after" for season in plan.seasons])[None, :]


def test_minutes_moved_to_dawn_in_one_arm_take_the_class_and_say_how_many(plan: Plan) -> None:
    found, codes = judged(plan, lambda cells: {"schedule": np.where(cells, DAWN, WHOLE)})
    assert "UNEQUAL_SCHEDULE" in codes
    assert {one.verdict for one in found.indicators} == {"inconclusive"}
    assert found.indicators[0].tested is not None  # the numbers stay
    said = json.loads(found.to_json())["indicators"][0]["details"]["UNEQUAL_SCHEDULE"]
    # by hand: shares .7 and .3 against .3, .4 and .3
    assert (said["where"], said["share"], said["what"]) == (
        "after",
        0.4,
        "40 % of the minutes lie at other hours",
    )
    assert advice("UNEQUAL_SCHEDULE", figures(plan, found)).en.startswith(
        "40 % of the minutes lie at other hours. "
    )


@pytest.mark.parametrize(
    ("where", "stopped"),
    [
        ("after", True),
        ("before", True),
        ("always", True),
        ("both after", False),
        ("nowhere", False),
    ],
)
def test_what_counts_is_that_the_arms_differ(plan: Plan, where: str, stopped: bool) -> None:
    moved = {
        "after": arm(plan) & after(plan),
        "before": arm(plan) & ~after(plan),
        "always": arm(plan) & np.ones_like(after(plan)),
        "both after": np.ones_like(arm(plan)) & after(plan),
        "nowhere": arm(plan) & after(plan) & False,
    }[where]
    found, codes = judged(plan, lambda _: {"schedule": np.where(moved, DAWN, WHOLE)})
    assert ("UNEQUAL_SCHEDULE" in codes) is stopped
    assert (found.indicators[0].verdict == "recovering") is not stopped


def test_arms_that_swap_their_hours_a_little_are_seen_by_the_change(plan: Plan) -> None:
    """.08 apart before and .08 the other way after: neither is much, the change is .16."""
    one, other = "rise+0=5000 set+0=5000", "rise+0=5800 set+0=4200"
    swapped = arm(plan) ^ after(plan)
    _, codes = judged(plan, lambda _: {"schedule": np.where(swapped, one, other)})
    assert "UNEQUAL_SCHEDULE" in codes


def test_named_schedules_are_compared_by_their_names(plan: Plan) -> None:
    _, codes = judged(plan, lambda cells: {"schedule": np.where(cells, "dawn only", "all day")})
    assert "UNEQUAL_SCHEDULE" in codes


@pytest.mark.parametrize("blank", ["", "n/a", "unknown"])
@pytest.mark.parametrize("part", [True, False])
def test_hours_that_nobody_knows_stop_what_detectors_heard(plan: Plan, blank: str, part: bool) -> None:
    _, codes = judged(plan, lambda cells: {"schedule": np.where(cells | (not part), blank, WHOLE)})
    assert "PROVENANCE_UNKNOWN" in codes


def test_hours_of_an_imported_table_are_not_examined(plan: Plan) -> None:
    panels = panels_of(plan, 0.6, provenance=lambda cells: replace(clean(cells), schedule=None, weather=None))
    found = judge(plan, panels)
    assert found.territory == "recovering"
    voices = next(one for one in found.indicators if one.id == "vocal-activity")
    assert voices.details["NOT_EXAMINED"]["columns"] == ["schedule", "weather"]


def test_dry_days_in_one_arm_take_the_class_and_say_how_dry(plan: Plan) -> None:
    found, codes = judged(
        plan, lambda cells: {"weather": np.where(cells, "rain=-0.7 wind=0", "rain=0 wind=0")}
    )
    assert "UNEQUAL_WEATHER" in codes
    assert {one.verdict for one in found.indicators} == {"inconclusive"}
    assert found.indicators[0].details["UNEQUAL_WEATHER"] == {
        "quantity": "rain",
        "by": -0.7,
        "what": "rain: the arms differ by -0.70 standard deviations of a day",
    }


def test_dry_days_in_both_arms_are_fair(plan: Plan) -> None:
    shown = np.where(after(plan) & np.ones_like(arm(plan)), "rain=-0.7", "rain=0")
    found, codes = judged(plan, lambda _: {"weather": shown})
    assert "UNEQUAL_WEATHER" not in codes
    assert found.indicators[0].verdict == "recovering"


def test_days_lost_by_chance_are_no_weather() -> None:
    """Three quantities that vary by .08 a season, as when a tenth of the days is lost: 100 territories."""
    plan, fired = plan_of(primaries=("vocal-activity",)), 0
    (panel,), roster = panels_of(plan), Roster.of(plan)
    for seed in range(100):
        away = np.random.default_rng(seed).normal(0, 0.08, (3, *panel.values.shape)).round(3).astype(np.str_)
        rain, air, wind = (np.char.add(f"{name}=", each) for name, each in zip("rtw", away, strict=True))
        shown = np.char.add(np.char.add(np.char.add(np.char.add(rain, " "), air), " "), wind)
        one = replace(panel, provenance=replace(panel.provenance, weather=shown))
        fired += bool(when_codes(gather(plan, plan.primaries[0], one, roster), roster.design))
    assert fired <= 2


def test_weather_known_nowhere_is_not_examined_and_stops_nothing(plan: Plan) -> None:
    found, codes = judged(plan, lambda cells: {"weather": np.full(cells.shape, "")})
    assert "PROVENANCE_UNKNOWN" not in codes
    assert found.indicators[0].verdict == "recovering"
    assert found.indicators[0].details["NOT_EXAMINED"]["columns"] == ["weather"]


def test_weather_blank_at_some_sites_of_a_season_was_taken_away(plan: Plan) -> None:
    _, codes = judged(plan, lambda cells: {"weather": np.where(cells, "", "rain=0")})
    assert "PROVENANCE_UNKNOWN" in codes


def without_dawn(cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    dawn = clean(cells).dawn_offset
    assert dawn is not None
    return np.where(cells, np.inf, dawn)


@pytest.mark.parametrize(
    ("calls", "known"), [(40.0, True), (119.0, True), (120.0, False), (900.0, False), (np.nan, False)]
)
def test_a_dawn_is_not_applicable_only_where_few_sing(plan: Plan, calls: float, known: bool) -> None:
    def bend(cells: NDArray[np.bool_]) -> dict[str, Any]:
        few = cells & (np.arange(len(cells)) < 6)[:, None]
        return {"dawn_offset": without_dawn(few), "calls": np.where(few, calls, 900.0)}

    found, codes = judged(plan, bend)
    assert ("PROVENANCE_UNKNOWN" not in codes) is known
    assert (found.indicators[0].verdict == "recovering") is known


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_dawn_cannot_be_declared_away(plan: Plan, everywhere: bool) -> None:
    """Neither by ``n/a`` in one arm, nor throughout: nothing in the data shows it."""
    _, codes = judged(plan, lambda cells: {"dawn_offset": without_dawn(cells | everywhere)})
    assert "PROVENANCE_UNKNOWN" in codes


def test_bats_have_no_dawn_and_their_schedule_shows_it(plan: Plan) -> None:
    def bend(cells: NDArray[np.bool_]) -> dict[str, Any]:
        night = np.full(cells.shape, "set+0=5000 set+6=5000")
        return {"dawn_offset": np.full(cells.shape, np.inf), "schedule": night}

    found, codes = judged(plan, bend)
    assert "PROVENANCE_UNKNOWN" not in codes
    assert found.indicators[0].details["NOT_EXAMINED"]["columns"] == ["dawn_offset"]


def test_the_first_rule_knows_nothing_of_hours(plan: Plan) -> None:
    def source(cells: NDArray[np.bool_]) -> Provenance:
        return replace(clean(cells), schedule=np.where(cells, DAWN, WHOLE))

    panels = [replace(one, source="detections") for one in panels_of(plan, 0.6, provenance=source)]
    bare: list[Panel] = panels_of(plan, 0.6)
    old = judge(plan, panels, rule=1)
    assert [one.verdict for one in old.indicators] == [
        one.verdict for one in judge(plan, bare, rule=1).indicators
    ]
    assert not {"UNEQUAL_SCHEDULE", "UNEQUAL_WEATHER"} & set(old.to_json().split('"'))


def test_texts_are_read_as_shares_and_as_names() -> None:
    assert shares_of("rise-1=2500 set+0=7500") == {"rise-1": 0.25, "set+0": 0.75}
    assert shares_of(" Dawn  only ") == {"dawn only": 1.0}
    assert shares_of("") == {}
    assert [misses_dawn(one) for one in ("set+0=1", "rise-4=1 set+0=9", "rise-5=1", "night", "")] == [
        True, False, True, False, False,
    ]  # fmt: skip
    # of sites that count as one place: the mean of what each says
    assert shares_of("rise-1=2500 set+0=7500 rise-1=10000") == {"rise-1": 0.625, "set+0": 0.375}
    assert away_of(np.array([["rain=-0.5 rain=0.1"]]))["rain"].tolist() == [[-0.2]]
    found = away_of(np.array([["rain=-0.5 wind=1e-05", "nonsense"]]))
    assert {name: row.tolist()[0][0] for name, row in found.items()} == {"rain": -0.5, "wind": 1e-05}
