"""What models of many sites say of species: trends, indices, occupancy.

1. ``species_trend`` and ``multi_species_index``: TRIM by arm, and the index by arm and season.
2. ``species_occupancy``: probability that a site is occupied, each season by itself, with its 95 % interval.
3. ``species_occupancy_false_positive``: the same where some detections are false (no detection of the store
   is marked as verified, so that this rests on true ones being the more frequent).
4. ``species_occupancy_dynamic``: share of an arm's sites occupied in each season, with colonisation and
   extinction.

Histories are valid days (``analysis.study.listening``).  An estimate at a bound is an absence, not a number.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from analysis.arrays import Floats
from analysis.indicators.indicator import Found
from analysis.indicators.jobs.community import LEAST_DAYS, fewest_days
from analysis.indicators.species import (
    ARMS,
    OCCUPANCY_FOUND,
    OCCUPANCY_SITES,
    OCCUPANCY_VISITS,
    history,
    index_of,
    species_rows,
    trend_of,
)
from analysis.stats.models.dynamic_occupancy import fit_dynamic_occupancy
from analysis.stats.models.occupancy import fit_occupancy
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.errors import Refused

ERROR_VISITS = 10
"""Valid days of a site that a model with false detections needs [1]."""
NO_FALSE = 1e-4
"""An estimated rate of false detections below it is none, and the plain model stands [1]."""
DYNAMIC_SITES, DYNAMIC_SEASONS = 30, 3
_SIDE = 1.959963984540054


def species_trend(study: Study) -> list[Found]:
    """Multiplicative slope a season of each species and arm, with its official class."""
    days = fewest_days(study, LEAST_DAYS)
    found = []
    for label in study.labels():
        for arm in ARMS:
            trend = trend_of(study, label, arm, days)
            if isinstance(trend, Absent):
                found.append(Found(label, arm, "", trend))
            else:
                slope = trend.slope
                found.append(Found(label, arm, "", slope.rate, slope.lower, slope.upper, slope.label))
    return found


def multi_species_index(study: Study) -> list[Found]:
    """The multi-species index of each arm and season, 100 in the first [%]."""
    rows = species_rows(study)
    found = []
    for arm in ARMS:
        one = index_of(study, rows, arm)
        if isinstance(one, Absent):
            found.append(Found("", arm, "", one))
            continue
        found += [
            Found("", arm, season.id, float(one.value[i]), float(one.lower[i]), float(one.upper[i]))
            for i, season in enumerate(study.seasons)
        ]
    return found


def species_occupancy(study: Study) -> list[Found]:
    """psi of each species and season over all arms [1]."""
    return [
        _single(study, label, season, OCCUPANCY_VISITS, errors=False)
        for label in study.labels()
        for season in study.seasons
    ]


def species_occupancy_false_positive(study: Study) -> list[Found]:
    """psi of each species and season over all arms, false detections estimated [1]."""
    return [
        _single(study, label, season, ERROR_VISITS, errors=True)
        for label in study.labels()
        for season in study.seasons
    ]


def species_occupancy_dynamic(study: Study) -> list[Found]:
    """Share of each arm's sites occupied, by species and season [1]; it has no interval here."""
    return [one for label in study.labels() for one in _dynamic(study, label)]


def _single(study: Study, label: str, season: StudySeason, visits: int, *, errors: bool) -> Found:
    sites = [site for site in study.sites if len(study.listening(site, season).days) >= visits]
    lack = _lacking(study, label, sites, (season,), OCCUPANCY_SITES)
    if lack is not None:
        return Found(label, "", season.id, lack)
    table = np.stack(_padded([history(study.listening(site, season), label) for site in sites]))
    try:
        plain = fit_occupancy(table)
        fit, effect = plain.fit, float(plain.beta[0])
        if errors:
            doubting = fit_dynamic_occupancy(table[:, None, :], false_positives=True)
            if doubting.false_detection > NO_FALSE:
                fit, effect = doubting.fit, float(doubting.psi[0])
    except Refused as refusal:
        return Found(label, "", season.id, absent("no_fit", what=refusal.message))
    if fit.at_boundary:
        return Found(label, "", season.id, absent("at_boundary"))
    half = _SIDE * float(fit.errors[0])
    value, low, high = (float(expit(effect + side * half)) for side in (0.0, -1.0, 1.0))
    return Found(label, "", season.id, value, low, high)


def _dynamic(study: Study, label: str) -> list[Found]:
    if len(study.seasons) < DYNAMIC_SEASONS:
        return [Found(label, "", "", absent("few_seasons", n=len(study.seasons), least=DYNAMIC_SEASONS))]
    sites = [
        site
        for site in study.sites
        if any(len(study.listening(site, season).days) >= OCCUPANCY_VISITS for season in study.seasons)
    ]
    lack = _lacking(study, label, sites, study.seasons, DYNAMIC_SITES)
    if lack is not None:
        return [Found(label, "", "", lack)]
    rows = [history(study.listening(site, season), label) for site in sites for season in study.seasons]
    table = np.array(_padded(rows)).reshape(len(sites), len(study.seasons), -1)
    try:
        fitted = fit_dynamic_occupancy(table)
    except Refused as refusal:
        return [Found(label, "", "", absent("no_fit", what=refusal.message))]
    if fitted.fit.at_boundary:
        return [Found(label, "", "", absent("at_boundary"))]
    arms = np.array([study.arms[site] for site in sites])
    return [
        Found(label, arm, season.id, float(fitted.presence[arms == arm, column].mean()))
        for arm in sorted(set(arms.tolist()))
        for column, season in enumerate(study.seasons)
    ]


def _lacking(
    study: Study, label: str, sites: list[str], seasons: tuple[StudySeason, ...], least: int
) -> Absent | None:
    if len(sites) < least:
        return absent("few_visited", n=len(sites), least=least)
    found = sum(
        any(bool(study.listening(site, season).days_with((label,))[0]) for season in seasons)
        for site in sites
    )
    return absent("few_sites", n=found, least=OCCUPANCY_FOUND) if found < OCCUPANCY_FOUND else None


def _padded(rows: list[Floats]) -> list[Floats]:
    """Histories of equal length, nan where there was no valid day."""
    longest = max(len(row) for row in rows)
    return [np.concatenate([row, np.full(longest - len(row), np.nan)]) for row in rows]
