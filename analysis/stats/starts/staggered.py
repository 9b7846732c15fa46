"""Restoration that began in different years at different sites (Callaway & Sant'Anna).

1. sites that began in the same year are a cohort; each cohort and year is compared with a base year, from
   the start on the last year before it, and with sites that have not begun;
2. the effects of cohorts and years are averaged, by cohort size, overall or by years since start;
3. start years are shuffled among sites to say how often chance gives as much.

Source: Callaway & Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001.  Two-way fixed effects, which
compare late starters with early ones, are wrong here.  Normal standard errors are not given: with
few sites they call 12-16 % of nothing an effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats, Integers
from contract.errors import Refused

SMALLEST_COHORT = 3
Control = Literal["never", "not yet"]
Base = Literal["varying", "universal"]


@dataclass(frozen=True, slots=True)
class GroupTime:
    """Effect of one cohort in one year."""

    start: int
    """year in which the cohort began"""
    year: int
    effect: float
    """change of the cohort since the base year, minus that of the controls"""
    sites: int
    controls: int

    @property
    def since_start(self) -> int:
        """Years since the start; negative before it, where the effect should be 0."""
        return self.year - self.start


@dataclass(frozen=True, slots=True)
class Staggered:
    """Effects and their averages."""

    effects: tuple[GroupTime, ...]
    overall: float
    """mean over cohorts and years from the start on, weighted by cohort size ("simple")"""
    p: float
    """share of shuffles of the start years with an overall effect as large; nan if not asked"""

    def by_years_since_start(self) -> dict[int, float]:
        """Mean effect at each number of years since the start, negative ones included."""
        return _averages(self.effects, lambda e: e.since_start)

    def by_cohort(self) -> dict[int, float]:
        """Mean over years from the start on, by year of start."""
        after = [e for e in self.effects if e.year >= e.start]
        starts = sorted({e.start for e in after})
        return {g: float(np.mean([e.effect for e in after if e.start == g])) for g in starts}

    def by_year(self) -> dict[int, float]:
        """Mean over the cohorts that had begun, weighted by size, by year."""
        return _averages([e for e in self.effects if e.year >= e.start], lambda e: e.year)


def staggered_effects(
    outcome: ArrayLike,
    starts: ArrayLike,
    years: ArrayLike,
    *,
    control: Control = "never",
    base: Base = "varying",
    rng: np.random.Generator | None = None,
    shuffles: int = 999,
) -> Staggered:
    """Effects of starts in different years.

    Parameters
    ----------
    outcome : [shape=(sites, years)], complete.
    starts : year in which each site began, nan or 0 for never [shape=(sites,)].
    years : of the columns, rising [shape=(years,)].
    control : sites that never begin, or also those that have not begun yet.
    base : what a year before the start is compared with: ``varying`` the year before it, so that each effect
        is the change of one year; ``universal`` the last year before the start, whose own effect is then 0,
        so that effects before and after lie on one line.  From the start on both are the same.
    rng : if given, start years are shuffled ``shuffles`` times for ``p``.

    Raises ``Refused`` for a cohort or a control group below 3 sites, for gaps, and where no
    cohort has a year before its start.
    """
    y, when = np.asarray(outcome, dtype=np.float64), np.asarray(years, dtype=np.int64)
    began = np.nan_to_num(np.asarray(starts, dtype=np.float64)).astype(np.int64)
    if y.shape != (began.size, when.size) or not np.isfinite(y).all():
        raise Refused(
            "the outcome must be a complete site x year table",
            help="drop seasons that are missing for a site, for all sites",
            codes=("MISSING_SEASON",),
        )
    began = np.where(began > when[-1], 0, began)
    kept = (began == 0) | (began > when[0])
    y, began = y[kept], began[kept]
    effects = _effects(y, began, when, control, base)
    overall = _overall(effects)
    p = float("nan")
    if rng is not None:
        drawn = (_overall(_effects(y, rng.permutation(began), when, control, base)) for _ in range(shuffles))
        extreme = sum(abs(v) >= abs(overall) * (1 - 1e-9) for v in drawn)
        p = (1 + extreme) / (1 + shuffles)
    return Staggered(effects, overall, p)


def _effects(
    y: Floats, began: Integers, when: Integers, control: Control, base: Base
) -> tuple[GroupTime, ...]:
    out = []
    for g in np.unique(began[began > 0]):
        cohort = began == g
        last_before = int(np.flatnonzero(when < g)[-1])
        _big_enough(int(cohort.sum()), f"the cohort of {g}")
        for t in range(0 if base == "universal" else 1, when.size):
            against = last_before if base == "universal" or when[t] >= g else t - 1
            free = began == 0
            if control == "not yet":
                latest = max(int(when[t]), int(when[against]))
                free = free | ((began > latest) & ~cohort)
            _big_enough(int(free.sum()), f"the control group of {when[t]}")
            change = y[:, t] - y[:, against]
            effect = float(change[cohort].mean() - change[free].mean())
            out.append(GroupTime(int(g), int(when[t]), effect, int(cohort.sum()), int(free.sum())))
    if not out:
        raise Refused(
            "no site began after the first year",
            help="give at least one year before each start",
            codes=("SHORT_BASELINE",),
        )
    return tuple(out)


def _big_enough(sites: int, name: str) -> None:
    if sites < SMALLEST_COHORT:
        raise Refused(
            f"{name} has {sites} sites, at least {SMALLEST_COHORT} are needed",
            help="join neighbouring start years in the plan, or leave the cohort out",
            codes=("FEW_SITES",),
        )


def _overall(effects: tuple[GroupTime, ...]) -> float:
    after = [e for e in effects if e.year >= e.start]
    weights = np.array([e.sites for e in after], dtype=np.float64)
    return float(weights @ np.array([e.effect for e in after]) / weights.sum())


def _averages(effects: Sequence[GroupTime], key: Callable[[GroupTime], int]) -> dict[int, float]:
    """Means weighted by cohort size, by a key of the effects."""
    out = {}
    for k in sorted({key(e) for e in effects}):
        same = [e for e in effects if key(e) == k]
        out[k] = sum(e.effect * e.sites for e in same) / sum(e.sites for e in same)
    return out
