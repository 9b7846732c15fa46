"""Calibrated scores: of each taxon the probability that a detection of a score is right.

``curves`` fits one curve a taxon to all clips that were decided, of every arm and period together, and
gives the threshold from which on the detections reach the precision that the plan asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.plan.review.drawn import DrawnList
from analysis.plan.review.labels import Key, Outcome
from analysis.plan.review.sampling import HUNDREDTHS
from analysis.plan.tables import Review
from analysis.stats.models.score import ScoreCurve, fit_score, threshold_for
from contract.errors import Refused

SHOWN = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
"""Scores at which a curve is printed."""


@dataclass(frozen=True, slots=True)
class TaxonCurve:
    """One taxon's curve, or why there is none."""

    curve: ScoreCurve | None
    threshold: float | None
    """from which on the detections have the precision that the plan asks; None where none has"""
    why: str = ""


def curves(listed: DrawnList, settled: Mapping[Key, Outcome], review: Review) -> dict[str, TaxonCurve]:
    """By taxon."""
    found = {}
    for taxon in review.taxa:
        decided = [
            (one.score, settled[one.key] == "yes")
            for one in listed.drawn
            if one.taxon == taxon and settled.get(one.key) in ("yes", "no")
        ]
        score, right = np.array(decided, dtype=np.float64).reshape(-1, 2).T
        counts = np.zeros(HUNDREDTHS)
        for one in listed.population:
            if one.taxon == taxon:
                counts += np.array(one.counts)
        try:
            curve = fit_score(score, right)
        except Refused as refusal:
            found[taxon] = TaxonCurve(None, None, refusal.message)
        else:
            found[taxon] = TaxonCurve(curve, threshold_for(curve, counts, review.precision))
    return found
