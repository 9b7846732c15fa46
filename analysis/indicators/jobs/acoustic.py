"""Soundscapes: supporting evidence from acoustic indices, never a direction of the verdict.

1. ``acoustic_activity``: log share of time in which sound stands out of its background;
   ``soundscape_cover``: the same of the spectrum.
2. ``dawn_chorus_onset`` and ``dawn_chorus_duration``: when it begins, and how long it lasts.
3. ``soundscape_change``: robust distance of a season from the site's own seasons before.
4. ``human_voice``: how long people spoke, of an hour that was listened to: disturbance, no voice.

Values of one definition only: the one that most sites have (``analysis.indicators.jobs.excerpts``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.indicators.jobs.excerpts import Excerpts, excerpts
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.acoustic.soundscape import robust_distance
from analysis.indices.acoustic.voice import voice_rate
from analysis.indices.community.activity import daily_activity
from analysis.indices.community.dawn_chorus import DawnChorus, dawn_chorus
from analysis.indices.sun import sunrise_and_sunset
from analysis.study.listening import VALID_SHARE
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent
from contract.instant import DAY, MINUTE

LEAST_DAYS = 10
LEAST_DAWNS = 5
"""Mornings with a chorus below which a season has no onset [1]."""
DENSE_MINUTES = 30.0
"""Longest mean gap between recordings around sunrise in which an onset can be timed [min]."""
BASELINE_DAYS = 20
"""Days of sound in the baseline and in the season judged [1]."""

ACTIVITY = ("ACTtFraction@maad-1.5.2", "ACTIVITY@firmware-1")
"""Names of acoustic activity, the first of those that most sites have."""
SOUNDSCAPE = tuple(f"{name}@ecoviv-1" for name in ("ACI", "ADI", "AEI", "BI", "NDSI", "Hf", "Ht"))
ONBOARD = tuple(f"{name}@firmware-1" for name in ("ACTIVITY", "EVENTS", "LEVEL"))

COVER = "MFC@maad-1.5.2"
VOICES = ("VOICE@silero-6.2.0",)

_BEFORE_SUNRISE, _AFTER_SUNRISE = 240.0, 180.0


def acoustic_activity(study: Study, coverage: float | None = None) -> Grid:
    """log(mean over valid days of acoustic activity) [log 1]."""
    return _share(study, ACTIVITY)


def soundscape_cover(study: Study, coverage: float | None = None) -> Grid:
    """log(mean over valid days of the share of the spectrum from 1 to 10 kHz that is in use) [log 1]."""
    return _share(study, (COVER,))


def _share(study: Study, names: tuple[str, ...]) -> Grid:
    found = excerpts(study, (names,))
    minutes = [one.minutes_a_day() for one in found.values()]
    together = np.concatenate(minutes) if minutes else np.empty(0)
    least = VALID_SHARE * float(np.median(together)) if len(together) else 0.0

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in found:
            return absent("no_activity" if names == ACTIVITY else "no_indices")
        here = found[site].within(season.window)
        _, numbers, effort = daily_activity(here.values[:, 0], here.day, here.minutes, minimum_minutes=least)
        valid = np.isfinite(numbers)
        if valid.sum() < LEAST_DAYS:
            return absent("few_days_sound", n=valid.sum(), least=LEAST_DAYS)
        mean = float(numbers[valid].mean())
        if mean <= 0:
            return absent("silent")
        return _cell(here, float(np.log(mean)), float(effort[valid].sum()))

    return each(study, measure)


def dawn_chorus_onset(study: Study, coverage: float | None = None) -> Grid:
    """Median over mornings of the onset of the chorus, after sunrise [min]."""
    return _mornings(study, lambda chorus: chorus.onset)


def dawn_chorus_duration(study: Study, coverage: float | None = None) -> Grid:
    """Median over mornings of the duration of the chorus [min]."""
    return _mornings(study, lambda chorus: chorus.duration)


def _mornings(study: Study, timed: Callable[[DawnChorus], float]) -> Grid:
    found = excerpts(study, (ACTIVITY,))

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in found:
            return absent("no_activity")
        here = found[site].within(season.window)
        onsets = [n for n in map(timed, choruses(study, site, here)) if np.isfinite(n)]
        if len(onsets) < LEAST_DAWNS:
            return absent("few_mornings", n=len(onsets), least=LEAST_DAWNS)
        return _cell(here, float(np.median(onsets)), float(here.minutes.sum()))

    return each(study, measure)


def soundscape_change(study: Study, coverage: float | None = None) -> Grid:
    """Robust distance from the site's other seasons before [spreads of the baseline]."""
    found = excerpts(study, tuple((name,) for name in SOUNDSCAPE))
    if not found:
        found = excerpts(study, tuple((name,) for name in ONBOARD))
    before = [season for season in study.seasons if season.period == "before"]

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in found:
            return absent("no_indices")
        past = [found[site].within(one.window).by_day() for one in before if one.id != season.id]
        here = found[site].within(season.window)
        if not past:
            return absent("no_baseline")
        baseline, now = np.concatenate(past), here.by_day()
        if min(len(baseline), len(now)) < BASELINE_DAYS:
            return absent("short_baseline", n=len(baseline), later=len(now), least=BASELINE_DAYS)
        distance = robust_distance(baseline, now, minimum_days=BASELINE_DAYS)
        if not np.isfinite(distance):
            return absent("still_baseline")
        return _cell(here, distance, float(here.minutes.sum()))

    return each(study, measure)


def human_voice(study: Study, coverage: float | None = None) -> Grid:
    """Seconds of human voice an hour of valid listening, on days with any [s/h]."""
    found = excerpts(study, (VOICES,))

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        if site not in found:
            return absent("no_voices")
        here = found[site].within(season.window)
        here = here.where(here.minutes > 0)
        days = len(np.unique(here.day))
        if days < LEAST_DAYS:
            return absent("few_days_sound", n=days, least=LEAST_DAYS)
        return _cell(here, voice_rate(here.values[:, 0], here.minutes), float(here.minutes.sum()))

    return each(study, measure)


def choruses(study: Study, site: str, here: Excerpts) -> list[DawnChorus]:
    """The chorus of each morning whose recordings are dense enough; times in minutes after sunrise."""
    place = study.territory.site_by_id[site]
    found = []
    for midnight in np.unique(here.time // DAY) * DAY:
        sunrise, _ = sunrise_and_sunset(midnight, place.latitude, place.longitude)
        middle = here.time + here.minutes * MINUTE / 2
        minutes = (middle - midnight) / MINUTE - float(sunrise)
        near = (minutes >= -_BEFORE_SUNRISE) & (minutes < _AFTER_SUNRISE)
        if near.sum() * DENSE_MINUTES < _BEFORE_SUNRISE + _AFTER_SUNRISE:
            continue
        masked = np.where(here.minutes[near] > 0, here.values[near, 0], np.nan)
        found.append(dawn_chorus(minutes[near], masked))
    return found


def _cell(here: Excerpts, value: float, minutes: float) -> Cell:
    return Cell(
        value,
        minutes,
        definition="+".join(here.definitions),
        device="+".join(here.devices),
        flagged=here.flagged,
    )
