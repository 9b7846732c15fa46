"""Looks: those that the plan announces share alpha, all others only show numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from analysis.plan.ahead.looks import announced, as_at, guaranteed, look_of, mute
from analysis.plan.file import written
from analysis.plan.ledger import verify
from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.stats.permutation import Design, smallest_p
from analysis.verdict.outside import Outside, Past
from analysis.verdict.result import Verdict
from analysis.verdict.rule import data_hash, judge
from benchmarks.trials.looks import FAMILIES, looked
from benchmarks.trials.table import table
from contract.errors import ConfigurationError
from tests.analysis.verdict.conftest import content, panels_of, plan_of
from tests.analysis.verdict.test_commands import NAMES, rows_from, run, save


def announcing(*looks: int, **changes: Any) -> Plan:
    base = content(**changes) | ({"looks": {"after": list(looks)}} if looks else {})
    return Plan.from_content(base, "plan.toml").freeze("2009-01-01T00:00:00Z")


def until(plan: Plan, panels: Sequence[Panel], look: int) -> list[Panel]:
    return [as_at(plan, one, look) for one in panels]


def codes_of(found: Verdict) -> set[str]:
    return {*found.codes, *(code for one in found.indicators for code in one.codes)}


def test_a_plan_that_announces_nothing_has_one_look_after_its_last_season_and_its_old_hash() -> None:
    plan = plan_of()
    assert announced(plan) == (5,)
    assert "looks" not in plan.canonical()
    found = judge(plan, panels_of(plan, 0.6))
    assert found.look is None
    assert "look" not in json.loads(found.to_json())


@pytest.mark.parametrize("looks", [(), (2, 5)])
def test_a_look_that_was_not_announced_has_numbers_and_no_word(looks: tuple[int, ...]) -> None:
    plan = announcing(*looks)
    found = judge(plan, until(plan, panels_of(plan, 0.9), 3))
    assert (found.territory, {one.verdict for one in found.indicators}) == ("inconclusive", {"inconclusive"})
    assert "UNANNOUNCED_LOOK" in found.codes
    assert all(one.tested is not None and one.tested.low > 0 for one in found.indicators)
    assert found.look is not None
    assert (found.look.after, found.look.announced) == (3, looks or (5,))


def test_an_announced_early_look_speaks_of_what_is_large() -> None:
    plan = announcing(3, 5, restored=12, control=12)
    found = judge(plan, until(plan, panels_of(plan, 0.9), 3), drawn=True)
    assert found.territory == "recovering"
    assert found.look is not None
    assert found.look.level == pytest.approx(0.0114, abs=5e-5)
    alone = judge(announcing(3, restored=12, control=12), until(plan, panels_of(plan, 0.9), 3), drawn=True)
    one, other = found.indicators[0].tested, alone.indicators[0].tested
    assert one is not None
    assert other is not None
    assert one.low < other.low  # the early look's interval is wider than that of one look alone
    assert one.high > other.high
    assert one.estimate == other.estimate


def test_the_last_look_pays_little_for_the_early_one() -> None:
    plan = announcing(3, 5)
    found = judge(plan, panels_of(plan, 0.9))
    assert found.look is not None
    assert 0.05 - 0.0114 <= found.look.level <= 0.05


def test_an_adjusted_p_is_compared_with_alpha_at_every_look() -> None:
    """What is small enough for one look is not for the first of two: 2 / 70 at 4 v 4, times .05 / .0284."""
    sizes: dict[str, Any] = {"restored": 4, "control": 4, "primaries": ("detection-rate",)}
    plan, alone = announcing(4, 5, **sizes), announcing(4, **sizes)
    panels = until(plan, panels_of(plan, 3.0), 4)
    shared, single = (judge(one, panels).indicators[0].tested for one in (plan, alone))
    assert single is not None
    assert shared is not None
    assert single.p_adjusted == pytest.approx(2 / 70)
    level = judge(plan, panels).look
    assert level is not None
    assert shared.p_adjusted == pytest.approx(2 / 70 * 0.05 / level.level)
    assert shared.p_adjusted > 0.05
    assert mute(plan) == (4,)


def test_a_look_is_known_by_the_last_season_with_data() -> None:
    plan = plan_of()
    panels = panels_of(plan)
    assert look_of(plan, panels) == 5
    assert look_of(plan, until(plan, panels, 2)) == 2
    assert look_of(plan, until(plan, panels, 0)) == 0
    gap = [replace(one, values=np.where(np.arange(8) == 5, np.nan, one.values)) for one in panels]
    assert look_of(plan, gap) == 5
    short = [until(plan, panels, 4)[0], panels[1]]
    assert look_of(plan, short) == 5  # of any primary


def test_no_data_after_restoration_is_no_look() -> None:
    plan = plan_of()
    assert "UNANNOUNCED_LOOK" not in codes_of(judge(plan, until(plan, panels_of(plan), 0)))


@pytest.mark.parametrize(
    ("looks", "sites", "silent"),
    [
        ((2, 3, 4, 5), 4, (2, 3, 4)),  # 2 / 70 = .0286 above .0019, .0114 and .0284
        ((2, 3, 4, 5), 8, ()),  # 2 / 12,870
        ((1, 5), 8, (1,)),  # one season after restoration is too short for any class
        ((5,), 4, ()),
    ],
)
def test_looks_that_cannot_speak_are_named(
    looks: tuple[int, ...], sites: int, silent: tuple[int, ...]
) -> None:
    plan = announcing(*looks, restored=sites, control=sites)
    assert mute(plan) == silent
    found = judge(plan, panels_of(plan))
    assert ("MUTE_LOOK" in codes_of(found)) is bool(silent)


def test_what_mute_looks_cannot_spend_is_left_to_the_last() -> None:
    plan = announcing(2, 3, 4, 5, restored=4, control=4)
    smallest = smallest_p(Design(np.arange(8) < 4, np.zeros(8, dtype=np.intp), np.ones(1)))
    assert guaranteed(plan, smallest)[-1] == 0.05
    found = judge(plan, panels_of(plan, 3.0))
    assert found.look is not None
    assert found.look.level == pytest.approx(0.05, abs=0.02)


def test_other_data_at_the_same_look_must_give_the_same_answer() -> None:
    plan = announcing(restored=12, control=12)
    panels = panels_of(plan, 0.9)
    first = Past(5, "0" * 64, "inconclusive", ("NO_CLEAR_CHANGE",))
    word = judge(plan, panels).territory
    assert word.startswith("recovering")
    for past, kept in (
        (first, False),
        (replace(first, data_hash=data_hash(panels)), True),  # the same data are the same look
        (replace(first, look=3), True),  # another look
        (replace(first, codes=("DEVICE_CONFOUNDED",)), True),  # a gate had shown nothing
        (replace(first, verdict=word), True),
        (replace(first, verdict="eroding"), False),
    ):
        found = judge(plan, panels, known=Outside(verdicts=(past,)))
        assert (found.territory == word) is kept, past
        assert ("LOOKED_AGAIN" in found.codes) is not kept


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([5, 3], "rising"),
        ([3, 3], "rising"),
        ([0, 5], "rising"),
        ([6], "after: 6"),
        ([], "looks.after"),
    ],
)
def test_wrong_looks_are_refused_with_file_and_key(after: list[int], said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"plan\.toml") as caught:
        Plan.from_content(content() | {"looks": {"after": after}}, "plan.toml")
    assert said in caught.value.message
    assert "looks" in caught.value.message


def test_looks_are_part_of_the_hash() -> None:
    assert len({announcing(*looks).sha256 for looks in ((), (5,), (3, 5), (4, 5))}) == 4


def test_staggered_starts_have_what_is_left_between_looks() -> None:
    base = content(restored=8, control=8, primaries=("detection-rate",)) | {"looks": {"after": [3, 5]}}
    for k, site in enumerate(one for one in base["sites"] if one["arm"] == "restored"):
        site["start"] = "y3" if k % 2 else "y4"
    plan = Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")
    found = judge(plan, panels_of(plan))
    assert found.look is not None
    assert found.look.level == pytest.approx(0.05 - 0.0114, abs=5e-5)


def written_and_frozen(folder: Path, *looks: int) -> Plan:
    base = content(primaries=NAMES, first_year=2100) | ({"looks": {"after": list(looks)}} if looks else {})
    (folder / "plan.toml").write_text(written(Plan.from_content(base, "plan")), encoding="utf-8")
    assert run("plan", "freeze", folder / "plan.toml").exit_code == 0
    return Plan.load(folder / "plan.toml")


def asked(folder: Path, panels: Sequence[Panel], *more: str) -> Result:
    table = save([row for row in rows_from(list(panels)) if row["value"] == row["value"]], folder / "t.csv")
    return run("verdict", "--plan", folder / "plan.toml", "--panels", table, *more)


def test_the_command_writes_the_look_into_the_ledger_and_reads_it_again(tmp_path: Path) -> None:
    plan = written_and_frozen(tmp_path, 3, 5)
    early = asked(tmp_path, until(plan, panels_of(plan, 0.9), 4))
    assert early.exit_code == 5
    assert "data reach 4 seasons after restoration, announced are 3, 5" in early.stdout.lower()
    nothing = asked(tmp_path, panels_of(plan, 0.0, seed=2))
    assert nothing.exit_code == 0, "stable"
    again = asked(tmp_path, panels_of(plan, 0.9), "--json")
    assert (again.exit_code, "LOOKED_AGAIN" in json.loads(again.stdout)["codes"]) == (5, True)
    looks = [one.get("look") for one in verify(tmp_path / "plan.ledger.jsonl").entries]
    assert looks == [None, 4, 5, 5]


def test_the_same_data_at_the_same_look_are_one_look(tmp_path: Path) -> None:
    plan = written_and_frozen(tmp_path)
    first, second = (asked(tmp_path, panels_of(plan, 0.9), "--json") for _ in range(2))
    assert (first.exit_code, first.stdout) == (0, second.stdout)


def test_people_are_told_the_level_of_a_look(tmp_path: Path) -> None:
    plan = written_and_frozen(tmp_path, 3, 5)
    said = asked(tmp_path, until(plan, panels_of(plan, 0.9), 3)).stdout
    assert "Look after 3 seasons after restoration, announced are 3, 5; tested at p = 0.0114" in said


def test_a_check_names_looks_that_cannot_speak(tmp_path: Path) -> None:
    base = content(restored=4, control=4, primaries=NAMES) | {"looks": {"after": [2, 3, 5]}}
    (tmp_path / "plan.toml").write_text(written(Plan.from_content(base, "plan")), encoding="utf-8")
    found = run("plan", "check", tmp_path / "plan.toml").stdout
    assert "MUTE_LOOK: " in found
    assert "After 2, 3 seasons. Announce fewer looks" in found


def test_a_few_territories_of_the_simulation() -> None:
    name = FAMILIES[0].name
    rows = [looked(name, index, 4) for index in range(1)]
    (line,) = [one for one in table({("looks", name): rows}) if one.holds is not None]
    assert line.holds
