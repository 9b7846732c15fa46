"""From a panel to one number a site.

1. ``gather`` orders a panel's rows as the roster, applies polarity and the plan's exclusions.
2. Seasons that lost a third of either arm are dropped for both.
3. Additive fits before and after, blind to the arms, give site means; d = after − before.
4. ``year_variance`` says how much two periods differ by their weather alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.plan.panel import Panel, micro
from analysis.plan.places import counted
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster
from analysis.plan.tables import Primary
from analysis.stats.additive import AdditiveFit, kept_seasons, site_means


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """One primary indicator, ready to be tested."""

    primary: Primary
    panel: Panel
    rows: np.ndarray[tuple[int], np.dtype[np.intp]]
    """the panel's row of each roster site"""
    columns: np.ndarray[tuple[int], np.dtype[np.intp]]
    """the panel's column of each kept season"""
    before: Bools
    """(kept seasons,) True before restoration"""
    values: Floats
    """(roster sites, kept seasons), polarity applied"""
    fits: tuple[AdditiveFit | None, AdditiveFit | None]
    change: np.ndarray[tuple[int], np.dtype[np.int64]]
    """d of each roster site [10⁻⁶]"""
    present: Bools
    dropped: tuple[str, ...]
    """seasons that were dropped"""

    @property
    def seasons(self) -> tuple[str, ...]:
        """The kept ones, in order."""
        return tuple(self.panel.seasons[column] for column in self.columns)

    @property
    def effort(self) -> Floats:
        """(roster sites, kept seasons); 0 where nothing was measured."""
        return np.nan_to_num(self.panel.effort[np.ix_(self.rows, self.columns)])

    def cells(self, array: Floats) -> Floats:
        """A provenance array at the cells that carry a value, nan elsewhere."""
        return np.where(np.isfinite(self.values), array[np.ix_(self.rows, self.columns)], np.nan)

    def explained(self) -> dict[str, Any]:
        """The way back from the contrast to its cells: sites, seasons, values, effort, definitions."""
        defined = self.panel.provenance.definition
        names = set(defined.ravel().tolist()) - {""} if defined is not None else set()
        periods = ["before" if side else "after" for side in self.before]
        sites = {}
        for j, row in enumerate(self.rows):
            means = [None if fit is None else float(fit.sites[j]) for fit in self.fits]
            sites[self.panel.sites[row]] = {
                "change": int(self.change[j]) / 1e6 if self.present[j] else None,
                "before": means[0],
                "after": means[1],
                "values": [float(value) for value in self.values[j]],
                "effort": [float(effort) for effort in self.effort[j]],
            }
        return {
            "sites": sites,
            "seasons": [f"{name} {period}" for name, period in zip(self.seasons, periods, strict=True)],
            "seasons_dropped": list(self.dropped),
            "definitions": sorted(names),
            "panel_hash": self.panel.digest(),
        }

    def year_variance(self) -> tuple[float, int]:
        """Variance of the difference of two periods' mean seasons, and its degrees of freedom."""
        effects = [fit.seasons for fit in self.fits if fit is not None]
        df = sum(len(one) - 1 for one in effects)
        if df < 1 or len(effects) < 2:
            return 0.0, 0
        spread = sum(float((one * one).sum()) for one in effects) / df
        return spread * sum(1.0 / len(one) for one in effects), df


def gather(plan: Plan, primary: Primary, panel: Panel, roster: Roster) -> Evidence:
    """The evidence for ``primary``; it never refuses, the gates do."""
    rows = panel.rows(site.id for site in roster.sites)
    periods = {season.id: season.period for season in plan.seasons}
    known = np.array([j for j, season in enumerate(panel.seasons) if season in periods], dtype=np.intp)
    values = panel.polarity * counted(plan, panel).values[np.ix_(rows, known)]
    before = np.array([periods[panel.seasons[j]] == "before" for j in known], dtype=bool)
    kept = kept_seasons(np.isfinite(values), roster.design.restored, plan.thresholds.season_share)
    dropped = tuple(panel.seasons[j] for j, one in zip(known, kept, strict=True) if not one)
    values, before, columns = values[:, kept], before[kept], known[kept]
    fits = tuple(site_means(values[:, side]) if side.any() else None for side in (before, ~before))
    means = [fit.sites if fit is not None else np.full(len(rows), np.nan) for fit in fits]
    difference = means[1] - means[0]
    present = np.isfinite(difference)
    change = np.where(present, micro(difference), 0)
    return Evidence(
        primary, panel, rows, columns, before, values, (fits[0], fits[1]), change, present, dropped
    )
