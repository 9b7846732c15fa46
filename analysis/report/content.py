"""What the page shows, before any language: numbers by arm, day, hour and site.

1. ``gather`` computes every indicator and reads what else the page needs, each once.
2. ``bands`` are means of arms with Student intervals; ``absences`` count reasons.
3. ``Hourly``, ``Calendar`` and ``Water`` are tables over the days that have data.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Floats
from analysis.indicators.compute import Computed, compute_all
from analysis.indicators.jobs.excerpts import Excerpts, excerpts
from analysis.indicators.species import ARMS as COMPARED
from analysis.indicators.species import SpeciesRow, index_of, species_rows
from analysis.plan.local_time import day_name
from analysis.stats.models.multispecies import MultiSpeciesIndex
from analysis.stats.student import t_quantile
from analysis.study.listening import Listening
from analysis.study.series import Counts, Series
from analysis.study.study import Study
from analysis.words.absence import Absent
from contract.instant import format_instant

ARMS = ("restored", "control", "reference")
SOUND = ("ACI@ecoviv-1", "ACTIVITY@firmware-1", "ACTtFraction@maad-1.5.2", "ACI@maad-1.5.2")
"""What the hour x day figure shows: the first that most sites have."""
MOST_DAYS = 4_000


@dataclass(frozen=True, slots=True)
class Mean:
    """One arm in one season, in the indicator's unit; nan where there is nothing."""

    arm: str
    season: str
    mean: float
    low: float
    high: float
    sites: int


@dataclass(frozen=True, slots=True)
class Hourly:
    """Mean sound of each local hour and day over all sites [shape=(24, days)], nan where silent."""

    definition: str
    days: tuple[str, ...]
    table: Floats


@dataclass(frozen=True, slots=True)
class Calendar:
    """Valid minutes [shape=(sites, days)]."""

    sites: tuple[str, ...]
    days: tuple[str, ...]
    table: Floats


@dataclass(frozen=True, slots=True)
class Water:
    """Daily soil moisture of each arm and mean rain [shape=(days,)], nan where not covered."""

    days: tuple[str, ...]
    moisture: dict[str, Floats]
    rain: Floats


@dataclass(frozen=True, slots=True)
class Held:
    """One series in the store."""

    series: Series
    points: int
    doubted: int
    first: str
    last: str


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Everything that the page says of the data."""

    study: Study
    computed: tuple[Computed, ...]
    hourly: Hourly | None
    calendar: Calendar | None
    water: Water | None
    species: tuple[SpeciesRow, ...]
    indices: dict[str, MultiSpeciesIndex | Absent]
    """Of each arm."""
    detections: dict[str, int]
    """Of each label heard, also those that do not count."""
    detectors: tuple[str, ...]
    """``id@version`` of each that listened, in order"""
    held: tuple[Held, ...]
    counts: Counts


def gather(study: Study) -> Content:
    """Read and compute once; the study's archive must be open."""
    rows = species_rows(study)
    return Content(
        study,
        tuple(compute_all(study)),
        _hourly(study),
        _calendar(study),
        _water(study),
        tuple(rows),
        {arm: index_of(study, rows, arm) for arm in COMPARED},
        detections_by_label(study),
        _detectors(study),
        tuple(_held(study, series) for series in study.archive.all()),
        study.archive.counts(),
    )


def bands(one: Computed) -> list[Mean]:
    """Mean of an arm's sites with its 95 % interval, on the scale, shown in the unit."""
    means = []
    for arm in ARMS:
        rows = [i for i, site in enumerate(one.study.sites) if one.study.arms[site] == arm]
        for column, season in enumerate(one.study.seasons):
            values = one.grid.values[rows, column] if rows else np.empty(0)
            values = values[np.isfinite(values)]
            means.append(_mean(one, arm, season.id, values))
    return means


def absences(one: Computed, language: str) -> list[tuple[str, int]]:
    """(reason, sites and seasons), most frequent first."""
    found = Counter(absent.in_(language) for absent in one.grid.reasons.values())
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def detections_by_label(study: Study) -> dict[str, int]:
    """Detections on valid days, over all sites and seasons, most frequent first."""
    total: Counter[str] = Counter()
    for site in study.sites:
        for season in study.seasons:
            heard = study.listening(site, season)
            total.update(dict(zip(heard.taxa, heard.records.tolist(), strict=True)))
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _detectors(study: Study) -> tuple[str, ...]:
    cells = [study.listening(site, season) for site in study.sites for season in study.seasons]
    return tuple(sorted({method for one in cells for method in one.models}))


def _mean(one: Computed, arm: str, season: str, values: Floats) -> Mean:
    if not len(values):
        return Mean(arm, season, np.nan, np.nan, np.nan, 0)
    middle, shown = float(values.mean()), one.indicator.shown
    if len(values) < 2:
        return Mean(arm, season, shown(middle), np.nan, np.nan, 1)
    half = t_quantile(0.05, len(values) - 1) * float(values.std(ddof=1)) / len(values) ** 0.5
    return Mean(arm, season, shown(middle), shown(middle - half), shown(middle + half), len(values))


def _hourly(study: Study) -> Hourly | None:
    found = excerpts(study, (SOUND,))
    sites = [_during(study, one) for one in found.values()]
    days = np.unique(np.concatenate([one.day[one.minutes > 0] for one in sites])) if sites else np.empty(0)
    if not len(days) or len(days) > MOST_DAYS:
        return None
    total, number = np.zeros((24, len(days))), np.zeros((24, len(days)))
    for one in sites:
        heard = one.minutes > 0
        place = (one.hour[heard], np.searchsorted(days, one.day[heard]))
        np.add.at(total, place, one.values[heard, 0])
        np.add.at(number, place, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = np.where(number > 0, total / number, np.nan)
    return Hourly(sites[0].definitions[0], tuple(day_name(int(day)) for day in days), table)


def _during(study: Study, one: Excerpts) -> Excerpts:
    """The excerpts that lie in a season of the study."""
    kept = np.zeros(len(one.time), dtype=np.bool_)
    for season in study.seasons:
        kept |= (one.time >= season.window.start) & (one.time < season.window.end)
    return one.where(kept)


def _calendar(study: Study) -> Calendar | None:
    """Of detectors, else of the excerpts whose sound was measured."""
    days_of: dict[str, tuple[Floats, NDArray[np.int64]]] = {}
    for site in study.sites:
        cells = [study.listening(site, season) for season in study.seasons]
        if any(len(one.days) for one in cells):
            days_of[site] = _joined(cells)
    if not days_of:
        for site, one in excerpts(study, (SOUND,)).items():
            days_of[site] = (one.minutes_a_day(), np.unique(one.day))
    if not days_of:
        return None
    days = np.unique(np.concatenate([days for _, days in days_of.values()]))
    table = np.zeros((len(days_of), len(days)))
    for row, (minutes, when) in enumerate(days_of.values()):
        table[row, np.searchsorted(days, when)] = minutes
    return Calendar(tuple(days_of), tuple(day_name(int(day)) for day in days), table)


def _joined(cells: list[Listening]) -> tuple[Floats, NDArray[np.int64]]:
    return np.concatenate([one.minutes for one in cells]), np.concatenate([one.days for one in cells])


def _water(study: Study) -> Water | None:
    soils, rains = study.hours("soil_moisture"), study.hours("precipitation_amount")
    daily = {("soil", site): hours.by_day("mean") for site, hours in soils.items()}
    daily |= {("rain", site): hours.by_day("sum") for site, hours in rains.items()}
    known = [days[np.isfinite(numbers)] for days, numbers in daily.values()]
    days = np.unique(np.concatenate(known)) if known else np.empty(0, dtype=np.int64)
    if not len(days) or len(days) > MOST_DAYS:
        return None

    def mean(kind: str, sites: list[str]) -> Floats:
        rows = np.full((len(sites), len(days)), np.nan)
        for row, site in enumerate(sites):
            when, numbers = daily[kind, site]
            fit = np.isfinite(numbers)
            rows[row, np.searchsorted(days, when[fit])] = numbers[fit]
        number = np.isfinite(rows).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(number > 0, np.nansum(rows, axis=0) / number, np.nan)

    arms = {arm: [site for site in soils if study.arms[site] == arm] for arm in ARMS}
    moisture = {arm: mean("soil", sites) for arm, sites in arms.items() if sites}
    return Water(tuple(day_name(int(day)) for day in days), moisture, mean("rain", list(rains)))


def _held(study: Study, series: Series) -> Held:
    track = study.archive.track(series)
    first, last = (format_instant(int(track.time[i])) for i in (0, -1)) if len(track.time) else ("", "")
    return Held(series, len(track.time), int((~track.fit).sum()), first, last)
