"""Who is compared with whom: the sites of both arms, by land use, and their arrangements.

1. ``Roster.of`` keeps the restored and control sites that no exclusion names.
2. Land uses that lack an arm are set aside and listed; weights are shares of restored sites.
3. ``settled`` runs a test with the usual draws, and again with more where a p is too close to call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import TypeVar

import numpy as np

from analysis.plan.plan import Plan
from analysis.plan.tables import PlannedSite
from analysis.stats.permutation import DRAWS, REDRAWS, Arrangements, Design, arrangements, smallest_p
from analysis.stats.starts.staggered import SMALLEST_COHORT

Outcome = TypeVar("Outcome")
FEW = 6
"""Arms below this many sites count as few (ADR 0081); under the first rule none did."""


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """The sites of the contrast in the plan's order, and the design they make."""

    sites: tuple[PlannedSite, ...]
    design: Design
    land_uses: tuple[str, ...]
    excluded_land_uses: tuple[str, ...]
    seed: bytes

    @classmethod
    def of(cls, plan: Plan, *, few: int = FEW) -> Roster:
        """The roster of ``plan``; it may be empty, which the gates then say.

        ``few``: from how many sites an arm on Satterthwaite's degrees of freedom are trusted.
        """
        kept = [site for site in plan.sites if site.arm != "reference" and site.id not in plan.exclusions]
        uses = sorted({site.land_use for site in kept})
        whole = tuple(use for use in uses if len({site.arm for site in kept if site.land_use == use}) == 2)
        sites = tuple(site for site in kept if site.land_use in whole)
        restored = np.array([site.arm == "restored" for site in sites], dtype=bool)
        stratum = np.array([whole.index(site.land_use) for site in sites], dtype=np.intp)
        counts = [int((restored & (stratum == h)).sum()) for h in range(len(whole))]
        weights = np.array([one / sum(counts) for one in counts], dtype=np.float64)
        left = tuple(use for use in uses if use not in whole)
        return cls(sites, Design(restored, stratum, weights, few), whole, left, bytes.fromhex(plan.sha256))

    def draws(self, *, many: bool = False) -> Arrangements:
        """The arrangements of the arms; ``many`` for a p that is too close to call."""
        design = self.design
        return _draws(
            self.seed,
            design.restored.tobytes(),
            design.stratum.tobytes(),
            len(self.land_uses),
            REDRAWS if many else DRAWS,
        )

    def settled(
        self,
        test: Callable[[Arrangements], Outcome],
        p_values: Callable[[Outcome], tuple[float, ...]],
        threshold: float,
    ) -> Outcome:
        """``test`` on the usual draws; on 99,999 where a p lies within 3 standard errors of ``threshold``."""
        draws = self.draws()
        outcome = test(draws)
        near = 3.0 * sqrt(threshold * (1.0 - threshold) / len(draws))
        if draws.exact or all(abs(p - threshold) > near for p in p_values(outcome)):
            return outcome
        return test(self.draws(many=True))


def few_sites(design: Design, least: int, alpha: float) -> bool:
    """Whether the arms are below the floor, or no data at all could reach ``alpha``."""
    restored = int(design.restored.sum())
    control = len(design.restored) - restored
    if min(restored, control) < least or any(min(pair) < 1 for pair in design.sizes()):
        return True
    strata = len(design.weights)
    return min(restored, control) <= strata or smallest_p(design) > alpha


def is_staggered(roster: Roster) -> bool:
    """Whether the restored sites began in more than one season."""
    return len({site.start for site in roster.sites if site.arm == "restored"}) > 1


def refused(roster: Roster) -> bool:
    """Whether cohorts are too small, a start is unknown, or land uses would have to be kept apart."""
    starts = [site.start for site in roster.sites if site.arm == "restored"]
    small = any(starts.count(one) < SMALLEST_COHORT for one in set(starts))
    return small or None in starts or len(roster.land_uses) > 1


@lru_cache(maxsize=8)
def _draws(seed: bytes, restored: bytes, stratum: bytes, strata: int, draws: int) -> Arrangements:
    design = Design(
        np.frombuffer(restored, dtype=bool), np.frombuffer(stratum, dtype=np.intp), np.ones(strata)
    )
    return arrangements(design, seed, draws=draws)
