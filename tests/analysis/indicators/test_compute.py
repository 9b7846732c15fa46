"""From a plan and a store to panels, and on to a verdict."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analysis.cli.report import register
from analysis.indicators.catalogue import INDICATORS, PRIMARY
from analysis.indicators.compute import compute_all, panels, study_of
from analysis.plan.file import written
from analysis.plan.plan import Plan
from analysis.plan.tables import DECLARATIONS
from analysis.verdict.panel_file import read_panels
from analysis.verdict.rule import judge
from contract.errors import ConfigurationError, UnknownName
from firmware_sim.world.world import World
from ingest.store import open_store
from tests.analysis.conftest import SCALES, Shelf, territory

Made = Callable[[str], tuple[World, str]]
ASKED = {"hill-q1": math.log(1.11), "vocal-activity": math.log(1.25), "soil-moisture": math.log(1.11)}


def plan_of(world: World, asked: dict[str, float] = ASKED) -> Plan:
    facts = world.plan_facts()
    content = {
        "territory": "simulated",
        "selection": "random",
        "sites": [
            {
                "id": s.site,
                "arm": s.arm,
                "latitude": s.latitude,
                "longitude": s.longitude,
            }
            for s in facts.sites
        ],
        "seasons": [
            {
                "id": s.id,
                "start": f"{s.first_day}T00:00:00Z",
                "end": f"{s.last_day}T23:59:59Z",
                "period": s.period,
            }
            for s in facts.seasons
        ],
        "primaries": [{"id": name, "margin": margin} for name, margin in asked.items()],
        "validated": {s.taxon: {"clips": s.validated_clips, "precision": s.precision} for s in facts.species},
        "declarations": dict.fromkeys(DECLARATIONS, "looked for in the field, not found"),
    }
    return Plan.model_validate(content).freeze("2021-01-01T00:00:00Z")


def test_panels_come_in_the_plan_s_order_with_every_site_and_season(small_world: Made) -> None:
    world, url = small_world("recovery")
    plan = plan_of(world)
    found = panels(plan, url, world.territory())
    assert [panel.indicator for panel in found] == list(ASKED)
    for panel in found:
        assert panel.sites == tuple(site.id for site in plan.sites)
        assert panel.seasons == tuple(season.id for season in plan.seasons)
        assert np.isfinite(panel.values).mean() > 0.8


def test_the_same_store_and_plan_give_the_same_bytes(small_world: Made) -> None:
    world, url = small_world("recovery")
    plan = plan_of(world)
    one, two = (panels(plan, url, world.territory()) for _ in range(2))
    assert [panel.digest() for panel in one] == [panel.digest() for panel in two]
    assert judge(plan, one).to_json() == judge(plan, two).to_json()


def test_planted_recovery_raises_restored_sites_against_controls(small_world: Made) -> None:
    world, url = small_world("recovery")
    plan = plan_of(world)
    restored = [i for i, site in enumerate(plan.sites) if site.arm == "restored"]
    control = [i for i, site in enumerate(plan.sites) if site.arm == "control"]
    for panel in panels(plan, url, world.territory()):
        change = np.nanmean(panel.values[:, 2:], axis=1) - np.nanmean(panel.values[:, :2], axis=1)
        assert np.nanmean(change[restored]) > np.nanmean(change[control]) + 0.1


def test_another_detector_on_one_arm_is_seen_by_the_verdict(small_world: Made) -> None:
    world, url = small_world("confounded")
    plan = plan_of(world)
    verdict = judge(plan, panels(plan, url, world.territory()))
    assert verdict.territory == "inconclusive"
    assert {"DETECTOR_CHANGED", "DEVICE_CONFOUNDED"} <= set(verdict.codes)


def test_values_carry_the_indicator_s_version(small_world: Made) -> None:
    world, url = small_world("recovery")
    [panel, *_] = panels(plan_of(world), url, world.territory())
    assert panel.provenance.definition is not None
    assert {str(text) for text in panel.provenance.definition.ravel()} - {""} == {"hill-q1@1 fieldbird@1.0"}


@pytest.mark.parametrize("name", [name for name in INDICATORS if name not in PRIMARY])
def test_supporting_evidence_may_not_judge(shelf: Shelf, small_world: Made, name: str) -> None:
    world, url = small_world("recovery")
    with pytest.raises(ConfigurationError, match=name):
        panels(plan_of(world, {name: 0.1}), url, world.territory())


def test_a_plan_with_an_unknown_indicator_says_which_there_are(small_world: Made) -> None:
    world, url = small_world("recovery")
    with pytest.raises(UnknownName) as raised:
        panels(plan_of(world, {"happiness": 0.1}), url, world.territory())
    assert "hill-q1" in raised.value.help


def test_every_indicator_answers_an_empty_store_with_reasons(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_pressure", "2021-05-01T00:00:00Z", [1000.0]))
    study = study_of(shelf.url, territory(["control", "restored"]), None)
    with study.archive:
        for computed in compute_all(study):
            rows = computed.rows()
            assert [row["value"] for row in rows] == [None, None]
            assert all(row["reason"] and row["code"] for row in rows)


def test_what_is_absent_is_told_and_what_is_there_is_finite(small_world: Made) -> None:
    world, url = small_world("recovery")
    study = study_of(url, world.territory(), plan_of(world))
    with study.archive:
        for computed in compute_all(study):
            known = np.isfinite(computed.grid.values)
            assert known.sum() + len(computed.grid.reasons) == known.size
            assert (computed.grid.effort[known] > 0).all()


def test_the_order_and_time_of_arrival_change_nothing(tmp_path: Path) -> None:
    place = territory(["control", "control"])
    said = []
    writer = Shelf("sqlite::memory:")
    for site in (1, 2):
        said.append(
            writer.hours(site, "soil_moisture", "2021-05-01T00:00:00Z", [0.2, 0.3] * 120, depth_m=0.1)
        )
        said += [writer.heard(site, f"2021-05-{d + 1:02d}T05:00:00Z", "A", "B") for d in range(15)]
    tables = []
    for name, order in (("one", said), ("two", said[::-1] + said)):
        shelf = Shelf(f"sqlite:{tmp_path / name}")
        open_store(shelf.url).close()
        for message in order:
            shelf.put(message)
        study = study_of(shelf.url, place, None)
        with study.archive:
            tables.append([computed.panel.digest() for computed in compute_all(study)])
    assert tables[0] == tables[1]


def test_a_plan_s_bad_indicator_is_named_with_its_file(shelf: Shelf) -> None:
    plan = plan_of(World(1, "recovery", SCALES["recovery"]))
    for wrong, kind in (("hill-q9", UnknownName), ("species-trend", ConfigurationError)):
        primaries = (plan.primaries[0].model_copy(update={"id": wrong}),)
        with pytest.raises(kind, match=f"my-plan.toml: primaries: '{wrong}' is"):
            panels(
                plan.model_copy(update={"primaries": primaries}),
                shelf.url,
                territory(["control"]),
                origin="my-plan.toml",
            )


def test_what_compute_prints_is_read_back_as_the_same_panels(small_world: Made, tmp_path: Path) -> None:
    world, url = small_world("recovery")
    plan = plan_of(world)
    names = {"place": tmp_path / "territory.toml", "plan": tmp_path / "plan.toml"}
    names["place"].write_text(world.territory_toml())
    names["plan"].write_text(written(plan))
    app = typer.Typer()
    register(app)
    words = ["indicators", "compute", "--store", url, "--territory", str(names["place"]), "--csv"]
    printed = CliRunner().invoke(app, [*words, "--plan", str(names["plan"])]).stdout
    assert printed.startswith("indicator,")
    table = tmp_path / "computed.csv"
    straight = panels(plan, url, world.territory())
    for text in (printed, _with_commas(printed)):
        table.write_text(text)
        back = read_panels(table, plan)
        assert [panel.digest() for panel in back] == [panel.digest() for panel in straight]


def _with_commas(printed: str) -> str:
    """The same lines as a spreadsheet of a country of commas saves them."""
    rows = list(csv.reader(io.StringIO(printed)))
    sink = io.StringIO()
    csv.writer(sink, delimiter=";").writerows(
        [cell.replace(".", ",") if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", cell) else cell for cell in row]
        for row in rows
    )
    return sink.getvalue()


def test_a_table_of_another_definition_is_not_read_back(small_world: Made, tmp_path: Path) -> None:
    world, _ = small_world("recovery")
    table = tmp_path / "computed.csv"
    table.write_text("indicator,site,season,on_scale,effort_min\nhill-q1@0,s1,y1,1.0,60\n")
    with pytest.raises(ConfigurationError, match=r"line 2: indicator is 'hill-q1@0'"):
        read_panels(table, plan_of(world))
