"""Arms drawn by lot: drawn again by anybody, and by a stranger's own program."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from analysis.plan.draw import candidates_sha256, differences, draw_codes, drawn_arms, is_drawn
from analysis.plan.ledger import append, frozen_entry, verify
from analysis.plan.plan import Plan
from analysis.plan.tables import Draw
from analysis.verdict.outside import outside
from contract.errors import ConfigurationError
from tests.analysis.verdict.conftest import content

USE = {"candidates": {"use-0": [f"s{k:02d}" for k in range(16)]}, "restored": {"use-0": 8}}


def draw(**changes: Any) -> Draw:
    told: dict[str, Any] = {"seed": "EuroMillions 2026-03-13: 4 9 21 33 48, 2 11", "source": "fdj.fr", **USE}
    return Draw.model_validate(told | changes)


def plan(selection: str = "random", **changes: Any) -> Plan:
    told = content() | {"selection": selection, "draw": draw(**changes).model_dump(mode="json")}
    arms = drawn_arms(draw())
    for site in told["sites"]:
        site["arm"] = arms[site["id"]]
    return Plan.from_content(told, "plan.toml")


def test_a_stranger_draws_the_same_arms() -> None:
    """Written anew from the description: SHA-256 of seed, list and name; the smallest are restored."""
    listed = json.dumps([USE["candidates"], USE["restored"]], sort_keys=True, separators=(",", ":")).encode()
    head = "EuroMillions 2026-03-13: 4 9 21 33 48, 2 11\x1f" + hashlib.sha256(listed).hexdigest() + "\x1f"
    names = USE["candidates"]["use-0"]
    ranked = sorted((hashlib.sha256((head + name).encode()).hexdigest(), name) for name in names)
    wanted = {name: "restored" if place < 8 else "control" for place, (_, name) in enumerate(ranked)}
    assert drawn_arms(draw()) == wanted


def test_the_order_of_the_list_draws_nothing_else() -> None:
    turned = draw(candidates={"use-0": USE["candidates"]["use-0"][::-1]})
    assert candidates_sha256(turned) == candidates_sha256(draw())
    assert drawn_arms(turned) == drawn_arms(draw())


def test_every_candidate_is_drawn_about_as_often() -> None:
    """8 of 16 in 400 draws: each 200 times, SD 10; four standard deviations either side."""
    counts = dict.fromkeys(USE["candidates"]["use-0"], 0)
    for number in range(400):
        for name, arm in drawn_arms(draw(seed=f"public seed {number}")).items():
            counts[name] += arm == "restored"
    assert all(160 <= count <= 240 for count in counts.values())


def test_drawn_arms_are_known_as_such() -> None:
    assert is_drawn(plan())
    assert draw_codes(plan()) == set()
    assert not is_drawn(plan("matched"))


def test_random_without_a_draw_is_a_word() -> None:
    told = Plan.from_content(content() | {"selection": "random"}, "plan.toml")
    assert draw_codes(told) == {"RANDOM_UNVERIFIED"}
    assert not is_drawn(told)


def test_other_arms_than_those_drawn_are_named() -> None:
    other = plan(seed="another public seed")
    assert draw_codes(other) == {"DRAW_BROKEN"}
    assert all("was drawn" in one for one in differences(other))
    left_out = plan()
    left_out = left_out.model_copy(update={"sites": left_out.sites[1:]})
    assert differences(left_out) == (f"s00 was drawn {drawn_arms(draw())['s00']} and is not in the plan",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"candidates": {"use-0": ["a", "a", "b"]}}, "a is listed twice"),
        ({"restored": {"use-0": 16}}, "16 of 16 candidates"),
        ({"restored": {"use-0": 8, "use-1": 2}}, "use-1 has no candidates"),
    ],
)
def test_what_cannot_be_drawn_from_is_said(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        drawn_arms(draw(**changes))


def test_a_draw_counts_once_its_candidates_were_frozen_first(tmp_path: Path) -> None:
    """Who draws from a list that no ledger knew before the plan was frozen may have tried many seeds."""
    frozen = plan().freeze("2009-01-02T00:00:00Z")
    book = tmp_path / "plan.ledger.jsonl"
    append(book, "freeze", "2009-01-02T00:00:00Z", frozen_entry(frozen))
    assert "RANDOM_UNVERIFIED" in outside(frozen, verify(book), None).codes
    book = tmp_path / "honest.ledger.jsonl"
    append(book, "candidates", "2009-01-01T00:00:00Z", {"candidates": candidates_sha256(draw())})
    append(book, "freeze", "2009-01-02T00:00:00Z", frozen_entry(frozen))
    assert "RANDOM_UNVERIFIED" not in outside(frozen, verify(book), None).codes


def test_a_freezing_that_another_program_wrote_is_named(tmp_path: Path) -> None:
    book = tmp_path / "plan.ledger.jsonl"
    append(book, "freeze", "2009-01-02T00:00:00Z", {"territory": "valley", "plan_digest": "new"})
    with pytest.raises(ConfigurationError, match="entry 1 is a freezing without"):
        outside(plan(), verify(book), None)
