"""Rates over shared hours of the sun's day: the stretches of a study, and what each cell has in them.

1. ``shared_hours`` takes the cells with enough valid days, finds the stretches of half hours that they share,
   and gives each cell its hours in them, or the reason that it cannot be compared.
2. ``each_shared`` asks one function for the value of every such cell.

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
from analysis.indices.community.equal_hours import LEAST_MINUTES, Stretches, shared_stretches
from analysis.indices.sun_time import BIN_MINUTES
from analysis.study.listening import VALID_SHARE, Listening
from analysis.study.study import Study, StudySeason
from analysis.study.sun_hours import SunHours
from analysis.words.absence import Absent, absent

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
