"""A plan beside its territory: swapped arms, wrong dates, forgotten sites, places counted twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from analysis.plan.ground import contradictions, left_out
from analysis.plan.ledger import Chain
from analysis.plan.places import distance_m, merged, places_of, too_close
from analysis.plan.plan import Plan
from analysis.verdict.outside import outside
from analysis.verdict.rule import judge
from contract.places import Territory
from tests.analysis.verdict.conftest import content, panels_of, plan_of


def territory(plan: Plan, restored_on: date = date(2012, 11, 1), more: int = 0) -> Territory:
    """The one that ``plan`` is about, with ``more`` control sites that it does not name."""
    zones = [
        {"id": arm, "arm": arm, "land_use": "forestry"}
        | ({"restored_on": restored_on} if arm == "restored" else {})
        for arm in ("restored", "control")
    ]
    sites = [
        {"id": site.id, "zone": site.arm, "latitude": site.latitude, "longitude": site.longitude}
        for site in plan.sites
    ]
    sites += [
        {"id": f"more-{k}", "zone": "control", "latitude": 46.0, "longitude": 6.0 + k} for k in range(more)
    ]
    return Territory.model_validate({"id": plan.territory, "zones": zones, "sites": sites, "devices": []})


def all_uses(**changes: Any) -> Plan:
    """A plan that compares all land uses together."""
    told = content(**changes)
    for site in told["sites"]:
        site["land_use"] = "all"
    return Plan.from_content(told, "plan.toml").freeze("2009-01-01T00:00:00Z")


def test_a_plan_of_its_territory_agrees_with_it() -> None:
    plan = all_uses()
    assert contradictions(plan, territory(plan)) == ()
    assert left_out(plan, territory(plan, more=2)) == ("more-0", "more-1")


def test_arms_swapped_in_the_plan_alone_are_named() -> None:
    plan = all_uses()
    swapped = plan.model_copy(
        update={
            "sites": tuple(
                site.model_copy(update={"arm": "control" if site.arm == "restored" else "restored"})
                for site in plan.sites
            )
        }
    )
    assert len(contradictions(swapped, territory(plan))) == 16
    known = outside(swapped, Chain((), "", ""), territory(plan))
    found = judge(swapped, panels_of(swapped, 0.6), known=known)
    assert found.territory == "inconclusive"
    assert "PLAN_NOT_OF_TERRITORY" in found.codes


@pytest.mark.parametrize(
    ("restored_on", "why"),
    [
        (date(2009, 1, 1), "within or before y0"),  # every season before lies after the restoration
        (date(2012, 5, 1), "within or before y2"),
        (date(2013, 9, 1), "after y3"),
    ],
)
def test_seasons_that_call_before_what_was_after_are_named(restored_on: date, why: str) -> None:
    """Seasons before: springs of 2010 to 2012; the first after: spring of 2013."""
    plan = all_uses()
    found = contradictions(plan, territory(plan, restored_on))
    assert why in next(one for one in found if one.startswith("s00 "))


def test_a_distance_is_that_of_the_sphere() -> None:
    """A degree of a great circle of 6371 km is 111.19 km; Paris to Lyon by the same formula: 391.5 km."""
    assert distance_m((45.0, 5.0), (46.0, 5.0)) == pytest.approx(111_194.9, abs=1)
    assert distance_m((48.8566, 2.3522), (45.7640, 4.8357)) == pytest.approx(391_500, rel=2e-3)


def crowded(metres: float) -> dict[str, Any]:
    """Four places two kilometres apart, four recorders at each, ``metres`` from one to the next."""
    told = content()
    step = metres / 111_195.0
    for number, site in enumerate(told["sites"]):
        place, recorder = divmod(number, 4)
        site["arm"] = ("restored", "control")[place % 2]
        site["latitude"], site["longitude"] = 45.0 + 0.02 * place + step * recorder, 5.0
    return told


def test_four_recorders_at_four_places_are_four_places() -> None:
    plan = Plan.from_content(crowded(20.0), "plan.toml").freeze("2009-01-01T00:00:00Z")
    assert len(set(places_of(plan).values())) == 4
    found = judge(plan, panels_of(plan, 0.6))
    assert found.territory == "inconclusive"
    assert {"PLACES_MERGED", "FEW_SITES"} <= set(found.codes)
    assert found.plan_hash == plan.sha256
    apart = Plan.from_content(crowded(600.0), "plan.toml")
    assert len(set(places_of(apart).values())) == 16


def test_a_place_has_the_mean_of_its_recorders_and_all_their_effort() -> None:
    plan = Plan.from_content(crowded(20.0), "plan.toml")
    panel = panels_of(plan, 0.0)[0]
    holes = panel.values.copy()
    holes[1, 0] = np.nan
    panel = replace(panel, values=holes)
    joined, (row,) = merged(plan, [panel])
    assert len(joined.sites) == len(row.sites) == 4
    assert row.values[0, 1] == pytest.approx(panel.values[:4, 1].mean())
    assert row.values[0, 0] == pytest.approx(panel.values[[0, 2, 3], 0].mean())
    assert row.effort[0, 1] == panel.effort[:4, 1].sum()


def test_who_excludes_one_recorder_keeps_its_place() -> None:
    told = crowded(20.0)
    told["exclusions"] = {"s00": "stolen"}
    plan = Plan.from_content(told, "plan.toml")
    joined, (row,) = merged(plan, panels_of(plan, 0.0)[:1])
    assert {"s01", "s04", "s08", "s12"} <= {site.id for site in joined.sites}
    assert row.effort[row.sites.index("s01"), 0] == 3 * 60.0


def test_a_season_excluded_of_one_recorder_leaves_the_others_of_its_place() -> None:
    told = crowded(20.0)
    told["exclusions"] = {"s00/y0": "cable cut", "s05/y1": "cable cut"}
    plan = Plan.from_content(told, "plan.toml")
    panel = panels_of(plan, 0.0)[0]
    joined, (row,) = merged(plan, [panel])
    assert joined.exclusions == {}
    assert row.values[0, 0] == pytest.approx(panel.values[1:4, 0].mean())
    assert row.values[1, 1] == pytest.approx(panel.values[[4, 6, 7], 1].mean())
    assert (row.effort[0, 0], row.effort[1, 1], row.effort[0, 1]) == (180.0, 180.0, 240.0)


def test_an_excluded_site_needs_no_position() -> None:
    told = content()
    told["sites"][3] |= {"latitude": None, "longitude": None}
    told["exclusions"] = {"s03": "never found again"}
    plan = Plan.from_content(told, "plan.toml").freeze("2009-01-01T00:00:00Z")
    assert "SPACING_UNKNOWN" not in judge(plan, panels_of(plan, 0.6)).codes


def test_the_first_rule_knew_neither_places_nor_ledger_nor_territory() -> None:
    """What they say must not enter a verdict that is made again."""
    plan = Plan.from_content(crowded(20.0), "plan.toml").freeze("2009-01-01T00:00:00Z")
    panels = panels_of(plan, 0.6)
    known = outside(plan, Chain((), "", ""), territory(plan, more=1))
    assert {"LEDGER_MISSING", "PLAN_NOT_FROZEN"} <= set(known.codes)
    again, alone = judge(plan, panels, rule=1, known=known), judge(plan, panels, rule=1)
    assert again.to_json() == alone.to_json()
    assert "FEW_SITES" not in again.codes


def test_arms_that_hear_each_other_are_refused() -> None:
    told = content()
    told["sites"][1]["latitude"] = told["sites"][0]["latitude"] + 400 / 111_195.0
    plan = Plan.from_content(told, "plan.toml").freeze("2009-01-01T00:00:00Z")
    assert too_close(plan) == (("s00", "s01"),)
    found = judge(plan, panels_of(plan, 0.6))
    assert (found.territory, "SITES_TOO_CLOSE" in found.codes) == ("inconclusive", True)
    assert judge(plan, panels_of(plan, 0.6), rule=1).territory == "recovering"


def test_without_positions_nothing_is_called_recovering() -> None:
    told = content()
    del told["sites"][3]["latitude"], told["sites"][3]["longitude"]
    plan = Plan.from_content(told, "plan.toml").freeze("2009-01-01T00:00:00Z")
    found = judge(plan, panels_of(plan, 0.6))
    assert found.territory == "inconclusive"
    assert "SPACING_UNKNOWN" in found.codes


def test_a_plan_frozen_once_the_seasons_after_had_begun_explores() -> None:
    late = plan_of().model_copy(update={"frozen": None}).freeze("2013-04-01T00:00:00Z")
    found = judge(late, panels_of(late, 0.6))
    assert (found.territory, "EXPLORATORY" in found.codes) == ("inconclusive", True)
    assert all(one.tested is not None for one in found.indicators), "its numbers stay"
    in_time = plan_of().model_copy(update={"frozen": None}).freeze("2013-03-31T23:59:59Z")
    assert "EXPLORATORY" not in judge(in_time, panels_of(in_time, 0.6)).codes
