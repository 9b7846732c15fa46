"""``plan draw``: first the list, later the seed, and whoever doubts draws again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from analysis.cli.verdict import register
from analysis.plan.file import written
from analysis.plan.plan import Plan
from contract.errors import ConfigurationError, EcoVivError, UsageError
from tests.analysis.verdict.conftest import content

LIST = """\
[candidates]
use-0 = ["s00", "s01", "s02", "s03", "s04", "s05", "s06", "s07"]

[restored]
use-0 = 4
"""
SEED = ("--seed", "EuroMillions 2026-03-13: 4 9 21 33 48, 2 11", "--source", "fdj.fr, 2026-03-13")


def run(*words: str | Path) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    (tmp_path / "candidates.toml").write_text(LIST)
    return tmp_path


def test_list_seed_plan_and_again(listed: Path) -> None:
    plan, names = listed / "plan.toml", listed / "candidates.toml"
    early = run("plan", "draw", plan, "--candidates", names, *SEED)
    assert isinstance(early.exception, ConfigurationError), "a list that nobody froze is a choice"
    assert run("plan", "draw", plan, "--candidates", names).exit_code == 0
    drawn = run("plan", "draw", plan, "--candidates", names, *SEED)
    assert drawn.exit_code == 0
    arms = json.loads(run("plan", "draw", plan, "--candidates", names, *SEED, "--json").stdout)["arms"]
    told = content(restored=4, control=4) | {"selection": "random"}
    for site in told["sites"]:
        site["arm"] = arms[site["id"]]
    plan.write_text(written(Plan.from_content(told, "plan")) + "\n" + drawn.stdout)
    assert run("plan", "draw", "--verify", plan).exit_code == 0
    plan.write_text(plan.read_text().replace("2 11", "2 12"))
    other = run("plan", "draw", "--verify", plan)
    assert (other.exit_code, type(other.exception)) == (1, EcoVivError)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LIST.replace("use-0 = 4", "use-0 = 8"), "8 of 8 candidates"),
        (LIST.replace('"s01"', '"s00"'), "s00 is listed twice"),
        (LIST + "\n[mood]\ngood = 1\n", "mood is no table of candidates"),
        ("[candidates", "candidates.toml"),
        ("", "candidates"),
    ],
)
def test_a_bad_list_is_named_and_nothing_is_written(listed: Path, text: str, why: str) -> None:
    (listed / "candidates.toml").write_text(text)
    found = run("plan", "draw", listed / "plan.toml", "--candidates", listed / "candidates.toml")
    assert isinstance(found.exception, ConfigurationError)
    assert why in found.exception.message
    assert sorted(path.name for path in listed.iterdir()) == ["candidates.toml"]


def test_a_plan_without_a_draw_cannot_be_drawn_again(listed: Path) -> None:
    plan = listed / "plan.toml"
    plan.write_text(written(Plan.from_content(content(), "plan")))
    assert isinstance(run("plan", "draw", "--verify", plan).exception, ConfigurationError)
    assert isinstance(run("plan", "draw", plan).exception, UsageError)
    unsaid = run("plan", "draw", plan, "--candidates", listed / "candidates.toml", "--seed", SEED[1])
    assert isinstance(unsaid.exception, UsageError), "a seed without its source is nobody's"
