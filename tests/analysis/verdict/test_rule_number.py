"""An older rule can be asked again; what a code takes away; what a verdict costs."""

from __future__ import annotations

import json
import time

import pytest

from analysis.verdict.rule import judge
from analysis.verdict.territory import pooled
from analysis.words.codes import CODES
from contract.errors import ConfigurationError
from tests.analysis.verdict.conftest import panels_of, plan_of


def test_an_older_rule_says_no_word_of_a_later_one() -> None:
    plan = plan_of()
    panels = panels_of(plan, 0.6)
    old, new = judge(plan, panels, rule=1), judge(plan, panels)
    assert "rule" not in json.loads(old.to_json())
    assert json.loads(new.to_json())["rule"] == 2
    assert all(CODES[code].since == 1 for code in old.codes)
    with pytest.raises(ConfigurationError, match="no rule 9"):
        judge(plan, panels, rule=9)


@pytest.mark.parametrize(("code", "given"), [("EXPLORATORY", False), ("RANDOM_UNVERIFIED", True)])
def test_a_code_that_leaves_the_numbers_takes_the_class(code: str, given: bool) -> None:
    plan = plan_of()
    found = judge(plan, panels_of(plan, 0.6)).indicators
    assert found[0].verdict == "recovering"
    assert (pooled(found, frozenset({code}), 2)[0] == "recovering") is given


def test_forty_sites_eight_years_and_six_indicators_take_less_than_five_seconds() -> None:
    names = ("detection-rate", "vocal-activity", "soil-moisture", "buffering", "hill-q1", "hill-q0")
    plan = plan_of(restored=20, control=20, primaries=names)
    panels = panels_of(plan, 0.1, noise=0.3)
    start = time.process_time()
    judge(plan, panels)
    assert time.process_time() - start < 5.0
