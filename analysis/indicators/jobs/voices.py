"""Voices: how often species are heard, over the same hours of the sun's day at every site and season.

1. ``species_detection_rate``: mean over species and hours of the log odds of being heard on a day.
2. ``vocal_activity`` counts the detections of the species that count, an hour of listening.
3. ``bat_passes`` are of labels whose genus is one of the genera of bats of Europe.  Calls of one label
   within five seconds are one pass, as in Vigie-Chiro; only half hours of the night count.

All are means over shared stretches (``analysis.indicators.jobs.hours``).
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.grid import Grid, each
from analysis.indicators.jobs.hours import DaysHeard, days_heard, each_shared, shared_hours
from analysis.indices.community.equal_hours import mean_logit, mean_rate
from analysis.indices.sun_time import NIGHT
from analysis.study.study import Study, StudySeason
from analysis.study.sun_hours import SunHours
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
LEAST_MINUTES = 60.0
"""Valid minutes of night below which a season has no rate [min]."""
_ALL_DAY = np.ones(len(NIGHT), dtype=np.bool_)


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
        if minutes.sum() < LEAST_MINUTES:
            return absent("few_night_minutes", n=f"{minutes.sum():.0f}", least=f"{LEAST_MINUTES:.0f}")
        counts = shared.stretches.gather(listened.count_by_bin(listened.first_of(labels, PASS)))
        return mean_rate(counts, minutes / 60.0, shared.stretches.weight)

    return each_shared(study, labels, shared, rate)
