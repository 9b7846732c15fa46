"""What people heard, in a verdict: labels that count, a detector that drifts, the hash in the ledger."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.plan.file import written as written_plan
from analysis.plan.ledger import append, beside, frozen_entry, verify
from analysis.plan.plan import Plan
from analysis.plan.review.labels import Label
from analysis.plan.review.validation import validation
from analysis.plan.roster import Roster
from analysis.verdict.gates.ahead import ahead
from analysis.verdict.gates.design import design_codes
from benchmarks.trials.reviewing import TAXON
from contract.errors import ConfigurationError
from tests.analysis.plan.test_review import listed, said
from tests.analysis.verdict.conftest import content, panels_of
from tests.analysis.verdict.test_commands import rows_from, run, save

REVIEW: dict[str, Any] = {"seed": "the lottery", "rates": [1.0], "taxa": {TAXON: 0.5}}
FROZEN = "2099-01-01T00:00:00Z"


def asked(**review: Any) -> Plan:
    primaries = ("hill-q1", "soil-moisture")
    given = content(primaries=primaries, first_year=2100) | {"review": REVIEW | review}
    return Plan.model_validate(given).freeze(FROZEN)


def judged(folder: Path, plan: Plan, *more: str | Path) -> dict[str, Any]:
    """The verdict on a recovery whose first primary counts the taxon."""
    file = folder / "plan.toml"
    file.write_text(written_plan(plan), encoding="utf-8")
    beside(file).unlink(missing_ok=True)
    beside(file).with_name(beside(file).name + ".head").unlink(missing_ok=True)
    append(beside(file), "freeze", FROZEN, frozen_entry(plan))
    panels = panels_of(plan, 0.7)
    first = replace(panels[0], provenance=replace(panels[0].provenance, species=(TAXON,)))
    rows = rows_from([first, panels[1]])
    for row in rows:
        row["species"] = TAXON if row["indicator"] == "hill-q1" else ""
    table = save(rows, folder / "table.csv")
    done = run("verdict", "--plan", file, "--panels", table, "--json", *more)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return found


def heard(folder: Path, plan: Plan, wrong: int = 0) -> Path:
    """Everything heard; ``wrong`` of the 100 clips of restored sites after restoration are no larks."""
    whole = listed(plan, 100)
    labels: list[Label] = []
    for one in whole.drawn:
        after = (one.arm, one.period) == ("restored", "after")
        labels.append(said(one, "no" if after and wrong > 0 else "yes"))
        wrong -= after
    assert plan.review is not None
    path = folder / "validation.json"
    path.write_text(validation(whole, labels, [], plan.review)[1])
    return path


def codes(found: dict[str, Any], name: str = "hill-q1") -> set[str]:
    return set(next(one for one in found["indicators"] if one["id"] == name)["codes"])


def test_a_label_that_nobody_heard_does_not_count(tmp_path: Path) -> None:
    assert "UNVALIDATED_SPECIES" in codes(judged(tmp_path, asked()))


def test_a_label_that_people_heard_counts_and_the_ledger_keeps_the_file(tmp_path: Path) -> None:
    plan = asked()
    path = heard(tmp_path, plan)
    found = judged(tmp_path, plan, "--validation", path)
    assert not codes(found) & {"UNVALIDATED_SPECIES", "DETECTOR_DRIFT"}
    entry = verify(beside(tmp_path / "plan.toml")).entries[-1]
    assert entry["validation_hash"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_detector_that_drifts_takes_the_class_and_names_the_taxon(tmp_path: Path) -> None:
    """18 of 100 wrong in one arm and period and none elsewhere: precision .955 over all, and drift."""
    plan = asked()
    found = judged(tmp_path, plan, "--validation", heard(tmp_path, plan, wrong=18))
    one = next(one for one in found["indicators"] if one["id"] == "hill-q1")
    assert "DETECTOR_DRIFT" in one["codes"]
    assert "UNVALIDATED_SPECIES" not in one["codes"]
    assert one["class"] == "inconclusive"
    assert found["territory"] == "inconclusive"
    assert TAXON in json.dumps(found["details"])


def test_a_precision_below_what_the_plan_asks_does_not_count(tmp_path: Path) -> None:
    plan = asked(precision=0.99)
    found = judged(tmp_path, plan, "--validation", heard(tmp_path, plan, wrong=8))
    assert "UNVALIDATED_SPECIES" in codes(found)


def test_a_file_of_another_plan_is_refused(tmp_path: Path) -> None:
    path = heard(tmp_path, asked())
    with pytest.raises(ConfigurationError, match="another plan"):
        judged(tmp_path, asked(seed="another lottery"), "--validation", path)


def test_a_plan_that_promises_to_listen_may_be_frozen(tmp_path: Path) -> None:
    plan = asked()
    assert "UNVALIDATED_SPECIES" not in ahead(plan, set()).primaries.get("hill-q1", ())
    lax = asked(precision=0.9)
    assert "LAX_THRESHOLDS" in design_codes(lax, Roster.of(lax))
    assert "LAX_THRESHOLDS" not in design_codes(plan, Roster.of(plan))
