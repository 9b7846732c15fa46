"""What an acoustic device hears: a minute of soundscape, and what its firmware makes of it.

1. ``draw_soundscape`` draws the calls of a minute, its wind, rain, insects and traffic.
2. ``recognise``: the on-board detector reports some of the calls and a few that never were.
3. ``simple_indices``: the firmware's own indices, each with its definition id.
4. ``valid_seconds``: the part of the minute that rain left audible, which is the effort.

The same soundscape is played as sound by ``firmware_sim.world.nature.sound``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware_sim.world.arrays import Floats
from firmware_sim.world.nature.species import SPECIES
from firmware_sim.world.scenario import SimulatedDetector

DURATION_S = 60.0


@dataclass(frozen=True, slots=True)
class Slot:
    """One recording of the daily schedule."""

    minute: int
    """Of the day, UTC."""
    part: str
    day_birds: float
    """Share of the height of dawn at which day birds call."""
    night_birds: float
    insects: float
    """0 … 1"""


SCHEDULE = (
    Slot(280, "dawn", 0.90, 0.90, 0.0),
    Slot(315, "dawn", 1.00, 0.60, 0.0),
    Slot(390, "morning", 0.55, 0.30, 0.1),
    Slot(720, "day", 0.20, 0.05, 0.8),
    Slot(1140, "dusk", 0.35, 0.60, 0.4),
    Slot(1380, "night", 0.02, 1.00, 0.2),
)
"""04:40, 05:15, 06:30, 12:00, 19:00 and 23:00 UTC; the sun rises about 04:55."""
AT_DAWN = (
    Slot(280, "dawn", 0.90, 0.90, 0.0),
    Slot(284, "dawn", 0.90, 0.90, 0.0),
    Slot(315, "dawn", 1.00, 0.60, 0.0),
    Slot(319, "dawn", 1.00, 0.60, 0.0),
    Slot(390, "morning", 0.55, 0.30, 0.1),
    Slot(1140, "dusk", 0.35, 0.60, 0.4),
)
"""As many minutes, those of noon and night moved to dawn."""

_PARAMETERS: dict[str, dict[str, object]] = {
    "ACTIVITY": {"frame_s": 1.0, "of": "frames with a call"},
    "EVENTS": {"unit": "calls a minute"},
    "LEVEL": {"unit": "dB full scale", "band_hz": [100, 10_000]},
}
DEFINITIONS = {
    name: f"{name}@firmware-1#{hashlib.sha256(json.dumps(p, sort_keys=True).encode()).hexdigest()[:8]}"
    for name, p in _PARAMETERS.items()
}
"""Name -> definition id of the firmware's own indices."""

_NIGHT_BIRD = np.array([species.nocturnal for species in SPECIES])


@dataclass(frozen=True, slots=True)
class Soundscape:
    """A minute at one place; call arrays have one value a call [shape=(n,)]."""

    species: NDArray[np.int64]
    offset: Floats
    """[s]"""
    duration: Floats
    """[s]"""
    loudness: Floats
    """0 … 1"""
    wind: float
    """[m/s]"""
    rain: float
    """[mm/h]"""
    insects: float
    """0 … 1"""
    traffic: float
    """0 … 1"""
    dead: bool
    """The microphone is dead: the recorder runs and hears nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """One sound named by the detector."""

    taxon: str
    score: float
    offset: float
    duration: float
    true: bool
    """Known to the simulation only; never sent."""


def valid_seconds(soundscape: Soundscape) -> float:
    """Seconds that count as effort."""
    if soundscape.dead:
        return 0.0
    return DURATION_S * round(1 - min(0.8, max(0.0, soundscape.rain - 1.0) / 5), 2)


def draw_soundscape(
    rate: Floats, slot: Slot, *, wind: float, rain: float, dead: bool, rng: np.random.Generator
) -> Soundscape:
    """A minute of a site whose species call ``rate`` times a minute at dawn [shape=(species,)]."""
    weight = np.where(_NIGHT_BIRD, slot.night_birds, slot.day_birds)
    calls = rng.poisson(rate * weight)
    species = np.repeat(np.arange(len(SPECIES)), calls)
    count = len(species)
    offset = np.round(rng.uniform(0, DURATION_S - 3, count), 2)
    duration = np.round(rng.uniform(0.8, 2.6, count), 2)
    loudness = rng.beta(2, 3, count)
    traffic = float(rng.beta(1.2, 5)) * (0.3 if slot.part in {"night", "dawn"} else 1.0)
    return Soundscape(species, offset, duration, loudness, wind, rain, slot.insects, traffic, dead)


def recognise(soundscape: Soundscape, detector: SimulatedDetector, rng: np.random.Generator) -> list[Report]:
    """What the on-board program reports, by time.  A dead microphone gives nothing."""
    valid = valid_seconds(soundscape)
    found = rng.random(len(soundscape.species)) < detector.recall
    found &= soundscape.offset < valid
    invented = rng.poisson(detector.false_positives * valid / DURATION_S, len(SPECIES))
    reports = [
        Report(SPECIES[int(s)].name, _score(rng.beta(6, 2), detector), float(o), float(d), True)
        for s, o, d in zip(
            soundscape.species[found], soundscape.offset[found], soundscape.duration[found], strict=True
        )
    ]
    for index in np.repeat(np.arange(len(SPECIES)), invented):
        start = round(float(rng.uniform(0, max(1.0, valid - 3))), 2)
        reports.append(Report(SPECIES[int(index)].name, _score(rng.beta(2, 5), detector), start, 1.5, False))
    # One species cannot begin twice at one moment: the surer report stands.
    surest = {(r.offset, r.taxon): r for r in sorted(reports, key=lambda report: report.score)}
    return sorted(surest.values(), key=lambda report: (report.offset, report.taxon))


def simple_indices(soundscape: Soundscape) -> dict[str, float]:
    """Definition id -> value; nothing for a dead microphone."""
    valid = valid_seconds(soundscape)
    if valid == 0:
        return {}
    heard = soundscape.offset < valid
    frames = np.zeros(int(DURATION_S), dtype=np.bool_)
    for offset, duration in zip(soundscape.offset[heard], soundscape.duration[heard], strict=True):
        frames[int(offset) : int(offset + duration) + 1] = True
    power = 1e-6 * (1 + 0.4 * soundscape.wind**2 + 6 * soundscape.rain + 8 * soundscape.traffic)
    power += 2e-6 * soundscape.insects + 4e-6 * float(soundscape.loudness[heard].sum())
    return {
        DEFINITIONS["ACTIVITY"]: round(float(frames[: int(valid)].mean()), 6),
        DEFINITIONS["EVENTS"]: round(float(heard.sum()) * 60 / valid, 6),
        DEFINITIONS["LEVEL"]: round(10 * float(np.log10(power)), 3),
    }


def _score(share: float, detector: SimulatedDetector) -> float:
    return round(detector.threshold + (1 - detector.threshold) * float(share), 4)
