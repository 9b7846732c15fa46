"""Voices: how often species are heard, over the same hours of the sun's day at every site and season.

1. ``shared_hours`` takes the cells with enough valid days, finds the stretches of half hours that they share,
   and gives each cell its minutes in them, or the reason that it cannot be compared.
2. ``species_detection_rate``: mean over species and stretches of the log odds of being heard on a day.
3. ``vocal_activity`` counts the detections of the species that count, an hour of listening.
4. ``bat_passes`` are of labels whose genus is one of the genera of bats of Europe.  Calls of one label
   within five seconds are one pass, as in Vigie-Chiro; only half hours of the night count.

The stretches are part of the definition: a hash of them stands in the provenance of every value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.indicators.jobs.community import LEAST_DAYS, cell, lacking
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.community.equal_hours import (
    LEAST_MINUTES,
    Stretches,
    mean_logit,
    mean_rate,
    shared_stretches,
)
from analysis.indices.sun_time import BIN_MINUTES, NIGHT
from analysis.study.conditions.sun_hours import SunHours
from analysis.study.listening import VALID_SHARE, Listening
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.instant import SECOND

# fmt: off
GENERA = frozenset({
    "Barbastella", "Eptesicus", "Hypsugo", "Miniopterus", "Myotis", "Nyctalus", "Pipistrellus", "Plecotus",
    "Rhinolophus", "Rousettus", "Tadarida", "Vespertilio",
})
# fmt: on
PASS = 5 * SECOND
"""Calls of a label within so long are one pass [ns]."""
LEAST_NIGHT = 60.0
"""Valid minutes of night below which a season has no rate [min]."""
_ALL_DAY = np.ones(len(NIGHT), dtype=np.bool_)

Place = tuple[str, str]
"""(site, season)"""


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """The stretches that the cells of a study share, and the cells that have them all."""

    stretches: Stretches
    minutes: dict[Place, Floats]
    """Valid minutes of each stretch, of every cell with enough days [min, shape=(stretches,)]."""

    @property
    def definition(self) -> str:
        """Hash of the half hours, their length, the least minutes and which are joined."""
        rule = f"{BIN_MINUTES:g} {LEAST_MINUTES:g} {self.stretches.of_bin.tolist()}"
        return hashlib.sha256(rule.encode()).hexdigest()[:8]

    def has(self, place: Place) -> bool:
        """Whether the cell can be compared."""
        return bool(len(self.stretches)) and bool((self.minutes[place] >= LEAST_MINUTES).all())

    def lacks(self, place: Place) -> Absent | None:
        """Why a cell cannot be compared."""
        if not len(self.stretches):
            return absent("no_shared_hours")
        if self.has(place):
            return None
        return absent("few_shared_minutes", n=f"{self.minutes[place].min():.1f}", least=f"{LEAST_MINUTES:g}")


def shared_hours(study: Study, labels: tuple[str, ...], among: Bools) -> Shared:
    """The shared stretches among these half hours, over every cell of the study with enough valid days."""
    places = [
        (site, season)
        for site in study.sites
        for season in study.seasons
        if lacking(study.listening(site, season), labels, LEAST_DAYS) is None
    ]
    minutes = [study.sun_hours(site, season).minutes for site, season in places]
    table = np.stack(minutes) if minutes else np.empty((0, len(among)))
    found = shared_stretches(table, among)
    own = found.gather(table) if len(found) else np.zeros((len(table), 0))
    return Shared(found, {(site, one.id): row for (site, one), row in zip(places, own, strict=True)})


def each_shared(
    study: Study,
    labels: tuple[str, ...],
    shared: Shared,
    value: Callable[[str, StudySeason, SunHours], float | Absent],
) -> Grid:
    """``value`` of every cell that has all shared stretches."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        heard: Listening = study.listening(site, season)
        lack = lacking(heard, labels, LEAST_DAYS) or shared.lacks((site, season.id))
        if lack is not None:
            return lack
        found = value(site, season, study.sun_hours(site, season))
        return found if isinstance(found, Absent) else cell(heard, found)

    return replace(each(study, measure, species=labels), part=shared.definition)


@dataclass(frozen=True, slots=True, eq=False)
class DaysHeard:
    """Of one cell, by stretch: days with each label, days, and minutes a day."""

    heard: Floats
    """[shape=(labels, stretches)]"""
    days: Floats
    minutes: Floats


def days_heard(study: Study, labels: tuple[str, ...], shared: Shared) -> dict[Place, DaysHeard]:
    """Of every cell that can be compared; a day counts in a stretch with half of the usual day's minutes."""
    cells = {
        (site, season.id): study.sun_hours(site, season)
        for site in study.sites
        for season in study.seasons
        if shared.minutes.get((site, season.id)) is not None and shared.has((site, season.id))
    }
    listened = [one.days(shared.stretches) for one in cells.values()]
    least = np.zeros(len(shared.stretches))
    for stretch in range(len(least)):
        own = [minutes[which == stretch] for minutes, which in listened]
        least[stretch] = VALID_SHARE * float(np.median(np.concatenate(own))) if own else 0.0
    return {place: DaysHeard(*one.heard_on(shared.stretches, least, labels)) for place, one in cells.items()}


def species_detection_rate(study: Study, coverage: float | None = None) -> Grid:
    """Mean over species and shared stretches of the log odds of being heard on a day [log odds].

    At equal days and equal minutes a day: those of the cell that has the fewest, so that neither more days
    nor more minutes make a higher rate.
    """
    labels = study.labels()
    shared = shared_hours(study, labels, _ALL_DAY)
    found = days_heard(study, labels, shared)
    days, minutes = (_least(found, name) for name in ("days", "minutes"))
    weight = shared.stretches.weight

    def rate(site: str, season: StudySeason, listened: SunHours) -> float | Absent:
        one = found[site, season.id]
        if one.days.min() < 1:
            return absent("no_shared_hours")
        return mean_logit(one.heard, one.days, days, minutes / one.minutes, weight)

    return each_shared(study, labels, shared, rate)


def _least(found: dict[tuple[str, str], DaysHeard], name: str) -> Floats:
    """The fewest of any cell that was listened to in every stretch."""
    rows = [getattr(one, name) for one in found.values() if one.days.min() >= 1]
    return np.min(np.stack(rows), axis=0) if rows else np.empty(0)


def vocal_activity(study: Study, coverage: float | None = None) -> Grid:
    """log((R H + 1/2) / H): detections of the species that count, an hour of listening [log 1/h]."""
    labels = study.labels()
    shared = shared_hours(study, labels, _ALL_DAY)

    def rate(site: str, season: StudySeason, listened: SunHours) -> float:
        counts = shared.stretches.gather(listened.count_by_bin(listened.of(labels)))
        hours = shared.minutes[site, season.id] / 60.0
        return mean_rate(counts, hours, shared.stretches.weight)

    return each_shared(study, labels, shared, rate)


def bat_passes(study: Study, coverage: float | None = None) -> Grid:
    """log((R H + 1/2) / H): passes an hour of listening at night [log 1/h]."""
    labels = tuple(one for one in study.labels() if one.partition(" ")[0] in GENERA)
    if not labels:
        return each(study, lambda site, season: absent("no_bats"), species=labels)
    shared = shared_hours(study, labels, NIGHT)

    def rate(site: str, season: StudySeason, listened: SunHours) -> float | Absent:
        minutes = shared.minutes[site, season.id]
        if minutes.sum() < LEAST_NIGHT:
            return absent("few_night_minutes", n=f"{minutes.sum():.0f}", least=f"{LEAST_NIGHT:.0f}")
        counts = shared.stretches.gather(listened.count_by_bin(listened.first_of(labels, PASS)))
        return mean_rate(counts, minutes / 60.0, shared.stretches.weight)

    return each_shared(study, labels, shared, rate)
