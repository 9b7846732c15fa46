"""The gate on season shocks: does a season move a whole arm, as it does where the arms are clustered?

1. Residuals of the additive fits lose each site's own line, before and after apart.
2. Each primary is tested alone, Bonferroni over primaries; what fires stops that primary.
3. All together stop the territory, if the classes other than the one that shows it most bear it out.

A shock of a place reaches more than one class of indicators.  What moves one class alone may be a
response that depends on the weather of the year: it is not averaged away, but it is not clustering.
Passing is no evidence: two seasons a period show nothing, three have one degree of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Integers
from analysis.plan.panel import micro
from analysis.plan.roster import Roster
from analysis.stats.contrast import welch
from analysis.stats.permutation import Arrangements, tail
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.statistic import line_of_rows


@dataclass(frozen=True, slots=True)
class Shocks:
    """Which primaries have seasons of an arm's own, and whether the arms as a whole have."""

    indicators: frozenset[str]
    territory: bool


def season_shocks(evidence: Sequence[Evidence], roster: Roster, alpha: float, borne_out: float) -> Shocks:
    """Both steps at ``alpha`` over all primaries, the other classes at ``borne_out`` (ADR 0035)."""
    tables = {one.primary.id: found for one in evidence if (found := _residuals(one))}
    if not tables:
        return Shocks(frozenset(), False)
    each = alpha / len(tables)
    alone = {name: shock_p(found, roster, each) for name, found in tables.items()}
    moved = frozenset(name for name, p in alone.items() if p <= each)
    if shock_p([table for found in tables.values() for table in found], roster, alpha) > alpha:
        return Shocks(moved, False)
    group = {one.primary.id: one.panel.group for one in evidence}
    most = group[min(alone, key=alone.__getitem__)]
    others = [table for name, found in tables.items() if group[name] != most for table in found]
    return Shocks(moved, shock_p(others, roster, borne_out) <= borne_out)


def shock_p(tables: Sequence[Integers], roster: Roster, alpha: float) -> float:
    """p of "no shocks that a whole arm shares" in ``tables``; 1 where nothing can be tested.

    ``tables``: residuals of one period each, (sites, seasons) [10⁻⁶].  Statistic: Σ over seasons of the
    squared difference of arm means over its variance; sites are permuted as whole rows.  The p is the
    larger of that and of Bonferroni over Welch, because permutation alone fails where arms differ in
    size and spread.
    """
    if not tables:
        return 1.0
    permuted = roster.settled(lambda draws: _permuted_p(tables, draws), lambda p: (p,), alpha)
    if permuted > alpha:
        return permuted
    everyone = np.ones(len(roster.sites), dtype=bool)
    seasons = [season for table in tables for season in table.T]
    welch_p = min(welch(season, everyone, roster.design).p for season in seasons)
    return max(permuted, min(1.0, welch_p * len(seasons)))


def _residuals(one: Evidence) -> list[Integers]:
    """Integer residuals of each period with three seasons, (sites, seasons) [10⁻⁶].

    Each site's own line goes, so that a recovery that grows is not taken for a shock.
    """
    out = []
    for side, fit in zip((one.before, ~one.before), one.fits, strict=True):
        if fit is None or int(side.sum()) < 3:
            continue
        left = fit.residuals
        present = np.isfinite(left)
        level, slope = line_of_rows(left, present)
        time = np.arange(left.shape[1], dtype=np.float64)[None, :]
        middle = (time * present).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
        line = level[:, None] + slope[:, None] * (time - middle[:, None])
        out.append(micro(np.where(present, left - line, 0.0)))
    return out


def _permuted_p(tables: Sequence[Integers], draws: Arrangements) -> float:
    rows = draws.restored
    n = float(rows[0].sum())
    m = rows.shape[1] - n
    squares = np.stack([(table.astype(np.float64) ** 2).sum(axis=1) for table in tables], axis=1)
    seasons = np.concatenate(tables, axis=1).astype(np.float64)
    spread, sums = squares.T @ rows.T, seasons.T @ rows.T
    total, column = np.zeros(len(rows)), 0
    for k, table in enumerate(tables):
        restored, control = spread[k].copy(), float(squares[:, k].sum()) - spread[k]
        between = np.zeros(len(rows))
        for season in range(column, column + table.shape[1]):
            one = sums[season]
            other = float(seasons[:, season].sum()) - one
            gap = one / n - other / m
            between += gap * gap
            restored -= one * one / n
            control -= other * other / m
        column += table.shape[1]
        variance = restored / (n * (n - 1.0)) + control / (m * (m - 1.0))
        total += np.divide(between, variance, out=np.zeros(len(rows)), where=variance > 0)
    return tail(total, float(total[0]))
