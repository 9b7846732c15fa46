"""Where the values of a verdict come from: a store, a table, or both, and never the same from both."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from analysis.cli.verdict import register
from analysis.plan.file import written
from analysis.plan.plan import Plan
from analysis.plan.tables import DECLARATIONS
from contract.errors import ConfigurationError
from firmware_sim.world.world import World

Made = Callable[[str], tuple[World, str]]
BEES = {"scale": "log", "polarity": 1, "group": "community"}


def run(*words: str | Path) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def farm(small_world: Made, tmp_path: Path) -> tuple[Path, str]:
    """A folder with territory, plan and table of bees, and the store of its sensors."""
    world, url = small_world("recovery")
    facts = world.plan_facts()
    content = {
        "territory": world.territory().id,
        "selection": "random",
        "sites": [{"id": s.site, "arm": s.arm} for s in facts.sites],
        "seasons": [
            {
                "id": s.id,
                "start": f"{s.first_day}T00:00:00Z",
                "end": f"{s.last_day}T23:59:59Z",
                "period": s.period,
            }
            for s in facts.seasons
        ],
        "primaries": [{"id": name, "margin": log(1.25)} for name in ("bees", "soil-moisture")],
        "imported": {"bees": BEES},
        "declarations": dict.fromkeys(DECLARATIONS, "looked for in the field, not found"),
    }
    (tmp_path / "plan.toml").write_text(written(Plan.from_content(content, "plan")))
    (tmp_path / "territory.toml").write_text(world.territory_toml())
    write_table(tmp_path, "bees")
    return tmp_path, url


def write_table(folder: Path, *names: str) -> None:
    plan, rng = Plan.load(folder / "plan.toml"), np.random.default_rng(3)
    lines = [
        f"{name},{site.id},{season.id},{rng.normal(-2, 0.3):.4f},60"
        for name in names
        for site in plan.sites
        for season in plan.seasons
    ]
    (folder / "table.csv").write_text("\n".join(["indicator,site,season,value,effort", *lines]))


def judged(folder: Path, *more: str | Path) -> Result:
    return run(
        "verdict",
        "--plan",
        folder / "plan.toml",
        "--territory",
        folder / "territory.toml",
        "--json",
        "--explain",
        *more,
    )


def codes(found: Result) -> dict[str, list[str]]:
    return {one["id"]: one["codes"] for one in json.loads(found.stdout)["indicators"]}


def test_a_table_and_a_store_are_judged_together(farm: tuple[Path, str]) -> None:
    folder, url = farm
    found = judged(folder, "--panels", folder / "table.csv", "--store", url)
    assert [name for name, own in codes(found).items() if "NO_DATA" in own] == []
    # what the store gave is what it gives alone: the table changed nothing of it
    alone = judged(folder, "--store", url)
    soil = [json.loads(one.stdout)["indicators"][1]["explain"]["panel_hash"] for one in (found, alone)]
    assert soil[0] == soil[1]


@pytest.mark.parametrize(("which", "lacks"), [("table", "soil-moisture"), ("store", "bees")])
def test_what_nothing_gives_is_named(farm: tuple[Path, str], which: str, lacks: str) -> None:
    folder, url = farm
    found = judged(folder, *(("--panels", folder / "table.csv") if which == "table" else ("--store", url)))
    assert found.exit_code == 5
    assert "NO_DATA" in codes(found)[lacks]
    assert f"Nothing gives {lacks}" in found.stderr


def test_what_both_give_is_refused_by_name(farm: tuple[Path, str]) -> None:
    folder, url = farm
    write_table(folder, "bees", "soil-moisture")
    found = judged(folder, "--panels", folder / "table.csv", "--store", url)
    assert isinstance(found.exception, ConfigurationError)
    assert found.exception.exit_code == 3
    assert "both give soil-moisture" in found.exception.message
    assert not (folder / "plan.ledger.jsonl").exists()


def test_freezing_says_what_will_come_from_a_table(farm: tuple[Path, str]) -> None:
    found = run("plan", "freeze", farm[0] / "plan.toml")
    assert found.exit_code == 0
    assert "bees will come from a table" in found.stderr


def test_an_indicator_of_the_catalogue_is_not_imported_under_another_meaning(farm: tuple[Path, str]) -> None:
    path = farm[0] / "plan.toml"
    path.write_text(path.read_text().replace("bees", "hill-q1").replace('scale = "log"', 'scale = "logit"'))
    found = run("plan", "freeze", path)
    assert isinstance(found.exception, ConfigurationError)
    assert "hill-q1 is in the catalogue, on the log scale" in found.exception.message
