"""A small, seeded calibration: the bounds hold, and a mute rule would break them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

import benchmarks.calibration as calibration
import benchmarks.trials.trials as trials
from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.verdict.result import Verdict
from analysis.verdict.rule import judge
from benchmarks.trials.controls import CONTROLS, controlled
from benchmarks.trials.detections import HOURS
from benchmarks.trials.sabotage import SABOTAGE
from benchmarks.trials.table import at_least, at_most, table
from benchmarks.trials.world import change_sd, with_change_sd

SEED = 4


def lines(section: str, name: str, count: int) -> list[Any]:
    rows = [trials.TRIALS[section](name, index, SEED) for index in range(count)]
    return table({(section, name): rows})


def test_the_bounds_are_those_of_the_filed_numbers() -> None:
    assert (at_most(2_000, 0.025), at_most(2_000, 0.05)) == (73, 131)
    assert at_least(2_000, 0.86) < 0.86 * 2_000


@pytest.mark.parametrize(
    "name", ["8 v 8, rho 0.6", "4 v 4, 2+3 seasons", "5 v 12, SD ratio 2", "8 v 8, missing seasons"]
)
def test_nothing_is_rarely_called_something(name: str) -> None:
    found = lines("no effect", name, 40)
    assert len(found) == 3  # per indicator, per territory, and how often a gate fires
    assert [line.figure for line in found if not line.holds] == []


def test_a_change_at_the_margin_is_rarely_called_stable() -> None:
    assert all(line.holds for line in lines("margin", "20 v 20, change at the margin", 20))


def test_a_planted_recovery_is_found() -> None:
    assert all(line.holds for line in lines("power", "20 v 20, +30 %", 30))


def mute(plan: Plan, panels: Sequence[Panel], **_: Any) -> Verdict:
    """A rule that never dares."""
    found = judge(plan, panels, with_power=False)
    silent = tuple(replace(one, verdict="inconclusive", tested=None) for one in found.indicators)
    return replace(found, territory="inconclusive", indicators=silent)


def test_a_rule_that_is_always_inconclusive_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "judge", mute)
    assert [line.holds for line in lines("power", "20 v 20, +30 %", 10)] == [False, False, False]


@pytest.mark.parametrize("name", [one.name for one in SABOTAGE])
def test_each_sabotage_works_ungated_and_is_caught_by_its_code(name: str) -> None:
    rows = [trials.sabotage(name, index, SEED) for index in range(3)]
    assert sum(row["ungated"] for row in rows) >= 2
    assert [row["gated"] for row in rows] == [False] * 3
    assert [row["code"] for row in rows] == [True] * 3


@pytest.mark.parametrize("name", [one.name for one in HOURS])
def test_unequal_hours_and_days_are_named_and_fair_ones_are_not(name: str) -> None:
    row = trials.hours(name, 0, SEED)
    assert row["code"] is bool(row["expected"])
    assert row["unequal"] == ([row["expected"]] if row["expected"] else [])
    assert row["territory"] == "inconclusive"


def test_the_simulated_spread_is_the_one_stated() -> None:
    family = with_change_sd(trials.families()["20 v 20"], 0.255)
    assert change_sd(family) == pytest.approx(0.255)


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[calibration.Job] = [("coverage", "coverage 4 v 4", k, k + 2, SEED) for k in (0, 2)]
    state, console = tmp_path / "state.jsonl", Console(quiet=True)
    calibration.Run(state).go(jobs[:1], 1, console)
    with state.open("a") as sink:
        sink.write('[["coverage", "cov')  # the power went
    counted: list[calibration.Job] = []
    honest = calibration.work

    def count(job: calibration.Job) -> Any:
        counted.append(job)
        return honest(job)

    monkeypatch.setattr(calibration, "work", count)
    again = calibration.Run(state)
    again.go(jobs, 1, console)
    assert counted == jobs[1:]
    assert len(again.records(jobs)["coverage", "coverage 4 v 4"]) == 4


def test_each_bad_rule_breaks_a_bound_that_the_honest_one_holds() -> None:
    """A table that a mute rule passes, or one that never dares the plain word, proves nothing."""
    names = ("8 v 8, +50 %, 3 before", "20 v 20, +30 %, 5 before")
    records = {
        ("words", name): [trials.TRIALS["words"](name, index, SEED) for index in range(12)] for name in names
    }
    assert [(line.family, line.holds) for line in controlled(records)] == [(name, True) for name in CONTROLS]


def test_arms_that_diverge_since_before_earn_no_plain_word() -> None:
    found = lines("assumption", "diverging +10% a year", 10)
    assert [line.figure for line in found if line.holds is False] == []
