"""Voices: detections an hour of valid listening, and bats' passes an hour of night.

1. ``vocal_activity`` counts the detections of the species that count.
2. ``bat_passes`` are of labels whose genus is one of the genera of bats of Europe.  Calls of one label
   within five seconds are one pass, as in Vigie-Chiro; passes at night, and the valid minutes of
   excerpts that begin at night, give a rate.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Bools, Integers
from analysis.indicators.jobs.community import each_heard
from analysis.indicators.jobs.grid import Grid, each
from analysis.indices.community.activity import log_rate
from analysis.indices.sun import sunrise_and_sunset
from analysis.study.listening import Listening
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.instant import DAY, MINUTE, SECOND
from contract.places import Site

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


def vocal_activity(study: Study, coverage: float | None = None) -> Grid:
    """log((n + 1/2) / valid hours): detections of the species that count [log 1/h]."""
    labels = study.labels()

    def rate(site: str, season: StudySeason, heard: Listening) -> float:
        return _log_per_hour(heard.records_of(labels), float(heard.minutes.sum()))

    return each_heard(study, labels, rate)


def bat_passes(study: Study, coverage: float | None = None) -> Grid:
    """log((passes + 1/2) / valid hours of night) [log 1/h]."""
    labels = tuple(one for one in study.labels() if one.partition(" ")[0] in GENERA)
    if not labels:
        return each(study, lambda site, season: absent("no_bats"), species=labels)

    def rate(site: str, season: StudySeason, heard: Listening) -> float | Absent:
        place = study.territory.site_by_id[site]
        minutes = float(heard.excerpt_minutes[at_night(heard.starts, place)].sum())
        if minutes < LEAST_MINUTES:
            return absent("few_night_minutes", n=f"{minutes:.0f}", least=f"{LEAST_MINUTES:.0f}")
        return _log_per_hour(passes(heard, labels, place), minutes)

    return each_heard(study, labels, rate)


def _log_per_hour(number: int, minutes: float) -> float:
    return float(log_rate([number], [minutes], unit_minutes=60.0)[0])


def passes(heard: Listening, labels: tuple[str, ...], place: Site) -> int:
    """Distinct five-second slots of each label at night."""
    wanted = np.array([one in labels for one in heard.callers], dtype=np.bool_)
    dark = at_night(heard.calls, place)
    return len(
        {
            (caller, int(time) // PASS)
            for caller, time, kept in zip(heard.callers, heard.calls, wanted & dark, strict=True)
            if kept
        }
    )


def at_night(time: Integers, place: Site) -> Bools:
    """Whether the sun is down at instants [ns UTC] of a place; False where it never sets or rises."""
    dark = np.ones(len(time), dtype=np.bool_)
    for shift in (-1, 0, 1):
        midnight = (time // DAY + shift) * DAY
        rise, fall = sunrise_and_sunset(midnight, place.latitude, place.longitude)
        minute = (time - midnight) / MINUTE
        dark &= ~((minute >= rise) & (minute < fall)) & np.isfinite(rise)
    return dark
