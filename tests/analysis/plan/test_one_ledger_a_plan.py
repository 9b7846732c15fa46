"""One ledger a plan: a second plan is refused by file and key, a corrected one is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.plan.file import written
from analysis.plan.ledger import append, frozen_entry, refuse_another, verify
from analysis.plan.plan import Plan
from contract.errors import ConfigurationError
from tests.analysis.verdict.conftest import content, plan_of
from tests.analysis.verdict.test_commands import NAMES, rows_of, run, save


def draft(path: Path, margin: float = 0.2, **changes: object) -> Path:
    base = content(primaries=NAMES, first_year=2100) | changes
    base["primaries"][0]["margin"] = margin
    path.write_text(written(Plan.from_content(base, "plan")), encoding="utf-8")
    return path


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"margin": 0.3}, "file: it is the ledger of 'one"),
        ({"territory": "hill"}, "territory: it is the"),
    ],
)
def test_a_second_plan_is_refused_and_nothing_is_written(
    tmp_path: Path, changes: dict[str, object], key: str
) -> None:
    book = tmp_path / "book.jsonl"
    assert run("plan", "freeze", draft(tmp_path / "one.toml"), "--ledger", book).exit_code == 0
    other = draft(tmp_path / "two.toml", **changes)  # type: ignore[arg-type]
    before = bytes_of(tmp_path)
    found = run("plan", "freeze", other, "--ledger", book)
    assert isinstance(found.exception, ConfigurationError)
    assert "book.jsonl, entry 1" in found.exception.message
    assert key in found.exception.message
    assert bytes_of(tmp_path) == before


def test_a_corrected_plan_keeps_its_name_and_its_ledger(tmp_path: Path) -> None:
    path = draft(tmp_path / "one.toml")
    assert run("plan", "freeze", path).exit_code == 0
    draft(path, margin=0.3)
    assert run("plan", "freeze", path).exit_code == 0
    table = save(rows_of(Plan.load(path), 0.7), tmp_path / "table.csv")
    assert run("verdict", "--plan", path, "--panels", table).exit_code == 0
    copy = tmp_path / "copy.toml"
    copy.write_bytes(path.read_bytes())
    book = tmp_path / "one.ledger.jsonl"
    assert run("verdict", "--plan", copy, "--panels", table, "--ledger", book).exit_code == 0


def test_a_verdict_by_the_ledger_of_another_plan_is_refused(tmp_path: Path) -> None:
    one, two = draft(tmp_path / "one.toml"), draft(tmp_path / "two.toml", margin=0.3)
    for path in (one, two):
        assert run("plan", "freeze", path).exit_code == 0
    table = save(rows_of(Plan.load(two), 0.7), tmp_path / "table.csv")
    before = bytes_of(tmp_path)
    found = run("verdict", "--plan", two, "--panels", table, "--ledger", tmp_path / "one.ledger.jsonl")
    assert isinstance(found.exception, ConfigurationError)
    assert "one.ledger.jsonl, entry 1: file" in found.exception.message
    assert bytes_of(tmp_path) == before


def test_ledgers_from_before_are_read_as_they_were(tmp_path: Path) -> None:
    """They have no names of files: by territory, and a second freezing is a correction."""
    book, plan = tmp_path / "book.jsonl", plan_of()
    for territory in ("hill", "valley", "valley"):
        append(book, "freeze", "2009-01-01T00:00:00Z", frozen_entry(plan) | {"territory": territory})
    refuse_another(verify(book), plan, Path("anything.toml"), book)
