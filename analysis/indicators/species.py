"""Each species and all together: description beside a verdict, never in it.

1. ``species_rows``: on which share of valid days each species was heard, by arm and period;
   its trend by arm (TRIM, official classes); its occupancy in the last season.
2. ``index_of``: the multi-species index of an arm, species and their errors drawn together.

Counts are days with the species at equal effort.  Species are those that count (validated
labels of a plan, else every label), and an arm's trend needs 5 sites with the species and
4 seasons in a row.  Sources: Pannekoek & van Strien 2001 (TRIM 3); MacKenzie et al. 2002,
doi:10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2; Soldaat et al. 2017,
doi:10.1016/j.ecolind.2017.05.033.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.community import LEAST_DAYS, fewest_days
from analysis.stats.models.multispecies import MultiSpeciesIndex, multispecies_index
from analysis.stats.models.occupancy import fit_occupancy
from analysis.stats.models.trend import Index, Slope, index, overall_slope
from analysis.stats.models.trim import fit_trim
from analysis.study.listening import Listening
from analysis.study.study import Study
from analysis.words.absence import Absent, absent
from contract.errors import Refused

ARMS = ("restored", "control")
TREND_SITES, TREND_SEASONS = 5, 4
OCCUPANCY_SITES, OCCUPANCY_VISITS, OCCUPANCY_FOUND = 15, 3, 5
HEADLINE_SPECIES = 10


@dataclass(frozen=True, slots=True)
class Trend:
    """One species in one arm."""

    slope: Slope
    index: Index


@dataclass(frozen=True, slots=True)
class SpeciesRow:
    """One species; by arm."""

    label: str
    share: dict[str, tuple[float, float]]
    """Of valid site-days with the species, before and after (before: all, without a plan) [1]."""
    trend: dict[str, Trend | Absent]
    validated: bool
    """Whether people checked the detector's name for it well enough, as the plan says."""
    occupancy: float | Absent
    """Share of sites occupied in the last season, all arms [1]."""


def species_rows(study: Study) -> list[SpeciesRow]:
    """One row a species that counts, by label."""
    days = fewest_days(study, LEAST_DAYS)
    return [
        SpeciesRow(
            label,
            {arm: (_share(study, label, arm, "before"), _share(study, label, arm, "after")) for arm in ARMS},
            {arm: trend_of(study, label, arm, days) for arm in ARMS},
            label in study.validated,
            _occupancy(study, label),
        )
        for label in study.labels()
    ]


def as_rows(rows: list[SpeciesRow]) -> list[dict[str, Any]]:
    """Plain records: one a species, with one entry an arm; None and a reason where there is nothing."""
    return [
        {
            "species": row.label,
            "validated": row.validated,
            "occupancy": None if isinstance(row.occupancy, Absent) else row.occupancy,
            "occupancy_reason": row.occupancy.reason if isinstance(row.occupancy, Absent) else "",
            "arms": [_arm_row(row, arm) for arm in ARMS],
        }
        for row in rows
    ]


def _arm_row(row: SpeciesRow, arm: str) -> dict[str, Any]:
    trend = row.trend[arm]
    before, after = (value if np.isfinite(value) else None for value in row.share[arm])
    slope = None if isinstance(trend, Absent) else trend.slope
    return {
        "arm": arm,
        "before": before,
        "after": after,
        "class": "" if slope is None else slope.label,
        "rate": None if slope is None else slope.rate,
        "low": None if slope is None else slope.lower,
        "high": None if slope is None else slope.upper,
        "reason": trend.reason if isinstance(trend, Absent) else "",
    }


def index_of(study: Study, rows: list[SpeciesRow], arm: str) -> MultiSpeciesIndex | Absent:
    """The arm's multi-species index, 100 in the first season; 10 species with a trend are needed."""
    found = [row.trend[arm] for row in rows]
    trends = [trend for trend in found if isinstance(trend, Trend)]
    if len(trends) < HEADLINE_SPECIES:
        return absent("few_species", n=len(trends), least=HEADLINE_SPECIES)
    seed = hashlib.sha256("\x1f".join((study.territory.id, arm, *(row.label for row in rows))).encode())
    rng = np.random.default_rng(int.from_bytes(seed.digest()[:16], "big"))
    values = np.array([trend.index.value for trend in trends]) * 100
    errors = np.array([trend.index.error for trend in trends]) * 100
    try:
        return multispecies_index(values, errors, rng=rng)
    except Refused as refusal:
        return absent("no_fit", what=refusal.message)


def _share(study: Study, label: str, arm: str, period: str) -> float:
    met = total = 0
    for season in study.seasons:
        if season.period not in (period, "") or (season.period == "" and period == "after"):
            continue
        for site in study.of_arm(arm):
            heard = study.listening(site, season)
            met += int(heard.days_with((label,))[0])
            total += len(heard.days)
    return met / total if total else float("nan")


def trend_of(study: Study, label: str, arm: str, days: int) -> Trend | Absent:
    """Trend of one species in one arm, its days scaled to ``days`` valid days a season."""
    if len(study.seasons) < TREND_SEASONS:
        return absent("few_seasons", n=len(study.seasons), least=TREND_SEASONS)
    sites = study.of_arm(arm)
    counts = np.full((len(sites), len(study.seasons)), np.nan)
    for row, site in enumerate(sites):
        for column, season in enumerate(study.seasons):
            heard = study.listening(site, season)
            if len(heard.days) >= LEAST_DAYS:
                counts[row, column] = int(heard.days_with((label,))[0]) * days / len(heard.days)
    found = int((np.nansum(counts, axis=1) > 0).sum())
    if found < TREND_SITES:
        return absent("few_sites", n=found, least=TREND_SITES)
    try:
        fit = fit_trim(counts)
        slope = overall_slope(fit.imputed_totals, fit.imputed_covariance)
        return Trend(slope, index(fit.imputed_totals, fit.imputed_covariance))
    except Refused as refusal:
        return absent("no_fit", what=refusal.message)


def history(heard: Listening, label: str) -> Floats:
    """1 for each valid day with the species, else 0 [shape=(days,)]."""
    if label not in heard.taxa:
        return np.zeros(len(heard.days))
    return heard.heard[:, heard.taxa.index(label)].astype(np.float64)


def _occupancy(study: Study, label: str) -> float | Absent:
    """psi of the last season from detection histories by valid day."""
    if not study.seasons:
        return absent("few_visited", n=0, least=OCCUPANCY_SITES)
    cells = [study.listening(site, study.seasons[-1]) for site in study.sites]
    visited = [one for one in cells if len(one.days) >= OCCUPANCY_VISITS]
    if len(visited) < OCCUPANCY_SITES:
        return absent("few_visited", n=len(visited), least=OCCUPANCY_SITES)
    histories = np.full((len(visited), max(len(one.days) for one in visited)), np.nan)
    for row, one in enumerate(visited):
        histories[row, : len(one.days)] = history(one, label)
    found = int((np.nansum(histories, axis=1) > 0).sum())
    if found < OCCUPANCY_FOUND:
        return absent("few_sites", n=found, least=OCCUPANCY_FOUND)
    try:
        fitted = fit_occupancy(histories)
    except Refused as refusal:
        return absent("no_fit", what=refusal.message)
    return absent("at_boundary") if fitted.fit.at_boundary else float(fitted.psi[0])
