"""Plans: read, refused with file and key, frozen, and caught when edited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.plan.ahead.draft import draft
from analysis.plan.file import freeze, written
from analysis.plan.ledger import Chain, append, first_frozen, frozen_entry, verify
from analysis.plan.plan import Plan
from contract.errors import ConfigurationError, EcoVivError
from tests.analysis.verdict.conftest import content, plan_of

EARLY, LATE = "2009-01-01T00:00:00Z", "2030-01-01T00:00:00Z"


def test_a_written_plan_reads_back_as_itself(tmp_path: Path) -> None:
    base = content() | {
        "exclusions": {"s00/y1": 'a "quoted" reason, é'},
        "validated": {"Alauda arvensis": {"clips": 100, "precision": 0.95}},
    }
    plan = Plan.from_content(base, "plan").freeze(EARLY)
    path = tmp_path / "plan.toml"
    path.write_text(written(plan), encoding="utf-8")
    assert Plan.load(path) == plan


def test_the_draft_loads_and_admits_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(draft(), encoding="utf-8")
    assert Plan.load(path).changes() == ("PLAN_NOT_FROZEN",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seasons": content()["seasons"][::-1]}, "overlaps or precedes"),
        ({"seasons": [content()["seasons"][0] | {"start": "2010-04-01T00:00:00"}]}, "has no zone"),
        ({"seasons": [content()["seasons"][0] | {"end": "2009-04-01T00:00:00Z"}]}, "ends before it starts"),
        ({"sites": [*content()["sites"], content()["sites"][0]]}, "s00 is listed twice"),
        ({"selektion": "random"}, "selektion"),
        ({"selection": "by taste"}, "selection"),
        ({"primaries": [{"id": "x", "margin": 0.2}] * 7}, "primaries"),
        ({"primaries": [{"id": "x", "margin": -0.2}]}, "primaries.0.margin"),
        ({"primaries": [{"id": "x", "margin": 0.2, "species": ["dodo"]}]}, "'dodo'"),
        ({"exclusions": {"nowhere": "why"}}, "nowhere"),
        ({"imported": {"moths": {"scale": "log", "polarity": 1, "group": "community"}}}, "moths"),
        ({"imported": {"detection-rate": {"scale": "log", "polarity": 2, "group": "community"}}}, "polarity"),
    ],
)
def test_a_wrong_plan_is_refused_with_its_file_and_key(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"my-plan\.toml") as caught:
        Plan.from_content(content() | change, "my-plan.toml")
    assert said in caught.value.message
    assert caught.value.exit_code == 3


def test_a_threshold_changes_the_hash_and_its_absence_keeps_that_of_older_plans() -> None:
    hashes = []
    for more in ({}, {"threshold": 0.0}, {"threshold": 0.7}):
        checked = {"Alauda arvensis": {"clips": 100, "precision": 0.95, **more}}
        plan = Plan.from_content(content() | {"validated": checked}, "plan")
        assert ("threshold" in plan.canonical()["validated"]["Alauda arvensis"]) == (
            more == {"threshold": 0.7}
        )
        hashes.append(plan.sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_source_of_an_imported_indicator_is_hashed_and_its_absence_keeps_older_hashes() -> None:
    hashes = []
    for more in ({}, {"source": ""}, {"source": "detections"}):
        described = {"scale": "log", "polarity": 1, "group": "community", **more}
        plan = Plan.from_content(content() | {"imported": {"detection-rate": described}}, "plan")
        assert ("source" in plan.canonical()["imported"]["detection-rate"]) == bool(more.get("source"))
        hashes.append(plan.sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_plan_of_brackets_without_end_is_refused_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "my-plan.toml"
    path.write_text("x = " + "[" * 20_000)
    with pytest.raises(ConfigurationError, match=r"my-plan\.toml"):
        Plan.load(path)


def test_freezing_leaves_every_byte_of_the_author_and_happens_once(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    text = "# mine\n" + written(Plan.from_content(content(), "plan"))
    path.write_text(text, encoding="utf-8")
    done = freeze(path, EARLY)
    assert path.read_text(encoding="utf-8").startswith(text.rstrip("\n"))
    assert Plan.load(path) == done
    assert Plan.load(path).changes() == ()
    with pytest.raises(ConfigurationError, match="frozen at 2009"):
        freeze(path, EARLY)


def test_the_hash_does_not_depend_on_comments_or_order_of_keys(tmp_path: Path) -> None:
    one = Plan.from_content(content(), "plan")
    turned = dict(reversed(list(content().items())))
    assert Plan.from_content(turned, "plan").sha256 == one.sha256


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("sites", ("PLAN_CHANGED", "SITES_CHANGED")),
        ("seasons", ("PLAN_CHANGED", "SEASONS_CHANGED")),
        ("reference", ("PLAN_CHANGED", "REFERENCE_CHANGED")),
        ("margin", ("PLAN_CHANGED",)),
    ],
)
def test_an_edit_after_freezing_is_named(section: str, codes: tuple[str, ...]) -> None:
    base = content()
    base["sites"].append({"id": "r1", "arm": "reference"})
    plan = Plan.from_content(base, "plan").freeze(EARLY)
    edited = plan.model_dump(mode="json", exclude_none=True)
    if section == "sites":
        edited["sites"][0]["arm"] = "control"
    elif section == "seasons":
        edited["seasons"][0]["end"] = "2010-06-30T00:00:00Z"
    elif section == "reference":
        edited["sites"][-1]["id"] = "r2"
    else:
        edited["primaries"][0]["margin"] = 0.5
    assert Plan.from_content(edited, "plan").changes() == codes


def book(tmp_path: Path, entries: int = 3) -> Path:
    path = tmp_path / "ledger.jsonl"
    append(path, "freeze", EARLY, frozen_entry(plan_of()))
    for k in range(1, entries):
        append(path, "verdict", LATE, {"territory": "valley", "class": "inconclusive", "n": k})
    return path


def test_an_honest_ledger_is_intact(tmp_path: Path) -> None:
    chain = verify(book(tmp_path))
    assert chain.intact
    assert len(chain.entries) == 3
    assert verify(book(tmp_path), head=chain.entries[1]["hash"]).intact


def edit(lines: list[bytes], how: str) -> list[bytes]:
    if how == "one byte":
        return [lines[0], lines[1].replace(b"inconclusive", b"inconclusivf"), lines[2]]
    if how == "removed":
        return [lines[0], lines[2]]
    if how == "reordered":
        return [lines[0], lines[2], lines[1]]
    if how == "last removed":
        return lines[:2]
    if how == "repeated":
        return [*lines, lines[2]]
    if how == "spaces":
        return [lines[0].replace(b",", b", ", 1), *lines[1:]]
    raise AssertionError(how)


@pytest.mark.parametrize(
    ("how", "entry"),
    [("one byte", 2), ("removed", 2), ("reordered", 2), ("last removed", 3), ("repeated", 4), ("spaces", 1)],
)
def test_any_edit_removal_or_reordering_is_found_and_named(tmp_path: Path, how: str, entry: int) -> None:
    path = book(tmp_path)
    lines = edit(path.read_bytes().splitlines(), how)
    path.write_bytes(b"\n".join(lines) + b"\n")
    chain = verify(path)
    assert not chain.intact
    assert chain.broken.startswith(f"entry {entry}:")
    with pytest.raises(EcoVivError, match=f"entry {entry}"):
        append(path, "verdict", LATE, {})


def test_every_single_byte_matters(tmp_path: Path) -> None:
    path = book(tmp_path, entries=2)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not verify(path).intact, place


def test_a_ledger_that_is_gone_or_torn_is_broken(tmp_path: Path) -> None:
    path = book(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    assert verify(path).broken.startswith("entry 3")
    path.unlink()
    assert "is gone" in verify(path).broken


def test_a_rewritten_chain_is_found_by_a_hash_printed_earlier(tmp_path: Path) -> None:
    head = verify(book(tmp_path)).head
    for name in ("ledger.jsonl", "ledger.jsonl.head"):
        (tmp_path / name).unlink()
    path = book(tmp_path, entries=2)
    assert verify(path).intact
    assert not verify(path, head=head).intact


def test_a_plan_frozen_again_after_the_fact_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    honest = plan_of()
    append(path, "freeze", EARLY, frozen_entry(honest))
    other = content()
    other["primaries"][0]["margin"] = 0.9
    later = Plan.from_content(other, "plan").freeze(LATE)
    append(path, "freeze", LATE, frozen_entry(later))
    mark = first_frozen(verify(path), later)
    assert mark is not None
    assert mark.sha256 == honest.sha256
    assert later.changes(mark) == ("PLAN_CHANGED",)
    assert honest.changes(mark) == ()


def test_a_plan_may_be_corrected_until_restoration_begins(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    append(path, "freeze", EARLY, frozen_entry(plan_of()))
    other = content()
    other["primaries"][0]["margin"] = 0.3
    corrected = Plan.from_content(other, "plan").freeze("2011-01-01T00:00:00Z")
    append(path, "freeze", "2011-01-01T00:00:00Z", frozen_entry(corrected))
    assert corrected.changes(first_frozen(verify(path), corrected)) == ()


def test_an_absent_ledger_is_empty(tmp_path: Path) -> None:
    chain: Chain = verify(tmp_path / "none.jsonl")
    assert (chain.intact, chain.entries) == (True, ())
