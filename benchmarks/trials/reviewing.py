"""Listened reviews of a planted truth: detections whose correctness is known, drawn and answered.

1. ``Planted`` is how often the detector is right, by arm and period, and how that goes with the score.
2. ``reviewed`` draws from it by the plan's rule, lets listeners answer, and returns what was found and true.

It shares with the product the assumption that answers to different clips are independent, and that
listeners err at random; neither is known of people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.plan.plan import Plan
from analysis.plan.review.drawn import Drawn, DrawnList, StratumCount
from analysis.plan.review.findings import CELLS, ReviewResult, findings
from analysis.plan.review.labels import Label
from analysis.plan.review.sampling import HUNDREDTHS, Sampling, hundredth

TAXON = "Alauda arvensis"
_AT = "2026-07-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Planted:
    """Mean precision by cell (restored before, restored after, control before, control after) [1]."""

    precision: tuple[float, float, float, float]
    slope: float = 0.3
    """How much more often the best score is right than the worst [1]."""
    detections: int = 2_500
    """of each cell"""
    clips: int = 250
    """listened to of each cell, about"""
    errs: tuple[float, ...] = (0.0,)
    """share of wrong answers of each listener [1]; two listeners both hear every clip"""


def plan_of(planted: Planted, seed: int) -> Plan:
    """A plan that draws about ``clips`` of ``detections``, the higher bands more often."""
    rate = planted.clips / planted.detections
    sites = [{"id": "r1", "arm": "restored"}, {"id": "c1", "arm": "control"}]
    seasons = [
        {"id": period, "start": f"{year}-04-01T00:00:00Z", "end": f"{year}-07-01T00:00:00Z", "period": period}
        for year, period in ((2024, "before"), (2026, "after"))
    ]
    review = {
        "seed": f"planted {seed}",
        "bands": [0.5, 0.8],
        "rates": [0.8 * rate, rate, min(1.0, 1.3 * rate)],
        "taxa": {TAXON: 0.1},
    }
    return Plan.model_validate(
        {
            "territory": "planted",
            "selection": "random",
            "sites": sites,
            "seasons": seasons,
            "primaries": [{"id": "detection-rate", "margin": 0.1}],
            "review": review,
        }
    )


def reviewed(planted: Planted, seed: int) -> tuple[ReviewResult, list[float]]:
    """What was found, and the true precision of each cell in the order of ``CELLS``."""
    plan, rng = plan_of(planted, seed), np.random.default_rng(seed)
    sampling = Sampling.of(plan)
    assert sampling is not None
    population, drawn, right, truth = [], [], [], []
    for cell, mean in zip(CELLS, planted.precision, strict=True):
        score = np.clip(np.round(rng.beta(2.0, 1.2, planted.detections), 4), 0.1, 1.0)
        share = np.clip(mean + planted.slope * (score - score.mean()), 0.0, 1.0)
        correct = rng.random(planted.detections) < share
        truth.append(float(correct.mean()))
        counts = np.bincount([hundredth(one) for one in score.tolist()], minlength=HUNDREDTHS).tolist()
        population.append(
            StratumCount.model_validate({"taxon": TAXON, "arm": cell[0], "period": cell[1], "counts": counts})
        )
        for place, (one, ok) in enumerate(zip(score.tolist(), correct.tolist(), strict=True)):
            clip = hashlib.sha256(f"{seed}{cell}{place}".encode()).hexdigest()
            if sampling.drawn(clip, 3.0, TAXON, one, cell):
                drawn.append(_drawn(clip, one, cell))
                right.append(ok)
    listed = DrawnList(
        territory="planted", plan=plan.sha256, population=tuple(population), drawn=tuple(drawn)
    )
    assert plan.review is not None
    return findings(listed, _answers(drawn, right, planted.errs, rng), [], plan.review), truth


def _drawn(clip: str, score: float, cell: tuple[str, str]) -> Drawn:
    site = "r1" if cell[0] == "restored" else "c1"
    return Drawn.model_validate(
        {
            "clip": clip,
            "offset_s": 3.0,
            "duration_s": 3.0,
            "taxon": TAXON,
            "score": score,
            "site": site,
            "device": "aru",
            "arm": cell[0],
            "period": cell[1],
            "start": _AT,
        }
    )


def _answers(
    drawn: Sequence[Drawn], right: Sequence[bool], errs: Sequence[float], rng: np.random.Generator
) -> list[Label]:
    labels = []
    for number, share in enumerate(errs, start=1):
        wrong = rng.random(len(drawn)) < share
        for one, ok, slip in zip(drawn, right, wrong.tolist(), strict=True):
            labels.append(
                Label(
                    clip=one.clip,
                    offset_s=one.offset_s,
                    taxon=one.taxon,
                    at=_AT,
                    listener=f"listener {number}",
                    answer="yes" if ok != slip else "no",
                )
            )
    return labels
