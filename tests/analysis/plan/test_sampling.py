"""Which detections are drawn for listening: by a hash, each stratum at its rate."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from analysis.plan.plan import Plan
from analysis.plan.review.sampling import Sampling, chance
from benchmarks.trials.reviewing import TAXON, Planted, plan_of
from contract.instant import parse_instant

PLAN = plan_of(Planted((0.9,) * 4, detections=100, clips=100), 1)


def plan(**review: Any) -> Plan:
    content = PLAN.model_dump(mode="json", exclude_none=True)
    content["review"] = {**content["review"], **review}
    return Plan.model_validate(content)


def clip(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def test_the_lot_is_the_hash_that_the_record_names() -> None:
    """By hand: the first 8 bytes of SHA-256 over seed, clip, milliseconds and taxon."""
    digest = hashlib.sha256(f"a seed\x1f{clip(1)}\x1f4500\x1fParus major".encode()).digest()
    assert chance("a seed", clip(1), 4.5, "Parus major") == int.from_bytes(digest[:8], "big") / 2**64


def test_each_stratum_is_drawn_at_its_rate() -> None:
    """10,000 lots at a rate of .2: 2,000 with a standard deviation of 40."""
    rates = [{"taxon": TAXON, "arm": "control", "period": "after", "rates": [0.0, 0.0, 0.2]}]
    sampling = Sampling.of(plan(rates=[0.0, 0.0, 1.0], strata=rates))
    assert sampling is not None

    def drawn(arm: str, score: float) -> int:
        return sum(sampling.drawn(clip(n), 0.0, TAXON, score, (arm, "after")) for n in range(10_000))

    assert drawn("restored", 0.8) == 10_000
    assert drawn("restored", 0.79) == 0
    assert abs(drawn("control", 0.95) - 2_000) < 4 * 40


def test_a_taxon_nobody_asked_for_and_a_time_outside_every_season_draw_nothing() -> None:
    sampling = Sampling.of(PLAN)
    assert sampling is not None
    assert sampling.rate("Parus major", ("restored", "after"), 0.9) == 0.0
    assert sampling.cell("r1", parse_instant("2025-05-01T00:00:00Z")) is None
    assert sampling.cell("nowhere", parse_instant("2026-05-01T00:00:00Z")) is None
    assert sampling.cell("r1", parse_instant("2026-05-01T00:00:00Z")) == ("restored", "after")


@pytest.mark.parametrize(
    ("review", "why"),
    [
        ({"rates": [0.1]}, "3 bands need 3 rates"),
        ({"bands": [0.8, 0.5]}, "edges rise"),
        ({"bands": [0.555, 0.8]}, "whole hundredths"),
        ({"taxa": {}}, "at least 1 item"),
        ({"strata": [{"taxon": "Parus major", "rates": [0, 0, 0]}]}, "Parus major"),
        ({"sed": "x"}, "not permitted"),
    ],
)
def test_a_review_that_cannot_be_drawn_is_refused(review: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        plan(**review)


def test_numbers_are_declared_or_heard_and_never_both() -> None:
    content = PLAN.model_dump(mode="json", exclude_none=True)
    content["validated"] = {TAXON: {"clips": 500, "precision": 0.99}}
    with pytest.raises(ValueError, match=r"under \[review.taxa\] too"):
        Plan.model_validate(content)


def test_plans_without_a_review_keep_their_hash() -> None:
    content = PLAN.model_dump(mode="json", exclude_none=True)
    del content["review"]
    old = Plan.model_validate(content)
    assert "review" not in old.canonical()
    assert old.sha256 != PLAN.sha256 != plan(seed="another seed").sha256
