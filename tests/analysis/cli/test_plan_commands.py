"""Planning: a first plan that can win, and every doubt that needs no data told before the first season."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import Result

from analysis.plan.ahead.draft import draft
from analysis.plan.file import written
from analysis.plan.plan import Plan
from analysis.plan.tables import Validated
from analysis.verdict.gates.ahead import ahead
from analysis.verdict.gates.design import plan_codes
from contract.errors import EcoVivError
from contract.instant import parse_instant
from contract.places import Territory
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World
from tests.analysis.cli.test_verdict_sources import run
from tests.analysis.conftest import territory
from tests.analysis.verdict.conftest import content

CHECKED = {"Alauda arvensis": Validated(clips=120, precision=0.97)}


def of(day: date, *more: date) -> Territory:
    """Four sites an arm, restored on a day, or on several days by zone."""
    table = territory(["restored", "control"] * 4).model_dump(mode="json", exclude_defaults=True)
    for k, other in enumerate((day, *more)):
        table["zones"].append(
            {"id": f"z{k}", "arm": "restored", "land_use": "agriculture", "restored_on": other.isoformat()}
        )
    zones = [f"z{k}" for k in range(1 + len(more))]
    for k, site in enumerate(one for one in table["sites"] if one["zone"] == "restored"):
        site["zone"] = zones[k % len(zones)]
    table["zones"] = [one for one in table["zones"] if one["id"] != "restored"]
    return Territory.model_validate(table)


def load(text: str, folder: Path) -> Plan:
    (folder / "plan.toml").write_text(text)
    return Plan.load(folder / "plan.toml")


@given(day=st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_a_draft_s_seasons_agree_with_the_day_of_restoration(
    day: date, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plan = load(draft(of(day)), tmp_path_factory.mktemp("draft"))
    restored = parse_instant(f"{day}T00:00:00Z")
    before = [season.span for season in plan.seasons if season.period == "before"]
    after = [season.span for season in plan.seasons if season.period == "after"]
    assert (len(before), len(after)) == (3, 5)
    assert all(end <= restored for _, end in before)
    assert all(start >= restored for start, _ in after)


def test_zones_restored_in_other_years_give_their_sites_a_start(tmp_path: Path) -> None:
    plan = load(draft(of(date(2024, 11, 1), date(2026, 2, 1))), tmp_path)
    starts = {site.start for site in plan.sites if site.arm == "restored"}
    assert starts == {"y2025", "y2026"}
    assert {site.start for site in plan.sites if site.arm == "control"} == {None}


def test_a_draft_asks_two_sources_one_of_them_living(tmp_path: Path) -> None:
    plan = load(draft(of(date(2024, 11, 1)), CHECKED), tmp_path)
    assert {one.id for one in plan.primaries} >= {"soil-moisture", "species-detection-rate"}
    said = ahead(plan, plan_codes(plan))
    assert not {"ONE_CLASS_ONLY", "ONE_SOURCE_ONLY", "UNVALIDATED_SPECIES"} & set(said.codes)
    assert not said.mute


def test_init_says_what_it_lacks_and_takes_species_from_a_table(tmp_path: Path) -> None:
    world = World(1, "recovery", Scale(restored=8, control=8, reference=0, before=3, after=3, clips=0))
    place, species = tmp_path / "territory.toml", tmp_path / "species.toml"
    place.write_text(world.territory_toml())
    species.write_text('[validated."Alauda arvensis"]\nclips = 120\nprecision = 0.97\nthreshold = 0.6\n')
    first = run("plan", "init", tmp_path / "bare.toml", "--territory", place)
    assert "UNVALIDATED_SPECIES" in first.stderr
    done = run("plan", "init", tmp_path / "plan.toml", "--territory", place, "--species", species)
    assert done.exit_code == 0
    assert "UNVALIDATED_SPECIES" not in done.stderr
    assert "UNVERIFIED_DESIGN" in done.stderr  # the one thing that only a person can add
    plan = Plan.load(tmp_path / "plan.toml")
    assert plan.validated["Alauda arvensis"].threshold == 0.6
    facts = {season.first_day: season.period for season in world.plan_facts().seasons}
    for day, period in facts.items():
        inside = [
            s.period for s in plan.seasons if s.span[0] <= parse_instant(f"{day}T00:00:00Z") < s.span[1]
        ]
        assert inside == [
            period
        ]  # each season of the simulated field lies in one of the plan's, of its period
    assert run("plan", "check", tmp_path / "plan.toml").exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        "[validated",
        '[validated."x"]\nclips = -1\nprecision = 2\n',
        "validated = 3\n",
        '[validated."x"]\nmood = 1\n',
    ],
)
def test_a_wrong_table_of_species_is_named_and_nothing_is_written(tmp_path: Path, text: str) -> None:
    (tmp_path / "species.toml").write_text(text)
    found = run("plan", "init", tmp_path / "plan.toml", "--species", tmp_path / "species.toml")
    assert isinstance(found.exception, EcoVivError)
    assert found.exception.exit_code == 3
    assert "species.toml" in found.exception.message
    assert not (tmp_path / "plan.toml").exists()


def check(folder: Path, *more: str, **changes: object) -> Result:
    base = content(primaries=("vocal-activity", "soil-moisture"))
    base["validated"] = {"Alauda arvensis": {"clips": 120, "precision": 0.97}}
    plan = Plan.from_content(base | changes, "plan")
    (folder / "plan.toml").write_text(written(plan))
    return run("plan", "check", folder / "plan.toml", *more)


def test_a_plan_that_could_speak_ends_0_and_counts_its_seasons(tmp_path: Path) -> None:
    found = check(tmp_path)
    assert found.exit_code == 0, found.stdout
    assert "8 restored, 8 control sites; 3 seasons before, 5 after" in found.stdout
    assert (
        "PLAN_NOT_FROZEN: The plan was not frozen before the verdict. Run `ecoviv plan freeze`"
        in found.stdout
    )
    said = json.loads(check(tmp_path, "--json").stdout)
    assert (said["before"], said["after"], said["codes"]) == (3, 5, ["PLAN_NOT_FROZEN"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sites": [s | {"arm": "restored"} for s in content()["sites"]]}, "NO_CONTROL"),
        ({"sites": content(restored=3, control=3)["sites"]}, "FEW_SITES"),
        ({"seasons": content(before=3, after=1)["seasons"]}, "MISSING_SEASON"),
        ({"seasons": content(before=1, after=5)["seasons"]}, "SHORT_BASELINE"),
        ({"selection": "measured level"}, "SELECTED_SITES"),
    ],
)
def test_a_plan_that_no_data_could_answer_ends_5(
    tmp_path: Path, changes: dict[str, object], code: str
) -> None:
    found = check(tmp_path, **changes)
    assert found.exit_code == 5
    assert f"\n{code}: " in found.stdout


def test_a_number_stands_where_there_is_one(tmp_path: Path) -> None:
    alone = {"sites": [s | {"arm": "restored"} for s in content()["sites"]]}
    assert "16 restored, 0 control. Add sites" in check(tmp_path, **alone).stdout
    few = check(tmp_path, sites=content(restored=3, control=3)["sites"]).stdout
    assert "sites an arm would show +30 %." in few


def test_one_mute_primary_does_not_silence_the_others(tmp_path: Path) -> None:
    bees = {"bees": {"scale": "log", "polarity": 1, "group": "community"}}
    three = content(primaries=("vocal-activity", "bees", "soil-moisture"))["primaries"]
    found = check(tmp_path, "--json", validated={}, primaries=three, imported=bees)
    assert found.exit_code == 0
    own = {one["id"]: one["codes"] for one in json.loads(found.stdout)["primaries"]}
    assert own == {"vocal-activity": ["UNVALIDATED_SPECIES"], "bees": [], "soil-moisture": []}
    # without the bees nothing that lives could be judged
    assert check(tmp_path, validated={}).exit_code == 5


def test_a_plan_that_contradicts_its_territory_ends_5(tmp_path: Path) -> None:
    world = World(1, "recovery", Scale(restored=8, control=8, reference=0, before=3, after=3, clips=0))
    place, plan = tmp_path / "territory.toml", tmp_path / "plan.toml"
    place.write_text(world.territory_toml())
    assert run("plan", "init", plan, "--territory", place).exit_code == 0
    text = (
        plan.read_text()
        .replace('arm = "restored"', 'arm = "x"')
        .replace('arm = "control"', 'arm = "restored"')
    )
    plan.write_text(text.replace('arm = "x"', 'arm = "control"'))  # the arms are swapped in the plan only
    found = run("plan", "check", plan, "--territory", place)
    assert found.exit_code == 5
    assert "is control in the plan, restored in the territory" in found.stdout
    said = json.loads(run("plan", "check", plan, "--territory", place, "--json").stdout)
    assert said["details"]["PLAN_NOT_OF_TERRITORY"]["count"] == 16
