"""Commands: what an ecologist types, and what a wrong file says."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from analysis.cli.verdict import register
from analysis.plan.file import written
from analysis.plan.ledger import append, beside, frozen_entry
from analysis.plan.panel import NUMBERS, TEXTS, Panel
from analysis.plan.plan import Plan
from contract.errors import EcoVivError
from tests.analysis.verdict.conftest import content, panels_of
from tests.analysis.verdict.doubts.test_parallel import diverging

NAMES = ("hill-q1", "soil-moisture")
Row = dict[str, Any]


def run(*words: str | Path) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, [str(word) for word in words])


LEVELS = {"soil-moisture": -3.0}
"""A share of water of 5 %: its logarithm."""


def provenance(panel: Panel, name: str, site: int, season: int) -> object:
    """A cell as a table has it: nothing where unknown, ``n/a`` where it does not apply."""
    array = getattr(panel.provenance, name)
    if array is None:
        return ""
    cell = array[site, season]
    return "n/a" if name in NUMBERS and np.isinf(cell) else cell


def rows_of(plan: Plan, effect: float) -> list[Row]:
    return rows_from(panels_of(plan, effect))


def rows_from(panels: list[Panel]) -> list[Row]:
    return [
        {
            "indicator": one.indicator,
            "site": site,
            "season": season,
            "value": one.values[i, j] + LEVELS.get(one.indicator, 0.0),
            "effort": 60,
        }
        | {name: provenance(one, name, i, j) for name in (*TEXTS, *NUMBERS)}
        for one in panels
        for i, site in enumerate(one.sites)
        for j, season in enumerate(one.seasons)
    ]


def save(rows: list[Row], path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as sink:
        writer = csv.DictWriter(sink, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plan that is frozen, and its table of a recovery."""
    plan = Plan.from_content(content(primaries=NAMES, first_year=2100), "plan")
    (tmp_path / "plan.toml").write_text(written(plan), encoding="utf-8")
    save(rows_of(plan, 0.7), tmp_path / "table.csv")
    assert run("plan", "freeze", tmp_path / "plan.toml").exit_code == 0
    return tmp_path


def judged(folder: Path, *more: str) -> Result:
    return run("verdict", "--plan", folder / "plan.toml", "--panels", folder / "table.csv", *more)


def test_the_whole_walk_from_draft_to_verdict(folder: Path) -> None:
    found = judged(folder, "--json", "--explain")
    assert found.exit_code == 0
    said = json.loads(found.stdout)
    assert said["territory"] == "recovering"
    assert len(said["indicators"][0]["explain"]["sites"]) == 16
    again = judged(folder, "--json", "--explain")
    assert again.stdout == found.stdout
    checked = run("verdict", "verify", folder / "plan.ledger.jsonl", "--json")
    assert json.loads(checked.stdout)["entries"] == 3  # one freezing, two verdicts


def test_people_get_a_sentence_a_table_and_the_hashes(folder: Path) -> None:
    said = judged(folder).stdout
    assert "An increase attributable to restoration" in said
    assert "8 v 8" in said
    assert Plan.load(folder / "plan.toml").sha256 in said


def test_cannot_tell_is_exit_code_5_with_codes(folder: Path) -> None:
    plan = Plan.load(folder / "plan.toml")
    save(rows_of(plan, 0.05), folder / "table.csv")
    found = judged(folder, "--json")
    assert found.exit_code == 5
    assert json.loads(found.stdout)["codes"]


def test_a_plan_edited_after_freezing_shows(folder: Path) -> None:
    path = folder / "plan.toml"
    path.write_text(path.read_text().replace("margin = 0.22", "margin = 0.52", 1))
    found = judged(folder, "--json")
    assert found.exit_code == 5
    assert "PLAN_CHANGED" in json.loads(found.stdout)["codes"]


def test_a_plan_thawed_and_frozen_again_shows_too(folder: Path) -> None:
    """Its seasons are past: none of its freezings was in time, and the first counts."""
    past = folder / "past.toml"
    text = (folder / "plan.toml").read_text().partition("[frozen]")[0].replace('"210', '"201')
    for draft in (text, text.replace("margin = 0.22", "margin = 0.52", 1)):
        past.write_text(draft)
        assert run("plan", "freeze", past).exit_code == 0
    found = run("verdict", "--plan", past, "--panels", folder / "table.csv", "--json")
    assert found.exit_code == 5
    assert {"PLAN_CHANGED", "EXPLORATORY"} <= set(json.loads(found.stdout)["codes"])


def test_without_a_ledger_numbers_but_no_class(folder: Path) -> None:
    """Who writes when it was frozen by hand has no witness for it."""
    for name in ("plan.ledger.jsonl", "plan.ledger.jsonl.head"):
        (folder / name).unlink()
    found = judged(folder, "--json")
    said = json.loads(found.stdout)
    assert (found.exit_code, said["territory"]) == (5, "inconclusive")
    assert {"LEDGER_MISSING", "PLAN_NOT_FROZEN"} <= set(said["codes"])


def test_a_broken_ledger_stops_the_verdict_and_names_the_entry(folder: Path) -> None:
    book = folder / "plan.ledger.jsonl"
    book.write_bytes(book.read_bytes().replace(b"valley", b"valleu"))
    found = judged(folder, "--json")
    assert (found.exit_code, json.loads(found.stdout)["codes"][0]) == (5, "LEDGER_BROKEN")
    checked = run("verdict", "verify", book)
    assert isinstance(checked.exception, EcoVivError)
    assert "entry 1" in checked.exception.message


def wrong(rows: list[Row], how: str) -> list[Row]:
    first = rows[0]
    table: dict[str, list[Row]] = {
        "twice": [*rows, first],
        "negative effort": [first | {"effort": -1}, *rows[1:]],
        "no number": [first | {"value": "many"}, *rows[1:]],
        "infinite": [first | {"value": "inf"}, *rows[1:]],
        "unknown site": [first | {"site": "elsewhere"}, *rows[1:]],
        "unknown season": [first | {"season": "y99"}, *rows[1:]],
        "unknown indicator": [first | {"indicator": "happiness"}, *rows[1:]],
        "unknown column": [row | {"mood": 1} for row in rows],
        "no effort": [{key: value for key, value in row.items() if key != "effort"} for row in rows],
    }
    return table[how]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("twice", "is there already"),
        ("negative effort", "line 2: effort is '-1'"),
        ("no number", "line 2: value"),
        ("infinite", "line 2: value is 'inf'"),
        ("unknown site", "'elsewhere'"),
        ("unknown season", "'y99'"),
        ("unknown indicator", "'happiness'"),
        ("unknown column", "'mood'"),
        ("no effort", "'effort'"),
    ],
)
def test_a_wrong_table_is_refused_with_file_and_place(folder: Path, how: str, said: str) -> None:
    plan = Plan.load(folder / "plan.toml")
    save(wrong(rows_of(plan, 0.7), how), folder / "table.csv")
    found = judged(folder)
    assert isinstance(found.exception, EcoVivError)
    assert found.exception.exit_code == 3
    assert "table.csv" in found.exception.message
    assert said in found.exception.message
    assert len((folder / "plan.ledger.jsonl").read_text().splitlines()) == 1  # nothing half-written


def test_counts_become_rates_and_negative_counts_are_refused(folder: Path) -> None:
    plan = Plan.load(folder / "plan.toml")
    rows = [
        row | {"successes": 20 + (8 if row["site"] < "s08" else 0), "trials": 60} for row in rows_of(plan, 0)
    ]
    for row in rows:
        del row["value"]
    save(rows, folder / "table.csv")
    assert judged(folder, "--json").exit_code == 5  # every site changed alike: nothing to test
    rows[0]["successes"] = -1
    save(rows, folder / "table.csv")
    found = judged(folder)
    assert isinstance(found.exception, EcoVivError)
    assert "line 2: successes is '-1'" in found.exception.message


def test_a_plan_with_an_unknown_indicator_is_not_frozen(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(written(Plan.from_content(content(primaries=("happiness",)), "plan")))
    found = run("plan", "freeze", path)
    assert isinstance(found.exception, EcoVivError)
    assert "happiness" in found.exception.message
    assert "plan.toml" in found.exception.message
    assert not (tmp_path / "plan.ledger.jsonl").exists()


def test_an_imported_indicator_is_described_in_the_plan(tmp_path: Path) -> None:
    base = content(primaries=("butterflies", "vocal-activity"), first_year=2100)
    base["imported"] = {"butterflies": {"scale": "log", "polarity": 1, "group": "community"}}
    plan = Plan.from_content(base, "plan")
    path = tmp_path / "plan.toml"
    path.write_text(written(plan))
    assert run("plan", "freeze", path).exit_code == 0
    table = save(rows_of(plan, 0.7), tmp_path / "table.csv")
    assert run("verdict", "--plan", path, "--panels", table).exit_code == 0


def test_a_draft_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    assert run("plan", "init", path).exit_code == 0
    checked = run("plan", "check", path)
    assert checked.exit_code == 5
    assert "UNVERIFIED_DESIGN" in checked.stdout
    assert run("plan", "init", path).exit_code != 0  # never overwrites


def test_a_word_with_its_condition_exits_0_and_an_association_5(folder: Path) -> None:
    for name, sites, before, effect, code in (
        ("parallel", {"restored": 12, "control": 12}, 5, 0.0, 0),
        ("association", {"restored": 12, "control": 12}, 1, 0.9, 5),
    ):
        plan = Plan.from_content(content(primaries=NAMES, before=before, **sites), "plan").freeze(
            "2009-01-01T00:00:00Z"
        )
        path = folder / f"{name}.toml"
        path.write_text(written(plan), encoding="utf-8")
        append(beside(path), "freeze", "2009-01-01T00:00:00Z", frozen_entry(plan))
        panels = diverging(plan, 0.12) if name == "parallel" else panels_of(plan, effect)
        table = save(rows_from(panels), folder / f"{name}.csv")
        found = run("verdict", "--plan", path, "--panels", table, "--json")
        assert found.exit_code == code
        said = json.loads(found.stdout)
        assert (said["territory"] == "recovering-if-parallel") is (name == "parallel")
        assert (said["indicators"][0]["association"] is None) is (name == "parallel")
        people = run("verdict", "--plan", path, "--panels", table).stdout
        assert ("recovering, if parallel" if name == "parallel" else "association after") in people
