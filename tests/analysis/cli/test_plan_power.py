"""What ``plan power`` promises is what the rule gives, and waiting is named where it is useless."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest

from analysis.plan.ahead.reach import RHO, Spread, chances, measured
from analysis.plan.file import written
from analysis.plan.panel import micro
from analysis.plan.plan import Plan
from analysis.plan.power import foreseen
from analysis.plan.roster import Roster
from analysis.stats.contrast import welch
from analysis.stats.student import t_quantile
from benchmarks.trials.planning import family, found, predicted
from benchmarks.trials.world import Family, change_sd, values, with_change_sd
from contract.errors import ConfigurationError, UsageError
from firmware_sim.world.world import World
from tests.analysis.cli.test_verdict_sources import run
from tests.analysis.verdict.conftest import content, plan_of

Made = Callable[[str], tuple[World, str]]
LINES = (("community", "detections"), ("soil", "soil"), ("acoustic", "soundscape"), ("weather", "weather"))


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    base = content(primaries=("vocal-activity", "species-detection-rate", "soil-moisture"))
    (tmp_path / "plan.toml").write_text(written(Plan.from_content(base, "plan")))
    return tmp_path / "plan.toml"


@pytest.mark.parametrize(("before", "after"), [(3, 3), (3, 5), (3, 20), (8, 5)])
def test_the_spread_of_change_is_that_of_the_simulated_territories(before: int, after: int) -> None:
    world = Family("one", before=before, after=after)  # rho .6, noise .25, own change .1
    assert Spread(0.25).change(before, after) == pytest.approx(change_sd(world), rel=1e-9)
    assert Spread.of_change(0.32).change(3, 5) == pytest.approx(0.32, rel=1e-9)


def test_a_slope_before_varies_as_a_line_through_fading_noise_does() -> None:
    # three seasons: slope = (y3 - y1) / 2, of variance (2 - 2 rho^2) / 4
    assert Spread(1.0).covariance(3, 5)[1, 1] == pytest.approx((1 - RHO**4) / 2 * 1 / (1 + RHO**2))


def test_a_prediction_is_what_two_hundred_twins_give() -> None:
    one = family(12, 3, 5, 0.4)
    said, was = predicted(one)[1], found(one, 200, 900)[1]
    assert abs(said - was) < 0.03 + 2.6 * sqrt(said * (1 - said) / 200)  # .03, and chance at 1 %


def test_power_grows_with_sites_and_effect_and_the_plain_word_with_seasons_before() -> None:
    spread = [Spread.of_change(0.25)] * 4

    def asked(sites: int = 20, before: int = 3, effect: float = 0.3) -> tuple[float, float]:
        one = chances(sites, before, 5, [log(1 + effect)] * 4, spread, LINES)
        return one.plain, one.either

    assert asked(8)[1] < asked(12)[1] < asked(20)[1]
    assert asked(effect=0.2)[1] < asked()[1] < asked(effect=0.5)[1]
    assert asked()[0] < asked(before=5)[0] < asked(before=8)[0] <= asked(before=8)[1]
    assert asked(before=1)[0] == 0  # no slope before, no plain word


def test_one_source_or_nothing_living_never_recovers() -> None:
    spread, effects = [Spread.of_change(0.2)] * 2, [2.0, 2.0]
    for lines in ((("community", "d"), ("acoustic", "d")), (("soil", "s"), ("weather", "w"))):
        assert chances(20, 3, 5, effects, spread, lines).either == 0
    assert chances(20, 3, 5, effects, spread, (("community", "d"), ("soil", "s"))).either > 0.95


@pytest.mark.parametrize("seasons", [3, 8])
def test_the_spread_is_found_again_in_the_seasons_before(seasons: int) -> None:
    world = with_change_sd(
        Family("one", restored=400, control=400, before=seasons, after=5, primaries=1), 0.3
    )
    seen = values(world, np.random.default_rng(4))[0][:, :seasons]
    seen[5, 1] = np.nan  # a site with a hole is left out
    spread = measured(seen)
    assert spread is not None
    assert spread.season == pytest.approx(world.noise, rel=0.06)  # 2 standard errors of 800 x 2 residuals
    assert measured(seen[:3]) is None
    assert measured(seen[:, :1]) is None


def test_the_table_has_visits_cost_and_a_plain_word_on_waiting(plan: Path) -> None:
    words = ("plan", "power", plan, "--sites", "8,20", "--seasons", "3+5", "--effects", "30")
    done = run(*words, "--price", "100", "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert [(one["visits"], one["cost"]) for one in said["designs"]] == [
        (128, 12800.0),
        (320, 32000.0),
    ]  # 2 n 8
    assert said["waiting"]["useless"] is True
    shown = run(*words).stdout
    assert "waiting does not help" in shown
    assert f"{said['waiting']['sites']} sites an arm show +30 %" in shown


def test_the_spread_of_a_store_goes_before_the_expected_one(small_world: Made, plan: Path) -> None:
    world, url = small_world("recovery")
    facts = world.plan_facts()
    content_ = Plan.load(plan).canonical() | {
        "territory": world.territory().id,
        "sites": [{"id": site.site, "arm": site.arm} for site in facts.sites],
        "seasons": [
            {
                "id": season.id,
                "start": f"{season.first_day}T00:00:00Z",
                "end": f"{season.last_day}T23:59:59Z",
                "period": season.period,
            }
            for season in facts.seasons
        ],
    }
    plan.write_text(written(Plan.from_content(content_, "plan")))
    place = plan.with_name("territory.toml")
    place.write_text(world.territory_toml())
    done = run("plan", "power", plan, "--store", url, "--territory", place, "--sites", "8", "--json")
    said = json.loads(done.stdout)["primaries"]
    assert said["soil-moisture"]["measured"] is True
    assert said["soil-moisture"]["spread"] != 0.25


@pytest.mark.parametrize(
    "words",
    [("--sites", "1"), ("--sites", "a"), ("--seasons", "3"), ("--seasons", "0+5"), ("--effects", "-5")],
)
def test_a_question_that_makes_no_sense_is_refused(plan: Path, words: tuple[str, str]) -> None:
    found_ = run("plan", "power", plan, *words)
    assert isinstance(found_.exception, UsageError)
    assert found_.exception.exit_code == 2


def test_a_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    found_ = run("plan", "power", tmp_path / "none.toml")
    assert isinstance(found_.exception, ConfigurationError)
    assert "none.toml" in found_.exception.message


def test_below_six_sites_planning_has_the_degrees_of_freedom_of_the_rule() -> None:
    """t of 5 v 5 in a verdict has at most 4, not 8 (`least_freedom`)."""
    rng = np.random.default_rng(1)
    plan = plan_of(restored=5, control=5, primaries=("detection-rate",))
    judged = welch(micro(rng.normal(0, 1, 10)), np.ones(10, dtype=bool), Roster.of(plan).design)
    assert judged.df <= 4.0
    (one,) = foreseen(plan, 0.25)
    error = 0.25 * sqrt(2 / 5)
    assert one.mde is not None
    assert one.mde > (t_quantile(0.05, 4.0) + 0.89) * error  # .89: t of 8 passed by .8
    two = chances(5, 3, 5, [0.5] * 2, [Spread.of_change(0.25)] * 2, LINES[:2]).either
    six = chances(6, 3, 5, [0.5] * 2, [Spread.of_change(0.25)] * 2, LINES[:2]).either
    assert two < six - 0.2  # one site an arm costs six degrees of freedom as well
    assert chances(3, 3, 5, [2.0] * 2, [Spread(0.1)] * 2, LINES[:2]).either == 0.0


def test_two_sources_of_one_class_may_win() -> None:
    """By today's rule, which asks for sources and no more for classes."""
    heard, sounds = ("acoustic", "detections"), ("acoustic", "soundscape")

    def won(*lines: tuple[str, str]) -> float:
        return chances(12, 3, 5, [1.0] * 2, [Spread(0.1)] * 2, lines).either

    assert won(heard, sounds) > 0.9
    assert won(heard, heard) == won(("soil", "soil"), ("weather", "weather")) == 0.0
