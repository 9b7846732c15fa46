"""An older rule can be asked again; what a code takes away."""

from __future__ import annotations

import json

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
