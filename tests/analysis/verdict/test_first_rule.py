"""The first rule stays: its verdicts, written before rules had numbers, come out byte for byte."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from analysis.plan.ledger import verify
from analysis.plan.plan import Plan
from analysis.verdict.panel_file import read_panels
from analysis.verdict.rule import judge
from contract.errors import UsageError
from tests.analysis.verdict.test_commands import run

KEPT = Path(__file__).resolve().parents[2] / "golden" / "verdict" / "rule-1"
CASES = sorted(path.name for path in KEPT.iterdir() if path.is_dir())


def test_there_are_old_verdicts_to_compare_with() -> None:
    assert len(CASES) == 6
    classes = {json.loads((KEPT / name / "verdict.json").read_bytes())["territory"] for name in CASES}
    assert classes == {"recovering", "inconclusive"}


@pytest.mark.parametrize("name", CASES)
def test_the_first_rule_gives_the_same_bytes(name: str) -> None:
    plan = Plan.load(KEPT / name / "plan.toml")
    assert plan.changes() == ()
    found = judge(plan, read_panels(KEPT / name / "panels.csv", plan), rule=1)
    assert found.to_json(explain=True) == (KEPT / name / "verdict.json").read_text(encoding="utf-8")
    entry = verify(KEPT / name / "plan.ledger.jsonl").entries[-1]
    assert entry["verdict_hash"] == hashlib.sha256(found.to_json().encode()).hexdigest()


@pytest.mark.parametrize("name", CASES)
def test_an_old_ledger_is_verified(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(KEPT / name, tmp_path / name)
    assert run("verdict", "verify", folder / "plan.ledger.jsonl").exit_code == 0
    book = folder / "plan.ledger.jsonl"
    book.write_bytes(book.read_bytes().replace(b'"verdict"', b'"verdicx"', 1))
    assert run("verdict", "verify", book).exit_code == 1


def test_an_old_verdict_is_made_again_and_enters_no_ledger(tmp_path: Path) -> None:
    folder = shutil.copytree(KEPT / "effect", tmp_path / "effect")
    book = (folder / "plan.ledger.jsonl").read_bytes()
    words = ("verdict", "--plan", folder / "plan.toml", "--panels", folder / "panels.csv", "--rule", "1")
    said = run(*words, "--json", "--explain")
    assert said.stdout == (KEPT / "effect" / "verdict.json").read_text(encoding="utf-8")
    assert "rule 1" in said.stderr
    assert said.exit_code == 0
    assert (folder / "plan.ledger.jsonl").read_bytes() == book
    assert "recovering" in run(*words).stdout


def test_a_rule_that_does_not_exist_is_refused() -> None:
    folder = KEPT / "effect"
    words = ("verdict", "--plan", folder / "plan.toml", "--panels", folder / "panels.csv", "--rule", "9")
    assert isinstance(run(*words).exception, UsageError)
