"""Which detections people listen to: drawn by a hash, so that edge and store agree without talking.

1. ``Sampling.of`` reads seed, bands and rates from the plan; a plan without ``[review]`` draws nothing.
2. ``cell`` says to which arm and period a site and a time belong; outside every season to none.
3. ``drawn`` is the rule: SHA-256 over seed, clip, offset and taxon below the rate of the stratum.

Pure: no file, no clock.  ADR 0092 says why.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from analysis.plan.plan import Plan
from analysis.plan.tables import Review, Season

HUNDREDTHS = 100
Cell = tuple[str, str]
"""(arm, period)"""


def hundredth(score: float) -> int:
    """The whole hundredth in which a score lies, 0 to 99; 1 lies in the last."""
    return min(HUNDREDTHS - 1, max(0, int(score * HUNDREDTHS + 1e-9)))


def chance(seed: str, clip: str, offset_s: float, taxon: str) -> float:
    """The detection's lot in [0, 1): of clip's SHA-256, the offset in whole milliseconds, and the taxon."""
    text = "\x1f".join((seed, clip, str(round(offset_s * 1000)), taxon))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2.0**64


@dataclass(frozen=True, slots=True)
class Sampling:
    """The rule of one plan."""

    review: Review
    arms: Mapping[str, str]
    seasons: tuple[Season, ...]

    @classmethod
    def of(cls, plan: Plan) -> Sampling | None:
        """The rule of ``plan``; None where it asks for no review."""
        if plan.review is None:
            return None
        arms = {
            site.id: site.arm
            for site in plan.sites
            if site.id not in plan.exclusions and site.arm != "reference"
        }
        return cls(plan.review, arms, plan.seasons)

    def cell(self, site: str, time: int) -> Cell | None:
        """Arm and period of a site at ``time`` [ns UTC]; None where nothing is compared."""
        arm = self.arms.get(site)
        for season in self.seasons:
            start, end = season.span
            if arm is not None and start <= time < end:
                return arm, season.period
        return None

    def band(self, score: float) -> int:
        """Number of the band in which a score lies, from 0."""
        return band_of(self.review, hundredth(score))

    def rate(self, taxon: str, cell: Cell, score: float) -> float:
        """Share of the detections of this stratum that is drawn [1]; 0 for a taxon that nobody asked for."""
        review = self.review
        if taxon not in review.taxa:
            return 0.0
        for one in review.strata:
            if one.taxon in ("", taxon) and one.arm in (None, cell[0]) and one.period in (None, cell[1]):
                return one.rates[self.band(score)]
        return review.rates[self.band(score)]

    def drawn(self, clip: str, offset_s: float, taxon: str, score: float, cell: Cell) -> bool:
        """Whether people listen to this detection."""
        return chance(self.review.seed, clip, offset_s, taxon) < self.rate(taxon, cell, score)


def band_of(review: Review, at: int) -> int:
    """Number of the band of a hundredth of score, from 0."""
    return bisect_right([round(edge * HUNDREDTHS) for edge in review.bands], at)
